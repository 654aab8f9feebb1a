"""Users and teams: who there is, as what, and in which teams. All functions work within a transaction of the store."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast, get_args

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from voiceassist.accounts import tokens
from voiceassist.accounts.tokens import Kind
from voiceassist.errors import AccountError
from voiceassist.server.messages import Role
from voiceassist.store.people import MemberRow, TeamRow, UserRow

LONGEST_NAME, LONGEST_TEAM = 200, 64
ROLES: tuple[Role, ...] = get_args(Role)
_LOGIN = re.compile(r"[a-z0-9._@-]{1,64}")
_TEAM = re.compile(rf"\w[\w .&+-]{{0,{LONGEST_TEAM - 1}}}")
_INVISIBLE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # control characters, halves of characters, ends of lines
_TURNS_TEXT = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class User:
    """One who may come in. `id`: the login name; `password`, `openid`: by what; `disabled_at`: since when no more."""

    id: str
    name: str
    role: Role
    teams: frozenset[str]
    created_at: datetime
    disabled_at: datetime | None
    password: bool
    openid: bool


def anybody(db: Session) -> bool:
    """Whether there are users: the store is then a hub's."""
    return db.scalar(select(UserRow.id).limit(1)) is not None


def login_name(text: str) -> str:
    """A login name as it is kept: lower case. Raises AccountError (`bad-name`)."""
    name = text.strip().lower()
    if not text.isascii() or not _LOGIN.fullmatch(name):
        raise AccountError("a login name is 1 to 64 of a-z, 0-9, dot, hyphen, underscore and @", code="bad-name")
    return name


def full_name(text: str) -> str:
    """A name that people read: one line of any script. Raises AccountError (`bad-name`)."""
    name = unicodedata.normalize("NFC", text).strip()
    hidden = any(unicodedata.category(sign) in _INVISIBLE or sign in _TURNS_TEXT for sign in name)
    if not 1 <= len(name) <= LONGEST_NAME or hidden:
        raise AccountError(f"a name is one line of 1 to {LONGEST_NAME} characters", code="bad-name")
    return name


def add(  # noqa: PLR0913 - what makes a user
    db: Session,
    login: str,
    now: datetime,
    *,
    name: str = "",
    role: Role = "agent",
    teams: Iterable[str] = (),
    password: str | None = None,
    subject: str | None = None,
) -> User:
    """A new user; teams that are not there yet are begun. `password`: what is kept of it; `subject`: by OpenID.

    Raises AccountError: `bad-name`, `bad-team`, `teams`, `user-exists`.
    """
    id_ = login_name(login)
    if db.get(UserRow, id_) is not None:
        raise _taken(id_)
    row = UserRow(id=id_, name=full_name(name or id_), role=role, password=password, subject=subject, created_at=now)
    db.add(row)
    try:
        db.flush()
    except IntegrityError:  # another hub process was quicker
        raise _taken(id_) from None
    _join(db, id_, role, team_names(db, teams))
    return find(db, id_)


def find(db: Session, login: str) -> User:
    """The user of this login name. Raises AccountError (`unknown-user`)."""
    row = _row(db, login)
    [user] = _users(db, [row])
    return user


def listed(db: Session) -> tuple[User, ...]:
    """All users by login name."""
    return tuple(_users(db, db.scalars(select(UserRow).order_by(UserRow.id))))


def teams(db: Session) -> tuple[str, ...]:
    """All teams by name."""
    return tuple(db.scalars(select(TeamRow.id).order_by(TeamRow.id)))


def change(
    db: Session,
    login: str,
    *,
    name: str | None = None,
    role: Role | None = None,
    teams: Iterable[str] | None = None,
) -> User:
    """Change what is given of a user. With a new role, sessions, machines and invites of the old one end.

    Raises AccountError: `unknown-user`, `bad-name`, `bad-team`, `teams`, `last-admin`.
    """
    row = _row(db, login, hold=True)
    if name is not None:
        row.name = full_name(name)
    if role is not None and role != row.role:
        _keep_an_admin(db, row)
        row.role = role
        tokens.revoke_all(db, row.id)
    if teams is not None or role is not None:
        wanted = _teams_of(db, row.id) if teams is None else team_names(db, teams)
        _join(db, row.id, _role(row), wanted)
    db.flush()
    return find(db, row.id)


