"""What came of the calls of a period: how noes ended, which nudges helped, and whether nudging changes anything."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from pydantic import AwareDatetime

from voiceassist.core.types import MomentState, NudgeKind
from voiceassist.report.document import Seconds, Shape
from voiceassist.report.statistics import LEAST, Clusters, difference, needed, wilson
from voiceassist.store.lines import Outcome, Thumbs, Totals

TEN_POINTS = 0.1


class Rate(Shape, frozen=True):
    """`count` of `of`, with the share and its 95 % interval; these are null where there are too few to tell."""

    count: int
    of: int
    share: float | None = None
    low: float | None = None
    high: float | None = None


class Precision(Shape, frozen=True):
    """Of the thumbs that nudges of a kind got, those that said it helped."""

    kind: str
    helpful: Rate


class Arm(Shape, frozen=True):
    """One arm of the comparison. `mended`: noes with an alternative and a reason, heard while they lived."""

    calls: int
    calls_with_noes: int
    mended: Rate


class Change(Shape, frozen=True):
    """A difference of two shares and its 95 % interval."""

    by: float
    low: float
    high: float


class Effect(Shape, frozen=True):
    """Calls with nudges beside those of the silent arm: the nudged arm's share less the silent one's.

    The interval takes the noes of one call as belonging together. `calls_needed`: so many calls of each arm show a
    difference like the one found with 80 % power, `calls_needed_for_ten` one of ten points. Null: too few to tell.
    """

    nudged: Arm
    silent: Arm
    change: Change | None = None
    calls_needed: int | None = None
    calls_needed_for_ten: int | None = None


class Period(Shape, frozen=True):
    """What came of the calls that began from `since` up to `until`; null: whenever.

    `noes` are the clear ones that are over, `unsure` what only may have been one. `to_repair`: the median time from a
    no to the part that mended it, 0 where it came with the no.
    """

    since: AwareDatetime | None
    until: AwareDatetime | None
    team: str
    calls: int
    noes: int
    unsure: int
    repaired: int
    recovered: int
    expired: int
    unrepaired: Rate
    to_repair: Seconds | None
    precision: tuple[Precision, ...]
    effect: Effect


def period(  # noqa: PLR0913 - what a period is made of
    totals: Totals,
    outcomes: Iterable[Outcome],
    thumbs: Sequence[Thumbs],
    *,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    team: str = "",
) -> Period:
    """Count it."""
    ends: Counter[str] = Counter()
    unrepaired: dict[str, tuple[int, int]] = {}
    mended: dict[bool, dict[str, tuple[int, int]]] = {False: {}, True: {}}
    times: list[Seconds] = []
    for no in outcomes:
        ends[no.state] += 1
        _add(unrepaired, no.call, no.state == MomentState.EXPIRED)
        _add(mended[no.silent_arm], no.call, no.alternative is not None and no.reason is not None)
        if (time := to_repair(no)) is not None:
            times.append(time)
    return Period(
        since=since,
        until=until,
        team=team,
        calls=totals.calls,
        noes=ends.total(),
        unsure=totals.unsure,
        repaired=ends[MomentState.REPAIRED],
        recovered=ends[MomentState.RECOVERED],
        expired=ends[MomentState.EXPIRED],
        unrepaired=rate(Clusters([*unrepaired.values()])),
        to_repair=round(median(times), 1) if len(times) >= LEAST else None,
        precision=tuple(Precision(kind=kind, helpful=_of_thumbs(up, up + down)) for kind, up, down in thumbs),
        effect=_effect(totals, Clusters([*mended[False].values()]), Clusters([*mended[True].values()])),
    )


def _add(counts: dict[str, tuple[int, int]], call: str, holds: bool) -> None:  # noqa: FBT001 - what is counted
    count, of = counts.get(call, (0, 0))
    counts[call] = (count + holds, of + 1)


def to_repair(no: Outcome) -> Seconds | None:
    """Seconds from the no to the part that mended it; None where it was not. What came later does not count."""
    if no.state == MomentState.EXPIRED or no.settled is None:
        return None
    mended = _whole(no) if no.state == MomentState.REPAIRED else _answer(no)
    return max(0.0, (no.settled if mended is None else mended) - no.opened)


def _whole(no: Outcome) -> Seconds | None:
    """When it had both an alternative and a reason; None where the ear was not sure of one of them."""
    return None if no.alternative is None or no.reason is None else max(no.alternative, no.reason)


def _answer(no: Outcome) -> Seconds | None:
    """When the part came that the nudge had asked for; of a renewed nudge the first that came after it."""
    match no.nudged:
        case NudgeKind.OFFER_ALTERNATIVE:
            return no.alternative
        case NudgeKind.GIVE_REASON:
            return no.reason
        case _:
            after = no.opened if no.judged is None else no.judged
            parts = (no.acknowledgement, no.reason, no.alternative)
            return min((at for at in parts if at is not None and at > after), default=None)


def rate(counts: Clusters) -> Rate:
    """The share of what comes in calls."""
    count = sum(holds for holds, _ in counts.counts)
    if counts.of < LEAST:
        return Rate(count=count, of=counts.of)
    interval = counts.interval
    return Rate(count=count, of=counts.of, share=counts.share, low=interval.low, high=interval.high)


def change_of(one: Clusters, other: Clusters) -> Change:
    """The one's share less the other's."""
    interval = difference(one.share, one.interval, other.share, other.interval)
    return Change(by=one.share - other.share, low=interval.low, high=interval.high)


def _of_thumbs(count: int, of: int) -> Rate:
    if of < LEAST:
        return Rate(count=count, of=of)
    interval = wilson(count / of, of)
    return Rate(count=count, of=of, share=count / of, low=interval.low, high=interval.high)


def _arm(calls: int, mended: Clusters) -> Arm:
    return Arm(calls=calls, calls_with_noes=len(mended.counts), mended=rate(mended))


def _effect(totals: Totals, nudged: Clusters, silent: Clusters) -> Effect:
    with_nudges = _arm(totals.calls - totals.silent, nudged)
    without = _arm(totals.silent, silent)
    if min(len(nudged.counts), len(silent.counts)) < LEAST:
        return Effect(nudged=with_nudges, silent=without)
    change = change_of(nudged, silent)
    by = change.by
    # Of a no each call tells as much as its noes do, less what they have in common.
    noes = nudged.of + silent.of
    alike = (nudged.design_effect * nudged.of + silent.design_effect * silent.of) / noes
    calls = alike * totals.calls / noes
    ten = silent.share + (TEN_POINTS if silent.share + TEN_POINTS <= 1 else -TEN_POINTS)
    return Effect(
        nudged=with_nudges,
        silent=without,
        change=change,
        calls_needed=math.ceil(calls * needed(nudged.share, silent.share)) if by else None,
        calls_needed_for_ten=math.ceil(calls * needed(ten, silent.share)),
    )
