"""One channel's sound on its way to words: who is asked for what, and which question a newer one has superseded."""

from __future__ import annotations

from collections.abc import Iterator

from voiceassist.core.policy import Hearing
from voiceassist.core.segmenter import Segmenter, SpeechEvent
from voiceassist.core.types import AudioState, Channel, Purpose, SpeechSegment, Transcribe


class Ear:
    """Hears one channel and words its requests; a newer request supersedes the tick before it."""

    def __init__(self, channel: Channel, hearing: Hearing) -> None:
        self.state = AudioState.LISTENING
        """What the channel's source last told."""
        self.device = ""
        self.lost = 0
        """Samples of the channel's sound that did not come through."""
        self.tick: Transcribe | None = None
        """The tick that is out; its words are shown as long as no newer request was made."""
        self._hearing = hearing
        self._segmenter = Segmenter(channel, hearing)
        self._generation = 0
        self._asked_until = 0

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
        """Hear the channel up to the sample `end`."""
        return self._segmenter.push(end, probability)

    def finish(self) -> Iterator[SpeechEvent]:
        """The sound is over: close what is still being said."""
        return self._segmenter.finish()

    def forget(self) -> None:
        """Drop the breath being drawn; sound before now is not reached back to."""
        self._segmenter.reset()
        self.tick = None

    def ask(self, request: int, segment: SpeechSegment) -> Transcribe:
        """The request for a breath's words."""
        return self._ask(request, segment, Purpose.PAUSE)

    @property
    def unheard(self) -> SpeechSegment | None:
        """The breath being drawn, when it is time to show its words and no tick is out."""
        every, breath = self._hearing.tick, self._segmenter.breath
        if not every or breath is None or self.tick is not None:
            return None
        return breath if breath.end - max(self._asked_until, breath.onset) >= every else None

    def ask_tick(self, request: int, breath: SpeechSegment) -> Transcribe:
        """The request for the words of a breath that is still being drawn."""
        self.tick = self._ask(request, breath, Purpose.TICK)
        return self.tick

    def _ask(self, request: int, segment: SpeechSegment, purpose: Purpose) -> Transcribe:
        self._generation += 1
        self._asked_until = segment.end
        self.tick = None
        return Transcribe(request, segment, purpose, self._generation)
