"""Those who connect and say nothing, only half of it, or do not read what they are told, are let go of."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
from starlette.responses import PlainTextResponse

from voiceassist.server.serve import Server

LONG = PlainTextResponse("x" * 1_000_000)
GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
HALVES = {
    "nothing": b"",
    "a letter": b"G",
    "half a line": b"GET / HTT",
    "half of the headers": b"GET / HTTP/1.1\r\nHost: here\r\n",
    "half of a body": b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nhalf",
    "half of the second one": GET + GET[:9],
}


@pytest.fixture(name="server")
async def impatient(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    monkeypatch.setattr("voiceassist.server.idle.REQUEST_SECONDS", 0.3)
    async with Server(LONG) as server:
        yield server


@pytest.mark.parametrize("sent", HALVES.values(), ids=HALVES)
async def test_half_a_request_is_not_waited_for(server: Server, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(sent)
    async with asyncio.timeout(20):
        with contextlib.suppress(ConnectionResetError):
            await reader.read(-1)
        while server.connections:
            await asyncio.sleep(0.01)
    writer.close()


async def test_a_request_that_drips_in_is_not_waited_for(server: Server) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)

    async def drip() -> None:
        while True:
            writer.write(b"G")
            await writer.drain()
            await asyncio.sleep(0.005)

    async with asyncio.timeout(20):
        with pytest.raises(ConnectionError):
            await drip()
    writer.close()


async def test_who_does_not_read_the_answer_is_let_go(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(GET * 50)
        async with asyncio.timeout(20):
            while not server.connections:
                await asyncio.sleep(0.01)
            while server.connections:
                await asyncio.sleep(0.01)


async def test_who_reads_at_last_gets_it_all(server: Server) -> None:
    async with asyncio.timeout(20):
        for _ in range(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(GET)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            assert len(await reader.readexactly(1_000_000)) == 1_000_000
            writer.close()
