"""A recogniser that computes as it does and answers with what was said: every system hears perfectly, at full cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from voiceassist.core.types import Channel, Purpose, Samples, SpeechSegment, Word
from voiceassist.engines.base import Transcriber
from voiceassist.engines.scripted import ScriptedTranscriber
from voiceassist.recogniser import Seat, Words, WordSource


class Told:
    """Stands for a recogniser in one call, whose `words` are known."""

    def __init__(self, recogniser: WordSource, words: Sequence[Word]) -> None:
        self._recogniser = recogniser
        self._script = ScriptedTranscriber({Channel.AGENT: words})

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
        return None if heard is None else self._script.transcribe(sound(), segment)
