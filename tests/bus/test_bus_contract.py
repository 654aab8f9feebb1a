"""What every bus promises, asked of each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from secrets import token_hex

import pytest
from bus.reading import read, until
from redis_server import RedisServer

from voiceassist.bus.base import Bus, Entry, Gap
from voiceassist.bus.local import LocalBus
from voiceassist.bus.redis_streams import Limits, RedisBus
from voiceassist.errors import BusError

LENGTH = 100
"""Entries that are kept at least, where a test wants few."""
Make = Callable[[], Awaitable[Bus]]


@pytest.fixture(params=["local", "redis"])
async def make(request: pytest.FixtureRequest) -> AsyncIterator[Make]:
    """Makes a bus; through Redis, another process's view of the same one with each call."""
    buses: list[Bus] = []
    if request.param == "redis":
        server: RedisServer = request.getfixturevalue("shared_redis")
        prefix = token_hex(4)

    async def open_one() -> Bus:
        if request.param == "redis":
            limits = Limits(gather=0.001, beat=60.0, length=LENGTH)  # nothing here may wait for a beat
            buses.append(await RedisBus.open(server.url, prefix=prefix, limits=limits))
        elif not buses:
            buses.append(LocalBus(LENGTH))
        return buses[-1]

    yield open_one
    for bus in buses:
        await bus.aclose()


@pytest.fixture
async def bus(make: Make) -> Bus:
    return await make()


@asynccontextmanager
async def following(bus: Bus, cursor: str) -> AsyncIterator[list[Entry | Gap]]:
    """A follower at work; what it has been told so far."""
    told: list[Entry | Gap] = []

    async def follow() -> None:
        async with aclosing(bus.follow(cursor)) as entries:
            while True:
                told.append(await anext(entries))

    task = asyncio.create_task(follow())
    yield told
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def texts(told: list[Entry | Gap]) -> list[str]:
    return [text for entry in told if isinstance(entry, Entry) for text in entry.texts]


async def test_what_one_appends_comes_in_its_order_whatever_its_kind(bus: Bus) -> None:
    async with aclosing(bus.follow(await bus.head())) as follower:
        sent = [("alert" if number % 7 == 0 else "events", f"{number}") for number in range(90)]
        async with asyncio.TaskGroup() as group:
            for kind, text in sent:
                group.create_task(bus.append(kind, [text]))
        heard: list[tuple[str, str]] = []
        while len(heard) < len(sent):
            entry = await anext(follower)
            assert isinstance(entry, Entry)
            assert entry.origin == bus.origin
            heard += [(entry.kind, text) for text in entry.texts]
        assert heard == sent


async def test_all_followers_hear_one_order(make: Make) -> None:
    buses = [await make() for _ in range(3)]

    async def append(number: int) -> None:
        for count in range(20):
            await buses[number].append("events", [f'"{number}-{count}"'])

    head = await buses[0].head()
    async with following(buses[0], head) as one, following(buses[1], head) as other:
        async with asyncio.TaskGroup() as group:
            for number in range(3):
                group.create_task(append(number))
        await until(lambda: len(texts(one)) == len(texts(other)) == 60)
    assert texts(one) == texts(other)
    assert sorted(texts(one), key=lambda text: text.split("-")[0]) == [
        f'"{number}-{count}"' for number in range(3) for count in range(20)
    ]


async def test_who_comes_back_with_a_cursor_hears_the_rest(bus: Bus) -> None:
    head = await bus.head()
    for number in range(10):
        await bus.append("events", [f"{number}"])
    async with aclosing(bus.follow(head)) as follower:
        for _ in range(4):
            left_at = await anext(follower)
    for number in range(10, 15):
        await bus.append("events", [f"{number}"])
    async with aclosing(bus.follow(left_at.cursor)) as follower:
        assert await read(follower, 11) == [f"{number}" for number in range(4, 15)]
    async with aclosing(bus.follow(await bus.head())) as follower:
        await bus.append("events", ['"new"'])
        assert await read(follower, 1) == ['"new"']


async def test_who_knows_nothing_is_told_so_and_then_what_may_not_be_in_the_store_yet(bus: Bus) -> None:
    await bus.append("events", ['"just now"'])
    async with aclosing(bus.follow()) as follower:
        gap = await anext(follower)
        assert isinstance(gap, Gap)
        await bus.append("events", ['"now"'])
        assert await read(follower, 2) == ['"just now"', '"now"']
    async with aclosing(bus.follow(gap.cursor)) as follower:
        assert await read(follower, 2) == ['"just now"', '"now"']


