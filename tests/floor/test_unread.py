"""What lies on the bus and cannot be read: another version says it otherwise, or somebody else wrote it there."""

from __future__ import annotations

import asyncio

import pytest
from floor.test_floor import Board, House, Memory, running
from floor.told import ADA, moment, started
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceassist.floor.floor import ALERT, PRESENCE, WATCH, WHISPER
from voiceassist.floor.intake import EVENTS
from voiceassist.floor.published import Published

KINDS = [EVENTS, PRESENCE, ALERT, WHISPER, WATCH]
MEMBER = '{"user":"ada","name":"Ada Brook","team":"Refunds"}'
UNREADABLE = {
    "no JSON": "{",
    "nothing": "",
    "null": "null",
    "deep": "[" * 10_000,
    "of another shape": '[{"who":"ada"}]',
    "of a later version": f'{{"member":{MEMBER},"message":{{"type":"later","call":"c","seq":2}}}}',
    "of no call": f'{{"member":{MEMBER},"message":{{"type":"call_started","seq":2}}}}',
    "without a number": f'{{"member":{MEMBER},"message":{{"type":"call_started","call":"c"}}}}',
    "at no time": f'{{"member":{MEMBER},"message":{{"type":"call_started","call":"d","seq":1,"at":1e300}}}}',
}


# Of who reads along, nothing has to be said: any object is one of those messages.
CASES = [
    pytest.param(kind, text, id=f"{kind}-{name}")
    for kind in KINDS
    for name, text in UNREADABLE.items()
    if not (kind == WATCH and text.startswith("{") and text.endswith("}"))
]


@pytest.mark.parametrize(("kind", "text"), CASES)
async def test_what_cannot_be_read_is_counted_and_passed_over(
    monkeypatch: pytest.MonkeyPatch, kind: str, text: str
) -> None:
    async with running(House(Memory())) as house:
        monkeypatch.setattr(house.bus, "_origin", "another process")  # of its own presence a process reads nothing
        board = Board(house.floor, "Refunds")
        await house.bus.append(kind, [text, text])
        await house.publish(ADA, started(), moment(2))
        await board.card("ada", call="c")
        assert house.floor.unread == 2


async def test_what_is_of_a_kind_that_nobody_knows_is_passed_over() -> None:
    async with running(House(Memory())) as house:
        board = Board(house.floor, "Refunds")
        await house.bus.append("later", ["{}"])
        await house.publish(ADA, started())
        await board.card("ada", call="c")
        assert house.floor.unread == 1


async def test_what_stands_beside_it_is_taken() -> None:
    async with running(House(Memory())) as house:
        board = Board(house.floor, "Refunds")
        events = [Published(member=ADA, message=message).model_dump_json() for message in (started(), moment(2))]
        await house.bus.append(EVENTS, [events[0], "garbage", events[1]])
        assert (await board.card("ada", unrepaired=0, noes=1))["call"] == "c"
        assert house.floor.unread == 1


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from([*KINDS, "later"]), st.text(max_size=60)), max_size=30))
def test_whatever_is_written_there_ends_nothing(entries: list[tuple[str, str]]) -> None:
    async def follow() -> None:
        async with running(House(Memory())) as house:
            board = Board(house.floor, "Refunds")
            for kind, text in entries:
                await house.bus.append(kind, [text])
            await house.publish(ADA, started())
            await board.card("ada", call="c")

    asyncio.run(follow())
