"""The other end of one WebSocket: what it says, within its limits, and what is said to it."""

from __future__ import annotations

import asyncio
from collections import deque

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from voiceassist.errors import ServerError, VoiceassistError
from voiceassist.server import messages as wire
from voiceassist.server.client import Client
from voiceassist.server.codec import dump, parse

COMMANDS_A_MINUTE = 100

UNSUPPORTED, INVALID, VIOLATION, TRY_LATER = 1003, 1007, 1008, 1013


class ViolationError(ServerError):
    """The connection must end: `close_code` is the WebSocket's."""

    def __init__(self, close_code: int, code: str, message: str) -> None:
        super().__init__(message, code=code)
        self.close_code = close_code


class UnreadableError(ServerError):
    """A message that is none: `text` as it came, for who can tell what it was to be."""

    def __init__(self, error: ServerError, text: str) -> None:
        super().__init__(str(error), code=error.code)
        self.text = text


class Peer:
    """One accepted WebSocket. Events that an agent's machine publishes are not counted among its commands."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._heard: deque[float] = deque(maxlen=COMMANDS_A_MINUTE)

    async def receive(self) -> wire.FromClient:
        """The next message. Raises `ViolationError`, `ServerError` or `WebSocketDisconnect`."""
        return self.understood(await self.hear())

    async def hear(self) -> str | bytes:
        """What comes next, as it comes. Raises `WebSocketDisconnect`."""
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        text: str | None = received.get("text")
        return received["bytes"] if text is None else text

    def understood(self, heard: str | bytes) -> wire.FromClient:
        """What was heard as a message, within its limits. Raises `ViolationError` or `ServerError`."""
        message = self._parsed(heard)
        if isinstance(message, wire.Publish):
            return message
        now = asyncio.get_running_loop().time()
        if len(self._heard) == COMMANDS_A_MINUTE and now - self._heard[0] < 60:  # noqa: PLR2004 - a minute
            raise ViolationError(VIOLATION, "too-many", f"at most {COMMANDS_A_MINUTE} messages a minute")
        self._heard.append(now)
        if isinstance(message, ServerError):
            raise message
        return message

    async def greeting(self, seconds: float) -> wire.ClientHello:
        """The `hello` that a connection begins with, within so many seconds. Raises `ViolationError`."""
        try:
            async with asyncio.timeout(seconds):
                hello = await self.receive()
        except TimeoutError:
            raise ViolationError(VIOLATION, "no-hello", "a connection begins with `hello`") from None
        except ViolationError:
            raise
        except ServerError as error:
            raise ViolationError(VIOLATION, error.code, str(error)) from None
        if not isinstance(hello, wire.ClientHello):
            raise ViolationError(VIOLATION, "no-hello", "a connection begins with `hello`")
        return hello

    async def tell(self, message: wire.Outgoing) -> None:
        """Say one thing, past everything that waits."""
        await self._socket.send_text(dump(message))

    async def write(self, client: Client) -> None:
        """Say all that is told to `client`, until it is closed."""
        try:
            async for said in client:
                if isinstance(said, str):
                    await self._socket.send_text(said)
                else:
                    await self._socket.send_bytes(said)
            if client.closed is not None and self._socket.client_state is WebSocketState.CONNECTED:
                await self._socket.close(*client.closed)
        except WebSocketDisconnect:
            client.close(1006, "gone")

    async def refuse(self, violation: ViolationError) -> None:
        """Say why not, and close."""
        try:
            await self.tell(as_error(violation))
            await self._socket.close(violation.close_code, violation.code)
        except WebSocketDisconnect:
            return

    @staticmethod
    def _parsed(text: str | bytes) -> wire.FromClient | ServerError:
        if isinstance(text, bytes):
            return ViolationError(UNSUPPORTED, "binary", "only text messages are understood")
        try:
            return parse(text)
        except ServerError as error:
            if error.code == "bad-json":
                return ViolationError(INVALID, error.code, str(error))
            return UnreadableError(error, text)


def as_error(error: VoiceassistError) -> wire.Error:
    """What a client is told of an error."""
    return wire.Error(code=error.code, message=str(error))
