"""Users, sessions, tokens, and the audit log, which the database itself lets nobody change."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_SQLITE_APPEND_ONLY = """
    CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
"""
_POSTGRESQL_REFUSE = """
    CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
"""
_POSTGRESQL_APPEND_ONLY = """
    CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()
"""


def upgrade() -> None:
    """Make the tables."""
    _users()
    _sessions()
    _tokens()
    _revision()
    _audit()
    _make_append_only()


def _users() -> None:
    op.create_table(
        "user_account",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("agent_id", sa.Text()),
        sa.Column("teams", sa.Text(), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("password_changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _sessions() -> None:
    op.create_table(
        "user_session",
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("secret_hash"),
    )
    op.create_index("user_session_by_opening", "user_session", ["opened_at"])


def _tokens() -> None:
    op.create_table(
        "access_token",
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("permissions", sa.Text(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("token_id"),
    )


def _revision() -> None:
    table = op.create_table(
        "account_revision",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(table, [{"id": 1, "revision": 0}])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("audit_by_action", "audit", ["action", "seq"])
    op.create_index("audit_by_actor", "audit", ["actor", "seq"])
    op.create_index("audit_by_entry", "audit", ["entry_id"], unique=True)
    op.create_index("audit_by_instant", "audit", ["at"])
    op.create_index("audit_by_object", "audit", ["object", "seq"])


def _make_append_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_POSTGRESQL_REFUSE)
        op.execute(_POSTGRESQL_APPEND_ONLY)
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(_SQLITE_APPEND_ONLY.format(verb=verb))
