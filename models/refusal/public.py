"""Rows from public task dialogues: breadth and plain negatives. Their labels are another scheme's, so few are kept."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

from models.refusal.rows import LABELS, Row

WEIGHT = 0.35
_NAMED = re.compile(
    r"\b(another|different|other) (day|time|date|area|hotel|restaurant|place|price|part|type|cuisine|town)"
    r"|shorter|how about|instead"
)
_COFFEE_NO = re.compile(
    r"\b(don't|do not|not|no) .*\b(have|carry|serve|offer|sell|menu|available|here)\b", re.IGNORECASE
)


def read_public(path: Path, negatives: int, seed: int) -> list[Row]:
    """Every labelled refusal of the file and `negatives` of the other turns, drawn by `seed`."""
    refused: list[Row] = []
    others: list[Row] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            data = json.loads(line)
            text, refusal = data["text"], data["labels"]["refusal"]
            if data["source"] == "taskmaster4" and _COFFEE_NO.search(text):
                refusal = 1
            if refusal is None:
                continue
            targets: dict[str, float | None] = dict.fromkeys(LABELS)
            targets |= {"refusal": refusal, "closing": data["labels"]["closing_offer"], "promise": 0}
            if refusal:
                targets["alternative"] = 1 if _NAMED.search(text.lower()) and data["labels"]["alternative"] else None
            else:
                targets["reason"] = 0
            row = Row(
                f"public-{number}", f"public-{number}", "public", data["prev"] or "", text,
                tuple(targets[label] for label in LABELS), WEIGHT,
            )  # fmt: skip
            (refused if refusal else others).append(row)
    return refused + random.Random(seed).sample(others, min(negatives, len(others)))
