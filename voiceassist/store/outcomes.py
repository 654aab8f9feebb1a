"""How the noes of a period ended, what thumbs its nudges got, and how many calls it had: only the columns for that."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime

from sqlalchemy import case, func, select

from voiceassist.core.types import MomentState
from voiceassist.store.database import Store
from voiceassist.store.lines import Outcome, Thumbs, Totals
from voiceassist.store.search import NEWEST_FIRST, Scope, Wanted, conditions
from voiceassist.store.tables import CallRow, MomentRow, NudgeRow
from voiceassist.store.tabling import stream

_OVER = (MomentState.REPAIRED, MomentState.RECOVERED, MomentState.EXPIRED)


def outcomes(store: Store, wanted: Wanted, scope: Scope) -> Generator[Outcome]:
    """Every clear no that is over; those of one call stand together, the newest call first."""
    nudged = (
        select(NudgeRow.kind)
        .where(NudgeRow.call == MomentRow.call, NudgeRow.moment == MomentRow.id)
        .order_by(NudgeRow.sent_at.desc(), NudgeRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(
            *(CallRow.id, CallRow.silent_arm, MomentRow.state, nudged),
            *(MomentRow.opened, MomentRow.judged, MomentRow.settled),
            *(MomentRow.acknowledgement, MomentRow.reason, MomentRow.alternative),
        )
        .join(MomentRow, MomentRow.call == CallRow.id)
        .where(MomentRow.state.in_(_OVER), MomentRow.unsure.is_(False), *conditions(wanted, scope))
        .order_by(*NEWEST_FIRST, MomentRow.opened, MomentRow.id)
    )
    return stream(store, query, Outcome._make)


def begun(store: Store, wanted: Wanted, scope: Scope) -> tuple[tuple[str, datetime], ...]:
    """The calls and when each began. Raises StoreError."""
    with store.reading() as session:
        rows = session.execute(select(CallRow.id, CallRow.started_at).where(*conditions(wanted, scope)))
        return tuple((id_, began) for id_, began in rows)


def thumbs(store: Store, wanted: Wanted, scope: Scope) -> tuple[Thumbs, ...]:
    """The thumbs by kind of nudge. Raises StoreError."""
    up = func.sum(case((NudgeRow.helpful.is_(True), 1), else_=0))
    query = (
        select(NudgeRow.kind, up, func.count() - up)
        .join(CallRow, CallRow.id == NudgeRow.call)
        .where(NudgeRow.helpful.is_not(None), *conditions(wanted, scope))
        .group_by(NudgeRow.kind)
        .order_by(NudgeRow.kind)
    )
    with store.reading() as session:
        return tuple(Thumbs(kind, int(ups), int(downs)) for kind, ups, downs in session.execute(query))


def totals(store: Store, wanted: Wanted, scope: Scope) -> Totals:
    """How many calls there were. Raises StoreError."""
    calls = select(func.count(), func.sum(case((CallRow.silent_arm.is_(True), 1), else_=0))).select_from(CallRow)
    unsure = (
        select(func.count())
        .select_from(MomentRow)
        .join(CallRow, CallRow.id == MomentRow.call)
        .where(MomentRow.unsure.is_(True), MomentRow.state.in_(_OVER), *conditions(wanted, scope))
    )
    with store.reading() as session:
        count, silent = session.execute(calls.where(*conditions(wanted, scope))).one()
        return Totals(count, int(silent or 0), session.scalar(unsure) or 0)
