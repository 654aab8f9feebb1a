"""What the core tells of a call: every event is one of these frozen values, `at` the sample at which it happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from voiceassist.core.scorecard import Scorecard
from voiceassist.core.types import AlertWhy, AudioState, Channel, ClearedWhy, Mark, Moment, Nudge, NudgeKind, Utterance


@dataclass(frozen=True, slots=True)
class CallStarted:
    """The call begins; in the `silent_arm` of a comparison it is judged and never nudged."""

    at: int
    silent_arm: bool = False


@dataclass(frozen=True, slots=True)
class Transcript:
    at: int
    utterance: Utterance


@dataclass(frozen=True, slots=True)
class MomentChanged:
    at: int
    moment: Moment


@dataclass(frozen=True, slots=True)
class NudgeSent:
    """A nudge to show; with the id of one that stands, it is renewed."""

    at: int
    nudge: Nudge


@dataclass(frozen=True, slots=True)
class NudgeCleared:
    at: int
    id: str
    why: ClearedWhy


@dataclass(frozen=True, slots=True)
class Praised:
    at: int
    moment: str
    text: str


@dataclass(frozen=True, slots=True)
class Marked:
    at: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class KindMuted:
    """Nudges of this kind stay away from now on: of the thumbs that it had too few were up."""

    at: int
    kind: NudgeKind
    up: int
    down: int


@dataclass(frozen=True, slots=True)
class AudioChanged:
    """How a channel's sound is from now on; `lost` are the samples of it that did not come through so far."""

    at: int
    state: AudioState
    channel: Channel = Channel.AGENT
    device: str = ""
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Alerted:
    at: int
    id: str
    why: AlertWhy
    moment: Moment
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EngineFailed:
    """An engine broke on one request; the call goes on."""

    at: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class LanguageOther:
    """The agent's words are clearly not English: nothing is judged while they are not."""

    at: int


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The call is over; `lost` are the samples of sound, of all channels, that did not come through."""

    at: int
    scorecard: Scorecard
    lost: int = 0


Event: TypeAlias = (
    CallStarted
    | Transcript
    | MomentChanged
    | NudgeSent
    | NudgeCleared
    | Praised
    | Marked
    | KindMuted
    | AudioChanged
    | Alerted
    | EngineFailed
    | LanguageOther
    | CallEnded
)
