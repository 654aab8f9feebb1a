"""Logins by name and password, and the pause after too many that failed, which all processes of a hub keep."""

from __future__ import annotations

import hashlib
import ipaddress
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from voiceassist.accounts.audit import Did, enter
from voiceassist.accounts.passwords import Passwords
from voiceassist.accounts.users import login_name
from voiceassist.errors import AccountError
from voiceassist.store.database import Store, utc_now
from voiceassist.store.people import FailureRow, UserRow

FAILURES = 5
"""Failures in a row, for a name or from an address, after which nobody is asked any more for a while."""
PAUSE = timedelta(seconds=30)
FORGOTTEN = timedelta(minutes=10)
"""A failure older than this one is in no row with the next."""
_NETWORK = 64
"""Bits of an IPv6 address that tell who it is: the rest is anybody's to choose."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the one who claims a name: `user` as far as there is one who may in, `kept` of the password."""

    name: str
    user: str | None
    kept: str | None


class Logins:
    """Checks names and passwords against a store. Any thread may use it; all methods block."""

    def __init__(self, store: Store, passwords: Passwords, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._passwords = passwords
        self._now = now

    def check(self, name: str, password: str, address: str) -> str:
        """The user of this name and password, who asks from this address.

        Raises AccountError: `wrong-login`, whatever of it was wrong; `wait` with the seconds until it may be tried
        again, and then without a look at the password.
        """
        known = self._knock(name, address)
        right = self._passwords.verify(known.kept, password)
        if not right or known.user is None:
            self._fail(known, address)
            raise AccountError("no user has this name and this password", code="wrong-login")
        kept = known.kept or ""
        newer = self._passwords.keep(password) if self._passwords.is_outdated(kept) else None
        with self._store.writing() as db:
            db.execute(delete(FailureRow).where(FailureRow.who == _of_name(known.name)))
            if newer is not None:
                same = (UserRow.id == known.user, UserRow.password == kept)  # it was not changed meanwhile
                db.execute(update(UserRow).where(*same).values(password=newer))
        return known.user

    def _knock(self, name: str, address: str) -> _Known:
        """What is known of the name.

        A failure is counted for it until the password proves right: many that are tried at once are then no more than
        those tried in turn. Not so for the address, behind which a whole shift may log in at once.
        """
        now = self._now()
        try:
            login = login_name(name)
        except AccountError:
            login = ""
        with self._store.writing() as db:
            _sweep(db, now)
            _refuse_early(db.get(FailureRow, _of_address(address)), now)
            if not login:  # nobody can be called that; what is typed there may be a password
                return _Known("", None, None)
            row = _held(db, _of_name(login), now)
            _refuse_early(row, now)
            _count(row, now)
            user = db.get(UserRow, login)
            if user is None:
                return _Known(login, None, None)
            return _Known(login, None if user.disabled_at else user.id, user.password)

    def _fail(self, known: _Known, address: str) -> None:
        now = self._now()
        with self._store.writing() as db:
            _count(_held(db, _of_address(address), now), now)
            # Only names that there are: whoever mistakes the fields types a password into that of the name.
            there = "" if db.get(UserRow, known.name) is None else known.name
            enter(db, now, there, Did.LOGIN_FAILED, about=f"from {_network(address)}")


def _refuse_early(row: FailureRow | None, now: datetime) -> None:
    if row is None or row.count < FAILURES:
        return
    left = PAUSE - abs(now - row.last_at)  # a clock that was set back must not prolong it
    if left > timedelta(0):
        seconds = math.ceil(left.total_seconds())
        raise AccountError(f"too many logins failed: try again in {seconds} s", code="wait", seconds=seconds)


def _count(row: FailureRow, now: datetime) -> None:
    """One failure more, or the first after a pause or a long time."""
    apart = abs(now - row.last_at)
    anew = apart >= FORGOTTEN or (row.count >= FAILURES and apart >= PAUSE)
    row.count = 1 if anew else row.count + 1
    row.last_at = now


def _held(db: Session, who: str, now: datetime) -> FailureRow:
    """The count of this one, which nobody else changes before the transaction ends."""
    insert = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}[db.get_bind().dialect.name]
    row = insert(FailureRow).values(who=who, count=0, last_at=now)
    # An update, which changes nothing, holds the row: one that was only seen could be gone a moment later.
    db.execute(row.on_conflict_do_update(index_elements=[FailureRow.who], set_={"who": who}))
    return db.get_one(FailureRow, who, populate_existing=True)


def _sweep(db: Session, now: datetime) -> None:
    """Remove what is forgotten, save what another transaction holds."""
    old = select(FailureRow.who).where(FailureRow.last_at < now - FORGOTTEN).with_for_update(skip_locked=True)
    db.execute(delete(FailureRow).where(FailureRow.who.in_(old)))


def _of_name(name: str) -> str:
    """Whose failures they are, as a digest: a name that nobody has may be a mistyped password."""
    return "name " + hashlib.sha256(name.encode()).hexdigest()


def _of_address(address: str) -> str:
    return f"address {_network(address)}"


def _network(address: str) -> str:
    """Whom an address belongs to: a single IPv4 address, or a network of IPv6."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "an unknown address"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, _NETWORK), strict=False))
    return str(parsed)
