"""Turns of public task dialogues, read and labelled again by hand.

Only a row's number in the dialogues' file, the hash of its text and our labels are kept here; the words come from the
file itself, which lies outside the repository (`VOICEASSIST_PUBLIC_DIALOGUES`, else ../shared/data/public-train.jsonl).
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from models.refusal.rows import DATA, LABELS, Row

LABELLED, PLAIN = DATA / "public.jsonl", DATA / "plain.jsonl"
# A negotiation between equals is not a call: it is read for breadth, and counts little.
WEIGHTS = {"casino": 0.3}
WEIGHT = 0.7
PLAIN_WEIGHT = 0.5

log = logging.getLogger("public")


def dialogues() -> Path:
    """Where the dialogues' file is expected."""
    named = os.environ.get("VOICEASSIST_PUBLIC_DIALOGUES")
    return Path(named) if named else Path(__file__).parents[3] / "shared" / "data" / "public-train.jsonl"


def read_public(path: Path | None = None) -> list[Row]:
    """The labelled turns; none, said in the log, where the file is absent.

    Raises ValueError where a text of the file is not the one that was labelled.
    """
    return [_row(number, labels, turn) for number, labels, turn in _read(LABELLED, path)]


def read_plain(path: Path | None = None) -> list[Row]:
    """Turns that refuse nothing by the acts that the dialogues came with: nobody read them, only `refusal` is known.

    As `read_public` does where the file is absent or another one.
    """
    return [
        Row(
            f"plain-{number}", f"plain-{number}", "plain", turn["prev"] or "", turn["text"],
            (0.0, *(None,) * (len(LABELS) - 1)), f"{turn['source']} {turn['domain']}", 0.0, None, PLAIN_WEIGHT,
        )
        for number, _, turn in _read(PLAIN, path)
    ]  # fmt: skip


def _read(chosen: Path, path: Path | None) -> Iterator[tuple[int, dict[str, int], dict[str, str]]]:
    """Each chosen turn: its number, our labels, and the turn of the dialogues."""
    path = path or dialogues()
    if not path.exists():
        log.warning("%s is absent: without the public dialogues", path.name)
        return
    lines = path.read_text("utf-8").splitlines()
    for line in chosen.read_text("utf-8").splitlines():
        row = json.loads(line)
        number = row["row"]
        turn = json.loads(lines[number]) if number < len(lines) else {"text": ""}
        if hashlib.sha256(turn["text"].encode()).hexdigest()[:16] != row["sha256"]:
            raise ValueError(f"row {number} of the public dialogues is not the one that was labelled")
        yield number, row.get("labels", {}), turn


def _row(number: int, labels: dict[str, int], turn: dict[str, str]) -> Row:
    source = turn["source"]
    return Row(
        f"public-{number}", f"public-{number}", "public", turn["prev"] or "", turn["text"],
        tuple(float(labels[label]) for label in LABELS), f"{source} {turn['domain']}",
        None if turn["prev"] else float(labels["refusal"]), None, WEIGHTS.get(source, WEIGHT),
    )  # fmt: skip
