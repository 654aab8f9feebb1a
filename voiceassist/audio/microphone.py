"""A live microphone, or what an output plays, as a source of sound that goes on whatever becomes of the device."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import numpy as np
import soxr  # pyright: ignore[reportMissingTypeStubs]

from voiceassist.audio.base import Heard
from voiceassist.audio.capture_worker import BLOCK, HEADER, STREAM, Request, Tag
from voiceassist.audio.devices import WORKER, Device, Kind
from voiceassist.audio.frames import clean
from voiceassist.audio.timeline import Losses, Timeline
from voiceassist.core.types import SAMPLE_RATE, AudioState, Channel, Samples, SourceChanged, samples
from voiceassist.errors import AudioError

_SILENT_AFTER = samples(1.8)
_SILENCE = 10 ** (-90 / 20)
_STUCK = 1.5
"""Seconds after which a process without a word, or a microphone without sound, is given up."""
_FIRST_SOUND = 3.0
"""Seconds in which the first sound of a microphone must come; some start with a pause of two."""
_HELD_UP, _CATCH_UP = 0.3, 0.01
"""Seconds between two looks at the clock that tell of a loop which stood still, and in which it then reads on."""
_START_LIMIT = 10.0
_FIRST_PAUSE, _LAST_PAUSE = 0.25, 5.0
_STEADY = 2.0
"""Seconds of sound after which a loss is no failed attempt: the next one is made at once."""
_END_LIMIT = 2.0
_INBOX = 1024


class Converter:
    """Turns a stream's blocks, interleaved float32 of any rate and channel count, into 16 kHz mono."""

    def __init__(self, rate: int, channels: int) -> None:
        self._channels = channels
        self._ratio = SAMPLE_RATE / rate
        # The filters of better quality hold sound back for 20 to 90 ms.
        same = rate == SAMPLE_RATE
        self._resampler = None if same else soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="LQ")

    @property
    def delay(self) -> float:
        """Seconds of sound that are held back."""
        return 0.0 if self._resampler is None else self._resampler.delay() / SAMPLE_RATE

    def push(self, block: bytes) -> Samples:
        """What `block` adds, float32 in [-1, 1]."""
        sound = clean(np.frombuffer(block, np.float32)).reshape(-1, self._channels).mean(axis=1)
        return sound if self._resampler is None else self._resampler.resample_chunk(sound)

    def samples(self, frames: int) -> int:
        """The stream's frames as samples at 16 kHz."""
        return round(frames * self._ratio)


@dataclass(frozen=True, slots=True, eq=False)
class _Sound:
    """A block that came from `capture` when that captured `device`; it ended at `stamp`."""

    capture: _Capture
    device: Device
    samples: Samples
    stamp: float
    missing: int
    overflow: bool


