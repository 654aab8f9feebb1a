"""Turns files: calls as text with times, for replays, golden calls and practice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from voiceassist.core.types import Channel, samples
from voiceassist.errors import TurnsError

_LONGEST = 86_400
"""Seconds: no call lasts longer than a day."""
_SHOWN = 40
SUFFIXES = frozenset({".json", ".jsonl"})


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of speech; `start` and `end` are samples of the call."""

    speaker: Channel
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TurnsCall:
    """One call of a turns file. `expect` maps an index into `turns` to the kind of nudge wanted after it, or "none"."""

    id: str
    turns: tuple[Turn, ...]
    expect: dict[int, str]

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The sides that are heard: the agent's always."""
        heard = {turn.speaker for turn in self.turns}
        return tuple(channel for channel in Channel if channel is Channel.AGENT or channel in heard)


def read(path: Path) -> list[TurnsCall]:
    """Read the calls of a .json or .jsonl turns file. Raises TurnsError naming the file and the place."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TurnsError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise TurnsError(f"{path}: this is no text; a turns file is JSON in UTF-8") from None
    calls = [_call(document, f"{path}{place}", path.stem) for place, document in _documents(path, text)]
    if not calls:
        raise TurnsError(f"{path}: the file holds no call")
    return calls


def _documents(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    """The JSON values of the file with their places: one document, or one a line."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if path.suffix.lower() != ".jsonl" and lines:
        try:
            yield "", _parse(text, str(path), 0)
        except _ExtraDataError:
            if len(lines) == 1:
                raise
        else:
            return
    for number, line in lines:
        yield f":{number}", _parse(line, str(path), number)


class _ExtraDataError(TurnsError):
    """The text goes on after its first JSON value."""


def _parse(text: str, where: str, line: int) -> Any:
    """Read JSON that begins at `line` of the file `where`, 0 for all of it."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        kind = _ExtraDataError if error.msg == "Extra data" else TurnsError
        raise kind(f"{where}:{line or error.lineno}:{error.colno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise TurnsError(f"{where}{f':{line}' if line else ''}: the JSON is nested too deeply") from None
    except ValueError:  # an integer of thousands of digits
        raise TurnsError(f"{where}{f':{line}' if line else ''}: a number has too many digits") from None


def _call(document: Any, where: str, stem: str) -> TurnsCall:
    table = _table(document, where)
    rows = table.get("turns")
    if not isinstance(rows, list):
        raise TurnsError(f'{where}: a call needs "turns", a list')
    turns: list[Turn] = []
    places: list[int] = []  # of each turn of the file in `turns`; of a skipped one, of the turn before it
    last = 0.0
    for index, row in enumerate(cast("list[Any]", rows)):
        place = f"{where}: turn {index}"
        turn, start = _turn(_table(row, place), place)
        if start < last:
            raise TurnsError(f"{place} starts at {start} s, before the turn above it ({last} s)")
        last = start
        if turn.end > turn.start:
            turns.append(turn)
        places.append(len(turns) - 1)
    identity = table.get("id", stem)
    if not isinstance(identity, str) or not identity:
        raise TurnsError(f'{where}: "id" is a text that is not empty')
    return TurnsCall(_text(identity), tuple(turns), _expectations(table.get("expect"), places))


def _turn(row: dict[str, Any], place: str) -> tuple[Turn, float]:
    speaker, text = row.get("speaker"), row.get("text")
    if speaker not in [channel.value for channel in Channel]:  # a list, for JSON's own lists cannot be hashed
        raise TurnsError(f'{place}: "speaker" is "agent" or "customer", not {_shown(speaker)}')
    if not isinstance(text, str):
        raise TurnsError(f'{place}: "text" is missing or no text')
    start, end = (_time(row.get(name), f'{place}: "{name}"') for name in ("start", "end"))
    if end < start:
        raise TurnsError(f"{place} ends at {end} s, before its start ({start} s)")
    return Turn(Channel(speaker), " ".join(_text(text).split()), samples(start), samples(end)), start


def _time(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LONGEST:
        raise TurnsError(f"{what} is a number of seconds from 0 to {_LONGEST}, not {_shown(value)}")
    return float(value)


def _shown(value: Any) -> str:
    """A JSON value as a message shows it: briefly, of a list or an object only its kind."""
    if isinstance(value, list | dict):
        return f"a {type(value).__name__}"  # pyright: ignore[reportUnknownArgumentType]
    shown = json.dumps(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def _text(value: str) -> str:
    """The text without halves of characters, which JSON may hold and nothing can write."""
    return value.encode("utf-8", "replace").decode()


def _expectations(rows: Any, places: list[int]) -> dict[int, str]:
    """What a call expects, where it is told in the usual form; anything else is somebody else's key."""
    expect: dict[int, str] = {}
    for row in cast("list[Any]", rows) if isinstance(rows, list) else []:
        known = cast("dict[str, Any]", row) if isinstance(row, dict) else {}
        turn = known.get("after_turn")
        if isinstance(turn, int) and 0 <= turn < len(places) and places[turn] >= 0:
            expect[places[turn]] = str(known.get("nudge", "none"))
    return expect


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TurnsError(f"{where}: expected an object, not {type(value).__name__}")
    return cast("dict[str, Any]", value)
