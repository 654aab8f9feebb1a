"""Which rows train the model, which choose its thresholds, and which judge it: apart by trade and by wording family."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.refusal.public import read_public
from models.refusal.rows import DATA, Row, read_rows

FILES = ("refusals", "negatives", "joins", "pairs", "mixed", "answers", "dev", "heldout")

# No line of these trades is trained on. The public dialogues have trades of their own.
DEV_TRADES = frozenset("vet library theatre museum salon removals optician taxi".split()) | {
    "star plane", "star out", "star trivia", "star trip",
}  # fmt: skip
TEST_TRADES = frozenset(
    "locksmith cleaning tool-hire storage campsite driving-school florist bakery ferry pest-control wedding-venue "
    "laundry music-school marina cemetery photographer allotment coach nursery".split()
) | {
    "star apartment", "star ride", "star meeting", "star spaceship", "star doctor", "star weather", "star party",
    "multiwoz2.1 Attraction", "multiwoz2.1 Attraction,general",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Corpus:
    """The rows of each split."""

    train: list[Row]
    dev: list[Row]
    test: list[Row]


def read_corpus(*, public: bool = True) -> Corpus:
    """All rows of the data folder, and those of the public dialogues where they are there and wanted."""
    rows = list(read_rows(DATA / f"{name}.jsonl" for name in FILES))
    return split([*rows, *(read_public() if public else ())])


def split(rows: Iterable[Row]) -> Corpus:
    """A row goes where its trade goes, and takes with it the rows of its wording family and of its minimal pair."""
    rows = list(rows)
    places = {row.id: _place(row.trade) for row in rows}
    # A family may share rows with pairs that share rows with a family: until nothing moves.
    moved = True
    while moved:
        highest: dict[str, int] = {}
        for row in rows:
            for group in _groups(row):
                highest[group] = max(highest.get(group, 0), places[row.id])
        after = {row.id: max(highest[group] for group in _groups(row)) for row in rows}
        moved, places = after != places, after
    return Corpus(*([row for row in rows if places[row.id] == place] for place in range(3)))


def _groups(row: Row) -> list[str]:
    return [f"family {row.family}", *([f"pair {row.pair}"] if row.pair else [])]


def _place(trade: str) -> int:
    return 2 if trade in TEST_TRADES else 1 if trade in DEV_TRADES else 0
