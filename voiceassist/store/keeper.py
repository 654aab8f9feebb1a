"""Messages to rows: what the messages of calls change in the store, each once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from voiceassist.core.types import PARTS
from voiceassist.server import messages as wire
from voiceassist.store.deleted import among_deleted
from voiceassist.store.folding import CallFold, Changes, Taken
from voiceassist.store.tables import (
    AlertRow,
    CallRow,
    MarkRow,
    MomentRow,
    NudgeRow,
    OfferRow,
    SoundRow,
    UtteranceRow,
)
from voiceassist.store.tables import Table as Base
from voiceassist.store.writes import Into, Over, Row, Values, among, greater

_UNPAINTED = 1000
"""So many nudges at most wait to be painted: those of calls on other machines never are."""


def _table(row: type[Base]) -> Table:
    return cast("Table", row.__table__)


def _into(row: type[Base], over: Over | None = None, *, without: tuple[str, ...] = ()) -> Into:
    return Into(_table(row), tuple(c.name for c in _table(row).columns if c.name not in without), over)


def _taking(*names: str) -> Over:
    """A row that is there already takes these values over."""
    return lambda new, _old: {name: new[name] for name in names}


def _progress(new: Values, old: Values) -> dict[str, Any]:
    """How far a call is: of two that write it, none turns it back."""
    further = {name: greater(new[name], old[name]) for name in ("seq", "seconds")}
    return {name: new[name] for name in ("seen_at", "dropped", "silent_arm", "started_at", "transcriber")} | further


def _end(new: Values, old: Values) -> dict[str, Any]:
    return _progress(new, old) | {name: new[name] for name in ("ended_at", "lost", "scorecard")}


def _outcome(new: Values, _old: Values) -> dict[str, Any]:
    """What became of an alert; the new row was raised when the change came."""
    changed = {"changed_at": func.coalesce(new["changed_at"], new["raised_at"])}
    return {name: new[name] for name in ("state", "by", "to", "until")} | changed


_CALLS = _into(CallRow, _progress, without=("ended_at", "scorecard"))
_MADE = _into(CallRow, without=("ended_at", "scorecard"))
_ENDED = _into(CallRow, _end)
_UTTERANCES, _MARKS, _SOUNDS = (_into(row, without=("number",)) for row in (UtteranceRow, MarkRow, SoundRow))
_MOMENTS = _into(MomentRow, _taking("judged", "settled", "state", "quote", "asked", "unsure", "withheld", *PARTS))
# Its thumb and its painting are not among them: they come past the call, and stay.
_NUDGES = _into(NudgeRow, _taking("suggestions", "renewals", "cleared_at", "why"), without=("painted_at", "helpful"))
_ALERTS = _into(AlertRow, _outcome)
_THUMB = update(_table(NudgeRow)).where(_table(NudgeRow).c.id == bindparam("of")).values(helpful=bindparam("up"))
_PAINT = update(_table(NudgeRow)).where(_table(NudgeRow).c.id == bindparam("of")).values(painted_at=bindparam("then"))
_THUMB_OF_CALL = _THUMB.where(_table(NudgeRow).c.call == bindparam("of_call"))


class Keeper:
    """Writes what one process hears of its calls, and remembers those that are on.

    `agent` and `transcriber` are noted with each call. Without `words`, what was said is not written, save where it
    belongs to a no.
    """

    def __init__(self, agent: str, transcriber: str, *, words: bool = True) -> None:
        self._agent = agent
        self._transcriber = transcriber
        self._words = words
        self._calls: dict[str, CallFold] = {}
        self._on: set[str] = set()
        self._sent: dict[str, tuple[float, float]] = {}
        """Of each nudge that is not painted yet: the second of the call at which it was sent, and the clock then."""

    @property
    def busy(self) -> bool:
        """Tell whether a call is on."""
        return bool(self._on)

    def keep(self, session: Session, batch: Sequence[Taken]) -> dict[str, int]:
        """Write messages; tells of each of their calls the last event that is kept once this is committed.

        What still comes of a hub's call that was deleted is passed over, and told as if it were kept: nobody need send
        it again. Where this is not committed, `unlearn` must follow.
        """
        connection = session.connection()
        firsts = {call: taken for taken in reversed(batch) if (call := _call_of(taken)) is not None}
        calls = sorted(firsts)
        empty, gone = self._look(connection, calls, firsts)
        changes = Changes()
        for taken in batch:
            match taken.message:
                case wire.Outgoing(call=str(call)) if call in gone:
                    pass  # there is nothing to go on with
                case wire.Painted(id=nudge):
                    self._paint(changes, nudge, taken.clock)
                case wire.Feedback(id=nudge, helpful=helpful):
                    changes.thumbs.append({"of_call": None, "of": nudge, "up": helpful})
                case wire.CallStarted(call=str(call)) as message if taken.owner is None and call not in empty:
                    # On this machine a call that begins anew under a name that is in use (the demo, a replayed file)
                    # takes its place. On a hub, which knows whose calls they are, it is the same call sent again.
                    _write(connection, changes)
                    changes = Changes()
                    connection.execute(delete(OfferRow).where(OfferRow.call == call))
                    connection.execute(delete(CallRow).where(CallRow.id == call))
                    self._calls[call] = self._begun(call, taken)
                    self._take(taken, message, call, changes)
                case wire.Outgoing(call=str(call)) as message:
                    empty.discard(call)
                    self._take(taken, message, call, changes)
                case _:
                    pass
        _write(connection, changes)
        kept = {call: self._calls[call].seq for call in calls if call not in gone}
        for call in kept:
            if not self._calls[call].on:
                del self._calls[call]
        return kept | _last(batch, gone)

    def unlearn(self) -> None:
        """Remember no call's rows: what was written last was taken back. They are read again when they are needed."""
        self._calls.clear()

    def forget(self, calls: Iterable[str]) -> None:
        """These calls are not written here any more, for now; another process may go on with them."""
        for call in calls:
            self._calls.pop(call, None)
            self._on.discard(call)

    def beat(self, session: Session, now: datetime) -> None:
        """Give a sign of life for the calls that are on."""
        self._sign(session, now)

    def leave(self, session: Session) -> None:
        """Nobody writes the calls that are on any more."""
        self._sign(session, None)
        self._on.clear()

    def _sign(self, session: Session, seen: datetime | None) -> None:
        if self._on:
            on = among(session.connection(), CallRow.id, sorted(self._on))
            session.connection().execute(update(_table(CallRow)).where(on).values(seen_at=seen))

    def _look(
        self, connection: Connection, calls: Sequence[str], firsts: Mapping[str, Taken]
    ) -> tuple[set[str], set[str]]:
        """Remember the calls as the database has them, and make those that it lacks; tells these, and the deleted ones.

        Nobody else writes them until the transaction is over. One that another process went on with is not as it is
        remembered here. On an agent's own machine a call that was deleted is made anew: nothing of it comes late there.
        """
        kept = _seqs(connection, calls)
        missing = {call for call in calls if call not in kept}
        gone = among_deleted(connection, [call for call in missing if firsts[call].owner is not None])
        missing -= gone
        self.forget(gone)
        if missing:
            # Another process may be making them just now: then this waits until it has, and goes on from there.
            _MADE.put(connection, [self._begun(call, firsts[call]).row for call in sorted(missing)])
            kept |= _seqs(connection, sorted(missing))
        for call in calls:
            if call in self._calls and (call in missing or kept[call] != self._calls[call].seq):
                del self._calls[call]
        self._load(connection, [call for call in kept if call not in self._calls])
        return {call for call in missing if kept[call] == 0}, gone

    def _begun(self, call: str, taken: Taken) -> CallFold:
        """A call of which nothing is kept yet, also where its beginning was dropped."""
        return CallFold.begun(call, taken, agent=self._agent, transcriber=self._transcriber)

    def _load(self, connection: Connection, calls: Sequence[str]) -> None:
        if not calls:
            return
        moments, nudges = (
            {call: list(rows) for call, rows in groupby(_rows(connection, into, key, calls), itemgetter("call"))}
            for into, key in ((_MOMENTS, MomentRow.call), (_NUDGES, NudgeRow.call))
        )
        for row in _rows(connection, _CALLS, CallRow.id, calls, _table(CallRow).c.ended_at):
            call = row["id"]
            self._calls[call] = CallFold(row | {"scorecard": None}, moments.get(call, ()), nudges.get(call, ()))

    def _take(self, taken: Taken, message: wire.Outgoing, call: str, changes: Changes) -> None:
        fold = self._calls[call]
        if taken.owner is not None and fold.row["owner"] != taken.owner:
            return  # somebody else's call
        if message.seq is not None and message.seq <= fold.seq:
            return  # it came before
        sent = fold.take(taken, message, changes, words=self._words)
        if sent and isinstance(message, wire.Nudge):
            self._sent[message.id] = (message.at, taken.clock)
            if len(self._sent) > _UNPAINTED:
                del self._sent[next(iter(self._sent))]
        (self._on.add if fold.on else self._on.discard)(call)

    def _paint(self, changes: Changes, nudge: str, clock: float) -> None:
        """Only the first painting counts; it is told by how long after the nudge it came."""
        if (sent := self._sent.pop(nudge, None)) is not None:
            changes.paints.append({"of": nudge, "then": round(sent[0] + clock - sent[1], 3)})


