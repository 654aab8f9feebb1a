"""Rows into tables, many at once: what is there already takes over what is new, or is left as it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Connection,
    Insert,
    String,
    Table,
    Text,
    any_,
    bindparam,
    case,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import InstrumentedAttribute

Row: TypeAlias = dict[str, Any]
Values: TypeAlias = Any  # a table's columns by name; SQLAlchemy does not know their types

Over: TypeAlias = Callable[[Values, Values], Mapping[str, Any]]
"""Of a row that is there already, the values it gets, out of those of the new row and its own."""
_ROWS = "rows"


@dataclass(frozen=True, slots=True, eq=False)
class Into:
    """How rows with these columns come into a table.

    Where `over` is None, a row that is there already stays as it is.
    """

    table: Table
    columns: tuple[str, ...]
    over: Over | None = None

    def put(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write the rows, in one go; no two of them may have the same key."""
        chosen = [{name: row[name] for name in self.columns} for row in rows]
        if not chosen:
            return
        if connection.dialect.name == "sqlite":
            connection.execute(_on_sqlite(self), chosen)
        else:
            connection.execute(_on_postgresql(self), {_ROWS: json.dumps(chosen, default=str)})


def greater(new: ColumnElement[Any], old: ColumnElement[Any]) -> ColumnElement[Any]:
    """The greater of two values that are not null."""
    return case((new > old, new), else_=old)


def among(connection: Connection, attribute: InstrumentedAttribute[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Tell the rows whose value is one of these; on PostgreSQL the statement is the same for any number of them."""
    if connection.dialect.name == "sqlite":
        return attribute.in_(values)
    return attribute == any_(bindparam(None, list(values), type_=ARRAY(String)))


@cache
def _on_sqlite(into: Into) -> Insert:
    statement = sqlite.insert(into.table)
    if into.over is None:
        return statement.on_conflict_do_nothing()
    over = into.over(statement.excluded, into.table.c)
    return statement.on_conflict_do_update(index_elements=list(into.table.primary_key), set_=dict(over))


@cache
def _on_postgresql(into: Into) -> Insert:
    """All rows as one value: the driver asks the server once for each set of values otherwise."""
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - seldom needed, and slow to load

    columns = [into.table.c[name] for name in into.columns]
    rows = func.json_to_recordset(cast(bindparam(_ROWS, type_=Text), JSON))
    new = rows.table_valued(*(column(c.name, c.type) for c in columns), name="new").render_derived(with_types=True)
    statement = postgresql.insert(into.table)
    chosen = statement.from_select(list(into.columns), select(*(new.c[name] for name in into.columns)))
    if into.over is None:
        return chosen.on_conflict_do_nothing()
    over = into.over(statement.excluded, into.table.c)
    return chosen.on_conflict_do_update(index_elements=list(into.table.primary_key), set_=dict(over))
