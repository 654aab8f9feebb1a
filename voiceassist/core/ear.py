"""One channel's sound on its way to words: who is asked for what, and which question a newer one has superseded."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from voiceassist.core.policy import Hearing
from voiceassist.core.segmenter import Segmenter, SpeechEvent, SpeechPaused, SpeechStarted
from voiceassist.core.types import FRAME, AudioState, Channel, Purpose, SpeechSegment, Transcribe, samples

_PATIENCE = samples(3.0)
"""For how much sound a guess is waited for."""


@dataclass(slots=True)
class Guess:
    """The words of a breath that may be over, asked for at its first silence; they may choose how long its pause is."""

    request: Transcribe
    since: int
    """Up to where the call was heard when they were asked for."""
    text: str | None = None
    scoring: int | None = None
    """The request for the scores of the text that is out."""
    settled: bool = False
    """Whether the pause is chosen, or nothing will choose it."""
    failed: bool = False
    """Whether the recogniser broke on it."""


@dataclass(slots=True)
class Counts:
    """What hearing a channel came to."""

    guesses: int = 0
    """How often words were asked for at the first silence."""
    wasted: int = 0
    """How often speech went on, and they were asked for in vain."""
    early: int = 0
    """Breaths that were ended soon, and speech went on within the usual pause."""
    lost: int = 0
    """Samples of sound that did not come through."""
    pauses: Counter[int] = field(default_factory=Counter[int])
    """How many breaths were over after each silence (samples)."""


class Ear:
    """Hears one channel and words its requests; a newer request supersedes the tick before it.

    Where words choose the pause, sound beyond the shortest one waits until they are there: so what is decided does not
    depend on how fast they came.
    """

    def __init__(self, channel: Channel, hearing: Hearing) -> None:
        self.channel = channel
        self.state = AudioState.LISTENING
        """What the channel's source last told."""
        self.device = ""
        self.tick: Transcribe | None = None
        """The tick that is out; its words are shown as long as no newer request was made."""
        self.guess: Guess | None = None
        """The guess at the breath that may be over."""
        self.counts = Counts()
        self.overloaded = False
        """Whether the recogniser has more to do than it can: then it is asked less, and later."""
        self._hearing = hearing
        self._backlog: deque[tuple[int, float]] = deque()
        self._segmenter = Segmenter(channel, hearing)
        self._generation = 0
        self._asked_until = 0
        self._usual_end = 0  # where the breath that was ended soon would have ended

    @property
    def horizon(self) -> int:
        """Up to here it is certain whether the channel speaks."""
        return self._segmenter.horizon

    @property
    def speaking(self) -> bool:
        return self._segmenter.breath is not None

    @property
    def quiet(self) -> int:
        """For how many samples the channel has not spoken."""
        return self._segmenter.quiet

    def hear(self, end: int, probability: float) -> Iterator[SpeechEvent]:
        """Hear the channel up to the sample `end`, as far as no guess holds it up."""
        self._backlog.append((end, probability))
        if self.guess is not None and end - self.guess.request.segment.end >= _PATIENCE:
            self._settle()
        yield from self.catch_up()

    def catch_up(self) -> Iterator[SpeechEvent]:
        """Hear what waits, until a guess holds it up again."""
        segmenter = self._segmenter
        while self._backlog:
            end, probability = self._backlog[0]
            if segmenter.breath is not None and not segmenter.is_speech(probability):
                if self._is_held_up(end):
                    return
                if self.guesses_early and segmenter.horizon == segmenter.offset < end - FRAME:
                    # A long stretch of silence begins like a short one.
                    self._backlog.appendleft((segmenter.offset + FRAME, probability))
                    continue
            self._backlog.popleft()
            if self.overloaded and self._hearing.ahead:
                segmenter.pause = max(self._hearing.long_pause, self._hearing.pause)
            for event in segmenter.push(end, probability):
                self._note(event)
                yield event
            if self.guess is not None and segmenter.offset != self.guess.request.segment.offset:
                self.guess = None
                self.counts.wasted += 1

    def _note(self, event: SpeechEvent) -> None:
        """Count pauses, and the breaths that were ended before their sentence was."""
        match event:
            case SpeechPaused(at=at, segment=segment):
                self.counts.pauses[at - segment.offset] += 1
                if 0 < at - segment.offset < self._hearing.pause:
                    self._usual_end = segment.offset + self._hearing.pause
            case SpeechStarted(at=at) if at < self._usual_end:
                self.counts.early += 1
            case _:
                pass

    def _is_held_up(self, end: int) -> bool:
        """Whether the pause up to `end` may be one, and the words that choose it are still out."""
        held_up = self.guess is not None and not self.guess.settled
        return held_up and end - self._segmenter.offset >= min(self._hearing.short_pause, self._hearing.pause)

    def finish(self) -> Iterator[SpeechEvent]:
        """The sound is over: close what is still being said."""
        while self._backlog:
            self._settle()
            yield from self.catch_up()
        yield from self._segmenter.finish()

    def forget(self) -> None:
        """Drop the breath being drawn; sound before now is not reached back to."""
        self._settle()
        for _ in self.catch_up():
            pass
        self._segmenter.reset()
        self.tick = self.guess = None

    def _settle(self) -> None:
        if self.guess is not None:
            self.guess.settled = True

    @property
    def guesses_early(self) -> bool:
        """Whether words are wanted at the first silence: nobody is nudged for what the customer says."""
        return self._hearing.ahead and self.channel is Channel.AGENT and not self.overloaded

    def ask_early(self, request: int, segment: SpeechSegment, since: int) -> Transcribe:
        """The request for the words of a breath that may be over."""
        asked = self._ask(request, segment, Purpose.GUESS)
        self.guess = Guess(asked, since, settled=not self._hearing.by_words)
        self.counts.guesses += 1
        return asked

    def choose_pause(self, pause: int) -> None:
        """End the breath that may be over after so long a silence."""
        self._segmenter.pause = pause
        self._settle()

    def guessed(self, segment: SpeechSegment) -> Guess | None:
        """The guess at a breath that is over now, which is none any more."""
        guess, self.guess = self.guess, None
        return guess if guess is not None and guess.request.segment.offset == segment.offset else None

    def ask(self, request: int, segment: SpeechSegment) -> Transcribe:
        """The request for a breath's words."""
        return self._ask(request, segment, Purpose.PAUSE)

    @property
    def unheard(self) -> SpeechSegment | None:
        """The breath being drawn, when it is time to show its words and no tick is out."""
        every, breath = self._hearing.tick, self._segmenter.breath
        if not every or breath is None or self.tick is not None or self.overloaded:
            return None
        return breath if breath.end - max(self._asked_until, breath.onset) >= every else None

    def ask_tick(self, request: int, breath: SpeechSegment) -> Transcribe:
        """The request for the words of a breath that is still being drawn."""
        self.tick = self._ask(request, breath, Purpose.TICK)
        return self.tick

    def purpose(self, request: int) -> Purpose | None:
        """What the answer to a tick or a guess would be used for by now."""
        if self.tick is not None and self.tick.id == request:
            return Purpose.TICK
        return Purpose.GUESS if self.awaits_guess(request) else None

    def awaits_guess(self, request: int) -> bool:
        """Whether this is the request for the guess's words, or for their scores, that is out."""
        if self.guess is None or self.guess.failed:
            return False
        return request == (self.guess.request.id if self.guess.text is None else self.guess.scoring)

    def _ask(self, request: int, segment: SpeechSegment, purpose: Purpose) -> Transcribe:
        self._generation += 1
        self._asked_until = segment.end
        self.tick = None
        return Transcribe(request, segment, purpose, self._generation)
