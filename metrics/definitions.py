"""Every figure: one name, one formula, which stands in the docstring of the function of that name.

A figure is calculated from a tally. It is None where it means nothing: no average without calls, no rate of nothing. Times are in
seconds, rates between 0 and 1. `behind` tells which records a figure speaks of: for a count those that are counted, for a rate those
above the line, for an average or a sum those that went into it. So each figure can list its calls.
"""

from collections.abc import Mapping
from types import MappingProxyType

from metrics.agent_figures import AGENT_TIME, OUTBOUND_CALLS
from metrics.call_figures import CALLS
from metrics.figure import Figure, Figures, Subject, Unit
from metrics.offer_figures import OFFERS
from metrics.ring_figures import AGENT_RINGS, CALLER_RINGS

_EXPECTED_OF_CALLS, _EXPECTED_OF_AGENTS = Figures(Subject.CALLS), Figures(Subject.AGENT_TIME)
_EXPECTED_OF_AGENTS.expect(
    "adherence", Unit.RATE, "Time in the seat as planned ÷ planned time.", needs="the roster"
)
_EXPECTED_OF_CALLS.expect(
    "transfers", Unit.COUNT, "Calls that their agent gave to another.", needs="transfers"
)
_EXPECTED_OF_CALLS.expect("transfer_rate", Unit.RATE, "Transfers ÷ handled.", needs="transfers")
_EXPECTED_OF_CALLS.expect(
    "first_contact_resolution",
    Unit.RATE,
    "Matters settled by the first call ÷ matters.",
    needs="dispositions",
)

FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        **CALLS.by_name,
        **OFFERS.by_name,
        **CALLER_RINGS.by_name,
        **AGENT_RINGS.by_name,
        **OUTBOUND_CALLS.by_name,
        **AGENT_TIME.by_name,
        **_EXPECTED_OF_AGENTS.by_name,
        **_EXPECTED_OF_CALLS.by_name,
    }
)
"""All figures by name, in the order in which reports show them."""

RING_FIGURES = (
    *("offered", "answered", "abandoned", "asa", "avg_queue_wait", "avg_rung_wait", "max_queue_wait"),
    *("offers", "offers_answered", "rna", "avg_ring", "max_ring"),
    *CALLER_RINGS.by_name,
    *AGENT_RINGS.by_name,
)
"""The names of the figures in a report of the three rings, which shows waits in queues apart from rings."""
