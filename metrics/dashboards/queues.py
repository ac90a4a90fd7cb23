"""Queues over time: for the supervisor and the manager."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from metrics.dashboards.panels import SECONDS, SHARE, board, lines, quantiles

_CHOSEN = 'queue=~"$queue"'


def queues() -> Dashboard:
    """Each chosen queue: who waits, how long, how it ends."""
    return board(
        "queues",
        "Thirdring: queues",
        [
            lines(
                "Waiting",
                {"{{queue}}": f'sum by (queue) (thirdring_queue_calls{{{_CHOSEN},state="waiting"}})'},
            ),
            lines(
                "Longest wait",
                {"{{queue}}": f"max by (queue) (thirdring_queue_longest_wait_seconds{{{_CHOSEN}}})"},
                unit=SECONDS,
            ),
            lines(
                "Service level, 15 minutes",
                {
                    "{{queue}}": f"thirdring:queue_service_level:ratio15m{{{_CHOSEN}}}",
                    "target": "max(thirdring_service_level_target_ratio)",
                },
                unit=SHARE,
                about="Answered in time by answered and abandoned, without short abandons, whatever formula the site's reports use.",
            ),
            lines(
                "Average speed of answer, 15 minutes",
                {"{{queue}}": f"thirdring:queue_asa:seconds15m{{{_CHOSEN}}}"},
                unit=SECONDS,
            ),
            lines(
                "Abandoned, 15 minutes",
                {"{{queue}}": f"thirdring:queue_abandoned:ratio15m{{{_CHOSEN}}}"},
                unit=SHARE,
                about="Without short abandons.",
            ),
            quantiles(
                "Wait of answered calls", f'thirdring_queue_wait_seconds_bucket{{{_CHOSEN},end="answered"}}'
            ),
            lines(
                "Offered and answered per minute",
                {
                    f"{{{{queue}}}} {what}": f"60 * sum by (queue) (rate(thirdring_queue_calls_{what}_total{{{_CHOSEN}}}[$__rate_interval]))"
                    for what in ("offered", "answered")
                },
            ),
            lines(
                "Left without an agent per minute",
                {
                    "{{reason}}": f"60 * sum by (reason) (rate(thirdring_queue_calls_left_total{{{_CHOSEN}}}[$__rate_interval]))",
                    "refused": f"60 * sum(rate(thirdring_queue_calls_refused_total{{{_CHOSEN}}}[$__rate_interval]))",
                },
            ),
            quantiles(
                "Length of conversations",
                f"thirdring_talk_seconds_bucket{{{_CHOSEN}}}",
                about="Hold included.",
            ),
        ],
        by_queue=True,
    )
