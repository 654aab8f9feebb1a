"""What a playbook file says, checked: situations, offers, feelings and forbidden promises, not yet embedded."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from voiceassist.core.customer import spoken
from voiceassist.core.playbook import Feeling, Forbidden, Offer, Situation, Window
from voiceassist.playbooks.document import List, Node, Place, Table, Text, parse

MOST_OFFERS = 10_000
MOST_EXAMPLES = 5_000
MOST_WORDS = 8
"""Words that an agent takes in while talking."""
LEAST_EXAMPLES = 3
SECTIONS = ("playbook", "extends", "situations", "offers", "feelings", "not_promised")
OFFER_KEYS = ("can", "if_said", "unless_said", "from", "until", "days", "hours", "elsewhere")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ID = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
LONGEST_ID = 80
_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d) ?- ?(?:([01]?\d|2[0-3]):([0-5]\d)|24:00)")
_LONGEST, _LONGEST_PHRASE = 300, 90
"""Characters."""

_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Draft:
    """One file's content. `extends` is the name of the playbook whose feelings and promises it takes over."""

    title: str
    extends: Text | None
    situations: tuple[Situation, ...]
    offers: dict[str, Offer]
    feelings: tuple[Feeling, ...]
    forbidden: tuple[Forbidden, ...]


def draft(content: bytes, file: str, title: str) -> Draft:
    """Read a playbook; one without a title gets this one. Raises PlaybookError with the place of the first fault."""
    root = parse(content, file)
    if root is None:
        raise Place(file, 1, 1).fault("", f"the playbook is empty; it has {', '.join(SECTIONS)}")
    entries = _keys(root, "", SECTIONS)
    reader = _Examples()
    name, extends = entries.get("playbook"), entries.get("extends")
    offers = _section(entries, "offers", offer)
    if len(offers) > MOST_OFFERS:
        place = list(_table(entries["offers"], "offers").entries.values())[MOST_OFFERS][0].place
        raise place.fault("offers", f"more than {MOST_OFFERS} offers")
    return Draft(
        title if name is None else _text(name, "playbook"),
        None if extends is None else Text(extends.place, _text(extends, "extends")),
        tuple(_section(entries, "situations", lambda key, node: _situation(key, node, offers, reader)).values()),
        offers,
        tuple(_section(entries, "feelings", lambda key, node: _feeling(key, node, reader)).values()),
        tuple(_section(entries, "not_promised", _forbidden).values()),
    )


def offer(key: Text, node: Node) -> Offer:
    """One offer of the section, checked."""
    where = f"offers.{key.value}"
    entries = _keys(node, where, OFFER_KEYS)
    can = _phrase(_needed(entries, node, where, "can"), f"{where}.can")
    elsewhere = entries.get("elsewhere")
    return Offer(
        key.value,
        can,
        tuple(_said(entries, where, "if_said")),
        tuple(_said(entries, where, "unless_said")),
        _window(entries, where),
        "" if elsewhere is None else _text(elsewhere, f"{where}.elsewhere"),
    )


def check_name(name: Text, section: str) -> None:
    """Raise PlaybookError where the name is none that an entry of a section may have."""
    if not _ID.fullmatch(name.value) or len(name.value) > LONGEST_ID:
        what = "a name is small letters, digits and hyphens, such as late-fee"
        raise name.place.fault(f"{section}.{name.value}", what)


class _Examples:
    """Reads examples of what customers say, and counts them over all sections."""

    def __init__(self) -> None:
        self._count = 0

    def read(self, node: Node, where: str) -> tuple[str, ...]:
        texts = _texts(node, where)
        if len(texts) < LEAST_EXAMPLES:
            raise node.place.fault(where, f"{len(texts)} of at least {LEAST_EXAMPLES} examples of how customers say it")
        for text in texts:
            self._count += 1
            if self._count > MOST_EXAMPLES:
                raise text.place.fault(where, f"more than {MOST_EXAMPLES} examples")
            if not spoken(text.value):
                raise text.place.fault(where, f"{text.value!r} has no words")
        return tuple(text.value for text in texts)


def _situation(key: Text, node: Node, offers: dict[str, Offer], examples: _Examples) -> Situation:
    where = f"situations.{key.value}"
    entries = _keys(node, where, ("title", "asked", "offers"))
    title = _text(_needed(entries, node, where, "title"), f"{where}.title")
    asked = examples.read(_needed(entries, node, where, "asked"), f"{where}.asked")
    named = _texts(_needed(entries, node, where, "offers"), f"{where}.offers")
    for name in named:
        if name.value not in offers:
            raise name.place.fault(f"{where}.offers", f"there is no offer {name.value!r}", name.value, offers)
    return Situation(key.value, title, asked, tuple(offers[name.value] for name in named))


def _feeling(key: Text, node: Node, examples: _Examples) -> Feeling:
    where = f"feelings.{key.value}"
    entries = _keys(node, where, ("heard", "say"))
    heard = examples.read(_needed(entries, node, where, "heard"), f"{where}.heard")
    say = _texts(_needed(entries, node, where, "say"), f"{where}.say")
    return Feeling(key.value, heard, tuple(_phrase(text, f"{where}.say") for text in say))


def _forbidden(key: Text, node: Node) -> Forbidden:
    where = f"not_promised.{key.value}"
    entries = _keys(node, where, ("words", "because"))
    _needed(entries, node, where, "words")
    because = _text(_needed(entries, node, where, "because"), f"{where}.because")
    return Forbidden(key.value, tuple(_said(entries, where, "words")), because)


