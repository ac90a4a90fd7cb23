"""The journal, the snapshots and the history of calls, offers, legs and agents. Instants are microseconds since 1970."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the first tables."""
    _journal()
    _snapshot()
    _call()
    _offer()
    _leg()
    _agent_activity()


def _journal() -> None:
    op.create_table(
        "journal",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "seq"),
    )


def _snapshot() -> None:
    op.create_table(
        "snapshot",
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("domain", "seq"),
    )


def _call() -> None:
    op.create_table(
        "call",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text()),
        sa.Column("from_number", sa.Text()),
        sa.Column("from_name", sa.Text()),
        sa.Column("to_number", sa.Text()),
        sa.Column("queue_id", sa.Text()),
        sa.Column("agent_id", sa.Text()),
        sa.Column("priority", sa.Integer()),
        sa.Column("arrived_at", sa.BigInteger()),
        sa.Column("enqueued_at", sa.BigInteger()),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("bridged_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("held_ms", sa.BigInteger()),
        sa.Column("outcome", sa.Text()),
        sa.Column("ended_by", sa.Text()),
        sa.Column("cause", sa.Integer()),
        sa.PrimaryKeyConstraint("call_id"),
    )
    op.create_index("call_by_agent", "call", ["agent_id", "arrived_at"])
    op.create_index("call_by_arrival", "call", ["arrived_at"])
    op.create_index("call_by_queue", "call", ["queue_id", "enqueued_at"])


def _offer() -> None:
    op.create_table(
        "offer",
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text()),
        sa.Column("queue_id", sa.Text()),
        sa.Column("agent_id", sa.Text()),
        sa.Column("device_id", sa.Text()),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("ringing_at", sa.BigInteger()),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("outcome", sa.Text()),
        sa.Column("why", sa.Text()),
        sa.PrimaryKeyConstraint("offer_id"),
    )
    op.create_index("offer_by_agent", "offer", ["agent_id", "started_at"])
    op.create_index("offer_by_call", "offer", ["call_id"])
    op.create_index("offer_by_start", "offer", ["started_at"])


def _leg() -> None:
    op.create_table(
        "leg",
        sa.Column("leg_id", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text()),
        sa.Column("role", sa.Text()),
        sa.Column("device_id", sa.Text()),
        sa.Column("agent_id", sa.Text()),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("ringing_at", sa.BigInteger()),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("joined_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ended_by", sa.Text()),
        sa.Column("cause", sa.Integer()),
        sa.Column("sip_code", sa.Integer()),
        sa.PrimaryKeyConstraint("leg_id"),
    )
    op.create_index("leg_by_call", "leg", ["call_id"])


def _agent_activity() -> None:
    op.create_table(
        "agent_activity",
        sa.Column("agent_id", sa.Text(), nullable=False),
        sa.Column("aspect", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("value", sa.Text()),
        sa.Column("pause_code", sa.Text()),
        sa.Column("device_id", sa.Text()),
        sa.Column("call_id", sa.Text()),
        sa.Column("by_system", sa.Boolean()),
        sa.PrimaryKeyConstraint("agent_id", "aspect", "started_at"),
    )
    op.create_index("agent_activity_by_start", "agent_activity", ["started_at"])
    op.create_index(
        "agent_activity_open",
        "agent_activity",
        ["agent_id", "aspect"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
