"""Three rings: the rule by which the hotline is judged."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from metrics.dashboards.panels import BAD, GOOD, SECONDS, SHARE, board, lines, number, quantiles

_CHOSEN = 'queue=~"$queue"'


def three_rings() -> Dashboard:
    """How long phones ring before they are answered."""
    answered = f'thirdring_offers_ended_total{{{_CHOSEN},outcome="answered"}}'
    within = f"thirdring_offers_answered_in_ring_limit_total{{{_CHOSEN}}}"
    return board(
        "three-rings",
        "Thirdring: three rings",
        [
            number("Third-ring limit", "max(thirdring_ring_limit_seconds)", unit=SECONDS),
            number(
                "Within three rings",
                f"sum(increase({within}[$__range])) / sum(increase({answered}[$__range]))",
                unit=SHARE,
                about="Over the whole time shown. Red below 90%.",
                colours=[(0, BAD), (0.9, GOOD)],
            ),
            lines(
                "Within three rings, 15 minutes",
                {"{{queue}}": f"thirdring:queue_answered_in_ring_limit:ratio15m{{{_CHOSEN}}}"},
                unit=SHARE,
            ),
            quantiles(
                "Ringing of the agents' phones",
                f"thirdring_offer_ring_seconds_bucket{{{_CHOSEN}}}",
                about="From the first ringing to the end of the offer, whatever its end.",
            ),
            lines(
                "Answers within and over per minute",
                {
                    "within three rings": f"60 * sum(rate({within}[$__rate_interval]))",
                    "over": f"60 * (sum(rate({answered}[$__rate_interval])) - sum(rate({within}[$__rate_interval])))",
                },
            ),
        ],
        by_queue=True,
    )
