"""Tell the routing engine a story, one sentence per event, and look at what it made of it.

story = Story(queue("support", "ann bob", strategy=Strategy.LINEAR))
story.log_in("ann", "bob")
story.call("c1")
assert story.ringing == {"ann": "c1"}
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from app.acd.commands import ConnectCall, OfferCall
from app.acd.decision import Decision
from app.acd.engine import Engine
from app.acd.events import (
    CallBridged,
    CallEnqueued,
    CallExited,
    CallFinished,
    Event,
    FloorChanged,
    LogInRequested,
    OfferAnswered,
    OfferFailed,
    OfferRinging,
    TimePassed,
)
from app.acd.model import Agent, ExitReason, Floor, Membership, OfferOutcome, Queue, SkillRequirement
from app.acd.views import AgentView, CallView, QueueView
from app.ids import AgentId, CallId, DeviceId, OfferId, PauseCode, QueueId, SkillName

T = TypeVar("T")

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""A Monday morning."""


def seconds(number: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=number)


def needs(**levels: int) -> tuple[SkillRequirement, ...]:
    """The skills that a call requires: `needs(english=2)`."""
    return tuple(SkillRequirement(SkillName(name), level) for name, level in levels.items())


def member(name: str, **what: Any) -> Membership:
    """A membership with more to it than its place in the list."""
    return Membership(AgentId(name), **what)


def queue(name: str, members: str | Iterable[Membership] = "", **rules: Any) -> Queue:
    """A queue; members given by name stand in the order in which they are named."""
    if isinstance(members, str):
        members = [member(each, position=number) for number, each in enumerate(members.split())]
    return Queue(QueueId(name), name.title(), tuple(members), **rules)


def agent(name: str, **what: Any) -> Agent:
    """An agent with a phone of the same name; `skills` by name."""
    return Agent(AgentId(name), name.title(), DeviceId(f"phone-{name}"), **what)


def floor(*queues: Queue, agents: Iterable[Agent] = ()) -> Floor:
    """These queues, their members, and these agents instead of the plain ones of their names."""
    people = {each.agent_id: agent(each.agent_id) for of in queues for each in of.members}
    people.update((each.id, each) for each in agents)
    codes = frozenset({PauseCode("lunch"), PauseCode("training")})
    return Floor(people, {each.id: each for each in queues}, codes)


class Story:
    """An engine, its clock, and short words for the usual events."""

    def __init__(self, *queues: Queue, agents: Iterable[Agent] = ()) -> None:
        self.floor = floor(*queues, agents=agents)
        self.engine = Engine(self.floor)
        self.now = START
        self.decisions: list[Decision] = []

    # --- telling -------------------------------------------------------------------------------------------------

    def tell(self, event: Event) -> Decision:
        """This happens now."""
        decision = self.engine.handle(event, now=self.now)
        self.decisions.append(decision)
        return decision

    def wait(self, number: float) -> Decision:
        """So many seconds go by, with every deadline kept; returns the last decision."""
        until = self.now + seconds(number)
        decision = Decision()
        while (deadline := self.engine.next_deadline()) is not None and deadline <= until:
            self.now = deadline
            decision = self.tell(TimePassed())
        self.now = until
        return decision

    def reload(self, *queues: Queue, agents: Iterable[Agent] = ()) -> Decision:
        """The site file is loaded again with this floor."""
        return self.tell(FloorChanged(floor(*queues, agents=agents)))

    def log_in(self, *names: str) -> None:
        """They take their seats, one second apart, so that the first is idle longest."""
        for name in names:
            self.tell(LogInRequested(AgentId(name)))
            self.now += seconds(1)

    def call(self, call_id: str, to: str = "support", **what: Any) -> Decision:
        """A caller enters a queue."""
        return self.tell(CallEnqueued(CallId(call_id), QueueId(to), **what))

    def leave(self, call_id: str, reason: ExitReason = ExitReason.ABANDONED) -> Decision:
        """A caller leaves before anybody answered."""
        return self.tell(CallExited(CallId(call_id), reason))

    def ring(self, name: str) -> Decision:
        """The agent's phone rings."""
        return self.tell(OfferRinging(self.offer_at(name)))

    def answer(self, name: str) -> Decision:
        """The agent picks up."""
        return self.tell(OfferAnswered(self.offer_at(name)))

    def fail(self, name: str, outcome: OfferOutcome) -> Decision:
        """The agent's leg ends before the call was bridged."""
        return self.tell(OfferFailed(self.offer_at(name), outcome))

    def connect(self, name: str) -> CallId:
        """The agent's phone rings, is picked up, and the two are joined; returns the call."""
        self.ring(name)
        call_id = only(self.answer(name), ConnectCall).call_id
        self.tell(CallBridged(call_id))
        return call_id

    def finish(self, call_id: str) -> Decision:
        """A connected call ends."""
        return self.tell(CallFinished(CallId(call_id)))

    def serve(self, name: str) -> Decision:
        """The agent answers what rings, and the call ends after a minute."""
        call_id = self.connect(name)
        self.wait(60)
        return self.finish(call_id)

    # --- looking -------------------------------------------------------------------------------------------------

    @property
    def ringing(self) -> dict[str, str]:
        """Which call is offered to whom."""
        return {each.agent_id: each.call_id for each in self.engine.snapshot().offers}

    def offer_at(self, name: str) -> OfferId:
        """The open offer of this agent."""
        offer_id = self.agent(name).offer_id
        assert offer_id is not None, f"expected an open offer of {name}; open are {self.ringing}"
        return offer_id

    def agent(self, name: str) -> AgentView:
        """The agent's view."""
        view = self.engine.agent(AgentId(name))
        assert view is not None, f"expected {name} on the floor"
        return view

    def queue(self, name: str = "support") -> QueueView:
        """The queue's view."""
        view = self.engine.queue(QueueId(name))
        assert view is not None, f"expected the queue {name}"
        return view

    def seen(self, call_id: str) -> CallView:
        """The call's view."""
        view = self.engine.call(CallId(call_id))
        assert view is not None, f"expected the call {call_id}"
        return view

    def offers(self) -> list[str]:
        """Whom the last decision offered a call, in order."""
        return [each.agent_id for each in self.decisions[-1].commands if isinstance(each, OfferCall)]


def every(decision: Decision, kind: type[T]) -> list[T]:
    """The facts and commands of this kind."""
    return [each for each in (*decision.facts, *decision.commands) if isinstance(each, kind)]


def only(decision: Decision, kind: type[T]) -> T:
    """The one fact or command of this kind."""
    found = every(decision, kind)
    assert len(found) == 1, f"expected one {kind.__name__}, got {decision}"
    return found[0]
