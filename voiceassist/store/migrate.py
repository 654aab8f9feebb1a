"""Brings the tables of a store to this version, step by step; Alembic is loaded only where there is a step to take."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, func, inspect, select, text

from voiceassist.errors import StoreError

HEAD = "0004"
"""The step that this version knows last."""
STEPS = Path(__file__).with_name("migrations")
_NOTE = "alembic_version"
_LOCK = 0x766F696365  # any number that nobody else takes: "voice"


def migrate(connection: Connection, *, steps: Path = STEPS, head: str = HEAD) -> None:
    """Take the steps that are missing, in the transaction that is open on `connection`.

    Raises StoreError (`store-newer`) where the tables are of a step that is not known here.
    """
    if connection.dialect.name == "postgresql":
        # Hub processes that start at once: the first takes the steps. On SQLite, BEGIN IMMEDIATE lets only one in.
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    taken = _step(connection)
    if taken == head:
        return
    from alembic import command  # noqa: PLC0415 - half a second that an up-to-date store need not wait
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(steps).replace("%", "%%"))
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if taken is not None and taken not in known:
        raise StoreError(
            f"the store was written by a newer voiceassist (step {taken}, this one knows {head}): update this one, or "
            "name another file as store.path",
            code="store-newer",
        )
    command.upgrade(config, head)


def _step(connection: Connection) -> str | None:
    """The step that the tables are of; None where there are none yet."""
    if not inspect(connection).has_table(_NOTE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {_NOTE}")).scalar()  # noqa: S608 - a constant
