"""The tables of the store. Times within a call are seconds since it began, those of a call are UTC.

Only types that every database has; `migrations` makes the same tables step by step, and a test keeps the two equal.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    false,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

# Constraints have names, so that a later step can change them on every database.
_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
}


class Instant(TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps no zone: there it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else value.replace(tzinfo=value.tzinfo or UTC)


class Table(DeclarativeBase):
    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {float: Double()}


def _key() -> Mapped[str]:
    return mapped_column(String(200), primary_key=True)


def _call(*, key: bool = False) -> Mapped[str]:
    return mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), primary_key=key)


def _once(table: str) -> Index:
    """An event that comes twice stands in its table once."""
    return Index(f"uq_{table}_call_seq", "call", "seq", unique=True)


class CallRow(Table):
    """A call. `seen_at`: its writer's last sign of life, null once that has left; `seconds`: how long it lasts so far.

    `dropped`: messages of it that were not kept, as the disk was too slow. `silent_arm`: it was judged, never nudged.
    `seq`: its last event that is kept; what comes up to there again is known. `owner`, `team`: on a hub, the user whose
    call it is and the team that he was in.
    """

    __tablename__ = "calls"

    id: Mapped[str] = _key()
    agent: Mapped[str] = mapped_column(String(200), default="")
    transcriber: Mapped[str] = mapped_column(String(200), default="")
    started_at: Mapped[datetime] = mapped_column(Instant, index=True)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    seconds: Mapped[float] = mapped_column(default=0.0)
    lost: Mapped[float] = mapped_column(default=0.0)
    dropped: Mapped[int] = mapped_column(default=0)
    silent_arm: Mapped[bool] = mapped_column(default=False, server_default=false())
    scorecard: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    seq: Mapped[int] = mapped_column(default=0, server_default="0")
    owner: Mapped[str | None] = mapped_column(String(64), index=True)
    team: Mapped[str | None] = mapped_column(String(64), index=True)

    utterances: Mapped[list[UtteranceRow]] = relationship(
        order_by="UtteranceRow.start, UtteranceRow.number", passive_deletes="all"
    )
    moments: Mapped[list[MomentRow]] = relationship(order_by="MomentRow.opened, MomentRow.id", passive_deletes="all")
    nudges: Mapped[list[NudgeRow]] = relationship(order_by="NudgeRow.sent_at, NudgeRow.id", passive_deletes="all")
    marks: Mapped[list[MarkRow]] = relationship(order_by="MarkRow.at, MarkRow.number", passive_deletes="all")
    sounds: Mapped[list[SoundRow]] = relationship(order_by="SoundRow.at, SoundRow.number", passive_deletes="all")
    alerts: Mapped[list[AlertRow]] = relationship(order_by="AlertRow.raised_at, AlertRow.id", passive_deletes="all")


class UtteranceRow(Table):
    """What one side said up to the end of its speech, as it was finally recognised."""

    __tablename__ = "utterances"
    __table_args__ = (Index(None, "call", "start"), _once("utterances"))

    number: Mapped[int] = mapped_column(primary_key=True)
    call: Mapped[str] = _call()
    seq: Mapped[int | None]
    channel: Mapped[str] = mapped_column(String(16))
    start: Mapped[float]
    end: Mapped[float]
    text: Mapped[str] = mapped_column(Text)


class MomentRow(Table):
    """A no in its latest state. `judged`: when its grace was over; `settled`: when its state became the last one.

    The four parts are the seconds at which each was first heard, null where it was not.
    """

    __tablename__ = "moments"

    call: Mapped[str] = _call(key=True)
    id: Mapped[str] = _key()
    opened: Mapped[float]
    judged: Mapped[float | None]
    settled: Mapped[float | None]
    state: Mapped[str] = mapped_column(String(16))
    quote: Mapped[str] = mapped_column(Text)
    asked: Mapped[str] = mapped_column(Text, default="")
    unsure: Mapped[bool]
    withheld: Mapped[str | None] = mapped_column(String(16))
    acknowledgement: Mapped[float | None]
    reason: Mapped[float | None]
    alternative: Mapped[float | None]
    buy_in: Mapped[float | None]


class NudgeRow(Table):
    """A nudge as it was first sent, for which no; `renewals`: when it was sent again, and for which.

    `painted_at`: when it stood on the screen; `helpful`: the agent's thumb.
    """

    __tablename__ = "nudges"

    call: Mapped[str] = _call(key=True)
    id: Mapped[str] = _key()
    moment: Mapped[str | None] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(32), index=True)
    text: Mapped[str] = mapped_column(Text)
    quote: Mapped[str] = mapped_column(Text, default="")
    suggestions: Mapped[list[str]] = mapped_column(JSON)
    sent_at: Mapped[float]
    painted_at: Mapped[float | None]
    renewals: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    cleared_at: Mapped[float | None]
    why: Mapped[str | None] = mapped_column(String(16))
    helpful: Mapped[bool | None]


class MarkRow(Table):
    """Something noted for the review, without a word to the agent."""

    __tablename__ = "marks"
    __table_args__ = (Index(None, "call"), _once("marks"))

    number: Mapped[int] = mapped_column(primary_key=True)
    call: Mapped[str] = _call()
    seq: Mapped[int | None]
    at: Mapped[float]
    kind: Mapped[str] = mapped_column(String(32))
    quote: Mapped[str] = mapped_column(Text)
    moment: Mapped[str | None] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text, default="")


class SoundRow(Table):
    """How a channel's sound was from `at` on: what was not heard must not look like what went well."""

    __tablename__ = "sounds"
    __table_args__ = (Index(None, "call"), _once("sounds"))

    number: Mapped[int] = mapped_column(primary_key=True)
    call: Mapped[str] = _call()
    seq: Mapped[int | None]
    at: Mapped[float]
    channel: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))


class AlertRow(Table):
    """A call for a supervisor, and what became of it: by whom, to whom, until when it may wait."""

    __tablename__ = "alerts"

    call: Mapped[str] = _call(key=True)
    id: Mapped[str] = _key()
    at: Mapped[float]
    raised_at: Mapped[datetime] = mapped_column(Instant, index=True)
    why: Mapped[str] = mapped_column(String(32))
    moment: Mapped[str] = mapped_column(String(200))
    quote: Mapped[str] = mapped_column(Text)
    asked: Mapped[str] = mapped_column(Text, default="")
    missing: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16), default="open")
    changed_at: Mapped[datetime | None] = mapped_column(Instant)
    by: Mapped[str] = mapped_column(String(64), default="")
    to: Mapped[str] = mapped_column(String(64), default="")
    until: Mapped[datetime | None] = mapped_column(Instant)


class OfferRow(Table):
    """An offer that worked, proposed for the playbook by the agent who made it, and what was decided."""

    __tablename__ = "offers"

    number: Mapped[int] = mapped_column(primary_key=True)
    call: Mapped[str] = mapped_column(String(200))
    moment: Mapped[str] = mapped_column(String(200))
    team: Mapped[str | None] = mapped_column(String(64))
    asked: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(64))
    proposed_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(16), default="proposed")
    decided_by: Mapped[str] = mapped_column(String(64), default="")
    decided_at: Mapped[datetime | None] = mapped_column(Instant)


class DeletedRow(Table):
    """A hub's call that was deleted. `until`: events of it may come until then, and are not kept."""

    __tablename__ = "deleted"

    id: Mapped[str] = _key()
    until: Mapped[datetime] = mapped_column(Instant, index=True)
