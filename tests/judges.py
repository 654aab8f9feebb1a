"""A judge whose scores are written down: line by line what it hears."""

from __future__ import annotations

from collections.abc import Mapping

from voiceassist.bench.examples import Example
from voiceassist.core.types import Label, Scores


class WrittenJudge:
    """Scores each (prev, text) as written; the labels that are not named, and lines that are not written, at 0."""

    def __init__(self, scores: Mapping[tuple[str, str], Mapping[str, float]]) -> None:
        self._scores = scores

    def score(self, prev: str, text: str) -> Scores:
        return Scores.of(self._scores.get((prev, text), {}))


def example(text: str, prev: str = "", *, labels: Mapping[str, bool | int] | None = None, **more) -> Example:
    """An example whose id is its text; where the customer is silent, the words alone are what they are."""
    known = {Label(name): bool(value) for name, value in (labels or {}).items()}
    more.setdefault("alone", None if prev else known.get(Label.REFUSAL))
    return Example(text, prev, text, known, **more)
