"""Floors to look at: a stage with as many queues and agents as a picture needs, and what happens there."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from app.acd.events import DeviceChanged, FloorChanged, LogInRequested, PauseRequested
from app.acd.model import Agent, DeviceState, Floor, Membership, Queue, RingStep
from app.acd.rings import RingLimit
from app.calls.events import CallerArrived, LegRinging, SettingsChanged
from app.calls.model import CallSettings, Device, EntryPoint
from app.ids import AgentId, CallId, DeviceId, EntryNumber, LegId, PauseCode, QueueId
from app.runtime.health import Health, Level, Part
from tests.support.stage import Stage

QUEUES = ("业务咨询 Service", "投诉受理 Complaints", "产品订购 Orders", "VIP 专线")
AGENTS = (
    *("王芳", "李强", "Zhang Min", "Liu Wei", "陈静", "Yang Lei", "Zhao Na", "黄涛"),
    *("周婷", "Wu Gang", "徐丽", "Sun Hao", "马超", "Zhu Lin", "胡蓉", "Guo Jing"),
)
WRAP_UP = timedelta(seconds=40)
CALLS_SUPERVISOR = (RingStep(3, alert=True), RingStep(5, alert=True))
"""In the second queue: complaints."""


class Scene(Stage):
    """A stage of any size. Agent `a1` sits at `phone1`; queue `q1` is reached by `4001`. All agents serve all queues."""

    def __init__(
        self,
        *,
        queues: Sequence[str] = QUEUES,
        agents: Sequence[str] = AGENTS,
        ring_timeout: timedelta = timedelta(seconds=15),
    ) -> None:
        super().__init__()
        self.agent_count, self.queue_count = len(agents), len(queues)
        people = {AgentId(f"a{n}"): name for n, name in enumerate(agents, start=1)}
        members = tuple(Membership(agent_id) for agent_id in people)
        floor = Floor(
            {id_: Agent(id_, name, DeviceId(f"phone{id_[1:]}")) for id_, name in people.items()},
            {
                QueueId(f"q{n}"): Queue(
                    QueueId(f"q{n}"),
                    name,
                    members,
                    ring_timeout=ring_timeout,
                    wrap_up=WRAP_UP,
                    caller_rings=CALLS_SUPERVISOR if n == 2 else (),
                )
                for n, name in enumerate(queues, start=1)
            },
            frozenset({PauseCode("午餐"), PauseCode("lunch"), PauseCode("培训")}),
            rings=RingLimit(timedelta(seconds=5)),
        )
        self.service.site = replace(self.service.site, name="三声应答 · Thirdring 400", floor=floor)
        self.dispatcher.submit(FloorChanged(floor))
        self.dispatcher.submit(SettingsChanged(self._settings()))
        self._calls = 0

    def _settings(self) -> CallSettings:
        entries = {EntryNumber(f"400{n}"): QueueId(f"q{n}") for n in range(1, self.queue_count + 1)}
        devices = {DeviceId(f"phone{n}"): f"{100 + n}" for n in range(1, self.agent_count + 1)}
        return CallSettings(
            {number: EntryPoint(number, queue_id) for number, queue_id in entries.items()},
            {id_: Device(id_, extension) for id_, extension in devices.items()},
        )

    # --- what happens --------------------------------------------------------------------------------------------------

    def log_in(self, *numbers: int) -> None:
        """These agents take their seats."""
        for number in numbers:
            self.dispatcher.submit(LogInRequested(AgentId(f"a{number}")))

    def pause(self, number: int, code: str = "午餐") -> None:
        """An agent pauses."""
        self.dispatcher.submit(PauseRequested(AgentId(f"a{number}"), PauseCode(code)))

    def unplug(self, number: int) -> None:
        """An agent's phone can no longer be reached."""
        self.dispatcher.submit(DeviceChanged(DeviceId(f"phone{number}"), DeviceState.UNREACHABLE))

    def arrives(self, queue: int = 1) -> CallId:
        """Somebody calls the queue's number."""
        self._calls += 1
        call_id = CallId(f"c{self._calls}")
        number = f"138{self._calls:08}"
        self.dispatcher.submit(CallerArrived(call_id, EntryNumber(f"400{queue}"), number, ""))
        return call_id

    def is_offered(self, call_id: CallId) -> bool:
        """Whether a phone is to ring for the call."""
        return LegId(f"{call_id}-1") in self.board.legs

    def is_rung(self, call_id: CallId) -> None:
        """The phone that the call was offered to rings."""
        self.dispatcher.submit(LegRinging(LegId(f"{call_id}-1")))

    def talks(self, queue: int = 1) -> CallId:
        """Somebody calls and is answered at once."""
        call_id = self.arrives(queue)
        self.is_rung(call_id)
        self.picks_up(f"{call_id}-1")
        return call_id

    def is_served(self, queue: int, *, after: float) -> None:
        """Somebody calls, is answered after some seconds of ringing, and hangs up soon."""
        call_id = self.arrives(queue)
        self.is_rung(call_id)
        self.passes(after)
        self.picks_up(f"{call_id}-1")
        self.passes(1)
        self.puts_down(call_id)

    def gives_up(self, queue: int, *, after: float) -> None:
        """Somebody calls, and hangs up after some seconds of ringing."""
        call_id = self.arrives(queue)
        self.is_rung(call_id)
        self.passes(after)
        self.puts_down(call_id)

    def ails(self, part: str, level: Level = Level.DEGRADED) -> None:
        """A part of the service is ill."""
        self.health = Health((Part(part, level, "Look at its log."),))


def empty() -> Scene:
    """Early in the morning: nobody is there."""
    return Scene()


def busy() -> Scene:
    """Everybody has something to do; nobody waits too long."""
    scene = Scene()
    scene.log_in(*range(1, 15))
    for queue, after in ((1, 3), (2, 2), (3, 4), (1, 8), (1, 2), (3, 1)):
        scene.is_served(queue, after=after)
    for queue in (1, 2, 2):
        scene.gives_up(queue, after=9)
    scene.passes(WRAP_UP.total_seconds() + 10)
    scene.pause(13)
    scene.pause(14, "培训")
    first = [scene.talks(queue) for queue in (1, 1, 2, 3, 4)]
    scene.passes(95)
    for queue in (1, 3, 2, 1):
        scene.talks(queue)
    scene.passes(41)
    scene.puts_down(first[1])
    scene.passes(12)
    for queue in (1, 3, 2, 1, 1, 3):
        call_id = scene.arrives(queue)
        if scene.is_offered(call_id):
            scene.is_rung(call_id)
        scene.passes(2)
    return scene


def alarm() -> Scene:
    """Callers wait too long, a phone is lost, the database is away."""
    scene = busy()
    scene.unplug(12)
    scene.ails("database")
    for queue in (2, 3, 3, 4):
        scene.arrives(queue)
    scene.clock.move(timedelta(seconds=14))
    scene.arrives(4)
    scene.clock.move(timedelta(seconds=6))
    return scene


def crowd() -> Scene:
    """Forty agents and twelve queues, some with long names."""
    queues = [f"{name} {n}" for n in (1, 2, 3) for name in QUEUES]
    queues[1] = "A queue with quite a long name that nobody shortened 很长的队列名称"
    agents = [f"{name} {n}" for n in (1, 2, 3) for name in AGENTS][:40]
    agents[2] = "Maximiliane-Alexandrina von Hohenstein-Wittgenstein"
    scene = Scene(queues=queues, agents=agents)
    scene.log_in(*range(1, 41))
    for number in range(30):
        scene.talks(1 + number % 9)
        scene.passes(3)
    return scene
