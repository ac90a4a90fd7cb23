"""Busy hours on random floors: the engine makes exactly the offers that the slow, obvious reference makes, in the same order."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from app.acd.commands import ConnectCall, OfferCall
from app.acd.engine import Engine
from app.acd.events import (
    CallBridged,
    CallEnqueued,
    CallExited,
    CallFinished,
    Event,
    FloorChanged,
    LogInRequested,
    LogOutRequested,
    OfferAnswered,
    OfferFailed,
    OutboundFinished,
    OutboundStarted,
    PauseRequested,
    ResumeRequested,
    TimePassed,
)
from app.acd.model import (
    MISSES,
    Agent,
    AgentStatus,
    CallState,
    Delays,
    Floor,
    Membership,
    Queue,
    SkillRequirement,
    Step,
    Strategy,
)
from app.ids import AgentId, CallId, DeviceId, QueueId
from tests.support.acd_floors import LUNCH, SKILLS
from tests.support.acd_reference import expected_offers, situation

AGENTS = [AgentId(f"agent{number}") for number in range(8)]
QUEUES = [QueueId(f"queue{number}") for number in range(4)]
EVENTS = 400


def make_floor(random: Random, strategy: Strategy) -> Floor:
    """Eight agents in most of four queues; the first queues have this strategy, the last any."""
    people = {
        agent_id: Agent(
            agent_id,
            agent_id,
            DeviceId(f"phone-{agent_id}"),
            {skill: random.randint(0, 3) for skill in SKILLS},
            random.choice([None, timedelta(seconds=5)]),
        )
        for agent_id in AGENTS
    }
    queues = {
        queue_id: _make_queue(random, queue_id, random.choice([strategy, strategy, *Strategy]))
        for queue_id in QUEUES
    }
    queues[QUEUES[0]] = _make_queue(random, QUEUES[0], strategy)
    return Floor(people, queues, frozenset({LUNCH}))


def _make_queue(random: Random, queue_id: QueueId, strategy: Strategy) -> Queue:
    levels = random.choice([1, 3])
    return Queue(
        queue_id,
        queue_id,
        tuple(
            Membership(agent_id, random.randrange(levels), random.randint(0, 3), random.randint(1, 4))
            for agent_id in AGENTS
            if random.random() < 0.7
        ),
        strategy,
        weight=random.choice([0, 0, 1]),
        ageing_per_minute=random.choice([0.0, 0.0, 1.0, 6.0]),
        progressive_step=timedelta(seconds=3),
        wrap_up=timedelta(seconds=random.choice([0, 4])),
        widening=random.choice([(), (_step(3, 1), _step(9, 2))]),
        relaxation=random.choice([(), (_step(2, 1), _step(6, 3))]),
        delays=Delays(*(timedelta(seconds=random.choice([0, 2])) for _ in range(4))),
        seed=random.randrange(5),
    )


def _step(after: int, value: int) -> Step:
    return Step(timedelta(seconds=after), value)


class BusyHour:
    """An engine, and somebody who invents what happens next by what is possible now."""

    def __init__(self, random: Random, strategy: Strategy) -> None:
        self.random, self.strategy = random, strategy
        self.engine = Engine(make_floor(random, strategy))
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)
        self.calls = 0
        self.offers = 0

    def tell(self, event: Event) -> None:
        """Let the engine decide, and compare."""
        before = self.engine.snapshot()
        decision = self.engine.handle(event, now=self.now)
        made = [
            (each.offer_id, each.call_id, each.agent_id)
            for each in decision.commands
            if isinstance(each, OfferCall)
        ]
        self.offers += len(made)
        after = self.engine.snapshot()
        assert expected_offers(situation(after, before, made)) == made, event
        for command in decision.commands:
            if isinstance(command, ConnectCall) and self.random.random() < 0.9:
                self.tell(CallBridged(command.call_id))

    def step(self) -> None:
        """Some time goes by, and something happens."""
        self.now += timedelta(seconds=self.random.choice([0, 0, 0.25, 1, 2]))
        deadline = self.engine.next_deadline()
        if deadline is not None and deadline <= self.now:
            self.tell(TimePassed())
        acts = [self._call_comes, self._offer_moves, self._call_ends, self._agent_moves]
        self.random.choices(acts, weights=[8, 8, 6, 3])[0]()

    def _call_comes(self) -> None:
        random = self.random
        if len(list(self.engine.calls())) > 12:
            return
        self.calls += 1
        self.tell(
            CallEnqueued(
                CallId(f"call{self.calls}"),
                random.choice(QUEUES),
                random.choice([0, 0, 1]),
                tuple(
                    SkillRequirement(skill, random.randint(1, 3)) for skill in SKILLS if random.random() < 0.3
                ),
                random.choice([None, None, *AGENTS]),
                timedelta(seconds=random.choice([0, 5])),
                self.now - timedelta(seconds=random.choice([0, 0, 4])),
            )
        )

    def _offer_moves(self) -> None:
        offers = self.engine.snapshot().offers
        if not offers:
            return
        offer = self.random.choice(offers)
        if self.random.random() < 0.6:
            self.tell(OfferAnswered(offer.id))
        else:
            self.tell(OfferFailed(offer.id, self.random.choice(sorted(MISSES))))

    def _call_ends(self) -> None:
        calls = sorted(self.engine.calls(), key=lambda call: call.id)
        if not calls:
            return
        call = self.random.choice(calls)
        if call.state is CallState.CONNECTED:
            self.tell(CallFinished(call.id))
        elif self.random.random() < 0.4:
            self.tell(CallExited(call.id))

    def _agent_moves(self) -> None:
        away = [each.id for each in self.engine.agents() if each.status is not AgentStatus.AVAILABLE]
        agent_id = self.random.choice(sorted(away) if away and self.random.random() < 0.8 else AGENTS)
        agent = self.engine.agent(agent_id)
        if agent is None or agent.status is AgentStatus.LOGGED_OUT:
            self.tell(LogInRequested(agent_id))
        elif agent.status is AgentStatus.PAUSED:
            self.tell(ResumeRequested(agent_id))
        else:
            private = CallId(f"private-{agent_id}")
            rare: list[Event] = [
                LogOutRequested(agent_id),
                PauseRequested(agent_id, LUNCH),
                OutboundStarted(agent_id, private),
                OutboundFinished(agent_id, private),
            ]
            self.tell(self.random.choice(rare))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("strategy", list(Strategy))
def test_the_engine_offers_what_the_reference_offers(strategy: Strategy, seed: int) -> None:
    """Offer by offer, over a busy hour with a reload in the middle."""
    hour = BusyHour(Random(f"{strategy}/{seed}"), strategy)
    for agent_id in AGENTS:
        hour.tell(LogInRequested(agent_id))
        hour.now += timedelta(seconds=1)
    for number in range(EVENTS):
        hour.step()
        if number == EVENTS // 2:
            hour.tell(FloorChanged(make_floor(hour.random, strategy)))
    assert hour.offers > EVENTS // 10, "too few offers to prove anything"
