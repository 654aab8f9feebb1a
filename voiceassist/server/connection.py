"""One WebSocket connection, from its hello to its close: a bad client is told why and closed, and hurts nobody else."""

from __future__ import annotations

import asyncio
from collections import deque

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from voiceassist.errors import ServerError, VoiceassistError
from voiceassist.server import messages as wire
from voiceassist.server.auth import Auth, Session
from voiceassist.server.codec import dump, parse
from voiceassist.server.hub import Client, Hub

HELLO_SECONDS = 2.0
PAGE_SECONDS = 10.0
"""A page that has a session may be busy drawing."""
COMMANDS_A_MINUTE = 100

UNSUPPORTED, INVALID, VIOLATION, TRY_LATER = 1003, 1007, 1008, 1013


class ViolationError(ServerError):
    """The connection must end: `close_code` is the WebSocket's."""

    def __init__(self, close_code: int, code: str, message: str) -> None:
        super().__init__(message, code=code)
        self.close_code = close_code


class Connection:
    """Serves one accepted WebSocket. `cookie`: the token that the page's cookie brought."""

    def __init__(self, socket: WebSocket, hub: Hub, auth: Auth, hello: wire.Hello, cookie: str | None) -> None:
        self._socket = socket
        self._hub = hub
        self._auth = auth
        self._hello = hello
        self._cookie = cookie
        self._heard: deque[float] = deque(maxlen=COMMANDS_A_MINUTE)

    async def serve(self) -> None:
        """Until the client goes, is closed, or its session is over."""
        try:
            session, client = await self._greet()
        except ViolationError as violation:
            await self._say_goodbye(violation)
            return
        except WebSocketDisconnect:
            return
        left = self._auth.remaining(session)
        over = asyncio.get_running_loop().call_later(left, client.close, VIOLATION, "session over")
        try:
            async with asyncio.TaskGroup() as tasks:
                reading = tasks.create_task(self._read(client))
                await self._write(client)
                reading.cancel()
        finally:
            over.cancel()
            self._hub.leave(client)

    async def _greet(self) -> tuple[Session, Client]:
        """Let the client in and tell it who we are. Raises `ViolationError`."""
        try:
            async with asyncio.timeout(HELLO_SECONDS if self._auth.check(self._cookie) is None else PAGE_SECONDS):
                hello = await self._receive()
        except TimeoutError:
            raise ViolationError(VIOLATION, "no-hello", "a connection begins with `hello`") from None
        except ViolationError:
            raise
        except ServerError as error:
            raise ViolationError(VIOLATION, error.code, str(error)) from None
        if not isinstance(hello, wire.ClientHello):
            raise ViolationError(VIOLATION, "no-hello", "a connection begins with `hello`")
        session = self._session(hello.token)
        if session is None:
            raise ViolationError(
                VIOLATION, "unauthorized", "no valid token: open the page by the address that was printed"
            )
        if hello.role not in {None, session.role}:
            raise ViolationError(VIOLATION, "forbidden", "the token is for another role")
        try:
            client = self._hub.join(session.role, hello.cursor)
        except ServerError as error:
            raise ViolationError(TRY_LATER, error.code, str(error)) from None
        try:
            await self._socket.send_text(
                dump(self._hello.model_copy(update={"role": session.role, "resumed": client.resumed}))
            )
        except BaseException:
            self._hub.leave(client)
            raise
        return session, client

    def _session(self, token: str | None) -> Session | None:
        """A program brings a session's token, or a one-time token that opens a session; a page brings its cookie."""
        if token is None:
            return self._auth.check(self._cookie)
        return self._auth.check(token) or self._auth.check(self._auth.redeem(token))

    async def _write(self, client: Client) -> None:
        try:
            async for text in client:
                await self._socket.send_text(text)
            if client.closed is not None and self._socket.client_state is WebSocketState.CONNECTED:
                await self._socket.close(*client.closed)
        except WebSocketDisconnect:
            client.close(1006, "gone")

    async def _read(self, client: Client) -> None:
        while client.closed is None:
            try:
                self._take(await self._receive(), client.role)
            except ViolationError as violation:
                client.tell(_error(violation))
                client.close(violation.close_code, violation.code)
            except VoiceassistError as error:
                client.tell(_error(error))
            except WebSocketDisconnect:
                client.close(1006, "gone")

    async def _receive(self) -> wire.FromClient:
        """The next message. Raises `ViolationError`, `ServerError` or `WebSocketDisconnect`."""
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        text: str | None = received.get("text")
        now = asyncio.get_running_loop().time()
        if len(self._heard) == COMMANDS_A_MINUTE and now - self._heard[0] < 60:  # noqa: PLR2004 - a minute
            raise ViolationError(VIOLATION, "too-many", f"at most {COMMANDS_A_MINUTE} messages a minute")
        self._heard.append(now)
        if text is None:
            raise ViolationError(UNSUPPORTED, "binary", "only text messages are understood")
        try:
            return parse(text)
        except ServerError as error:
            if error.code == "bad-json":
                raise ViolationError(INVALID, error.code, str(error)) from None
            raise

    def _take(self, message: wire.FromClient, role: wire.Role) -> None:
        """Do what a client asks. Raises `VoiceassistError` with the reason why not."""
        match message:
            case wire.ClientHello():
                raise ViolationError(VIOLATION, "twice", "`hello` was said already")
            case (
                wire.CallStart()
                | wire.CallEnd()
                | wire.Painted()
                | wire.Dismiss()
                | wire.Feedback()
                | wire.Snooze()
                | wire.Pause()
                | wire.Resume()
            ):
                if role != "agent":
                    raise ServerError("only the agent may do that", code="forbidden")
                self._hub.command(message)
            case _:
                raise ServerError(f"`{message.type}` is not served by this version", code="not-served")

    async def _say_goodbye(self, violation: ViolationError) -> None:
        try:
            await self._socket.send_text(_error(violation))
            await self._socket.close(violation.close_code, violation.code)
        except WebSocketDisconnect:
            return


def _error(error: VoiceassistError) -> str:
    return dump(wire.Error(code=error.code, message=str(error)))
