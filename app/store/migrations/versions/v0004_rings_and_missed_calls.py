"""Rings of offers and passages, and the missed-call ledger. They fill from now on; `thirdring rebuild` adds what was before."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns, and make the table."""
    _rings()
    _missed_calls()
    op.create_index("agent_activity_by_end", "agent_activity", ["aspect", "ended_at"])


def _rings() -> None:
    op.add_column("offer", sa.Column("ring", sa.Integer()))
    op.add_column("offer", sa.Column("is_within_rings", sa.Boolean()))
    op.add_column("passage", sa.Column("rings_from", sa.BigInteger()))
    op.add_column("passage", sa.Column("ring", sa.Integer()))
    op.add_column("passage", sa.Column("is_within_rings", sa.Boolean()))


def _missed_calls() -> None:
    op.create_table(
        "missed_call",
        sa.Column("missed_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("at", sa.BigInteger()),
        sa.Column("call_id", sa.Text()),
        sa.Column("queue_id", sa.Text()),
        sa.Column("agent_id", sa.Text()),
        sa.Column("cause", sa.Text()),
        sa.Column("ring", sa.Integer()),
        sa.Column("enqueued_at", sa.BigInteger()),
        sa.Column("agent_charge", sa.Integer()),
        sa.Column("supervisor_charge", sa.Integer()),
        sa.Column("supervisor", sa.Text()),
        sa.Column("waived_at", sa.BigInteger()),
        sa.Column("waived_by", sa.Text()),
        sa.Column("waive_reason", sa.Text()),
        sa.PrimaryKeyConstraint("missed_id"),
    )
    op.create_index("missed_call_by_instant", "missed_call", ["at"])
