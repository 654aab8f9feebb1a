"""Each line of a worker gets its events into the intake, in order, whatever holds another line up."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest
from floor.test_intake import Keeping, Line
from floor.told import ADA, alert, moment, started

from voiceassist.bus.local import LocalBus
from voiceassist.errors import ServerError, StoreError
from voiceassist.floor import backlog
from voiceassist.floor.backlog import MOST, Backlog
from voiceassist.floor.intake import Intake, Known
from voiceassist.server import messages as wire


class Heard(list[tuple[str | None, int | None, str]]):
    """Events, and what was wrong with them."""

    def __call__(self, event: wire.CallEvent, error: ServerError | StoreError) -> None:
        self.append((event.call, event.seq, error.code))


class Looking:
    """A store that does not answer for the call `slow` before it is let go."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._answer = threading.Event()

    def __call__(self, call: str) -> None:
        if call == "slow":
            self._loop.call_soon_threadsafe(self.asked.set)
            assert self._answer.wait(60)

    def answer(self) -> None:
        self._answer.set()


@dataclass
class Parts:
    """What a backlog stands between, and what it told."""

    backlog: Backlog
    keeping: Keeping
    acks: Line
    refused: Heard
    delayed: Heard

    def put(self, line: int, *events: wire.CallEvent) -> None:
        for event in events:
            assert self.backlog.put(line, ADA, event)

    def taken(self, call: str) -> list[int | None]:
        return [message.seq for message in self.keeping.taken if message.call == call]


@asynccontextmanager
async def working(look: Callable[[str], Known | None]) -> AsyncIterator[Parts]:
    bus, keeping, acks, refused, delayed = LocalBus(), Keeping(), Line(), Heard(), Heard()
    made = keeping.intake = Intake(keeping, look, bus)
    running = asyncio.create_task(made.run())
    yield Parts(Backlog(made, acks, refused=refused, delayed=delayed), keeping, acks, refused, delayed)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await bus.aclose()


async def test_a_store_that_is_slow_to_tell_of_one_call_holds_up_no_other_line():
    look = Looking()
    async with working(look) as parts:
        parts.put(1, started("slow"), moment(2, call="slow"))
        await look.asked.wait()
        parts.put(2, started("b"), moment(2, call="b"))
        await parts.acks.until("b", 2)
        assert parts.taken("slow") == []
        look.answer()
        await parts.acks.until("slow", 2)
        assert parts.taken("slow") == [1, 2]


async def test_a_store_that_cannot_be_asked_is_asked_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(backlog, "AGAIN", 0.001)
    answers = [StoreError("no answer"), StoreError("no answer"), None]

    def look(_call: str) -> None:
        if (answer := answers.pop(0)) is not None:
            raise answer

    async with working(look) as parts:
        parts.put(1, started(), moment(2), moment(3))
        await parts.acks.until("c", 3)
        assert parts.taken("c") == [1, 2, 3]
        assert (parts.refused, parts.delayed, answers) == ([], [("c", 1, "store")], [])


async def test_what_can_never_be_taken_is_refused_and_what_follows_is_taken():
    def look(call: str) -> None:
        if call == "odd":
            raise StoreError("a value does not fit", code="store-refused")

    async with working(look) as parts:
        parts.put(1, started("odd"), started(), alert(2, id_="of another call"), moment(3))
        await parts.acks.until("c", 3)
        assert parts.refused == [("odd", 1, "store-refused"), ("c", 2, "bad-event")]
        assert parts.taken("c") == [1, 3]


async def test_a_line_has_room_for_so_many_events_and_each_line_its_own():
    look = Looking()
    async with working(look) as parts:
        parts.put(1, *(moment(seq, call="slow") for seq in range(1, MOST + 1)))
        assert not parts.backlog.put(1, ADA, moment(MOST + 1, call="slow"))
        parts.put(2, started("b"))
        await parts.acks.until("b", 1)
        look.answer()
        await parts.acks.until("slow", MOST)
        parts.put(1, moment(MOST + 2, call="slow"))
        await parts.acks.until("slow", MOST + 2)
        assert parts.taken("slow") == [*range(1, MOST + 1), MOST + 2]


async def test_what_waits_when_the_worker_goes_is_brought_in():
    look = Looking()
    async with working(look) as parts:
        parts.put(1, started("slow"), moment(2, call="slow"))
        await look.asked.wait()
        finishing = asyncio.create_task(parts.backlog.finish())
        await asyncio.sleep(0)
        assert not finishing.done()
        look.answer()
        await finishing
        assert parts.taken("slow") == [1, 2]


async def test_a_store_is_waited_for_only_so_long_once_the_worker_is_gone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(backlog, "PATIENCE", 0.001)
    look = Looking()
    async with working(look) as parts:
        parts.put(1, started("slow"))
        await look.asked.wait()
        await parts.backlog.finish()
        look.answer()
        parts.put(1, started("b"))
        await parts.acks.until("b", 1)
        assert parts.taken("slow") == []
