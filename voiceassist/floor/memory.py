"""What the floor asks of the store, in the words of the wire."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from voiceassist.core.types import PARTS
from voiceassist.floor.calls import Remembered
from voiceassist.floor.desk import KEPT, STANDING
from voiceassist.floor.intake import Known
from voiceassist.floor.member import Member
from voiceassist.floor.wall import AWAY
from voiceassist.server import messages as wire
from voiceassist.store.database import Store, utc_now
from voiceassist.store.records import Alert, LiveCall, Moment, Nudge
from voiceassist.store.tables import CallRow


class StoreMemory:
    """Asks a store. All methods block, and raise StoreError; any thread may call them."""

    def __init__(self, store: Store, now: Callable[[], datetime] = utc_now) -> None:
        self._store = store
        self._now = now

    def look(self, call: str) -> Known | None:
        """Whose call it is and how far it is kept, or that it was deleted; None where nothing is."""
        with self._store.reading() as db:
            row = db.execute(select(CallRow.owner, CallRow.seq, CallRow.team).where(CallRow.id == call)).one_or_none()
        if row is not None:
            return Known(row.owner, row.seq, team=row.team)
        return Known(None, 0, deleted=True) if self._store.deleted([call]) else None

    def calls(self) -> Sequence[Remembered]:
        """The calls that were on lately, of agents who are in a team."""
        known = self._store.live(self._now() - AWAY)
        return tuple(
            Remembered(call.id, Member(call.owner, call.agent, call.team), call.seq, call.started_at, (*_told(call),))
            for call in known
            if call.owner is not None and call.team is not None
        )

    def alerts(self) -> Sequence[wire.Alert]:
        """The alerts that may still stand, the oldest first."""
        return tuple(map(_alert, reversed(self._store.alerts(None, self._now() - KEPT, STANDING))))

    def deleted(self, calls: Collection[str]) -> Collection[str]:
        """Those of the calls that were deleted."""
        return self._store.deleted(calls)

    def change(self, alert: wire.Alert) -> None:
        """Keep what was done about an alert."""
        self._store.change_alert(
            alert.call or "", alert.id, state=alert.state, by=alert.by, to=alert.to, until=alert.until
        )


def _told(call: LiveCall) -> Iterator[wire.CallEvent]:
    """The messages that tell how a call stands, all with the number of its last event."""
    yield wire.CallStarted(call=call.id, seq=call.seq)
    if call.sound is not None:
        yield wire.Audio(call=call.id, seq=call.seq, at=call.sound.at, state=call.sound.state)
    for moment in call.moments:
        yield _moment(call, moment)
    if call.nudge is not None:
        yield _nudge(call, call.nudge)
        if call.nudge.why is not None:
            at = call.nudge.cleared_at or call.nudge.sent_at
            yield wire.NudgeCleared(call=call.id, seq=call.seq, at=at, id=call.nudge.id, why=call.nudge.why)


def _moment(call: LiveCall, moment: Moment) -> wire.Moment:
    return wire.Moment(
        call=call.id,
        seq=call.seq,
        at=moment.opened,
        id=moment.id,
        state=moment.state,
        quote=moment.quote,
        asked=moment.asked,
        unsure=moment.unsure,
        withheld=moment.withheld,
        parts=wire.Parts(**{part: getattr(moment, part) is not None for part in PARTS}),
    )


def _nudge(call: LiveCall, nudge: Nudge) -> wire.Nudge:
    return wire.Nudge(
        call=call.id,
        seq=call.seq,
        at=nudge.sent_at,
        id=nudge.id,
        moment=nudge.moment,
        kind=nudge.kind,
        text=nudge.text,
        quote=nudge.quote,
        suggestions=nudge.suggestions,
        expires_at=nudge.sent_at + _SHOWN.total_seconds(),
    )


def _alert(alert: Alert) -> wire.Alert:
    return wire.Alert(
        call=alert.call,
        at=alert.at,
        id=alert.id,
        agent=alert.owner or "",
        team=alert.team or "",
        why=alert.why,
        moment=alert.moment,
        quote=alert.quote,
        asked=alert.asked,
        missing=alert.missing,
        state=alert.state,
        raised_at=alert.raised_at,
        by=alert.by,
        to=alert.to,
        until=alert.until,
    )


_SHOWN = timedelta(seconds=10)
"""How long a nudge stands on the agent's screen."""
