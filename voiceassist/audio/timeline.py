"""The place of live sound in time: blocks stamped by a clock become frames and gaps without holes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from voiceassist.audio.base import Heard
from voiceassist.audio.frames import Framer
from voiceassist.core.types import FRAME, SAMPLE_RATE, Channel, Gap, Samples, samples

PATIENCE = samples(0.1)
"""Where nothing comes for this long, a gap moves the time."""
_LEFT = PATIENCE // 2
"""Time that such a gap leaves open, so that what comes a little late still finds its place."""
_GATHER = 0.04
"""Seconds for which sound after a gap is gathered: a burst is placed by its end, what is too old in it is dropped."""
_JITTER = samples(0.1)
"""How far a block's stamp may lie from where the block stands before sound counts as missing or late."""
_CREEP = 1 / 1000
"""How fast the device's clock is followed; those of real devices differ by some 100 in a million."""
_SKEW = samples(0.25)
"""How far the device's clock may lead or lag before the sound is set right again."""
_STANDSTILL = samples(1.0)
"""A gap of this length at once is no idle device: nobody was there to move the time (suspended, stopped)."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Samples of sound that never came, in how many gaps, and samples that came when their time had passed."""

    samples: int = 0
    gaps: int = 0
    late: int = 0


class Timeline:
    """Places one channel's blocks on the clock's time since `origin`; told the time, it reads no clock itself.

    Stamps, `origin` and `now` are seconds of one monotonic clock. Call `advance` when nothing more is there to be
    received, at the latest at `deadline`. `lossy` tells that time without sound, once there was some, means loss, not
    an idle device.
    """

    def __init__(self, channel: Channel, origin: float) -> None:
        self.lossy = False
        self._losses = Losses()
        self._channel = channel
        self._origin = origin
        self._framer = Framer(channel)
        self._at = 0
        self._end = 0
        self._skew = 0.0
        self._begun = False
        self._gathering = True
        self._gathered: list[Samples] = []
        self._stamp = self._until = 0.0

    @property
    def losses(self) -> Losses:
        """What was lost up to now."""
        return self._losses

    @property
    def at(self) -> int:
        """Where what was handed out so far ends."""
        return self._at

    @property
    def deadline(self) -> float:
        """When `advance` has something to hand out, if nothing is received before."""
        if self._gathered:
            return self._until
        return self._origin + (self._end + self._skew + PATIENCE + 1) / SAMPLE_RATE

    def receive(self, sound: Samples, stamp: float, *, missing: int = 0, overflow: bool = False) -> list[Heard]:
        """Take a block (float32, 16 kHz) that ended at `stamp`, and hand out the frames that it fills.

        `missing` samples, or with `overflow` an unknown number of them, were lost before it.
        """
        if self._gathering:
            return self._gather(sound, stamp)
        heard = self._skip(self._end + missing, lost=True) if missing else []
        off = self._place(stamp) - len(sound) - self._end - self._skew
        drifted = False
        if abs(off) <= _JITTER:
            self._skew += min(max(off, -_CREEP * len(sound)), _CREEP * len(sound))
            drifted = abs(self._skew) > _SKEW
        if drifted:
            off, self._skew = self._skew, 0.0
        if off > _JITTER or (overflow and off > 0):
            heard += self._skip(self._end + round(off), lost=not drifted)
        elif off < -_JITTER:
            return heard + self._gather(sound, stamp)
        return heard + self._append(sound)

    def resume(self) -> None:
        """Expect the sound of another stream: it is placed by its stamps alone."""
        self._gathering = True

    def advance(self, now: float) -> list[Heard]:
        """What is due at `now`, when all that had come was received: gathered sound, or a gap."""
        if self._gathered:
            return self._settle() if now >= self._until else []
        due = self._place(now) - round(self._skew)
        if due - self._end <= PATIENCE:
            return []
        self._gathering = True
        lost = self._begun and (self.lossy or due - self._end > _STANDSTILL)
        return self._skip(due - _LEFT, lost=lost)

    def _place(self, time: float) -> int:
        return round((time - self._origin) * SAMPLE_RATE)

    def _gather(self, sound: Samples, stamp: float) -> list[Heard]:
        if not self._gathered:
            self._until = stamp + _GATHER
        self._gathering = True
        self._gathered.append(sound)
        self._stamp = stamp
        return []

    def _settle(self) -> list[Heard]:
        """Place what was gathered so that it ends at its last stamp; where all of it is too old, gather on."""
        sound = np.concatenate(self._gathered)
        self._gathered.clear()
        start = self._place(self._stamp) - len(sound)
        late = min(max(0, self._end - start), len(sound))
        self._losses = replace(self._losses, late=self._losses.late + late)
        if late == len(sound):
            return []
        lost, self._begun = self.lossy and self._begun, True
        self._gathering = False
        self._skew = 0.0
        return self._skip(max(start, self._end), lost=lost) + self._append(sound[late:])

    def _append(self, sound: Samples) -> list[Heard]:
        self._end += len(sound)
        frames = self._framer.push(sound)
        self._at += FRAME * len(frames)
        return [*frames]

    def _skip(self, end: int, *, lost: bool) -> list[Heard]:
        """Move on to `end` without sound: the frame that was begun is filled with silence, the rest is a gap."""
        if lost and end > self._end:
            known = self._losses
            self._losses = replace(known, gaps=known.gaps + 1, samples=known.samples + end - self._end)
        filling = min(end - self._end, (self._at - self._end) % FRAME)
        heard = self._append(np.zeros(max(filling, 0), np.float32))
        if self._end < end:
            heard.append(Gap(self._channel, self._end, end, lost))
            self._framer = Framer(self._channel, end)
            self._at = self._end = end
        return heard
