"""An offer that worked in a call, put into a playbook whose comments and order stay as they are."""

from __future__ import annotations

import io
import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from voiceassist.core.nearness import Embed
from voiceassist.errors import PlaybookError
from voiceassist.playbooks.book import SUFFIXES, load
from voiceassist.playbooks.document import Node, Place, Table, Text
from voiceassist.playbooks.draft import LONGEST_ID, draft, offer
from voiceassist.playbooks.editing import content_of, round_trip, write_whole


@dataclass(frozen=True, slots=True)
class Added:
    """The ids of the offer and of its situation; `known` tells that the playbook had the offer already."""

    offer: str
    situation: str
    known: bool


def check_offer(text: str) -> None:
    """Raise PlaybookError where this cannot be an offer: at most eight words that complete "what I can do is …"."""
    place = Place("the offer", 1, 1)
    entries: dict[str, tuple[Text, Node]] = {"can": (Text(place, "can"), Text(place, text))}
    offer(Text(place, "proposed"), Table(place, entries))


def add_offer(  # noqa: PLR0913 - an offer, and where it goes
    into: Path, can: str, asked: str, *, situation: str | None = None, embed: Embed, now: datetime
) -> Added:
    """Put an offer into the situation that was asked about, and what was asked among its examples.

    Without a `situation` it is the one that is nearest to `asked`. Raises PlaybookError where none is near, and leaves
    the file as it was.
    """
    if into.suffix.lower() not in SUFFIXES:
        raise PlaybookError(f"{into}: a playbook's file ends in {SUFFIXES[0]}")
    content = content_of(into)
    before = draft(content, str(into), into.stem)
    named = {one.id for one in before.situations}
    if situation is None:
        situation = _nearest(into, asked, embed, now)
    elif situation not in named:
        raise Place(str(into), 1, 1).fault("situations", f"there is no situation {situation!r}", situation, named)
    same = " ".join(can.lower().split())
    known = next((one.id for one in before.offers.values() if one.can.lower() == same), None)
    name = known or _name(can, before.offers)
    yaml = round_trip()
    root: Any = yaml.load(content.decode("utf-8-sig"))
    if known is None:
        _put(root["offers"], name, CommentedMap(can=" ".join(can.split())))
    entry = root["situations"][situation]
    if name not in entry["offers"]:
        entry["offers"].append(name)
    if asked and asked.lower() not in {example.lower() for example in entry["asked"]}:
        _insert(entry["asked"], asked)
    text = io.StringIO()
    yaml.dump(root, text)
    after = text.getvalue().encode()
    draft(after, str(into), into.stem)
    write_whole(into, after)
    return Added(name, situation, known is not None)


def _nearest(into: Path, asked: str, embed: Embed, now: datetime) -> str:
    matches = load(into, embed, now=now).nearest(embed(asked), asked)
    if asked and matches and matches[0].holds:
        return matches[0].situation.id
    near = ", ".join(match.situation.id for match in matches) or "none"
    raise PlaybookError(
        f"{into}: no situation is near to “{asked}” (the nearest are {near}): name one with --situation, or begin one "
        "with three examples of how customers ask"
    )


def _name(can: str, taken: Container[str]) -> str:
    """An id that says what the offer is, and that no other one has."""
    words = re.findall(r"[a-z0-9]+", can.lower()) or ["offer"]
    name = "-".join(words)[: LONGEST_ID - 4].strip("-")
    return next(one for one in (name, *(f"{name}-{count}" for count in range(2, 999))) if one not in taken)


# What stands behind the last entry of a list, such as the next section's comment, belongs to that entry: it stays last.


def _put(entries: CommentedMap, name: str, value: CommentedMap) -> None:
    opened: Any = entries
    opened.insert(max(0, len(entries) - 1), name, value)


def _insert(entries: CommentedSeq, text: str) -> None:
    opened: Any = entries
    opened.insert(max(0, len(entries) - 1), text)
