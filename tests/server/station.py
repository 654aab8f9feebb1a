"""A running server for tests to talk to, and what they say to it."""

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from voiceassist.server import messages as wire
from voiceassist.server.auth import Auth
from voiceassist.server.hub import Hub
from voiceassist.server.serve import Server


@dataclass
class Station:
    """One server, and what its hub was told to do."""

    hub: Hub
    auth: Auth
    server: Server
    commands: list[wire.Command]
    ready: list[bool] = field(default_factory=lambda: [True])

    @property
    def ws_url(self) -> str:
        return self.server.url.replace("http", "ws", 1) + "/ws"

    def http(self, **options: Any) -> httpx.AsyncClient:
        # Without TLS there is nothing to verify, and to load the certificates takes longer than most tests.
        return httpx.AsyncClient(base_url=self.server.url, timeout=20, verify=False, **options)

    @asynccontextmanager
    async def connect(self, *, cursor: str | None = None, role: wire.Role = "agent", **options: Any):
        """A program that said hello; its first message is the next to receive."""
        async with connect(self.ws_url, compression=None, max_size=None, **options) as socket:
            await say(socket, type="hello", token=self.auth.open(role), cursor=cursor)
            yield socket

    def publish(self, count: int, first: int = 1) -> None:
        for seq in range(first, first + count):
            self.hub.publish(transcript(seq))


def transcript(seq: int, text: str = "hello", *, final: bool = True, call: str = "c") -> wire.Transcript:
    return wire.Transcript(call=call, at=seq, seq=seq, channel="agent", start=seq, end=seq, text=text, final=final)


async def say(socket: ClientConnection, **message: Any) -> None:
    await socket.send(json.dumps(message))


async def hear(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(20):
        return json.loads(await socket.recv())


async def greeted(socket: ClientConnection) -> dict[str, Any]:
    """The snapshot, past the hello."""
    assert (await hear(socket))["type"] == "hello"
    snapshot = await hear(socket)
    assert snapshot["type"] == "snapshot"
    return snapshot
