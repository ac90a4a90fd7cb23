"""A missed call as it is shown: with its cause, who was on duty, and what it costs. No phone number: the call has that."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.acd.model import AgentState, AgentStatus
from app.api.cursor import read_cursor
from app.api.history import Place
from app.api.missed_calls import MissedCall, MissedFilter, MissedKind, PersonSum
from app.api.schemas.base import Body, CallName, Instant, Moment, Name, Shape, TeamName
from app.api.schemas.report import Format
from app.calls.missed import MissCause
from app.ids import AgentId, QueueId

_LONGEST_PAGE = 200


class OnDutyShape(Shape):
    """An agent who was logged in just before."""

    agent_id: str
    status: AgentStatus
    pause_code: str | None
    state: AgentState


class MissedCallShape(Shape):
    """One entry of the ledger. `charge_each` is what each agent on duty pays; waived, nobody pays anything."""

    id: str
    kind: Annotated[MissedKind, Field(description="A call that ended unanswered, or an offer not taken.")]
    at: Instant
    call_id: str
    queue_id: str
    agent_id: Annotated[str | None, Field(description="Whose offer it was.")]
    cause: MissCause
    ring: Annotated[
        int | None, Field(description="The caller's ring in which it ended; of an offer, the agent's.")
    ]
    enqueued_at: Instant | None
    on_duty: Annotated[
        list[OnDutyShape],
        Field(description="Who was logged in just before; only whom the permission reaches."),
    ]
    charge_each: int
    supervisor: Annotated[str | None, Field(description="Who was on duty as supervisor.")]
    supervisor_charge: int
    waived_at: Instant | None
    waived_by: str | None
    waive_reason: str | None
    disputed_at: Instant | None
    disputed_by: str | None
    dispute_reason: str | None
    recovered_at: Annotated[Instant | None, Field(description="When the caller was talked to, later.")]
    recovered_by: Annotated[str | None, Field(description="The call in which that was.")]
    recovery_noted_by: Annotated[
        str | None, Field(description="Who noted it; null: it was found by the caller's number.")
    ]


class MissedCallPage(Shape):
    """A page of the ledger, newest first."""

    missed_calls: list[MissedCallShape]
    next: Annotated[str | None, Field(description="The cursor of the next page; null: this is the last.")]


class PersonSumShape(Shape):
    """What a month's missed calls cost one person."""

    person: str
    is_supervisor: bool
    calls: int
    amount: int
    waived_calls: int
    waived_amount: int


class MonthSums(Shape):
    """What a month's missed calls cost each person, in the unit of the site's charges."""

    month: str
    people: list[PersonSumShape]


Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$"),
    Field(examples=["Line test of the early shift"]),
]


class Waiver(Body):
    """Why a missed call shall cost nobody anything."""

    reason: Reason


class Dispute(Body):
    """Why somebody objects to what a missed call costs."""

    reason: Reason


class Recovery(Body):
    """In which later call the caller was talked to."""

    call_id: Annotated[CallName, Field(examples=["1763713800.31"])]


class MonthQuery(BaseModel):
    """Which month, in the site's time zone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    month: Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-11"])]
    agent_id: Name | None = None
    team: TeamName = None


class MissedCallQuery(BaseModel):
    """Which missed calls to list. All conditions must hold. `limit` and `cursor` are for JSON; CSV has everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: MissedKind | None = None
    cause: MissCause | None = None
    queue_id: Name | None = None
    agent_id: Annotated[
        Name | None, Field(description="Whom it concerns: the offer's agent, or an agent on duty.")
    ] = None
    team: Annotated[TeamName, Field(description="It concerns one of the team's agents.")] = None
    is_waived: bool | None = None
    is_disputed: bool | None = None
    since: Annotated[Moment | None, Field(description="Missed then or later.")] = None
    until: Annotated[Moment | None, Field(description="Missed before.")] = None
    format: Format = Format.JSON
    limit: Annotated[int, Field(ge=1, le=_LONGEST_PAGE)] = 50
    cursor: Annotated[str | None, Field(max_length=512, description="`next` of the page before.")] = None

    def filter(self, agents: frozenset[AgentId] | None) -> MissedFilter:
        """The conditions; `agents` are those whom it shall concern."""
        return MissedFilter(
            kind=self.kind,
            cause=self.cause,
            queue_id=QueueId(self.queue_id) if self.queue_id else None,
            agents=agents,
            is_waived=self.is_waived,
            is_disputed=self.is_disputed,
            since=self.since,
            until=self.until,
        )

    def behind(self) -> Place | None:
        """Where the page begins. Raises `WrongCursor`."""
        return read_cursor(self.cursor) if self.cursor else None


Sight = frozenset[AgentId] | None
"""Whose part in an entry is shown; None: everybody's."""


def missed_call_of(missed: MissedCall, sight: Sight) -> MissedCallShape:
    """The shape of an entry."""
    return MissedCallShape(
        id=missed.missed_id,
        kind=missed.kind,
        at=missed.at,
        call_id=missed.call_id,
        queue_id=missed.queue_id,
        agent_id=missed.agent_id,
        cause=missed.cause,
        ring=missed.ring,
        enqueued_at=missed.enqueued_at,
        on_duty=[
            OnDutyShape(
                agent_id=each.agent_id, status=each.status, pause_code=each.pause_code, state=each.state
            )
            for each in missed.on_duty
            if sight is None or each.agent_id in sight
        ],
        charge_each=missed.agent_charge,
        supervisor=missed.supervisor,
        supervisor_charge=missed.supervisor_charge,
        waived_at=missed.waived_at,
        waived_by=missed.waived_by,
        waive_reason=missed.waive_reason,
        disputed_at=missed.disputed_at,
        disputed_by=missed.disputed_by,
        dispute_reason=missed.dispute_reason,
        recovered_at=missed.recovered_at,
        recovered_by=missed.recovered_by,
        recovery_noted_by=missed.recovery_noted_by,
    )


def person_sum_of(found: PersonSum) -> PersonSumShape:
    """The shape of a sum."""
    return PersonSumShape(
        person=found.person,
        is_supervisor=found.is_supervisor,
        calls=found.calls,
        amount=found.amount,
        waived_calls=found.waived_calls,
        waived_amount=found.waived_amount,
    )
