"""Labelled rows: what an agent said, in the light of what the customer said before, and the eight labels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

LABELS = ("refusal", "acknowledgement", "reason", "alternative", "buy_in", "closing", "complete", "promise")


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled line. A target of None is not known: it takes no part in training."""

    id: str
    family: str
    category: str
    prev: str
    text: str
    targets: tuple[float | None, ...]
    weight: float = field(default=1.0)

    def target(self, label: str) -> float | None:
        """The target of one label, None where it is not known."""
        return self.targets[LABELS.index(label)]


def read_rows(paths: Iterable[Path]) -> Iterator[Row]:
    """Rows of JSONL files in order. Raises ValueError naming the file and line of a row that is not well formed."""
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.strip():
                    continue
                try:
                    data = json.loads(line)
                    labels = data["labels"]
                    targets = tuple(None if labels[name] is None else float(labels[name]) for name in LABELS)
                    yield Row(data["id"], data["family"], data["category"], data["prev"], data["text"], targets)
                except (ValueError, KeyError, TypeError) as error:
                    raise ValueError(f"{path.name}, line {number}: not a labelled row ({error})") from error
