"""Labelled rows: what an agent said, in the light of what the customer said before, and the eight labels."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

DATA = Path(__file__).parent / "data"
LABELS = ("refusal", "acknowledgement", "reason", "alternative", "buy_in", "closing", "complete", "promise")


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled line.

    A target of None is not known: it takes no part in training. `alone` is what `refusal` is when `prev` is not heard,
    None where the words alone do not decide it. Rows of one `pair` have the same words and another `prev`.
    """

    id: str
    family: str
    category: str
    prev: str
    text: str
    targets: tuple[float | None, ...]
    trade: str = field(default="general")
    alone: float | None = field(default=None)
    pair: str | None = field(default=None)
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
                    yield _row(json.loads(line))
                except (ValueError, KeyError, TypeError) as error:
                    raise ValueError(f"{path.name}, line {number}: not a labelled row ({error})") from error


def _row(data: dict[str, object]) -> Row:
    labels, alone = data["labels"], data.get("alone")
    targets = tuple(None if labels[name] is None else float(labels[name]) for name in LABELS)
    if alone is None and not data["prev"]:
        alone = targets[0]
    return Row(
        data["id"], data["family"], data["category"], data["prev"], data["text"], targets,
        data.get("trade", "general"), None if alone is None else float(alone), data.get("pair"),
    )  # fmt: skip
