"""The site of the call tests: small, quick, and one queue for each thing that a queue can do.

Four agents with a phone each (`agent1` at `phone1` with extension 101, and so on). Queues ring one phone after the other in that
order, for two seconds, and rest nobody after a miss, unless their entry below says otherwise.
"""

import json
from pathlib import Path
from typing import Any, Final

from tests.support.asterisk import password_of
from tests.support.asterisk_sounds import write_greeting, write_music, write_tone

AGENTS: Final = 4
RTP_TIMEOUT_SECONDS: Final = 2
EVERYBODY: Final = [f"agent{number}" for number in range(1, AGENTS + 1)]

SERVICE: Final = "4001"
ON_CONNECT: Final = "4002"
"""Ring-back, answered when the agent does."""
MUSIC_UNANSWERED: Final = "4003"
RING_ALL: Final = "4004"
CHINESE: Final = "4005"
SMALL: Final = "4006"
"""One call at most waits; the next one is busy."""
CLOSED: Final = "4007"
CLOSED_TO_NUMBER: Final = "4008"
IMPATIENT: Final = "4009"
"""Waits one second, then goes to extension 104."""
TO_MESSAGE: Final = "4010"
MESSAGE: Final = "closed"
MESSAGE_HZ: Final = 2600
IMPATIENT_HANG_UP: Final = "4011"
WRAP_UP: Final = "4012"
VOICEMAIL: Final = "4014"
"""Closed: the caller may leave a message."""
CLOSED_TO_QUEUE: Final = "4013"
"""Closed: goes to the service queue."""
WATCHED: Final = "4015"
"""Rings long; at a phone's second ring the supervisor is called."""
OWNED: Final = "4016"
"""The number of `agent2`, for a second; then of the service queue."""
STRICT: Final = "4017"
"""Who declines one call is paused."""
NO_ENTRY: Final = "4999"

Json = dict[str, Any]


def _outside(carrier: tuple[str, int] | None) -> Json:
    if carrier is None:
        return {}
    host, port = carrier
    # It carries our calls only. Were its calls known by 127.0.0.1, every phone would be taken for the carrier.
    trunk = {"host": f"{host}:{port}", "match": ["127.0.0.99"]}
    return {"trunks": {"carrier": trunk}, "outbound": {"trunk": "carrier", "ring_timeout": "3s"}}


def _queue(*, entry: str, name: str, **policy: Any) -> tuple[str, Json]:
    return f"queue{entry}", {"name": name, "members": EVERYBODY, **policy}


def hotline_site(directory: Path, *, carrier: tuple[str, int] | None = None) -> Json:
    """The site file as data. Change it, then `write_site`. `carrier` is where outside calls are sent; None: nowhere."""
    prompts = write_tone(directory / "prompts" / f"{MESSAGE}.wav", hertz=MESSAGE_HZ, seconds=0.5).parent
    return {
        **_outside(carrier),
        "name": "Test hotline",
        "time_zone": "Asia/Shanghai",
        "cadence": "cn",
        "asterisk": {
            "callers_from": ["127.0.0.0/8"],
            "rtp_timeout": f"{RTP_TIMEOUT_SECONDS}s",
            "music": str(write_music(directory)),
            "greeting": str(write_greeting(directory)),
            "prompts": str(prompts),
        },
        "devices": {
            f"phone{number}": {
                "extension": f"10{number}",
                "password": {"literal": password_of(f"phone{number}")},
            }
            for number in range(1, AGENTS + 1)
        },
        "agents": {
            f"agent{number}": {"name": f"Agent {number}", "device": f"phone{number}"}
            for number in range(1, AGENTS + 1)
        },
        "calendars": {"never": {"hours": {}}},
        "queue_defaults": {
            "strategy": "linear",
            "ring_timeout": "2s",
            "delays": {"no_answer": "0s", "declined": "0s", "busy": "0s", "unreachable": "0s"},
            "auto_pause": {"no_answer": "none", "unreachable": "none"},
        },
        "queues": dict(
            [
                _queue(entry=SERVICE, name="Service"),
                _queue(entry=RING_ALL, name="Ring all", strategy="ring_all"),
                _queue(entry=CHINESE, name="业务咨询"),
                _queue(entry=SMALL, name="Small", max_length=1),
                _queue(entry=CLOSED, name="Closed", calendar="never"),
                _queue(
                    entry=CLOSED_TO_NUMBER,
                    name="Closed, phone 104 helps",
                    calendar="never",
                    overflow={"closed": {"number": "104"}},
                ),
                _queue(
                    entry=IMPATIENT,
                    name="Impatient",
                    members=["agent1"],
                    max_wait="1s",
                    overflow={"timeout": {"number": "104"}},
                ),
                _queue(
                    entry=TO_MESSAGE,
                    name="Message",
                    calendar="never",
                    overflow={"closed": {"message": MESSAGE}},
                ),
                _queue(
                    entry=IMPATIENT_HANG_UP, name="Impatient, then gone", members=["agent1"], max_wait="1s"
                ),
                _queue(entry=WRAP_UP, name="With notes", wrap_up="60s"),
                _queue(entry=WATCHED, name="Watched", ring_timeout="30s", agent_rings={"2": {"alert": True}}),
                _queue(entry=STRICT, name="Strict", auto_pause={"declined": 1}),
                _queue(
                    entry=VOICEMAIL,
                    name="Closed, leave a message",
                    calendar="never",
                    overflow={"closed": {"voicemail": "night"}},
                ),
                _queue(
                    entry=CLOSED_TO_QUEUE,
                    name="Closed, the service helps",
                    calendar="never",
                    overflow={"closed": {"queue": f"queue{SERVICE}"}},
                ),
            ]
        ),
        "entry_points": {
            **{number: _queue_of(number) for number in (SERVICE, RING_ALL, CHINESE, SMALL, CLOSED)},
            **{number: _queue_of(number) for number in (CLOSED_TO_NUMBER, IMPATIENT, TO_MESSAGE)},
            **{
                number: _queue_of(number)
                for number in (IMPATIENT_HANG_UP, WRAP_UP, CLOSED_TO_QUEUE, VOICEMAIL, WATCHED, STRICT)
            },
            ON_CONNECT: {**_queue_of(SERVICE), "answer": "on_connect", "waiting": "ringback"},
            MUSIC_UNANSWERED: {**_queue_of(SERVICE), "answer": "on_connect"},
            OWNED: {**_queue_of(SERVICE), "owner": "agent2", "owner_for": "1s"},
        },
    }


def _queue_of(entry: str) -> Json:
    return {"queue": f"queue{entry}"}


def write_site(site: Json, path: Path) -> Path:
    """The site as a file. JSON is YAML too."""
    path.write_text(json.dumps(site, ensure_ascii=False, indent=1), encoding="utf-8")
    return path
