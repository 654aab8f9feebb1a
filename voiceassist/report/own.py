"""An agent's own calls over a period, beside the own past and nobody else's: what comes easily, what is forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from pydantic import AwareDatetime

from voiceassist.core.types import PARTS, WELL_SAID, MomentState
from voiceassist.report.document import Seconds, Shape
from voiceassist.report.period import Change, Rate, change_of, rate
from voiceassist.report.statistics import LEAST, Clusters
from voiceassist.store.lines import NoLine

_MOST_QUOTES = 5
_HALF = 0.5

Counts: TypeAlias = dict[str, dict[str, tuple[int, int]]]
"""Of each part by call: in how many noes it was heard, and of how many."""


class Ease(StrEnum):
    """Whether a part is heard in most of the noes: `easy` and `forgotten` where chance alone hardly says so."""

    EASY = "easy"
    FORGOTTEN = "forgotten"
    BETWEEN = "between"
    UNKNOWN = "unknown"


class How(StrEnum):
    """How a no went well."""

    WELL_SAID = "well_said"
    """With feeling, reason and a way on."""
    MENDED = "mended"
    """By oneself, before any nudge."""
    TURNED = "turned"
    """After the nudge."""


class PartHeard(Shape, frozen=True):
    """A part over the noes of the period and of the past; `change`: its share now less then, null: too few to tell."""

    part: str
    ease: Ease
    heard: Rate
    before: Rate
    change: Change | None


class WentWell(Shape, frozen=True):
    """A no that went well."""

    call: str
    started_at: AwareDatetime
    at: Seconds
    asked: str
    quote: str
    how: How


class OwnReview(Shape, frozen=True):
    """One's own calls from `since` up to `until`; the past goes from `before` up to `since`. Parts in their order.

    `noes` are the clear ones; `went_well` holds the newest that did, the best-said first.
    """

    before: AwareDatetime
    since: AwareDatetime
    until: AwareDatetime
    calls: int
    noes: int
    noes_before: int
    parts: tuple[PartHeard, ...]
    went_well: tuple[WentWell, ...]


def own_review(  # noqa: PLR0913 - a period and its past
    calls: int, noes: Iterable[NoLine], past: Iterable[NoLine], *, before: datetime, since: datetime, until: datetime
) -> OwnReview:
    """Look at one's own noes: all handed in are."""
    now, then = _Heard(), _Heard()
    well: dict[How, list[WentWell]] = {how: [] for how in How}
    for no in noes:
        if not no.unsure:
            now.add(no)
            if (how := _how(no)) is not None and len(well[how]) < _MOST_QUOTES:
                well[how].append(_went_well(no, how))
    for no in past:
        if not no.unsure:
            then.add(no)
    return OwnReview(
        before=before,
        since=since,
        until=until,
        calls=calls,
        noes=now.noes,
        noes_before=then.noes,
        parts=tuple(_part(part, now.of(part), then.of(part)) for part in PARTS),
        went_well=tuple(one for how in How for one in well[how])[:_MOST_QUOTES],
    )


class _Heard:
    """In how many noes of each call each part was heard."""

    def __init__(self) -> None:
        self.noes = 0
        self._counts: Counts = {part: {} for part in PARTS}

    def add(self, no: NoLine) -> None:
        self.noes += 1
        for part, calls in self._counts.items():
            count, of = calls.get(no.call, (0, 0))
            calls[no.call] = (count + (getattr(no, part) is not None), of + 1)

    def of(self, part: str) -> Clusters:
        return Clusters([*self._counts[part].values()])


def _part(part: str, now: Clusters, then: Clusters) -> PartHeard:
    heard = rate(now)
    enough = min(now.of, then.of) >= LEAST
    return PartHeard(
        part=part, ease=_ease(heard), heard=heard, before=rate(then), change=change_of(now, then) if enough else None
    )


def _ease(heard: Rate) -> Ease:
    if heard.low is None or heard.high is None:
        return Ease.UNKNOWN
    if heard.low > _HALF:
        return Ease.EASY
    return Ease.FORGOTTEN if heard.high < _HALF else Ease.BETWEEN


def _how(no: NoLine) -> How | None:
    heard: Sequence[str] = [part for part in WELL_SAID if getattr(no, part) is not None]
    match no.state:
        case MomentState.REPAIRED:
            return How.WELL_SAID if len(heard) == len(WELL_SAID) else How.MENDED
        case MomentState.RECOVERED:
            return How.TURNED
        case _:
            return None


def _went_well(no: NoLine, how: How) -> WentWell:
    return WentWell(call=no.call, started_at=no.started_at, at=no.at, asked=no.asked, quote=no.quote, how=how)
