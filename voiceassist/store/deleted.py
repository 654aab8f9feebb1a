"""The calls that were deleted: ids and times, by which what still comes of one is known and not kept."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Connection, Table, delete, select

from voiceassist.store.tables import DeletedRow
from voiceassist.store.writes import Into, among, greater

WAITS = timedelta(days=30)
"""How long events of a call wait on its agent's machine at most, while there is no line."""
SLACK = timedelta(days=1)
"""What a call may go on there after its last sign of life here, with room for clocks that differ."""

_DELETED = Into(
    cast("Table", DeletedRow.__table__),
    ("id", "until"),
    lambda new, old: {"until": greater(new["until"], old["until"])},
)


def note(connection: Connection, calls: Iterable[tuple[str, datetime]], now: datetime) -> None:
    """These calls, each with its last sign of life, are deleted; what need not be known any more is forgotten."""
    connection.execute(delete(DeletedRow).where(DeletedRow.until < now))
    _DELETED.put(connection, ({"id": id_, "until": max(seen + WAITS, now) + SLACK} for id_, seen in calls))


def among_deleted(connection: Connection, calls: Collection[str]) -> set[str]:
    """Those of the calls that were deleted."""
    if not calls:
        return set()
    return set(connection.scalars(select(DeletedRow.id).where(among(connection, DeletedRow.id, sorted(calls)))))
