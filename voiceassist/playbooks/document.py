"""YAML as a tree that knows where each of its texts stands, read so that no file can hang or crash the program."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from voiceassist.errors import PlaybookError

MOST_BYTES = 4 << 20
_DEEPEST = 12
_MOST_TEXTS = 200_000
_FRAME = frozenset({"StreamStartEvent", "StreamEndEvent", "DocumentStartEvent", "DocumentEndEvent"})
_CONTROL = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_TEXT = re.compile(r"[-+]?[\d.][\d_.,]*|true|false|null|~|", re.IGNORECASE)
"""What YAML reads as a number, a truth value or nothing where it stands without quotes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: line and column count from 1. In a spreadsheet the column is the cell's."""

    file: str
    line: int
    column: int

    def fault(self, key: str, what: str, given: str = "", known: Iterable[str] = ()) -> PlaybookError:
        """The error to raise here; where `given` is near one of the `known`, it asks whether that was meant."""
        names = list(known)
        near = difflib.get_close_matches(given, names, n=1) if given else []
        if near:
            what += f"; did you mean {near[0]!r}?"
        elif names:
            what += f"; known are {', '.join(names[:12])}{' …' if len(names) > 12 else ''}"  # noqa: PLR2004 - a line
        return PlaybookError(f"{self.file}:{self.line}:{self.column}: {f'{key}: ' if key else ''}{what}")


@dataclass(frozen=True, slots=True)
class Text:
    """A text; `plain` where it stands without quotes."""

    place: Place
    value: str
    plain: bool = False

    @property
    def is_text(self) -> bool:
        """Whether it is meant as a text: a number or a yes-or-no needs quotes to be one."""
        return not (self.plain and _NO_TEXT.fullmatch(self.value))


@dataclass(frozen=True, slots=True)
class List:
    place: Place
    items: list[Node]


@dataclass(frozen=True, slots=True)
class Table:
    """Keys with their values, in the file's order."""

    place: Place
    entries: dict[str, tuple[Text, Node]]


Node: TypeAlias = Text | List | Table


def parse(content: bytes, file: str) -> Node | None:
    """The tree of a YAML document in UTF-8, None where it is empty.

    Raises PlaybookError with the place: no YAML, a key that stands twice, an alias that holds itself, too much.
    """
    if len(content) > MOST_BYTES:
        raise Place(file, 1, 1).fault("", f"the file is larger than {MOST_BYTES >> 20} MB")
    text = _decode(content, file)
    yaml: Any = YAML(typ="safe")
    try:
        return _Composer(file, yaml.parse(text)).document()
    except YAMLError as error:
        fault: Any = error  # the library comes without types
        mark = getattr(fault, "problem_mark", None) or getattr(fault, "context_mark", None)
        what = getattr(fault, "problem", None) or getattr(fault, "context", None) or fault
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
        raise place.fault("", f"this is no YAML: {what}") from None


def _decode(content: bytes, file: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _place_of(content[: error.start].decode("utf-8", "replace"), file).fault(
            "", "this is no text in UTF-8"
        ) from None
    if (found := _CONTROL.search(text)) is not None:
        code = f"U+{ord(found.group()):04X}"
        raise _place_of(text[: found.start()], file).fault("", f"the control character {code} has no place here")
    return text


def _place_of(before: str, file: str) -> Place:
    return Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))


class _Composer:
    """Builds the tree from the parser's events, one by one: a composer of the library's would recurse without bound."""

    def __init__(self, file: str, events: Iterator[Any]) -> None:
        self._file = file
        self._events = events
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._open: dict[str, Place] = {}
        self._texts = 0

    def document(self) -> Node | None:
        """The only document's tree."""
        root: Node | None = None
        for event in self._events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent" and root is not None:
                raise self._place(event).fault("", "a playbook is one YAML document, and here a second begins")
            if kind not in _FRAME:
                root = self._node(event, 0)
        return root

    def _node(self, event: Any, depth: int) -> Node:
        place, kind = self._place(event), type(event).__name__
        if depth > _DEEPEST:
            raise place.fault("", "nested too deeply")
        if kind == "AliasEvent":
            return self._alias(event, place)
        if event.tag is not None and kind != "ScalarEvent":
            raise place.fault("", f"the tag {event.tag} has no place here")
        before = self._texts
        if event.anchor is not None:
            self._open[event.anchor] = place
        match kind:
            case "ScalarEvent":
                node = self._text(event, place)
            case "SequenceStartEvent":
                node = List(place, [self._node(item, depth + 1) for item in self._until("SequenceEndEvent")])
            case _:
                node = self._table(place, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node, self._texts - before
            del self._open[event.anchor]
        return node

    def _alias(self, event: Any, place: Place) -> Node:
        if event.anchor in self._open:
            raise place.fault("", f"the alias *{event.anchor} stands inside of what it stands for")
        if event.anchor not in self._anchors:
            raise place.fault("", f"the alias *{event.anchor} stands for nothing", event.anchor, self._anchors)
        node, texts = self._anchors[event.anchor]
        self._count(texts, place)
        return node

    def _text(self, event: Any, place: Place) -> Text:
        if event.tag not in {None, "!"}:
            raise place.fault("", f"the tag {event.tag} has no place here")
        self._count(1, place)
        return Text(place, event.value, plain=bool(event.implicit[0]))

    def _table(self, place: Place, depth: int) -> Table:
        entries: dict[str, tuple[Text, Node]] = {}
        for event in self._until("MappingEndEvent"):
            key = self._node(event, depth + 1)
            if not isinstance(key, Text):
                raise key.place.fault("", "a key is a text")
            if key.value in entries:
                first = entries[key.value][0].place
                raise key.place.fault(key.value, f"the key stands twice, first in line {first.line}")
            entries[key.value] = key, self._node(next(self._events), depth + 1)
        return Table(place, entries)

    def _until(self, end: str) -> Iterator[Any]:
        for event in self._events:
            if type(event).__name__ == end:
                return
            yield event

    def _count(self, texts: int, place: Place) -> None:
        self._texts += texts
        if self._texts > _MOST_TEXTS:
            raise place.fault("", f"more than {_MOST_TEXTS} texts, aliases included")

    def _place(self, event: Any) -> Place:
        mark: Any = event.start_mark
        return Place(self._file, mark.line + 1, mark.column + 1)
