"""The office: who is let in, by whom. Each method is asked by a visitor, and refuses what that one may not do.

All methods block; any thread may call them. They raise AccountError, `not-yours` where another one would have to ask,
and StoreError. What is changed stands in the audit log.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voiceassist.accounts import tokens, users
from voiceassist.accounts.audit import Did, enter
from voiceassist.accounts.passwords import Passwords
from voiceassist.accounts.tokens import Key, Kind
from voiceassist.accounts.users import User
from voiceassist.accounts.visitor import CONSOLE, Visitor, not_yours
from voiceassist.errors import AccountError
from voiceassist.server.messages import Role
from voiceassist.store.database import Store, utc_now
from voiceassist.store.people import UserRow

LONGEST_NOTE = 200
_WITH_MACHINES = frozenset({"agent", "worker"})


@dataclass(frozen=True, slots=True)
class Issued:
    """A token that was made, which is told only once, and what it is listed as."""

    token: str = field(repr=False)
    key: Key


class Office:
    """Users, teams, invites and machines of a store."""

    def __init__(self, store: Store, passwords: Passwords, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._passwords = passwords
        self._now = now

    # --- users --------------------------------------------------------------------------------------------------------

    def users(self, by: Visitor) -> tuple[User, ...]:
        """All users for an admin; for others themselves, for a supervisor agents and supervisors of own teams, too."""
        with self._store.reading() as db:
            everybody = users.listed(db)
        return tuple(user for user in everybody if user.id == by.user or _sees(by, user) or _works_with(by, user))

    def must_supervise(self, login: str, team: str) -> None:
        """Raises AccountError (`not-supervisor`) unless somebody of this name is let in and supervises the team."""
        with self._store.reading() as db:
            found = [user for user in users.listed(db) if user.id == login and user.disabled_at is None]
        if not any(user.role == "admin" or (user.role == "supervisor" and team in user.teams) for user in found):
            raise AccountError("nobody of that name supervises that team", code="not-supervisor")

    def teams(self, by: Visitor) -> tuple[str, ...]:
        """All teams for an admin, their own for others."""
        if by.role != "admin":
            return tuple(sorted(by.teams))
        with self._store.reading() as db:
            return users.teams(db)

    def add_user(  # noqa: PLR0913 - what makes a user
        self,
        by: Visitor,
        login: str,
        *,
        name: str = "",
        role: Role = "agent",
        teams: Iterable[str] = (),
        password: str | None = None,
    ) -> User:
        """A new user; without a password one who comes in by an invite for that name, or by a link."""
        by.must_be_admin()
        kept = None if password is None else self._passwords.hash(password, users.login_name(login))
        with self._store.writing() as db:
            user = users.add(db, login, self._now(), name=name, role=role, teams=teams, password=kept)
            self._enter(db, by, Did.USER_ADDED, _described(user))
            return user

    def change_user(
        self,
        by: Visitor,
        login: str,
        *,
        name: str | None = None,
        role: Role | None = None,
        teams: Iterable[str] | None = None,
    ) -> User:
        """Change what is given of a user."""
        by.must_be_admin()
        with self._store.writing() as db:
            user = users.change(db, login, name=name, role=role, teams=teams)
            self._enter(db, by, Did.USER_CHANGED, _described(user))
            return user

    def disable(self, by: Visitor, login: str) -> User:
        """Shut a user out at once, with all sessions, machines and invites."""
        by.must_be_admin()
        with self._store.writing() as db:
            user = users.disable(db, login, self._now())
            self._enter(db, by, Did.USER_DISABLED, user.id)
            return user

    def enable(self, by: Visitor, login: str) -> User:
        """Let a user in again, who then needs new machines."""
        by.must_be_admin()
        with self._store.writing() as db:
            user = users.enable(db, login)
            self._enter(db, by, Did.USER_ENABLED, user.id)
            return user

    def set_password(self, by: Visitor, login: str, password: str) -> None:
        """Give a user another password; the user's sessions end, machines stay."""
        by.must_be_admin()
        with self._store.reading() as db:
            user = users.find(db, login)
        kept = self._passwords.hash(password, user.id)
        with self._store.writing() as db:
            users.set_password(db, user.id, kept)
            self._enter(db, by, Did.PASSWORD_SET, user.id)

    # --- what lets in -------------------------------------------------------------------------------------------------

    def link(self, by: Visitor, login: str) -> Issued:
        """A token `once` for a user, who needs no password for the session that it opens.

        Who has machines asks for one for another machine. Others must not: a session that was stolen could go on in
        another one for ever.
        """
        by.must_be_there()
        if login != by.user or by.role not in _WITH_MACHINES:
            by.must_be_admin()
        with self._store.writing() as db:
            issued = self._issue(db, Kind.ONCE, users.find(db, login).id)
            self._enter(db, by, Did.LINK_GIVEN, f"for {issued.key.user}")
            return issued

    def invite(self, by: Visitor, role: Role = "agent", team: str = "", login: str = "") -> Issued:
        """An invite for somebody new, of this role in this team; with `login` for that name only.

        Of a supervisor it is for agents in own teams. For a user that there is (admins only), it is for a first login
        by OpenID Connect under that name; role and team are as they are. Nobody is invited as an admin.
        """
        with self._store.writing() as db:
            host = by.user if by != CONSOLE else _first_admin(db)
            name = users.login_name(login) if login else ""
            if name and db.get(UserRow, name) is not None:
                by.must_be_admin()
                issued = self._issue(db, Kind.INVITE, host, note=name)
                self._enter(db, by, Did.INVITED, f"{name}, to OpenID Connect")
                return issued
            if role == "admin":
                raise AccountError("nobody is invited as an admin: voiceassist user add makes one", code="bad-role")
            if role == "worker":
                raise AccountError("a worker is no person: voiceassist user add makes one", code="bad-role")
            if by.role != "admin" and not (role == "agent" and by.may_supervise(team)):
                raise not_yours()
            [known] = users.team_names(db, [team])
            issued = self._issue(db, Kind.INVITE, host, role=role, team=known, note=name)
            self._enter(db, by, Did.INVITED, f"{name or 'somebody'} as {role} in {known}")
            return issued

    def add_machine(self, by: Visitor, note: str) -> Issued:
        """A token for an agent's own computer, or a worker's, called `note`; it opens sessions until it is revoked."""
        by.must_be_there()
        if by.role not in _WITH_MACHINES:
            raise AccountError("only an agent's computer passes calls on", code="bad-role")
        name = users.full_name(note)[:LONGEST_NOTE]
        with self._store.writing() as db:
            issued = self._issue(db, Kind.MACHINE, by.user, note=name)
            self._enter(db, by, Did.MACHINE_ADDED, name)
            return issued

    def machines(self, by: Visitor, login: str | None = None) -> tuple[Key, ...]:
        """The computers of a user, one's own if none is named."""
        with self._store.reading() as db:
            user = users.find(db, login or by.user)
            if user.id != by.user and not _sees(by, user):
                raise not_yours()
            return tokens.listed(db, Kind.MACHINE, self._now(), tokens.of(user.id))

    def invites(self, by: Visitor) -> tuple[Key, ...]:
        """The invites that nobody has accepted yet: all for an admin, their own for others."""
        mine = () if by.role == "admin" else (tokens.of(by.user),)
        with self._store.reading() as db:
            return tokens.listed(db, Kind.INVITE, self._now(), *mine)

    def revoke(self, by: Visitor, id_: str) -> None:
        """End a machine, with its sessions, or an invite, as they are listed. Raises AccountError (`token-unknown`)."""
        with self._store.writing() as db:
            key = tokens.key(db, id_, self._now())
            if key.kind not in {Kind.MACHINE, Kind.INVITE}:
                raise AccountError("there is no such machine or invite", code="token-unknown")
            if key.user != by.user and not (by.role == "admin" or _sees(by, users.find(db, key.user))):
                raise not_yours()
            tokens.revoke(db, key.id)
            did = Did.INVITE_WITHDRAWN if key.kind is Kind.INVITE else Did.MACHINE_REVOKED
            self._enter(db, by, did, f"{key.note or key.kind} of {key.user}")

    def _issue(  # noqa: PLR0913 - the columns of a token
        self, db: Session, kind: Kind, user: str, *, role: Role | None = None, team: str | None = None, note: str = ""
    ) -> Issued:
        now = self._now()
        token = tokens.issue(db, kind, user, now, role=role, team=team, note=note)
        return Issued(token, tokens.key(db, tokens.digest(token), now))

    def _enter(self, db: Session, by: Visitor, did: Did, about: str) -> None:
        enter(db, self._now(), by.user, did, about=about)


def _sees(by: Visitor, user: User) -> bool:
    return by.role == "admin" or (user.role == "agent" and any(by.may_supervise(team) for team in user.teams))


def _works_with(by: Visitor, user: User) -> bool:
    """Whether both supervise one team: an alert may be given to the other."""
    return by.role == "supervisor" and user.role == "supervisor" and not by.teams.isdisjoint(user.teams)


def _first_admin(db: Session) -> str:
    """In whose name the command line invites."""
    query = select(UserRow.id).where(UserRow.role == "admin", UserRow.disabled_at.is_(None))
    admin = db.scalars(query.order_by(UserRow.created_at, UserRow.id).limit(1)).one_or_none()
    if admin is None:
        said = "an invite is given by an admin, and there is none yet: voiceassist user add NAME --role admin"
        raise AccountError(said, code="no-admin")
    return admin


def _described(user: User) -> str:
    teams = ", ".join(sorted(user.teams))
    return f"{user.id}: {user.role}" + (f" in {teams}" if teams else "")
