"""Many calls at one recogniser: whose turn it is, what is recognised together, and what happens when it is too much."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import numpy as np
import pytest

from voiceassist.core.types import Channel, Purpose, Samples, SpeechSegment, Word
from voiceassist.engines.scripted import ScriptedTranscriber
from voiceassist.errors import EngineError
from voiceassist.metrics import Metrics
from voiceassist.recogniser import Recogniser, Seat

SOUND = np.zeros(16_000, np.float32)


class Gated(ScriptedTranscriber):
    """Answers with the segment's start as its word, once the gate lets it; tells what it was asked for, in order."""

    def __init__(self) -> None:
        super().__init__({})
        self.gate = threading.Semaphore(0)
        self.asked: list[tuple[int, ...]] = []
        self.began = threading.Semaphore(0)
        self.errors: list[Exception] = []

    def transcribe(self, samples: Samples, segment: SpeechSegment) -> list[Word]:  # noqa: ARG002
        return self._think([segment])[0]

    def _think(self, segments: Sequence[SpeechSegment]) -> list[list[Word]]:
        self.asked.append(tuple(segment.start for segment in segments))
        self.began.release()
        assert self.gate.acquire(timeout=20)
        if self.errors:
            raise self.errors.pop(0)
        return [[Word(segment.start, segment.end, str(segment.start))] for segment in segments]


class Batching(Gated):
    """Takes several sounds whose ends are equal."""

    together = 3

    def form(self, segment: SpeechSegment) -> int:
        return segment.end

    def transcribe_all(self, sounds: Sequence[tuple[Samples, SpeechSegment]]) -> list[list[Word]]:
        return self._think([segment for _, segment in sounds])


