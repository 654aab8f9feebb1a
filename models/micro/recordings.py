"""The texts as said by the voices, kept in a folder so that a training can go on where it stopped."""

from __future__ import annotations

import json
import random
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from models.micro import texts
from models.micro.voices import VOICES, Span, Utterance, say

_PART = 500
"""Utterances in one file."""


def record(folder: Path, count: int, *, workers: int = 2, seed: int = 0) -> None:
    """Say `count` texts in varying voices, rates and pitches into `folder`; parts that lie there are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    corpus = texts.corpus(count, seed)
    parts = [corpus[at : at + _PART] for at in range(0, count, _PART)]
    with ProcessPoolExecutor(workers) as pool:
        for part in pool.map(_record_part, [folder] * len(parts), range(len(parts)), parts):
            print(f"recorded {part}", flush=True)


def recordings(folder: Path) -> list[Utterance]:
    """All utterances in `folder`; their samples stay on disk until they are used."""
    return [utterance for path in sorted(folder.glob("*.json")) for utterance in _load(path)]


def _record_part(folder: Path, number: int, part: list[str]) -> Path:
    path = folder / f"{number:04}.json"
    if path.exists():
        return path
    chance = random.Random(number)
    said = [utterance for text in part if (utterance := _say_somehow(text, chance)) is not None]
    np.save(path.with_suffix(".npy"), np.concatenate([utterance.samples for utterance in said]))
    index = [
        {
            "text": utterance.text,
            "voice": utterance.voice,
            "length": len(utterance.samples),
            "words": [(span.text, span.start, span.end) for span in utterance.words],
            "phones": [(span.text, span.start, span.end) for span in utterance.phones],
        }
        for utterance in said
    ]
    path.write_text(json.dumps(index), encoding="utf-8")
    return path


def _say_somehow(text: str, chance: random.Random) -> Utterance | None:
    """None for a text that flite reads as other words than are written."""
    try:
        return say(
            text,
            chance.choice(VOICES),
            stretch=chance.uniform(0.78, 1.2),
            pitch=chance.uniform(0.86, 1.16),
            size=chance.choice((1.0, 1.0, chance.uniform(0.92, 1.1))),
        )
    except ValueError:
        return None


def _load(path: Path) -> list[Utterance]:
    samples = np.load(path.with_suffix(".npy"), mmap_mode="r")
    utterances: list[Utterance] = []
    at = 0
    for row in json.loads(path.read_text(encoding="utf-8")):
        words, phones = (tuple(Span(*span) for span in row[kind]) for kind in ("words", "phones"))
        part = samples[at : at + row["length"]]
        utterances.append(Utterance(row["text"], row["voice"], part, words, phones))
        at += row["length"]
    return utterances
