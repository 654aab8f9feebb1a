"""Sound that is pushed in keeps its place however late it comes, and what never comes is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.audio.base import Heard
from voiceassist.audio.stream import StreamSource
from voiceassist.core.types import AudioFrame, AudioState, Channel, Gap, SourceChanged

BOTH = (Channel.AGENT, Channel.CUSTOMER)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def tone(count: int, channels: int = 1) -> bytes:
    return np.repeat(np.arange(1, count + 1, dtype="<i2")[:, None], channels, axis=1).tobytes()


async def heard(source: StreamSource) -> list[Heard]:
    """All that it delivers until it is closed; it is closed by now."""
    found = [*source._inbox]
    await source.aclose()
    return found


def ends(found: list[Heard]) -> list[int]:
    return [one.end for one in found if not isinstance(one, SourceChanged)]


@given(st.lists(st.integers(1, 900), min_size=1, max_size=30))
def test_frames_do_not_depend_on_how_sound_was_cut(sizes: list[int]):
    async def frames(cuts: list[int]) -> list[AudioFrame]:
        source = StreamSource((Channel.AGENT,), Clock())
        sound, at = tone(sum(sizes)), 0
        for size in cuts:
            source.push(sound[2 * at : 2 * (at + size)], at)
            at += size
        return [one for one in await heard(source) if isinstance(one, AudioFrame)]

    async def check() -> None:
        cut, whole = await frames(sizes), await frames([sum(sizes)])
        assert [one.start for one in cut] == [one.start for one in whole] == [512 * n for n in range(sum(sizes) // 512)]
        for one, other in zip(cut, whole, strict=True):
            assert np.array_equal(one.samples, other.samples)

    asyncio.run(check())


async def test_both_sides_come_in_step_the_customer_first():
    source = StreamSource(BOTH, Clock())
    source.push(tone(1100, 2), 0)
    found = [one for one in await heard(source) if isinstance(one, AudioFrame)]
    assert [(one.channel, one.start) for one in found] == [
        (Channel.CUSTOMER, 0),
        (Channel.AGENT, 0),
        (Channel.CUSTOMER, 512),
        (Channel.AGENT, 512),
    ]


async def test_what_was_dropped_on_the_way_is_a_gap():
    source = StreamSource((Channel.AGENT,), Clock())
    source.push(tone(600), 0)
    source.push(tone(600), 1600)
    found = await heard(source)
    [gap] = [one for one in found if isinstance(one, Gap)]
    assert (gap.start, gap.end, gap.lost) == (1024, 1600, True)  # the frame that was begun is filled with silence
    assert ends(found) == [512, 1024, 1600, 2112]


async def test_another_rate_is_made_ours():
    source = StreamSource((Channel.AGENT,), Clock())
    source.tune(48_000, "Headset")
    source.push(tone(30_000), 0)
    assert 9_000 < ends(await heard(source))[-1] <= 10_000


async def test_sound_from_far_ahead_of_the_clock_is_dropped():
    source = StreamSource((Channel.AGENT,), Clock())
    for second in range(10):
        source.push(tone(16_000), 16_000 * second)
    assert 3 * 16_000 <= ends(await heard(source))[-1] <= 5 * 16_000


@pytest.mark.parametrize("resting", [False, True])
async def test_where_nothing_comes_gaps_move_the_time_and_it_is_lost_unless_nothing_is_expected(*, resting: bool):
    source = StreamSource((Channel.AGENT,))
    source.tune(16_000, "Headset")
    source.push(tone(1600), 0)
    source.rest(resting=resting)
    states: list[AudioState] = []
    lost: list[bool] = []
    async with asyncio.timeout(20):
        async for one in _until(source, 2.6 * 16_000):
            if isinstance(one, SourceChanged):
                states.append(one.state)
                assert one.device == "Headset"
            elif isinstance(one, Gap):
                lost.append(one.lost)
    assert states == ([AudioState.LISTENING] if resting else [AudioState.LISTENING, AudioState.LOST])
    assert set(lost) == {not resting}
    if not resting:
        source.push(tone(1600), 1600)
        assert [one.state for one in source._inbox if isinstance(one, SourceChanged)] == [AudioState.RESTORED]


async def test_silence_is_told():
    source = StreamSource((Channel.AGENT,), Clock())
    source.push(tone(1600), 0)
    source.push(bytes(2 * 32_000), 1600)
    assert [one.state for one in await heard(source) if isinstance(one, SourceChanged)] == [
        AudioState.LISTENING,
        AudioState.SILENT,
    ]


async def _until(source: StreamSource, end: float) -> AsyncIterator[Heard]:
    async for one in source:
        yield one
        if not isinstance(one, SourceChanged) and one.end >= end:
            return
