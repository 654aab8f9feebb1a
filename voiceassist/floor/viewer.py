"""A supervisor at a board: what is told to one, and what one may see."""

from __future__ import annotations

from voiceassist.accounts.visitor import Visitor
from voiceassist.server.client import Client


class Viewer(Client):
    """A client with a visitor's eyes. `opened`: the call that the supervisor reads along with."""

    def __init__(self, visitor: Visitor) -> None:
        super().__init__(visitor.role)
        self.visitor = visitor
        self.opened: str | None = None

    @property
    def teams(self) -> frozenset[str] | None:
        """The teams whose agents are seen; None: all."""
        return None if self.visitor.role == "admin" else self.visitor.teams

    def sees(self, team: str) -> bool:
        """Whether agents of the team are seen."""
        return self.visitor.may_supervise(team)
