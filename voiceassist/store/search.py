"""Which calls are meant, and whose may be read: the conditions that lists, exports and reports share."""

from __future__ import annotations

import base64
from binascii import Error as NoBase64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, defer

from voiceassist.core.types import MomentState
from voiceassist.errors import UsageError
from voiceassist.store.database import Store
from voiceassist.store.records import CallInfo
from voiceassist.store.tables import AlertRow, CallRow, MomentRow, NudgeRow, UtteranceRow

NEWEST_FIRST = (CallRow.started_at.desc(), CallRow.id.desc())
LEFT_UNREPAIRED = and_(MomentRow.state == MomentState.EXPIRED, MomentRow.unsure.is_(False))
"""A no that was left as it was; what only may have been one does not count."""


class Having(StrEnum):
    """What a call must have in it: a no that was left as it was, a nudge, an alert."""

    UNREPAIRED = "unrepaired"
    NUDGED = "nudged"
    ALERT = "alert"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls are meant. What is left empty does not matter.

    `text`: words that were said, asked or nudged, in any case; `since` is included, `until` is not; `agent`: the name
    noted with the call, or the user whose call it is.
    """

    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    agent: str = ""
    team: str = ""
    having: Having | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose calls may be read: those of the user `owner` and those of `teams`. Where neither is given, nobody's."""

    owner: str | None = None
    teams: frozenset[str] = frozenset()
    everybody: bool = False


EVERYTHING = Wanted()
EVERYBODY = Scope(everybody=True)
"""Of one's own file, or for who keeps the hub."""


def find(
    store: Store, wanted: Wanted, scope: Scope, *, limit: int | None = None, after: str = ""
) -> tuple[CallInfo, ...]:
    """The calls that are meant and may be read, the newest first, at most `limit`.

    `after` is the `cursor` of a call: what follows it is told, however many calls began meanwhile. Raises StoreError,
    and UsageError for what is no cursor.
    """
    query = select(CallRow, count(MomentRow, MomentRow.state != MomentState.WITHDRAWN), count(NudgeRow))
    query = query.options(defer(CallRow.scorecard)).where(*conditions(wanted, scope))
    if after:
        began, id_ = _place(after)
        query = query.where(or_(CallRow.started_at < began, and_(CallRow.started_at == began, CallRow.id < id_)))
    with store.reading() as session:
        rows = session.execute(query.order_by(*NEWEST_FIRST).limit(limit))
        return tuple(store.info(row, noes, nudges) for row, noes, nudges in rows)


def how_many(store: Store, wanted: Wanted, scope: Scope) -> int:
    """How many calls are meant and may be read. Raises StoreError."""
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(CallRow).where(*conditions(wanted, scope))) or 0


def cursor(last: CallInfo) -> str:
    """The place of a call in the list, to go on from: letters, digits, hyphens and low lines."""
    return base64.urlsafe_b64encode(f"{last.started_at.isoformat()} {last.id}".encode()).decode().rstrip("=")


def conditions(wanted: Wanted, scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """What a row of `calls` must fulfil."""
    return tuple(_conditions(wanted, scope))


def count(table: type[MomentRow | NudgeRow | AlertRow], *where: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many rows of the table belong to the call of the query around it."""
    return select(func.count()).where(table.call == CallRow.id, *where).correlate(CallRow).scalar_subquery()


def _conditions(wanted: Wanted, scope: Scope) -> Iterator[ColumnElement[bool]]:
    if not scope.everybody:
        own = false() if scope.owner is None else CallRow.owner == scope.owner
        yield or_(own, CallRow.team.in_(sorted(scope.teams)))
    if wanted.since is not None:
        yield CallRow.started_at >= wanted.since
    if wanted.until is not None:
        yield CallRow.started_at < wanted.until
    if wanted.agent:
        yield or_(func.lower(CallRow.agent) == wanted.agent.lower(), CallRow.owner == wanted.agent.lower())
    if wanted.team:
        # The database may lower fewer letters than Python does: as it is written it is found in any case.
        yield or_(CallRow.team == wanted.team, func.lower(CallRow.team) == wanted.team.lower())
    if wanted.having is not None:
        yield _HAVING[wanted.having]
    if wanted.text:
        yield or_(
            _says(MomentRow.call, wanted.text, MomentRow.quote, MomentRow.asked),
            _says(NudgeRow.call, wanted.text, NudgeRow.text),
            _says(UtteranceRow.call, wanted.text, UtteranceRow.text),
        )


_HAVING = {
    Having.UNREPAIRED: exists().where(MomentRow.call == CallRow.id, LEFT_UNREPAIRED),
    Having.NUDGED: exists().where(NudgeRow.call == CallRow.id),
    Having.ALERT: exists().where(AlertRow.call == CallRow.id),
}


def _says(call: InstrumentedAttribute[str], text: str, *columns: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether a row of the call holds the text as it stands: its signs are no wildcards."""
    return exists().where(call == CallRow.id, or_(*(column.icontains(text, autoescape=True) for column in columns)))


def _place(after: str) -> tuple[datetime, str]:
    try:
        began, _, id_ = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode().partition(" ")
        at = datetime.fromisoformat(began)
    except (NoBase64, ValueError):
        raise UsageError(f"{after[:80]!r} is no place in a list of calls") from None
    if at.tzinfo is None or not id_:
        raise UsageError(f"{after[:80]!r} is no place in a list of calls")
    return at, id_
