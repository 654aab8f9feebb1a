"""Measures the refusal model against a keyword list: `python -m models.refusal.evaluate ROWS.jsonl…`.

Every row is judged in four forms: with and without `prev`, as written and as a live recogniser writes it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from models.refusal.keywords import by_keywords
from models.refusal.rows import Row, read_rows
from models.refusal.spoken import spoken
from voiceassist.core.types import Label
from voiceassist.engines.refusal import RefusalClassifier

HERE = Path(__file__).parent


@dataclass
class Count:
    """Hits and errors of one label."""

    hit: int = 0
    missed: int = 0
    false: int = 0
    right: int = 0

    def add(self, *, expected: bool, found: bool) -> None:
        self.hit += expected and found
        self.missed += expected and not found
        self.false += found and not expected
        self.right += not found and not expected

    @property
    def precision(self) -> float:
        return self.hit / max(1, self.hit + self.false)

    @property
    def recall(self) -> float:
        return self.hit / max(1, self.hit + self.missed)

    @property
    def f1(self) -> float:
        return 2 * self.hit / max(1, 2 * self.hit + self.missed + self.false)


def formed(row: Row, *, heard: bool, live: bool) -> Row:
    """The row in one of the four forms: the customer heard or not, as written or as recognised live."""
    row = row if heard else replace(row, prev="")
    return replace(row, text=spoken(row.text), prev=spoken(row.prev)) if live else row


def count(rows: Sequence[Row], label: str, found: Collection[str]) -> Count:
    """One label's counts over the rows whose target is known; `found` are the ids of the rows where it was heard."""
    result = Count()
    for row in rows:
        target = row.target(label)
        if target is not None:
            result.add(expected=target == 1, found=row.id in found)
    return result


def measure(classifier: RefusalClassifier, rows: Sequence[Row]) -> dict[str, dict[str, dict[str, float]]]:
    """Form -> label -> precision, recall and F1 of the model, and the keyword list's F1."""
    return {
        f"{'prev' if heard else 'no prev'}, {'live' if live else 'written'}": _by_label(
            classifier, [formed(row, heard=heard, live=live) for row in rows]
        )
        for heard, live in product((True, False), repeat=2)
    }


def _by_label(classifier: RefusalClassifier, rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    found = {row.id: classifier.classify(row.prev, row.text).labels for row in rows}
    table: dict[str, dict[str, float]] = {}
    for label in Label:
        ours = count(rows, label, {row.id for row in rows if label in found[row.id]})
        theirs = count(rows, label, {row.id for row in rows if by_keywords(label, row.text)})
        table[label] = {
            "n": ours.hit + ours.missed,
            "precision": ours.precision,
            "recall": ours.recall,
            "f1": ours.f1,
            "keywords_f1": theirs.f1,
        }
    return table


def by_category(classifier: RefusalClassifier, rows: Sequence[Row]) -> dict[str, tuple[int, int, int, int]]:
    """Category -> rows, refusals, missed and falsely heard refusals, in the live form with `prev`."""
    table: dict[str, tuple[int, int, int, int]] = {}
    for category in sorted({row.category for row in rows}):
        forms = [formed(row, heard=True, live=True) for row in rows if row.category == category]
        found = {row.id for row in forms if classifier.classify(row.prev, row.text).has(Label.REFUSAL)}
        result = count(forms, Label.REFUSAL, found)
        table[category] = (len(forms), result.hit + result.missed, result.missed, result.false)
    return table


def timings(classifier: RefusalClassifier, rows: Sequence[Row]) -> tuple[float, float]:
    """Median and 95th percentile of one line, in milliseconds."""
    classifier.warm_up()
    spent: list[float] = []
    for row in rows:
        began = time.perf_counter()
        classifier.classify(row.prev, row.text)
        spent.append(1000 * (time.perf_counter() - began))
    return float(np.percentile(spent, 50)), float(np.percentile(spent, 95))


def main() -> None:
    """Prints the tables, or one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path, nargs="*", default=[HERE / "data" / "heldout.jsonl"])
    parser.add_argument("--model", type=Path, default=HERE)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = list(read_rows(args.rows))
    classifier = RefusalClassifier(args.model)
    forms, categories, (middle, high) = (
        measure(classifier, rows),
        by_category(classifier, rows),
        timings(classifier, rows),
    )
    if args.json:
        report = {"forms": forms, "categories": categories, "p50_ms": middle, "p95_ms": high}
        sys.stdout.write(json.dumps(report, indent=1) + "\n")
        return
    lines = [f"{len(rows)} rows; one line {middle:.1f} ms (p50), {high:.1f} ms (p95)"]
    for form, table in forms.items():
        lines += ["", f"{form:<18}    n  precision  recall    F1  keywords' F1"]
        lines += [
            f"{label:<18} {row['n']:>4}  {row['precision']:>9.2f}  {row['recall']:>6.2f}  {row['f1']:>4.2f}"
            f"  {row['keywords_f1']:>12.2f}"
            for label, row in table.items()
        ]
    lines += ["", f"{'category (live, prev)':<34} rows  refusals  missed  false"]
    for category, (total, refusals, missed, false) in categories.items():
        lines.append(f"{category:<34} {total:>4}  {refusals:>8}  {missed:>6}  {false:>5}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
