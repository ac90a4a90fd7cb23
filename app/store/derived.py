"""Everything that is derived from the journal: one list, for the service, for `rebuild` and for tests."""

from app.store.history import History
from app.store.ledger import Ledger
from app.store.passages import Passages
from app.store.projection import Projection


def projections() -> list[Projection]:
    """All projections, each with tables of its own."""
    return [History(), Passages(), Ledger()]