class Desk:
    """Asks a recogniser by the number of a segment; what for can be changed later."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.recogniser = recogniser
        self.purposes: dict[int, Purpose | None] = {}

    async def ask(self, number: int, purpose: Purpose, seat: Seat | None = None, end: int = 100) -> asyncio.Task:
        self.purposes[number] = purpose
        segment = SpeechSegment(Channel.AGENT, number, end, number, end)
        words = self.recogniser.words(seat or Seat(), segment, lambda: SOUND, lambda: self.purposes[number])
        task = asyncio.create_task(words)
        await asyncio.sleep(0)
        return task


@pytest.fixture
async def make() -> AsyncIterator[Callable[..., Desk]]:
    made: list[Recogniser] = []

    def build(transcriber: Gated, **arguments: Any) -> Desk:
        made.append(Recogniser(transcriber, **arguments))
        return Desk(made[-1])

    yield build
    for recogniser in made:
        with recogniser:
            transcriber = recogniser.transcriber
            assert isinstance(transcriber, Gated)
            transcriber.gate.release(100)


async def begun(transcriber: Gated, count: int = 1) -> None:
    """Wait until so many more jobs have begun."""
    for _ in range(count):
        assert await asyncio.to_thread(transcriber.began.acquire, timeout=20)


async def answers(tasks: Sequence[asyncio.Task]) -> list[str | None]:
    async with asyncio.timeout(20):
        return [words[0].text if words else None for words in await asyncio.gather(*tasks)]


async def test_what_is_over_comes_before_a_guess_and_a_guess_before_a_tick(make) -> None:
    slow = Gated()
    desk = make(slow)
    tasks = [await desk.ask(0, Purpose.TICK)]
    await begun(slow)
    for number, purpose in enumerate((Purpose.TICK, Purpose.GUESS, Purpose.PAUSE, Purpose.GUESS), 1):
        tasks.append(await desk.ask(number, purpose))
    slow.gate.release(5)
    assert await answers(tasks) == ["0", "1", "2", "3", "4"]
    assert slow.asked == [(0,), (3,), (2,), (4,), (1,)]


async def test_a_guess_that_became_a_breath_is_as_urgent(make) -> None:
    slow = Gated()
    desk = make(slow)
    tasks = [await desk.ask(number, Purpose.GUESS) for number in range(3)]
    await begun(slow)
    desk.purposes[2] = Purpose.PAUSE
    slow.gate.release(3)
    await answers(tasks)
    assert slow.asked == [(0,), (2,), (1,)]


async def test_the_call_that_was_served_longest_ago_is_next(make) -> None:
    slow = Gated()
    desk = make(slow)
    talkative, quiet = Seat(), Seat()
    tasks = [await desk.ask(0, Purpose.PAUSE, talkative)]
    await begun(slow)
    tasks += [await desk.ask(number, Purpose.PAUSE, talkative) for number in (1, 2)]
    tasks += [await desk.ask(3, Purpose.PAUSE, quiet)]
    slow.gate.release(4)
    await answers(tasks)
    assert slow.asked == [(0,), (3,), (1,), (2,)]


async def test_what_nobody_wants_any_more_is_never_begun(make) -> None:
    slow, metrics = Gated(), Metrics()
    desk = make(slow, metrics=metrics)
    tasks = [await desk.ask(number, Purpose.GUESS) for number in range(3)]
    await begun(slow)
    desk.purposes[1] = None
    tasks[2].cancel()
    await asyncio.sleep(0)
    slow.gate.release(3)
    assert await answers(tasks[:2]) == ["0", None]
    assert slow.asked == [(0,)]
    assert "voiceassist_requests_superseded_total 1.0" in metrics.text()


async def test_what_waits_is_recognised_together_where_it_can_be(make) -> None:
    slow = Batching()
    desk = make(slow)
    tasks = [await desk.ask(0, Purpose.PAUSE)]
    await begun(slow)
    tasks += [await desk.ask(number, Purpose.GUESS) for number in (1, 2)]
    tasks += [await desk.ask(3, Purpose.GUESS, end=200), await desk.ask(4, Purpose.PAUSE)]
    tasks += [await desk.ask(5, Purpose.GUESS), await desk.ask(6, Purpose.TICK)]
    slow.gate.release(9)
    assert await answers(tasks) == [str(number) for number in range(7)]
    assert slow.asked == [(0,), (4, 1, 2), (3,), (5,), (6,)]


async def test_nobody_waits_for_company(make) -> None:
    slow = Batching()
    desk = make(slow, workers=2)
    tasks = [await desk.ask(number, Purpose.PAUSE) for number in (0, 1)]
    await begun(slow, 2)
    assert sorted(slow.asked) == [(0,), (1,)]
    slow.gate.release(2)
    await answers(tasks)


async def test_what_breaks_is_told_to_all_who_asked_and_the_next_are_served(make) -> None:
    slow = Batching()
    slow.errors = [EngineError("the recogniser ended", code="engine-died")]
    desk = make(slow)
    first = await desk.ask(0, Purpose.PAUSE)
    await begun(slow)
    rest = [await desk.ask(number, Purpose.PAUSE) for number in (1, 2)]
    slow.gate.release(2)
    with pytest.raises(EngineError, match="ended"):
        await first
    assert await answers(rest) == ["1", "2"]


async def test_of_too_many_ticks_the_last_are_dropped_and_no_breath_is(make) -> None:
    slow, metrics = Gated(), Metrics()
    desk = make(slow, metrics=metrics)
    tasks = [await desk.ask(0, Purpose.PAUSE)]
    await begun(slow)
    tasks += [await desk.ask(number, Purpose.TICK) for number in range(1, 8)]
    tasks += [await desk.ask(number, Purpose.PAUSE) for number in range(8, 20)]
    slow.gate.release(30)
    heard = await answers(tasks)
    assert heard[:5] == ["0", "1", "2", "3", "4"]
    assert heard[5:8] == [None, None, None]
    assert heard[8:] == [str(number) for number in range(8, 20)]
    assert "voiceassist_ticks_dropped_total 3.0" in metrics.text()


async def test_requests_that_wait_long_overload_it_until_the_rush_is_over(make, monkeypatch) -> None:
    slow = Gated()
    desk = make(slow)
    now = 0.0
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
    tasks = [await desk.ask(number, Purpose.PAUSE) for number in range(8)]
    assert not desk.recogniser.overloaded
    now = 1.0
    slow.gate.release(5)
    await asyncio.gather(*tasks[:5])
    assert desk.recogniser.overloaded
    slow.gate.release(3)
    await asyncio.gather(*tasks[5:])
    assert not desk.recogniser.overloaded


async def test_one_late_answer_is_no_overload(make, monkeypatch) -> None:
    slow = Gated()
    desk = make(slow)
    now = 0.0
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: now)
    tasks = [await desk.ask(number, Purpose.PAUSE) for number in range(2)]
    now = 2.0
    slow.gate.release(2)
    await asyncio.gather(*tasks)
    assert not desk.recogniser.overloaded


async def test_what_takes_one_sound_at_a_time_is_used_from_one_thread(make) -> None:
    slow = Gated()
    desk = make(slow, workers=4)
    tasks = [await desk.ask(number, Purpose.PAUSE) for number in range(3)]
    await begun(slow)
    assert slow.asked == [(0,)]
    slow.gate.release(3)
    await answers(tasks)


def test_another_loop_begins_anew() -> None:
    slow = Gated()
    with Recogniser(slow) as recogniser:

        async def leave() -> None:
            task = await Desk(recogniser).ask(0, Purpose.PAUSE)
            await begun(slow)
            task.cancel()

        async def ask() -> list[str | None]:
            return await answers([await Desk(recogniser).ask(1, Purpose.PAUSE)])

        asyncio.run(leave())
        slow.gate.release(2)
        assert asyncio.run(ask()) == ["1"]
