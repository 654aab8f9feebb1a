"""A recogniser that computes as it does and answers with what was said: every system hears perfectly, at full cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from voiceassist.core.types import Channel, Purpose, Samples, SpeechSegment, Word, samples
from voiceassist.engines.base import Transcriber
from voiceassist.engines.scripted import ScriptedTranscriber
from voiceassist.recogniser import Seat, Words, WordSource

_MARGIN = samples(0.05)
"""How much of a word's end may be missing: some voices fade sooner than they end."""


class Told:
    """Stands for a recogniser in one call, whose `words` are known: those are heard whose sound is in the segment."""

    def __init__(self, recogniser: WordSource, words: Sequence[Word]) -> None:
        self._recogniser = recogniser
        self._words = words

    @property
    def transcriber(self) -> Transcriber:
        return self._recogniser.transcriber

    @property
    def overloaded(self) -> bool:
        return self._recogniser.overloaded

    async def words(
        self, seat: Seat, segment: SpeechSegment, sound: Callable[[], Samples], purpose: Callable[[], Purpose | None]
    ) -> Words | None:
        """The words that were said in the segment, once the recogniser has heard its own."""
        heard = await self._recogniser.words(seat, segment, sound, purpose)
        if heard is None:
            return None
        ended = [word for word in self._words if word.end - _MARGIN <= segment.end]
        return ScriptedTranscriber({Channel.AGENT: ended}).transcribe(sound(), segment)
