"""What waits to be appended keeps its order, and what a reader has seen of it is told apart from what it missed."""

from __future__ import annotations

import asyncio
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.bus.appends import BATCH, ENTRY, SEPARATOR, Appends, Batch
from voiceassist.bus.lineage import Lineage, Place
from voiceassist.errors import BusError

KINDS = st.sampled_from(["events", "alert", "whisper"])
APPENDS = st.lists(st.tuples(KINDS, st.lists(st.text("ab", max_size=3), min_size=1, max_size=3)), max_size=30)


def unpacked(batches: list[Batch]) -> list[tuple[str, str]]:
    entries = [entry for batch in batches for entry in batch.entries]
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    return [(entry.kind, text) for entry in entries for text in entry.body.decode().split(SEPARATOR)]


@given(st.lists(APPENDS, max_size=4))
def test_whatever_is_appended_is_sent_in_its_order(bursts: list[list[tuple[str, list[str]]]]) -> None:
    async def send() -> list[Batch]:
        appends = Appends()
        batches: list[Batch] = []
        for burst in bursts:
            waiting = [appends.add(kind, texts) for kind, texts in burst]
            if burst:
                batches.append(await appends.batch())
                assert not any(done.done() for done in waiting)
                batches[-1].settle()
                assert all(done.done() for done in waiting)
        return batches

    batches = asyncio.run(send())
    assert unpacked(batches) == [(kind, text) for burst in bursts for kind, texts in burst for text in texts]
    for batch, burst in zip(batches, [burst for burst in bursts if burst], strict=True):
        assert [entry.kind for entry in batch.entries] == [kind for kind, _ in groupby(kind for kind, _ in burst)]


async def test_much_that_waits_goes_in_parts() -> None:
    appends = Appends()
    texts = [f"{number}" * 60_000 for number in range(10)] * 4 + ["x" * (BATCH + 1), "y"]
    for text in texts:
        appends.add("events", [text])
    batches = [await appends.batch()]
    while not batches[-1].entries[-1].body.endswith(b"y"):
        batches.append(await appends.batch())
    assert [text for _, text in unpacked(batches)] == texts
    sizes = [sum(len(entry.body) for entry in batch.entries) for batch in batches]
    assert len(sizes) == 5
    assert [size for size in sizes if size > BATCH] == [BATCH + 1]
    assert all(len(entry.body) <= ENTRY for batch in batches for entry in batch.entries if b"x" not in entry.body)


async def test_there_is_room_again_once_something_has_gone() -> None:
    appends = Appends(10)
    first = appends.add("events", ["12345678"])
    with pytest.raises(BusError) as caught:
        appends.add("events", ["123"])
    assert caught.value.code == "bus-full"
    (await appends.batch()).settle()
    assert first.done()
    last = appends.add("events", ["1234567890"])
    appends.fail(BusError("the bus is closed"))
    with pytest.raises(BusError, match="closed"):
        await last


async def test_what_is_no_unicode_is_refused_and_harms_no_other() -> None:
    appends = Appends()
    with pytest.raises(UnicodeEncodeError):
        appends.add("events", ["\ud800"])
    appends.add("events", ["1"])
    assert [entry.body for entry in (await appends.batch()).entries] == [b"1"]


@given(st.lists(st.integers(1, 30), max_size=60))
def test_each_entry_is_news_once_and_each_hole_is_told(numbers: list[int]) -> None:
    lineage, highest = Lineage(), 0
    for number in numbers:
        place = lineage.place("origin", number)
        if number <= highest:
            assert place is Place.KNOWN
        else:
            assert place is (Place.NEXT if highest in {0, number - 1} else Place.AFTER_HOLE)
        highest = max(highest, number)


def test_processes_are_told_apart() -> None:
    lineage = Lineage()
    seen = [lineage.place(origin, number) for origin, number in [("a", 7), ("b", 1), ("a", 8), ("b", 3), ("a", 8)]]
    assert seen == [Place.NEXT, Place.NEXT, Place.NEXT, Place.AFTER_HOLE, Place.KNOWN]


def test_who_goes_back_hears_all_again_and_is_not_told_the_same_hole_twice() -> None:
    lineage = Lineage()
    assert [lineage.place("a", number) for number in (1, 2, 5)] == [Place.NEXT, Place.NEXT, Place.AFTER_HOLE]
    lineage.retell()
    again = [lineage.place("a", number) for number in (2, 5, 6, 8)]
    assert again == [Place.NEXT, Place.NEXT, Place.NEXT, Place.AFTER_HOLE]
