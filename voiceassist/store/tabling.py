"""Reads the store as lines, the newest call first, a few at a time, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from sqlalchemy import Executable, Row, select

from voiceassist.core.types import MomentState
from voiceassist.server import messages as wire
from voiceassist.store.database import Store
from voiceassist.store.lines import CallLine, CardLine, NoLine, NudgeLine
from voiceassist.store.search import NEWEST_FIRST, Scope, Wanted, conditions, count
from voiceassist.store.tables import AlertRow, CallRow, MomentRow, NudgeRow

_AT_A_TIME = 2000
_REAL = MomentRow.state != MomentState.WITHDRAWN

_Line = TypeVar("_Line")


def calls(store: Store, wanted: Wanted, scope: Scope) -> Generator[CallLine]:
    """A line a call."""
    ends = (MomentState.REPAIRED, MomentState.RECOVERED, MomentState.EXPIRED)
    query = select(
        *(CallRow.id, CallRow.team, CallRow.owner, CallRow.agent, CallRow.transcriber),
        *(CallRow.started_at, CallRow.ended_at, CallRow.seconds, CallRow.lost, CallRow.dropped, CallRow.silent_arm),
        *(count(MomentRow, _REAL), *(count(MomentRow, MomentRow.state == end) for end in ends)),
        *(count(NudgeRow), count(AlertRow)),
    )
    return stream(store, query.where(*conditions(wanted, scope)).order_by(*NEWEST_FIRST), CallLine._make)


def noes(store: Store, wanted: Wanted, scope: Scope) -> Generator[NoLine]:
    """A line a no; those that were taken back are none."""
    query = (
        select(
            *(CallRow.id, CallRow.team, CallRow.agent, CallRow.started_at, CallRow.silent_arm),
            *(MomentRow.id, MomentRow.opened, MomentRow.judged, MomentRow.settled, MomentRow.state),
            *(MomentRow.withheld, MomentRow.unsure, MomentRow.asked, MomentRow.quote),
            *(MomentRow.acknowledgement, MomentRow.reason, MomentRow.alternative, MomentRow.buy_in),
        )
        .join(MomentRow, MomentRow.call == CallRow.id)
        .where(_REAL, *conditions(wanted, scope))
        .order_by(*NEWEST_FIRST, MomentRow.opened, MomentRow.id)
    )
    return stream(store, query, NoLine._make)


def nudges(store: Store, wanted: Wanted, scope: Scope) -> Generator[NudgeLine]:
    """A line a nudge."""
    query = (
        select(
            *(CallRow.id, CallRow.team, CallRow.agent, CallRow.started_at),
            *(NudgeRow.id, NudgeRow.moment, NudgeRow.kind, NudgeRow.text, NudgeRow.suggestions),
            *(NudgeRow.sent_at, NudgeRow.painted_at, NudgeRow.renewals, NudgeRow.cleared_at, NudgeRow.why),
            NudgeRow.helpful,
        )
        .join(NudgeRow, NudgeRow.call == CallRow.id)
        .where(*conditions(wanted, scope))
        .order_by(*NEWEST_FIRST, NudgeRow.sent_at, NudgeRow.id)
    )

    def line(row: Row[Any]) -> NudgeLine:
        found = NudgeLine._make(row)
        return found._replace(suggestions=tuple(row.suggestions), renewed=len(row.renewals))

    return stream(store, query, line)


def scorecards(store: Store, wanted: Wanted, scope: Scope) -> Generator[CardLine]:
    """A line a call that ended."""
    query = (
        select(CallRow.id, CallRow.team, CallRow.agent, CallRow.started_at, CallRow.silent_arm, CallRow.scorecard)
        .where(CallRow.scorecard.is_not(None), *conditions(wanted, scope))
        .order_by(*NEWEST_FIRST)
    )

    def line(row: Row[Any]) -> CardLine:
        *about, kept = row
        card = wire.Scorecard.model_validate(kept)
        return CardLine(*about, **card.counts.model_dump(), **card.model_dump(include=_WHOLE))

    return stream(store, query, line)


def stream(store: Store, query: Executable, line: Callable[[Row[Any]], _Line]) -> Generator[_Line]:
    """The rows of a query as lines, read as they are asked for. Raises StoreError."""
    with store.reading() as session:
        for row in session.execute(query.execution_options(yield_per=_AT_A_TIME)):
            yield line(row)


_WHOLE = {"well_redirected", "buy_ins", "clarified", "promises", "gracious", "closing"}
