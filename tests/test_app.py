"""The composition root, live: a fault ends in one error, a page hears a sign of life, playbooks are read anew."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voiceassist import app
from voiceassist.core.types import FRAME, AudioFrame, Channel, samples
from voiceassist.errors import AudioError, PlaybookError
from voiceassist.server import messages as wire
from voiceassist.settings import Settings

SHOP = """\
playbook: {title}
situations:
  late-fee:
    title: Late fee
    asked: [can you take the late fee off, i was two days late, why did you charge me for paying late]
    offers: [credit]
offers:
  credit:
    can: credit it this once
"""


class Quiet:
    """A quiet room that is heard for so many seconds, then goes on for ever or breaks."""

    channels = (Channel.AGENT,)

    def __init__(self, seconds: float, *, breaks: bool) -> None:
        self._frames = samples(seconds) // FRAME
        self._breaks = breaks

    async def __aiter__(self) -> AsyncIterator[AudioFrame]:
        for index in range(self._frames):
            yield AudioFrame(Channel.AGENT, index * FRAME, np.zeros(FRAME, np.float32))
            await asyncio.sleep(0)
        if self._breaks:
            raise AudioError("the microphone is gone", code="device-gone")
        await asyncio.Event().wait()

    async def aclose(self) -> None:
        pass


def settings(**more: Any) -> Settings:
    return Settings.model_validate({"transcriber": {"name": "scripted"}, **more})


async def test_a_source_that_breaks_ends_listening_with_its_own_error(tmp_path: Path) -> None:
    wanted = settings(store={"path": str(tmp_path / "calls.db")})
    with app.assistant(wanted, words={}) as assistant:
        async with assistant.overlay(keeps=True) as overlay:
            with pytest.raises(AudioError, match="the microphone is gone"):
                await app.listen(assistant, overlay, Quiet(1, breaks=True), lambda _: None)


async def test_a_quiet_call_gives_the_page_a_sign_of_life_and_nobody_else() -> None:
    told: list[wire.CallEvent] = []
    with app.assistant(settings(store={"path": ""}), words={}) as assistant:
        async with assistant.overlay() as overlay:
            page = overlay.hub.join("agent")
            listening = asyncio.create_task(app.listen(assistant, overlay, Quiet(20, breaks=False), told.append))
            await asyncio.sleep(0)  # it listens, and has heard nothing yet
            overlay.hub.command(wire.CallStart(call="c"))
            async with asyncio.timeout(60):
                async for text in page:
                    message = json.loads(text)
                    if message["type"] == "audio" and message["at"] >= 15:
                        break
            listening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await listening
    assert [message.state for message in told if isinstance(message, wire.Audio)] == ["listening"]


async def test_a_playbook_that_changes_is_read_anew_and_a_broken_one_is_told(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP.format(title="First"))
    told: list[PlaybookError] = []

    async def write_until(text: str, done: Callable[[], bool]) -> None:
        """Write the file, again until it is noticed: the watch is set up by a thread, and may miss the first time."""
        async with asyncio.timeout(60):
            while not done():
                file.write_text(text)
                await asyncio.sleep(0.2)

    with app.assistant(settings(playbook={"file": str(file)}), words={}) as assistant:
        watching = asyncio.create_task(assistant.keep_playbook(told.append))
        await write_until(SHOP.format(title="Second") + "surprises: {}\n", lambda: bool(told))
        assert "shop.yaml:10:1: surprises" in str(told[0])
        assert assistant.playbook.title == "First"
        await write_until(SHOP.format(title="Third"), lambda: assistant.playbook.title == "Third")
        watching.cancel()


async def test_a_playbook_in_another_folder_is_watched_from_when_it_is_extended(tmp_path: Path) -> None:
    file, base = tmp_path / "shop.yaml", tmp_path / "house" / "base.yaml"
    file.write_text(SHOP.format(title="First"))
    told: list[PlaybookError] = []

    async def write_until_told(base: str) -> None:
        """Extend what is not there, nor its folder: the playbook itself is watched on."""
        async with asyncio.timeout(60):
            while not told:
                file.write_text(SHOP.format(title="Lost") + f"extends: {base}\n")
                await asyncio.sleep(0.2)

    async def write_until(write: Callable[[], object], said: str) -> None:
        async with asyncio.timeout(60):
            while said not in [words for feeling in assistant.playbook.feelings for words in feeling.say]:
                write()
                await asyncio.sleep(0.2)

    feeling = "playbook: House\nfeelings:\n  waited-long:\n    heard: [a b, c d, e f]\n    say: [{}]\n".format
    with app.assistant(settings(playbook={"file": str(file)}), words={}) as assistant:
        watching = asyncio.create_task(assistant.keep_playbook(told.append))
        await write_until_told("house/base.yaml")
        base.parent.mkdir()
        base.write_text(feeling("Long wait"))
        extended = SHOP.format(title="Second") + "extends: house/base.yaml\n"
        await write_until(lambda: file.write_text(extended), "Long wait")
        await write_until(lambda: base.write_text(feeling("Very long wait")), "Very long wait")
        watching.cancel()
