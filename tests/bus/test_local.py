"""The bus within one process: how much it keeps."""

from __future__ import annotations

from contextlib import aclosing

from voiceassist.bus.base import Entry, Gap
from voiceassist.bus.local import LocalBus


async def test_texts_count_not_the_entries_that_hold_them() -> None:
    bus = LocalBus(length=100)
    start = await bus.head()
    for number in range(50):
        await bus.append("events", [f"{number}-{text}" for text in range(10)])
    async with aclosing(bus.follow(start)) as follower:
        assert isinstance(await anext(follower), Gap)
        kept = [await anext(follower) for _ in range(10)]
    assert [entry.texts[0] for entry in kept if isinstance(entry, Entry)] == [f"{number}-0" for number in range(40, 50)]


async def test_the_newest_is_kept_however_much_it_holds() -> None:
    bus = LocalBus(length=10)
    start = await bus.head()
    await bus.append("events", [f"{number}" for number in range(25)])
    async with aclosing(bus.follow(start)) as follower:
        entry = await anext(follower)
    assert isinstance(entry, Entry)
    assert len(entry.texts) == 25
