"""An agent's sound goes to the hub, a worker process recognises it, and page, board and records hear of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from server.floor.conftest import Socket, Town
from websockets.exceptions import ConnectionClosedOK
from worker.conftest import demo_call, send, send_silence, working

from voiceassist.core.types import Channel

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="processes are told to end by POSIX signals here"),
    pytest.mark.timeout(180),
]

EMBEDDED = ("--transcriber", "pocketsphinx")
BOTH = [channel.value for channel in Channel]


@asynccontextmanager
async def sending(page: Socket, channels: int = 1) -> AsyncIterator[None]:
    """The page sends a quiet room meanwhile."""
    task = asyncio.create_task(send_silence(page, channels))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def record(town: Town, call: str, *states: str) -> dict[str, Any]:
    """The call as the hub keeps it, once it is in one of these states: the page hears of an end before it is kept."""
    async with town.http("ada") as client, asyncio.timeout(30):
        while True:
            answer = await client.get(f"/api/calls/{call}")
            if answer.status_code == 200 and answer.json()["info"]["state"] in states:
                return answer.json()
            await asyncio.sleep(0.1)


async def test_the_demo_call_s_nudge_comes_by_way_of_a_worker(town: Town, tmp_path: Path):
    async with working(town, tmp_path, "worker-1") as worker, town.connect("ada") as page, town.connect("sam") as board:
        await page.say(type="audio_start", rate=16000, channels=BOTH, device="Headset")
        assert (await page.hear("line"))["state"] == "open"
        hello = await page.hear("hello")
        assert "faster-whisper" in hello["transcriber"]
        assert "Supervisors of your team" in hello["privacy"]
        assert (await page.hear("snapshot"))["call"] is None
        # From "will you buy my old bike?" to the end of the silence after the agent's no: the turn that wants a nudge.
        talk = asyncio.create_task(send(page, await demo_call(54.9, 66.0)))
        begun = await page.hear("call_started")
        nudge = await page.hear("nudge")
        assert (nudge["kind"], nudge["call"]) == ("offer_alternative", begun["call"])
        assert nudge["quote"].lower().startswith("no")
        card = await board.card("ada", call=begun["call"], state="on")
        await page.say(type="feedback", id=nudge["id"], helpful=True)
        await talk
        assert card["name"] == "Ada"
        await page.say(type="call_end")
        ended = await page.hear("call_ended")
        assert ended["scorecard"]["counts"]["noes"] == 1
        await board.card("ada", call=None, state="ready")
        kept = await record(town, begun["call"], "ended")
        assert kept["info"]["owner"] == "ada"
        assert [nudge["helpful"] for nudge in kept["nudges"]] == [True]
        assert await worker.terminate() == 143


async def test_a_worker_that_is_killed_gives_its_lines_to_another(town: Town, tmp_path: Path):
    async with working(town, tmp_path, "worker-1", *EMBEDDED) as worker, town.connect("ada") as page:
        await page.say(type="audio_start", rate=16000)
        assert (await page.hear("line"))["state"] == "open"
        async with sending(page):
            await page.hear("snapshot")
            await page.say(type="call_start")
            first = (await page.hear("call_started"))["call"]
            await worker.kill()
            waiting = await page.hear("line")
            assert waiting["state"] == "waiting"
            assert "not heard" in waiting["reason"]
            async with working(town, tmp_path, "worker-2", *EMBEDDED):
                assert (await page.hear("line"))["state"] == "open"
                assert (await page.hear("snapshot"))["call"] is None
                await page.say(type="call_start", call="leg-7")
                second = (await page.hear("call_started"))["call"]
                assert second.startswith("leg-7-")  # a softphone's own may be another's, too
                await page.say(type="call_end", call="leg-7")
                await page.hear("call_ended")
    await record(town, second, "ended")
    await record(town, first, "on", "cut_off")  # the latter once it has given no sign of life for a while


async def test_a_page_that_comes_back_finds_its_call_and_a_newer_one_takes_over(town: Town, tmp_path: Path):
    async with working(town, tmp_path, "worker-1", *EMBEDDED):
        async with town.connect("ada") as page:
            await page.say(type="audio_start", rate=16000)
            async with sending(page):
                await page.hear("snapshot")
                await page.say(type="call_start")
                mine = (await page.hear("call_started"))["call"]
        async with town.connect("ada") as page:
            await page.say(type="audio_start", rate=48000)
            assert (await page.hear("snapshot"))["call"] == mine
            async with town.connect("ada") as newer:
                await newer.say(type="audio_start", rate=16000)
                assert (await page.hear("line"))["state"] == "taken"
                assert (await newer.hear("snapshot"))["live"]
                await newer.say(type="call_end")
                await newer.hear("call_ended")


async def test_a_newer_page_that_sends_both_sides_takes_over_from_one_that_sends_its_own(town: Town):
    async with town.connect("ada") as page, town.connect("ada") as newer:
        await page.say(type="audio_start")
        assert (await page.hear("line"))["state"] == "waiting"
        await newer.say(type="audio_start", channels=BOTH)
        assert (await newer.hear("line"))["state"] == "waiting"
        assert (await page.hear("line"))["state"] == "taken"
        with pytest.raises(ConnectionClosedOK):
            await page.hear("line")


async def test_in_a_pause_nothing_is_heard_and_a_new_worker_knows_of_it(town: Town, tmp_path: Path):
    async with (
        working(town, tmp_path, "worker-1", *EMBEDDED) as worker,
        town.connect("sam") as board,
        town.connect("ada") as page,
    ):
        await page.say(type="audio_start", rate=16000)
        async with sending(page):
            await page.hear("snapshot")
            await page.say(type="call_start")
            await page.hear("call_started")
            await page.say(type="pause")
            while (await page.hear("audio"))["state"] != "paused":
                pass
            await board.card("ada", state="paused")
            await worker.kill()
            async with working(town, tmp_path, "worker-2", *EMBEDDED):
                assert (await page.hear("snapshot"))["paused"]
                await page.say(type="call_start")
                await page.hear("call_started")
                await page.say(type="resume")
                while (await page.hear("audio"))["state"] != "listening":
                    pass


async def test_without_room_the_line_waits_its_turn(town: Town, tmp_path: Path):
    async with working(town, tmp_path, "worker-1", *EMBEDDED, "--lines", "1"), town.connect("ben") as other:
        async with town.connect("ada") as page:
            await page.say(type="audio_start", rate=16000)
            assert (await page.hear("line"))["state"] == "open"
            await other.say(type="audio_start", rate=16000)
            waiting = await other.hear("line")
            assert (waiting["state"], "busy" in waiting["reason"]) == ("waiting", True)
            await other.say(type="call_start")
            assert (await other.hear("error"))["code"] == "no-worker"
        assert (await other.hear("line"))["state"] == "open"  # the page that went has freed its line


@pytest.mark.parametrize(
    ("said", "blocks", "code"),
    [
        (None, [b"\0\0"], "binary"),
        ({"channels": ["customer"]}, [], "bad-sound"),
        ({"channels": ["agent", "agent"]}, [], "bad-sound"),
        ({"rate": 7999}, [], "bad-message"),
        ({}, [b"\0"], "bad-sound"),
        ({}, [b""], "bad-sound"),
        ({}, [bytes(16 * 1024 + 2)], "bad-sound"),
        ({}, [bytes(640)] * 400, "too-fast"),
        ({}, [bytes(2)] * 1500, "too-fast"),
    ],
)
async def test_sound_that_is_none_or_too_much_is_refused(
    town: Town, said: dict[str, object] | None, blocks: list[bytes], code: str
):
    async with town.connect("ada") as page:
        if said is not None:
            await page.say(type="audio_start", **said)
        for block in blocks:
            await page.socket.send(block)
        assert (await page.hear("error"))["code"] == code


async def test_only_a_worker_is_given_lines(town: Town):
    async with town.connect("sam") as board, town.connect("ada") as page:
        for peer in (board, page):
            await peer.say(type="worker_ready", lines=5)
            assert (await peer.hear("error"))["code"] == "unknown-type"
        await page.say(type="audio_start")
        assert (await page.hear("line"))["state"] == "waiting"
