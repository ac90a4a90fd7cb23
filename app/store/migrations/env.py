"""Alembic runs this file. The connection, with its transaction, comes from `app.store.upgrade`."""

from alembic import context

from app.store import account_tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=account_tables.audit.metadata,
    render_as_batch=True,
)
context.run_migrations()
