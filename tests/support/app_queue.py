"""A real app_queue with its queue log in a file, and Thirdring beside it on the same Asterisk, with the same queues and the same agent.

entry     app_queue   Thirdring
service   6001        4001       rings two seconds, waits for ever
sales     6002        4002       waits two seconds at most
fragile   6003        4003       sends its callers away when nobody is left
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from app.asterisk.node_config import Extras
from app.simulator.phone import Phone
from tests.support.asterisk import ARI_PASSWORD
from tests.support.service_process import ServiceProcess

_MEMBERSHIPS = ("service", "sales", "fragile")
_QUEUES = """
[general]
autofill = yes
log_membername_as_agent = yes
[calls](!)
strategy = linear
ringinuse = no
timeout = 2
retry = 1
wrapuptime = 0
[service](calls)
[sales](calls)
[fragile](calls)
leavewhenempty = paused,invalid,unknown,unavailable
"""
_LOGGER = """
[general]
queue_log = yes
queue_log_to_file = yes
[logfiles]
messages.log => notice,warning,error
"""


def _extension(number: str, *steps: str) -> str:
    first, *others = [*steps, "Hangup()"]
    return "".join([f"exten => {number},1,{first}\n", *(f" same => n,{step}\n" for step in others)])


EXTRAS = Extras(
    modules=("app_queue.so",),
    extensions="[thirdring-entry]\n"
    + _extension("6001", "Answer()", "Queue(service)")
    + _extension("6002", "Answer()", "Queue(sales,,,,2)")
    + _extension("6003", "Answer()", "Queue(fragile)")
    + _extension("6101", *(f"AddQueueMember({each},PJSIP/phone1,,,Agent/lin)" for each in _MEMBERSHIPS))
    + _extension("6102", "PauseQueueMember(,PJSIP/phone1,,lunch)")
    + _extension("6103", "UnpauseQueueMember(,PJSIP/phone1)")
    + _extension("6104", *(f"RemoveQueueMember({each},PJSIP/phone1)" for each in _MEMBERSHIPS)),
    files={"queues.conf": _QUEUES, "logger.conf": _LOGGER},
)


def site(ari_url: str) -> dict[str, Any]:
    """Thirdring's, with the Asterisk that runs already."""
    return {
        "name": "Beside app_queue",
        "time_zone": "UTC",
        "asterisk": {"url": ari_url, "password": {"literal": ARI_PASSWORD}},
        "devices": {"phone1": {"extension": "101"}},
        "agents": {"lin": {"device": "phone1"}},
        "pause_codes": ["lunch"],
        "queue_defaults": {
            "strategy": "linear",
            "ring_timeout": "2s",
            "delays": {"no_answer": "1s", "declined": "1s"},
            "auto_pause": {"no_answer": "none"},
        },
        "queues": {
            "service": {"members": ["lin"]},
            "sales": {"members": ["lin"], "max_wait": "2s"},
            "fragile": {"members": ["lin"], "leave_when": ["paused", "logged_out"]},
        },
        "entry_points": {"4001": "service", "4002": "sales", "4003": "fragile"},
    }


class System(Protocol):
    """One of the two: where its callers dial, what its agent does at the desk, what it has logged."""

    entries: ClassVar[dict[str, str]]

    async def desk(self, what: str) -> None:
        """log-in, pause, resume or log-out."""
        ...


@dataclass(slots=True)
class AppQueue:
    """The agent dials for what the desk does."""

    dials: Phone
    log: Path
    entries: ClassVar[dict[str, str]] = {"service": "6001", "sales": "6002", "fragile": "6003"}

    async def desk(self, what: str) -> None:
        """By its number."""
        numbers = {"log-in": "6101", "pause": "6102", "resume": "6103", "log-out": "6104"}
        call = await self.dials.call(numbers[what], caller_number="desk")
        await call.until_ended()


@dataclass(slots=True)
class Ours:
    """The agent uses the REST interface."""

    service: ServiceProcess
    entries: ClassVar[dict[str, str]] = {"service": "4001", "sales": "4002", "fragile": "4003"}

    async def desk(self, what: str) -> None:
        """By its operation."""
        body = {"code": "lunch"} if what == "pause" else {}
        await self.service.ask("POST", f"agents/lin/{what}", body)
