"""The store of calls: opened, brought to this version, read, and rid of what is too old. `recorder` fills it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from pydantic import ValidationError
from sqlalchemy import ColumnElement, Engine, ScalarSelect, and_, delete, func, or_, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.orm import Session, defer

from voiceassist.core.types import MomentState, NudgeKind
from voiceassist.errors import StoreError
from voiceassist.server import messages as wire
from voiceassist.store import deleted, live
from voiceassist.store.engine import WRITES, address, postgresql, reason, refuses_values, sqlite
from voiceassist.store.migrate import migrate
from voiceassist.store.records import (
    Alert,
    AlertState,
    Call,
    CallInfo,
    CallState,
    LiveCall,
    Mark,
    Moment,
    Nudge,
    Sound,
    Utterance,
)
from voiceassist.store.tables import CallRow, MomentRow, NudgeRow, OfferRow

BEAT = timedelta(seconds=5)
"""How often the writer of a call gives a sign of life."""
THUMBS, THUMBS_HOLD = 20, timedelta(days=30)
"""How many thumbs for a kind of nudge count, and for how long: a kind that fell silent is tried again."""
_GONE = 3 * BEAT


def utc_now() -> datetime:
    """The time by the machine's clock."""
    return datetime.now(UTC)


class Store:
    """The calls that are kept. Make it with `open`; any thread may use it. All methods raise StoreError."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**{WRITES: True})
        self._now = now

    @classmethod
    def open(cls, where: Path | str, *, now: Callable[[], datetime] = utc_now) -> Self:
        """The store in a file, which is made where it is missing, or in a database that is there already.

        A database is named as postgresql://user:password@host:port/name. An older store is brought to this version.
        Raises StoreError: `store-newer`, or `store` for what cannot be used.
        """
        if isinstance(where, str) and "://" in where:
            server = address(where)
            place = f"the database {server.database} at {server.host or 'this machine'}"
            # Whoever is first takes the steps, however long, while the others wait.
            return cls._open(place, postgresql(server, answer=None), postgresql(server), now)
        path = Path(where)
        try:
            _make(path)
        except (OSError, ValueError) as error:
            raise StoreError(f"calls cannot be kept in {path}: {getattr(error, 'strerror', None) or error}") from None
        # A step that makes a table anew must not empty those below it.
        return cls._open(str(path), sqlite(path, foreign_keys=False), sqlite(path), now)

    @classmethod
    def _open(cls, place: str, older: Engine, engine: Engine, now: Callable[[], datetime]) -> Self:
        try:
            with older.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
                migrate(connection)
        except SQLAlchemyError as error:
            raise StoreError(f"{place} cannot be used as a store of calls: {_reason(error)}") from None
        finally:
            older.dispose()
        return cls(engine, now)

    def close(self) -> None:
        """Let go of the file, or of the server."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    # --- reading ------------------------------------------------------------------------------------------------------

    def calls(self, limit: int | None = None) -> tuple[CallInfo, ...]:
        """The calls, the newest first, at most `limit`."""
        counts = _count(MomentRow, MomentRow.state != MomentState.WITHDRAWN), _count(NudgeRow)
        query = select(CallRow, *counts).options(defer(CallRow.scorecard))
        with self.reading() as session:
            rows = session.execute(query.order_by(*_NEWEST_FIRST).limit(limit))
            return tuple(self.info(row, noes, nudges) for row, noes, nudges in rows)

    def call(self, id_: str) -> Call:
        """The call with this id, or the newest for "last". Raises StoreError (`call-unknown`)."""
        with self.reading() as session:
            row = session.get(CallRow, id_)
            if row is None and id_ == "last":
                row = session.scalars(select(CallRow).order_by(*_NEWEST_FIRST).limit(1)).first()
            if row is None:
                raise _unknown(id_)
            moments = tuple(Moment.model_validate(moment) for moment in row.moments)
            return Call(
                info=self.info(row, sum(m.state is not MomentState.WITHDRAWN for m in moments), len(row.nudges)),
                scorecard=None if row.scorecard is None else wire.Scorecard.model_validate(row.scorecard),
                utterances=tuple(Utterance.model_validate(utterance) for utterance in row.utterances),
                moments=moments,
                nudges=tuple(Nudge.model_validate(nudge) for nudge in row.nudges),
                marks=tuple(Mark.model_validate(mark) for mark in row.marks),
                sounds=tuple(Sound.model_validate(sound) for sound in row.sounds),
            )

    def votes(self) -> dict[NudgeKind, tuple[int, int]]:
        """The latest thumbs of all calls by kind of nudge: up, down. Old ones fade, so that a muted kind comes back."""
        query = (
            select(NudgeRow.kind, NudgeRow.helpful)
            .join(CallRow, CallRow.id == NudgeRow.call)
            .where(NudgeRow.kind.in_(NudgeKind), NudgeRow.helpful.is_not(None))
            .where(CallRow.started_at >= self._now() - THUMBS_HOLD)
            .order_by(CallRow.started_at.desc())
        )
        thumbs: dict[NudgeKind, list[bool]] = {}
        with self.reading() as session:
            for kind, helpful in session.execute(query):
                thumbs.setdefault(NudgeKind(kind), []).append(bool(helpful))
        latest = {kind: given[:THUMBS] for kind, given in thumbs.items()}
        return {kind: (sum(given), len(given) - sum(given)) for kind, given in latest.items()}

    def deleted(self, ids: Collection[str]) -> set[str]:
        """Those of these calls that were deleted, and of which events may still come."""
        with self.reading() as session:
            return deleted.among_deleted(session.connection(), ids)

    def known(self, id_: str) -> tuple[str | None, int] | None:
        """Whose call this is, and its last event; None where nothing of it is kept."""
        with self.reading() as session:
            row = session.execute(select(CallRow.owner, CallRow.seq).where(CallRow.id == id_)).one_or_none()
            return None if row is None else (row.owner, row.seq)

    def live(self, since: datetime) -> tuple[LiveCall, ...]:
        """The calls that have not ended and gave a sign of life after then, the oldest first."""
        with self.reading() as session:
            return live.calls(session, since)

    def alerts(self, teams: Collection[str] | None, since: datetime, most: int | None = None) -> tuple[Alert, ...]:
        """The alerts of calls of these teams, or of all, that were raised from then on, the newest first.

        `most`: so many of each agent, the newest; acknowledged ones only where there is room for them.
        """
        with self.reading() as session:
            return live.alerts(session, teams, since, most)

    def alerts_of(self, id_: str) -> tuple[Alert, ...]:
        """The alerts of a call, the oldest first."""
        with self.reading() as session:
            return live.alerts_of(session, id_)

    # --- writing ------------------------------------------------------------------------------------------------------

    def delete(self, id_: str) -> None:
        """Forget a call; on a hub, nothing that comes of it later is kept. Raises StoreError.

        `call-unknown`, or `call-live` for one that is on: the rest of it would be heard and not be kept.
        """
        if not self._delete(CallRow.id == id_):
            raise _unknown(id_) if self.known(id_) is None else _live()

    def deletable(self, id_: str) -> str:
        """The id of this call, or of the newest for "last". Raises StoreError as `delete` does."""
        info = self.call(id_).info
        if info.state is CallState.ON:
            raise _live()
        return info.id

    def forgettable(self, before: datetime) -> int:
        """How many calls `forget` would forget."""
        which = CallRow.started_at < before, self._over()
        with self.reading() as session:
            return session.scalar(select(func.count()).select_from(CallRow).where(*which)) or 0

    def forget(self, before: datetime) -> int:
        """Forget all calls that began before then, save those that are on; tells how many."""
        return self._delete(CallRow.started_at < before)

    def change_alert(  # noqa: PLR0913 - what can become of an alert
        self, call: str, id_: str, *, state: AlertState, by: str, to: str = "", until: datetime | None = None
    ) -> Alert:
        """Keep what became of an alert, by and to whom, until when it may wait. Raises StoreError (`alert-unknown`)."""
        with self.writing() as session:
            became = {"state": state, "by": by, "to": to, "until": until, "changed_at": self._now()}
            changed = live.change_alert(session, call, id_, became)
        if changed is None:
            raise StoreError(f"there is no alert {id_!r} of the call {call!r}", code="alert-unknown")
        return changed

    def scrub(self) -> bool:
        """Write the file anew: where SQLite moved rows about, copies of what was deleted since stand between others.

        Takes as long as copying the file. Tells whether nothing is left; else another program was reading it all the
        while, and what is left goes with the next time. A server clears its own files: there it does nothing.
        """
        if self._engine.dialect.name != "sqlite":
            return True
        with _saying(), closing(self._engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, *_ = cursor.fetchone() or (1,)
            return not busy

    @contextmanager
    def writing(self) -> Generator[Session]:
        """A transaction that writes: committed at its end, taken back where it raises."""
        with _saying(), Session(self._writer) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Generator[Session]:
        """A transaction that only reads: what it sees does not change while it lasts."""
        with _saying(), Session(self._engine) as session:
            yield session

    def _delete(self, which: ColumnElement[bool]) -> int:
        which = and_(which, self._over())
        with self.writing() as session:
            # What was proposed from a call holds its words, and names it without being tied to it.
            session.execute(delete(OfferRow).where(OfferRow.call.in_(select(CallRow.id).where(which))))
            told = CallRow.id, CallRow.owner, CallRow.seen_at, CallRow.started_at
            gone = session.execute(delete(CallRow).where(which).returning(*told)).all()
            # A hub's calls come from elsewhere, and more of one may be on its way.
            coming = ((id_, seen or began) for id_, owner, seen, began in gone if owner is not None)
            deleted.note(session.connection(), coming, self._now())
        if gone:
            self._wipe()
        return len(gone)

    def _wipe(self) -> None:
        """Empty the log that SQLite keeps beside its file: what was deleted is still in it."""
        if self._engine.dialect.name == "sqlite":
            with _saying(), closing(self._engine.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def info(self, row: CallRow, noes: int, nudges: int) -> CallInfo:
        """A call's row as it is told in a list; its scorecard is not looked at."""
        return CallInfo(
            id=row.id,
            agent=row.agent,
            transcriber=row.transcriber,
            started_at=row.started_at,
            ended_at=row.ended_at,
            state=self._state(row),
            seconds=row.seconds,
            lost=row.lost,
            dropped=row.dropped,
            silent_arm=row.silent_arm,
            noes=noes,
            nudges=nudges,
            owner=row.owner,
            team=row.team,
        )

    def _over(self) -> ColumnElement[bool]:
        """Tell the calls that are not on, as `_state` does."""
        silent = or_(CallRow.seen_at.is_(None), CallRow.seen_at <= self._now() - _GONE)
        return or_(CallRow.ended_at.is_not(None), silent)

    def _state(self, row: CallRow) -> CallState:
        if row.ended_at is not None:
            return CallState.ENDED
        alive = row.seen_at is not None and self._now() - row.seen_at < _GONE
        return CallState.ON if alive else CallState.CUT_OFF


_NEWEST_FIRST = (CallRow.started_at.desc(), CallRow.id.desc())


def _count(table: type[MomentRow | NudgeRow], *where: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many rows of the table belong to the call of the query around it."""
    return select(func.count()).where(table.call == CallRow.id, *where).scalar_subquery()


def _unknown(id_: str) -> StoreError:
    said = "no call is kept yet" if id_ == "last" else f"there is no call {id_!r}: voiceassist calls lists them"
    return StoreError(said, code="call-unknown")


def _live() -> StoreError:
    return StoreError("the call is on: it can be deleted once it is over", code="call-live")


@contextmanager
def _saying() -> Generator[None]:
    """What the database refuses is said in one line."""
    try:
        yield
    except SQLAlchemyError as error:
        # Some values cannot even be made ready for the database, such as a time before the year 1.
        refused = refuses_values(error) if isinstance(error, DBAPIError) else isinstance(error, StatementError)
        said = f"the store of calls cannot be used: {_reason(error)}"
        raise StoreError(said, code="store-refused" if refused else None) from None
    except (OverflowError, UnicodeError):  # what the driver cannot even say to the database
        raise StoreError("the store of calls cannot hold a value", code="store-refused") from None
    except ValidationError as error:
        raise StoreError(f"the store of calls is damaged: {error.errors()[0]['msg']}", code="store-damaged") from None


def _reason(error: SQLAlchemyError) -> str:
    return reason(error) if isinstance(error, DBAPIError) else type(error).__name__


def _make(path: Path) -> None:
    """An empty file that nobody else may read, in a folder that nobody else may."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        path.touch(mode=0o600)
