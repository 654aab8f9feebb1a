"""What waits for a worker: messages before sound, the lines' sound in turn, and of sound no more than it can use."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from voiceassist.floor.allowance import Allowance
from voiceassist.floor.port import OF_LINE, Port
from voiceassist.server import messages as wire
from voiceassist.server.client import QUEUE


async def first(port: Port, count: int) -> list[str | bytes]:
    found: list[str | bytes] = []
    async with asyncio.timeout(5):
        async for said in port:
            found.append(said)
            if len(found) == count:
                return found
    raise AssertionError(found)


async def test_messages_go_first_and_lines_take_turns():
    port = Port()
    for block in (b"a1", b"a2", b"a3"):
        assert port.send(1, block, 100)
    assert port.send(2, b"b1", 100)
    port.tell("hello")
    assert await first(port, 5) == ["hello", b"a1", b"b1", b"a2", b"a3"]


async def test_of_too_much_sound_the_oldest_goes_and_that_is_told():
    port = Port()
    assert [port.send(1, block, 4) for block in (b"a1", b"a2", b"a3")] == [True, True, False]
    assert port.send(2, b"b1", 4)
    assert await first(port, 3) == [b"a2", b"b1", b"a3"]


async def test_what_is_forgotten_is_not_sent():
    port = Port()
    port.send(1, b"a1", 100)
    port.send(2, b"b1", 100)
    port.forget(1)
    port.say(wire.LineClose(line=1))
    said, sound = await first(port, 2)
    assert isinstance(said, str)
    assert '"line_close"' in said
    assert sound == b"b1"


async def test_a_worker_may_be_given_all_its_lines_at_once_and_one_that_takes_nothing_is_let_go():
    port = Port()
    port.lines = 3 * QUEUE
    for line in range(port.lines):
        port.say(wire.LineClose(line=line))
    assert port.closed is None
    port.lines = 0  # it leaves, and ends what it has
    port.say(wire.LineClose(line=1))
    assert port.closed is None
    for line in range(OF_LINE * 3 * QUEUE):
        port.say(wire.LineClose(line=line))
    assert port.closed == (1013, "too slow")


@given(st.lists(st.integers(1, 4000), min_size=1, max_size=200), st.floats(0.001, 0.2))
def test_no_more_than_twice_real_time_passes_for_long(sizes: list[int], pause: float):
    clock = 0.0
    allowance = Allowance(32_000, lambda: clock)
    passed = 0
    for size in sizes:
        clock += pause
        if not allowance.take(size):
            break
        passed += size
    assert passed <= 5 * 32_000 + 2 * 32_000 * clock


def test_real_time_always_passes():
    clock = 0.0
    allowance = Allowance(32_000, lambda: clock)
    for _ in range(3000):
        clock += 0.02
        assert allowance.take(640)
