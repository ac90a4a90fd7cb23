"""Agents as a group: for the supervisor. Single agents stand in the reports: Prometheus gets no names."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from metrics.dashboards.panels import SHARE, board, lines, number, parts

_CHOSEN = 'queue=~"$queue"'
_LOGGED_IN = 'status!="logged_out"'
_WORK = 'state=~"offered|connected|held|wrap_up|outbound"'


def agents() -> Dashboard:
    """How many are there, what keeps them from calls, what became of offers."""
    return board(
        "agents",
        "Thirdring: agents",
        [
            number("Logged in", _count(_LOGGED_IN)),
            number("Available and idle", _count('status="available",state="idle"')),
            number("Paused", _count('status="paused"')),
            number(
                "Busy",
                f"({_count(_WORK)}) / ({_count(_LOGGED_IN)})",
                unit=SHARE,
                about="Of those logged in: ringing, talking, holding, wrapping up or calling.",
                of_nothing="nobody",
            ),
            parts(
                "By status and state", {"{{status}}, {{state}}": "sum by (status, state) (thirdring_agents)"}
            ),
            parts(
                "What keeps members from calls",
                {"{{reason}}": f"sum by (reason) (thirdring_queue_members{{{_CHOSEN}}})"},
                about="The one reason of each member of the chosen queues; available ones too.",
            ),
            lines(
                "Offers per minute by outcome",
                {
                    "{{outcome}}": f"60 * sum by (outcome) (rate(thirdring_offers_ended_total{{{_CHOSEN}}}[$__rate_interval]))"
                },
            ),
            lines(
                "Ring-no-answer, 15 minutes",
                {"{{queue}}": f"thirdring:queue_rna:ratio15m{{{_CHOSEN}}}"},
                unit=SHARE,
                about="Offers that rang out, of all offers.",
            ),
        ],
        by_queue=True,
    )


def _count(chosen: str) -> str:
    """How many agents: 0 if none of them is so, nothing if nobody tells of agents."""
    return f"sum(thirdring_agents{{{chosen}}}) or 0 * sum(thirdring_agents)"
