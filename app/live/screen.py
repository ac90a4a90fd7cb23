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
_ALERT_ROWS = 4
_SEVERITIES = {"alarm": "bold red", "warning": "yellow"}


def draw_floor(values: Values, *, now: datetime, is_stale: bool) -> Group:
    """Alerts, queues, agents: what matters most first, for a small terminal cuts the end off.

    Durations are counted here, from instants: the stream sends none.
    """
    name = values.get("site", {}).get("name", "Thirdring")
    title = f"{name} - no news from the service" if is_stale else f"{name} - the floor, live"
    border = border_style(is_stale=is_stale)
    panels = [
        Panel(_queues(values, now), title=title, border_style=border),
        Panel(_agents(values, now), title="agents", border_style=border),
    ]
    if alerts := _of(values, "alert"):
        panels.insert(0, Panel(_alerts(alerts, values, now), title="alerts", border_style="red"))
    return Group(*panels)


def draw_calls(values: Values, *, now: datetime, is_stale: bool) -> Panel:
    """The calls that have lasted longest, and how many more there are."""
    return Panel(_calls(values, now), title="calls", border_style=border_style(is_stale=is_stale))


def border_style(*, is_stale: bool) -> str:
    """The colour of all frames."""
    return "red" if is_stale else "green"


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
    for name in ("queue", "waiting", "ringing", "talking", "longest wait", "agents free", "level"):
        table.add_column(name, justify="left" if name == "queue" else "right", no_wrap=name == "queue")
    for queue in _of(values, "queue"):
        longest = _since(queue["longest_wait_since"], now)
        style = "bold red" if limit is not None and longest >= limit else ""
        table.add_row(
            queue["name"],
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
        shown = state if state != "idle" or reason in {None, status} else reason
        table.add_row(
            agent["name"],
            Text(paused, style="" if status == "available" else "dim"),
            Text(shown, style=_COLOURS.get(state, "") if reason in {None, state} else "dim"),
            _clock(_since(agent["state_since"], now)),
            _ring(agent["ringing_at"], agent["rings_until"], values, now),
            _caller(agent.get("call_id"), values),
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
            _name("queue", call.get("queue_id"), values),
            Text(str(call["phase"]), style="cyan" if call["phase"] == "talking" else "yellow"),
            _clock(_since(began, now)),
            _ring(call["rings_from"], call["rings_until"], values, now),
            _name("agent", call.get("agent_id"), values),
        )
    if len(calls) > _CALL_ROWS:
        table.add_row(f"… and {len(calls) - _CALL_ROWS} more", *[""] * 6)
    return table


def _caller(call_id: str | None, values: Values) -> str:
    """The number of the call's caller, as far as one may see it; nothing when the call is over."""
    return str(values.get(f"call:{call_id}", {}).get("from_number", ""))


def _name(kind: str, id_: str | None, values: Values) -> str:
    """What people call it."""
    return str(values.get(f"{kind}:{id_}", {}).get("name", id_ or ""))


def _ring(since: str | None, until: str | None, values: Values, now: datetime) -> Text:
    """The number of the ring that runs; nothing when nothing rings, or the site is not known yet."""
    site = values.get("site")
    if since is None or until is None or site is None:
        return Text()
    number = 1 + int(_since(since, now) * 1000) // site["ring_ms"]
    return Text(str(number), style="bold red" if number > site["rings"] else "")


def _alerts(alerts: list[dict[str, Any]], values: Values, now: datetime) -> Table:
    table = Table(expand=True, box=None, pad_edge=False, show_header=False)
    alerts = sorted(alerts, key=lambda alert: (alert["severity"], alert["since"] or ""))
    for alert in alerts[:_ALERT_ROWS]:
        since = _clock(_since(alert["since"], now)) if alert["since"] else ""
        what = Text(alert["code"].replace("_", " "), style=_SEVERITIES[alert["severity"]])
        table.add_row(what, _about(alert, values), _detail(alert), since)
    if len(alerts) > _ALERT_ROWS:
        table.add_row(f"… and {len(alerts) - _ALERT_ROWS} more", *[""] * 3)
    return table


def _about(alert: dict[str, Any], values: Values) -> str:
    """The names of what an alert is about."""
    names = [_name(kind, alert[f"{kind}_id"], values) for kind in ("queue", "agent") if alert[f"{kind}_id"]]
    return ", ".join(names) or str(alert["part"])


def _detail(alert: dict[str, Any]) -> str:
    return alert["detail"] or (f"ring {alert['ring']}, call {alert['call_id']}" if alert["call_id"] else "")
