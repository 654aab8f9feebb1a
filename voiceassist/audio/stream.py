"""Live sound that comes over a network: blocks of int16 that are pushed in, in order, at about the pace of speech."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable

import numpy as np
import soxr  # pyright: ignore[reportMissingTypeStubs]

from voiceassist.audio.base import Heard
from voiceassist.audio.frames import Framer
from voiceassist.core.types import FRAME, SAMPLE_RATE, AudioState, Channel, Gap, Samples, SourceChanged, samples

PATIENCE = 0.3
"""Seconds without sound after which gaps move the time; a network may well deliver that late."""
_STEP = 0.1
"""Seconds from one of those gaps to the next."""
AHEAD = samples(3.0)
"""How far sound that came late may push the time ahead of the clock; what goes beyond is dropped."""
LOST_AFTER = 2.0
"""Seconds without sound after which it counts as lost."""
_SILENT_AFTER = samples(1.8)
_SILENCE = 10 ** (-90 / 20)
_INBOX = 4096
"""Frames and gaps that may wait for who iterates."""


class StreamSource:
    """Sound of `channels` that is pushed in; iterate once, it goes on until `aclose`.

    Time is the samples that came: what is late keeps its place, and only where nothing comes at all a gap moves it on.
    All is done within one event loop. `clock` counts seconds and never goes back.
    """

    def __init__(self, channels: tuple[Channel, ...], clock: Callable[[], float] = time.monotonic) -> None:
        self._channels = channels
        self._clock = clock
        self._inbox: deque[Heard] = deque(maxlen=_INBOX)
        self._awake = asyncio.Event()
        self._closed = False
        self._device = ""
        self._resamplers: list[soxr.ResampleStream] = []
        self._rate = SAMPLE_RATE
        self._framers = [Framer(channel) for channel in channels]
        self._end = self._base = 0
        self._began = self._heard_at = clock()
        self._next = 0
        self._resting = False
        self._states: dict[Channel, AudioState] = {}
        self._quiet = dict.fromkeys(channels, 0)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that it delivers."""
        return self._channels

    def tune(self, rate: int, device: str) -> None:
        """Another stream begins, of so many samples a second, captured by this device."""
        self._device, self._rate = device, rate
        self._resamplers = [
            soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="LQ")
            for _ in self._channels
            if rate != SAMPLE_RATE
        ]
        self._next = 0
        self._heard_at = self._clock()

    def rest(self, *, resting: bool) -> None:
        """Whether sound is expected: where it is not, its absence is no loss."""
        self._resting = resting
        self._heard_at = self._clock()

    def push(self, block: bytes, at: int) -> None:
        """Take a block: int16 of all channels interleaved, which begins at sample `at` of the stream.

        What was dropped on the way, since the last block, becomes a gap.
        """
        sound = np.frombuffer(block, "<i2").reshape(-1, len(self._channels)).astype(np.float32) / 32768
        missing = at - self._next if self._next else 0
        self._next = at + len(sound)
        now = self._clock()
        self._heard_at = now
        if missing > 0:
            self._skip(self._end + round(missing * SAMPLE_RATE / self._rate), lost=True)
        if self._end - round((now - self._began) * SAMPLE_RATE) > AHEAD:
            return
        parts = [np.ascontiguousarray(part) for part in sound.T]
        if self._resamplers:
            parts = [resampler.resample_chunk(part) for resampler, part in zip(self._resamplers, parts, strict=True)]
        self._append(parts)
        for channel, part in zip(self._channels, parts, strict=True):
            self._judge(channel, part)

    async def __aiter__(self) -> AsyncIterator[Heard]:
        while not self._closed:
            while self._inbox:
                yield self._inbox.popleft()
            self._awake.clear()
            due = max(self._heard_at + PATIENCE, self._place() + _STEP)
            alarm = asyncio.get_running_loop().call_later(max(0.0, due - self._clock()), self._awake.set)
            await self._awake.wait()
            alarm.cancel()
            self._pass_time(due)

    async def aclose(self) -> None:
        """End the iteration. Safe to call twice."""
        self._closed = True
        self._awake.set()

    @property
    def _begun(self) -> int:
        """Samples of the frame that is not full yet."""
        return (self._end - self._base) % FRAME

    def _place(self) -> float:
        """When, by the clock, the time stands where it does: of a stream that came late that is still to come."""
        return self._began + self._end / SAMPLE_RATE

    def _pass_time(self, due: float) -> None:
        """Move the time on where nothing has come for a while."""
        now = self._clock()
        if now - due > PATIENCE:  # this loop stood still: what came meanwhile waits to be pushed
            self._heard_at = max(self._heard_at, now - PATIENCE)
            return
        idle = now - self._heard_at
        if self._closed or idle < PATIENCE:
            return
        end = round((now - self._began) * SAMPLE_RATE)
        if end > self._end:
            self._skip(end, lost=not self._resting and bool(self._states))
        if idle >= LOST_AFTER and not self._resting:
            for channel in self._channels:
                self._turn(channel, AudioState.LOST)

    def _judge(self, channel: Channel, part: Samples) -> None:
        """Say what became of a channel, where that changed."""
        if self._states.get(channel) is AudioState.LOST:
            self._turn(channel, AudioState.RESTORED)
        if np.abs(part).max(initial=0.0) > _SILENCE:
            self._quiet[channel] = 0
            if self._states.get(channel) in {None, AudioState.SILENT}:
                self._turn(channel, AudioState.LISTENING)
        else:
            self._quiet[channel] += len(part)
            if self._quiet[channel] >= _SILENT_AFTER:
                self._turn(channel, AudioState.SILENT)

    def _turn(self, channel: Channel, state: AudioState) -> None:
        if self._states.get(channel) is not state:
            self._states[channel] = state
            self._quiet[channel] = 0
            self._put(SourceChanged(channel, self._end - self._begun, state, self._device))

    def _append(self, parts: list[Samples]) -> None:
        """Cut what each channel adds; of what begins together the customer's comes first."""
        self._end += len(parts[0])
        cut = [framer.push(part) for framer, part in zip(self._framers, parts, strict=True)]
        order = sorted(range(len(cut)), key=lambda n: self._channels[n] is Channel.AGENT)
        for step in range(len(cut[0])):
            for channel in order:
                self._put(cut[channel][step])

    def _skip(self, end: int, *, lost: bool) -> None:
        """Move on to `end` without sound: frames that were begun are filled with silence, the rest is a gap."""
        filling = min(end - self._end, -self._begun % FRAME)
        self._append([np.zeros(filling, np.float32) for _ in self._channels])
        if self._end < end:
            for channel in sorted(self._channels, key=lambda channel: channel is Channel.AGENT):
                self._put(Gap(channel, self._end, end, lost))
            self._framers = [Framer(channel, end) for channel in self._channels]
            self._end = self._base = end

    def _put(self, heard: Heard) -> None:
        self._inbox.append(heard)
        self._awake.set()
