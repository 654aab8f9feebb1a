"""Lines, pages and workers come and go in any order, and each line is where it should be."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from floor.told import ADA, BEN, started

from voiceassist.errors import ServerError
from voiceassist.floor import switchboard
from voiceassist.floor.member import Member
from voiceassist.floor.port import Port
from voiceassist.floor.switchboard import Line, Switchboard
from voiceassist.server import messages as wire
from voiceassist.server.client import QUEUE

HELLO = wire.Hello(transcriber="", limited=False, version="1")
SOUND = wire.AudioStart()


class Page:
    """A page, and what it was told."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.gone = False

    def tell(self, text: str) -> None:
        self.told.append(json.loads(text))

    def give_way(self) -> None:
        self.gone = True

    @property
    def line(self) -> str:
        """How the line stands, as it was told last."""
        return [said["state"] for said in self.told if said["type"] == "line"][-1]


class Worker(Port):
    """A worker, and what waits for it."""

    @property
    def told(self) -> list[tuple[str, int]]:
        return [(said["type"], said["line"]) for said in map(json.loads, self._waiting)]

    @property
    def sound(self) -> list[tuple[int, int, bytes]]:
        blocks = [block for waiting in self._sound.values() for block in waiting]
        return [(*wire.HEAD.unpack_from(block), block[wire.HEAD.size :]) for block in blocks]


@pytest.fixture(name="board")
async def running_board() -> Switchboard:
    return Switchboard(HELLO)


def opened(board: Switchboard, page: Page, **sound: Any) -> Line:
    return board.open(ADA, page, wire.AudioStart(**sound))


async def test_a_line_waits_for_a_worker_and_goes_to_the_one_with_most_room(board: Switchboard):
    page = Page()
    line = opened(board, page)
    assert (page.line, board.waiting) == ("waiting", 1)
    small, large = Worker(), Worker()
    board.ready(small, 0)
    board.ready(large, 2)
    assert (page.line, board.waiting) == ("open", 0)
    assert large.told == [("line_page", line.number)]
    board.ready(small, 2)
    board.open(BEN, Page(), SOUND)
    assert [told[0] for told in small.told] == ["line_page"]


async def test_a_worker_that_comes_is_given_all_lines_that_wait(board: Switchboard):
    for number in range(2 * QUEUE):
        board.open(Member(f"ada{number}", "Ada", "Refunds"), Page(), SOUND)
    worker = Worker()
    board.ready(worker, 2 * QUEUE)
    assert (worker.closed, len(worker.told), board.waiting) == (None, 2 * QUEUE, 0)


async def test_sound_goes_as_it_came_with_its_place(board: Switchboard):
    page, worker = Page(), Worker()
    line = opened(board, page, channels=["agent", "customer"])
    board.hear(line, page, bytes(8))  # nobody is there to hear it
    board.ready(worker, 1)
    board.hear(line, page, b"abcd")
    board.hear(line, page, b"efgh")
    assert worker.sound == [(line.number, 2, b"abcd"), (line.number, 3, b"efgh")]


async def test_a_page_is_told_once_that_its_worker_lags(board: Switchboard):
    page, worker = Page(), Worker()
    line = opened(board, page, rate=8000)
    board.ready(worker, 1)
    second = bytes(16_000)
    for _ in range(5):
        board.hear(line, page, second)
    assert [said["state"] for said in page.told if said["type"] == "audio"] == ["lagging"]
    assert sum(len(block) for _, _, block in worker.sound) <= 32_000


async def test_in_a_pause_nothing_is_passed_on_nor_waits(board: Switchboard):
    page, worker, other = Page(), Worker(), Worker()
    line = opened(board, page)
    board.ready(worker, 1)
    board.hear(line, page, bytes(640))
    board.command(line, page, wire.Pause())
    board.hear(line, page, bytes(640))
    assert worker.sound == []
    board.lose(worker)
    board.ready(other, 1)
    [said] = map(json.loads, other._waiting)
    assert said["paused"]
    board.command(line, page, wire.Resume())
    board.hear(line, page, bytes(640))
    assert len(other.sound) == 1


async def test_a_newer_page_takes_over_and_the_old_one_is_heard_no_more(board: Switchboard):
    old, new, worker = Page(), Page(), Worker()
    board.ready(worker, 1)
    line = opened(board, old)
    assert opened(board, new) is line
    assert (old.line, old.gone, new.line) == ("taken", True, "open")
    board.hear(line, old, bytes(640))
    board.leave(line, old)
    board.command(line, old, wire.Pause())
    assert (worker.sound, line.sound.paused, line.freeing) == ([], False, None)
    board.say(worker, wire.LineSaid(line=line.number, page=1, text='{"type":"x"}'))
    board.say(worker, wire.LineSaid(line=line.number, page=2, text='{"type":"y"}'))
    assert [said["type"] for said in (*old.told, *new.told) if said["type"] in "xy"] == ["y"]


async def test_a_newer_page_with_other_channels_is_a_new_line_and_the_old_page_gives_way(board: Switchboard):
    old, new, worker = Page(), Page(), Worker()
    board.ready(worker, 2)
    before = opened(board, old)
    line = opened(board, new, channels=["agent", "customer"])
    assert line is not before
    assert (old.line, old.gone, new.line) == ("taken", True, "open")
    board.hear(before, old, bytes(640))
    board.leave(before, old)
    assert worker.sound == []
    assert worker.told == [("line_page", before.number), ("line_close", before.number), ("line_page", line.number)]


