"""Calls, offers, legs and what agents did, out of the facts of the brains."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from app.acd import facts as acd
from app.api.history import CONNECTED
from app.calls import facts as calls
from app.store import tables
from app.store.rows import Rows

TABLES = (tables.call, tables.offer, tables.leg, tables.agent_activity)
"""What is filled here, and nowhere else."""


def _call_started(fact: calls.CallStarted, rows: Rows) -> None:
    rows.put(
        tables.call,
        call_id=fact.call_id,
        kind=fact.kind,
        from_number=fact.from_number,
        from_name=fact.from_name,
        to_number=fact.to_number,
        agent_id=fact.agent_id,
        arrived_at=fact.arrived_at,
    )


def _call_queued(fact: acd.CallQueued, rows: Rows) -> None:
    rows.put(
        tables.call,
        call_id=fact.call_id,
        queue_id=fact.queue_id,
        priority=fact.priority,
        enqueued_at=fact.enqueued_at,
    )


def _call_connected(fact: acd.CallConnected, rows: Rows) -> None:
    rows.put(
        tables.call,
        call_id=fact.call_id,
        queue_id=fact.queue_id,
        agent_id=fact.agent_id,
        answered_at=fact.answered_at,
        bridged_at=fact.at,
        outcome=CONNECTED,
    )
    rows.put(tables.offer, offer_id=fact.offer_id, answered_at=fact.answered_at)


def _call_left(fact: acd.CallLeft, rows: Rows) -> None:
    rows.put(
        tables.call,
        call_id=fact.call_id,
        queue_id=fact.queue_id,
        enqueued_at=fact.enqueued_at,
        outcome=fact.reason,
    )


def _call_ended(fact: calls.CallEnded, rows: Rows) -> None:
    rows.put(
        tables.call,
        call_id=fact.call_id,
        bridged_at=fact.bridged_at,
        ended_at=fact.at,
        held_ms=fact.held_ms,
        ended_by=fact.ended_by,
        cause=fact.cause,
        outcome=CONNECTED if fact.bridged_at else None,
    )


def _offer_started(fact: acd.OfferStarted, rows: Rows) -> None:
    rows.put(
        tables.offer,
        offer_id=fact.offer_id,
        call_id=fact.call_id,
        queue_id=fact.queue_id,
        agent_id=fact.agent_id,
        device_id=fact.device_id,
        started_at=fact.at,
        why=msgspec.json.encode(fact.why).decode(),
    )


def _offer_rang(fact: acd.OfferRang, rows: Rows) -> None:
    rows.put(tables.offer, offer_id=fact.offer_id, ringing_at=fact.at)


def _offer_ended(fact: acd.OfferEnded, rows: Rows) -> None:
    rows.put(
        tables.offer,
        offer_id=fact.offer_id,
        ringing_at=fact.ringing_at,
        ended_at=fact.at,
        outcome=fact.outcome,
        ring=fact.rings.number if fact.rings else None,
        is_within_rings=fact.rings.is_within if fact.rings else None,
    )


def _leg_started(fact: calls.LegStarted, rows: Rows) -> None:
    rows.put(
        tables.leg,
        leg_id=fact.leg_id,
        call_id=fact.call_id,
        role=fact.role,
        device_id=fact.device_id,
        agent_id=fact.agent_id,
        started_at=fact.at,
    )


def _leg_finished(fact: calls.LegFinished, rows: Rows) -> None:
    rows.put(
        tables.leg,
        leg_id=fact.leg_id,
        call_id=fact.call_id,
        ringing_at=fact.ringing_at,
        answered_at=fact.answered_at,
        joined_at=fact.joined_at,
        ended_at=fact.at,
        ended_by=fact.end,
        cause=fact.cause,
        sip_code=fact.sip_code,
    )


def _status_changed(fact: acd.AgentStatusChanged, rows: Rows) -> None:
    if fact.pending is not None:
        return  # Asked for, not yet in force: the status is still the old one.
    rows.begin_interval(
        tables.agent_activity,
        of={"agent_id": fact.agent_id, "aspect": "status"},
        started_at=fact.at,
        value=fact.status,
        pause_code=fact.pause_code,
        device_id=fact.device_id,
        by_system=fact.by_system,
    )


def _state_changed(fact: acd.AgentStateChanged, rows: Rows) -> None:
    rows.begin_interval(
        tables.agent_activity,
        of={"agent_id": fact.agent_id, "aspect": "state"},
        started_at=fact.at,
        value=fact.state,
        call_id=fact.call_id,
    )


def _device_changed(fact: acd.AgentDeviceChanged, rows: Rows) -> None:
    rows.begin_interval(
        tables.agent_activity,
        of={"agent_id": fact.agent_id, "aspect": "device"},
        started_at=fact.at,
        value=fact.state,
        device_id=fact.device_id,
    )


RECORDERS: Mapping[type, Callable[[Any, Rows], None]] = {
    acd.AgentDeviceChanged: _device_changed,
    acd.AgentStateChanged: _state_changed,
    acd.AgentStatusChanged: _status_changed,
    acd.CallConnected: _call_connected,
    acd.CallLeft: _call_left,
    acd.CallQueued: _call_queued,
    acd.OfferEnded: _offer_ended,
    acd.OfferRang: _offer_rang,
    acd.OfferStarted: _offer_started,
    calls.CallEnded: _call_ended,
    calls.CallStarted: _call_started,
    calls.LegFinished: _leg_finished,
    calls.LegStarted: _leg_started,
}
