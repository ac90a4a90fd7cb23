"""An index by the number that was called: who called a caller back is found without reading all later calls."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the index."""
    op.create_index("call_by_target", "call", ["to_number", "arrived_at"])