@pytest.mark.parametrize(
    "cursor", ["", "-", "nonsense", "00112233-5", "9" * 30 + "-1", "1-" + "9" * 30, "1-²", "5-1", "mine-99"]
)
async def test_a_cursor_of_another_bus_is_a_gap(bus: Bus, cursor: str) -> None:
    await bus.append("events", ["1"])
    async with aclosing(bus.follow(cursor.replace("mine", bus.origin))) as follower:
        assert isinstance(await anext(follower), Gap)
        assert await read(follower, 1) == ["1"]


async def test_who_falls_behind_what_is_kept_is_told(bus: Bus) -> None:
    async with aclosing(bus.follow(await bus.head())) as follower:
        await bus.append("events", ["-1"])
        assert await read(follower, 1) == ["-1"]
        for number in range(5 * LENGTH):
            await bus.append("events", [f"{number}"])
        heard: list[Entry | Gap] = []
        while texts(heard)[-1:] != [f"{5 * LENGTH - 1}"]:
            heard.append(await anext(follower))
    gap = next(at for at, entry in enumerate(heard) if isinstance(entry, Gap))
    numbers = [int(text) for text in texts(heard[gap:])]
    assert len(numbers) >= LENGTH
    assert numbers == list(range(numbers[0], 5 * LENGTH))


async def test_what_was_appended_while_a_gap_is_mended_is_heard(bus: Bus) -> None:
    async with aclosing(bus.follow()) as follower:
        assert isinstance(await anext(follower), Gap)
        for number in range(5 * LENGTH):
            await bus.append("events", [f"{number}"])
        heard: list[Entry | Gap] = []
        while texts(heard)[-1:] != [f"{5 * LENGTH - 1}"]:
            heard.append(await anext(follower))
    assert any(isinstance(entry, Gap) for entry in heard)


async def test_texts_come_as_they_were(bus: Bus) -> None:
    said = ["", 'Robert"; \r\n\x1f\x00 \u2028 é 👩🏽‍🚀', "\u202e" * 10, "x" * 60_000, "é" * 30_000]
    sent = [json.dumps({"text": text}, ensure_ascii=False) for text in said] + ["{\n}", "", " "]
    async with aclosing(bus.follow(await bus.head())) as follower:
        await bus.append("ünï", sent)
        await bus.append("more", ["1"])
        first, second = await anext(follower), await anext(follower)
    assert isinstance(first, Entry)
    assert isinstance(second, Entry)
    assert (first.kind, first.texts) == ("ünï", tuple(sent))
    assert (second.kind, second.texts) == ("more", ("1",))


async def test_nothing_is_no_entry(bus: Bus) -> None:
    async with aclosing(bus.follow(await bus.head())) as follower:
        await bus.append("events", [])
        await bus.append("events", ["1"])
        assert await read(follower, 1) == ["1"]


async def test_nobody_waits_for_a_slow_follower(bus: Bus) -> None:
    async with aclosing(bus.follow(await bus.head())) as slow, aclosing(bus.follow(await bus.head())) as quick:
        await bus.append("events", ["0"])
        assert await read(slow, 1) == ["0"]
        await bus.append("events", ["1"])
        assert await read(quick, 2) == ["0", "1"]
        assert await read(slow, 1) == ["1"]


async def test_a_follower_that_is_cancelled_leaves_nothing_behind(bus: Bus) -> None:
    tasks = asyncio.all_tasks()
    async with following(bus, await bus.head()) as told:
        await bus.append("events", ["1"])
        await until(lambda: texts(told) == ["1"])
    assert asyncio.all_tasks() <= tasks
    async with aclosing(bus.follow(told[0].cursor)) as follower:
        await bus.append("events", ["2"])
        assert await read(follower, 1) == ["2"]


async def test_an_append_that_is_cancelled_harms_no_other(bus: Bus) -> None:
    async with aclosing(bus.follow(await bus.head())) as follower:
        appending = asyncio.create_task(bus.append("events", ["1"]))
        await asyncio.sleep(0)
        appending.cancel()
        await asyncio.wait([appending])
        await bus.append("events", ["2"])
        entry = await anext(follower)
        assert isinstance(entry, Entry)
        assert [*entry.texts, *(await read(follower, 1) if entry.texts == ("1",) else [])] in (["1", "2"], ["2"])


async def test_a_closed_bus_ends_its_followers_and_takes_nothing(bus: Bus) -> None:
    told: list[Entry | Gap] = []

    async def follow() -> None:
        async for entry in bus.follow(head):
            told.append(entry)  # noqa: PERF401 - one by one

    head = await bus.head()
    waiting = [asyncio.create_task(follow()) for _ in range(2)]
    await bus.append("events", ["1"])
    await until(lambda: texts(told) == ["1", "1"])
    await bus.aclose()
    await bus.aclose()
    await asyncio.gather(*waiting)
    assert texts(told) == ["1", "1"]
    with pytest.raises(BusError) as caught:
        await bus.append("events", ["2"])
    assert caught.value.code == "bus"
    assert [entry async for entry in bus.follow()] == []
