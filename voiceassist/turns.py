"""Turns files: calls as text with times, for replays, golden calls and practice."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from voiceassist.core.types import Channel, samples
from voiceassist.errors import TurnsError

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
    """One call of a turns file. `expect` maps the index of a turn to the kind of nudge wanted after it, or "none"."""

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
        text = path.read_text(encoding="utf-8")
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
    if path.suffix != ".jsonl":
        try:
            yield "", json.loads(text)
        except json.JSONDecodeError as error:
            if "\n" not in text.strip() or error.msg != "Extra data":
                raise TurnsError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
        except RecursionError:
            raise TurnsError(f"{path}: the JSON is nested too deeply") from None
        else:
            return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield f":{number}", json.loads(line)
            except json.JSONDecodeError as error:
                raise TurnsError(f"{path}:{number}:{error.colno}: not JSON: {error.msg}") from None
            except RecursionError:
                raise TurnsError(f"{path}:{number}: the JSON is nested too deeply") from None


def _call(document: Any, where: str, stem: str) -> TurnsCall:
    table = _table(document, where)
    rows = table.get("turns")
    if not isinstance(rows, list):
        raise TurnsError(f'{where}: a call needs "turns", a list')
    turns: list[Turn] = []
    last = 0.0
    for index, row in enumerate(cast("list[Any]", rows)):
        place = f"{where}: turn {index}"
        turn, start = _turn(_table(row, place), place)
        if start < last:
            raise TurnsError(f"{place} starts at {start} s, before the turn above it ({last} s)")
        last = start
        if turn.end > turn.start and turn.text:
            turns.append(turn)
    identity = table.get("id", stem)
    if not isinstance(identity, str) or not identity:
        raise TurnsError(f'{where}: "id" is a text that is not empty')
    return TurnsCall(identity, tuple(turns), _expectations(table.get("expect")))


def _turn(row: dict[str, Any], place: str) -> tuple[Turn, float]:
    speaker, text = row.get("speaker"), row.get("text")
    if speaker not in {channel.value for channel in Channel}:
        raise TurnsError(f'{place}: "speaker" is "agent" or "customer", not {speaker!r}')
    if not isinstance(text, str):
        raise TurnsError(f'{place}: "text" is missing or no text')
    start, end = (_time(row.get(name), f'{place}: "{name}"') for name in ("start", "end"))
    if end < start:
        raise TurnsError(f"{place} ends at {end} s, before its start ({start} s)")
    return Turn(Channel(speaker), " ".join(text.split()), samples(start), samples(end)), start


def _time(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise TurnsError(f"{what} is a number of seconds from 0 on, not {value!r}")
    return float(value)


def _expectations(rows: Any) -> dict[int, str]:
    """What a call expects, where it is told in the usual form; anything else is somebody else's key."""
    expect: dict[int, str] = {}
    if isinstance(rows, list):
        for row in cast("list[Any]", rows):
            if isinstance(row, dict) and isinstance(row.get("after_turn"), int):  # pyright: ignore[reportUnknownMemberType]
                known = cast("dict[str, Any]", row)
                expect[known["after_turn"]] = str(known.get("nudge", "none"))
    return expect


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TurnsError(f"{where}: expected an object, not {type(value).__name__}")
    return cast("dict[str, Any]", value)
