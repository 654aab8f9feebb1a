"""Intervals against published values, and noes of one call against each other."""

from __future__ import annotations

import random

import pytest

from voiceassist.report.statistics import Clusters, Interval, difference, needed, wilson


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [  # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilsons_interval(count: int, of: int, low: float, high: float) -> None:
    found = wilson(count / of, of)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [  # Newcombe 1998, Statistics in Medicine 17:873, table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 10), 0.6075, 1.0),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)
def test_the_interval_of_a_difference(one: tuple[int, int], other: tuple[int, int], low: float, high: float) -> None:
    shares = [count / of for count, of in (one, other)]
    first, second = (wilson(count / of, of) for count, of in (one, other))
    found = difference(shares[0], first, shares[1], second)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(("one", "other", "noes"), [(0.5, 0.6, 388), (0.2, 0.3, 294), (0.1, 0.05, 435)])
def test_how_many_are_needed(one: float, other: float, noes: int) -> None:
    """Fleiss, Statistical Methods for Rates and Proportions: without the continuity correction."""
    assert needed(one, other) == needed(other, one) == noes


def test_calls_of_one_no_each_are_single_noes() -> None:
    single = Clusters([(1, 1)] * 30 + [(0, 1)] * 70)
    assert single.share == 0.3
    assert single.design_effect == pytest.approx(100 / 99)


def test_noes_that_are_all_alike_in_a_call_tell_as_much_as_one() -> None:
    alike = Clusters([(4, 4)] * 30 + [(0, 4)] * 70)
    assert alike.design_effect == pytest.approx(4 * 100 / 99)
    assert alike.interval.low == pytest.approx(wilson(0.3, 99).low)


def test_where_nothing_differs_a_call_counts_as_one() -> None:
    assert Clusters([(3, 3)] * 20).interval == wilson(1.0, 20)
    assert Clusters([(0, 40)]).interval == wilson(0.0, 1)
    assert Clusters([(20, 40)]).interval == wilson(0.5, 1)


def test_a_call_never_tells_more_than_its_noes() -> None:
    """Noes of a call that balance each other out are no reason to be surer."""
    assert Clusters([(1, 2)] * 50).design_effect == 1


def test_the_interval_holds_what_it_promises() -> None:
    """Of 400 comparisons without a difference about 95 of 100 cover none; intervals of single noes cover 88."""
    dice = random.Random(7)

    def draw() -> Clusters:
        calls = []
        for _ in range(40):
            of, share = dice.choice([1, 1, 1, 2, 2, 3, 5]), dice.betavariate(0.7, 1.6)
            calls.append((sum(dice.random() < share for _ in range(of)), of))
        return Clusters(calls)

    def covers(of_one: Interval, of_other: Interval) -> bool:
        found = difference(one.share, of_one, other.share, of_other)
        return found.low <= 0 <= found.high

    clustered = single = 0
    for _ in range(400):
        one, other = draw(), draw()
        clustered += covers(one.interval, other.interval)
        single += covers(wilson(one.share, one.of), wilson(other.share, other.of))
    assert clustered / 400 > 0.92
    assert single / 400 < 0.91
