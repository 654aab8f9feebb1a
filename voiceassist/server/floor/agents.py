"""What an agent's machine, or page, says to the hub, and what it is told: acknowledgements, whispers, and its calls."""

from __future__ import annotations

import json
from contextlib import suppress

from voiceassist import logs
from voiceassist.accounts.visitor import Visitor
from voiceassist.errors import ServerError, StoreError
from voiceassist.floor.member import Member
from voiceassist.floor.published import HIGHEST
from voiceassist.server import messages as wire
from voiceassist.server.client import Client
from voiceassist.server.codec import dump
from voiceassist.server.floor.house import House
from voiceassist.server.floor.sending import SendingPage
from voiceassist.server.floor.talk import Talk
from voiceassist.server.peer import TRY_LATER, Peer, UnreadableError


class AgentTalk(Talk):
    """A machine publishes the events of its agent's calls; a page sends their sound, and counts as one then."""

    def __init__(self, house: House, visitor: Visitor, hello: wire.ClientHello) -> None:
        self.client = Client(visitor.role)
        self._house = house
        self._visitor = visitor
        self._hello = hello
        self._member: Member | None = None
        self._page: SendingPage | None = None
        self._here = False

    def begin(self) -> None:
        team = next(iter(self._visitor.teams), None)
        if team is None:
            raise ServerError("this account is in no team: ask an administrator", code="no-team")
        self._member = Member(self._visitor.user, self._visitor.name, team)
        if self._hello.token is not None:  # a page that only looks is no machine
            self._arrive()

    async def listen(self, peer: Peer) -> None:
        heard = await peer.hear()
        if isinstance(heard, bytes) and self._page is not None:
            self._page.hear(heard)
        else:
            await self.hear(peer.understood(heard))

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
            case wire.AudioStart():
                if self._page is None:
                    self._page = SendingPage(self._house.switchboard, self.client, self._member, self._hello.cursor)
                self._page.start(message)
                self._arrive()  # what is told then goes by the page's line
            case (
                wire.CallStart()
                | wire.CallEnd()
                | wire.Painted()
                | wire.Dismiss()
                | wire.Feedback()
                | wire.Snooze()
                | wire.Pause()
                | wire.Resume()
            ) if self._page is not None:
                self._page.command(message)
            case _:
                raise ServerError(f"`{message.type}` is not for an agent's machine", code="not-served")

    def misread(self, error: UnreadableError) -> None:
        """An event that this version does not know is refused by its number, so that others are not held up by it."""
        call = seq = None
        with suppress(ValueError, TypeError, KeyError, RecursionError):
            match json.loads(error.text)["message"]:
                case {"call": str(named), "seq": int(number)} if number < HIGHEST:
                    call, seq = named[:200], number
                case _:
                    pass
        self._refuse(error, call, seq)

    def see(self, visitor: Visitor) -> None:
        if visitor.teams != self._visitor.teams or visitor.name != self._visitor.name:
            self.client.close(1012, "moved")  # it comes back as who it is now

    async def end(self) -> None:
        if self._page is not None:
            self._page.end()
        if self._member is not None:
            if self._here:
                self._house.floor.depart(self._member, self._say)
            self._house.intake.leave(self._tell)

    def _arrive(self) -> None:
        assert self._member is not None
        if not self._here:
            self._here = True
            self._house.floor.arrive(self._member, self._say)

    def _say(self, message: wire.Whisper | wire.Watched) -> None:
        if self._page is None:
            self._tell(message)
        else:
            self._page.say(message)

    def _tell(self, message: wire.Outgoing) -> None:
        self.client.tell(dump(message))

    def _refuse(self, error: ServerError, call: str | None, seq: int | None) -> None:
        logs.trouble("event refused", user=self._visitor.user, call=call, seq=seq, code=error.code)
        self._tell(wire.Error(call=call, seq=seq, code=error.code, message=str(error)))
