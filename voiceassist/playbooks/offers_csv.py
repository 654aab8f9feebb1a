"""Offers from a spreadsheet, put into a playbook whose comments and order stay as they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from voiceassist.errors import PlaybookError
from voiceassist.playbooks.book import SUFFIXES
from voiceassist.playbooks.document import MOST_BYTES, List, Node, Place, Table, Text
from voiceassist.playbooks.draft import LEAST_EXAMPLES, OFFER_KEYS, Draft, check_name, draft, offer
from voiceassist.playbooks.editing import content_of, flow, round_trip, write_whole

COLUMNS = ("id", *OFFER_KEYS, "situations", "title", "asked")
SEPARATOR = "|"
"""Between the entries of a cell that holds a list."""
_LISTS = frozenset({"if_said", "unless_said", "days", "situations", "asked"})


@dataclass(frozen=True, slots=True)
class Imported:
    """How many offers were new, how many were there and were replaced, and the situations that were begun."""

    added: int
    replaced: int
    situations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """One offer of a spreadsheet, each filled cell by its column."""

    place: Place
    cells: dict[str, Text]

    def node(self, column: str) -> Node:
        """The cell as the playbook would hold it."""
        text = self.cells[column]
        return List(text.place, [Text(text.place, entry) for entry in _split(text)]) if column in _LISTS else text

    def entries(self, column: str) -> list[str]:
        return _split(self.cells[column]) if column in self.cells else []


def import_offers(table: Path, into: Path) -> Imported:
    """Put every offer of a CSV file into a playbook, which is begun where there is none.

    An offer that is there is replaced. A situation that is not there is begun with the row's `title` and `asked`.
    Raises PlaybookError with file:line:column (of a CSV file: the cell's), and leaves the playbook as it was.
    """
    if into.suffix.lower() not in SUFFIXES:
        raise PlaybookError(f"{into}: a playbook's file ends in {SUFFIXES[0]}")
    rows = list(_rows(table))
    content = content_of(into)
    before = draft(content, str(into), into.stem) if content.strip() else Draft(into.stem, None, (), {}, (), ())
    yaml = round_trip()
    root: Any = yaml.load(content.decode("utf-8-sig")) or CommentedMap({"playbook": _title(into)})
    begun: list[str] = []
    for row in rows:
        _put_offer(root, row)
        begun += _put_situations(root, row)
    text = io.StringIO()
    yaml.dump(root, text)
    after = text.getvalue().encode()
    draft(after, str(into), into.stem)
    write_whole(into, after)
    replaced = sum(row.cells["id"].value in before.offers for row in rows)
    return Imported(len(rows) - replaced, replaced, tuple(begun))


def _rows(table: Path) -> Iterator[_Row]:
    """Every row of the spreadsheet, checked as an offer."""
    try:
        with table.open("rb") as file:
            text = file.read(MOST_BYTES + 1).decode("utf-8-sig")
    except OSError as error:
        raise PlaybookError(f"{table}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise PlaybookError(f"{table}:1:1: this is no text in UTF-8: save the sheet as CSV UTF-8") from None
    if len(text) > MOST_BYTES:
        raise PlaybookError(f"{table}:1:1: the file is larger than {MOST_BYTES >> 20} MB")
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if ";" in head and "," not in head else ",", strict=True)
    file, first = str(table), Place(str(table), 1, 1)
    try:
        columns = [name.strip().lower() for name in next(reader, list[str]())]
        _check_columns(columns, file)
        seen: dict[str, int] = {}
        for cells in reader:
            if any(cell.strip() for cell in cells):
                row = _row(columns, cells, Place(file, reader.line_num, 1))
                name = row.cells["id"]
                if name.value in seen:
                    raise name.place.fault("id", f"{name.value!r} stands in line {seen[name.value]}, too")
                seen[name.value] = name.place.line
                yield row
    except csv.Error as error:
        raise PlaybookError(f"{file}:{reader.line_num or 1}:1: this is no CSV: {error}") from None
    if not seen:
        raise first.fault("", "there is no offer in the sheet")


def _check_columns(columns: list[str], file: str) -> None:
    for count, name in enumerate(columns, 1):
        if name not in COLUMNS:
            raise Place(file, 1, count).fault(name, "there is no such column", name, COLUMNS)
        if columns.index(name) != count - 1:
            raise Place(file, 1, count).fault(name, "the column stands twice")
    for name in ("id", "can"):
        if name not in columns:
            raise Place(file, 1, 1).fault("", f"the column {name!r} is missing; columns are {', '.join(COLUMNS)}")


def _row(columns: list[str], cells: list[str], place: Place) -> _Row:
    if len(cells) > len(columns):
        raise Place(place.file, place.line, len(columns) + 1).fault("", "more cells than the first line names columns")
    row = _Row(
        place,
        {
            column: Text(Place(place.file, place.line, count), cell.strip())
            for count, (column, cell) in enumerate(zip(columns, cells, strict=False), 1)
            if cell.strip()
        },
    )
    if "id" not in row.cells:
        raise place.fault("id", "the offer has no id")
    check_name(row.cells["id"], "offers")
    keys = {column: (Text(place, column), row.node(column)) for column in OFFER_KEYS if column in row.cells}
    offer(row.cells["id"], Table(place, keys))
    return row


def _put_offer(root: Any, row: _Row) -> None:
    fresh = CommentedMap()
    for column in OFFER_KEYS:
        if column in row.cells:
            fresh[column] = flow(row.entries(column)) if column in _LISTS else row.cells[column].value
    root.setdefault("offers", CommentedMap())[row.cells["id"].value] = fresh


def _put_situations(root: Any, row: _Row) -> Iterator[str]:
    """Name the offer in its situations; yields the ids of those that had to be begun."""
    name = row.cells["id"].value
    for situation in row.entries("situations"):
        known = root.setdefault("situations", CommentedMap()) if "asked" in row.cells else root.get("situations", {})
        if situation not in known:
            place = row.cells["situations"].place
            if len(row.entries("asked")) < LEAST_EXAMPLES:
                what = f"there is no situation {situation!r}, and the row has no {LEAST_EXAMPLES} examples to begin it"
                raise place.fault("situations", what, situation, known)
            check_name(Text(place, situation), "situations")
            title = row.cells["title"].value if "title" in row.cells else situation.replace("-", " ").capitalize()
            known[situation] = CommentedMap(title=title, asked=CommentedSeq(row.entries("asked")), offers=flow([]))
            yield situation
        if name not in known[situation]["offers"]:
            known[situation]["offers"].append(name)


def _split(text: Text) -> list[str]:
    return [entry.strip() for entry in text.value.split(SEPARATOR) if entry.strip()]


def _title(path: Path) -> str:
    return path.stem.replace("-", " ").replace("_", " ").capitalize() or "Playbook"