def _call_of(taken: Taken) -> str | None:
    return taken.message.call if isinstance(taken.message, wire.Outgoing) else None


def _last(batch: Iterable[Taken], calls: Collection[str]) -> dict[str, int]:
    """The last number that the batch has of each of these calls."""
    last: dict[str, int] = {}
    for taken in batch:
        call = _call_of(taken)
        if call is not None and call in calls and isinstance(taken.message, wire.Outgoing):
            last[call] = max(last.get(call, 0), taken.message.seq or 0)
    return last


def _seqs(connection: Connection, calls: Sequence[str]) -> dict[str, int]:
    """The last event of each of these calls that is kept; nobody else writes those until the transaction is over."""
    if not calls:
        return {}
    table = _table(CallRow)
    known = select(table.c.id, table.c.seq).where(among(connection, CallRow.id, calls)).order_by(table.c.id)
    return {row.id: row.seq for row in connection.execute(known.with_for_update(key_share=True))}


def _rows(
    connection: Connection, into: Into, key: Any, calls: Sequence[str], *more: ColumnElement[Any]
) -> Iterator[Row]:
    """The rows of these calls, those of one call together."""
    chosen = select(*(into.table.c[name] for name in into.columns), *more)
    found = connection.execute(chosen.where(among(connection, key, calls)).order_by(key))
    return (dict(row) for row in found.mappings())


def _write(connection: Connection, changes: Changes) -> None:
    """Write what changed; calls first, to which the rest belongs, then what is said of nudges."""
    _CALLS.put(connection, (row for call, row in changes.calls.items() if call not in changes.ended))
    _ENDED.put(connection, changes.ended.values())
    _UTTERANCES.put(connection, changes.utterances)
    _MOMENTS.put(connection, changes.moments.values())
    _NUDGES.put(connection, changes.nudges.values())
    _MARKS.put(connection, changes.marks)
    _SOUNDS.put(connection, changes.sounds)
    _ALERTS.put(connection, changes.alerts.values())
    for thumb in changes.thumbs:
        connection.execute(_THUMB if thumb["of_call"] is None else _THUMB_OF_CALL, thumb)
    for paint in changes.paints:
        connection.execute(_PAINT, paint)
