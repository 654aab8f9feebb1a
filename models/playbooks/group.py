"""Whether asks for one matter are put into one group: `python -m models.playbooks.group [--ear FOLDER] [--groups]`.

The examples of a playbook's situation and the asks of asks.jsonl that belong to it alone are one matter, in words that
were chosen to differ. By thresholds: purity (the share of asks that belong to the most frequent matter of their group),
completeness (the share that stand in the group where most of their matter do), and the number of groups. The threshold
is chosen on `general` and `telecom`; `retail` and `travel` show whether it holds. The last line of each is for the asks
of asks.jsonl alone: grouped by themselves, and where the playbook's situations come first, as `voiceassist noes` does.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.playbooks.measure import HERE, load_books, read_asks
from voiceassist import playbooks
from voiceassist.core.nearness import Embed
from voiceassist.engines.refusal import RefusalClassifier
from voiceassist.report.grouping import ALIKE, central, group

THRESHOLDS = (0.25, 0.3, 0.35, ALIKE, 0.45, 0.5)


def read_matters(name: str) -> tuple[list[str], list[str]]:
    """The asks of a playbook, and the situation of each."""
    rows = [(text, one.id) for one in playbooks.read(playbooks.find(name)).situations for text in one.asked]
    rows += [(ask.text, *ask.right) for ask in read_asks() if ask.playbook == name and len(ask.right) == 1]
    return [text for text, _ in rows], [matter for _, matter in rows]


def known_first(name: str, embed: Embed) -> str:
    """How the asks of asks.jsonl are grouped without and with the playbook."""
    book = load_books(embed)[name]
    rows = [(ask.text, *ask.right) for ask in read_asks() if ask.playbook == name and len(ask.right) == 1]
    texts, matters = [text for text, _ in rows], [matter for _, matter in rows]
    vectors = np.stack([embed(text) for text in texts])
    known: dict[str, list[int]] = {}
    rest: list[int] = []
    for place, text in enumerate(texts):
        match = book.nearest(vectors[place], text, 1)[0]
        (known.setdefault(match.situation.id, []) if match.holds else rest).append(place)
    alone = group(vectors, [1] * len(texts))
    both = [*known.values(), *([rest[one] for one in found] for found in group(vectors[rest], [1] * len(rest)))]
    shares = (
        f"purity {purity(groups, matters):.2f}, completeness {completeness(groups, matters):.2f}"
        for groups in (alone, both)
    )
    return f"{len(texts)} asks alone: {' -> with the playbook: '.join(shares)}"


def purity(groups: Sequence[Sequence[int]], matters: Sequence[str]) -> float:
    """The share of asks that belong to the most frequent matter of their group."""
    return sum(max(Counter(matters[place] for place in one).values()) for one in groups) / len(matters)


def completeness(groups: Sequence[Sequence[int]], matters: Sequence[str]) -> float:
    """The share of asks that stand in the group where most of their matter do."""
    found = [[place for place, matter in enumerate(matters) if matter == name] for name in dict.fromkeys(matters)]
    names = {place: str(number) for number, one in enumerate(groups) for place in one}
    return purity(found, [names[place] for place in range(len(matters))])


def main() -> None:
    """Prints both by threshold, and on request the groups that are found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ear", type=Path, default=HERE.parent / "refusal")
    parser.add_argument("--groups", action="store_true")
    args = parser.parse_args()
    embed = RefusalClassifier(args.ear).embed
    for name in ("general", "telecom", "retail", "travel"):
        texts, matters = read_matters(name)
        vectors, weights = np.stack([embed(text) for text in texts]), [1] * len(texts)
        sys.stdout.write(f"{name}: {len(texts)} asks of {len(set(matters))} matters\n")
        for threshold in THRESHOLDS:
            groups = group(vectors, weights, alike=threshold)
            shares = f"purity {purity(groups, matters):.2f}, completeness {completeness(groups, matters):.2f}"
            sys.stdout.write(f"  from {threshold:.2f}: {shares}, {len(groups)} groups\n")
        sys.stdout.write(f"  {known_first(name, embed)}\n")
        for one in group(vectors, weights) if args.groups else ():
            asks = [texts[place] for place in central(vectors, weights, one)]
            sys.stdout.write(f"    {len(asks):3} {asks[0]}" + "".join(f"\n        {ask}" for ask in asks[1:]) + "\n")


if __name__ == "__main__":
    main()
