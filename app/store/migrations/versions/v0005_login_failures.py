"""Failed log-ins, so that a lock-out outlives a restart; and the audit log refuses to have an entry replaced, too."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_SQLITE_NOTHING_REPLACED = """
    CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
    WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq OR entry_id = NEW.entry_id)
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
"""
"""SQLite's INSERT OR REPLACE removes the old row without asking the trigger for DELETE."""


def upgrade() -> None:
    """Make the table and the trigger."""
    op.create_table(
        "login_failure",
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("user_name", "address", "browser"),
    )
    op.create_index("login_failure_by_instant", "login_failure", ["last_at"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_SQLITE_NOTHING_REPLACED)
