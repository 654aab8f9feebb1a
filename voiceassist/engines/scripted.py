"""Engines that answer from a script: for turns files and for tests of everything behind the engines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from voiceassist.core.types import Channel, Samples, Scores, SpeechSegment, Word, samples

_REACH = samples(0.3)
"""How far outside the speech that was heard a word may lie and still belong to it."""


class ScriptedTranscriber:
    """Answers with the words that are known to be said; `words` gives those of each channel, in order."""

    name = "scripted"
    limited = False
    quick = True
    notice = ""

    def __init__(self, words: Mapping[Channel, Sequence[Word]]) -> None:
        self._words = {channel: tuple(said) for channel, said in words.items()}

    def warm_up(self) -> None:
        """Nothing to load."""

    def transcribe(self, samples: Samples, segment: SpeechSegment) -> list[Word]:  # noqa: ARG002
        """The words whose middles lie within 0.3 s of the segment's speech and inside the segment."""
        earliest = max(segment.start, segment.onset - _REACH)
        latest = min(segment.end, segment.offset + _REACH)
        return [
            replace(word, start=max(word.start, segment.start), end=min(word.end, segment.end))
            for word in self._words.get(segment.channel, ())
            if earliest <= (word.start + word.end) // 2 < latest
        ]

    def close(self) -> None:
        """Nothing to give back."""


class ScriptedClassifier:
    """Scores by text, none of which holds where the script knows the text not; or by a function of prev and text."""

    def __init__(self, script: Mapping[str, Scores] | Callable[[str, str], Scores]) -> None:
        self._script = script

    def classify(self, prev: str, text: str) -> Scores:
        """The scripted scores of `text`."""
        if callable(self._script):
            return self._script(prev, text)
        return self._script.get(text, Scores())

    def warm_up(self) -> None:
        """Nothing to load."""
