"""A whole floor plays against the real Asterisk. Its own `app_queue` hands out the calls here: no controller is needed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pytest

from app.asterisk.installation import Installation
from app.asterisk.node_config import Extras
from app.asterisk.process import Asterisk
from app.ids import AgentId, DeviceId, EntryNumber, PauseCode
from app.simulator.floor import Floor
from app.simulator.scenario import AgentScript, Break, Callers, Habit, Phase, Scenario
from app.simulator.spread import Fixed, Spread, Uniform
from app.simulator.tally import CallResult, OfferResult, Tally
from tests.support.asterisk import node_config, password_of, run

pytestmark = pytest.mark.integration

AGENTS = 3
QUEUES = """
[general]
[service]
strategy = leastrecent
timeout = 3
retry = 1
ringinuse = no
""" + "".join(f"member => PJSIP/phone{number}\n" for number in range(1, AGENTS + 1))
EXTENSIONS = """
[thirdring-entry]
exten => 4001,1,Answer()
 same => n,Queue(service)
 same => n,Hangup()
exten => 4009,1,Hangup(17)
"""


@dataclass
class Desk:
    """The agents' desks: writes down what they did. `app_queue` has no need of it."""

    done: list[tuple[str, AgentId]] = field(default_factory=list)

    async def log_in(self, agent: AgentId, device: DeviceId) -> None:
        """Take the seat."""
        self.done.append((f"log in at {device}", agent))

    async def log_out(self, agent: AgentId) -> None:
        """Leave the seat."""
        self.done.append(("log out", agent))

    async def pause(self, agent: AgentId, code: PauseCode) -> None:
        """Take a break."""
        self.done.append((f"pause for {code}", agent))

    async def resume(self, agent: AgentId) -> None:
        """Be ready again."""
        self.done.append(("resume", agent))

    async def end_wrap_up(self, agent: AgentId) -> None:
        """The notes are done."""
        self.done.append(("end wrap-up", agent))


@pytest.fixture(scope="module")
def server(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    """An Asterisk with one queue behind 4001, and 4009 that is always busy."""
    directory = tmp_path_factory.mktemp("floor")
    extras = Extras(modules=("app_queue.so",), extensions=EXTENSIONS, files={"queues.conf": QUEUES})
    config = replace(node_config(directory), extras=extras)
    node = Asterisk(config, directory=directory / "node", installation=installation)
    run(node.start())
    yield node
    run(node.stop())


def scripts(*breaks: Break) -> tuple[AgentScript, ...]:
    """Agents at phone1, phone2 ...; the first takes the breaks."""
    return tuple(
        AgentScript(
            agent=AgentId(f"agent{number}"),
            device=DeviceId(f"phone{number}"),
            habit="usual",
            breaks=breaks if number == 1 else (),
        )
        for number in range(1, AGENTS + 1)
    )


def scenario(
    *,
    count: int,
    entries: Mapping[str, float],
    talk: Spread,
    habit: Habit,
    patience: float = 30,
    breaks: tuple[Break, ...] = (),
    ended_by_agent: float = 0,
) -> Scenario:
    """A short floor: four callers a second."""
    callers = Callers(
        arrivals=(Phase(at_seconds=0, per_minute=240),),
        entries={EntryNumber(number): weight for number, weight in entries.items()},
        patience_seconds=Fixed(value=patience),
        talk_seconds=talk,
        count=count,
        ended_by_agent=ended_by_agent,
    )
    return Scenario(seed=1, callers=callers, habits={"usual": habit}, agents=scripts(*breaks))


async def play(scenario: Scenario, server: Asterisk, desk: Desk) -> Tally:
    """Run the floor to its end."""
    passwords = {script.device: password_of(script.device) for script in scenario.agents}
    floor = Floor(scenario, server=("127.0.0.1", server.ports.sip), passwords=passwords, actions=desk)
    return await floor.run()


async def test_every_caller_of_a_patient_floor_talks_to_an_agent(server: Asterisk) -> None:
    """Nine callers, three agents: all are connected and complete, whoever hangs up."""
    habit = Habit(answer_after_seconds=Uniform(low=0.05, high=0.2))
    floor = scenario(
        count=9, entries={"4001": 1}, talk=Uniform(low=0.2, high=0.5), habit=habit, ended_by_agent=0.5
    )
    desk = Desk()
    tally = await play(floor, server, desk)
    assert tally.calls[CallResult.COMPLETED] == tally.arrived == 9
    assert (tally.waiting, tally.connected, len(tally.waits)) == (0, 0, 9)
    assert tally.offers[OfferResult.ANSWERED] == 9
    assert all(wait > 0.05 for wait in tally.waits)


async def test_callers_abandon_when_nobody_answers(server: Asterisk) -> None:
    """Agents who ignore every offer leave all callers to their patience."""
    habit = Habit(answer_after_seconds=Fixed(value=1), ignores=1)
    tally = await play(
        scenario(count=4, entries={"4001": 1}, talk=Fixed(value=1), habit=habit, patience=1), server, Desk()
    )
    assert tally.calls[CallResult.ABANDONED] == 4
    assert tally.offers[OfferResult.WITHDRAWN] > 0
    assert tally.offers[OfferResult.ANSWERED] == 0


async def test_a_declining_agent_is_counted(server: Asterisk) -> None:
    """A 486 is the agent's own doing, not a withdrawn offer."""
    habit = Habit(answer_after_seconds=Fixed(value=0.05), declines=1)
    tally = await play(
        scenario(count=2, entries={"4001": 1}, talk=Fixed(value=1), habit=habit, patience=1), server, Desk()
    )
    assert tally.offers[OfferResult.DECLINED] > 0


async def test_a_refusal_of_the_service_is_counted_with_its_status(server: Asterisk) -> None:
    """4009 is busy: two callers, two refusals with 486."""
    habit = Habit(answer_after_seconds=Fixed(value=0))
    tally = await play(
        scenario(count=2, entries={"4009": 1}, talk=Fixed(value=1), habit=habit), server, Desk()
    )
    assert tally.calls[CallResult.REFUSED] == 2
    assert tally.refusals == {486: 2}


async def test_agents_act_at_their_desks(server: Asterisk) -> None:
    """Log-in, wrap-up, breaks and log-out go through the desk, in that order."""
    habit = Habit(answer_after_seconds=Fixed(value=0.05), wrap_up_seconds=Fixed(value=0.05))
    lunch = Break(at_seconds=0.1, lasts_seconds=0.1, code=PauseCode("lunch"))
    floor = scenario(count=6, entries={"4001": 1}, talk=Fixed(value=0.2), habit=habit, breaks=(lunch,))
    desk = Desk()
    await play(floor, server, desk)
    did = [what for what, agent in desk.done if agent == "agent1" and what != "end wrap-up"]
    assert did == ["log in at phone1", "pause for lunch", "resume", "log out"]
    assert any(what == "end wrap-up" for what, _ in desk.done)
