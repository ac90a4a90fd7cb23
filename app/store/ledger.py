"""Missed calls: the ledger of rule R10."""

from collections.abc import Callable, Mapping
from typing import Any

from app.acd import facts as acd
from app.api.missed_calls import MissedKind
from app.calls import facts as calls
from app.calls.missed import cause_of_offer
from app.store import tables
from app.store.rows import Rows

TABLES = (tables.missed_call,)
"""What is filled here, and nowhere else."""


def _call_missed(fact: calls.CallMissed, rows: Rows) -> None:
    rows.put(
        tables.missed_call,
        missed_id=fact.call_id,
        kind=MissedKind.CALL,
        at=fact.at,
        call_id=fact.call_id,
        queue_id=fact.queue_id,
        cause=fact.cause,
        ring=fact.ring,
        enqueued_at=fact.enqueued_at,
        agent_charge=fact.agent_charge,
        supervisor_charge=fact.supervisor_charge,
        supervisor=fact.supervisor,
    )


def _offer_ended(fact: acd.OfferEnded, rows: Rows) -> None:
    cause = cause_of_offer(fact.outcome)
    if cause is None:
        return
    rows.put(
        tables.missed_call,
        missed_id=fact.offer_id,
        kind=MissedKind.OFFER,
        at=fact.at,
        call_id=fact.call_id,
        queue_id=fact.queue_id,
        agent_id=fact.agent_id,
        cause=cause,
        ring=fact.rings.number if fact.rings else None,
        agent_charge=0,
        supervisor_charge=0,
    )


def _offer_missed(fact: calls.OfferMissed, rows: Rows) -> None:
    rows.put(tables.missed_call, missed_id=fact.offer_id, supervisor=fact.supervisor)


def _waived(fact: calls.MissedCallWaived, rows: Rows) -> None:
    rows.put(
        tables.missed_call,
        missed_id=fact.missed_id,
        waived_at=fact.at,
        waived_by=fact.by,
        waive_reason=fact.reason,
    )


def _disputed(fact: calls.MissedCallDisputed, rows: Rows) -> None:
    rows.put(
        tables.missed_call,
        missed_id=fact.missed_id,
        disputed_at=fact.at,
        disputed_by=fact.by,
        dispute_reason=fact.reason,
    )


def _recovered(fact: calls.MissedCallRecovered, rows: Rows) -> None:
    rows.put(
        tables.missed_call,
        missed_id=fact.missed_id,
        reached_at=fact.reached_at,
        reached_by=fact.reached_by,
        recovery_noted_by=fact.by,
    )


RECORDERS: Mapping[type, Callable[[Any, Rows], None]] = {
    acd.OfferEnded: _offer_ended,
    calls.CallMissed: _call_missed,
    calls.MissedCallDisputed: _disputed,
    calls.MissedCallRecovered: _recovered,
    calls.MissedCallWaived: _waived,
    calls.OfferMissed: _offer_missed,
}
