"""The last seconds of one channel's sound, read by the sample's place in the call."""

from __future__ import annotations

import numpy as np

from voiceassist.core.types import SAMPLE_RATE, Samples


class Ring:
    """Keeps the newest `capacity` samples, written in order; what was never written or is too old reads as silence."""

    def __init__(self, capacity: int = 40 * SAMPLE_RATE) -> None:
        self._sound = np.zeros(capacity, np.float32)
        self.end = 0

    def write(self, start: int, sound: Samples) -> None:
        """Put the sound that begins at sample `start`; time skipped before it is silence."""
        if start > self.end:
            self._put(self.end, np.zeros(min(start - self.end, len(self._sound)), np.float32), start)
        self._put(start, sound, start + len(sound))

    def read(self, start: int, end: int) -> Samples:
        """The samples in [start, end), float32, always `end - start` of them."""
        out = np.zeros(max(end - start, 0), np.float32)
        first, last = max(start, self.end - len(self._sound), 0), min(end, self.end)
        if first < last:
            out[first - start : last - start] = self._sound[np.arange(first, last) % len(self._sound)]
        return out

    def clear(self) -> None:
        """Forget all sound; the place in the call stays."""
        self._sound[:] = 0

    def _put(self, start: int, sound: Samples, end: int) -> None:
        newest = sound[-len(self._sound) :]
        places = np.arange(end - len(newest), end) % len(self._sound)
        self._sound[places] = newest
        self.end = max(self.end, end, start)
