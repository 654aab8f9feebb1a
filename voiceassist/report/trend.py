"""How a team's noes went over the last days: of the team as a whole, never of one agent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from statistics import median

from voiceassist.core.types import MomentState
from voiceassist.report.document import Seconds, Shape
from voiceassist.report.period import to_repair
from voiceassist.report.statistics import LEAST
from voiceassist.store.lines import Outcome


class TrendPoint(Shape, frozen=True):
    """One day: its calls, its clear noes, those left as they were, and the median seconds until one was mended."""

    day: date
    calls: int
    noes: int
    unrepaired: int
    repair_seconds_p50: Seconds | None


class Trend(Shape, frozen=True):
    """The days that had calls, the oldest first, and how many noes they had; of too few no day is told."""

    points: tuple[TrendPoint, ...]
    n: int
    least: int = LEAST


def trend(calls: Mapping[str, date], outcomes: Iterable[Outcome]) -> Trend:
    """The days of these calls, each call with its day."""
    noes: dict[date, list[Outcome]] = defaultdict(list)
    for no in outcomes:
        noes[calls[no.call]].append(no)
    n = sum(map(len, noes.values()))
    if n < LEAST:
        return Trend(points=(), n=n)
    days = sorted(set(calls.values()))
    counted = {day: sum(of == day for of in calls.values()) for day in days}
    return Trend(points=tuple(_point(day, counted[day], noes[day]) for day in days), n=n)


def _point(day: date, calls: int, noes: list[Outcome]) -> TrendPoint:
    seconds = [took for no in noes if (took := to_repair(no)) is not None]
    return TrendPoint(
        day=day,
        calls=calls,
        noes=len(noes),
        unrepaired=sum(no.state == MomentState.EXPIRED for no in noes),
        repair_seconds_p50=round(median(seconds), 1) if seconds else None,
    )
