"""One WebSocket connection, from its hello to its close: a bad client is told why and closed, and hurts nobody else."""

from __future__ import annotations

import asyncio

from starlette.websockets import WebSocket, WebSocketDisconnect

from voiceassist.errors import ServerError, VoiceassistError
from voiceassist.server import messages as wire
from voiceassist.server.auth import Auth, Session
from voiceassist.server.client import Client
from voiceassist.server.codec import dump
from voiceassist.server.hub import Hub
from voiceassist.server.peer import TRY_LATER, VIOLATION, Peer, ViolationError, as_error

HELLO_SECONDS = 2.0
PAGE_SECONDS = 10.0
"""A page that has a session may be busy drawing."""


class Connection:
    """Serves one accepted WebSocket. `cookie`: the token that the page's cookie brought."""

    def __init__(self, socket: WebSocket, hub: Hub, auth: Auth, hello: wire.Hello, cookie: str | None) -> None:
        self._peer = Peer(socket)
        self._hub = hub
        self._auth = auth
        self._hello = hello
        self._cookie = cookie

    async def serve(self) -> None:
        """Until the client goes, is closed, or its session is over."""
        try:
            session, client = await self._greet()
        except ViolationError as violation:
            await self._peer.refuse(violation)
            return
        except WebSocketDisconnect:
            return
        left = self._auth.remaining(session)
        over = asyncio.get_running_loop().call_later(left, client.close, VIOLATION, "session over")
        try:
            async with asyncio.TaskGroup() as tasks:
                reading = tasks.create_task(self._read(client))
                await self._peer.write(client)
                reading.cancel()
        finally:
            over.cancel()
            self._hub.leave(client)

    async def _greet(self) -> tuple[Session, Client]:
        """Let the client in and tell it who we are. Raises `ViolationError`."""
        hello = await self._peer.greeting(HELLO_SECONDS if self._auth.check(self._cookie) is None else PAGE_SECONDS)
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
            await self._peer.tell(self._hello.model_copy(update={"role": session.role, "resumed": client.resumed}))
        except BaseException:
            self._hub.leave(client)
            raise
        return session, client

    def _session(self, token: str | None) -> Session | None:
        """A program brings a session's token, or a one-time token that opens a session; a page brings its cookie."""
        if token is None:
            return self._auth.check(self._cookie)
        return self._auth.check(token) or self._auth.check(self._auth.redeem(token))

    async def _read(self, client: Client) -> None:
        while client.closed is None:
            try:
                self._take(await self._peer.receive(), client.role)
            except ViolationError as violation:
                client.tell(dump(as_error(violation)))
                client.close(violation.close_code, violation.code)
            except VoiceassistError as error:
                client.tell(dump(as_error(error)))
            except WebSocketDisconnect:
                client.close(1006, "gone")

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
