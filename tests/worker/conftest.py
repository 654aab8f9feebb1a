"""A real hub with workers as processes of their own, and a program that stands in for an agent's page."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from needs import ROOT, hear_ctrl_c
from server.floor.conftest import Socket, Town
from server.floor.conftest import running_town as running_town  # noqa: PLC0414 - the fixture of that folder

from voiceassist.accounts.visitor import CONSOLE
from voiceassist.audio.file import FileSource
from voiceassist.core.types import AudioFrame, Channel, Samples

MICRO = ROOT / "models" / "micro" / "whisper-micro"
ENGINE = ("--transcriber", "faster-whisper", "--model", str(MICRO))
BLOCK = 320
"""Samples of each channel in a message: 20 ms."""


class WorkerProcess:
    """A `voiceassist worker` that runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def note(self, wanted: str) -> str:
        """The next line that it notes with this in it."""
        assert self._process.stderr is not None
        async with asyncio.timeout(60):
            while True:
                line = (await self._process.stderr.readline()).decode()
                assert line, "it ended"
                if wanted in line:
                    return line

    async def kill(self) -> None:
        self._process.kill()
        await self._process.wait()

    async def terminate(self) -> int:
        """Ask it to end; its exit code."""
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            await self._process.communicate()
        assert self._process.returncode is not None
        return self._process.returncode


@asynccontextmanager
async def working(town: Town, folder: Path, name: str, *flags: str) -> AsyncIterator[WorkerProcess]:
    """A worker that joined the town's hub as this user, and is connected."""
    environment = {**os.environ, "XDG_DATA_HOME": str(folder / name), "OMP_NUM_THREADS": "1"}
    office = town.hub.house.office
    office.add_user(CONSOLE, name, role="worker")
    link = f"{town.url}/#m={office.link(CONSOLE, name).token}"
    joined = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voiceassist", "join", link),
        env=environment,
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )
    _, errors = await joined.communicate()
    assert joined.returncode == 0, errors.decode()
    hub = town.url.replace("http", "ws", 1) + "/ws"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voiceassist", "worker", "--hub", hub, *(flags or ENGINE)),
        env=environment,
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=hear_ctrl_c,
    )
    try:
        worker = WorkerProcess(process)
        await worker.note("connected to")
        yield worker
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def demo_call(begin: float, end: float) -> Samples:
    """A part of the bundled call: int16 of both sides, the agent's first, of the shape (samples, 2)."""
    source = FileSource(ROOT / "voiceassist" / "demo" / "call.flac", tail=0.0)
    sides: dict[Channel, list[Samples]] = {channel: [] for channel in source.channels}
    async for frame in source:
        assert isinstance(frame, AudioFrame)
        sides[frame.channel].append(frame.samples)
    await source.aclose()
    both = np.stack([np.concatenate(sides[channel]) for channel in Channel], axis=1)
    return (both[int(begin * 16_000) : int(end * 16_000)] * 32767).astype("<i2")


async def send(page: Socket, sound: Samples) -> None:
    """Send sound at the pace of speech, 20 ms a message."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for at in range(0, len(sound), BLOCK):
        await asyncio.sleep(begun + at / 16_000 - loop.time())
        await page.socket.send(sound[at : at + BLOCK].tobytes())


async def send_silence(page: Socket, channels: int = 1) -> None:
    """Send a quiet room, until cancelled."""
    while True:
        await send(page, np.full((16_000, channels), 9, "<i2"))
