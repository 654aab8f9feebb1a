"""Runs the product itself: a live call from sound to what a page's socket receives."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pipe import Pipe, options
from websockets.asyncio.client import connect

from voiceassist import app
from voiceassist.audio.base import Heard
from voiceassist.bench.told import Told
from voiceassist.core.types import FRAME, AudioFrame, Channel, Word
from voiceassist.engines.faster_whisper import FasterWhisperTranscriber
from voiceassist.overlay import Overlay
from voiceassist.server import messages as wire
from voiceassist.server.codec import dump, parse_outgoing
from voiceassist.settings import load


class Fed:
    """The sound of one clip as a source; blocks of any length become frames."""

    channels = (Channel.AGENT,)

    def __init__(self, pipe: Pipe) -> None:
        self._blocks: asyncio.Queue[bytes | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def read() -> None:
            for block in pipe.sound():
                loop.call_soon_threadsafe(self._blocks.put_nowait, block)
            loop.call_soon_threadsafe(self._blocks.put_nowait, None)

        threading.Thread(target=read, daemon=True).start()

    async def __aiter__(self) -> AsyncIterator[Heard]:
        kept, start = b"", 0
        while (block := await self._blocks.get()) is not None:
            kept += block
            while len(kept) >= 2 * FRAME:
                samples = np.frombuffer(kept[: 2 * FRAME], "<i2").astype(np.float32) / 32768
                kept = kept[2 * FRAME :]
                yield AudioFrame(Channel.AGENT, start, samples)
                start += FRAME

    async def aclose(self) -> None:
        """Nothing to give back."""


async def listen(overlay: Overlay, pipe: Pipe) -> None:
    """Tell what a page is told."""
    url = overlay.server.url.replace("http", "ws", 1) + "/ws"
    async with connect(url) as socket:
        await socket.send(dump(wire.ClientHello(token=overlay.auth.open())))
        said: dict[int, str] = {}
        call = ""
        async for text in socket:
            message = parse_outgoing(str(text))
            if isinstance(message, wire.Transcript):
                if message.call != call:
                    call = message.call
                    said.clear()
                said[message.start] = message.text
                heard = " ".join(said.values())
                pipe.words(heard, heard)


def said() -> list[Word]:
    """The words of the clip at hand, in samples of it."""
    clip: dict[str, Any] = json.loads(Path(os.environ["PEERS_CLIP"]).read_text("utf-8"))
    return [Word(start, end, text) for start, end, text in clip["words"]]


async def run(pipe: Pipe, assistant: app.Assistant) -> None:
    """Every clip is a call."""
    async with assistant.overlay() as overlay:
        listening = asyncio.create_task(listen(overlay, pipe))
        pipe.ready()
        numbers = iter(pipe.clips())
        while (number := await asyncio.to_thread(next, numbers, None)) is not None:
            words = said()
            engines = assistant.engines
            telling = assistant.with_engines(replace(engines, recogniser=Told(engines.recogniser, words)))
            source = Fed(pipe)
            driver = telling.driver(f"clip-{number}", source.channels, overlay.publish, live=True)
            with overlay.showing(driver):
                pipe.open(number)
                await driver.play(source)
            pipe.closed(number)
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening


def main() -> None:
    """Load and run."""
    pipe = Pipe()
    model, wanted = options()
    settings = load(
        {},
        {"hearing.by_words": wanted["by_words"], "store.path": "", "server.port": 0},
        Path(os.devnull),  # not what somebody has set in this folder
    )
    transcriber = FasterWhisperTranscriber(Path(model), device="cpu", floor=wanted["floor"])
    with app.assistant(settings, transcriber=transcriber) as assistant:
        asyncio.run(run(pipe, assistant))


if __name__ == "__main__":
    main()
