"""What a recogniser heard of rows that were said by a voice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.refusal.rows import DATA

HEARD, HEARD_TEST = DATA / "heard.jsonl", DATA / "heard-test.jsonl"


@dataclass(frozen=True, slots=True)
class Hearing:
    """What was heard of the row `id`, said by `voice`, over a telephone line or not."""

    id: str
    voice: str
    telephone: bool
    text: str


def read_heard(path: Path = HEARD) -> Iterator[Hearing]:
    """The hearings of a file, in order."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield Hearing(**json.loads(line))
