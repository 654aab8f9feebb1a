"""Lines of the store as files for other programs: CSV, JSON lines and Parquet, a few lines at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from itertools import chain, islice
from pathlib import Path
from typing import Any, cast, get_type_hints

from voiceassist.errors import UsageError
from voiceassist.report.table import safe
from voiceassist.store.lines import Line

_AT_A_TIME = 5000
"""Rows of one group in a Parquet file."""


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def csv_lines(kind: type[Line], rows: Iterable[Line]) -> Iterator[str]:
    """A heading, then a row each, without line ends: what is not known is empty, a list stands between bars."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="")
    for row in chain([kind._fields], rows):
        writer.writerow([safe(_cell(value)) for value in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def json_lines(rows: Iterable[Line]) -> Iterator[str]:
    """An object a row, without line ends: what is not known is null."""
    for row in rows:
        yield json.dumps(row._asdict(), ensure_ascii=False, default=datetime.isoformat)


def write_parquet(file: Path, kind: type[Line], rows: Iterable[Line]) -> None:
    """Write a Parquet file. Raises UsageError where pyarrow is missing, OSError where the file cannot be written."""
    try:
        # The wheel comes without types.
        pa: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
    except ImportError:
        raise UsageError("Parquet needs pyarrow: pip install 'voiceassist[parquet]'") from None
    types: dict[Any, Any] = {
        str: pa.string(),
        float: pa.float64(),
        int: pa.int64(),
        bool: pa.bool_(),
        datetime: pa.timestamp("us", tz="UTC"),
        tuple[str, ...]: pa.list_(pa.string()),
    }
    hints = get_type_hints(kind)
    found = (next(types[known] for known in types if hints[name] in {known, known | None}) for name in kind._fields)
    schema: Any = pa.schema(list(zip(kind._fields, found, strict=True)))
    rows = iter(rows)
    with parquet.ParquetWriter(str(file), schema) as writer:
        while batch := list(islice(rows, _AT_A_TIME)):
            columns = [
                pa.array(values, type_) for values, type_ in zip(zip(*batch, strict=True), schema.types, strict=True)
            ]
            writer.write_batch(pa.record_batch(columns, schema=schema))


def _cell(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case tuple():
            return " | ".join(cast("tuple[str, ...]", value))
        case _:
            return value
