"""Messages to rows: what each message of a call changes in the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from voiceassist.core.types import PARTS, MomentState
from voiceassist.server import messages as wire
from voiceassist.store.tables import CallRow, MarkRow, MomentRow, NudgeRow, SoundRow, UtteranceRow

Kept: TypeAlias = wire.CallEvent | wire.Painted | wire.Feedback

_LAST = frozenset({MomentState.REPAIRED, MomentState.RECOVERED, MomentState.EXPIRED, MomentState.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Taken:
    """A message as it was taken: `at` by the machine's clock, `clock` in monotonic seconds.

    `dropped`: messages of its call that were not taken so far.
    """

    message: Kept
    at: datetime
    clock: float
    dropped: int = 0


class Keeper:
    """Writes what one process hears of its calls; `agent` and `transcriber` are noted with each call."""

    def __init__(self, agent: str, transcriber: str) -> None:
        self._agent = agent
        self._transcriber = transcriber
        self._on: set[str] = set()
        self._sent: dict[str, tuple[float, float]] = {}
        """Of each nudge that is not painted yet: the second of the call at which it was sent, and the clock then."""

    @property
    def busy(self) -> bool:
        """Tell whether a call is on."""
        return bool(self._on)

    def keep(self, session: Session, taken: Taken) -> None:
        """Write one message."""
        match taken.message:
            case wire.Painted(id=nudge):
                self._paint(session, nudge, taken.clock)
            case wire.Feedback(id=nudge, helpful=helpful):
                session.execute(update(NudgeRow).where(NudgeRow.id == nudge).values(helpful=helpful))
            case wire.CallStarted(call=str(call), silent_arm=silent):
                # A call that begins anew under a name that is in use (the demo, a replayed file) takes its place.
                session.flush()
                session.execute(delete(CallRow).where(CallRow.id == call))
                session.expunge_all()
                self._call(session, call, taken).silent_arm = silent
            case wire.Outgoing(call=str(call)) as message:
                self._event(session, self._call(session, call, taken), message, taken)
            case _:
                pass

    def beat(self, session: Session, now: datetime) -> None:
        """Give a sign of life for the calls that are on."""
        if self._on:
            session.execute(update(CallRow).where(CallRow.id.in_(self._on)).values(seen_at=now))

    def leave(self, session: Session) -> None:
        """Nobody writes the calls that are on any more."""
        session.execute(update(CallRow).where(CallRow.id.in_(self._on)).values(seen_at=None))
        self._on.clear()

    def _call(self, session: Session, call: str, taken: Taken) -> CallRow:
        """The call's row; one whose beginning was dropped gets one now."""
        row = session.get(CallRow, call)
        if row is None:
            row = CallRow(
                id=call,
                agent=self._agent,
                transcriber=self._transcriber,
                started_at=taken.at,
                seconds=0.0,
            )
            session.add(row)
            session.flush()
        if row.ended_at is None:
            self._on.add(call)
        row.seen_at = taken.at
        row.dropped = taken.dropped
        return row

    def _event(self, session: Session, call: CallRow, message: wire.Outgoing, taken: Taken) -> None:
        call.seconds = max(call.seconds, message.at)
        match message:
            case wire.Transcript(final=True, channel=channel, start=start, end=end, text=text):
                session.add(UtteranceRow(call=call.id, channel=channel, start=start, end=end, text=text))
            case wire.Moment():
                _moment(session, call.id, message)
            case wire.Nudge():
                self._nudge(session, call.id, message, taken.clock)
            case wire.NudgeCleared(id=nudge, why=why, at=at):
                if (row := session.get(NudgeRow, (call.id, nudge))) is not None:
                    row.cleared_at, row.why = at, why
            case wire.Mark(kind=kind, quote=quote, moment=moment, note=note, at=at):
                session.add(MarkRow(call=call.id, at=at, kind=kind, quote=quote, moment=moment, note=note))
            case wire.Audio(state=state, channel=channel, at=at):
                session.add(SoundRow(call=call.id, at=at, channel=channel, state=state))
            case wire.CallEnded(scorecard=card, lost=lost):
                call.ended_at, call.lost, call.scorecard = taken.at, lost, card.model_dump(mode="json")
                self._on.discard(call.id)
            case _:  # what is only said to a screen
                pass

    def _nudge(self, session: Session, call: str, message: wire.Nudge, clock: float) -> None:
        row = session.get(NudgeRow, (call, message.id))
        if row is None:
            session.add(
                NudgeRow(
                    call=call,
                    id=message.id,
                    moment=message.moment,
                    kind=message.kind,
                    text=message.text,
                    quote=message.quote,
                    suggestions=list(message.suggestions),
                    sent_at=message.at,
                    renewals=[],
                )
            )
            self._sent[message.id] = (message.at, clock)
        else:
            row.renewals = [*row.renewals, {"at": message.at, "moment": message.moment}]
            row.suggestions, row.cleared_at, row.why = list(message.suggestions), None, None

    def _paint(self, session: Session, nudge: str, clock: float) -> None:
        """Only the first painting counts; it is told by how long after the nudge it came."""
        if (sent := self._sent.pop(nudge, None)) is not None:
            at = round(sent[0] + clock - sent[1], 3)
            session.execute(update(NudgeRow).where(NudgeRow.id == nudge).values(painted_at=at))


def _moment(session: Session, call: str, message: wire.Moment) -> None:
    row = session.get(MomentRow, (call, message.id))
    if row is None:
        row = MomentRow(call=call, id=message.id, opened=message.at)
        session.add(row)
    row.state, row.quote, row.asked = message.state, message.quote, message.asked
    row.unsure, row.withheld = message.unsure, message.withheld
    row.settled = message.at if message.state in _LAST else None
    if row.judged is None and (message.withheld is not None or message.state is MomentState.NUDGED):
        row.judged = message.at
    for part in PARTS:
        if getattr(message.parts, part) and getattr(row, part) is None:
            setattr(row, part, message.at)
