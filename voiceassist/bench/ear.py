"""The ear of one folder, measured: what `bench quality` shows and writes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from voiceassist import __version__
from voiceassist.bench import machine
from voiceassist.bench.examples import Example
from voiceassist.bench.quality import Quality, Times, measure, time_lines
from voiceassist.engines.refusal import CARD, MODEL, TOKENIZER, RefusalClassifier

SCHEMA = 1
_MOST_TIMED = 1000


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one ear: its version, the size of its files, how long it loads, and how well it hears."""

    version: str
    bytes: int
    seconds_to_load: float
    milliseconds: Times
    quality: Quality

    def document(self, files: Sequence[Path]) -> dict[str, Any]:
        """What `bench quality --json` writes of the lines in `files`; the files by their names alone."""
        return {
            "bench": "quality",
            "schema": SCHEMA,
            "version": __version__,
            "machine": machine.describe(),
            "files": [file.name for file in files],
            "ear": {"version": self.version, "bytes": self.bytes, "seconds_to_load": self.seconds_to_load},
            "milliseconds_a_line": asdict(self.milliseconds),
            **asdict(self.quality),
        }


def examine(folder: Path, examples: Sequence[Example]) -> Report:
    """Load the ear of `folder`, time it on at most a thousand of the lines, and measure it on all of them.

    Raises ModelError where the folder holds no whole ear.
    """
    began = time.perf_counter()
    ear = RefusalClassifier(folder)
    seconds = time.perf_counter() - began
    # Timed first: the ear remembers the customer's last lines, and none of them is new to it afterwards.
    times = time_lines(ear, examples[:: -(-len(examples) // _MOST_TIMED)])
    size = sum((folder / name).stat().st_size for name in (CARD, MODEL, TOKENIZER))
    return Report(ear.version, size, round(seconds, 3), times, measure(ear, examples))
