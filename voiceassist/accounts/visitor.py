"""One who was let in, and what that one may see and do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from voiceassist.errors import AccountError
from voiceassist.server.messages import Role


@dataclass(frozen=True, slots=True)
class Visitor:
    """A user within a session: `user` is the name to log in with, `name` the one that people read.

    It holds for the moment: who was shut out or moved since is found by asking the door again. `machine`: a computer of
    the user's is in by its key, nobody at it.
    """

    user: str
    name: str
    role: Role
    teams: frozenset[str]
    expires_at: datetime
    machine: bool = False

    def may_read(self, owner: str | None, team: str | None) -> bool:
        """Whether a call of this owner, who was in this team, may be read; a call that is nobody's is the admins'."""
        if self.role == "agent":
            return owner == self.user
        return self.may_supervise(team)

    def may_supervise(self, team: str | None) -> bool:
        """Whether this team's wall, alerts and calls may be seen, and its agents be whispered to."""
        return self.role == "admin" or (self.role == "supervisor" and team in self.teams)

    def must_be_there(self) -> None:
        """Raises AccountError (`not-yours`) for a machine: a stolen key must open nothing that outlives it."""
        if self.machine:
            raise not_yours()

    def must_be_admin(self) -> None:
        """Raises AccountError (`not-yours`) for everybody else."""
        if self.role != "admin":
            raise not_yours()


CONSOLE = Visitor(
    user="command line",
    name="command line",
    role="admin",
    teams=frozenset(),
    expires_at=datetime.max.replace(tzinfo=UTC),
)
"""Whoever has the hub's database at hand. No user can be called that: login names hold no space."""


def not_yours() -> AccountError:
    """Refuses what another role, or another team's supervisor, may do."""
    return AccountError("that is not yours to see or to do", code="not-yours")
