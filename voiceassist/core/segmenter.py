"""Speech probability to start, pause and end of speech: one small machine a channel, driven by the sound's own time.

There is no minimum length: two frames of speech (64 ms) are a breath, so a lone "No." comes through. One is a click.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from voiceassist.core.policy import Hearing
from voiceassist.core.types import Channel, SpeechSegment


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """A breath begins at `at`; it is known one frame later."""

    channel: Channel
    at: int


@dataclass(frozen=True, slots=True)
class SpeechFaltered:
    """The first frame without speech in a breath: it may be over, or go on. Told where words are asked for ahead."""

    at: int
    segment: SpeechSegment


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """A breath is over: nothing more was heard for the pause's length (or it grew too long)."""

    at: int
    segment: SpeechSegment


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """Silence long enough to close the utterance."""

    channel: Channel
    at: int


SpeechEvent: TypeAlias = SpeechStarted | SpeechFaltered | SpeechPaused | SpeechEnded


class SpeechState(Enum):
    QUIET = auto()
    ONSET = auto()
    SPEAKING = auto()
    PAUSED = auto()
    RESUMING = auto()


# (state, speech heard?) -> state. Silence that grows long leaves two states more: SPEAKING after `pause` to PAUSED, and
# PAUSED after `end` to QUIET.
TRANSITIONS: dict[tuple[SpeechState, bool], SpeechState] = {
    (SpeechState.QUIET, True): SpeechState.ONSET,
    (SpeechState.QUIET, False): SpeechState.QUIET,
    (SpeechState.ONSET, True): SpeechState.SPEAKING,
    (SpeechState.ONSET, False): SpeechState.QUIET,
    (SpeechState.SPEAKING, True): SpeechState.SPEAKING,
    (SpeechState.SPEAKING, False): SpeechState.SPEAKING,
    (SpeechState.PAUSED, True): SpeechState.RESUMING,
    (SpeechState.PAUSED, False): SpeechState.PAUSED,
    (SpeechState.RESUMING, True): SpeechState.SPEAKING,
    (SpeechState.RESUMING, False): SpeechState.PAUSED,
}

_AWAITING = frozenset({SpeechState.QUIET, SpeechState.PAUSED})
_CONFIRMING = frozenset({SpeechState.ONSET, SpeechState.RESUMING})


class Segmenter:
    """One channel's machine: `push` each stretch of time with its speech probability, in order and without holes.

    `pause` is how long a silence ends the breath being drawn; it is the usual one again when speech goes on.
    """

    def __init__(self, channel: Channel, hearing: Hearing) -> None:
        self.channel = channel
        self.state = SpeechState.QUIET
        self.pause = hearing.pause
        self._hearing = hearing
        self._now = 0
        self._onset = 0
        self._offset = 0
        self._free = 0  # the pre-roll reaches back to here: earlier sound belongs to the breath before

    @property
    def horizon(self) -> int:
        """Up to here it is certain who speaks: a possible onset is not certain until its second frame."""
        return self._onset if self.state in _CONFIRMING else self._now

    @property
    def offset(self) -> int:
        """Where speech was last heard to end."""
        return self._offset

    @property
    def quiet(self) -> int:
        """For how many samples there was no speech, counted anew after a reset."""
        return self._now - max(self._offset, self._free)

    @property
    def breath(self) -> SpeechSegment | None:
        """The breath being drawn, None in silence."""
        return self._segment(self._now) if self.state is SpeechState.SPEAKING else None

    def is_speech(self, probability: float) -> bool:
        """Whether the next stretch of time, of this probability, would count as speech."""
        return probability >= (self._hearing.leave if self.state is SpeechState.SPEAKING else self._hearing.enter)

    def push(self, end: int, probability: float) -> Iterator[SpeechEvent]:
        """Hear the time from the last `end` up to this one. A gap is pushed as one stretch of probability 0."""
        start, self._now = self._now, end
        speech = self.is_speech(probability)
        before, self.state = self.state, TRANSITIONS[self.state, speech]
        if speech:
            if before in _AWAITING:
                self._onset = start
            elif before in _CONFIRMING:
                yield SpeechStarted(self.channel, self._onset)
            if self.state is SpeechState.SPEAKING:
                self._offset, self.pause = end, self._hearing.pause
                if end - self._onset >= self._hearing.longest:
                    self.state = SpeechState.PAUSED
                    yield self._pause(end)
            return
        silence = end - self._offset
        if self._hearing.ahead and self.state is SpeechState.SPEAKING and start == self._offset:
            yield SpeechFaltered(end, self._segment(end))
        if self.state is SpeechState.SPEAKING and silence >= self.pause:
            self.state = SpeechState.PAUSED
            yield self._pause(self._offset + self.pause)
        if self.state is SpeechState.PAUSED and silence >= self._hearing.end:
            self.state = SpeechState.QUIET
            yield SpeechEnded(self.channel, self._offset + self._hearing.end)

    def finish(self) -> Iterator[SpeechEvent]:
        """The sound is over: close what is still being said."""
        if self.state is SpeechState.SPEAKING:
            yield self._pause(self._now)
        if self.state in {SpeechState.SPEAKING, SpeechState.PAUSED, SpeechState.RESUMING}:
            yield SpeechEnded(self.channel, self._now)
        self.state = SpeechState.QUIET

    def reset(self) -> None:
        """Forget the breath being drawn: what was heard of it is never asked for."""
        self.state = SpeechState.QUIET
        self._free = self._now

    def _pause(self, at: int) -> SpeechPaused:
        segment = self._segment(at)
        self._free = segment.offset
        return SpeechPaused(at, segment)

    def _segment(self, end: int) -> SpeechSegment:
        start = max(self._onset - self._hearing.pre_roll, self._free, 0)
        return SpeechSegment(self.channel, start, end, self._onset, self._offset)
