"""Phrases to time: clips whose last sound is known to the sample, and what each is."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from voiceassist.bench.clips import read_clip
from voiceassist.core.types import SAMPLE_RATE, Samples, Word
from voiceassist.errors import UsageError

MARKS = "marks.csv"


class PhraseKind(StrEnum):
    """What should come of a phrase: a cue, a cue after a longer pause, or none."""

    REFUSAL = "refusal"
    LONE_NO = "no"
    OTHER = "other"


@dataclass(frozen=True, slots=True, eq=False)
class Phrase:
    """Sound (float32, 16 kHz) that is over at the sample `end`; `words` in samples of it, none where nobody knows."""

    name: str
    sound: Samples
    end: int
    kind: PhraseKind
    text: str = ""
    words: tuple[Word, ...] = ()


def read_phrases(folder: Path, marks: Path | None = None) -> list[Phrase]:
    """The clips that a CSV marks (`marks.csv` in the folder, if none is named), in its order.

    Columns: `clip`, a file of the folder; `end`, the second of its last sound; and where known `kind` (refusal, no or
    other; refusal, if none), `text`, and `word_ends`, the seconds at which its words end. Raises UsageError naming file
    and row, also for a recording without a mark; AudioError.
    """
    path = marks or folder / MARKS
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [*csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    phrases = [_phrase(folder, row, f"{path}:{number}") for number, row in enumerate(rows, 2)]
    if not phrases:
        raise UsageError(f"{path} marks no clip: give a row a clip, with the columns clip and end")
    marked = {phrase.name for phrase in phrases}
    for other in sorted(folder.iterdir()):
        if other.suffix.lower() in {".wav", ".flac"} and other.name not in marked:
            raise UsageError(f"{other} has no mark in {path}: without the second of its last sound it cannot be timed")
    return phrases


def quick(phrases: Sequence[Phrase]) -> list[Phrase]:
    """One clip of each text, of a different voice each time where there are several."""
    texts: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        texts.setdefault(phrase.text or phrase.name, []).append(phrase)
    return [alike[number % len(alike)] for number, alike in enumerate(texts.values())]


def plain_words(text: str) -> list[str]:
    """The words of a text, to compare it with what was said: without case and marks."""
    return "".join(letter for letter in text.lower() if letter.isalpha() or letter in " '").split()


def _phrase(folder: Path, row: dict[str, Any], where: str) -> Phrase:
    name = row.get("clip") or ""
    if not name or not (folder / name).is_file():
        raise UsageError(f"{where}: there is no clip {name!r} in {folder}")
    sound = read_clip(folder / name)
    end = round(_seconds(row.get("end"), where, "end") * SAMPLE_RATE)
    if not 0 < end <= len(sound):
        length = len(sound) / SAMPLE_RATE
        raise UsageError(f"{where}: end is {row['end']} s, but {name} is {length:.3f} s long")
    try:
        kind = PhraseKind(row.get("kind") or PhraseKind.REFUSAL)
    except ValueError:
        raise UsageError(f"{where}: kind is {row['kind']!r}: choose one of {', '.join(PhraseKind)}") from None
    text = (row.get("text") or "").strip()
    return Phrase(name, sound, end, kind, text, _words(text, row.get("word_ends") or "", where))


def _words(text: str, ends: str, where: str) -> tuple[Word, ...]:
    if not ends.strip():
        return ()
    until = [round(_seconds(end, where, "word_ends") * SAMPLE_RATE) for end in ends.split()]
    words = text.split()
    if len(until) != len(words) or sorted(until) != until:
        raise UsageError(f"{where}: word_ends has {len(until)} times for {len(words)} words, or they do not rise")
    return tuple(Word(start, end, word) for start, end, word in zip([0, *until], until, words, strict=False))


def _seconds(value: str | None, where: str, column: str) -> float:
    try:
        return float(value or "")
    except ValueError:
        raise UsageError(f"{where}: {column} is {value!r}, which is no number of seconds") from None
