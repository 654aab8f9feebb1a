"""What is said over a connection of the hub once it is known who is at the other end."""

from __future__ import annotations

from abc import ABC, abstractmethod

from voiceassist.accounts.visitor import Visitor
from voiceassist.server import messages as wire
from voiceassist.server.client import Client
from voiceassist.server.codec import dump
from voiceassist.server.peer import VIOLATION, Peer, UnreadableError, ViolationError, as_error


class Talk(ABC):
    """One of three kinds: of an agent's machine or page, a supervisor, or a worker. `client` is who it is told to."""

    client: Client

    @abstractmethod
    def begin(self) -> None:
        """The visitor is greeted: from now on there are things to tell. Raises `VoiceassistError` why not."""

    async def listen(self, peer: Peer) -> None:
        """Take what comes next. Raises `VoiceassistError` with the reason why not, and `WebSocketDisconnect`."""
        await self.hear(peer.understood(await peer.hear()))

    async def hear(self, message: wire.FromClient) -> None:
        """Take a message, which is no second greeting."""
        if isinstance(message, wire.ClientHello):
            raise ViolationError(VIOLATION, "twice", "`hello` was said already")
        await self.take(message)

    @abstractmethod
    async def take(self, message: wire.FromClient) -> None:
        """Do what the visitor asks. Raises `VoiceassistError` with the reason why not."""

    def misread(self, error: UnreadableError) -> None:
        """Something came that is no message."""
        self.client.tell(dump(as_error(error)))

    @abstractmethod
    def see(self, visitor: Visitor) -> None:
        """What the visitor may do was looked up again."""

    @abstractmethod
    async def end(self) -> None:
        """The visitor is gone. Called once, also where `begin` failed."""
