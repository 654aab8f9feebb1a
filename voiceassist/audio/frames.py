"""Cutting sound of any block size into frames."""

from __future__ import annotations

import numpy as np

from voiceassist.core.types import FRAME, AudioFrame, Channel, Samples


def clean(sound: Samples) -> Samples:
    """A copy of `sound` in which what is not a number is silence and the rest lies in [-1, 1]."""
    return np.clip(np.nan_to_num(sound, nan=0.0, posinf=0.0, neginf=0.0), -1.0, 1.0).astype(np.float32, copy=False)


class Framer:
    """Cuts the sound of one channel, pushed in blocks of any size, into frames of `FRAME` samples.

    The frames depend on the sound alone, not on how it was cut into blocks; they share no memory with the blocks.
    """

    def __init__(self, channel: Channel, start: int = 0) -> None:
        self._channel = channel
        self._start = start
        self._rest = np.zeros(0, np.float32)

    def push(self, block: Samples) -> list[AudioFrame]:
        """The frames that `block` (float32 mono, 16 kHz, any length) fills up."""
        sound = np.concatenate([self._rest, clean(block)])
        whole = len(sound) - len(sound) % FRAME
        self._rest = sound[whole:]
        return [self._frame(sound[at : at + FRAME]) for at in range(0, whole, FRAME)]

    def flush(self) -> list[AudioFrame]:
        """The last frame, filled up with silence; none where nothing is left over."""
        return self.push(np.zeros(-len(self._rest) % FRAME, np.float32))

    def _frame(self, sound: Samples) -> AudioFrame:
        frame = AudioFrame(self._channel, self._start, sound)
        self._start = frame.end
        return frame