def disable(db: Session, login: str, now: datetime) -> User:
    """Close the door to a user, whose sessions, machines and invites end. Raises AccountError (`last-admin`, ...)."""
    row = _row(db, login, hold=True)
    if row.disabled_at is None:
        _keep_an_admin(db, row)
        row.disabled_at = now
    db.flush()
    tokens.revoke_all(db, row.id)
    return find(db, row.id)


def enable(db: Session, login: str) -> User:
    """Open the door to a user again. Raises AccountError (`unknown-user`)."""
    _row(db, login, hold=True).disabled_at = None
    db.flush()
    return find(db, login)


def set_password(db: Session, login: str, kept: str) -> None:
    """Give a user another password, by what is kept of it; the user's sessions end. Raises AccountError."""
    row = _row(db, login, hold=True)
    row.password = kept
    db.flush()
    tokens.revoke_all(db, row.id, Kind.SESSION, Kind.ONCE)


def team_names(db: Session, texts: Iterable[str]) -> frozenset[str]:
    """The teams of these names, as they are kept; those that are not there yet are begun. Raises AccountError."""
    known = {team.casefold(): team for team in teams(db)}
    found: set[str] = set()
    for text in texts:
        name = unicodedata.normalize("NFC", text).strip()
        if not _TEAM.fullmatch(name):
            said = f"a team's name is 1 to {LONGEST_TEAM} letters, digits and spaces, and begins with a letter or digit"
            raise AccountError(said, code="bad-team")
        if name.casefold() not in known:
            known[name.casefold()] = name
            db.add(TeamRow(id=name))
        found.add(known[name.casefold()])
    db.flush()
    return frozenset(found)


def _join(db: Session, id_: str, role: Role, wanted: Collection[str]) -> None:
    """Let a user belong to these teams and no others."""
    if role == "agent" and len(wanted) != 1:
        raise AccountError("an agent belongs to exactly one team", code="teams")
    if role == "worker" and wanted:
        raise AccountError("a worker belongs to no team", code="teams")
    db.execute(delete(MemberRow).where(MemberRow.user == id_, MemberRow.team.not_in(wanted)))
    there = _teams_of(db, id_)
    db.add_all(MemberRow(user=id_, team=team) for team in wanted if team not in there)
    db.flush()


def _teams_of(db: Session, id_: str) -> frozenset[str]:
    return frozenset(db.scalars(select(MemberRow.team).where(MemberRow.user == id_)))


def _keep_an_admin(db: Session, row: UserRow) -> None:
    """Refuse to lose the last one who can let others in."""
    if row.role != "admin" or row.disabled_at is not None:
        return
    admins = select(UserRow.id).where(UserRow.role == "admin", UserRow.disabled_at.is_(None))
    if not set(db.scalars(admins.order_by(UserRow.id).with_for_update())) - {row.id}:
        raise AccountError("that is the last admin: make somebody else one first", code="last-admin")


def _row(db: Session, login: str, *, hold: bool = False) -> UserRow:
    id_ = login.strip().lower()
    known = _LOGIN.fullmatch(id_) is not None
    row = db.get(UserRow, id_, populate_existing=True, with_for_update=hold or None) if known else None
    if row is None:
        raise AccountError("there is no user of that name: voiceassist user list shows them", code="unknown-user")
    return row


def _users(db: Session, rows: Iterable[UserRow]) -> list[User]:
    members: dict[str, set[str]] = {}
    rows = [*rows]
    query = select(MemberRow.user, MemberRow.team)
    if len(rows) == 1:
        query = query.where(MemberRow.user == rows[0].id)
    for user, team in db.execute(query):
        members.setdefault(user, set()).add(team)
    return [
        User(
            id=row.id,
            name=row.name,
            role=_role(row),
            teams=frozenset(members.get(row.id, ())),
            created_at=row.created_at,
            disabled_at=row.disabled_at,
            password=row.password is not None,
            openid=row.subject is not None,
        )
        for row in rows
    ]


def _role(row: UserRow) -> Role:
    return cast("Role", row.role)


def _taken(id_: str) -> AccountError:
    return AccountError(f"there is a user {id_!r} already", code="user-exists")
