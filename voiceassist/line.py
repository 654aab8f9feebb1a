"""An agent's line: sound that never ends, and the calls that begin and end in it.

Between calls no word is recognised: all that is heard then is whether the agent begins to speak.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from voiceassist.audio.base import AudioSource, Heard
from voiceassist.audio.echo import EchoGuard
from voiceassist.core.events import AudioChanged
from voiceassist.core.policy import Hearing
from voiceassist.core.segmenter import Segmenter, SpeechStarted
from voiceassist.core.session import CallSession
from voiceassist.core.types import AudioFrame, AudioState, Channel, Gap, SourceChanged, samples
from voiceassist.driver import Driver
from voiceassist.engines.base import VoiceActivityDetector
from voiceassist.errors import ServerError

_BEFORE = samples(1.0)
"""How much of what was heard before a call's first speech belongs to the call."""
_WAITING = samples(10.0)
"""How much sound may wait for a call that cannot keep up."""


class CallSound:
    """The sound of one call, as a source: what the line hands over, counted from the call's first sample.

    At most ten seconds wait; of more the oldest are dropped, and whoever iterates gets a gap in their place.
    """

    def __init__(self, channels: tuple[Channel, ...], origin: int) -> None:
        self.channels = channels
        self._origin = origin
        self._waiting: deque[Heard] = deque()
        self._work = asyncio.Event()
        self._lost = dict.fromkeys(channels, 0)
        self._reached = dict.fromkeys(channels, 0)

    def put(self, heard: Heard) -> None:
        """Hand over what the line heard, in the line's own time."""
        moved = _moved(heard, self._origin)
        if moved is None:
            return
        self._waiting.append(moved)
        while _end(moved) - _end(self._waiting[0]) > _WAITING:
            oldest = self._waiting.popleft()
            if isinstance(oldest, AudioFrame):
                self._lost[oldest.channel] = oldest.end
        self._work.set()

    def forget(self) -> None:
        """Drop the sound that waits: it becomes time without sound."""
        self._waiting = deque(map(_silenced, self._waiting))

    async def __aiter__(self) -> AsyncIterator[Heard]:
        while True:
            while self._waiting:
                heard = self._waiting.popleft()
                if not isinstance(heard, SourceChanged):
                    reached = self._reached[heard.channel]
                    if heard.start > reached:
                        lost = self._lost[heard.channel] > reached
                        yield Gap(heard.channel, reached, heard.start, lost=lost)
                    self._reached[heard.channel] = heard.end
                yield heard
            self._work.clear()
            await self._work.wait()

    async def aclose(self) -> None:
        """Nothing to give back: the line goes on."""


