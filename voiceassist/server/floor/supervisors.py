"""What a supervisor asks of the hub, and what is told: the wall, the alerts, and the call that is opened."""

from __future__ import annotations

import asyncio

from voiceassist import logs
from voiceassist.accounts.audit import Did
from voiceassist.accounts.visitor import Visitor
from voiceassist.errors import ServerError
from voiceassist.floor.viewer import Viewer
from voiceassist.privacy import redact
from voiceassist.server import messages as wire
from voiceassist.server.floor.house import House
from voiceassist.server.floor.talk import Talk


class SupervisorTalk(Talk):
    """A board. Whatever is read or done is written into the audit log first."""

    def __init__(self, house: House, visitor: Visitor) -> None:
        self._viewer = self.client = Viewer(visitor)
        self._house = house

    def begin(self) -> None:
        self._house.floor.join(self._viewer)

    async def take(self, message: wire.FromClient) -> None:
        floor = self._house.floor
        match message:
            case wire.Subscribe(call=None):
                await floor.close(self._viewer)
            case wire.Subscribe(call=str(call)):
                floor.allow(self._viewer, call)
                await self._log(Did.OPENED_LIVE, call)
                await floor.open(self._viewer, call)
            case wire.AlertAck() | wire.AlertSnooze() | wire.AlertAssign():
                alert = floor.after(self._viewer.visitor, message)
                if isinstance(message, wire.AlertAssign):
                    await asyncio.to_thread(self._house.office.must_supervise, message.to, alert.team)
                await self._log(Did.ALERT_CHANGED, alert.call, f"{alert.id} {alert.state}")
                await floor.change(alert)
            case wire.SendWhisper(call=str(call), id=id_, text=text):
                floor.allow(self._viewer, call)
                await self._log(Did.WHISPERED, call)
                await floor.whisper(self._viewer.visitor, call, redact(text), id_)
            case wire.SendWhisper():
                raise ServerError("a whisper names its call", code="bad-message")
            case _:
                raise ServerError(f"`{message.type}` is not for a board", code="not-served")

    def see(self, visitor: Visitor) -> None:
        before, self._viewer.visitor = self._viewer.visitor, visitor
        if visitor.teams != before.teams:
            self._house.floor.leave(self._viewer)
            self._house.floor.join(self._viewer)

    async def end(self) -> None:
        self._house.floor.leave(self._viewer)
        await self._house.floor.close(self._viewer)

    async def _log(self, did: Did, call: str | None, about: str = "") -> None:
        user = self._viewer.visitor.user
        logs.event(did.value, user=user, call=call)
        await asyncio.to_thread(lambda: self._house.audit.add(user, did, call=call, about=about))
