"""What an agent's machine says to the hub, and what it is told: acknowledgements and whispers."""

from __future__ import annotations

import json
from contextlib import suppress

from voiceassist import logs
from voiceassist.accounts.visitor import Visitor
from voiceassist.errors import ServerError, StoreError
from voiceassist.floor.member import Member
from voiceassist.server import messages as wire
from voiceassist.server.client import Client
from voiceassist.server.codec import dump
from voiceassist.server.floor.house import House
from voiceassist.server.floor.talk import Talk
from voiceassist.server.peer import TRY_LATER, UnreadableError


class AgentTalk(Talk):
    """A machine publishes the events of its agent's calls."""

    def __init__(self, house: House, visitor: Visitor) -> None:
        self.client = Client(visitor.role)
        self._house = house
        self._visitor = visitor
        self._member: Member | None = None

    def begin(self) -> None:
        team = next(iter(self._visitor.teams), None)
        if team is None:
            raise ServerError("this account is in no team: ask an administrator", code="no-team")
        self._member = Member(self._visitor.user, self._visitor.name, team)
        self._house.floor.arrive(self._member, self._tell)

    async def take(self, message: wire.FromClient) -> None:
        assert self._member is not None
        match message:
            case wire.Publish(message=event):
                try:
                    await self._house.intake.receive(self._member, event, self._tell)
                except ServerError as error:
                    self._refuse(error, event.call, event.seq)
                except StoreError:
                    # What follows may not be taken in its place: whoever is told that a later one is kept takes this
                    # one for kept, too. The machine comes back, and begins with this one.
                    self.client.close(TRY_LATER, "store")
            case wire.Ack():
                pass
            case _:
                raise ServerError(f"`{message.type}` is not for an agent's machine", code="not-served")

    def misread(self, error: UnreadableError) -> None:
        """An event that this version does not know is refused by its number, so that others are not held up by it."""
        call = seq = None
        with suppress(ValueError, TypeError, KeyError, RecursionError):
            event = json.loads(error.text)["message"]
            call, seq = str(event["call"])[:200], int(event["seq"])
        self._refuse(error, call, seq)

    def see(self, visitor: Visitor) -> None:
        if visitor.teams != self._visitor.teams or visitor.name != self._visitor.name:
            self.client.close(1012, "moved")  # it comes back as who it is now

    async def end(self) -> None:
        if self._member is not None:
            self._house.floor.depart(self._member, self._tell)
            self._house.intake.leave(self._tell)

    def _tell(self, message: wire.Outgoing) -> None:
        self.client.tell(dump(message))

    def _refuse(self, error: ServerError, call: str | None, seq: int | None) -> None:
        logs.trouble("event refused", user=self._visitor.user, call=call, seq=seq, code=error.code)
        self._tell(wire.Error(call=call, seq=seq, code=error.code, message=str(error)))
