"""Real hubs as processes of their own: `voiceassist serve`, started, killed, looked at and looked into."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections import deque
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

import psutil

_START = 60.0


class HubProcess:
    """A hub on a port that it keeps from start to start. `where`: the file or the URL of its store."""

    def __init__(
        self,
        where: Path | str,
        *,
        redis: str = "",
        names: str = "",
        words: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.port = free_port()
        self.said: deque[str] = deque(maxlen=50)
        self.started: list[float] = []
        """Seconds that each start took until it served."""
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("VOICEASSIST_")},
            "VOICEASSIST_SERVE__PORT": str(self.port),
            "VOICEASSIST_SERVE__NAMES": names,
            "VOICEASSIST_STORE__WORDS": "on" if words else "off",
            "VOICEASSIST_STORE__URL" if isinstance(where, str) else "VOICEASSIST_STORE__PATH": str(where),
            "VOICEASSIST_BUS__URL": redis,
            **(environment or {}),
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def process(self) -> psutil.Process:
        """The running hub."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it; returns once it serves."""
        began = asyncio.get_running_loop().time()
        command = [sys.executable, "-m", "voiceassist", "serve"]
        self._process = await asyncio.create_subprocess_exec(
            *command, env=self._environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
        )
        ready = asyncio.Event()
        self._listening = asyncio.create_task(self._listen(self._process, ready))
        async with asyncio.timeout(_START):
            await ready.wait()
        if not self.runs or any("is taken" in line for line in self.said):
            raise RuntimeError("the hub did not start: " + "".join(self.said))
        self.started.append(asyncio.get_running_loop().time() - began)

    async def kill(self) -> None:
        """End it as if it had crashed."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """End it in an orderly way, if it runs; tells its exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        with suppress(ProcessLookupError):
            process.send_signal(number)
        code = await process.wait()
        if self._listening is not None:
            await self._listening
        return code

    async def _listen(self, process: asyncio.subprocess.Process, ready: asyncio.Event) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self.said.append(line.decode())
            if line.startswith(b"board:") or b"board: " in line:
                ready.set()
        ready.set()


def free_port() -> int:
    """A port below those that the system gives away by itself, so that it is free at the next start, too."""
    for port in range(21_000 + os.getpid() % 5_000, 32_000):
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            if port not in _GIVEN:
                _GIVEN.add(port)
                return port
    raise RuntimeError("no port is free")


_GIVEN: set[int] = set()
