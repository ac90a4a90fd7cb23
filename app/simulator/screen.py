"""The floor on a terminal: pure drawing, from the values of the live stream to what rich prints."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from app.simulator.tally import CallResult, OfferResult, Tally

_COLOURS = {
    "idle": "green",
    "offered": "yellow",
    "connected": "cyan",
    "held": "magenta",
    "wrap_up": "blue",
    "outbound": "cyan",
}
_RING_LIMIT_SECONDS = 15.0
_LOG_LINES = 8
_CALL_ROWS = 12


def draw(
    values: Mapping[str, dict[str, Any]],
    *,
    tally: Tally,
    log: Iterable[str],
    now: datetime,
    is_stale: bool,
    foot: str,
) -> Group:
    """The whole screen. Durations are counted here, from instants: the stream sends none."""
    border = "red" if is_stale else "green"
    title = "Thirdring - no news from the service" if is_stale else "Thirdring - the floor, live"
    return Group(
        Panel(_queues(values, now), title=title, border_style=border),
        Panel(_agents(values, now), title="agents", border_style=border),
        Panel(_calls(values, now), title="calls", border_style=border),
        Panel("\n".join(list(log)[-_LOG_LINES:]) or "…", title="decisions", border_style=border),
        Text(_counts(tally)),
        Text(foot, style="dim"),
    )


def _of(values: Mapping[str, dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [value for topic, value in sorted(values.items()) if topic.startswith(f"{kind}:")]


def _since(instant: str | None, now: datetime) -> float:
    return max(0.0, (now - datetime.fromisoformat(instant)).total_seconds()) if instant else 0.0


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _queues(values: Mapping[str, dict[str, Any]], now: datetime) -> Table:
    table = Table(expand=True, box=None, pad_edge=False)
    for name in ("queue", "strategy", "waiting", "ringing", "talking", "longest wait", "agents free"):
        table.add_column(name, justify="left" if name in {"queue", "strategy"} else "right")
    for queue in _of(values, "queue"):
        longest = _since(queue["longest_wait_since"], now)
        style = "bold red" if longest > _RING_LIMIT_SECONDS else ""
        table.add_row(
            queue["name"],
            queue["strategy"],
            Text(str(queue["waiting"]), style="bold" if queue["waiting"] else "dim"),
            str(queue["offered"]),
            str(queue["connected"]),
            Text(_clock(longest) if queue["longest_wait_since"] else "-", style=style),
            str(queue["members"].get("available", 0)),
        )
    return table


def _agents(values: Mapping[str, dict[str, Any]], now: datetime) -> Table:
    table = Table(expand=True, box=None, pad_edge=False)
    for name in ("agent", "status", "state", "since", "with", "answered", "missed"):
        table.add_column(name, justify="right" if name in {"since", "answered", "missed"} else "left")
    for agent in _of(values, "agent"):
        state, status = agent["state"], agent["status"]
        paused = f"{status} ({agent['pause_code']})" if agent.get("pause_code") else status
        reason = agent.get("unavailable_reason")
        shown = state if state != "idle" or reason is None else f"{state} ({reason})"
        table.add_row(
            agent["name"],
            Text(paused, style="" if status == "available" else "dim"),
            Text(shown, style=_COLOURS.get(state, "") if reason in {None, state} else "dim"),
            _clock(_since(agent["state_since"], now)),
            agent.get("call_id") or "",
            str(agent["counters"]["answered"]),
            str(agent["counters"]["missed"]),
        )
    return table


def _calls(values: Mapping[str, dict[str, Any]], now: datetime) -> Table:
    table = Table(expand=True, box=None, pad_edge=False)
    for name in ("call", "from", "queue", "phase", "for", "agent", "place"):
        table.add_column(name, justify="right" if name in {"for", "place"} else "left")
    calls = sorted(_of(values, "call"), key=lambda call: str(call["arrived_at"]))
    for call in calls[:_CALL_ROWS]:
        began = call["bridged_at"] if call["phase"] == "talking" else call["arrived_at"]
        table.add_row(
            call["id"],
            call["from_number"],
            call.get("queue_id") or "-",
            Text(str(call["phase"]), style="cyan" if call["phase"] == "talking" else "yellow"),
            _clock(_since(began, now)),
            call.get("agent_id") or "",
            str(call.get("position") or ""),
        )
    if len(calls) > _CALL_ROWS:
        table.add_row(f"… and {len(calls) - _CALL_ROWS} more", "", "", "", "", "", "")
    return table


def _counts(tally: Tally) -> str:
    waits = sorted(tally.waits)
    median = f"{waits[len(waits) // 2]:.1f} s" if waits else "-"
    within = sum(wait <= _RING_LIMIT_SECONDS for wait in waits)
    share = f"{100 * within / len(waits):.0f} %" if waits else "-"
    return (
        f"callers: {tally.arrived} came, {tally.calls[CallResult.COMPLETED]} served, "
        f"{tally.calls[CallResult.ABANDONED]} gave up, {tally.waiting} wait, {tally.connected} talk.  "
        f"median wait {median}, within three rings {share}.  "
        f"phones: {tally.offers[OfferResult.ANSWERED]} answered, {tally.offers[OfferResult.DECLINED]} declined, "
        f"{tally.offers[OfferResult.WITHDRAWN]} withdrawn"
    )
