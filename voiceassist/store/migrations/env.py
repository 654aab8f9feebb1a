"""How Alembic runs the steps: on the connection that is handed to it, in the transaction that is open there."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from voiceassist.store.people import UserRow


def run() -> None:
    """Run what Alembic was asked for."""
    connection: Connection = context.config.attributes["connection"]
    # SQLite changes a table by making it anew, which `batch` does; elsewhere it is a plain change.
    context.configure(connection=connection, target_metadata=UserRow.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # the name by which Alembic loads this file; anybody else only imports it
    run()
