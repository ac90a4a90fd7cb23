"""The service itself: for operations."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from metrics.dashboards.panels import (
    BAD,
    BYTES,
    COUNT,
    GOOD,
    SECONDS,
    SHARE,
    WARNING,
    board,
    lines,
    number,
    quantiles,
)

_LEVELS = {0: "ok", 1: "degraded", 2: "down"}


def service() -> Dashboard:
    """Whether it decides fast, writes everything down, and lives within its means."""
    return board(
        "service",
        "Thirdring: service health",
        [
            number(
                "Worst part",
                "max(thirdring_part_level)",
                about="Degraded: calls go on. Down: no calls taken.",
                colours=[(0, GOOD), (1, WARNING), (2, BAD)],
                words=_LEVELS,
            ),
            number(
                "Entries that wait", "max(thirdring_journal_waiting_rows)", about="Not in the database yet."
            ),
            number(
                "Lost entries in a day",
                "sum(increase(thirdring_journal_lost_rows_total[1d]))",
                colours=[(0, GOOD), (1, BAD)],
            ),
            number("Wallboards and desks", "sum(thirdring_live_clients)"),
            lines("Parts", {"{{part}}": "max by (part) (thirdring_part_level)"}, words=_LEVELS),
            quantiles(
                "Time of decisions",
                "thirdring_dispatch_seconds_bucket",
                about="From an event to its actions: decided, written down, sent.",
            ),
            lines(
                "Events decided per second",
                {"events": "sum(rate(thirdring_dispatch_seconds_count[$__rate_interval]))"},
            ),
            quantiles(
                "Behind in the database",
                "thirdring_journal_lag_seconds_bucket",
                about="Age of the oldest entry of a batch when the database has it.",
            ),
            lines(
                "Where entries wait",
                {
                    "for the database": "max(thirdring_journal_waiting_rows)",
                    "in memory, the disk fails": "max(thirdring_journal_held_rows)",
                },
                unit=COUNT,
            ),
            lines("Oldest entry that waits", {"age": "max(thirdring_journal_waiting_seconds)"}, unit=SECONDS),
            quantiles(
                "Delay of the live state",
                "thirdring_live_lag_seconds_bucket",
                about="From a change to its messages in the clients' outboxes.",
            ),
            lines(
                "Processor",
                {"{{instance}}": "rate(process_cpu_seconds_total[$__rate_interval])"},
                unit=SHARE,
                about="100%: one core in full, and the end of what one process can do.",
            ),
            lines("Memory", {"{{instance}}": "process_resident_memory_bytes"}, unit=BYTES),
        ],
    )
