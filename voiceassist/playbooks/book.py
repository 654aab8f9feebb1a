"""From a playbook's file to what the core looks things up in: found, read with what it extends, and embedded."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Protocol, TypeVar

from voiceassist import assets
from voiceassist.core.nearness import Embed, Index
from voiceassist.core.playbook import FIRST, Playbook, Situation
from voiceassist.errors import PlaybookError
from voiceassist.playbooks.document import MOST_BYTES, Text
from voiceassist.playbooks.draft import Draft, draft

SUFFIXES = (".yaml", ".yml")


class _Named(Protocol):
    @property
    def id(self) -> str: ...


_Part = TypeVar("_Part", bound=_Named)


def bundled() -> dict[str, Path]:
    """The playbooks that come with the program, by name."""
    return {path.stem: path for path in sorted(assets.playbooks().glob("*.yaml"))}


def find(name: str | Path, beside: Path | None = None) -> Path:
    """The file of a playbook: a path (one that is not absolute counts from `beside`), or the name of a bundled one.

    Raises PlaybookError where the name is no bundled one's.
    """
    path = Path(name)
    if path.suffix.lower() in SUFFIXES or len(path.parts) != 1:
        return path if beside is None else beside / path
    known = bundled()
    if str(name) not in known:
        near = difflib.get_close_matches(str(name), known, n=1)
        meant = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}; a file ends in .yaml"
        raise PlaybookError(f"there is no playbook {str(name)!r}; {meant}")
    return known[str(name)]


def load(name: str | Path, embed: Embed, *, now: datetime) -> Playbook:
    """Read, check and embed a playbook (a path, or the name of a bundled one), its offers judged at `now`.

    A text takes `embed` about a millisecond. Raises PlaybookError with file:line:column and the key.
    """
    chain = _chain(find(name))
    first, embed = chain[0], cache(embed)  # many situations share an offer
    feelings = _merged([one.feelings for one in chain])
    return as_of(
        Playbook(
            first.title,
            first.situations,
            feelings,
            _merged([one.forbidden for one in chain]),
            Index.of([_meant(one) for one in first.situations], [_words(one) for one in first.situations], embed),
            Index.of([one.heard for one in feelings], [one.heard for one in feelings], embed),
        ),
        now,
    )


def as_of(playbook: Playbook, now: datetime) -> Playbook:
    """The playbook with its offers judged at this time, as for a call that begins now."""
    return playbook.at(now.toordinal(), now.hour * 60 + now.minute)


def sources(name: str | Path) -> tuple[Path, ...]:
    """The files that a playbook is read from: its own and those it extends, as far as they can be read."""
    paths: list[Path] = []
    path: Path | None = find(name)
    while path is not None and path not in paths:
        paths.append(path)
        try:
            extends = read(path).extends
            path = None if extends is None else find(extends.value, path.parent)
        except PlaybookError:
            break
    return tuple(paths)


def read(path: Path) -> Draft:
    """Read and check one file by itself. Raises PlaybookError."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise PlaybookError(f"{path}: {error.strerror or error}") from None
    except ValueError:  # a name with a null in it
        raise PlaybookError(f"{path}: this is no file's name") from None
    return draft(content, str(path), path.stem)


def _chain(path: Path) -> list[Draft]:
    """The playbook and those it extends, the nearest first."""
    seen = {path.resolve()}
    chain = [read(path)]
    while (extends := chain[-1].extends) is not None:
        path = _extended(extends, path)
        if path.resolve() in seen:
            raise extends.place.fault("extends", f"{extends.value!r} leads back to where it came from")
        seen.add(path.resolve())
        chain.append(read(path))
    return chain


def _extended(extends: Text, path: Path) -> Path:
    try:
        found = find(extends.value, path.parent)
    except PlaybookError as error:
        raise extends.place.fault("extends", str(error)) from None
    if not found.is_file():
        raise extends.place.fault("extends", f"there is no file {extends.value!r}")
    return found


def _merged(parts: Sequence[tuple[_Part, ...]]) -> tuple[_Part, ...]:
    """All entries by their ids; of two with one id the nearer playbook's holds."""
    found: dict[str, _Part] = {}
    for entries in parts:
        for entry in entries:
            found.setdefault(entry.id, entry)
    return tuple(found.values())


def _meant(situation: Situation) -> tuple[str, ...]:
    """Texts that are near to an ask by their meaning; of many offers those that are suggested first."""
    return (situation.title, *situation.asked, *(offer.can for offer in situation.offers[:FIRST]))


def _words(situation: Situation) -> tuple[str, ...]:
    """Texts whose words an ask may share."""
    return (situation.title, *situation.asked, *(offer.can for offer in situation.offers))
