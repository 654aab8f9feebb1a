"""Calls that begin and end in sound which never does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from calls import AGENT, CUSTOMER, hear
from tones import LoudVad

from voiceassist.audio.base import Heard
from voiceassist.core.events import AudioChanged, CallEnded, CallStarted, Event, NudgeSent, Transcript
from voiceassist.core.policy import Hearing
from voiceassist.core.session import CallSession
from voiceassist.core.transcript import spread
from voiceassist.core.types import (
    FRAME,
    SAMPLE_RATE,
    AudioFrame,
    AudioState,
    Channel,
    Gap,
    Samples,
    SourceChanged,
    SpeechSegment,
    Word,
    samples,
)
from voiceassist.driver import Driver, Engines
from voiceassist.engines.scripted import ScriptedClassifier, ScriptedTranscriber
from voiceassist.errors import ServerError
from voiceassist.line import CallSound, Line
from voiceassist.recogniser import Recogniser


class Refuser(ScriptedTranscriber):
    """Hears a refusal in whatever is loud; remembers what it was given."""

    def __init__(self) -> None:
        super().__init__({})
        self.heard: list[tuple[SpeechSegment, Samples]] = []

    def transcribe(self, samples: Samples, segment: SpeechSegment) -> list[Word]:
        self.heard.append((segment, samples))
        return list(spread(segment.onset, segment.offset, "no we can't do that"))


class Live:
    """A source that plays what it is told: seconds of speech, of silence or of nothing, and what became of devices."""

    def __init__(self, channels: tuple[Channel, ...] = (AGENT,)) -> None:
        self.channels = channels
        self.items: asyncio.Queue[Heard] = asyncio.Queue()
        self.at = 0

    async def __aiter__(self) -> AsyncIterator[Heard]:
        while True:
            yield await self.items.get()
            self.items.task_done()

    async def aclose(self) -> None:
        pass

    async def play(self, seconds: float, *loud: Channel) -> None:
        for _ in range(round(seconds * SAMPLE_RATE / FRAME)):
            for channel in self.channels:
                level = np.full(FRAME, 0.5 if channel in loud else 0.0, np.float32)
                self.items.put_nowait(AudioFrame(channel, self.at, level))
            self.at += FRAME
            await self.items.join()
            for _ in range(4):
                await asyncio.sleep(0)

    async def skip(self, seconds: float) -> None:
        for channel in self.channels:
            self.items.put_nowait(Gap(channel, self.at, self.at + samples(seconds), lost=True))
        self.at += samples(seconds)
        await self.settle()

    async def change(self, state: AudioState, channel: Channel = AGENT, device: str = "headset") -> None:
        self.items.put_nowait(SourceChanged(channel, self.at, state, device))
        await self.settle()

    async def settle(self) -> None:
        """Let everything that was played be heard and answered."""
        await self.items.join()
        await asyncio.sleep(0.05)


class Station:
    """A line, what plays into it, and what came out: by call, and between calls."""

    def __init__(self, engines: Engines, channels: tuple[Channel, ...], *, auto: bool) -> None:
        self.live = Live(channels)
        self.calls: dict[str, list[Event]] = {}
        self.between: list[AudioChanged] = []
        self.line = Line(self.live, self._begin, self.between.append, detector=LoudVad(), hearing=Hearing(), auto=auto)
        self._engines = engines

    def _begin(self, call: str | None, by_itself: bool) -> Driver:  # noqa: FBT001 - a line calls it so
        name = call or f"auto-{len(self.calls) + 1}"
        events = self.calls[name] = []
        session = CallSession(name, self.live.channels)
        return Driver(session, self._engines, events.append, hang_up=samples(60) if by_itself else None)

    def of(self, call: str, kind: type) -> list[Event]:
        return [event for event in self.calls[call] if isinstance(event, kind)]


@pytest.fixture
async def refuser() -> Refuser:
    return Refuser()


@pytest.fixture
async def open_line(refuser: Refuser) -> AsyncIterator[Callable[..., Station]]:
    """Makes a line that runs until the test is over."""
    with Recogniser(refuser) as words, ThreadPoolExecutor(1) as scores:
        engines = Engines(words, ScriptedClassifier(hear), scores, LoudVad)
        running: list[asyncio.Task[None]] = []

        def build(channels: Sequence[Channel] = (AGENT,), *, auto: bool = True) -> Station:
            station = Station(engines, tuple(channels), auto=auto)
            running.append(asyncio.create_task(station.line.run()))
            return station

        yield build
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def test_a_call_begins_by_itself_with_the_first_words_whole(open_line, refuser):
    station = open_line()
    await station.live.play(3.0)
    assert station.calls == {}
    await station.live.play(1.0, AGENT)
    await station.live.play(2.0)
    await station.live.settle()
    assert [type(e) for e in station.calls["auto-1"][:1]] == [CallStarted]
    [(segment, sound)] = refuser.heard
    assert segment.offset - segment.onset == round(SAMPLE_RATE / FRAME) * FRAME
    assert float(np.abs(sound).sum()) == 0.5 * (segment.offset - segment.onset)
    assert segment.start > 0, "there is sound before the first word"
    assert station.of("auto-1", NudgeSent)


async def test_nothing_is_recognised_between_calls(open_line, refuser):
    station = open_line(auto=False)
    await station.live.play(2.0, AGENT)
    await station.live.play(2.0)
    assert station.calls == {}
    assert refuser.heard == []
    station.line.start("mine")
    await station.live.play(1.0, AGENT)
    await station.live.play(1.0)
    station.line.stop()
    await station.live.play(1.0)
    await station.live.settle()
    assert station.of("mine", CallEnded)
    await station.live.play(2.0, AGENT)
    await station.live.play(2.0)
    await station.live.settle()
    assert list(station.calls) == ["mine"]
    assert len(refuser.heard) == 1


async def test_a_call_begun_by_itself_ends_a_minute_after_the_last_speech(open_line):
    station = open_line()
    await station.live.play(1.0, AGENT)
    await station.live.play(59.0)
    assert not station.of("auto-1", CallEnded)
    await station.live.play(2.0)
    await station.live.settle()
    [ended] = station.of("auto-1", CallEnded)
    assert samples(60) <= ended.at < samples(62)
    await station.live.play(1.0, AGENT)
    await station.live.settle()
    assert list(station.calls) == ["auto-1", "auto-2"]


async def test_the_customer_s_speech_keeps_a_call_open_and_begins_none(open_line):
    station = open_line((AGENT, CUSTOMER))
    await station.live.play(2.0, CUSTOMER)
    assert station.calls == {}
    await station.live.play(1.0, AGENT)
    for _ in range(2):
        await station.live.play(40.0)
        await station.live.play(1.0, CUSTOMER)
    await station.live.settle()
    assert not station.of("auto-1", CallEnded)


async def test_a_call_that_was_asked_for_stays_until_it_is_ended(open_line):
    station = open_line()
    station.line.start("long")
    with pytest.raises(ServerError, match="a call is on"):
        station.line.start("other")
    await station.live.play(70.0)
    await station.live.settle()
    assert not station.of("long", CallEnded)


async def test_a_pause_forgets_what_was_said_and_hears_nothing(open_line, refuser):
    station = open_line()
    await station.live.play(0.5, AGENT)
    station.line.pause()
    await station.live.play(70.0, AGENT)
    await station.live.settle()
    assert refuser.heard == []
    assert [e.state for e in station.of("auto-1", AudioChanged)][-1] is AudioState.PAUSED
    assert not station.of("auto-1", CallEnded), "a pause is not a silence in which a call ends"
    station.line.resume()
    await station.live.play(1.0)
    await station.live.play(1.0, AGENT)
    await station.live.play(1.0)
    await station.live.settle()
    [(segment, sound)] = refuser.heard
    assert segment.onset >= samples(70)
    assert float(np.abs(sound).sum()) == 0.5 * (segment.offset - segment.onset)
    assert len(station.of("auto-1", Transcript)) >= 1


async def test_a_pause_between_calls_begins_none(open_line):
    station = open_line()
    await station.live.play(1.0)
    station.line.pause()
    await station.live.play(2.0, AGENT)
    assert station.calls == {}
    station.line.resume()
    assert [event.state for event in station.between] == [AudioState.PAUSED]
    station.line.pause()
    station.line.start("quiet")
    await station.live.play(1.0, AGENT)
    await station.live.settle()
    assert [e.state for e in station.of("quiet", AudioChanged)][-1] is AudioState.PAUSED


async def test_the_state_of_the_device_is_told_between_calls_and_in_them(open_line):
    station = open_line()
    await station.live.change(AudioState.LISTENING)
    await station.live.change(AudioState.LOST)
    assert [(e.state, e.device) for e in station.between] == [
        (AudioState.LISTENING, "headset"),
        (AudioState.LOST, "headset"),
    ]
    station.line.start("c")
    await station.live.settle()
    assert station.of("c", AudioChanged)[-1].state is AudioState.LOST
    await station.live.change(AudioState.RESTORED)
    await station.live.skip(0.5)
    station.line.stop()
    await station.live.play(0.1)
    await station.live.settle()
    assert [e.state for e in station.of("c", AudioChanged)][-1] is AudioState.RESTORED
    assert [e.lost for e in station.of("c", CallEnded)] == [samples(0.5)]
    assert station.between[-1].state is AudioState.LISTENING


async def test_a_device_lost_in_a_pause_is_told_and_the_pause_holds(open_line):
    station = open_line()
    station.line.start("c")
    station.line.pause()
    await station.live.change(AudioState.LOST)
    await station.live.change(AudioState.RESTORED)
    states = [e.state for e in station.of("c", AudioChanged)]
    assert states[-3:] == [AudioState.PAUSED, AudioState.LOST, AudioState.PAUSED]
    station.line.resume()
    assert station.of("c", AudioChanged)[-1].state is AudioState.LISTENING


async def test_the_call_that_is_on_ends_with_the_line(refuser):
    with Recogniser(refuser) as words, ThreadPoolExecutor(1) as scores:
        station = Station(Engines(words, ScriptedClassifier(hear), scores, LoudVad), (AGENT,), auto=True)
        running = asyncio.create_task(station.line.run())
        await station.live.play(1.0, AGENT)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert station.of("auto-1", CallEnded)


def frames(count: int, start: int = 0) -> Iterator[AudioFrame]:
    for index in range(count):
        yield AudioFrame(AGENT, start + index * FRAME, np.ones(FRAME, np.float32))


async def first(sound: CallSound, count: int) -> list[Heard]:
    taken: list[Heard] = []
    async for heard in sound:
        taken.append(heard)
        if len(taken) == count:
            return taken
    raise AssertionError


async def test_of_sound_that_a_call_cannot_keep_up_with_the_oldest_is_lost_and_counted():
    sound = CallSound((AGENT,), 0)
    for frame in frames(1000):
        sound.put(frame)
    gap, frame = await first(sound, 2)
    assert isinstance(gap, Gap)
    assert gap.lost
    assert (gap.start, gap.end) == (0, frame.start)
    assert 1000 * FRAME - frame.start <= samples(10) + FRAME


async def test_sound_from_before_a_call_does_not_reach_it():
    sound = CallSound((AGENT,), 10 * FRAME + 100)
    for frame in frames(12):
        sound.put(frame)
    gap, frame = await first(sound, 2)
    assert isinstance(gap, Gap)
    assert not gap.lost
    assert (gap.start, gap.end, frame.start) == (0, FRAME - 100, FRAME - 100)


async def test_sound_that_waits_is_forgotten_in_a_pause():
    sound = CallSound((AGENT,), 0)
    for frame in frames(3):
        sound.put(frame)
    sound.forget()
    assert all(isinstance(heard, Gap) and not heard.lost for heard in await first(sound, 3))
