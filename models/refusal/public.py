"""Turns of public task dialogues, read and labelled again by hand.

Only a row's number in the dialogues' file, the hash of its text and our labels are kept here; the words come from the
file itself, which lies outside the repository (`VOICEASSIST_PUBLIC_DIALOGUES`, else ../shared/data/public-train.jsonl).
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from pathlib import Path

from models.refusal.rows import DATA, LABELS, Row

LABELLED = DATA / "public.jsonl"
# A negotiation between equals is not a call: it is read for breadth, and counts little.
WEIGHTS = {"casino": 0.3}
WEIGHT = 0.7

log = logging.getLogger("public")


def dialogues() -> Path:
    """Where the dialogues' file is expected."""
    named = os.environ.get("VOICEASSIST_PUBLIC_DIALOGUES")
    return Path(named) if named else Path(__file__).parents[3] / "shared" / "data" / "public-train.jsonl"


def read_public(path: Path | None = None) -> list[Row]:
    """The labelled turns; none, said in the log, where the file is absent.

    Raises ValueError where a text of the file is not the one that was labelled.
    """
    path = path or dialogues()
    if not path.exists():
        log.warning("%s is absent: without the public dialogues", path.name)
        return []
    lines = path.read_text("utf-8").splitlines()
    return [_row(json.loads(line), lines) for line in LABELLED.read_text("utf-8").splitlines()]


def _row(labelled: dict[str, object], lines: list[str]) -> Row:
    number = labelled["row"]
    turn = json.loads(lines[number]) if number < len(lines) else {"text": ""}
    if hashlib.sha256(turn["text"].encode()).hexdigest()[:16] != labelled["sha256"]:
        raise ValueError(f"row {number} of the public dialogues is not the one that was labelled")
    labels, source = labelled["labels"], turn["source"]
    return Row(
        f"public-{number}", f"public-{number}", "public", turn["prev"] or "", turn["text"],
        tuple(float(labels[label]) for label in LABELS), f"{source} {turn['domain']}",
        None if turn["prev"] else float(labels["refusal"]), None, WEIGHTS.get(source, WEIGHT),
    )  # fmt: skip
