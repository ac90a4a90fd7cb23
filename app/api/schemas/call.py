"""A call as it is shown: live or past, in one shape."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from app.acd.explanation import Explanation
from app.acd.model import CallState, OfferOutcome, Strategy
from app.api.explain import candidate_key, summary
from app.api.history import CallRecord, LegRecord, OfferRecord
from app.api.schemas.base import Body, Instant, Name, Shape
from app.calls.call import CallKind, LegRole, Phase
from app.calls.hangup import HangUpParty, LegEnd


class LegShape(Shape):
    """One party's connection, with its moments."""

    id: str
    role: LegRole
    device_id: str | None
    agent_id: str | None
    started_at: Instant
    ringing_at: Instant | None
    answered_at: Instant | None
    joined_at: Instant | None
    ended_at: Instant | None
    end: Annotated[LegEnd | None, Field(description="How it ended, as seen from Asterisk.")]
    cause: Annotated[int | None, Field(description="Q.850 cause.")]
    sip_code: int | None


class CandidateShape(Shape):
    """An agent who could have taken the call, and the key by which agents were compared."""

    agent_id: str
    key: dict[str, int | float | str]


class WhyShape(Shape):
    """Why this agent, and why not the others."""

    summary: str
    strategy: Strategy
    position: int
    waited_seconds: float
    effective_priority: float
    queue_weight: int
    eligible: Annotated[int, Field(description="How many agents could have taken the call.")]
    candidates: Annotated[list[CandidateShape], Field(description="The first of them; the chosen one leads.")]
    passed_over: Annotated[dict[str, int], Field(description="The queue's other members by reason.")]
    level_limit: int | None
    requires: dict[str, int]
    is_owner_first: bool


class OfferShape(Shape):
    """An agent was reserved and rung for the call."""

    id: str
    queue_id: str
    agent_id: str
    device_id: str
    started_at: Instant
    ringing_at: Instant | None
    answered_at: Instant | None
    ended_at: Instant | None
    outcome: OfferOutcome | None
    ring: Annotated[int | None, Field(description="The agent's ring in which it was answered or ended.")]
    is_within_rings: bool | None
    why: WhyShape | None


class CallShape(Shape):
    """One call. `phase` is null once it has ended; `outcome` is `connected` or the reason why it left its queue."""

    id: str
    kind: CallKind
    phase: Phase | None
    state: Annotated[CallState | None, Field(description="In its queue; null: in none.")]
    from_number: str
    from_name: str
    to_number: str
    queue_id: str | None
    agent_id: str | None
    priority: int | None
    arrived_at: Instant
    enqueued_at: Instant | None
    answered_at: Instant | None
    bridged_at: Instant | None
    held_since: Annotated[
        Instant | None,
        Field(description="An agent has the other party on hold. A caller's own hold is none."),
    ]
    held_ms: Annotated[int, Field(description="How long that was before.")]
    ended_at: Instant | None
    outcome: str | None
    ended_by: HangUpParty | None
    cause: Annotated[int | None, Field(description="Q.850 cause.")]
    rings_from: Annotated[Instant | None, Field(description="The caller's rings count from here.")]
    rings_until: Annotated[
        Instant | None, Field(description="Answered before, the call is within its rings.")
    ]


class CallItem(CallShape):
    """A call in a list, with its place while it waits."""

    position: Annotated[int | None, Field(description="1 is next.")] = None
    expected_wait_seconds: Annotated[float | None, Field(description="From now; null: not known.")] = None


class CallDetail(CallItem):
    """A call with everything that happened to it."""

    legs: list[LegShape]
    offers: list[OfferShape]


class CallPage(Shape):
    """A page of calls, newest arrival first."""

    calls: list[CallItem]
    next: Annotated[str | None, Field(description="The cursor of the next page; null: this is the last.")]


class Origination(Body):
    """An agent calls a number: the agent's phone rings first."""

    agent_id: Annotated[Name, Field(examples=["lin"])]
    number: Annotated[
        str,
        StringConstraints(min_length=1, max_length=32, pattern=r"^\+?[0-9*#]+$"),
        Field(description="An outside number, or an extension of the site.", examples=["10086"]),
    ]


def fields_of(record: CallRecord) -> dict[str, Any]:
    """The fields of a call's shape that a record knows: all but those of the present."""
    return {
        "id": record.call_id,
        "kind": record.kind,
        "from_number": record.from_number,
        "from_name": record.from_name,
        "to_number": record.to_number,
        "queue_id": record.queue_id,
        "agent_id": record.agent_id,
        "priority": record.priority,
        "arrived_at": record.arrived_at,
        "enqueued_at": record.enqueued_at,
        "answered_at": record.answered_at,
        "bridged_at": record.bridged_at,
        "held_ms": record.held_ms,
        "ended_at": record.ended_at,
        "outcome": record.outcome,
        "ended_by": record.ended_by,
        "cause": record.cause,
        "phase": None,
        "state": None,
        "held_since": None,
        "rings_from": None,
        "rings_until": None,
    }


def legs_of(legs: Sequence[LegRecord]) -> list[LegShape]:
    """The legs as they are shown."""
    return [
        LegShape(
            id=leg.leg_id,
            role=leg.role,
            device_id=leg.device_id,
            agent_id=leg.agent_id,
            started_at=leg.started_at,
            ringing_at=leg.ringing_at,
            answered_at=leg.answered_at,
            joined_at=leg.joined_at,
            ended_at=leg.ended_at,
            end=leg.end,
            cause=leg.cause,
            sip_code=leg.sip_code,
        )
        for leg in legs
    ]


def offers_of(offers: Sequence[OfferRecord]) -> list[OfferShape]:
    """The offers as they are shown."""
    return [
        OfferShape(
            id=offer.offer_id,
            queue_id=offer.queue_id,
            agent_id=offer.agent_id,
            device_id=offer.device_id,
            started_at=offer.started_at,
            ringing_at=offer.ringing_at,
            answered_at=offer.answered_at,
            ended_at=offer.ended_at,
            outcome=offer.outcome,
            ring=offer.ring,
            is_within_rings=offer.is_within_rings,
            why=_why(offer.why, offer.agent_id) if offer.why else None,
        )
        for offer in offers
    ]


def _why(why: Explanation, agent_id: str) -> WhyShape:
    return WhyShape(
        summary=summary(why, agent_id),
        strategy=why.strategy,
        position=why.position,
        waited_seconds=round(why.waited.total_seconds(), 3),
        effective_priority=why.effective_priority,
        queue_weight=why.queue_weight,
        eligible=why.eligible,
        candidates=[
            CandidateShape(agent_id=candidate.agent_id, key=candidate_key(why, candidate))
            for candidate in why.candidates
        ],
        passed_over={str(reason): count for reason, count in why.passed_over},
        level_limit=why.level_limit,
        requires={need.skill: need.level for need in why.requires},
        is_owner_first=why.owner_first,
    )
