"""How well a judge hears what agents say: labels, refusals and their calibration over labelled lines, and time a line.

Every figure is taken twice: with the customer's words, and with these blanked, as where only the agent is heard.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from voiceassist.bench.examples import Example, read_examples
from voiceassist.core.types import Label, Scores

__all__ = ["Example", "Form", "Judge", "Quality", "Times", "measure", "read_examples", "time_lines"]

BINS = 10
WORST = 30
# A score of exactly 0 or 1 that is wrong is very wrong, not infinitely.
_SUREST = 1e-12
_LONGEST_LINE = "word " * 32, "word " * 92


class Judge(Protocol):
    """Whatever scores a line: the ear, or another way to do its work."""

    def score(self, prev: str, text: str) -> Scores:
        """Scores of the agent's `text` in the light of `prev`, which may be empty."""
        ...


@dataclass(frozen=True, slots=True)
class Detection:
    """How well one thing is found: `rows` are judged, in `n` of them it is there. A figure without rows is None."""

    rows: int
    n: int
    hit: int
    missed: int
    false: int
    right: int
    precision: float | None
    recall: float | None
    f1: float | None

    @classmethod
    def of(cls, outcomes: Iterable[tuple[bool | None, bool]]) -> Detection:
        """From (is it there, is it found); where the first is None, it is not known and not counted."""
        counts = {(there, found): 0 for there in (True, False) for found in (True, False)}
        for there, found in outcomes:
            if there is not None:
                counts[there, found] += 1
        hit, missed, false = counts[True, True], counts[True, False], counts[False, True]
        return cls(
            rows=sum(counts.values()),
            n=hit + missed,
            hit=hit,
            missed=missed,
            false=false,
            right=counts[False, False],
            precision=_ratio(hit, hit + false),
            recall=_ratio(hit, hit + missed),
            f1=_ratio(2 * hit, 2 * hit + missed + false),
        )


@dataclass(frozen=True, slots=True)
class Bin:
    """The rows scored in [low, high), the last bin up to 1: their mean score, and the share that has the label."""

    low: float
    high: float
    rows: int
    score: float | None
    share: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether scores are probabilities. `error` is the mean distance of score and share over ten equal bins (ECE)."""

    error: float | None
    bins: tuple[Bin, ...]

    @classmethod
    def of(cls, outcomes: Iterable[tuple[bool | None, float]]) -> Calibration:
        """From (is the label there, its score); where the first is None, it is not known and not counted."""
        known = [(there, score) for there, score in outcomes if there is not None]
        labels = np.array([there for there, _ in known], np.float64)
        scores = np.array([score for _, score in known], np.float64)
        places = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
        bins: list[Bin] = []
        apart = 0.0
        for place in range(BINS):
            inside = places == place
            rows, low, high = int(inside.sum()), place / BINS, (place + 1) / BINS
            if not rows:
                bins.append(Bin(low, high, 0, None, None))
                continue
            score, share = float(scores[inside].mean()), float(labels[inside].mean())
            bins.append(Bin(low, high, rows, score, share))
            apart += rows * abs(score - share)
        return cls(_ratio(apart, len(known)), tuple(bins))


@dataclass(frozen=True, slots=True)
class LabelQuality:
    found: Detection
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `of` rows; `share` is None where there are none."""

    count: int
    of: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Category:
    """What became of refusals in one category. `false_share` is of its rows without refusal, None where all refuse."""

    rows: int
    refusals: int
    missed: int
    false: int
    false_share: float | None


