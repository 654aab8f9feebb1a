"""The audit log: who did what, with whose call or account. Entries are added, and go only when they are too old."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from voiceassist.store.database import Store, utc_now
from voiceassist.store.people import AuditRow

LIMIT = 1_000
"""How many entries are listed at most, unless asked for more."""


class Did(StrEnum):
    """What somebody did. The words are kept: add to them, never rename one."""

    LOGGED_IN = "logged in"
    LOGIN_FAILED = "login failed"
    LOGGED_OUT = "logged out"
    READ_CALL = "read call"
    OPENED_LIVE = "opened live"
    LISTED_CALLS = "listed calls"
    LISTED_OFFERS = "listed offers"
    REPORTED = "reported"
    EXPORTED = "exported"
    DELETED = "deleted"
    PURGED = "purged"
    WHISPERED = "whispered"
    ALERT_CHANGED = "alert changed"
    OFFER_DECIDED = "offer decided"
    USER_ADDED = "user added"
    USER_CHANGED = "user changed"
    USER_DISABLED = "user disabled"
    USER_ENABLED = "user enabled"
    USER_LINKED = "user linked"
    PASSWORD_SET = "password set"  # noqa: S105 - what was done, no password
    LINK_GIVEN = "link given"
    INVITED = "invited"
    INVITE_WITHDRAWN = "invite withdrawn"
    JOINED = "joined"
    MACHINE_ADDED = "machine added"
    MACHINE_REVOKED = "machine revoked"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. `who`: a login name, or the command line; empty for somebody unknown."""

    at: datetime
    who: str
    did: str
    call: str | None
    about: str


class Audit:
    """The log of a store. All methods block, and raise StoreError."""

    def __init__(self, store: Store, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._now = now

    def add(self, who: str, did: Did, *, call: str | None = None, about: str = "") -> None:
        """Write down what was done; committed on return, so that nothing is shown that is not in the log."""
        with self._store.writing() as db:
            enter(db, self._now(), who, did, call=call, about=about)

    def entries(
        self, *, call: str | None = None, who: str | None = None, since: datetime | None = None, limit: int = LIMIT
    ) -> tuple[Entry, ...]:
        """The latest entries, the newest first: all, or those of a call, of somebody, or not older than `since`."""
        query = select(AuditRow)
        if call is not None:
            query = query.where(AuditRow.call == call)
        if who is not None:
            query = query.where(AuditRow.who == who)
        if since is not None:
            query = query.where(AuditRow.at >= since)
        query = query.order_by(AuditRow.at.desc(), AuditRow.number.desc()).limit(limit)
        with self._store.reading() as db:
            return tuple(Entry(row.at, row.who, row.did, row.call, row.about) for row in db.scalars(query))

    def forget(self, before: datetime) -> int:
        """Forget all entries from before then; tells how many."""
        with self._store.writing() as db:
            return len(db.scalars(delete(AuditRow).where(AuditRow.at < before).returning(AuditRow.number)).all())


def enter(  # noqa: PLR0913 - the columns of an entry
    db: Session, at: datetime, who: str, did: Did, *, call: str | None = None, about: str = ""
) -> None:
    """Write down what is done, within the transaction that does it."""
    db.add(AuditRow(at=at, who=who, did=did, call=call, about=about))
