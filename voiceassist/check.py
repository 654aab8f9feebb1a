"""Half a minute with a microphone: how loud it is, which words come, and how late the cue for a no is."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from voiceassist.app import Assistant
from voiceassist.audio.base import AudioSource, Heard
from voiceassist.core.types import AudioFrame, Channel, Gap, MomentState, samples, seconds
from voiceassist.server import messages as wire

LINE = "No, we can't do that."
"""What is to be said."""
LIMIT = 30.0
"""Seconds that a check lasts at most."""
SILENCE = -100.0
"""The level, in dBFS, that stands for no sound at all."""
QUIET, CUT_OFF = -40.0, -0.1
"""Speech that never gets louder than the one is hard to recognise; samples as loud as the other are cut off."""
_EVERY = samples(0.1)
_AFTER_NUDGE = 0.5


@dataclass(frozen=True, slots=True)
class Level:
    """The loudest sample of the last tenth of a second, in dBFS."""

    dbfs: float


Seen: TypeAlias = Level | wire.CallEvent


class Check:
    """Listens until a no was nudged, at most for `LIMIT` seconds: `run` it once, then read what it found.

    Levels are in dBFS; `cue` and `nudge` in ms after the last sound of the no, None where none came; `lost` in seconds.
    `show` sees levels and messages as they come.
    """

    def __init__(self, assistant: Assistant, source: AudioSource, show: Callable[[Seen], None]) -> None:
        self.device = ""
        self.loudest = SILENCE
        self.lost = 0.0
        self.words = ""
        self.cue: float | None = None
        self.nudge: float | None = None
        self._show = show
        self._source = source
        self._driver = assistant.driver("check", source.channels, self._tell)
        self._said_until = 0.0

    async def run(self) -> None:
        """Listen. Raises what the source raises."""
        timer = asyncio.get_running_loop().call_later(LIMIT, self._driver.stop)
        try:
            await self._driver.play(_Metered(self._source, self._measure, self._lose))
        finally:
            timer.cancel()
            await self._source.aclose()

    @property
    def passed(self) -> bool:
        """Whether calls can be had with this microphone."""
        return self.cue is not None

    @property
    def verdict(self) -> str:
        """One line: how it went, and what to do."""
        if self.loudest <= SILENCE:
            return "nothing came from the microphone: is it muted, or is another one meant? See voiceassist devices"
        if self.lost > 0:
            works = "it works, but " if self.passed else ""
            return f"{works}{self.lost:.2f} s of sound were lost: this computer is too busy, close what else runs"
        if not self.words:
            return "sound came, but no words: speak closer to the microphone, or name another with --device"
        if self.cue is None:
            return f"words came, but no refusal was heard in them: say “{LINE}”, or get a better recogniser"
        return self._level_verdict

    @property
    def _level_verdict(self) -> str:
        """The same of a microphone with which a no was heard."""
        if self.loudest < QUIET:
            return "it works, but you are quiet: raise the microphone's level in the system's sound settings"
        if self.loudest > CUT_OFF:
            return (
                "it works, but your loudest sounds are cut off: lower the microphone's level in the system's settings"
            )
        return "it works: this microphone is ready for calls"

    def _measure(self, level: Level) -> None:
        self.loudest = max(self.loudest, level.dbfs)
        self._show(level)

    def _lose(self, gap: Gap) -> None:
        self.lost += seconds(gap.end - gap.start)

    def _tell(self, message: wire.CallEvent) -> None:
        match message:
            case wire.Audio(device=device):
                self.device = device or self.device
            case wire.Transcript(channel=Channel.AGENT, text=text):
                self.words = text or self.words
                self._said_until = message.end
            case wire.Moment(state=MomentState.OPEN) if self.cue is None:
                self.cue = self._since_the_no()
            case wire.Nudge() if self.nudge is None:
                self.nudge = self._since_the_no()
                asyncio.get_running_loop().call_later(_AFTER_NUDGE, self._driver.stop)
            case _:
                pass
        self._show(message)

    def _since_the_no(self) -> float:
        return round(1000 * (time.monotonic() - self._driver.origin - self._said_until), 1)


class _Metered:
    """A source whose level is told, ten times a second, as it passes, and each gap in which sound was lost."""

    def __init__(self, source: AudioSource, tell: Callable[[Level], None], lose: Callable[[Gap], None]) -> None:
        self.channels = source.channels
        self._source = source
        self._tell = tell
        self._lose = lose

    async def __aiter__(self) -> AsyncIterator[Heard]:
        peak, since = 0.0, 0
        async for heard in self._source:
            if isinstance(heard, AudioFrame) and heard.channel is Channel.AGENT:
                peak = max(peak, float(np.abs(heard.samples).max(initial=0.0)))
                if heard.end - since >= _EVERY:
                    self._tell(Level(max(SILENCE, 20 * math.log10(peak)) if peak > 0 else SILENCE))
                    peak, since = 0.0, heard.end
            elif isinstance(heard, Gap) and heard.lost:
                self._lose(heard)
            yield heard

    async def aclose(self) -> None:
        await self._source.aclose()
