"""A load balancer before the hubs, as small as one can be: connections go to the next hub that takes them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

_PIECE = 1 << 16


@asynccontextmanager
async def balancing(port: int, ports: Callable[[], Sequence[int]]) -> AsyncGenerator[None, None]:
    """Listen on `port`, and pass each connection on to one of `ports`, in turn."""
    turn = itertools.count()
    relays: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = asyncio.create_task(_relay(reader, writer, _rotated(ports(), next(turn))))
        relays.add(relay)
        relay.add_done_callback(relays.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()
        for relay in relays:
            relay.cancel()
        await asyncio.gather(*relays, return_exceptions=True)
        await server.wait_closed()


def _rotated(ports: Sequence[int], by: int) -> list[int]:
    start = by % len(ports)
    return [*ports[start:], *ports[:start]]


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ports: Sequence[int]) -> None:
    """Pass bytes both ways, until one end is gone."""
    for port in ports:
        with suppress(OSError):
            hub_reader, hub_writer = await asyncio.open_connection("127.0.0.1", port)
            break
    else:
        writer.transport.abort()
        return
    ways = {asyncio.create_task(_pass(reader, hub_writer)), asyncio.create_task(_pass(hub_reader, writer))}
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        hub_writer.transport.abort()
        writer.transport.abort()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_PIECE):
            writer.write(data)
            await writer.drain()
