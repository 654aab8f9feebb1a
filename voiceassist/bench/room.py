"""A quiet room in which phrases are said, at real pace: the source of sound that latency is measured on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import numpy as np

from voiceassist.audio.base import Heard
from voiceassist.bench.phrases import Phrase
from voiceassist.core.types import FRAME, SAMPLE_RATE, AudioFrame, Channel, Samples, Word

NOISE = 1e-3
"""Root mean square of the room's noise: -60 dBFS."""


class Room:
    """Phrases in noise as a source; `lead` samples before each, `tail` after it. Iterate once.

    Frames come at absolute deadlines: one that is late does not delay the next. `began` is the monotonic time of the
    first sample, once the first frame was asked for; `late` tells by how many seconds each frame came late.
    """

    channels = (Channel.AGENT,)

    def __init__(self, phrases: Sequence[Phrase], leads: Sequence[int], tail: int, seed: int = 0) -> None:
        self.began = 0.0
        self.late: list[float] = []
        self.starts: list[int] = []
        """The first sample of each phrase."""
        parts: list[Samples] = []
        at = 0
        for phrase, lead in zip(phrases, leads, strict=True):
            self.starts.append(at + lead)
            parts += [np.zeros(lead, np.float32), phrase.sound, np.zeros(tail, np.float32)]
            at += lead + len(phrase.sound) + tail
        sound = np.concatenate(parts)
        self._sound = sound + np.random.default_rng(seed).normal(0, NOISE, len(sound)).astype(np.float32)
        self._words = [
            Word(word.start + start, word.end + start, word.text)
            for phrase, start in zip(phrases, self.starts, strict=True)
            for word in phrase.words
        ]

    @property
    def words(self) -> Sequence[Word]:
        """Every word that is said, in samples of the room, as far as they are known."""
        return self._words

    @property
    def seconds(self) -> float:
        return len(self._sound) / SAMPLE_RATE

    async def __aiter__(self) -> AsyncIterator[Heard]:
        self.began = time.monotonic()
        for start in range(0, len(self._sound) - FRAME + 1, FRAME):
            due = self.began + (start + FRAME) / SAMPLE_RATE
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self.late.append(time.monotonic() - due)
            yield AudioFrame(Channel.AGENT, start, self._sound[start : start + FRAME])

    async def aclose(self) -> None:
        """Nothing to give back."""
