"""Alembic runs this file. The connection, with its transaction, comes from `app.store.upgrade`."""

from alembic import context

from app.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True
)
context.run_migrations()