class _Capture(asyncio.SubprocessProtocol):
    """The process that captures, and what is known of it. It delivers its sound, and None at its end."""

    def __init__(self, deliver: Callable[[_Sound | None], None], clock: Callable[[], float]) -> None:
        self.device: Device | None = None
        self.failure: AudioError | None = None
        self.ready = asyncio.Event()
        """Set as soon as it captures, or has failed."""
        self.over = asyncio.Event()
        """Set when nothing more comes from it."""
        self.first_sound: float | None = None
        self.last_sound = self.last_word = clock()
        self._deliver = deliver
        self._clock = clock
        self._waits = False
        self._converter = Converter(SAMPLE_RATE, 1)
        self._gone = asyncio.Event()
        self._gone.set()
        self._buffer = bytearray()
        self._transport: asyncio.BaseTransport | None = None

    async def run(self, request: Request) -> None:
        """Start the process."""
        try:
            await asyncio.get_running_loop().subprocess_exec(
                lambda: self,
                *WORKER,
                request.to_json(),
                stdin=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            self.failure = AudioError(f"sound cannot be captured ({error}): close programs", code="device-failed")
            self.give_up()

    def is_stuck(self, now: float) -> bool:
        """Whether it is time to give up: it says nothing, or a microphone that ought to deliver does not."""
        if self.over.is_set():
            return False
        if self.device is None and not self._waits:
            return now - self.last_sound > _START_LIMIT
        if now - self.last_word > _STUCK:
            return True
        if self.device is None or self.device.kind is Kind.MONITOR:
            # It may take all day until there is a device, and a monitor is idle where nothing plays.
            return False
        return now - self.last_sound > (_FIRST_SOUND if self.first_sound is None else _STUCK)

    def excuse(self, now: float) -> None:
        """Count its silence from now on."""
        self.last_word = self.last_sound = now

    def give_up(self) -> None:
        """Hear nothing more from it, and end the process."""
        self._conclude()
        if self._transport is not None:
            self._transport.close()

    async def end(self) -> None:
        """End the process where it has not ended by itself, and wait until it is gone."""
        if not self.over.is_set():
            self.give_up()
        for _ in range(2):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_END_LIMIT):
                    await self._gone.wait()
                return
            self.give_up()

    # --- what asyncio calls -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._gone.clear()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        del fd
        if self.over.is_set():
            return
        self.last_word = self._clock()
        self._buffer += data
        at = 0
        while len(self._buffer) >= at + HEADER.size:
            tag, size = HEADER.unpack_from(self._buffer, at)
            end = at + HEADER.size + size
            if len(self._buffer) < end:
                break
            self._hear(Tag(tag), bytes(self._buffer[end - size : end]))
            at = end
        del self._buffer[:at]

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        # The transport closes itself when the process ends; told to, it might take the exit code from who waits for it.
        del fd, exc
        self._conclude()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        assert self._transport is not None
        self._transport.close()
        self._gone.set()

    def _conclude(self) -> None:
        if not self.over.is_set():
            self.over.set()
            self.ready.set()
            self._deliver(None)

    def _hear(self, tag: Tag, body: bytes) -> None:
        match tag:
            case Tag.BEAT:
                pass
            case Tag.SOUND:
                self._hear_sound(body)
            case Tag.STARTED:
                self._converter = Converter(*STREAM.unpack_from(body))
                self.device = Device.from_json(body[STREAM.size :])
                self.last_sound = self.last_word
                self.ready.set()
            case Tag.MOVED:
                self.device = Device.from_json(body)
            case Tag.WAITING:
                self._waits = True
            case Tag.FAILED:
                code, _, line = body.decode().partition(" ")
                self.failure = AudioError(line, code=code)

    def _hear_sound(self, body: bytes) -> None:
        assert self.device is not None
        stamp, lost, overflow = BLOCK.unpack_from(body)
        sound = self._converter.push(body[BLOCK.size :])
        missing = self._converter.samples(lost)
        stamp -= self._converter.delay
        self.first_sound = self.last_word if self.first_sound is None else self.first_sound
        self.last_sound = self.last_word
        self._deliver(_Sound(self, self.device, sound, stamp, missing, bool(overflow)))


