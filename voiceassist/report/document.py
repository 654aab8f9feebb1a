"""What a review says: the page, the terminal and the exports all read it. Times are seconds since the call began."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from pydantic import BaseModel

from voiceassist.core.types import Channel, ClearedWhy, MarkKind, MomentState, NudgeKind, Withheld
from voiceassist.report.rephrase import Source
from voiceassist.store.records import CallInfo, Utterance

Seconds: TypeAlias = float


class Shape(BaseModel, frozen=True):
    """A part of a review."""


class Step(StrEnum):
    """The four steps, in the order that helps."""

    EMPATHY = "empathy"
    LISTENING = "listening"
    ACKNOWLEDGING = "acknowledging"
    SOLVING = "solving"


class StepHeard(Shape, frozen=True):
    """A step, and the mark that stands for it; None where the customer was let finish."""

    step: Step
    part: str | None


class Breath(Shape, frozen=True):
    """Words that brought steps: the agent's, or the customer's where these were let finish."""

    at: Seconds
    words: str
    steps: tuple[StepHeard, ...]


class Missing(Shape, frozen=True):
    """A part that was not heard, said kindly."""

    part: str
    text: str


class Instead(Shape, frozen=True):
    """A line that says what cannot be, and how it is said as what can."""

    at: Seconds
    said: str
    instead: str
    source: Source


class Noted(Shape, frozen=True):
    """A quiet mark. `text`: what it means; `note`: what the playbook says of it."""

    at: Seconds
    kind: MarkKind
    quote: str
    text: str
    note: str = ""


class Span(Shape, frozen=True):
    """A stretch of the call."""

    start: Seconds
    end: Seconds


class Unheard(Span, frozen=True):
    """A stretch in which nothing was heard of a side, of both where `channel` is None."""

    channel: Channel | None
    why: str


class Nudged(Shape, frozen=True):
    """A nudge that came for a no, or for none. `renewed`: it stood already and was shown anew."""

    id: str
    at: Seconds
    kind: NudgeKind
    text: str
    suggestions: tuple[str, ...]
    renewed: bool
    cleared_at: Seconds | None
    why: ClearedWhy | None
    helpful: bool | None


class No(Shape, frozen=True):
    """One no of the call. `noes`: how often it was said; `grace`: the time to mend it before anything was nudged."""

    number: int
    id: str
    at: Seconds
    quote: str
    asked: str
    state: MomentState
    unsure: bool
    withheld: Withheld | None
    noes: int
    well_said: bool
    grace: Span | None
    settled: Seconds | None
    breaths: tuple[Breath, ...]
    missing: tuple[Missing, ...]
    order: str
    instead: tuple[Instead, ...]
    nudges: tuple[Nudged, ...]
    marks: tuple[Noted, ...]


class Counted(Shape, frozen=True, from_attributes=True):
    """What was counted over the whole call, as `Scorecard` says."""

    well_redirected: int
    buy_ins: int
    clarified: int
    promises: int
    gracious: bool
    closing: bool


class Review(Shape, frozen=True):
    """A call, looked at: `praise` comes first, `next_time` after it, `limits` tell what could not be heard.

    `counted` is None where the call's end is not known.
    """

    call: CallInfo
    customer_heard: bool
    limits: tuple[str, ...]
    praise: tuple[str, ...]
    next_time: tuple[str, ...]
    counted: Counted | None
    noes: tuple[No, ...]
    marks: tuple[Noted, ...]
    nudges: tuple[Nudged, ...]
    unheard: tuple[Unheard, ...]
    utterances: tuple[Utterance, ...]
