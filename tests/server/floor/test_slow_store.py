"""A store that is slow, or away: a worker goes on to serve its lines, and what they say is kept once it can be."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from floor.told import ended, moment, said, started
from server.floor.conftest import Socket, Town

from voiceassist.accounts.visitor import CONSOLE
from voiceassist.errors import StoreError
from voiceassist.floor import backlog, switchboard
from voiceassist.floor.intake import Known
from voiceassist.server import messages as wire
from voiceassist.server.codec import dump


class SlowStore:
    """Does not answer for the call `slow` before it is let go."""

    def __init__(self, town: Town, patch: pytest.MonkeyPatch) -> None:
        self.asked = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._answer = threading.Event()
        self._real = town.hub.house.intake._look
        patch.setattr(town.hub.house.intake, "_look", self)

    def __call__(self, call: str) -> Known | None:
        if call == "slow":
            self._loop.call_soon_threadsafe(self.asked.set)
            assert self._answer.wait(60)
        return self._real(call)

    def answer(self) -> None:
        self._answer.set()


@asynccontextmanager
async def working(town: Town) -> AsyncIterator[Socket]:
    """A worker that has come in."""
    office, door = town.hub.house.office, town.hub.house.door
    await asyncio.to_thread(lambda: office.add_user(CONSOLE, "ears", role="worker"))
    link = await asyncio.to_thread(office.link, CONSOLE, "ears")
    town.tokens["ears"] = (await asyncio.to_thread(door.open_session, link.token)).token
    async with town.connect("ears") as worker:
        yield worker


async def publish(worker: Socket, line: int, *events: wire.CallEvent) -> None:
    for event in events:
        await worker.say(type="line_publish", line=line, message=json.loads(dump(event)))


async def test_a_slow_look_up_for_one_call_cuts_off_no_other_and_no_worker(town: Town, monkeypatch: pytest.MonkeyPatch):
    store = SlowStore(town, monkeypatch)
    async with (
        working(town) as worker,
        town.connect("ada") as page,
        town.connect("ben") as other,
        town.connect("root") as board,
    ):
        await page.say(type="audio_start")
        assert (await page.hear("line"))["state"] == "waiting"
        await other.say(type="audio_start")
        assert (await other.hear("line"))["state"] == "waiting"
        await worker.say(type="worker_ready", lines=1)
        first = (await worker.hear("line_page"))["line"]
        await publish(worker, first, started("slow"), said(2, call="slow"))
        async with asyncio.timeout(20):
            await store.asked.wait()
        # The store still thinks about that call: the worker is heard all the same.
        await worker.say(type="worker_ready", lines=2)
        second = (await worker.hear("line_page"))["line"]
        await publish(worker, second, started("b"), moment(2, call="b", id_="b-m1"))
        await board.card("ben", call="b", noes=1)
        await worker.say(type="line_said", line=first, page=1, text=dump(wire.Whisper(call="slow", text="psst")))
        assert (await page.hear("whisper"))["text"] == "psst"
        store.answer()
        await publish(worker, first, moment(3, call="slow", id_="slow-m1"))
        await board.card("ada", call="slow", noes=1)


async def test_what_a_line_says_while_the_store_is_away_is_kept_when_it_is_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(backlog, "AGAIN", 0.01)
    house, away = town.hub.house, asyncio.Event()
    loop, real = asyncio.get_running_loop(), house.intake._look

    def look(_call: str) -> None:
        loop.call_soon_threadsafe(away.set)
        raise StoreError("the database is away")

    async with working(town) as worker, town.connect("ada") as page, town.connect("root") as board:
        await page.say(type="audio_start")
        await worker.say(type="worker_ready", lines=1)
        line = (await worker.hear("line_page"))["line"]
        monkeypatch.setattr(house.intake, "_look", look)
        await publish(worker, line, started(), moment(2))
        async with asyncio.timeout(20):
            await away.wait()
        await publish(worker, line, ended(3))
        monkeypatch.setattr(house.intake, "_look", real)
        await board.card("ada", call=None, state="ready")
        async with town.http("ada") as client, asyncio.timeout(20):
            while (answer := await client.get("/api/calls/c")).status_code != 200:
                await asyncio.sleep(0.05)
        assert answer.json()["info"]["noes"] == 1


async def test_a_line_of_which_too_much_waits_is_cut_off_by_itself(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(backlog, "MOST", 3)
    monkeypatch.setattr(switchboard, "AGAIN", 0.01)
    store = SlowStore(town, monkeypatch)
    async with (
        working(town) as worker,
        town.connect("ada") as page,
        town.connect("ben") as other,
        town.connect("root") as board,
    ):
        lines: list[int] = []
        await worker.say(type="worker_ready", lines=2)
        for who in (page, other):
            await who.say(type="audio_start")
            assert (await who.hear("line"))["state"] == "open"
            lines.append((await worker.hear("line_page"))["line"])
        await publish(worker, lines[0], started("slow"), *(said(seq, call="slow") for seq in range(2, 5)))
        assert (await page.hear("error"))["code"] == "store"
        assert (await worker.hear("line_close"))["line"] == lines[0]
        await worker.say(type="line_closed", line=lines[0])
        await publish(worker, lines[1], started("b"))
        await board.card("ben", call="b", state="on")
        assert (await page.hear("line"))["state"] == "open"
        store.answer()
        await board.card("ada", call="slow", state="on")
