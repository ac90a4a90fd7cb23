"""Disputes of missed calls, and notes of who was reached later."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("missed_call", sa.Column("disputed_at", sa.BigInteger()))
    op.add_column("missed_call", sa.Column("disputed_by", sa.Text()))
    op.add_column("missed_call", sa.Column("dispute_reason", sa.Text()))
    op.add_column("missed_call", sa.Column("reached_at", sa.BigInteger()))
    op.add_column("missed_call", sa.Column("reached_by", sa.Text()))
    op.add_column("missed_call", sa.Column("recovery_noted_by", sa.Text()))
