"""The scenario: a floor as a file. Who calls, how often, how patiently; who answers, how fast, how willingly. Pure but for `load`.

`scenarios/demo.yaml` is an example with all fields. Fields ending in `_seconds` are numbers or spreads of seconds.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import yaml

from app.ids import AgentId, DeviceId, EntryNumber, PauseCode
from app.simulator.errors import ScenarioMistake
from app.simulator.spread import Fixed, NotNegative, Positive, Spread

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the file: a field that nobody knows is a mistake."""


class Phase(_Part, frozen=True, kw_only=True):
    """From this second on, so many callers come each minute."""

    at_seconds: NotNegative
    per_minute: NotNegative


class Callers(_Part, frozen=True, kw_only=True):
    """Everybody who calls. `numbers` people share the calls: the fewer, the more of them call again.

    `repeat_every_seconds` starts the phases anew. Without `count` and `for_seconds` callers come for ever.
    """

    arrivals: tuple[Phase, ...]
    entries: Mapping[EntryNumber, Positive]
    patience_seconds: Spread
    talk_seconds: Spread
    repeat_every_seconds: Positive | None = None
    count: Count | None = None
    for_seconds: Positive | None = None
    number_prefix: str = "1380000"
    numbers: Count = 1000
    ended_by_agent: Share = 0.0

    def __post_init__(self) -> None:
        starts = [phase.at_seconds for phase in self.arrivals]
        if not starts or starts != sorted(starts) or starts[0] != 0:
            raise ValueError(
                f"expected arrivals that begin at 0 and go forward in time, got at_seconds {starts}"
            )
        if max(phase.per_minute for phase in self.arrivals) == 0:
            raise ValueError("expected a phase with per_minute above 0, got none: nobody would ever call")
        if not self.entries:
            raise ValueError("expected at least one entry number, got none")


class Habit(_Part, frozen=True, kw_only=True):
    """How an agent takes offers. What is neither ignored nor declined is answered."""

    answer_after_seconds: Spread
    wrap_up_seconds: Spread = Fixed(value=0)
    ignores: Share = 0.0
    declines: Share = 0.0
    declines_with: Annotated[int, msgspec.Meta(ge=400, le=699)] = 486

    def __post_init__(self) -> None:
        if self.ignores + self.declines > 1:
            raise ValueError(f"expected ignores + declines <= 1, got {self.ignores} + {self.declines}")


class Break(_Part, frozen=True, kw_only=True):
    """A pause: from when on, how long, with which code."""

    at_seconds: NotNegative
    lasts_seconds: Positive
    code: PauseCode


class AgentScript(_Part, frozen=True, kw_only=True):
    """One agent: the phone, the habit, the breaks."""

    agent: AgentId
    device: DeviceId
    habit: str
    logs_in_at_seconds: NotNegative = 0.0
    breaks: tuple[Break, ...] = ()


class Scenario(_Part, frozen=True, kw_only=True):
    """A floor. The same seed gives the same plan, on every machine."""

    seed: int
    callers: Callers
    habits: Mapping[str, Habit]
    agents: tuple[AgentScript, ...]

    def __post_init__(self) -> None:
        for script in self.agents:
            if script.habit not in self.habits:
                known = ", ".join(sorted(self.habits))
                raise ValueError(f"expected a habit of {script.agent} among {known}, got {script.habit!r}")
        for field in ("agent", "device"):
            names = [getattr(script, field) for script in self.agents]
            if len(set(names)) != len(names):
                raise ValueError(f"expected each {field} once, got {', '.join(names)}")


def parse(text: str) -> Scenario:
    """Read a scenario. Raises `ScenarioMistake`, which names the place, what is expected and what was found."""
    try:
        return msgspec.convert(yaml.safe_load(text), Scenario, strict=False)
    except (msgspec.ValidationError, yaml.YAMLError) as mistake:
        raise ScenarioMistake(f"the scenario cannot be played: {mistake}") from mistake


def load(path: Path) -> Scenario:
    """Read a scenario file. Raises `ScenarioMistake` and `OSError`."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except ScenarioMistake as mistake:
        raise ScenarioMistake(f"{path}: {mistake}") from mistake


def demo() -> Scenario:
    """The floor that comes along: it fits the demonstration's site file."""
    return load(Path(__file__).parent / "scenarios" / "demo.yaml")
