"""Sound that is easy to hear: speech is a constant, loud where somebody speaks and silent elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import numpy as np
from calls import AGENT, CUSTOMER, Turn

from voiceassist.core.types import FRAME, AudioFrame, Channel, Gap, Samples, samples, seconds
from voiceassist.errors import AudioError


class LoudVad:
    """Hears speech wherever the sound is loud: these sources play plain tones."""

    def probability(self, samples: Samples) -> float:
        return 0.95 if float(np.abs(samples).max()) > 0.1 else 0.02

    def reset(self) -> None:
        pass


class Tones:
    """A source in which speech is a constant: loud where a turn is, silent elsewhere."""

    def __init__(self, turns: Sequence[Turn], tail: float = 12.0, breaks_at: float | None = None) -> None:
        self.turns, self.breaks_at = turns, breaks_at
        self.total = samples(max(t[2] for t in turns) + tail) // FRAME
        self.played = 0

    @property
    def channels(self) -> tuple[Channel, ...]:
        return (AGENT, CUSTOMER)

    async def __aiter__(self) -> AsyncIterator[AudioFrame | Gap]:
        for index in range(self.total):
            self.played = index * FRAME
            if self.breaks_at is not None and seconds(self.played) >= self.breaks_at:
                raise AudioError("the device is gone")
            middle = seconds(self.played + FRAME // 2)
            for channel in self.channels:
                loud = any(c is channel and a <= middle < b for c, a, b, _ in self.turns)
                yield AudioFrame(channel, self.played, np.full(FRAME, 0.5 * loud, np.float32))
            await asyncio.sleep(0)

    async def aclose(self) -> None:
        pass
