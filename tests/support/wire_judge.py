"""The wire's judge: what reports must say, counted from SIP messages (`wire_story`), the house rules and the deeds at the desks.

It imports nothing of the product's reports and never asks the product what happened; it counts in plain loops over plain seconds. Counts
must be equal; each thing that was timed may differ by `CLOSE`, and by what the machine itself lost at that moment.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from app.simulator.wire_log import WireEntry
from tests.support.judged_floor import Deed
from tests.support.judged_site import Rules
from tests.support.wire_story import Call, Ringing, Unclear, calls_of, ringings_of

CLOSE = 0.02
AT_ONCE = 0.1
"""Seconds within which one thing is the consequence of another: on the judged floor nothing else happens meanwhile."""

OUTCOMES = {
    "answered": "answered",
    "rang_out": "no_answer",
    "declined": "declined",
    "busy": "busy",
    "unreachable": "unreachable",
    "taken_back": "withdrawn",
    "elsewhere": "answered_elsewhere",
}
"""What came of a ringing -> how the product calls it."""
_LEFT = frozenset({"answered", "abandoned", "overflowed"})
MISSES = frozenset({"rang_out", "declined", "busy", "unreachable"})
"""What counts against the agent."""
_BY_STATUS = {486: "busy", 603: "declined", 404: "unreachable"}
_COUNTED = {
    "offers_answered": "answered",
    "rna": "rang_out",
    "offers_declined": "declined",
    "offers_busy": "busy",
    "offers_unreachable": "unreachable",
    "offers_withdrawn": "taken_back",
    "offers_answered_elsewhere": "elsewhere",
}
_NOT_MEASURED = ("adherence", "transfers", "transfer_rate", "first_contact_resolution")
_NEVER_HERE = (
    *("exited", "left_empty", "left_by_key", "taken_out", "lost", "offers_failed", "offers_lost"),
    *("outbound_calls", "outbound_connected", "outbound_talk_time"),
    *("auto_paused", "flow_time"),
)
"""`flow_time`: on the judged floor every call goes straight into its queue."""
_BANDS = (5, 10, 20, 30, 60, 120)

Number = float | None
Pauses = Sequence[tuple[float, float]]


@dataclass(slots=True, eq=False)
class Stay:
    """A call in one queue. `how`: answered, abandoned, overflowed, refused, waiting."""

    call: Call
    queue: str
    entered: float
    how: str
    left: float | None

    @property
    def waited(self) -> float:
        """Since the caller first came: an overflow hides nothing."""
        return 0.0 if self.left is None else self.left - self.call.began

    @property
    def held(self) -> float:
        """How long the agent held the caller."""
        won = self.call.winner
        return sum(until - since for since, until in won.holds) if won else 0.0

    @property
    def holds(self) -> int:
        """How many times the agent put the caller on hold."""
        return len(self.call.winner.holds) if self.call.winner else 0

    @property
    def lasted(self) -> float:
        """The whole call."""
        return (self.call.ended or 0.0) - self.call.began

    @property
    def ended_on_hold(self) -> bool:
        """Whether the agent wanted the caller back only when the call was over."""
        won, ended = self.call.winner, self.call.ended
        return won is not None and ended is not None and any(until >= ended for _, until in won.holds)

    @property
    def rung(self) -> float:
        """For how long of the wait at least one phone rang for the call in this queue."""
        spans = sorted(
            (each.rang, each.over)
            for each in self.call.ringings
            if each.queue == self.queue and each.rang is not None and each.over is not None
        )
        total, until = 0.0, self.entered
        for since, over in spans:
            end = min(over, self.left or over)
            total += max(0.0, end - max(since, until))
            until = max(until, end)
        return total

    @property
    def talked(self) -> float:
        """Joined, and not held."""
        return (self.call.ended or 0.0) - (self.left or 0.0) - self.held


@dataclass(slots=True)
class Stretch:
    """An agent's time in which nothing changed."""

    agent: str
    since: float
    until: float
    doing: str
    is_paused: bool

    @property
    def length(self) -> float:
        """Seconds."""
        return self.until - self.since


