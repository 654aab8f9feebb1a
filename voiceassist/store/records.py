"""What the store tells of a call: frozen records, times within the call in seconds since it began."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, ConfigDict

from voiceassist.core.types import (
    PARTS,
    AlertWhy,
    AudioState,
    Channel,
    ClearedWhy,
    MarkKind,
    MomentState,
    NudgeKind,
    Withheld,
)
from voiceassist.server import messages as wire

Seconds: TypeAlias = float
AlertState: TypeAlias = Literal["open", "acknowledged", "snoozed", "assigned"]


class CallState(StrEnum):
    """A call that is not on any more and never ended was cut off: its writer died."""

    ON = "on"
    ENDED = "ended"
    CUT_OFF = "cut_off"


class Record(BaseModel, frozen=True):
    model_config = ConfigDict(from_attributes=True)


class Utterance(Record, frozen=True):
    """What one side said."""

    channel: Channel
    start: Seconds
    end: Seconds
    text: str


class Moment(Record, frozen=True):
    """A no in its latest state; its parts are the times at which they were first heard."""

    id: str
    opened: Seconds
    judged: Seconds | None
    settled: Seconds | None
    state: MomentState
    quote: str
    asked: str
    unsure: bool
    withheld: Withheld | None
    acknowledgement: Seconds | None
    reason: Seconds | None
    alternative: Seconds | None
    buy_in: Seconds | None

    @property
    def parts(self) -> wire.Parts:
        """The parts that were heard, as a message tells them."""
        return wire.Parts.model_validate({part: getattr(self, part) is not None for part in PARTS})


class Sending(Record, frozen=True):
    """When a nudge was sent, and for which no; None where it was for none."""

    at: Seconds
    moment: str | None


class Nudge(Record, frozen=True):
    """A nudge as it was first sent, its renewals, when it went, and the agent's thumb."""

    id: str
    moment: str | None
    kind: NudgeKind
    text: str
    quote: str
    suggestions: tuple[str, ...]
    sent_at: Seconds
    painted_at: Seconds | None
    renewals: tuple[Sending, ...]
    cleared_at: Seconds | None
    why: ClearedWhy | None
    helpful: bool | None

    @property
    def sendings(self) -> tuple[Sending, ...]:
        return (Sending(at=self.sent_at, moment=self.moment), *self.renewals)


class Mark(Record, frozen=True):
    """Something noted for the review. `note`: what the playbook says of it."""

    at: Seconds
    kind: MarkKind
    quote: str
    moment: str | None
    note: str


class Sound(Record, frozen=True):
    """How a channel's sound was from `at` on."""

    at: Seconds
    channel: Channel
    state: AudioState


class CallInfo(Record, frozen=True):
    """A call in a list. `dropped`: messages of it that were not kept; `lost`: seconds of sound that did not come.

    `silent_arm`: it was judged and never nudged, to compare with. `owner`, `team`: on a hub, the user whose call it is
    and the team that he was in.
    """

    id: str
    agent: str
    transcriber: str
    started_at: AwareDatetime
    ended_at: AwareDatetime | None
    state: CallState
    seconds: Seconds
    lost: Seconds
    dropped: int
    silent_arm: bool
    noes: int
    nudges: int
    owner: str | None = None
    team: str | None = None


class Call(Record, frozen=True):
    """A call with all that is kept of it; `scorecard` is None where it never ended."""

    info: CallInfo
    scorecard: wire.Scorecard | None
    utterances: tuple[Utterance, ...]
    moments: tuple[Moment, ...]
    nudges: tuple[Nudge, ...]
    marks: tuple[Mark, ...]
    sounds: tuple[Sound, ...]


class Alert(Record, frozen=True):
    """A call for a supervisor: when it was raised (`at`: in the call), and what became of it when, by and to whom."""

    call: str
    id: str
    owner: str | None
    team: str | None
    agent: str
    at: Seconds
    raised_at: AwareDatetime
    why: AlertWhy
    moment: str
    quote: str
    asked: str
    missing: tuple[str, ...]
    state: AlertState
    changed_at: AwareDatetime | None
    by: str
    to: str
    until: AwareDatetime | None


class LiveCall(Record, frozen=True):
    """A call that is on, as far as it is kept: its last event is `seq`. `nudge`: the one that was sent last.

    `sound`: what was told last of the agent's sound.
    """

    id: str
    owner: str | None
    team: str | None
    agent: str
    seq: int
    started_at: AwareDatetime
    seen_at: AwareDatetime
    moments: tuple[Moment, ...]
    nudge: Nudge | None
    alerts: tuple[Alert, ...]
    sound: Sound | None = None
