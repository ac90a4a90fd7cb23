"""The wire's judge on single things: past calls with their offers and rings, the missed-call ledger, the queue log.

Each function says in words what the product tells otherwise than the wire; an empty list is a perfect agreement.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.support.wire_judge import AT_ONCE, OUTCOMES, WireJudge, seconds_of
from tests.support.wire_story import Call, Ringing

_CAUSES = {
    "rang_out": "ignored",
    "declined": "declined",
    "busy": "busy",
    "unreachable": "unreachable",
}
"""What came of a ringing -> the cause of a missed offer."""

_WORST = 10

Json = Mapping[str, Any]
LogLine = tuple[str, str, str, tuple[Any, ...]]
"""Queue, agent, event, and the data that the judge can know, in seconds."""


# --- past calls ------------------------------------------------------------------------------------------------------


def call_differences(judge: WireJudge, listed: Sequence[Json]) -> list[str]:
    """Of past calls (`GET /calls/{id}`): each moment, each offer with its rings, each party."""
    found = (
        [] if len(listed) == len(judge.calls) else [f"{len(listed)} listed, {len(judge.calls)} on the wire"]
    )
    for call in judge.calls:
        mine = [
            shown
            for shown in listed
            if shown["from_number"] == call.number
            and abs(seconds_of(shown["arrived_at"]) - call.began) <= judge.close(call.began)
        ]
        if len(mine) == 1:
            found += [f"{call.number}: {text}" for text in _about(judge, call, mine[0])]
        else:
            found.append(f"{call.number}: {len(mine)} calls listed that came at {call.began:.3f}")
    return found


def _about(judge: WireJudge, call: Call, shown: Json) -> Iterator[str]:
    party = "agent" if call.is_ended_by_agent else "caller" if call.left_by_caller else "system"
    if shown["ended_by"] != party:
        yield f"ended by {shown['ended_by']}, on the wire by {party}"
    if shown["agent_id"] != judge.agent_of(call):
        yield f"answered by {shown['agent_id']}, on the wire by {judge.agent_of(call)}"
    picked_up = call.winner.picked_up if call.winner else None
    for name, moment in (
        ("answered_at", picked_up),
        ("bridged_at", picked_up),
        ("ended_at", call.ended),
    ):
        yield from _same_moment(name, shown[name], moment, within=judge.close(moment))
    if len(shown["offers"]) != len(call.ringings):
        yield f"{len(shown['offers'])} offers, {len(call.ringings)} on the wire"
        return
    for ringing in call.ringings:
        mine = [offer for offer in shown["offers"] if offer["device_id"] == ringing.phone]
        nearest = min(mine, key=lambda offer: abs(seconds_of(offer["started_at"]) - ringing.began))
        yield from (f"{ringing.phone}: {text}" for text in _about_offer(judge, ringing, nearest))


def _about_offer(judge: WireJudge, ringing: Ringing, offer: Json) -> Iterator[str]:
    close = judge.close(ringing.began, ringing.rang, ringing.over)
    if offer["outcome"] != OUTCOMES[ringing.outcome]:
        yield f"{offer['outcome']}, on the wire {OUTCOMES[ringing.outcome]}"
    # Asterisk takes its time between our wish and the INVITE.
    yield from _same_moment("started_at", offer["started_at"], ringing.began, within=AT_ONCE + close)
    yield from _same_moment("ended_at", offer["ended_at"], ringing.over, within=close)
    if ringing.rang is None or (offer["ring"] is None and ringing.rang_for < AT_ONCE):
        return  # The 180 and the end of the offer may have crossed on their ways.
    yield from _same_moment("ringing_at", offer["ringing_at"], ringing.rang, within=close)
    rings = _rings(judge, ringing.rang_for, close)
    if offer["ring"] not in rings:
        yield f"ring {offer['ring']}, on the wire one of {sorted(rings)}"
    elif offer["is_within_rings"] != (offer["ring"] <= judge.rules.rings):
        yield f"within three rings: {offer['is_within_rings']}, in ring {offer['ring']}"


def _rings(judge: WireJudge, rang_for: float, close: float) -> set[int]:
    """The ring in which it ended: one, unless that was at a border."""
    return {int(max(rang_for + off, 0.0) // judge.rules.ring) + 1 for off in (-close, 0, close)}


def _same_moment(name: str, shown: str | None, moment: float | None, *, within: float) -> Iterator[str]:
    if shown is None or moment is None:
        if shown is not None or moment is not None:
            yield f"{name} is {shown}, on the wire {moment}"
    elif abs(seconds_of(shown) - moment) > within:
        yield f"{name} is off by {(seconds_of(shown) - moment) * 1000:.1f} ms"


def worst_differences(judge: WireJudge, total: Json) -> list[str]:
    """Of the worst cases of the ring report: the rings of the ten that were rung longest beyond the limit."""
    found = []
    for whose, rungs in (("agent", judge.rungs_of_agents()), ("caller", judge.rungs_of_callers())):
        expected = sorted((each.number for each in rungs if each.counts_over), reverse=True)[:_WORST]
        shown = [
            int((each["seconds"] or 0) // judge.rules.ring) + 1 for each in total[f"worst_{whose}_rings"]
        ]
        if len(shown) != len(expected) or any(
            abs(one - two) > 1 for one, two in zip(shown, expected, strict=True)
        ):
            found.append(f"worst rings of {whose}s: {shown}, on the wire {expected}")
    return found


# --- the ledger ------------------------------------------------------------------------------------------------------


def ledger_differences(judge: WireJudge, ledger: Sequence[Json]) -> list[str]:
    """Of the missed-call ledger (`GET /missed-calls`): a row for each, with its cause, its ring, its charge, who was on duty.

    Rows that are alike but for their time stand in its order on both sides.
    """
    expected: dict[str, list[Missed]] = {}
    for missed in sorted([*_missed_calls(judge), *_missed_offers(judge)], key=lambda missed: missed[1]):
        expected.setdefault(str(missed[2]), []).append(missed)
    shown: dict[str, list[Json]] = {}
    for each in sorted(ledger, key=lambda each: seconds_of(each["at"])):
        shown.setdefault(str({name: each[name] for name in _ROW}), []).append(each)
    found = []
    for kind in sorted({*expected, *shown}):
        mine, other = expected.get(kind, []), shown.get(kind, [])
        if len(mine) != len(other):
            found.append(f"{len(other)} in the ledger, {len(mine)} on the wire: {kind}")
        for missed, row in zip(mine, other, strict=False):
            found += [f"{missed[0]} missed: {text}" for text in _about_missed(judge, missed, row)]
    return found


_ROW = ("kind", "queue_id", "cause", "charge_each", "agent_id")


def _about_missed(judge: WireJudge, missed: "Missed", row: Json) -> Iterator[str]:
    _, moment, _, rings = missed
    yield from _same_moment("at", row["at"], moment, within=judge.close(moment))
    if row["ring"] not in rings:
        yield f"ring {row['ring']}, on the wire one of {rings}"
    if len(row["on_duty"]) != len(judge.rules.agents):
        yield f"{len(row['on_duty'])} on duty"
    if row["supervisor"] != judge.rules.supervisor:
        yield f"supervisor {row['supervisor']}"


Missed = tuple[str, float, dict[str, Any], set[int | None]]


def _missed_calls(judge: WireJudge) -> Iterator[Missed]:
    rules = judge.rules
    for call in judge.calls:
        if call.winner is not None or call.over is None:
            continue
        stay = next(stay for stay in reversed(judge.stays) if stay.call is call)
        cause, charge = "no_agent", rules.charge
        rings: set[int | None] = {None}
        if stay.how != "refused":
            since = call.began if call.heard_ringing is None else call.heard_ringing
            cause, charge = "caller_left", rules.charge if call.over - call.began >= rules.spared else 0
            rings = {*_rings(judge, call.over - since, judge.close(since, call.over))}
        row = {
            "kind": "call",
            "queue_id": stay.queue,
            "cause": cause,
            "charge_each": charge,
            "agent_id": None,
        }
        yield call.number, call.over, row, rings


def _missed_offers(judge: WireJudge) -> Iterator[Missed]:
    for each in judge.ringings:
        if each.outcome not in _CAUSES or each.over is None:
            continue
        rings: set[int | None] = {None}
        if each.rang is not None:
            rings = {*_rings(judge, each.rang_for, judge.close(each.rang, each.over))}
        whose = judge.rules.agents[each.phone]
        row = dict(zip(_ROW, ("offer", each.queue, _CAUSES[each.outcome], 0, whose), strict=True))
        yield each.number, each.over, row, rings


def charges(judge: WireJudge) -> int:
    """What all agents together are charged: they were all on duty, all the time."""
    each = sum(int(row["charge_each"]) for _, _, row, _ in _missed_calls(judge))
    return each * len(judge.rules.agents)


# --- the queue log ---------------------------------------------------------------------------------------------------


def queue_log_differences(judge: WireJudge, text: str) -> list[str]:
    """Of the queue log: the events of each call in order, with their agents and seconds."""
    shown: dict[str, list[LogLine]] = {}
    for line in text.splitlines():
        _, call_id, queue, agent, event, *data = line.split("|")
        if call_id != "NONE":
            shown.setdefault(call_id, []).append((queue, agent, event, _known(event, data)))
    expected = sorted((_log_of(judge, call) for call in judge.calls if call.refused is None), key=_whose)
    found = sorted(shown.values(), key=_whose)
    if len(expected) != len(found):
        return [f"{len(found)} calls in the log, {len(expected)} queued on the wire"]
    close = max(judge.close(call.began, call.over) for call in judge.calls)
    return [
        f"in the log {other}, on the wire {mine}"
        for mine, other in zip(expected, found, strict=True)
        if not _are_same(mine, other, close)
    ]


def _log_of(judge: WireJudge, call: Call) -> list[LogLine]:
    """The lines of a call, in the order of time."""
    stays = [stay for stay in judge.stays if stay.call is call]
    won, agent = call.winner, f"Agent/{judge.agent_of(call)}"
    lines: list[tuple[float, LogLine]] = []
    for stay in stays:
        lines.append((stay.entered, (stay.queue, "NONE", "ENTERQUEUE", (call.number,))))
        if stay.left is None:
            continue
        waited = stay.left - stay.entered
        if stay.how == "answered" and won is not None:
            lines.append((stay.left, (stay.queue, agent, "CONNECT", (waited, won.rang_for))))
            if call.ended is not None:
                event = "COMPLETEAGENT" if call.is_ended_by_agent else "COMPLETECALLER"
                lines.append((call.ended, (stay.queue, agent, event, (waited, call.ended - stay.left))))
        else:
            event = "ABANDON" if stay.how == "abandoned" else "EXITWITHTIMEOUT"
            lines.append((stay.left, (stay.queue, "NONE", event, (waited,))))
    for each in call.ringings:
        if each.over is not None and (each.outcome in _CAUSES or each.outcome == "taken_back"):
            event = "RINGNOANSWER" if each.outcome in _CAUSES else "RINGCANCELED"
            whose = f"Agent/{judge.rules.agents[each.phone]}"
            lines.append((each.over, (each.queue, whose, event, (each.over - each.began,))))
    return [line for _, line in sorted(lines, key=lambda line: line[0])]


def _known(event: str, data: list[str]) -> tuple[Any, ...]:
    match event:
        case "ENTERQUEUE":
            return (data[1],)
        case "CONNECT":
            return float(data[0]), float(data[2])
        case "COMPLETEAGENT" | "COMPLETECALLER":
            return float(data[0]), float(data[1])
        case "ABANDON" | "EXITWITHTIMEOUT":
            return (float(data[2]),)
        case _:
            return (float(data[0]) / 1000,)


def _whose(lines: Sequence[LogLine]) -> tuple[str, str]:
    """Queue and number. Calls with both the same stand in the order of time on both sides."""
    queue, _, _, (number, *_) = lines[0]
    return queue, number


def _are_same(mine: Sequence[LogLine], other: Sequence[LogLine], close: float) -> bool:
    """Same events of the same agents, in order; phones that stop ringing together may do so in any order."""
    pairs = [
        *zip(_calls_own(mine), _calls_own(other), strict=False),
        *zip(_phones(mine), _phones(other), strict=False),
    ]
    return len(mine) == len(other) == len(pairs) and all(
        one[:3] == two[:3] and _have_same_data(one[2], one[3], two[3], close) for one, two in pairs
    )


def _calls_own(lines: Sequence[LogLine]) -> list[LogLine]:
    return [line for line in lines if not line[2].startswith("RING")]


def _phones(lines: Sequence[LogLine]) -> list[LogLine]:
    return sorted((line for line in lines if line[2].startswith("RING")), key=lambda line: line[1:])


def _have_same_data(event: str, mine: tuple[Any, ...], other: tuple[Any, ...], close: float) -> bool:
    """Seconds are cut off in the log, milliseconds are not. An offer begins before its INVITE."""
    if event == "ENTERQUEUE":
        return mine == other
    low, high = (-close, close + AT_ONCE) if event.startswith("RING") else (-1 - close, close)
    return all(low <= shown - wired <= high for wired, shown in zip(mine, other, strict=True))
