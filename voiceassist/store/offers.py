"""Offers that worked: proposed by who made them, decided by who keeps the playbook."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime
from sqlalchemy import ColumnElement, false, or_, select, update
from sqlalchemy.orm import Session

from voiceassist.core.types import MomentState
from voiceassist.errors import StoreError, UsageError
from voiceassist.store.database import Store, utc_now
from voiceassist.store.records import Record
from voiceassist.store.search import EVERYTHING, Scope, conditions
from voiceassist.store.tables import CallRow, MomentRow, OfferRow

_MENDED = (MomentState.REPAIRED, MomentState.RECOVERED)


class OfferState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


class Proposal(Record, frozen=True):
    """What was offered at a no that ended well, and what became of it. `asked`: what had been refused."""

    number: int
    call: str
    moment: str
    team: str | None
    asked: str
    text: str
    by: str
    proposed_at: AwareDatetime
    state: OfferState
    decided_by: str
    decided_at: AwareDatetime | None


def propose(  # noqa: PLR0913 - a no, what was offered, and by whom
    store: Store, scope: Scope, call: str, moment: str, text: str, *, by: str, now: datetime | None = None
) -> Proposal:
    """Propose what was offered at a no of a call that may be read; `text` is redacted already.

    Raises StoreError (`call-unknown`), and UsageError for a no that was not mended, or is proposed already.
    """
    query = (
        select(CallRow.team, MomentRow.asked, MomentRow.quote, MomentRow.state, MomentRow.alternative)
        .join(MomentRow, MomentRow.call == CallRow.id)
        .where(CallRow.id == call, MomentRow.id == moment, *conditions(EVERYTHING, scope))
    )
    with store.writing() as session:
        found = session.execute(query).one_or_none()
        if found is None:
            raise StoreError(f"there is no such no in a call {call!r}", code="call-unknown")
        if found.state not in _MENDED or found.alternative is None:
            raise UsageError("only what was offered at a no that ended well can be proposed")
        _refuse_twice(session, call, moment)
        row = OfferRow(
            call=call,
            moment=moment,
            team=found.team,
            asked=found.asked or found.quote,
            text=text,
            by=by,
            proposed_at=now or utc_now(),
            state=OfferState.PROPOSED,
            decided_by="",
        )
        session.add(row)
        session.flush()
        return Proposal.model_validate(row)


def proposals(store: Store, scope: Scope, state: OfferState | None = OfferState.PROPOSED) -> tuple[Proposal, ...]:
    """The proposals that may be read, the oldest first: one's own, and those of one's teams. Raises StoreError."""
    query = select(OfferRow).where(*_may_read(scope)).order_by(OfferRow.number)
    if state is not None:
        query = query.where(OfferRow.state == state)
    with store.reading() as session:
        return tuple(Proposal.model_validate(row) for row in session.scalars(query))


def decide(  # noqa: PLR0913 - which, how, and by whom
    store: Store, scope: Scope, number: int, *, approve: bool, by: str, now: datetime | None = None
) -> Proposal:
    """Approve or reject a proposal, once. Raises StoreError (`offer-unknown`, `offer-decided`)."""
    state = OfferState.APPROVED if approve else OfferState.REJECTED
    mine = (OfferRow.number == number, *_may_read(scope))
    change = update(OfferRow).where(*mine, OfferRow.state == OfferState.PROPOSED)
    with store.writing() as session:
        changed = session.execute(
            change.values(state=state, decided_by=by, decided_at=now or utc_now()).returning(OfferRow.number)
        ).all()
        row = session.scalars(select(OfferRow).where(*mine)).one_or_none()
        if row is None:
            raise StoreError(f"there is no proposed offer {number}", code="offer-unknown")
        if not changed:
            raise StoreError(f"the offer {number} is {row.state} already", code="offer-decided")
        return Proposal.model_validate(row)


def _refuse_twice(session: Session, call: str, moment: str) -> None:
    twice = select(OfferRow.number).where(OfferRow.call == call, OfferRow.moment == moment)
    number = session.scalar(twice.where(OfferRow.state != OfferState.REJECTED).limit(1))
    if number is not None:
        raise UsageError(f"what was offered there is proposed already, as number {number}")


def _may_read(scope: Scope) -> Iterator[ColumnElement[bool]]:
    if not scope.everybody:
        own = false() if scope.owner is None else OfferRow.by == scope.owner
        yield or_(own, OfferRow.team.in_(sorted(scope.teams)))
