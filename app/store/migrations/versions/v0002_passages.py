"""Passages of calls through queues, and their conversations. The tables fill from now on; `thirdring rebuild` adds what was before."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables, and the indexes that figures need."""
    _passage()
    _conversation()
    op.create_index("call_by_number", "call", ["from_number", "arrived_at"])
    op.create_index("agent_activity_by_call", "agent_activity", ["call_id"])


def _passage() -> None:
    op.create_table(
        "passage",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("queue_id", sa.Text(), nullable=False),
        sa.Column("enqueued_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entered_at", sa.BigInteger()),
        sa.Column("overflowed_from", sa.Text()),
        sa.Column("priority", sa.Integer()),
        sa.Column("position", sa.Integer()),
        sa.Column("connected_at", sa.BigInteger()),
        sa.Column("agent_id", sa.Text()),
        sa.Column("offer_id", sa.Text()),
        sa.Column("left_at", sa.BigInteger()),
        sa.Column("reason", sa.Text()),
        sa.Column("left_position", sa.Integer()),
        sa.Column("target_kind", sa.Text()),
        sa.Column("target", sa.Text()),
        sa.PrimaryKeyConstraint("call_id", "queue_id", "enqueued_at"),
    )
    op.create_index("passage_by_enqueueing", "passage", ["enqueued_at"])
    op.create_index("passage_by_queue", "passage", ["queue_id", "enqueued_at"])


def _conversation() -> None:
    op.create_table(
        "conversation",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("connected_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("queue_id", sa.Text()),
        sa.Column("agent_id", sa.Text()),
        sa.Column("completed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("call_id", "connected_at"),
    )
