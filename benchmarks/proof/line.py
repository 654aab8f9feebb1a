"""A WebSocket that costs its process little: the library's protocol right on a transport, without a task of its own."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

_MOST = 1 << 26
_SWITCHED = 101


class Line(asyncio.Protocol):
    """One connection to a hub. `take` hears each text; `lost` is done with the close code, None where none came."""

    def __init__(self, url: str, token: str, take: Callable[[str], None]) -> None:
        loop = asyncio.get_running_loop()
        self._ws = ClientProtocol(parse_uri(f"{url.replace('http', 'ws', 1)}/ws"), max_size=_MOST)
        self._hello = json.dumps({"type": "hello", "token": token}).encode()
        self._take = take
        self.welcome: asyncio.Future[dict[str, Any]] = loop.create_future()
        """Done with the hub's first message."""
        self.lost: asyncio.Future[int | None] = loop.create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._ws.send_request(self._ws.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._ws.receive_data(data)
        for event in self._ws.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                text = bytes(event.data).decode()
                if self.welcome.done():
                    self._take(text)
                else:
                    self.welcome.set_result(json.loads(text))
            elif isinstance(event, Response):
                assert event.status_code == _SWITCHED, event.status_code
                self.send(self._hello)
        self._flush()

    def eof_received(self) -> None:
        self._ws.receive_eof()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(self._ws.close_rcvd.code if self._ws.close_rcvd else None)
        if not self.welcome.done():
            self.welcome.set_exception(exc or ConnectionResetError("closed before it began"))

    def send(self, text: bytes) -> None:
        """Say something; where the line is gone, to nobody."""
        if not self.transport.is_closing():
            self._ws.send_text(text)
            self._flush()

    def close(self) -> None:
        """Hang up at once."""
        self.transport.abort()

    def _flush(self) -> None:
        for data in self._ws.data_to_send():
            if data:
                self.transport.write(data)
            else:
                self.transport.close()


async def connect(url: str, token: str, take: Callable[[str], None], *, buffer: int | None = None) -> Line:
    """A line over which the hub has said hello; `buffer`: bytes that wait on our side, at most about.

    Raises OSError and TimeoutError.
    """
    host, _, port = url.rpartition("//")[2].rpartition(":")
    loop = asyncio.get_running_loop()
    sock = socket.socket()
    sock.setblocking(False)
    if buffer is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    async with asyncio.timeout(30):
        await loop.sock_connect(sock, (host, int(port)))
        _, line = await loop.create_connection(lambda: Line(url, token, take), sock=sock)
        try:
            hello = await line.welcome
        except asyncio.CancelledError:
            line.close()
            raise
    if hello["type"] != "hello":
        line.close()
        raise ConnectionRefusedError(hello.get("code"))
    return line
