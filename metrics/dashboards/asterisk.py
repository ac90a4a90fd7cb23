"""ARI and Asterisk: for operations."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from metrics.dashboards.panels import BAD, COUNT, GOOD, SECONDS, board, lines, number, quantiles

_YES_NO = {0: "no", 1: "yes"}


def asterisk() -> Dashboard:
    """Whether Asterisk is there, how fast it answers, how old its events are."""
    return board(
        "asterisk",
        "Thirdring: ARI and Asterisk",
        [
            number(
                "Connected",
                "min(thirdring_ari_connected)",
                about="Yes: connected, and every channel known.",
                colours=[(0, BAD), (1, GOOD)],
                words=_YES_NO,
            ),
            number(
                "Held back",
                "max(thirdring_ari_circuit_open)",
                about="Yes: no requests are sent, for Asterisk does not answer.",
                colours=[(0, GOOD), (1, BAD)],
                words=_YES_NO,
            ),
            number(
                "Deaths in a day",
                'sum(increase(thirdring_asterisk_incidents_total{incident="Died"}[1d]))',
                about="Of Asterisk.",
                colours=[(0, GOOD), (1, BAD)],
            ),
            quantiles(
                "Time of requests",
                "thirdring_ari_request_seconds_bucket",
                about="From sending to the answer.",
            ),
            lines(
                "Requests per second by result",
                {
                    "{{result}}": "sum by (result) (rate(thirdring_ari_request_seconds_count[$__rate_interval]))"
                },
                about="Refused ones are usual: something ended while we wrote.",
            ),
            quantiles(
                "Age of events",
                "thirdring_ari_event_lag_seconds_bucket",
                about="By the clocks of both machines.",
            ),
            lines(
                "Events per second by type",
                {"{{type}}": "sum by (type) (rate(thirdring_ari_events_total[$__rate_interval]))"},
            ),
            lines(
                "Incidents",
                {"{{incident}}": "sum by (incident) (thirdring_asterisk_incidents_total)"},
                unit=COUNT,
            ),
            lines(
                "Slowest request in a hundred",
                {"p99": "thirdring:ari_request_seconds:p99_5m"},
                unit=SECONDS,
            ),
        ],
    )
