"""A reverse proxy in small: it speaks TLS to clients and plain HTTP to the hub, and says for whom it stands."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import trustme

NAME = "hub.example"


@dataclass(frozen=True)
class Forwarder:
    """Listens on the loopback at `port`, as `NAME`; `trusted` is what a client believes it by."""

    port: int
    trusted: ssl.SSLContext


@asynccontextmanager
async def forwarding(to: int) -> AsyncIterator[Forwarder]:
    """One that stands before the port `to` of this machine."""

    async def forward(client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        hub, ahead = await asyncio.open_connection("127.0.0.1", to)
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await client.readuntil(b"\r\n\r\n")
            ahead.write(_rewritten(head.decode("latin-1"), back.get_extra_info("peername")[0]).encode("latin-1"))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_copy(client, ahead))
                tasks.create_task(_copy(hub, back))
        ahead.close()
        back.close()

    authority = trustme.CA()
    ours, theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert(NAME, "127.0.0.1").configure_cert(ours)
    authority.configure_trust(theirs)
    server = await asyncio.start_server(forward, "127.0.0.1", 0, ssl=ours)
    try:
        yield Forwarder(server.sockets[0].getsockname()[1], theirs)
    finally:
        server.close()


def _rewritten(head: str, address: str) -> str:
    """The head of a request, with what proxies add to it."""
    first, *headers = head.removesuffix("\r\n\r\n").split("\r\n")
    named = [(name, value.strip()) for name, _, value in (header.partition(":") for header in headers)]
    before = [value for name, value in named if name.lower() == "x-forwarded-for"]
    upgrade = any(name.lower() == "upgrade" for name, _ in named)
    dropped = {"x-forwarded-for", "x-forwarded-proto"} | (set() if upgrade else {"connection"})
    kept = [(name, value) for name, value in named if name.lower() not in dropped]
    if not upgrade:  # one request a connection: the next one would go by unseen
        kept.append(("Connection", "close"))
    kept += [("X-Forwarded-For", ", ".join([*before, address])), ("X-Forwarded-Proto", "https")]
    return "\r\n".join([first, *(f"{name}: {value}" for name, value in kept), "", ""])


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(1 << 16):
        target.write(data)
        await target.drain()
    if target.can_write_eof():
        target.write_eof()
    else:
        target.close()