class Microphone:
    """One live device as a source of sound; iterate once, it goes on until `aclose`.

    `device` is a name as `devices.choose` takes it; without one it is the default microphone, for the customer's
    channel the default output's monitor. A sample's index is the time since the iteration began. The device is
    captured by a process of its own. A device that is lost, moved or silent is told by `SourceChanged`, and looked for
    until it is back.
    """

    def __init__(
        self, channel: Channel, device: str | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._channel = channel
        self._request = Request(device, Kind.MONITOR if channel is Channel.CUSTOMER else Kind.MICROPHONE)
        self._clock = clock
        self._timeline = Timeline(channel, clock())
        self._inbox: deque[_Sound | None] = deque(maxlen=_INBOX)
        self._awake = asyncio.Event()
        self._capture = _Capture(self._deliver, clock)
        self._keeper: asyncio.Task[None] | None = None
        self._looked = clock()
        self._closed = False
        self._last: _Sound | None = None
        self._state: AudioState | None = None
        self._loud = 0
        self._quiet = 0

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channel that it delivers."""
        return (self._channel,)

    @property
    def device(self) -> Device | None:
        """The device that is captured, or was when it was lost; None before the first."""
        return self._last.device if self._last else self._request.known

    @property
    def losses(self) -> Losses:
        """How much sound was lost on the way."""
        return self._timeline.losses

    async def open(self) -> None:
        """Begin to capture.

        Raises AudioError where that cannot be: `portaudio-missing`, `no-device`, `device-missing`, `device-ambiguous`,
        `device-in-use`, `device-rate`, `device-failed`.
        """
        capture = self._capture
        await capture.run(self._request)
        try:
            async with asyncio.timeout(_START_LIMIT):
                await capture.ready.wait()
        except TimeoutError:
            capture.failure = AudioError("the sound system does not answer: start it anew", code="device-failed")
        if capture.device is None:
            await self.aclose()
            raise capture.failure or AudioError("the capturing process died: try again", code="device-failed")
        self._request = Request(self._request.name, capture.device.kind, capture.device)
        self._keeper = asyncio.create_task(self._keep_capturing())

    async def __aiter__(self) -> AsyncIterator[Heard]:
        self._timeline = Timeline(self._channel, self._clock())
        if self._keeper is None and not self._closed:
            await self.open()
        while not self._closed:
            while self._inbox:
                for heard in self._receive(self._inbox.popleft()):
                    yield heard
            if self._was_held_up():
                # What came meanwhile lies in the pipe: it is no loss, and the device is not to blame.
                await asyncio.sleep(_CATCH_UP)
                continue
            for heard in self._pass_time():
                yield heard
            await self._next_word()

    async def aclose(self) -> None:
        """End the capturing process and the iteration. Safe to call twice."""
        self._closed = True
        self._awake.set()
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.wait({keeper})
        await self._capture.end()

    async def _keep_capturing(self) -> None:
        """Start another process whenever one has ended."""
        pause = 0.0
        while True:
            capture = self._capture
            await capture.over.wait()
            steady = capture.first_sound is not None and capture.last_sound - capture.first_sound > _STEADY
            pause = 0.0 if steady else min(max(2 * pause, _FIRST_PAUSE), _LAST_PAUSE)
            await asyncio.sleep(pause)
            await capture.end()
            self._capture = _Capture(self._deliver, self._clock)
            await self._capture.run(self._request)

    def _deliver(self, sound: _Sound | None) -> None:
        # What falls out of a full box shows as missing by the stamps of what follows.
        self._inbox.append(sound)
        self._awake.set()

    async def _next_word(self) -> None:
        """Wait until there is something to receive, or time to pass."""
        if not self._inbox and not self._closed:
            self._awake.clear()
            left = max(0.0, self._timeline.deadline - self._clock())
            alarm = asyncio.get_running_loop().call_later(left, self._awake.set)
            await self._awake.wait()
            alarm.cancel()

    # --- what it says -------------------------------------------------------------------------------------------------

    def _receive(self, sound: _Sound | None) -> list[Heard]:
        if sound is None:
            return [] if self._state is AudioState.LOST else [self._turn(AudioState.LOST)]
        last, before = self._last, self.device
        self._last = sound
        if last is not None and last.capture is not sound.capture:
            self._timeline.resume()
        heard = self._timeline.receive(sound.samples, sound.stamp, missing=sound.missing, overflow=sound.overflow)
        if self._state is AudioState.LOST:
            heard.append(self._turn(AudioState.RESTORED))
        if before is not None and before.id != sound.device.id:
            heard.append(self._turn(AudioState.CHANGED))
        self._quiet += len(sound.samples)
        if np.abs(sound.samples).max(initial=0.0) > _SILENCE:
            self._loud, self._quiet = self._timeline.at, 0
            if self._state in {None, AudioState.SILENT}:
                heard.append(self._turn(AudioState.LISTENING))
        return heard

    def _was_held_up(self) -> bool:
        """Whether our own loop stood still since time was last passed: then the process is not judged by that time."""
        now = self._clock()
        held_up = now - self._looked > _HELD_UP
        self._looked = now
        if held_up:
            self._capture.excuse(now)
        return held_up

    def _pass_time(self) -> list[Heard]:
        """What is due now that everything that came was received."""
        now = self._clock()
        if self._capture.is_stuck(now):
            self._capture.give_up()
        delivers = self._last is not None and self._last.device.kind is Kind.MICROPHONE
        self._timeline.lossy = delivers or self._state is AudioState.LOST
        heard = self._timeline.advance(now)
        if self._is_silent() and self._state not in {AudioState.SILENT, AudioState.LOST}:
            heard.append(self._turn(AudioState.SILENT))
        return heard

    def _is_silent(self) -> bool:
        """Whether there has been nothing but silence for a while: of a microphone, half of it must have been heard.

        An output that plays nothing delivers nothing; a microphone that delivers nothing is late, or gone.
        """
        delivers = self.device is not None and self.device.kind is Kind.MICROPHONE
        quiet = self._timeline.at - self._loud >= _SILENT_AFTER and not self._capture.over.is_set()
        return quiet and (not delivers or self._quiet >= _SILENT_AFTER // 2)

    def _turn(self, state: AudioState) -> SourceChanged:
        self._state = state
        self._loud, self._quiet = self._timeline.at, 0
        return SourceChanged(self._channel, self._timeline.at, state, self.device.name if self.device else "")
