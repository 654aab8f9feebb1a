"""Tokens: what lets somebody in, once or until it expires.

All functions work within a transaction of the store. What is kept of a token is its digest, which opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from voiceassist.errors import AccountError
from voiceassist.server.messages import Role
from voiceassist.store.people import TokenRow, UserRow

BITS = 256
LONGEST = 200
"""Characters of a token that are looked at; a longer one is none."""


class Kind(StrEnum):
    ONCE = "once"
    INVITE = "invite"
    MACHINE = "machine"
    SESSION = "session"


LIFE: dict[Kind, timedelta | None] = {
    Kind.ONCE: timedelta(hours=1),
    Kind.INVITE: timedelta(hours=72),
    Kind.MACHINE: None,  # until it is revoked
    Kind.SESSION: timedelta(minutes=30),
}
MACHINE_SESSION = timedelta(minutes=15)
"""How long a session is good for that an agent's machine opened; it opens another."""
LONGEST_SESSION = timedelta(hours=12)
"""A session that is renewed ends then all the same: a working day and some."""


@dataclass(frozen=True, slots=True)
class Key:
    """A token as it is listed: it can be told from others and revoked, but opens nothing.

    `user`: whose it is, or who invited; `used_at`: when a machine last came in; `note`: what its owner calls it, or
    the login name that an invite is for.
    """

    id: str
    kind: Kind
    user: str
    role: str | None
    team: str | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    note: str


def digest(token: str) -> str:
    """What is kept of a token, 64 hexadecimal digits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def issue(  # noqa: PLR0913 - the columns of a token
    db: Session,
    kind: Kind,
    user: str,
    now: datetime,
    *,
    life: timedelta | None = None,
    role: Role | None = None,
    team: str | None = None,
    note: str = "",
) -> str:
    """A new token, good for `life` or as long as its kind is. Raises AccountError (`user-disabled`, `unknown-user`)."""
    _sweep(db, now)
    holder = _hold_user(db, user)
    if holder is None:
        raise AccountError("there is no such user", code="unknown-user")
    if holder.disabled_at is not None:
        raise AccountError("this account is closed", code="user-disabled")
    token = secrets.token_urlsafe(BITS // 8)
    life = life or LIFE[kind]
    row = TokenRow(
        digest=digest(token),
        kind=kind,
        user=user,
        role=role,
        team=team,
        created_at=now,
        expires_at=None if life is None else now + life,
        note=note,
    )
    db.add(row)
    db.flush()
    return token


def find(db: Session, token: str, now: datetime) -> TokenRow:
    """The row of a token that is still good, held until the end of the transaction: nobody else has it meanwhile.

    Raises AccountError: `token-used`, or `token-unknown` also for one that was revoked or has expired.
    """
    wanted = digest(token[:LONGEST])
    row = db.get(TokenRow, wanted)
    if row is not None:
        _hold_user(db, row.user)
        row = db.get(TokenRow, wanted, populate_existing=True, with_for_update=True)
    # The digest was found by an index, whose time tells of digests only; nobody can choose a token by its digest.
    if row is None or not hmac.compare_digest(row.digest, wanted) or _is_over(row, now):
        raise AccountError("this link or token is unknown, or too old", code="token-unknown")
    if row.used_at is not None and row.kind != Kind.MACHINE:
        raise AccountError("this link was used already", code="token-used")
    return row


def alive(now: datetime) -> ColumnElement[bool]:
    """The condition that a token has not expired."""
    return or_(TokenRow.expires_at.is_(None), TokenRow.expires_at > now)


def of(user: str) -> ColumnElement[bool]:
    """The condition that a token is this user's."""
    return TokenRow.user == user


def slide(row: TokenRow, now: datetime) -> None:
    """Let a page's session be good for its full time from now on, but never longer than a working day after login.

    What a machine opened is not prolonged. Less than a minute more is not worth a write.
    """
    life = LIFE[Kind.SESSION]
    if row.note or row.expires_at is None or life is None:
        return
    later = min(now + life, row.created_at + LONGEST_SESSION)
    if later - row.expires_at >= timedelta(minutes=1):
        row.expires_at = later


def listed(db: Session, kind: Kind, now: datetime, *where: ColumnElement[bool]) -> tuple[Key, ...]:
    """The tokens of a kind that are still good, the newest first."""
    unused = () if kind is Kind.MACHINE else (TokenRow.used_at.is_(None),)
    query = select(TokenRow).where(TokenRow.kind == kind, alive(now), *unused, *where)
    rows = db.scalars(query.order_by(TokenRow.created_at.desc(), TokenRow.digest))
    return tuple(_key(row) for row in rows)


def key(db: Session, id_: str, now: datetime) -> Key:
    """One of those that are listed. Raises AccountError (`token-unknown`)."""
    row = db.get(TokenRow, id_)
    if row is None or _is_over(row, now):
        raise AccountError("there is no such machine or invite", code="token-unknown")
    return _key(row)


def revoke(db: Session, id_: str) -> None:
    """End a token by its digest, and the sessions that it opened."""
    db.execute(delete(TokenRow).where(TokenRow.digest == id_))
    db.execute(delete(TokenRow).where(TokenRow.kind == Kind.SESSION, TokenRow.note == id_))


def revoke_all(db: Session, user: str, *kinds: Kind) -> None:
    """End all tokens of a user, or those of these kinds: sessions, machines, and invites that the user gave."""
    db.execute(delete(TokenRow).where(TokenRow.user == user, TokenRow.kind.in_(kinds or tuple(Kind))))


def _hold_user(db: Session, user: str) -> UserRow | None:
    """A user who is not shut out before this transaction ends; whoever waits to do so ends its tokens then, too.

    First the user, then the tokens: in this order everybody holds them, so that no two wait for each other.
    """
    return db.get(UserRow, user, populate_existing=True, with_for_update={"read": True})


def _is_over(row: TokenRow, now: datetime) -> bool:
    return row.expires_at is not None and row.expires_at <= now


def _sweep(db: Session, now: datetime) -> None:
    """Remove what has expired, save what another transaction holds: two that sweep must not wait for each other."""
    over = select(TokenRow.digest).where(TokenRow.expires_at <= now).with_for_update(skip_locked=True)
    db.execute(delete(TokenRow).where(TokenRow.digest.in_(over)).execution_options(synchronize_session=False))


def _key(row: TokenRow) -> Key:
    return Key(
        id=row.digest,
        kind=Kind(row.kind),
        user=row.user,
        role=row.role,
        team=row.team,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        note=row.note,
    )
