"""Shares and their differences with honest intervals: small files, noes that come in calls, no share without its n."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

LEAST = 20
"""Fewer than so many, and a share says more about chance than about anybody."""
POWER = 0.8
_TWO_SIDED = NormalDist().inv_cdf(0.975)
_POWER = NormalDist().inv_cdf(POWER)


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Clusters:
    """Counts that come in calls, as `(count, of)` a call: noes of one call have agent and customer in common."""

    counts: Sequence[tuple[int, int]]

    @property
    def of(self) -> int:
        return sum(of for _, of in self.counts)

    @property
    def share(self) -> float:
        """Raises ZeroDivisionError where there is nothing to be a share of."""
        return sum(count for count, _ in self.counts) / self.of

    @property
    def design_effect(self) -> float:
        """How many noes tell as much as one that stood alone would: at least 1.

        The variance of the share, with calls as what was drawn (linearised), over what it would be for single noes.
        Where the share is 0 or 1 nothing is known of it, and each call counts as one.
        """
        share, of, calls = self.share, self.of, len(self.counts)
        if share in {0.0, 1.0} or calls < 2:  # noqa: PLR2004 - no spread in one
            return of / max(1, calls)
        spread = sum((count - share * own) ** 2 for count, own in self.counts)
        return max(1.0, calls / (calls - 1) * spread / (of * share * (1 - share)))

    @property
    def interval(self) -> Interval:
        """Wilson's, by as many noes as would tell as much if each stood alone."""
        return wilson(self.share, self.of / self.design_effect)


def wilson(share: float, of: float) -> Interval:
    """Wilson's score interval of a share of `of`: it stays within 0 and 1, also for few."""
    squared = _TWO_SIDED**2 / of
    middle = (share + squared / 2) / (1 + squared)
    half = _TWO_SIDED / (1 + squared) * math.sqrt(share * (1 - share) / of + squared / (4 * of))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def difference(one: float, of_one: Interval, other: float, of_other: Interval) -> Interval:
    """The interval of `one - other`, made of the intervals of both (Newcombe's hybrid score method)."""
    apart = one - other
    low = math.hypot(one - of_one.low, of_other.high - other)
    high = math.hypot(of_one.high - one, other - of_other.low)
    return Interval(apart - low, apart + high)


def needed(one: float, other: float) -> int:
    """How many single noes each arm needs, for a difference of these shares to be seen with 80 % power.

    Two-sided at 5 %, by the normal approximation. Raises ZeroDivisionError where there is no difference.
    """
    mean = (one + other) / 2
    chance = _TWO_SIDED * math.sqrt(2 * mean * (1 - mean))
    effect = _POWER * math.sqrt(one * (1 - one) + other * (1 - other))
    return math.ceil((chance + effect) ** 2 / (one - other) ** 2)
