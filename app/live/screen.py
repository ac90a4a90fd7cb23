"""The floor on a terminal: pure drawing, from the values of the live stream to what rich prints."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

Values = Mapping[str, dict[str, Any]]

TOPICS = ("site", "queues", "agents", "calls", "alerts")
"""What must be followed for this drawing."""
_COLOURS = {
    "idle": "green",
    "offered": "yellow",
    "connected": "cyan",
    "held": "magenta",
    "wrap_up": "blue",
    "outbound": "cyan",
}
_CALL_ROWS = 12
_SEVERITIES = {"alarm": "bold red", "warning": "yellow"}


def draw_floor(values: Values, *, now: datetime, is_stale: bool) -> Group:
    """Queues, agents, calls and alerts. Durations are counted here, from instants: the stream sends none."""
    border = "red" if is_stale else "green"
    name = values.get("site", {}).get("name", "Thirdring")
    title = f"{name} - no news from the service" if is_stale else f"{name} - the floor, live"
    panels = [
        Panel(_queues(values, now), title=title, border_style=border),
        Panel(_agents(values, now), title="agents", border_style=border),
        Panel(_calls(values, now), title="calls", border_style=border),
    ]
    if alerts := _of(values, "alert"):
        panels.append(Panel(_alerts(alerts, values, now), title="alerts", border_style="red"))
    return Group(*panels)


def ring_limit_seconds(values: Values) -> float | None:
    """How long a call may wait before the site's rings are over; None: the site is not known yet."""
    site = values.get("site")
    return None if site is None else site["ring_ms"] * site["rings"] / 1000


def _of(values: Values, kind: str) -> list[dict[str, Any]]:
    return [value for topic, value in sorted(values.items()) if topic.startswith(f"{kind}:")]


def _since(instant: str | None, now: datetime) -> float:
    return max(0.0, (now - datetime.fromisoformat(instant)).total_seconds()) if instant else 0.0


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _queues(values: Values, now: datetime) -> Table:
    table = Table(expand=True, box=None, pad_edge=False)
    limit = ring_limit_seconds(values)
    for name in (
        "queue",
        "strategy",
        "waiting",
        "ringing",
        "talking",
        "longest wait",
        "agents free",
        "level",
    ):
        table.add_column(name, justify="left" if name in {"queue", "strategy"} else "right")
    for queue in _of(values, "queue"):
        longest = _since(queue["longest_wait_since"], now)
        style = "bold red" if limit is not None and longest >= limit else ""
        table.add_row(
            queue["name"],
            queue["strategy"],
            Text(str(queue["waiting"]), style="bold" if queue["waiting"] else "dim"),
            str(queue["offered"]),
            str(queue["connected"]),
            Text(_clock(longest) if queue["longest_wait_since"] else "-", style=style),
            str(queue["members"].get("available", 0)),
            _level(queue["service_level"], values),
        )
    return table


def _level(level: float | None, values: Values) -> Text:
    """The service level today; yellow below the site's target."""
    if level is None:
        return Text("-", style="dim")
    target = values.get("site", {}).get("service_level_percent", 0)
    return Text(f"{100 * level:.0f} %", style="yellow" if 100 * level < target else "green")


def _agents(values: Values, now: datetime) -> Table:
    table = Table(expand=True, box=None, pad_edge=False)
    for name in ("agent", "status", "state", "since", "ring", "with", "answered", "missed"):
        table.add_column(name, justify="right" if name in {"since", "ring", "answered", "missed"} else "left")
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
            _ring(agent["ringing_at"], agent["rings_until"], values, now),
            agent.get("call_id") or "",
            str(agent["counters"]["answered"]),
            str(agent["counters"]["missed"]),
        )
    return table


def _calls(values: Values, now: datetime) -> Table:
    table = Table(expand=True, box=None, pad_edge=False)
    for name in ("call", "from", "queue", "phase", "for", "ring", "agent"):
        table.add_column(name, justify="right" if name in {"for", "ring"} else "left")
    calls = sorted(_of(values, "call"), key=lambda call: str(call["arrived_at"]))
    for call in calls[:_CALL_ROWS]:
        began = call["bridged_at"] if call["phase"] == "talking" else call["arrived_at"]
        table.add_row(
            call["id"],
            call["from_number"],
            call.get("queue_id") or "-",
            Text(str(call["phase"]), style="cyan" if call["phase"] == "talking" else "yellow"),
            _clock(_since(began, now)),
            _ring(call["rings_from"], call["rings_until"], values, now),
            call.get("agent_id") or "",
        )
    if len(calls) > _CALL_ROWS:
        table.add_row(f"… and {len(calls) - _CALL_ROWS} more", *[""] * 6)
    return table


def _ring(since: str | None, until: str | None, values: Values, now: datetime) -> Text:
    """The number of the ring that runs; nothing when nothing rings, or the site is not known yet."""
    site = values.get("site")
    if since is None or until is None or site is None:
        return Text()
    number = 1 + int(_since(since, now) * 1000) // site["ring_ms"]
    return Text(str(number), style="bold red" if number > site["rings"] else "")


def _alerts(alerts: list[dict[str, Any]], values: Values, now: datetime) -> Table:
    table = Table(expand=True, box=None, pad_edge=False, show_header=False)
    for alert in sorted(alerts, key=lambda alert: (alert["severity"], alert["since"] or "")):
        since = _clock(_since(alert["since"], now)) if alert["since"] else ""
        what = Text(alert["code"].replace("_", " "), style=_SEVERITIES[alert["severity"]])
        table.add_row(what, _about(alert, values), _detail(alert), since)
    return table


def _about(alert: dict[str, Any], values: Values) -> str:
    """The names of what an alert is about."""
    topics = (f"{kind}:{alert[f'{kind}_id']}" for kind in ("queue", "agent") if alert[f"{kind}_id"])
    names = [str(values.get(topic, {}).get("name", topic)) for topic in topics]
    return ", ".join(names) or str(alert["part"])


def _detail(alert: dict[str, Any]) -> str:
    return alert["detail"] or (f"ring {alert['ring']}, call {alert['call_id']}" if alert["call_id"] else "")
