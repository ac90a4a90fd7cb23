"""The tables. `journal` and `snapshot` are the record; the others are derived from it and can be made anew at any time.

Instants are whole microseconds since 1970 in both databases: exact, and the difference of two columns is a duration everywhere.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)

from app.store.entry import instant, microseconds


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """From Python to the database."""
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """From the database to Python."""
        return None if value is None else instant(value)


metadata = MetaData()

journal = Table(
    "journal",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("outcome", LargeBinary, nullable=False),
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", LargeBinary, nullable=False),
)

call = Table(
    "call",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("kind", Text),
    Column("from_number", Text),
    Column("from_name", Text),
    Column("to_number", Text),
    Column("queue_id", Text),
    Column("agent_id", Text),
    Column("priority", Integer),
    Column("arrived_at", Instant),
    Column("enqueued_at", Instant),
    Column("answered_at", Instant),
    Column("bridged_at", Instant),
    Column("ended_at", Instant),
    Column("held_ms", BigInteger),
    Column("outcome", Text),
    Column("ended_by", Text),
    Column("cause", Integer),
    Index("call_by_arrival", "arrived_at"),
    Index("call_by_queue", "queue_id", "enqueued_at"),
    Index("call_by_agent", "agent_id", "arrived_at"),
    Index("call_by_number", "from_number", "arrived_at"),
    Index("call_by_target", "to_number", "arrived_at"),
)
"""One row per call. `outcome` is `connected`, or the reason why it last left a queue."""

offer = Table(
    "offer",
    metadata,
    Column("offer_id", Text, primary_key=True),
    Column("call_id", Text),
    Column("queue_id", Text),
    Column("agent_id", Text),
    Column("device_id", Text),
    Column("started_at", Instant),
    Column("ringing_at", Instant),
    Column("answered_at", Instant),
    Column("ended_at", Instant),
    Column("outcome", Text),
    Column("why", Text),
    Column("ring", Integer),
    Column("is_within_rings", Boolean),
    Index("offer_by_call", "call_id"),
    Index("offer_by_agent", "agent_id", "started_at"),
    Index("offer_by_start", "started_at"),
)
"""One row per offer. `why` is the explanation, as JSON. `ring` is the agent's ring in which it was answered or ended."""

leg = Table(
    "leg",
    metadata,
    Column("leg_id", Text, primary_key=True),
    Column("call_id", Text),
    Column("role", Text),
    Column("device_id", Text),
    Column("agent_id", Text),
    Column("started_at", Instant),
    Column("ringing_at", Instant),
    Column("answered_at", Instant),
    Column("joined_at", Instant),
    Column("ended_at", Instant),
    Column("ended_by", Text),
    Column("cause", Integer),
    Column("sip_code", Integer),
    Index("leg_by_call", "call_id"),
)

agent_activity = Table(
    "agent_activity",
    metadata,
    Column("agent_id", Text, primary_key=True),
    Column("aspect", Text, primary_key=True),
    Column("started_at", Instant, primary_key=True, autoincrement=False),
    Column("ended_at", Instant),
    Column("value", Text),
    Column("pause_code", Text),
    Column("device_id", Text),
    Column("call_id", Text),
    Column("by_system", Boolean),
    Index(
        "agent_activity_open",
        "agent_id",
        "aspect",
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("agent_activity_by_start", "started_at"),
    Index("agent_activity_by_call", "call_id"),
    Index("agent_activity_by_end", "aspect", "ended_at"),
)
"""Intervals. The open one has no `ended_at`.

`aspect` is `status` (the human's choice), `state` (the system's) or `device` (the phone's, since the log-in).
"""

passage = Table(
    "passage",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("queue_id", Text, primary_key=True),
    Column("enqueued_at", Instant, primary_key=True, autoincrement=False),
    Column("entered_at", Instant),
    Column("overflowed_from", Text),
    Column("priority", Integer),
    Column("position", Integer),
    Column("connected_at", Instant),
    Column("agent_id", Text),
    Column("offer_id", Text),
    Column("left_at", Instant),
    Column("reason", Text),
    Column("left_position", Integer),
    Column("target_kind", Text),
    Column("target", Text),
    Column("rings_from", Instant),
    Column("ring", Integer),
    Column("is_within_rings", Boolean),
    Index("passage_by_enqueueing", "enqueued_at"),
    Index("passage_by_queue", "queue_id", "enqueued_at"),
)
"""One row per passage of a call through a queue. `entered_at` is empty when the queue refused the call at its door.

`ring` is the caller's ring, counted from `rings_from`, in which an agent picked up or the call left.
"""

conversation = Table(
    "conversation",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("connected_at", Instant, primary_key=True, autoincrement=False),
    Column("queue_id", Text),
    Column("agent_id", Text),
    Column("completed_at", Instant),
)
"""One row per time that a caller and an agent were joined, once it is over."""

missed_call = Table(
    "missed_call",
    metadata,
    Column("missed_id", Text, primary_key=True),
    Column("kind", Text),
    Column("at", Instant),
    Column("call_id", Text),
    Column("queue_id", Text),
    Column("agent_id", Text),
    Column("cause", Text),
    Column("ring", Integer),
    Column("enqueued_at", Instant),
    Column("agent_charge", Integer),
    Column("supervisor_charge", Integer),
    Column("supervisor", Text),
    Column("waived_at", Instant),
    Column("waived_by", Text),
    Column("waive_reason", Text),
    Column("disputed_at", Instant),
    Column("disputed_by", Text),
    Column("dispute_reason", Text),
    Column("reached_at", Instant),
    Column("reached_by", Text),
    Column("recovery_noted_by", Text),
    Index("missed_call_by_instant", "at"),
)
"""The missed-call ledger. `kind` is `call` (the id is the call's) or `offer` (the id is the offer's, and it costs nothing).

Who was on duty stands in `agent_activity`, at the instant `at`. `reached_by` is the call in which the caller was talked to later, where
somebody noted it; without a note it is found by the caller's number.
"""