def _window(entries: dict[str, Node], where: str) -> Window | None:
    if not {"from", "until", "days", "hours"} & set(entries):
        return None
    first, last = (_date(entries, where, name) for name in ("from", "until"))
    if first is not None and last is not None and last < first:
        raise entries["until"].place.fault(f"{where}.until", "it ends before it begins")
    weekdays = set(range(7))
    if (days := entries.get("days")) is not None:
        weekdays.clear()
        for day in _texts(days, f"{where}.days"):
            if day.value not in _DAYS:
                raise day.place.fault(f"{where}.days", f"{day.value!r} is no day; days are {', '.join(_DAYS)}")
            weekdays.add(_DAYS.index(day.value))
    opens, closes = _hours(entries, where)
    return Window(first, last, frozenset(weekdays), opens, closes)


def _date(entries: dict[str, Node], where: str, name: str) -> int | None:
    node = entries.get(name)
    if node is None:
        return None
    value = _text(node, f"{where}.{name}")
    try:
        return date.fromisoformat(value).toordinal()
    except ValueError:
        raise node.place.fault(f"{where}.{name}", f"{value!r} is no date such as 2026-11-01") from None


def _hours(entries: dict[str, Node], where: str) -> tuple[int, int]:
    node = entries.get("hours")
    if node is None:
        return 0, 24 * 60
    value = _text(node, f"{where}.hours")
    found = _HOURS.fullmatch(value)
    if found is None:
        raise node.place.fault(f"{where}.hours", f'{value!r} is no time of day such as "08:00-20:00"')
    opens, closes = (int(hour or 24) * 60 + int(minute or 0) for hour, minute in (found.group(1, 2), found.group(3, 4)))
    if closes <= opens:
        raise node.place.fault(f"{where}.hours", "it ends before it begins")
    return opens, closes


def _said(entries: dict[str, Node], where: str, name: str) -> Iterator[str]:
    """Words or phrases to look for in what was said, as a recogniser writes them."""
    if (node := entries.get(name)) is not None:
        for text in _texts(node, f"{where}.{name}"):
            words = spoken(text.value)
            if not words:
                raise text.place.fault(f"{where}.{name}", f"{text.value!r} has no words")
            yield words


def _section(entries: dict[str, Node], name: str, read: Callable[[Text, Node], _Part]) -> dict[str, _Part]:
    """Every entry of a section by its id."""
    node = entries.get(name)
    if node is None:
        return {}
    found: dict[str, _Part] = {}
    for key, value in _table(node, name).entries.values():
        check_name(key, name)
        found[key.value] = read(key, value)
    if not found:
        raise node.place.fault(name, "the section is empty: fill it or leave it out")
    return found


def _table(node: Node, where: str) -> Table:
    if not isinstance(node, Table):
        raise node.place.fault(where, f"keys with values are wanted here, not {_kind(node)}")
    return node


def _keys(node: Node, where: str, known: tuple[str, ...]) -> dict[str, Node]:
    """A table's values, where all of its keys are known."""
    for key, _ in _table(node, where).entries.values():
        if key.value not in known:
            named = f"{where}.{key.value}" if where else key.value
            raise key.place.fault(named, "there is no such key", key.value, known)
    return {name: value for name, (_, value) in _table(node, where).entries.items()}


def _needed(entries: dict[str, Node], node: Node, where: str, name: str) -> Node:
    if name not in entries:
        raise node.place.fault(where, f"the key {name!r} is missing")
    return entries[name]


def _texts(node: Node, where: str) -> list[Text]:
    """A list of texts, not empty, none twice."""
    if not isinstance(node, List):
        raise node.place.fault(where, f"a list is wanted here, not {_kind(node)}")
    if not node.items:
        raise node.place.fault(where, "the list is empty: fill it or leave it out")
    texts = [Text(item.place, _text(item, where)) for item in node.items]
    seen: dict[str, Text] = {}
    for text in texts:
        if text.value in seen:
            raise text.place.fault(where, f"{text.value!r} stands twice")
        seen[text.value] = text
    return texts


def _text(node: Node, where: str) -> str:
    """A text of one line, without what a page or a terminal would take for more than words."""
    if not isinstance(node, Text):
        raise node.place.fault(where, f"a text is wanted here, not {_kind(node)}")
    value = " ".join(node.value.split())
    if not node.is_text:
        raise node.place.fault(where, f"{node.value!r} is no text; put it in quotes" if value else "a text is missing")
    if not value:
        raise node.place.fault(where, "the text is empty")
    if len(value) > _LONGEST:
        raise node.place.fault(where, f"{len(value)} characters, and {_LONGEST} are the most")
    if "<" in value or ">" in value:
        raise node.place.fault(where, "“<” and “>” have no place here: it is shown as it stands, without markup")
    for character in value:
        if unicodedata.category(character).startswith("C") or character in "\u2028\u2029":
            raise node.place.fault(where, f"the control character U+{ord(character):04X} has no place here")
    return value


def _phrase(node: Node, where: str) -> str:
    """A text that an agent takes in at a glance."""
    value = _text(node, where)
    words = len(value.split())
    if words > MOST_WORDS:
        raise node.place.fault(where, f"{words} words, and {MOST_WORDS} are the most: {value!r}")
    if len(value) > _LONGEST_PHRASE:
        raise node.place.fault(where, f"{len(value)} characters, and {_LONGEST_PHRASE} are the most")
    return value


def _kind(node: Node) -> str:
    match node:
        case Table():
            return "keys with values"
        case List():
            return "a list"
        case Text():
            return "a text" if node.value else "nothing"
