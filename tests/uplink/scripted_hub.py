"""A real WebSocket server that keeps what is published, and misbehaves as it is told, connection by connection."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from voiceassist.server import messages as wire
from voiceassist.server.codec import dump
from voiceassist.uplink.address import HubAddress
from voiceassist.uplink.link import Link, LinkState, Patience
from voiceassist.uplink.outbox import Outbox
from voiceassist.uplink.publisher import Publisher

QUICK = Patience(open=2, ping=0.05, silence=1, answer=0.5, first=0.002, most=0.02, rare=0.05, lasting=0.2)
"""For tests: nothing is waited for long."""
STEADY = Patience(open=20, ping=0.05, silence=20, answer=20, first=0.002, most=0.02, rare=0.05, lasting=0)
"""Where only what the test does breaks a line, however slow the machine is."""
LISTENING = replace(STEADY, silence=0.3)


class Fault(Enum):
    """What becomes of a connection once some events have come."""

    NONE = "none"
    DROP = "drop"
    DROP_UNACKED = "drop before anything is acknowledged"
    STALL = "stop reading"
    NEVER_ACK = "acknowledge nothing"
    CLOSE = "close politely"
    VIOLATION = "close with 1008"
    NOISE = "say what nobody understands"
    OLD_ACKS = "acknowledge twice, and in the wrong order"


@dataclass(frozen=True)
class Script:
    """One connection: its `fault` after so many events; an acknowledgement for each `every` events and what is left."""

    fault: Fault = Fault.NONE
    after: int = 0
    every: int = 1
    reason: str = "session over"
    greeting: tuple[str, ...] = ()


@dataclass
class Got:
    """What the hub counted, by the rule that it goes by: what is not above the last number of its call is known."""

    seqs: dict[str, list[int]] = field(default_factory=dict)
    texts: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    came: Counter[tuple[str, int]] = field(default_factory=Counter)

    def take(self, message: dict[str, Any]) -> tuple[str, int]:
        call, seq = message["call"], message["seq"]
        self.came[call, seq] += 1
        known = self.seqs.setdefault(call, [])
        if not known or seq > known[-1]:
            known.append(seq)
            self.texts[call, seq] = message
        return call, known[-1]


class ScriptedHub:
    """`async with` it. The next connection goes by the first of `scripts` that is left, later ones by none."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.scripts: list[Script] = []
        self.refused: dict[str, str] = {}
        """Texts that are refused: for each the code, and a `!` before it where it is not said which message it was."""
        self.tokens: list[str] = []
        self.good: Callable[[str], bool] = lambda _: True
        self.got = Got()
        self.connections: list[ServerConnection] = []
        self._changed = asyncio.Condition()
        self._server: Server | None = None
        self.port = 0

    @property
    def address(self) -> HubAddress:
        return HubAddress.parse(f"{'wss' if self._tls else 'ws'}://127.0.0.1:{self.port}/ws")

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.stop()

    async def start(self) -> None:
        self._server = await serve(
            self._serve, "127.0.0.1", self.port, compression=None, close_timeout=0.1, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Go away without a word."""
        assert self._server is not None
        self._server.close(close_connections=False)
        for connection in self.connections:
            connection.transport.abort()
        self.connections.clear()
        await self._server.wait_closed()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that comes to hold with what comes in."""
        async with self._changed:
            await self._changed.wait_for(holds)

    async def notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def tell(self, message: wire.Outgoing) -> None:
        """Say something over the newest connection."""
        await self.connections[-1].send(dump(message))

    async def _serve(self, connection: ServerConnection) -> None:
        script = self.scripts.pop(0) if self.scripts else Script()
        try:
            if await self._greet(connection, script):
                await self._take_all(connection, script)
        except ConnectionClosed:
            return
        finally:
            if connection in self.connections:
                self.connections.remove(connection)
            await self.notify()

    async def _greet(self, connection: ServerConnection, script: Script) -> bool:
        hello = json.loads(await connection.recv())
        assert (hello["type"], hello["role"]) == ("hello", "agent")
        self.tokens.append(hello["token"])
        if not self.good(hello["token"]):
            await connection.send(dump(wire.Error(code="unauthorized", message="no valid token")))
            await connection.close(1008, "unauthorized")
            return False
        for text in script.greeting:
            await connection.send(text)
        if not script.greeting:
            await connection.send(dump(wire.Hello(transcriber="", limited=False, version="0", user="anna")))
        self.connections.append(connection)
        await self.notify()
        return True

    async def _take_all(self, connection: ServerConnection, script: Script) -> None:
        count, unacked = 0, dict[str, int]()
        while True:
            if script.fault is not Fault.NONE and count >= script.after:
                await self._break(connection, script)
            try:
                async with asyncio.timeout(0.01 if unacked and script.every > 1 else None):
                    text = await connection.recv()
            except TimeoutError:
                await self._ack(connection, script, unacked)
                continue
            count += 1
            message = json.loads(text)
            if await self._refuse(connection, message):
                continue
            if script.fault is Fault.DROP_UNACKED and count >= script.after:
                self._keep(message)
                await self.notify()
                connection.transport.abort()
                continue
            call, seq = self._keep(message)
            unacked[call] = seq
            if count % script.every == 0:
                await self._ack(connection, script, unacked)
            await self.notify()

    def _keep(self, message: dict[str, Any]) -> tuple[str, int]:
        assert message["type"] == "publish"
        wire.Publish.model_validate(message)
        return self.got.take(message["message"])

    async def _ack(self, connection: ServerConnection, script: Script, unacked: dict[str, int]) -> None:
        for call, seq in unacked.items():
            if script.fault is Fault.OLD_ACKS:
                await connection.send(dump(wire.Acked(call=call, seq=max(0, seq - 3))))
                await connection.send(dump(wire.Acked(call=call, seq=seq)))
                await connection.send(dump(wire.Acked(call="never heard of", seq=9)))
                await connection.send(dump(wire.Acked(call=call, seq=max(0, seq - 1))))
            if script.fault is not Fault.NEVER_ACK:
                await connection.send(dump(wire.Acked(call=call, seq=seq)))
        unacked.clear()

    async def _refuse(self, connection: ServerConnection, message: dict[str, Any]) -> bool:
        event = message["message"]
        code = self.refused.get(event.get("text", ""))
        if code is None:
            return False
        named = {} if code.startswith("!") else {"call": event["call"], "seq": event["seq"]}
        if code.startswith("!close"):
            await connection.close(int(code.removeprefix("!close")), "")
        else:
            await connection.send(dump(wire.Error(code=code.removeprefix("!"), message="not that", **named)))
        return True

    async def _break(self, connection: ServerConnection, script: Script) -> None:
        match script.fault:
            case Fault.DROP:
                connection.transport.abort()
            case Fault.STALL:
                connection.transport.pause_reading()
            case Fault.CLOSE:
                await connection.close(1012, "restart")
            case Fault.VIOLATION:
                await connection.close(1008, script.reason)
            case Fault.NOISE:
                for noise in (
                    "",
                    "{",
                    '{"type":"new"}',
                    '{"type":"ack"}',
                    '{"type":"ack","call":"c","seq":1e99}',
                    b"\xff",
                ):
                    await connection.send(noise)
            case _:
                return


@dataclass
class Tokens:
    """Hands out tokens, each good until it is forgotten."""

    count: int = 0
    current: str = ""

    async def token(self) -> str:
        if not self.current:
            self.count += 1
            self.current = f"token-{self.count}"
        return self.current

    def forget(self) -> None:
        self.current = ""


@dataclass
class Heard:
    """What a publisher told."""

    messages: list[wire.FromServer] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    @property
    def states(self) -> list[LinkState]:
        return [link.state for link in self.links]


@asynccontextmanager
async def publishing(
    hub: ScriptedHub,
    outbox: Outbox,
    patience: Patience = QUICK,
    tokens: Tokens | None = None,
    *,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Heard]:
    """A publisher at work within the block."""
    heard = Heard()
    tasks = set[asyncio.Task[None]]()

    def tell(told: list[Any]) -> Callable[[Any], None]:
        def note(one: Any) -> None:
            told.append(one)
            task = asyncio.create_task(hub.notify())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        return note

    publisher = Publisher(
        hub.address, tokens or Tokens(), outbox, tell(heard.messages), tell(heard.links), tls=tls, patience=patience
    )
    running = asyncio.create_task(publisher.run())
    try:
        yield heard
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await asyncio.gather(*tasks)
        assert running.cancelled()


def said(call: str, seq: int, text: str = "hello") -> wire.Transcript:
    return wire.Transcript(call=call, at=seq, seq=seq, channel="agent", start=0, end=seq, text=text, final=True)


def put(outbox: Outbox, *messages: wire.CallEvent) -> None:
    for message in messages:
        assert message.call is not None
        assert message.seq is not None
        outbox.put(message.call, message.seq, dump(message))


async def emptied(outbox: Outbox) -> None:
    """Wait until nothing waits in it any more."""
    while outbox.waiting:
        await asyncio.wrap_future(outbox.kept())
        await asyncio.sleep(0)
