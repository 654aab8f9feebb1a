"""The nouns of a call: every arrow of the data's way is one of these frozen values.

Times are integer samples at 16 kHz counted since the call began; only the wire speaks in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
FRAME = 512
"""Samples in a frame (32 ms): the window that Silero VAD was trained on."""

Samples: TypeAlias = npt.NDArray[np.float32]


def seconds(samples: int) -> float:
    """Samples as seconds, rounded to the millisecond."""
    return round(samples / SAMPLE_RATE, 3)


def samples(seconds: float) -> int:
    """Seconds as the nearest whole sample."""
    return round(seconds * SAMPLE_RATE)


class Channel(StrEnum):
    """Who is heard: each side of the call has a channel of its own."""

    AGENT = "agent"
    CUSTOMER = "customer"


# --- sound ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class AudioFrame:
    """`FRAME` samples of one channel: mono float32 in [-1, 1], beginning at sample `start`."""

    channel: Channel
    start: int
    samples: Samples

    @property
    def end(self) -> int:
        return self.start + len(self.samples)


@dataclass(frozen=True, slots=True)
class Gap:
    """Time that passed without sound: it moves the clock, nothing is heard in it.

    `lost` tells that there was sound which did not come through (overflow, a lost device); else the device was idle.
    """

    channel: Channel
    start: int
    end: int
    lost: bool = False


class AudioState(StrEnum):
    """How the sound of a channel is: the first five are told by its source, the others by the call."""

    LISTENING = "listening"
    SILENT = "silent"
    LOST = "lost"
    RESTORED = "restored"
    CHANGED = "changed"
    PAUSED = "paused"
    LAGGING = "lagging"


@dataclass(frozen=True, slots=True)
class SourceChanged:
    """What became of the device that a channel comes from, in its place among the frames.

    `device` is the name of the device that is heard from now on; of one that is lost, the name it had.
    """

    channel: Channel
    at: int
    state: AudioState
    device: str = ""


@dataclass(frozen=True, slots=True)
class SpeechSegment:
    """A breath of one channel: speech was heard from `onset` up to `offset`.

    Its sound lies in [start, end): `start` is the onset less the pre-roll, `end` the offset plus the silence after it.
    """

    channel: Channel
    start: int
    end: int
    onset: int
    offset: int


# --- words and scores -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word; `probability` in [0, 1] is the recogniser's own belief."""

    start: int
    end: int
    text: str
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one side said up to a pause (a breath) or up to the end of speech (`final`)."""

    channel: Channel
    start: int
    end: int
    text: str
    final: bool = False


class Label(StrEnum):
    """What an agent's words can hold. The order is the order of the model's outputs."""

    REFUSAL = "refusal"
    ACKNOWLEDGEMENT = "acknowledgement"
    REASON = "reason"
    ALTERNATIVE = "alternative"
    BUY_IN = "buy_in"
    CLOSING = "closing"
    COMPLETE = "complete"
    PROMISE = "promise"


HOLDS = 0.5
"""The score from which a label holds: the classifier scales each label's own threshold to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What the classifier hears in one text: calibrated probabilities in [0, 1], a label holds from 0.5 on.

    `language` is "en", or "other" for a text that is clearly not English (then every score is 0). `vector` is float32
    of unit length: the embedding of `prev` where there is one, else of the text.
    """

    refusal: float = 0.0
    acknowledgement: float = 0.0
    reason: float = 0.0
    alternative: float = 0.0
    buy_in: float = 0.0
    closing: float = 0.0
    complete: float = 0.0
    promise: float = 0.0
    language: str = "en"
    vector: Samples = field(default_factory=lambda: np.zeros(1, np.float32))

    def __getitem__(self, label: Label) -> float:
        value: float = getattr(self, label.value)
        return value

    def has(self, label: Label) -> bool:
        return self[label] >= HOLDS

    @property
    def labels(self) -> frozenset[Label]:
        """The labels that hold."""
        return frozenset(label for label in Label if self.has(label))

    @classmethod
    def of(cls, values: Mapping[str, float], *, language: str = "en", vector: Samples | None = None) -> Scores:
        """Scores from label names; a label that is not named is 0."""
        scores = cls(**{label.value: float(values.get(label.value, 0.0)) for label in Label})  # pyright: ignore[reportArgumentType]
        return replace(scores, language=language, vector=scores.vector if vector is None else vector)


# --- the moment -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parts:
    """The four marks of a well-said no: a mark once lit stays lit."""

    acknowledgement: bool = False
    reason: bool = False
    alternative: bool = False
    buy_in: bool = False

    def __or__(self, other: Parts) -> Parts:
        return Parts(*(getattr(self, f.name) or getattr(other, f.name) for f in fields(Parts)))

    def __iter__(self) -> Iterator[str]:
        """The names of the marks that are lit, in their fixed order."""
        return (f.name for f in fields(Parts) if getattr(self, f.name))

    @classmethod
    def heard_in(cls, scores: Scores, least: float = HOLDS) -> Parts:
        """The marks whose scores are `least` or more."""
        return cls(*(scores[Label(f.name)] >= least for f in fields(cls)))


PARTS = tuple(f.name for f in fields(Parts))
"""The names of the marks, in their fixed order."""
WELL_SAID = ("acknowledgement", "reason", "alternative")
"""The parts that a well-said no has."""


class MomentState(StrEnum):
    OPEN = "open"
    REPAIRED = "repaired"
    NUDGED = "nudged"
    RECOVERED = "recovered"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class Withheld(StrEnum):
    """Why a moment that lacks something was not nudged."""

    CAP = "cap"
    COOLDOWN = "cooldown"
    SNOOZE = "snooze"
    SILENT_ARM = "silent_arm"
    UNSURE = "unsure"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Moment:
    """One refusal and its repair, as the screen sees it. `asked` is the request refused, empty where not heard."""

    id: str
    state: MomentState
    quote: str
    asked: str = ""
    parts: Parts = Parts()
    unsure: bool = False
    holding: bool = False
    withheld: Withheld | None = None


class NudgeKind(StrEnum):
    OFFER_ALTERNATIVE = "offer_alternative"
    ACKNOWLEDGE = "acknowledge"
    GIVE_REASON = "give_reason"
    LET_THEM_FINISH = "let_them_finish"


class ClearedWhy(StrEnum):
    """Why a nudge left the screen."""

    RECOVERED = "recovered"
    REPAIRED = "repaired"
    EXPIRED = "expired"
    DISMISSED = "dismissed"
    REPLACED = "replaced"
    SNOOZED = "snoozed"
    WITHDRAWN = "withdrawn"
    CALL_ENDED = "call_ended"


@dataclass(frozen=True, slots=True)
class Nudge:
    """At most eight words that may change what is said next; at the sample `expires_at` it leaves the screen."""

    id: str
    moment: str | None
    kind: NudgeKind
    text: str
    quote: str
    expires_at: int
    suggestions: tuple[str, ...] = ()


class AlertWhy(StrEnum):
    SECOND_UNREPAIRED = "second_unrepaired"
    ASKED_FOR_MANAGER = "asked_for_manager"
    WANTS_TO_CANCEL = "wants_to_cancel"


class MarkKind(StrEnum):
    """What is noted for the review, without a word of advice."""

    PARROTED = "parroted"
    INTERRUPTED = "interrupted"
    UNACKNOWLEDGED = "unacknowledged"
    RULED_OUT = "ruled_out"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something in the agent's words to look at afterwards; `quote` holds the words that show it.

    `moment` is the no that it belongs to, None where there is none; `note` what the playbook says of it.
    """

    kind: MarkKind
    quote: str
    moment: str | None = None
    note: str = ""


# --- what the core asks for -------------------------------------------------------------------------------------------


class Purpose(StrEnum):
    """Why words are wanted: a pause is judged on them, a guess may become one, a tick only shows them."""

    PAUSE = "pause"
    GUESS = "guess"
    TICK = "tick"


@dataclass(frozen=True, slots=True)
class Transcribe:
    """A request for the words of a segment; one with an older `generation` than its channel's newest is superseded."""

    id: int
    segment: SpeechSegment
    purpose: Purpose
    generation: int


@dataclass(frozen=True, slots=True)
class Classify:
    """A request for the scores of `text` in the light of `prev`, what the customer said or asked (may be empty)."""

    id: int
    prev: str
    text: str


Request: TypeAlias = Transcribe | Classify