@dataclass(slots=True)
class Rung:
    """How many rings somebody heard, and what came of it. `is_certain`: not at the border of two rings."""

    number: int
    is_within: bool
    is_answered: bool
    is_missed: bool
    is_certain: bool

    @property
    def counts_over(self) -> bool:
        """Answered late; or not answered, and missed or late."""
        return not (self.is_answered and self.is_within) and (
            self.is_answered or self.is_missed or not self.is_within
        )


@dataclass(slots=True)
class Expected:
    """A figure, and by how much the report may differ."""

    value: Number
    within: float = 0.0

    def fits(self, found: Number) -> bool:
        """Whether a report's figure is this one. Rates and seconds are shown with six digits."""
        if self.value is None or found is None:
            return self.value is found
        return abs(self.value - found) <= self.within + 1e-6


class WireJudge:
    """Reads the logs once. `lost_at` tells how long the machine stood still around a moment."""

    def __init__(
        self,
        rules: Rules,
        *,
        callers: Iterable[WireEntry],
        phones: Iterable[WireEntry],
        deeds: Sequence[Deed],
        lost_at: Callable[[float], float] = lambda _: 0.0,
    ) -> None:
        self.rules = rules
        self._deeds = deeds
        self._lost_at = lost_at
        self.calls, self.ringings = calls_of(callers), ringings_of(phones)
        for ringing in self.ringings:
            self._find_call_of(ringing)
        self.stays = [stay for call in self.calls for stay in self._stays_of(call)]
        for ringing in self.ringings:
            self._understand(ringing)
        self.stretches = [part for agent in rules.agents.values() for part in self._stretches_of(agent)]

    @property
    def until(self) -> float:
        """The last deed: the floor closed."""
        return max(deed.at for deed in self._deeds)

    def close(self, *moments: float | None) -> float:
        """By how much these moments may differ."""
        return CLOSE + max((self._lost_at(moment) for moment in moments if moment is not None), default=0.0)

    def agent_of(self, call: Call) -> str | None:
        """Who took the call."""
        return self.rules.agents[call.winner.phone] if call.winner else None

    def clear_resolution(self) -> float:
        """Seconds that no call is near to with its resolution: the middle of the widest gap around the usual ones."""
        all_of_them = sorted(self._resolution(stay) for stay in self.stays if stay.call.ended is not None)
        quarter = len(all_of_them) // 4
        gaps = pairwise(all_of_them[quarter : len(all_of_them) - quarter])
        below, above = max(gaps, key=lambda gap: gap[1] - gap[0])
        return (below + above) / 2

    # --- what happened -------------------------------------------------------------------------------------------

    def _find_call_of(self, ringing: Ringing) -> None:
        mine = [
            call
            for call in self.calls
            if call.number == ringing.number
            and call.began <= ringing.began
            and (call.over is None or ringing.began < call.over + AT_ONCE)
        ]
        if len(mine) != 1:
            raise Unclear(f"{len(mine)} calls of {ringing.number} were there when {ringing.phone} was rung")
        ringing.call = mine[0]
        mine[0].ringings.append(ringing)

    def _stays_of(self, call: Call) -> Iterator[Stay]:
        queue, won = self.rules.entries[call.dialled], call.winner
        if call.refused is not None:
            yield Stay(call, queue, call.began, "refused", call.over)
            return
        left, how = (won.picked_up, "answered") if won else (call.over, "abandoned")
        how = "waiting" if left is None else how
        after, onward = self.rules.overflows.get(queue, (None, ""))
        if after is None or (left is not None and left < call.began + after):
            yield Stay(call, queue, call.began, how, left)
            return
        yield Stay(call, queue, call.began, "overflowed", call.began + after)
        yield Stay(call, onward, call.began + after, how, left)

    def _understand(self, ringing: Ringing) -> None:
        """What came of it."""
        stays = [stay for stay in self.stays if stay.call is ringing.call]
        if ringing.over is None:
            ringing.outcome = ""
        elif ringing.picked_up is not None:
            ringing.outcome = "answered"
        elif ringing.refused is not None:
            ringing.outcome = _BY_STATUS[ringing.refused]
        elif ringing.is_elsewhere or _was_too_late(ringing, ringing.over):
            ringing.outcome = "elsewhere"
        elif any(_sends_away(stay, ringing.over) for stay in stays):
            ringing.outcome = "taken_back"
        elif abs(ringing.over - ringing.began - self.rules.ring_timeout) < AT_ONCE:
            ringing.outcome = "rang_out"
        else:
            raise Unclear(f"nobody knows why this phone stopped ringing: {ringing}")

    def _stretches_of(self, agent: str) -> Iterator[Stretch]:
        """An agent's time from log-in to log-out."""
        deeds = [deed for deed in self._deeds if deed.agent == agent]
        at = next((deed.at for deed in deeds if deed.what == "log-in"), None)
        if at is None:
            return
        logged_out = next((deed.at for deed in deeds if deed.what == "log-out"), self.until)
        busy = list(self._busy(agent))
        pauses = list(_pauses(deeds, busy, logged_out))
        for since, until, doing in [*busy, (logged_out, logged_out, "")]:
            yield from _idle(agent, at, since, pauses)
            if until > since:
                yield Stretch(agent, since, until, doing, _is_in(pauses, since, until))
            at = max(at, until)

    def _busy(self, agent: str) -> Iterator[tuple[float, float, str]]:
        """What an agent did, in order: ringing, talking and holding in turn, wrapping up."""
        for ringing in self.ringings:
            if self.rules.agents[ringing.phone] != agent:
                continue
            yield ringing.began, ringing.over or self.until, "ringing"
            if ringing.picked_up is None or ringing.call is None:
                continue
            at, ended = ringing.picked_up, ringing.call.ended or self.until
            for since, until in ringing.holds:
                yield at, since, "talking"
                yield since, min(until, ended), "holding"
                at = until
            if at < ended:
                yield at, ended, "talking"
            if ringing.call.ended is not None:
                yield ended, ended + self.rules.wrap_ups[ringing.queue], "wrapping_up"

    # --- figures -------------------------------------------------------------------------------------------------

    def figures(
        self,
        *,
        within: float,
        short: float,
        resolve: float = 300,
        formula: str = "answered_and_abandoned",
        stays: Sequence[Stay] | None = None,
        ringings: Sequence[Ringing] | None = None,
        stretches: Sequence[Stretch] | None = None,
    ) -> dict[str, Expected]:
        """Every figure of these; of everything when none are given."""
        return {
            **dict.fromkeys(_NEVER_HERE, Expected(0)),
            **dict.fromkeys((*_NOT_MEASURED, "avg_outbound_talk", "avg_outbound_connecting"), Expected(None)),
            **self._of_calls(self.stays if stays is None else stays, within, short, formula),
            **self._of_ringings(self.ringings if ringings is None else ringings),
            **self._of_time(self.stretches if stretches is None else stretches),
            **self._of_ended(self.stays if stays is None else stays, resolve),
        }

    def _of_calls(
        self, stays: Sequence[Stay], within: float, short: float, formula: str
    ) -> dict[str, Expected]:
        offered = [stay for stay in stays if stay.how != "refused"]
        answered = [stay for stay in offered if stay.how == "answered"]
        abandoned = [stay for stay in offered if stay.how == "abandoned"]
        overflowed = [stay for stay in offered if stay.how == "overflowed"]
        in_time = [stay for stay in answered if stay.waited <= within]
        shorts = [stay for stay in abandoned if stay.waited < short]
        gone_in_time = [stay for stay in abandoned if stay.waited <= within]
        handled = [stay for stay in answered if stay.call.ended is not None]
        held = [stay for stay in handled if stay.held > 0]
        on_hold = [stay for stay in handled if stay.ended_on_hold]
        repeats = [stay for stay in offered if self._is_repeat(stay.call)]
        left = [*answered, *abandoned, *overflowed]
        left_in_time = len(in_time) + len(gone_in_time) + sum(each.waited <= within for each in overflowed)
        levels = {
            "answered_and_abandoned": (len(in_time), len(answered) + len(abandoned) - len(shorts)),
            "answered": (len(in_time), len(answered)),
            "offered": (len(in_time), len(offered)),
            "abandoned_count_as_served": (len(in_time) + len(gone_in_time), len(answered) + len(abandoned)),
            "left_in_time": (left_in_time, len(offered)),
        }
        wrap_ups = [self.rules.wrap_ups[stay.queue] for stay in handled]
        handling = [stay.talked + stay.held + after for stay, after in zip(handled, wrap_ups, strict=True)]
        counts = {
            "offered": offered,
            "answered": answered,
            "answered_in_time": in_time,
            "answered_late": [stay for stay in answered if stay.waited > within],
            "abandoned": abandoned,
            "short_abandons": shorts,
            "overflowed": overflowed,
            "timed_out": overflowed,
            "waiting": [stay for stay in offered if stay.how == "waiting"],
            "refused": [stay for stay in stays if stay.how == "refused"],
            "handled": handled,
            "held_calls": held,
            "ended_on_hold": on_hold,
            "hold_abandons": [stay for stay in on_hold if stay.call.left_by_caller],
            "hold_agent_hang_ups": [stay for stay in on_hold if stay.call.is_ended_by_agent],
            "agent_hang_ups": [stay for stay in answered if stay.call.is_ended_by_agent],
            "repeat_calls": repeats,
        }
        return {
            **{name: Expected(len(some)) for name, some in counts.items()},
            **_bands(abandoned),
            "holds": Expected(sum(stay.holds for stay in handled)),
            "avg_holds": _rate(sum(stay.holds for stay in handled), len(handled)),
            "answer_rate": _rate(len(answered), len(offered)),
            "abandon_rate": _rate(len(abandoned) - len(shorts), len(offered) - len(shorts)),
            "repeat_rate": _rate(len(repeats), len(offered)),
            "service_level": _rate(*levels[formula]),
            "asa": self._mean([stay.waited for stay in answered], answered),
            "avg_queue_wait": self._mean([stay.waited - stay.rung for stay in answered], answered),
            "avg_rung_wait": self._mean([stay.rung for stay in answered], answered),
            "max_queue_wait": self._longest(left, lambda stay: stay.waited - stay.rung),
            **self._rings("caller", [self._ring_of(stay) for stay in left]),
            "avg_wait_of_abandoned": self._mean([stay.waited for stay in abandoned], abandoned),
            "max_wait": self._longest(left, lambda stay: stay.waited),
            "aht": self._mean(handling, handled),
            "avg_talk": self._mean([stay.talked for stay in handled], handled),
            "avg_hold": self._mean([stay.held for stay in handled], handled),
            "avg_wrap_up": self._mean(wrap_ups, handled),
            "avg_hold_of_held": self._mean([stay.held for stay in held], held),
            "handle_time": self._sum(handling, handled),
            "talk_time": self._sum([stay.talked for stay in handled], handled),
            "hold_time": self._sum([stay.held for stay in held], held),
            "wrap_up_time": self._sum(wrap_ups, handled),
        }

    def _of_ended(self, stays: Sequence[Stay], resolve: float) -> dict[str, Expected]:
        """The whole calls: from the INVITE to the end, and to that of the wrap-up."""
        offered = [stay for stay in stays if stay.how != "refused"]
        ended = [stay for stay in offered if stay.call.ended is not None]
        lengths, resolved = [stay.lasted for stay in ended], [self._resolution(stay) for stay in ended]
        return {
            "ended": Expected(len(ended)),
            "resolved_in_time": Expected(sum(each <= resolve for each in resolved)),
            "call_time": self._sum(lengths, ended),
            "avg_call_time": self._mean(lengths, ended),
            "avg_resolution": self._mean(resolved, ended),
            "avg_flow_time": Expected(0.0 if offered else None),
        }

    def _resolution(self, stay: Stay) -> float:
        """The whole call, and the notes after it, whichever queue it was answered in."""
        won = stay.call.winner
        return stay.lasted + (self.rules.wrap_ups[won.queue] if won else 0)

    def _of_ringings(self, ringings: Sequence[Ringing]) -> dict[str, Expected]:
        ended = [each for each in ringings if each.over is not None]
        picked_up = [each for each in ended if each.outcome == "answered"]
        rings = [each.rang_for for each in picked_up]
        longest = max(ended, key=lambda each: each.rang_for, default=None)
        return {
            **{
                name: Expected(sum(each.outcome == outcome for each in ended))
                for name, outcome in _COUNTED.items()
            },
            **self._rings("agent", [self._ring_of_offer(each) for each in ended if _is_counted(each)]),
            "offers": Expected(len(ended)),
            "offers_missed": Expected(sum(each.outcome in MISSES for each in ended)),
            "agent_answer_rate": _rate(len(picked_up), len(ended)),
            "rna_rate": _rate(sum(each.outcome == "rang_out" for each in ended), len(ended)),
            "avg_ring": Expected(sum(rings) / len(rings), CLOSE) if rings else Expected(None),
            "max_ring": Expected(longest.rang_for, self.close(longest.over)) if longest else Expected(0.0),
        }

    def _of_time(self, stretches: Sequence[Stretch]) -> dict[str, Expected]:
        def spent(*doing: str) -> Expected:
            mine = [each for each in stretches if each.doing in doing]
            return Expected(sum(each.length for each in mine), self._blur(mine))

        kinds = ("resting", "idle", "ringing", "talking", "holding", "wrapping_up", "outbound")
        total = sum(each.length for each in stretches)
        paused = [each for each in stretches if each.is_paused]
        resting = sum(each.length for each in paused)
        work = sum(each.length for each in stretches if each.doing not in {"resting", "idle"})
        whole = sum(each.length for each in stretches if each.doing != "resting")
        blur = self._blur(stretches)
        return {
            **{kind: spent(kind) for kind in kinds},
            "logged_in": Expected(total, blur),
            # Who logs in the moment the phone has registered may be there first.
            "unreachable": Expected(0.0, CLOSE * len({each.agent for each in stretches})),
            "paused": Expected(resting, self._blur(paused)),
            "occupancy": Expected(work / whole, blur / whole) if whole else Expected(None),
            "utilisation": Expected((total - resting) / total, blur / total) if total else Expected(None),
        }

    # --- rings ---------------------------------------------------------------------------------------------------

    def rungs_of_callers(self) -> list["Rung"]:
        """Of every stay that is over."""
        return [self._ring_of(stay) for stay in self.stays if stay.how in _LEFT]

    def rungs_of_agents(self) -> list["Rung"]:
        """Of every phone that rang, or whose agent missed the call."""
        return [self._ring_of_offer(each) for each in self.ringings if _is_counted(each)]

    def _ring_of(self, stay: Stay) -> "Rung":
        """Of the caller, through all queues, from the first ring-back or from the arrival."""
        since = stay.call.began if stay.call.heard_ringing is None else stay.call.heard_ringing
        rang_for = (stay.left or since) - since
        return self._rung(rang_for, self.close(since, stay.left), is_answered=stay.how == "answered")

    def _ring_of_offer(self, each: Ringing) -> "Rung":
        is_missed = each.outcome in MISSES
        close = AT_ONCE if each.rang_for < AT_ONCE else self.close(each.rang, each.over)
        return self._rung(each.rang_for, close, is_answered=each.outcome == "answered", is_missed=is_missed)

    def _rung(self, rang_for: float, close: float, *, is_answered: bool, is_missed: bool = False) -> "Rung":
        number = int(rang_for // self.rules.ring) + 1
        off = rang_for % self.rules.ring
        # The first ring begins nothing that could be argued about.
        is_certain = (number == 1 or off > close) and off < self.rules.ring - close
        return Rung(number, number <= self.rules.rings, is_answered, is_missed, is_certain)

    @staticmethod
    def _rings(whose: str, rungs: Sequence["Rung"]) -> dict[str, Expected]:
        """Counts by ring; those that ended where a ring begins may be counted on either side."""
        unsure = sum(not each.is_certain for each in rungs)
        within = sum(each.is_answered and each.is_within for each in rungs)
        over = sum(each.counts_over for each in rungs)
        counts = {
            f"{whose}_rings_within": within,
            f"{whose}_rings_over": over,
            f"{whose}_rings_total": within + over,
            f"{whose}_ring_from_7": sum(each.is_answered and each.number >= 7 for each in rungs),
            **{
                f"{whose}_ring_{ring}": sum(each.is_answered and each.number == ring for each in rungs)
                for ring in range(1, 7)
            },
        }
        rate = (
            Expected(within / (within + over), unsure / (within + over)) if within + over else Expected(None)
        )
        return {
            **{name: Expected(count, unsure) for name, count in counts.items()},
            f"{whose}_ring_compliance": rate,
        }

    def _is_repeat(self, call: Call) -> bool:
        """The whole scenario lasts less than a day."""
        return any(other.number == call.number and other.began < call.began for other in self.calls)

    def _mean(self, seconds: Sequence[float], stays: Sequence[Stay]) -> Expected:
        if not seconds:
            return Expected(None)
        lost = sum(self._close_of(stay) for stay in stays) / len(stays)
        return Expected(sum(seconds) / len(seconds), lost)

    def _sum(self, seconds: Sequence[float], stays: Sequence[Stay]) -> Expected:
        return Expected(sum(seconds), sum(self._close_of(stay) for stay in stays))

    def _close_of(self, stay: Stay) -> float:
        return self.close(stay.call.began, stay.left, stay.call.ended)

    def _longest(self, stays: Sequence[Stay], wait: Callable[[Stay], float]) -> Expected:
        longest = max(stays, key=wait, default=None)
        return Expected(wait(longest), self._close_of(longest)) if longest else Expected(0.0)

    def _blur(self, stretches: Sequence[Stretch]) -> float:
        return sum(self.close(each.since, each.until) for each in stretches)

    # --- reports -------------------------------------------------------------------------------------------------

    def differences(self, report: Mapping[str, Any]) -> list[str]:
        """What a report (`GET /reports`) says otherwise, in words. Knows rows by interval, queue, agent and team."""
        terms = report["terms"]
        asked = {
            "within": terms["within_seconds"],
            "short": terms["short_abandon_seconds"],
            "resolve": terms["resolve_within_seconds"],
            "formula": terms["service_level"],
        }
        found = list(_compared("total", self.figures(**asked), report["total"]["figures"]))
        for row in report["rows"]:
            if any(self._is_argued_about(seconds_of(row[border])) for border in ("since", "until")):
                continue
            where = " ".join(
                str(row[name]) for name in ("since", "queue_id", "agent_id", "team") if row[name]
            )
            found += _compared(
                where, self.figures(**asked, **self._in_row(row, report["by"])), row["figures"]
            )
        return found

    def _is_argued_about(self, border: float) -> bool:
        """Whether something happened so near to an interval's border that it may belong to either side."""
        moments = (each.began for some in (self.calls, self.ringings) for each in some)
        return any(abs(moment - border) < AT_ONCE for moment in moments)

    def _in_row(self, row: Mapping[str, Any], by: Sequence[str]) -> dict[str, Any]:
        since, until = seconds_of(row["since"]), seconds_of(row["until"])

        def is_here(queue: str | None, agent: str | None) -> bool:
            teams = [name for name, members in self.rules.teams.items() if agent in members]
            return (
                ("queue" not in by or queue == row["queue_id"])
                and ("agent" not in by or agent == row["agent_id"])
                and ("team" not in by or (row["team"] in teams if teams else row["team"] is None))
            )

        return {
            "stays": [
                stay
                for stay in self.stays
                if since <= stay.call.began < until
                and is_here(stay.queue, self.agent_of(stay.call) if stay.how == "answered" else None)
            ],
            "ringings": [
                each
                for each in self.ringings
                if since <= each.began < until and is_here(each.queue, self.rules.agents[each.phone])
            ],
            "stretches": [
                Stretch(
                    each.agent, max(each.since, since), min(each.until, until), each.doing, each.is_paused
                )
                for each in self.stretches
                if each.since < until and each.until > since and is_here(None, each.agent)
            ],
        }


# --- pure helpers ----------------------------------------------------------------------------------------------------


def seconds_of(text: str) -> float:
    """An instant of JSON as seconds since 1970."""
    return datetime.fromisoformat(text).timestamp()


def _was_too_late(ringing: Ringing, over: float) -> bool:
    """Another phone had just picked up: a CANCEL before the first 180 does not say so."""
    others = ringing.call.ringings if ringing.call else []
    return any(each.picked_up is not None and -CLOSE < over - each.picked_up < AT_ONCE for each in others)


def _is_counted(each: Ringing) -> bool:
    """Whether the bell rang, or the agent missed the call all the same."""
    return each.rang is not None or each.outcome in MISSES


def _sends_away(stay: Stay, over: float) -> bool:
    """The caller hung up just before, or went on to another queue: the phone stops ringing."""
    return (
        stay.how in {"abandoned", "overflowed"}
        and stay.left is not None
        and -CLOSE < over - stay.left < AT_ONCE
    )


def _pauses(
    deeds: Sequence[Deed], busy: Sequence[tuple[float, float, str]], last: float
) -> Iterator[tuple[float, float]]:
    """A pause that is asked for at work begins when the work is done."""
    asked: float | None = None
    for deed in deeds:
        if deed.what == "pause":
            asked = deed.at
            for since, until, _ in busy:
                asked = until if since <= asked < until or since == asked else asked
        elif deed.what == "resume" and asked is not None:
            yield asked, deed.at
            asked = None
    if asked is not None:
        yield asked, last


def _idle(agent: str, since: float, until: float, pauses: Pauses) -> Iterator[Stretch]:
    """Nothing to do, with and without a pause."""
    inside = (at for pause in pauses for at in pause if since < at < until)
    for begins, ends in pairwise(sorted({since, until, *inside})):
        is_paused = _is_in(pauses, begins, ends)
        yield Stretch(agent, begins, ends, "resting" if is_paused else "idle", is_paused)


def _is_in(pauses: Pauses, since: float, until: float) -> bool:
    middle = (since + until) / 2
    return any(begins <= middle < ends for begins, ends in pauses)


def _bands(abandoned: Sequence[Stay]) -> dict[str, Expected]:
    names = [*(f"abandoned_to_{border}s" for border in _BANDS), f"abandoned_from_{_BANDS[-1]}s"]
    limits = pairwise((0, *_BANDS, float("inf")))
    return {
        name: Expected(sum(low <= stay.waited < high for stay in abandoned))
        for name, (low, high) in zip(names, limits, strict=True)
    }


def _rate(part: int, whole: int) -> Expected:
    return Expected(part / whole if whole else None)


def _compared(where: str, expected: Mapping[str, Expected], shown: Mapping[str, Number]) -> Iterator[str]:
    for name, value in shown.items():
        if name not in expected:
            yield f"{where}: {name} is reported, and the judge does not know it"
        elif not expected[name].fits(value):
            wanted = expected[name]
            yield f"{where}: {name} is {value}, on the wire {wanted.value}, give or take {wanted.within:.3f}"
