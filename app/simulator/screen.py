"""The demonstration on a terminal: the floor, why calls went where they went, and what the simulated people found."""

from collections.abc import Iterable
from datetime import datetime

from rich.console import Group
from rich.panel import Panel
from rich.text import Text

from app.live.screen import Values, border_style, draw_calls, draw_floor, ring_limit_seconds
from app.simulator.tally import CallResult, OfferResult, Tally

_LOG_LINES = 8


def draw(
    values: Values,
    *,
    tally: Tally,
    log: Iterable[str],
    now: datetime,
    is_stale: bool,
    way_in: Text,
) -> Group:
    """The whole screen. A small terminal cuts the end off, so how to take part stands first."""
    return Group(
        way_in,
        draw_floor(values, now=now, is_stale=is_stale),
        Text(_counts(tally, ring_limit_seconds(values))),
        Panel(
            "\n".join(list(log)[-_LOG_LINES:]) or "…",
            title="decisions",
            border_style=border_style(is_stale=is_stale),
        ),
        draw_calls(values, now=now, is_stale=is_stale),
    )


def _counts(tally: Tally, limit: float | None) -> str:
    waits = sorted(tally.waits)
    median = f"{waits[len(waits) // 2]:.1f} s" if waits else "-"
    within = sum(limit is not None and wait < limit for wait in waits)
    share = f"{100 * within / len(waits):.0f} %" if waits else "-"
    return (
        f"callers: {tally.arrived} came, {tally.calls[CallResult.COMPLETED]} served, "
        f"{tally.calls[CallResult.ABANDONED]} gave up, {tally.waiting} wait, {tally.connected} talk.  "
        f"median wait {median}, within three rings {share}.  "
        f"phones: {tally.offers[OfferResult.ANSWERED]} answered, {tally.offers[OfferResult.DECLINED]} declined, "
        f"{tally.offers[OfferResult.WITHDRAWN]} withdrawn"
    )
