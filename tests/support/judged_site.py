"""The hotline of the wire's judge: its site file, and the same house rules once more in plain words and seconds.

Rings are short (half a second), so that a busy minute has answers within three rings and over. Two queues share an agent; calls that
wait too long for sales go on to service, and when two wait there already the next one is refused.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.asterisk import password_of
from tests.support.asterisk_sounds import GREETING_HZ, MUSIC_HZ, write_tone

AGENTS = tuple(f"agent{number}" for number in range(1, 9))
SERVICE_AGENTS, SALES_AGENTS = AGENTS[:6], AGENTS[5:]
EARLY, LATE = AGENTS[:4], AGENTS[4:]


def phone_of(agent: str) -> str:
    """An agent's phone."""
    return agent.replace("agent", "phone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The house rules, in seconds."""

    entries: dict[str, str] = field(default_factory=lambda: {"4001": "service", "4002": "sales"})
    """Dialled number -> queue."""
    overflows: dict[str, tuple[float, str]] = field(default_factory=lambda: {"sales": (2.6, "service")})
    """Queue -> after how long, and to which queue."""
    wrap_ups: dict[str, float] = field(default_factory=lambda: {"service": 0.4, "sales": 0.0})
    agents: dict[str, str] = field(default_factory=lambda: {phone_of(agent): agent for agent in AGENTS})
    """Phone -> agent."""
    teams: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"early": EARLY, "late": LATE})
    ring: float = 0.5
    rings: int = 3
    ring_timeout: float = 2.0
    charge: int = 10
    supervisor_charge: int = 50
    supervisor: str = "zhou"
    spared: float = 1.0
    """Who left sooner costs nobody anything."""


def judged_site(directory: Path, rules: Rules) -> dict[str, Any]:
    """The site file as data."""
    music = write_tone(directory / "music" / "tone.wav", hertz=MUSIC_HZ, seconds=10).parent
    after, onward = rules.overflows["sales"]
    return {
        "name": "Judged hotline",
        "time_zone": "Asia/Shanghai",
        "cadence": ["200ms", "300ms"],
        "pause_codes": ["lunch", "meeting"],
        "devices": {
            phone: {"extension": f"1{number:02}", "password": {"literal": password_of(phone)}}
            for number, phone in enumerate(rules.agents, start=1)
        },
        "agents": {
            agent: {"device": phone, "team": "early" if agent in EARLY else "late"}
            for phone, agent in rules.agents.items()
        },
        "queue_defaults": {
            "ring_timeout": _milliseconds(rules.ring_timeout),
            "delays": {"no_answer": "0s", "declined": "0s", "busy": "0s", "unreachable": "0s"},
            "auto_pause": {"no_answer": "none", "unreachable": "none"},
        },
        "queues": {
            "service": {
                "wrap_up": _milliseconds(rules.wrap_ups["service"]),
                "members": list(SERVICE_AGENTS),
            },
            "sales": {
                "strategy": "ring_all",
                "max_length": 2,
                "max_wait": _milliseconds(after),
                "overflow": {"timeout": {"queue": onward}},
                "members": list(SALES_AGENTS),
            },
        },
        "entry_points": {
            "4001": "service",
            "4002": {"queue": "sales", "answer": "on_connect", "waiting": "ringback"},
        },
        "policies": {
            "short_abandon": _milliseconds(rules.spared),
            "missed_calls": {
                "agent": rules.charge,
                "supervisor": rules.supervisor_charge,
                "on_duty": rules.supervisor,
            },
        },
        "asterisk": {
            "music": str(music),
            "greeting": str(write_tone(directory / "greeting.wav", hertz=GREETING_HZ, seconds=1)),
        },
    }


def _milliseconds(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
