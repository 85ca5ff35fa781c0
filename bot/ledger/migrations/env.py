"""Alembic runs this; the connection is handed in by migrate.py."""

from __future__ import annotations

from alembic import context

from bot.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
