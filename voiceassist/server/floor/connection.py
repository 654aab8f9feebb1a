"""One WebSocket of the hub: who is at the other end, until when, and which kind of talk it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from starlette.websockets import WebSocket, WebSocketDisconnect

from voiceassist import logs
from voiceassist.accounts.visitor import Visitor
from voiceassist.errors import AccountError, StoreError, VoiceassistError
from voiceassist.server import messages as wire
from voiceassist.server.codec import dump
from voiceassist.server.floor.house import House
from voiceassist.server.floor.talk import Talk
from voiceassist.server.peer import TRY_LATER, VIOLATION, Peer, UnreadableError, ViolationError, as_error

Talks: TypeAlias = Callable[[Visitor, wire.ClientHello], Talk]
"""Makes the talk with a visitor who has said hello."""

HELLO_SECONDS = 5.0
CHECK_SECONDS = 60.0
"""How often it is asked again whether the visitor may stay."""


class FloorConnection:
    """Serves one accepted WebSocket: `cookie` is the token that a page's cookie brought, `talks` makes its talk."""

    def __init__(self, socket: WebSocket, house: House, cookie: str | None, talks: Talks) -> None:
        self._peer = Peer(socket)
        self._house = house
        self._cookie = cookie
        self._talks = talks

    async def serve(self) -> None:
        """Until the visitor goes, is closed, or may not stay."""
        try:
            token, visitor, talk = await self._greet()
        except ViolationError as violation:
            logs.trouble("refused", code=violation.code)
            await self._peer.refuse(violation)
            return
        except StoreError as error:
            await self._peer.refuse(ViolationError(TRY_LATER, error.code, str(error)))
            return
        except WebSocketDisconnect:
            return
        logs.event("came in", user=visitor.user, role=visitor.role)
        try:
            talk.begin()
            async with asyncio.TaskGroup() as tasks:
                others = (tasks.create_task(self._read(talk)), tasks.create_task(self._check(token, visitor, talk)))
                await self._peer.write(talk.client)
                for task in others:
                    task.cancel()
        except VoiceassistError as error:
            await self._peer.refuse(ViolationError(VIOLATION, error.code, str(error)))
        finally:
            code, why = talk.client.closed or (1006, "gone")
            logs.event("left", user=visitor.user, role=visitor.role, code=code, why=why)
            await talk.end()

    async def _greet(self) -> tuple[str, Visitor, Talk]:
        """Let the visitor in and say who we are. Raises `ViolationError`."""
        hello = await self._peer.greeting(HELLO_SECONDS)
        token = self._cookie if hello.token is None else hello.token
        visitor = None if token is None else await asyncio.to_thread(self._house.door.check, token)
        if token is None or visitor is None:
            raise ViolationError(VIOLATION, "unauthorized", "no valid token: log in, or join this computer again")
        if hello.role not in {None, visitor.role}:
            raise ViolationError(VIOLATION, "forbidden", "the token is for another role")
        talk = self._talks(visitor, hello)
        own = self._house.switchboard.hello if visitor.role == "agent" else self._house.hello
        await self._peer.tell(
            own.model_copy(
                update={
                    "role": visitor.role,
                    "user": visitor.user,
                    "name": visitor.name,
                    "teams": tuple(sorted(visitor.teams)),
                }
            )
        )
        return token, visitor, talk

    async def _read(self, talk: Talk) -> None:
        client = talk.client
        while client.closed is None:
            try:
                await talk.listen(self._peer)
            except UnreadableError as error:
                talk.misread(error)
            except ViolationError as violation:
                client.tell(dump(as_error(violation)))
                client.close(violation.close_code, violation.code)
            except VoiceassistError as error:
                client.tell(dump(as_error(error)))
            except WebSocketDisconnect:
                client.close(1006, "gone")

    async def _check(self, token: str, visitor: Visitor, talk: Talk) -> None:
        """Ask now and then whether the visitor may stay, and prolong the session of one who is here."""
        while talk.client.closed is None:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                seen = await asyncio.to_thread(self._house.door.renew, token)
            except AccountError:
                talk.client.close(VIOLATION, "session over")
            except StoreError:
                continue  # a store that cannot be asked now shuts nobody out
            else:
                if seen.role != visitor.role:
                    talk.client.close(VIOLATION, "role changed")
                talk.see(seen)
