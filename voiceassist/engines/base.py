"""What the driver asks of an engine. Protocols, not base classes: an engine is any object that can do this."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Protocol, runtime_checkable

from voiceassist.core.types import Samples, Scores, SpeechSegment, Word


class VoiceActivityDetector(Protocol):
    """Hears speech in one channel; keeps state from frame to frame, so each channel has its own."""

    def probability(self, samples: Samples) -> float:
        """The probability in [0, 1] that the next `FRAME` samples (float32, 16 kHz) hold speech."""
        ...

    def reset(self) -> None:
        """Forget everything heard so far."""
        ...


class Transcriber(Protocol):
    """Turns the sound of one segment into words. Blocking, without state from call to call, used from one thread."""

    @property
    def name(self) -> str:
        """What the user reads: the engine and its model."""
        ...

    @property
    def limited(self) -> bool:
        """Whether its accuracy is so limited that users must be told and supervisors not alerted."""
        ...

    @property
    def quick(self) -> bool:
        """Whether it answers within a pause, so that it can be asked whenever speech falters, often for nothing."""
        ...

    @property
    def notice(self) -> str:
        """What the user should know of it, one line; empty where there is nothing. Valid after `warm_up`."""
        ...

    def warm_up(self) -> None:
        """Load and run once, so that the first real answer is not late. Raises `EngineError` or `ModelError`."""
        ...

    def transcribe(self, samples: Samples, segment: SpeechSegment) -> Sequence[Word]:
        """The words of `segment`, whose sound `samples` is: float32 mono, 16 kHz, in [-1, 1], from start to end.

        Word times are in samples of the call, ordered, inside the segment. Silence and noise give no words. Raises
        `EngineError`; after one, the next call may succeed.
        """
        ...

    def close(self) -> None:
        """Give back threads, processes and memory. Safe to call twice."""
        ...


@runtime_checkable
class BatchTranscriber(Transcriber, Protocol):
    """One that recognises several sounds for less than the sum of their costs; used from several threads."""

    @property
    def together(self) -> int:
        """How many sounds at once it is best given at most. Valid after `warm_up`."""
        ...

    def form(self, segment: SpeechSegment) -> Hashable:
        """What sounds must have in common to be recognised together."""
        ...

    def transcribe_all(self, sounds: Sequence[tuple[Samples, SpeechSegment]]) -> Sequence[Sequence[Word]]:
        """The words of each, as `transcribe` gives them. Raises `EngineError`."""
        ...


class Classifier(Protocol):
    """Hears what an agent's words hold. Blocking, used from one thread."""

    def classify(self, prev: str, text: str) -> Scores:
        """Scores of `text` in the light of `prev`, what the customer said or asked for before (may be empty)."""
        ...

    def warm_up(self) -> None: ...
