"""The floor now: for the shift supervisor."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from metrics.dashboards.panels import BAD, COUNT, GOOD, SECONDS, SHARE, board, lines, number, parts, promise

# Counted when the rules were last evaluated: with what is counted now, few calls gave 50% or 190%.
_JUDGED = "thirdring:queue_calls_judged:increase15m"


def floor() -> Dashboard:
    """Who waits, who talks, who could answer, and whether the promises hold."""
    return board(
        "floor",
        "Thirdring: floor",
        [
            number("Waiting", 'sum(thirdring_queue_calls{state="waiting"})'),
            number("Ringing", 'sum(thirdring_queue_calls{state="offered"})'),
            number("Talking", 'sum(thirdring_queue_calls{state="connected"})'),
            number(
                "Longest wait",
                "max(thirdring_queue_longest_wait_seconds)",
                unit=SECONDS,
                about="Red from 3 minutes, when somebody is woken up.",
                colours=[(0, GOOD), (180, BAD)],
            ),
            promise(
                "Service level",
                _while_it_runs(
                    f"(sum(thirdring:queue_service_level:ratio15m * {_JUDGED}) or 0 * sum({_JUDGED})) / sum({_JUDGED})"
                ),
                target="max(last_over_time(thirdring_service_level_target_ratio[15m]))",
                about="15 minutes: answered in time by answered and abandoned, without short abandons. Red below the site's target.",
            ),
            number(
                "Within three rings",
                _while_it_runs(
                    "sum(increase(thirdring_offers_answered_in_ring_limit_total[15m])) / "
                    'sum(increase(thirdring_offers_ended_total{outcome="answered"}[15m]))'
                ),
                unit=SHARE,
                about="15 minutes: answers before the fourth ring, of all answers. Red below 90%.",
                colours=[(0, BAD), (0.9, GOOD)],
            ),
            lines(
                "Calls",
                {"{{state}}": "sum by (state) (thirdring_queue_calls)"},
                about="Calls in queues, and those that talk.",
            ),
            parts("Agents", {"{{status}}, {{state}}": "sum by (status, state) (thirdring_agents)"}),
            lines(
                "Arrivals and ends per minute",
                {
                    "arrived": "60 * sum(rate(thirdring_calls_started_total[$__rate_interval]))",
                    "ended by {{ended_by}}": "60 * sum by (ended_by) (rate(thirdring_calls_ended_total[$__rate_interval]))",
                },
                unit=COUNT,
            ),
        ],
    )


def _while_it_runs(expression: str) -> str:
    """Nothing once nobody counts any more: for a quarter of an hour the past would pass for the present."""
    return f"({expression}) and on () thirdring_build_info"
