"""Whether the playbooks find what can be offered: `python -m models.playbooks.measure [--ear FOLDER] [--misses]`.

asks.jsonl holds what customers say, each with the situations of a playbook that it belongs to; small talk and asks for
other matters belong to none. By thresholds: the share of asks whose nearest situation is right, or is wrong, and of the
asks that belong nowhere the share that finds any. The threshold is chosen where most are helped and few led astray.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from voiceassist import playbooks
from voiceassist.core.nearness import Embed
from voiceassist.core.playbook import MATCH, Playbook
from voiceassist.engines.refusal import RefusalClassifier

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
THRESHOLDS = (0.45, 0.5, MATCH, 0.6, 0.65)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a customer says to a company with this playbook, and the situations that are right, none where none is."""

    playbook: str
    text: str
    right: frozenset[str]


def read_asks() -> list[Ask]:
    """Every ask; one that belongs to no playbook stands for each."""
    rows = map(json.loads, (HERE / "asks.jsonl").read_text("utf-8").splitlines())
    return [
        Ask(name, row["ask"], frozenset(row["right"]))
        for row in rows
        for name in ([row["playbook"]] if row["playbook"] else playbooks.bundled())
    ]


def load_books(embed: Embed) -> dict[str, Playbook]:
    """The bundled playbooks by name."""
    return {name: playbooks.load(name, embed, now=NOW) for name in playbooks.bundled()}


def helps(book: Playbook, ask: Ask, embed: Embed) -> bool:
    """Whether an offer of a right situation is among those that are suggested."""
    right = {offer for situation in book.situations if situation.id in ask.right for offer in situation.offers}
    return bool(right.intersection(book.suggest(embed(ask.text), ask.text, ask.text)))


def main() -> None:
    """Prints the shares by threshold, and on request every ask that gets nothing right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ear", type=Path, default=HERE.parent / "refusal")
    parser.add_argument("--misses", action="store_true")
    args = parser.parse_args()
    embed = RefusalClassifier(args.ear).embed
    books, asks = load_books(embed), read_asks()
    inside = [ask for ask in asks if ask.right]
    nearest = {ask: books[ask.playbook].nearest(embed(ask.text), ask.text, 1)[0] for ask in asks}
    for threshold in THRESHOLDS:
        found = [ask for ask in asks if nearest[ask].nearness >= threshold]
        right = sum(nearest[ask].situation.id in ask.right for ask in found) / len(inside)
        wrong = sum(bool(ask.right) for ask in found) / len(inside) - right
        chance = sum(not ask.right for ask in found) / (len(asks) - len(inside))
        sys.stdout.write(f"from {threshold:.2f}: right {right:.2f}, wrong {wrong:.2f}; of the others {chance:.2f}\n")
    missed = [ask for ask in inside if not helps(books[ask.playbook], ask, embed)]
    share = 1 - len(missed) / len(inside)
    sys.stdout.write(f"a right offer among those suggested, from {MATCH:.2f}: {share:.2f} of {len(inside)} asks\n")
    for ask in missed if args.misses else ():
        sys.stdout.write(f"{ask.playbook}: {ask.text} -> {nearest[ask].situation.id} {nearest[ask].nearness:.2f}\n")


if __name__ == "__main__":
    main()