async def test_a_page_that_sends_other_channels_from_now_on_stays(board: Switchboard):
    page, worker = Page(), Worker()
    board.ready(worker, 2)
    opened(board, page)
    line = opened(board, page, channels=["agent", "customer"])
    assert (page.line, page.gone) == ("open", False)
    board.hear(line, page, bytes(640))
    assert len(worker.sound) == 1


async def test_a_page_that_comes_back_in_time_finds_its_line_and_later_another(
    board: Switchboard, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(switchboard, "LINGER", 0.01)
    page, worker = Page(), Worker()
    board.ready(worker, 1)
    line = opened(board, page)
    board.leave(line, page)
    assert opened(board, page) is line
    board.leave(line, page)
    async with asyncio.timeout(5):
        while ("line_close", line.number) not in worker.told:
            await asyncio.sleep(0)
    later = opened(board, page)
    assert later is not line
    assert page.line == "waiting"  # the worker still ends the first one
    assert board.published(worker, wire.LinePublish(line=line.number, message=started())) == ADA
    board.closed(worker, wire.LineClosed(line=line.number))
    assert page.line == "open"


async def test_a_worker_that_is_silent_is_closed(board: Switchboard, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(switchboard, "SILENCE", 0.01)
    worker = Worker()
    board.ready(worker, 1)
    async with asyncio.timeout(5):
        while worker.closed is None:
            await asyncio.sleep(0)
    page = Page()
    opened(board, page)
    assert page.line == "waiting"


async def test_whatever_a_worker_says_shows_that_it_lives(board: Switchboard, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(switchboard, "SILENCE", 0.01)
    talking, silent = Worker(), Worker()
    board.ready(talking, 1)
    board.ready(silent, 1)
    async with asyncio.timeout(5):
        while silent.closed is None:
            board.live(talking)
            await asyncio.sleep(0)
    assert talking.closed is None


async def test_a_hub_that_stood_still_does_not_take_its_workers_for_silent(
    board: Switchboard, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(switchboard, "SILENCE", 0.2)
    worker = Worker()
    board.ready(worker, 1)
    time.sleep(0.5)  # noqa: ASYNC251 - the loop itself stands still
    for _ in range(3):
        await asyncio.sleep(0)
    assert worker.closed is None


async def test_a_line_that_broke_begins_anew_after_a_pause(board: Switchboard, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(switchboard, "AGAIN", 0.01)
    page, worker = Page(), Worker()
    board.ready(worker, 1)
    line = opened(board, page)
    board.closed(worker, wire.LineClosed(line=line.number, error=wire.Error(code="line-fault", message="broke")))
    assert page.told[-1]["code"] == "line-fault"
    async with asyncio.timeout(5):
        while worker.told.count(("line_page", line.number)) < 2:
            await asyncio.sleep(0)


async def test_a_line_of_which_no_more_can_be_kept_is_ended_and_begins_anew(
    board: Switchboard, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(switchboard, "AGAIN", 0.01)
    page, newer, other, worker = Page(), Page(), Page(), Worker()
    board.ready(worker, 2)
    line, another = opened(board, page), board.open(BEN, other, SOUND)
    board.cut_off(worker, line.number)
    board.cut_off(worker, line.number)
    assert page.told[-1]["code"] == "store"
    assert [told for told in worker.told if told[0] == "line_close"] == [("line_close", line.number)]
    assert board.published(worker, wire.LinePublish(line=line.number, message=started())) is None
    assert board.published(worker, wire.LinePublish(line=another.number, message=started("b"))) == BEN
    opened(board, newer)  # nothing is begun by a number that the worker still ends
    assert worker.told.count(("line_page", line.number)) == 1
    board.closed(worker, wire.LineClosed(line=line.number))
    async with asyncio.timeout(5):
        while worker.told.count(("line_page", line.number)) < 2:
            await asyncio.sleep(0)
    assert newer.line == "open"
    assert board.published(worker, wire.LinePublish(line=line.number, message=started("d"))) == ADA
    assert [said["type"] for said in other.told] == ["line"]


async def test_a_worker_speaks_for_its_own_lines_alone(board: Switchboard):
    page, worker, other = Page(), Worker(), Worker()
    board.ready(worker, 1)
    line = opened(board, page)
    board.ready(other, 1)
    with pytest.raises(ServerError, match="not this worker's"):
        board.published(other, wire.LinePublish(line=line.number, message=started()))
    board.say(other, wire.LineSaid(line=line.number, page=1, text='{"type":"x"}'))
    board.closed(other, wire.LineClosed(line=line.number))
    assert page.told[-1]["type"] == "line"
    assert line.worker is worker


async def test_what_is_said_of_a_call_that_is_over_does_not_reach_the_next(board: Switchboard):
    page, worker = Page(), Worker()
    board.ready(worker, 1)
    line = opened(board, page)
    board.published(worker, wire.LinePublish(line=line.number, message=started()))
    board.tell(line, wire.Whisper(call="other", text="psst"))
    assert ("line_tell", line.number) not in worker.told
    board.tell(line, wire.Whisper(call="c", text="psst"))
    assert ("line_tell", line.number) in worker.told
