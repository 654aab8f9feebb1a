"""The door: what lets somebody in, who that is, and when it is over.

All methods block, for a few milliseconds, those that take a password for as long as that takes to be checked; any
thread may call them. They raise AccountError where somebody may not, and StoreError where the store is broken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from voiceassist.accounts import tokens, users
from voiceassist.accounts.audit import Did, enter
from voiceassist.accounts.logins import Logins
from voiceassist.accounts.oidc import Identity
from voiceassist.accounts.passwords import Passwords
from voiceassist.accounts.tokens import Kind
from voiceassist.accounts.visitor import Visitor
from voiceassist.errors import AccountError
from voiceassist.server.messages import Role
from voiceassist.store.database import Store, utc_now
from voiceassist.store.people import MemberRow, TokenRow, UserRow


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that was opened: its token, which is told only once, and whose it is."""

    token: str = field(repr=False)
    visitor: Visitor


@dataclass(frozen=True, slots=True)
class Invitation:
    """What an invite makes of the one who accepts it, and who gave it; `login` where it is for that name only.

    Without a team it makes nobody: it is for the first login by OpenID Connect of a user that there is.
    """

    role: Role
    team: str
    login: str
    by: str
    expires_at: datetime | None


class Door:
    """Lets users of a store in, by password, token or OpenID Connect, and tells who is in."""

    def __init__(self, store: Store, passwords: Passwords, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._passwords = passwords
        self._now = now
        self._logins = Logins(store, passwords, now)

    # --- within -------------------------------------------------------------------------------------------------------

    def check(self, token: str) -> Visitor | None:
        """Who is in by the token of a session; None where it is unknown or over."""
        with self._store.reading() as db:
            return _visitor(db, token, self._now())

    def renew(self, token: str) -> Visitor:
        """Prolong a page's session, as long as its user's working day is not over; a machine's stays as it is.

        Raises AccountError (`token-unknown`).
        """
        now = self._now()
        with self._store.writing() as db:
            row = tokens.find(db, token, now)
            if row.kind == Kind.SESSION:
                tokens.slide(row, now)
                db.flush()
            visitor = _visitor(db, token, now)
        if visitor is None:
            raise AccountError("this session is over", code="token-unknown")
        return visitor

    def close(self, token: str) -> None:
        """End a session; one that is over stays so."""
        now = self._now()
        with self._store.writing() as db:
            visitor = _visitor(db, token, now)
            if visitor is not None:
                tokens.revoke(db, tokens.digest(token))
                enter(db, now, visitor.user, Did.LOGGED_OUT)

    # --- coming in ----------------------------------------------------------------------------------------------------

    def login(self, name: str, password: str, address: str) -> Opened:
        """Open a session by password, asked for from this address. Raises AccountError: `wrong-login`, `wait`."""
        user = self._logins.check(name, password, address)
        with self._store.writing() as db:
            return self._open(db, user, "with a password")

    def open_session(self, token: str) -> Opened:
        """Open a session by a token `once`, which is used up, or by that of a machine.

        Raises AccountError: `token-used`, `token-unknown`; `invite` for one that is to be accepted instead.
        """
        now = self._now()
        with self._store.writing() as db:
            row = tokens.find(db, token, now)
            if row.kind == Kind.INVITE:
                raise AccountError("this invites somebody new: accept it with a name and a password", code="invite")
            if row.kind not in {Kind.ONCE, Kind.MACHINE}:
                raise AccountError("this token opens nothing", code="token-unknown")
            row.used_at = now
            if row.kind == Kind.MACHINE:  # every quarter of an hour: that is for the list of machines, not for the log
                opened = tokens.issue(
                    db, Kind.SESSION, row.user, now, life=tokens.MACHINE_SESSION, note=tokens.digest(token)
                )
                return _opened(db, opened, now)
            return self._open(db, row.user, "with a link")

    def change_password(self, visitor: Visitor, old: str, new: str, address: str) -> Opened:
        """Let a user choose another password; all sessions end, and a new one opens.

        Who came in by a link and has no way of the own yet chooses the first one: then `old` does not matter.
        Raises AccountError: `wrong-login`, `wait`, `weak-password`, `not-yours` for a machine.
        """
        visitor.must_be_there()
        with self._store.reading() as db:
            user = users.find(db, visitor.user)
        if user.password or user.openid:
            self._logins.check(user.id, old, address)
        kept = self._passwords.hash(new, visitor.user)
        with self._store.writing() as db:
            users.set_password(db, visitor.user, kept)
            enter(db, self._now(), visitor.user, Did.PASSWORD_SET, about=visitor.user)
            return self._open(db, visitor.user, "with a new password")

    # --- joining ------------------------------------------------------------------------------------------------------

    def invitation(self, token: str) -> Invitation:
        """What an invite is for. Raises AccountError: `token-used`, `token-unknown`."""
        with self._store.writing() as db:
            row = _invite(db, token, self._now())
            by = users.find(db, row.user)
            return Invitation(cast("Role", row.role or "agent"), row.team or "", row.note, by.name, row.expires_at)

    def accept(self, token: str, login: str, name: str, password: str) -> Opened:
        """Make the user that an invite is for, who chooses a login name, a name and a password, and open a session.

        The invite is used up only where that succeeds. Raises AccountError: `token-used`, `token-unknown`, `bad-name`,
        `user-exists`, `weak-password`, `wrong-name` where the invite is for another login name.
        """
        id_ = users.login_name(login)
        self.invitation(token)  # nobody else may keep the hub busy with passwords
        kept = self._passwords.hash(password, id_)
        with self._store.writing() as db:
            row = _invite(db, token, self._now())
            if row.note not in {"", id_}:
                raise AccountError("this invite is for another login name", code="wrong-name")
            self._make(db, row, id_, name, kept=kept)
            return self._open(db, id_, "with an invite")

    def enter(self, identity: Identity) -> Opened:
        """Open a session for one whom an OpenID provider vouches for.

        Somebody unknown needs an invite: in hand, or one that was made for one of the names that are vouched for. It
        makes a user, or, if an admin gave it for a name, links the user of that name, once.
        Raises AccountError: `not-invited`, `user-disabled`, `user-exists`, and those of an invite.
        """
        with self._store.writing() as db:
            user = db.scalars(select(UserRow.id).where(UserRow.subject == identity.subject)).one_or_none()
            if user is None:
                user = self._join(db, identity)
            return self._open(db, user, "with OpenID Connect")

    def _join(self, db: Session, identity: Identity) -> str:
        now = self._now()
        row = _invite(db, identity.invite, now) if identity.invite else _invite_for(db, identity.logins, now)
        # An invite that is for no name goes to the first of those that are vouched for.
        if row is None or not identity.logins or row.note not in {"", *identity.logins}:
            said = f"nobody invited {' or '.join(identity.logins) or 'you'}: ask your supervisor for an invite"
            raise AccountError(said, code="not-invited")
        login = row.note or identity.logins[0]
        there = db.get(UserRow, login, populate_existing=True, with_for_update=True)
        if there is None:
            self._make(db, row, login, identity.name, subject=identity.subject)
            return login
        if not row.note or there.subject is not None or users.find(db, row.user).role != "admin":
            raise AccountError(f"there is a user {login!r} already", code="user-exists")
        there.subject = identity.subject
        row.used_at = now
        db.flush()
        enter(db, now, login, Did.USER_LINKED, about="to OpenID Connect")
        return login

    def _make(  # noqa: PLR0913 - what makes a user
        self, db: Session, row: TokenRow, login: str, name: str, *, kept: str | None = None, subject: str | None = None
    ) -> None:
        """The user that an invite is for."""
        now = self._now()
        if row.role not in {"agent", "supervisor"} or row.team is None:  # it links a user that there is, and makes none
            raise AccountError("this invite is for a user that there is already", code="user-exists")
        role = cast("Role", row.role)
        users.add(db, login, now, name=name, role=role, teams=[row.team], password=kept, subject=subject)
        row.used_at = now
        db.flush()
        enter(db, now, login, Did.JOINED, about=f"{role} in {row.team}, invited by {row.user}")

    def _open(self, db: Session, user: str, how: str) -> Opened:
        now = self._now()
        token = tokens.issue(db, Kind.SESSION, user, now)
        enter(db, now, user, Did.LOGGED_IN, about=how)
        return _opened(db, token, now)


def _opened(db: Session, token: str, now: datetime) -> Opened:
    visitor = _visitor(db, token, now)
    assert visitor is not None
    return Opened(token, visitor)


def _visitor(db: Session, token: str, now: datetime) -> Visitor | None:
    """Who is in by a session's token, asked for in one go: a row for each team."""
    query = (
        select(UserRow.id, UserRow.name, UserRow.role, TokenRow.expires_at, TokenRow.note, MemberRow.team)
        .join(TokenRow, TokenRow.user == UserRow.id)
        .outerjoin(MemberRow, MemberRow.user == UserRow.id)
        .where(TokenRow.digest == tokens.digest(token[: tokens.LONGEST]), TokenRow.kind == Kind.SESSION)
        .where(tokens.alive(now), UserRow.disabled_at.is_(None))
    )
    rows = db.execute(query).all()
    if not rows:
        return None
    user, name, role, expires_at, machine, _ = rows[0]
    assert expires_at is not None  # a session's end is always known
    teams = frozenset(row.team for row in rows if row.team is not None)
    return Visitor(user, name, cast("Role", role), teams, expires_at, machine=bool(machine))


def _invite(db: Session, token: str, now: datetime) -> TokenRow:
    row = tokens.find(db, token, now)
    if row.kind != Kind.INVITE:
        raise AccountError("this is no invite", code="token-unknown")
    return row


def _invite_for(db: Session, logins: tuple[str, ...], now: datetime) -> TokenRow | None:
    """The oldest invite that was made for one of these names, held until the end of the transaction."""
    query = (
        select(TokenRow)
        .where(TokenRow.kind == Kind.INVITE, TokenRow.note.in_(logins), TokenRow.used_at.is_(None), tokens.alive(now))
        .order_by(TokenRow.created_at, TokenRow.digest)
    )
    return db.scalars(query.limit(1).with_for_update()).one_or_none() if logins else None