class Line:
    """Listens to a source for ever: `run` it once. A call begins at `start` or, with `auto`, when the agent speaks.

    `begin` makes the driver of a call: of the id that somebody asked for, if any, and told whether it begins by itself.
    `tell` hears how the sound is between calls. A call ends when its driver does, at the latest at `stop`.
    """

    def __init__(  # noqa: PLR0913 - what it listens to and with, each named
        self,
        source: AudioSource,
        begin: Callable[[str | None, bool], Driver],
        tell: Callable[[AudioChanged], None],
        *,
        detector: VoiceActivityDetector,
        hearing: Hearing,
        auto: bool = True,
    ) -> None:
        self._source = source
        self._begin = begin
        self._tell = tell
        self._detector = detector
        self._auto = auto
        self._segmenter = Segmenter(Channel.AGENT, hearing)
        self._guard = EchoGuard()
        self._recent: deque[Heard] = deque()
        self._reached = dict.fromkeys(source.channels, 0)
        self._states: dict[Channel, SourceChanged] = {}
        self._sound: CallSound | None = None
        self._driver: Driver | None = None
        self._call: asyncio.Task[None] | None = None
        self._paused = False

    @property
    def paused(self) -> bool:
        return self._paused

    async def run(self) -> None:
        """Listen until cancelled; the call that is on is then ended. Raises what the source raises, or a call."""
        try:
            async for heard in self._source:
                self._hear(heard)
                if self._call is not None and self._call.done():
                    self._finish()
        finally:
            if self._driver is not None and self._call is not None:
                self._driver.stop()
                await self._call

    # --- what people press --------------------------------------------------------------------------------------------

    def start(self, call: str | None = None) -> None:
        """Begin a call now. Raises ServerError (`call-live`) while one is on."""
        if self._call is not None:
            raise ServerError("a call is on: end it first", code="call-live")
        self._recent.clear()
        self._open(call, max(self._reached.values()), by_itself=False)

    def stop(self) -> None:
        """End the call that is on, if any."""
        if self._driver is not None:
            self._driver.stop()

    def pause(self) -> None:
        """Hear nothing from now on, and forget what was heard: also between calls."""
        self._paused = True
        self._recent.clear()
        self._segmenter.reset()
        self._detector.reset()
        self._guard = EchoGuard()  # it keeps the last sound of both sides
        if self._driver is not None and self._sound is not None:
            self._sound.forget()
            self._driver.pause()
        else:
            self._tell(AudioChanged(0, AudioState.PAUSED))

    def resume(self) -> None:
        """Hear again."""
        self._paused = False
        if self._driver is not None:
            self._driver.resume()
        else:
            self._tell_states()

    def command(self, act: Callable[[CallSession], None]) -> None:
        """Let somebody who pressed a button act on the call that is on, if any."""
        if self._driver is not None:
            self._driver.command(act)

    # --- sound --------------------------------------------------------------------------------------------------------

    def _hear(self, heard: Heard) -> None:
        if isinstance(heard, SourceChanged):
            passing = heard.state in {AudioState.RESTORED, AudioState.CHANGED}
            self._states[heard.channel] = replace(heard, state=AudioState.LISTENING) if passing else heard
            if self._sound is None and not self._paused:
                self._tell(_told(heard))
        else:
            self._reached[heard.channel] = heard.end
            if self._paused:
                heard = _silenced(heard)
        if self._sound is not None:
            self._sound.put(heard)
        elif not isinstance(heard, SourceChanged):
            self._overhear(heard)

    def _overhear(self, heard: AudioFrame | Gap) -> None:
        """Between calls: keep a second, and notice the agent's first speech."""
        self._recent.append(heard)
        while self._recent and _end(self._recent[0]) <= heard.end - _BEFORE:
            self._recent.popleft()
        if not self._auto or self._paused:
            return
        if heard.channel is not Channel.AGENT:
            if isinstance(heard, AudioFrame):
                self._guard.hear(heard)
            return
        for event in self._segmenter.push(heard.end, self._speech(heard)):
            if isinstance(event, SpeechStarted):
                self._open(None, heard.end - _BEFORE, by_itself=True)
                return

    def _speech(self, heard: AudioFrame | Gap) -> float:
        """The probability that the agent speaks; the customer's voice in the microphone begins no call."""
        if isinstance(heard, Gap):
            return 0.0
        probability = self._detector.probability(heard.samples)
        two_sided = len(self._source.channels) > 1
        return 0.0 if two_sided and self._guard.is_echo(heard) else probability

    # --- calls --------------------------------------------------------------------------------------------------------

    def _open(self, call: str | None, origin: int, *, by_itself: bool) -> None:
        driver = self._begin(call, by_itself)
        self._sound, self._driver = CallSound(self._source.channels, origin), driver
        for state in self._states.values():
            self._sound.put(replace(state, at=origin))
        for heard in self._recent:
            self._sound.put(heard)
        self._recent.clear()
        self._call = asyncio.create_task(self._driver.play(self._sound))
        if self._paused:
            self._driver.pause()

    def _finish(self) -> None:
        """Take leave of a call that has ended. Raises what broke it."""
        call, self._call, self._driver, self._sound = self._call, None, None, None
        self._segmenter.reset()
        self._detector.reset()
        if call is not None:
            call.result()
        self._tell_states()

    def _tell_states(self) -> None:
        if self._paused:
            self._tell(AudioChanged(0, AudioState.PAUSED))
        else:
            for state in self._states.values():
                self._tell(_told(state))


def _told(change: SourceChanged) -> AudioChanged:
    return AudioChanged(0, change.state, change.channel, change.device)


def _end(heard: Heard) -> int:
    return heard.at if isinstance(heard, SourceChanged) else heard.end


def _moved(heard: Heard, origin: int) -> Heard | None:
    """The same in the time of a call; None for sound from before it."""
    match heard:
        case SourceChanged():
            return replace(heard, at=max(0, heard.at - origin))
        case Gap() if heard.end > origin:
            return replace(heard, start=max(0, heard.start - origin), end=heard.end - origin)
        case AudioFrame() if heard.start >= origin:
            return replace(heard, start=heard.start - origin)
        case _:
            return None


def _silenced(heard: Heard) -> Heard:
    return Gap(heard.channel, heard.start, heard.end) if isinstance(heard, AudioFrame) else heard
