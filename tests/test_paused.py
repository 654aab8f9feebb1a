"""A pause, from a virtual microphone to the page, the store and the journal: nothing in it is heard."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from live import NO, Listening, headset, listening
from pulse import PulseServer
from sound import spoken
from websockets.asyncio.client import ClientConnection, connect

from voiceassist.journal.reading import Recorded, read
from voiceassist.journal.writing import ENDING
from voiceassist.store.database import Store

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="PulseAudio's virtual devices are Linux's"),
    pytest.mark.timeout(300),
]

PAUSE, RESUME = ({"type": "audio", "state": state} for state in ("paused", "listening"))


@asynccontextmanager
async def page_of(live: Listening) -> AsyncIterator[tuple[ClientConnection, list[dict[str, Any]]]]:
    """An agent's page of it: its line to the program, and all that it has been told."""
    told: list[dict[str, Any]] = []
    async with httpx.AsyncClient(base_url=live.url) as http:
        token = (await http.post("/api/session", json={"token": live.once})).json()["token"]
    async with connect(f"{live.url.replace('http', 'ws', 1)}/ws") as socket:
        await socket.send(json.dumps({"type": "hello", "token": token}))

        async def listen() -> None:
            async for text in socket:
                told.append(json.loads(text))  # noqa: PERF401 - one by one, as they come

        listener = asyncio.create_task(listen())
        yield socket, told
    await listener


def in_the_pause(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages from the pause on until it was over."""
    states = [message.get("state") for message in messages]
    begun = states.index("paused")
    return list(messages[begun : states.index("listening", begun)])


async def test_what_is_said_in_a_pause_is_heard_kept_and_sent_nowhere(
    pulse: PulseServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, journals = tmp_path / "calls.sqlite3", tmp_path / "journals"
    monkeypatch.setenv("VOICEASSIST_STORE__PATH", str(store))
    monkeypatch.setenv("VOICEASSIST_JOURNAL__FOLDER", str(journals))
    _, tape = headset(pulse)
    async with listening("--device", "headset", "--transcriber", "pocketsphinx") as live, page_of(live) as (page, told):
        await live.until("audio", state="listening")
        tape.play(spoken("We are open until five."))
        before = await live.until("transcript", channel="agent", final=True)
        tape.play(spoken("The number of my card is seven."))
        await asyncio.sleep(2.0)  # in the middle of a breath: what was heard of it must go, too
        await page.send(json.dumps({"type": "pause"}))
        paused = await live.until("audio", state="paused")
        await tape.played()
        tape.play(spoken(NO))
        await tape.played()
        await page.send(json.dumps({"type": "resume"}))
        resumed = await live.until("audio", state="listening")
        tape.play(spoken("We will see you tomorrow."))
        after = await live.until("transcript", channel="agent", final=True)
        async with asyncio.timeout(20):
            while after["seq"] not in {message.get("seq") for message in told}:
                await asyncio.sleep(0.02)
    assert paused["call"] == resumed["call"] == before["call"]
    assert resumed["at"] - paused["at"] > 3
    for messages in (live.messages, told):
        assert {message["type"] for message in in_the_pause(messages)} == {"audio"}
        assert {message["state"] for message in in_the_pause(messages)} == {"paused"}
        said = [m for m in messages if m["type"] == "transcript"]
        assert [m for m in said if m["end"] > paused["at"] and m["start"] < resumed["at"]] == []
        assert not {"moment", "nudge"} & {m["type"] for m in messages}
    with Store.open(store) as kept:
        call = kept.call(before["call"])
    finals = [m["text"] for m in live.messages if m["type"] == "transcript" and m["final"]]
    assert [utterance.text for utterance in call.utterances] == finals
    assert (call.moments, call.nudges) == ((), ())
    check_journal(read(journals / f"{before['call']}{ENDING}"))


def check_journal(recorded: Recorded) -> None:
    """Between the press of pause and that of resume no frame was heard, and no words came."""
    kinds = [next(iter(line.keys() - {"t"})) for line in recorded.lines]
    pause, resume = kinds.index("pause"), kinds.index("resume")
    assert {"frames", "words"} <= {*kinds[:pause]}
    assert {"frames", "words"} <= {*kinds[resume:]}
    assert "frames" not in kinds[pause:resume]
    assert "gap" in kinds[pause:resume], "time goes on"
    late = [line["words"]["words"] for line in recorded.lines[pause:resume] if "words" in line]
    assert not any(late), "what was still being recognised is void"