@dataclass(frozen=True, slots=True)
class Form:
    """The figures of the lines in one form, over those labels that are known in it.

    `bare` is a refusal without alternative. `alternative` is that label over refusals alone. Of `pairs`, those count
    that have two lines or more, all of them with a known refusal; they are right where all their lines are.
    """

    labels: dict[Label, LabelQuality]
    bare: Detection
    alternative: Detection
    false_refusals: Share
    pairs: Share
    categories: dict[str, Category]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A label that was judged wrongly, and by what score."""

    id: str
    label: Label
    expected: bool
    score: float
    prev: str
    text: str


@dataclass(frozen=True, slots=True)
class Quality:
    """All figures. `worst` are the mistakes furthest from right, one a line, with the customer's words."""

    rows: int
    with_prev: Form
    prev_blanked: Form
    worst: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds a line takes."""

    lines: int
    p50: float
    p95: float
    max: float


_Judged: TypeAlias = Sequence[tuple[Example, Scores]]


def measure(judge: Judge, examples: Sequence[Example]) -> Quality:
    """All figures of `judge` over the examples."""
    heard = [(example, judge.score(example.prev, example.text)) for example in examples]
    blanked = [
        (example.blanked(), judge.score("", example.text) if example.prev else scores) for example, scores in heard
    ]
    return Quality(len(heard), _form(heard), _form(blanked), _worst(heard))


def time_lines(judge: Judge, examples: Sequence[Example]) -> Times:
    """Wall time of each line, after a line of the greatest length that is not counted. At least one example."""
    judge.score(*_LONGEST_LINE)
    spent: list[float] = []
    for example in examples:
        began = time.perf_counter()
        judge.score(example.prev, example.text)
        spent.append(1000 * (time.perf_counter() - began))
    p50, p95, most = np.percentile(spent, (50, 95, 100))
    return Times(len(spent), round(float(p50), 2), round(float(p95), 2), round(float(most), 2))


def _form(judged: _Judged) -> Form:
    refusals = [(e, s) for e, s in judged if e.labels.get(Label.REFUSAL)]
    others = [(e, s) for e, s in judged if e.labels.get(Label.REFUSAL) is False]
    false = sum(scores.has(Label.REFUSAL) for _, scores in others)
    return Form(
        labels={label: _label(judged, label) for label in Label},
        bare=Detection.of((_is_bare(e), s.has(Label.REFUSAL) and not s.has(Label.ALTERNATIVE)) for e, s in judged),
        alternative=_label(refusals, Label.ALTERNATIVE).found,
        false_refusals=Share(false, len(others), _ratio(false, len(others))),
        pairs=_pairs(judged),
        categories=_categories(judged),
    )


def _label(judged: _Judged, label: Label) -> LabelQuality:
    return LabelQuality(
        Detection.of((example.labels.get(label), scores.has(label)) for example, scores in judged),
        Calibration.of((example.labels.get(label), scores[label]) for example, scores in judged),
    )


def _is_bare(example: Example) -> bool | None:
    """Whether it refuses and offers nothing: None where what is known does not tell."""
    refusal, alternative = example.labels.get(Label.REFUSAL), example.labels.get(Label.ALTERNATIVE)
    if refusal is False or alternative is True:
        return False
    return None if refusal is None or alternative is None else True


def _pairs(judged: _Judged) -> Share:
    right: dict[str, list[bool | None]] = {}
    for example, scores in judged:
        if example.pair is not None:
            refusal = example.labels.get(Label.REFUSAL)
            right.setdefault(example.pair, []).append(None if refusal is None else refusal == scores.has(Label.REFUSAL))
    known = [lines for lines in right.values() if len(lines) > 1 and None not in lines]
    count = sum(all(lines) for lines in known)
    return Share(count, len(known), _ratio(count, len(known)))


def _categories(judged: _Judged) -> dict[str, Category]:
    names = sorted({example.category for example, _ in judged})
    found = {name: _label([j for j in judged if j[0].category == name], Label.REFUSAL).found for name in names}
    return {
        name: Category(
            refusal.rows, refusal.n, refusal.missed, refusal.false, _ratio(refusal.false, refusal.rows - refusal.n)
        )
        for name, refusal in found.items()
        if refusal.rows
    }


def _worst(judged: _Judged) -> tuple[Mistake, ...]:
    mistakes: list[Mistake] = []
    for example, scores in judged:
        wrong = [
            Mistake(example.id, label, expected, scores[label], example.prev, example.text)
            for label, expected in example.labels.items()
            if scores.has(label) is not expected
        ]
        if wrong:
            mistakes.append(max(wrong, key=_cross_entropy))
    return tuple(sorted(mistakes, key=_cross_entropy, reverse=True)[:WORST])


def _cross_entropy(mistake: Mistake) -> float:
    right = mistake.score if mistake.expected else 1 - mistake.score
    return -math.log(max(right, _SUREST))


def _ratio(part: float, whole: int) -> float | None:
    return part / whole if whole else None
