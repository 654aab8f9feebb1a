"""The bus within one process: how much it keeps."""

from __future__ import annotations

from contextlib import aclosing

from voiceassist.bus.base import Entry, Gap
from voiceassist.bus.local import KEEP, LocalBus


async def test_texts_count_not_the_entries_that_hold_them() -> None:
    bus = LocalBus(length=100)
    start = await bus.head()
    for number in range(50):
        await bus.append("events", [f"{number}-{text}" for text in range(10)])
    async with aclosing(bus.follow(start)) as follower:
        assert isinstance(await anext(follower), Gap)
        kept = [await anext(follower) for _ in range(10)]
    assert [entry.texts[0] for entry in kept if isinstance(entry, Entry)] == [f"{number}-0" for number in range(40, 50)]


async def test_what_was_said_goes_by_its_age() -> None:
    clock = [0.0]
    bus = LocalBus(clock=lambda: clock[0])
    start = await bus.head()
    await bus.append("events", ["said"])
    clock[0] = KEEP
    await bus.append("presence", ["here"])
    async with aclosing(bus.follow(start)) as follower:
        assert [getattr(await anext(follower), "texts", None) for _ in range(2)] == [("said",), ("here",)]
    clock[0] += 1.0
    await bus.append("presence", ["still here"])
    assert "said" not in repr(bus._log)
    async with aclosing(bus.follow(start)) as follower:
        assert isinstance(await anext(follower), Gap)


async def test_the_newest_is_kept_however_much_it_holds() -> None:
    bus = LocalBus(length=10)
    start = await bus.head()
    await bus.append("events", [f"{number}" for number in range(25)])
    async with aclosing(bus.follow(start)) as follower:
        entry = await anext(follower)
    assert isinstance(entry, Entry)
    assert len(entry.texts) == 25
