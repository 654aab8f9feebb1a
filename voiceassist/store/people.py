"""The tables of who may: users, their teams, what lets them in, and who read whose calls."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from voiceassist.store.tables import Instant, Table

_LOGIN = 64


def _user(*, key: bool = False) -> Mapped[str]:
    return mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=key)


def _team(*, key: bool = False) -> Mapped[str]:
    return mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=key)


class UserRow(Table):
    """One who may come in. `id`: the name to log in with; `subject`: who that is for the one who vouches (OpenID).

    `password`: an argon2 hash, null where none was set. `disabled_at`: since when the door is closed.
    """

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(_LOGIN), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(16))
    password: Mapped[str | None] = mapped_column(String(200))
    subject: Mapped[str | None] = mapped_column(String(500), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)


class TeamRow(Table):
    """A team of agents, and the supervisors who see it."""

    __tablename__ = "teams"

    id: Mapped[str] = mapped_column(String(_LOGIN), primary_key=True)


class MemberRow(Table):
    """Who belongs to which team: an agent to one, a supervisor to any number."""

    __tablename__ = "members"

    user: Mapped[str] = _user(key=True)
    team: Mapped[str] = _team(key=True)


class TokenRow(Table):
    """What opens a door, once or until it expires. Only digests are kept: what lies here opens nothing.

    `kind`: `once` (opens a session), `session`, `machine` (an agent's computer; opens sessions) or `invite` (makes a
    user of `role` in `team`; `user` is then who invited).
    """

    __tablename__ = "tokens"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    user: Mapped[str] = _user()
    role: Mapped[str | None] = mapped_column(String(16))
    team: Mapped[str | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    note: Mapped[str] = mapped_column(String(200), default="")


class FailureRow(Table):
    """Logins that failed in a row, for a name or an address."""

    __tablename__ = "failures"

    who: Mapped[str] = mapped_column(String(200), primary_key=True)
    count: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(Instant)


class AuditRow(Table):
    """Who did what with whose call or account. Rows are added, and go only when they are too old."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "call"), Index(None, "who"))

    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    who: Mapped[str] = mapped_column(String(_LOGIN))
    did: Mapped[str] = mapped_column(String(32))
    call: Mapped[str | None] = mapped_column(String(200))
    about: Mapped[str] = mapped_column(Text, default="")
