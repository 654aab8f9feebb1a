"""Whether the vector finds what can be offered: `python -m models.refusal.retrieval [--model FOLDER]`.

An ask is compared with an offer, the text that says when it helps, and examples of how customers ask for it; the mean
of the two nearest counts. Half of the asks name the matter, as most customers do, and half only hint at it. The vector
sees what is meant, the words they share see names and numbers: together they find more than either.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from rank_bm25 import BM25Okapi

from models.refusal.rows import DATA
from models.refusal.spoken import spoken
from voiceassist.engines.refusal import RefusalClassifier

HERE = Path(__file__).parent
FIRST = 3
NEAREST = 2
WORDS = 0.15
"""What the best match by words adds to the nearness by vectors."""


class Embedder(Protocol):
    """Whatever turns a text into a unit vector."""

    def embed(self, text: str) -> np.ndarray:
        """The vector of `text`, float32."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be offered, and texts that lead to it."""

    id: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a customer says, and the offers that are right for it."""

    id: str
    kind: str
    text: str
    right: frozenset[str]


def read_offers() -> list[Offer]:
    """The offers of one company."""
    rows = map(json.loads, (DATA / "offers.jsonl").read_text("utf-8").splitlines())
    return [Offer(row["id"], (row["offer"], row["when"], *row["asked"])) for row in rows]


def read_asks() -> list[Ask]:
    """What its customers ask for, written by others than the offers' examples."""
    rows = map(json.loads, (DATA / "asks.jsonl").read_text("utf-8").splitlines())
    return [Ask(row["id"], row["kind"], row["ask"], frozenset(row["right"])) for row in rows]


def by_vector(embedder: Embedder, offers: Sequence[Offer]) -> Callable[[str], np.ndarray]:
    """How near each offer is to an ask, by vectors."""
    vectors = [np.stack([embedder.embed(text) for text in offer.texts]) for offer in offers]

    def nearness(ask: str) -> np.ndarray:
        asked = embedder.embed(ask)
        return np.array([np.sort(own @ asked)[-NEAREST:].mean() for own in vectors])

    return nearness


def by_words(offers: Sequence[Offer]) -> Callable[[str], np.ndarray]:
    """How near each offer is to an ask, by the words they share (BM25)."""
    index = BM25Okapi([spoken(" ".join(offer.texts)).split() for offer in offers])
    return lambda ask: np.array(index.get_scores(ask.split()))


def by_both(embedder: Embedder, offers: Sequence[Offer]) -> Callable[[str], np.ndarray]:
    """How near each offer is to an ask, by vectors and by the words they share."""
    vector, words = by_vector(embedder, offers), by_words(offers)

    def nearness(ask: str) -> np.ndarray:
        shared = words(ask)
        return vector(ask) + WORDS * shared / max(shared.max(), 1e-6)

    return nearness


def found(nearness: Callable[[str], np.ndarray], offers: Sequence[Offer], asks: Sequence[Ask]) -> float:
    """The share of asks for which a right offer is among the first three; asks as a live recogniser writes them."""
    hits = 0
    for ask in asks:
        order = np.argsort(-nearness(spoken(ask.text)), kind="stable")[:FIRST]
        hits += any(offers[place].id in ask.right for place in order)
    return hits / len(asks)


def main() -> None:
    """Prints the share of asks whose offer is found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=HERE)
    args = parser.parse_args()
    offers, asks = read_offers(), read_asks()
    ear = RefusalClassifier(args.model)
    ways = {"both": by_both(ear, offers), "vector": by_vector(ear, offers), "BM25": by_words(offers)}
    for kind in ("plain", "indirect", ""):
        some = [ask for ask in asks if not kind or ask.kind == kind]
        shares = ", ".join(f"{name} {found(way, offers, some):.2f}" for name, way in ways.items())
        sys.stdout.write(f"{kind or 'all'} ({len(some)} asks, {len(offers)} offers): {shares}\n")


if __name__ == "__main__":
    main()
