"""A `listen` that runs as an agent runs it, and the quiet room that its virtual headset stands in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
from needs import ROOT, hear_ctrl_c
from pulse import Microphone, PulseServer
from sound import room, spoken

from voiceassist.core.types import Samples

NO = "No, we can't do that."


class Tape:
    """A quiet room, into which sound is played when a test wants it."""

    def __init__(self) -> None:
        self._room = room(8.0)
        self._sound: Samples = np.zeros(0, np.float32)
        self._next: Samples | None = None
        self._from = self._at = 0

    def play(self, sound: Samples) -> None:
        self._next = sound  # taken up by the thread that feeds the microphone

    async def played(self) -> None:
        """Wait until the sound is played to its end."""
        while self._next is not None or self._at < self._from + len(self._sound):
            await asyncio.sleep(0.02)

    def __call__(self, start: int, count: int) -> Samples:
        self._at = start + count
        out = np.take(self._room, np.arange(start, start + count), mode="wrap")
        if self._next is not None:
            self._sound, self._from, self._next = self._next, start, None
        part = self._sound[start - self._from : start - self._from + count]
        out[: len(part)] += part
        return out


def headset(pulse: PulseServer, name: str = "Headset") -> tuple[Microphone, Tape]:
    tape = Tape()
    return pulse.microphone(name, sound=tape), tape


class Listening:
    """A `listen --json` that runs: its messages one by one, and the address of its page."""

    def __init__(self, process: asyncio.subprocess.Process, address: str, pid: int) -> None:
        self.pid = pid
        self.url, self.once = re.findall(r"(http://\S+)/#t=(\S+)", address)[0]
        self.messages: list[dict[str, Any]] = []
        self._process = process

    @property
    def lost(self) -> float:
        """The seconds of sound that the machine did not deliver in time."""
        return sum(m["lost"] for m in self.messages if m["type"] == "call_ended")

    async def next(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "it ended"
        self.messages.append(json.loads(line))
        return self.messages[-1]

    async def until(self, kind: str, **wanted: object) -> dict[str, Any]:
        """The next message of that kind which holds all that is wanted."""
        async with asyncio.timeout(60):
            while True:
                message = await self.next()
                if message["type"] == kind and wanted.items() <= message.items():
                    return message


@asynccontextmanager
async def listening(*flags: str, under: Sequence[str] = ()) -> AsyncIterator[Listening]:
    """Run `listen` until the block is left, then interrupt it; it must end cleanly, with its call ended.

    Where it runs `under` a command that has it as its only child, the child is interrupted.
    """
    command = [*under, sys.executable, "-m", "voiceassist", "listen", "--json", "--port", "0", *flags]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        preexec_fn=hear_ctrl_c,
    )
    assert process.stderr is not None
    try:
        address = (await process.stderr.readline()).decode()
        assert "overlay:" in address, address + (await process.stderr.read()).decode()
        while b"Ctrl-C" not in await process.stderr.readline():
            pass
        live = Listening(process, address, child_of(process.pid) if under else process.pid)
        yield live
        os.kill(live.pid, signal.SIGINT)
        async with asyncio.timeout(30):
            rest, errors = await process.communicate()
        assert process.returncode == 130, errors.decode()
        assert errors == b""
        live.messages += [json.loads(line) for line in rest.splitlines()]
        calls = {message["call"] for message in live.messages} - {None}
        assert {m["call"] for m in live.messages if m["type"] == "call_ended"} == calls
    finally:
        if process.returncode is None:
            process.kill()


async def say_no(live: Listening, tape: Tape) -> dict[str, Any]:
    """Say the bare no until it is nudged: a busy machine may swallow a word of it, and these recognisers are small."""
    for _ in range(4):
        tape.play(spoken(NO))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(12):
                return await live.until("nudge")
    raise AssertionError(live.messages)


def child_of(parent: int) -> int:
    """The only process that this one has started."""
    [child] = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return int(child)
