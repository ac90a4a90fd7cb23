"""The tables of users, sessions, tokens and the audit log. They are a record of their own: nothing here follows from the journal.

The database itself refuses to change or remove an entry of the audit log: see the migration.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from app.store.tables import Instant, metadata

user_account = Table(
    "user_account",
    metadata,
    Column("name", Text, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("agent_id", Text),
    Column("teams", Text, nullable=False),
    Column("subject", Text),
    Column("is_disabled", Boolean, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("password_changed_at", Instant, nullable=False),
    Index("user_account_by_subject", "subject", unique=True),
)
"""One row per user. `teams` is a JSON list. Users are disabled and never removed: the audit log names them."""

user_session = Table(
    "user_session",
    metadata,
    Column("secret_hash", Text, primary_key=True),
    Column("user_name", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("used_at", Instant, nullable=False),
    Index("user_session_by_opening", "opened_at"),
)
"""One row per session that may still be alive."""

access_token = Table(
    "access_token",
    metadata,
    Column("token_id", Text, primary_key=True),
    Column("label", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("owner", Text),
    Column("permissions", Text, nullable=False),
    Column("topics", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
)
"""One row per token. `permissions` and `topics` are JSON lists."""

login_failure = Table(
    "login_failure",
    metadata,
    Column("user_name", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("browser", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
    Index("login_failure_by_instant", "last_at"),
)
"""One row per what failed log-ins are counted by (see `app/auth/throttle.py`), while they are not forgotten."""

account_revision = Table(
    "account_revision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
)
"""One row, numbered 1: how many changes there were. A service that sees another number reads all anew."""

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("entry_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("audit_by_action", "action", "seq"),
    Index("audit_by_actor", "actor", "seq"),
    Index("audit_by_entry", "entry_id", unique=True),
    Index("audit_by_instant", "at"),
    Index("audit_by_object", "object", "seq"),
)
"""One row per entry, chained by its hash to the one before."""
