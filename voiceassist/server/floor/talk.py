"""What is said over a connection of the hub once it is known who is at the other end."""

from __future__ import annotations

from abc import ABC, abstractmethod

from voiceassist.accounts.visitor import Visitor
from voiceassist.server import messages as wire
from voiceassist.server.client import Client
from voiceassist.server.codec import dump
from voiceassist.server.peer import UnreadableError, as_error


class Talk(ABC):
    """One of the two kinds: of an agent's machine, or of a supervisor. `client` is who it is told to."""

    client: Client

    @abstractmethod
    def begin(self) -> None:
        """The visitor is greeted: from now on there are things to tell. Raises `VoiceassistError` why not."""

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
