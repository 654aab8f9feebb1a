"""What a hub that starts must know of the calls that are on, and of their alerts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer, selectinload

from voiceassist.core.types import Channel
from voiceassist.store.records import Alert, LiveCall, Moment, Nudge, Sound
from voiceassist.store.tables import AlertRow, CallRow


def calls(session: Session, since: datetime) -> tuple[LiveCall, ...]:
    """The calls that have not ended and gave a sign of life after then, the oldest first: a few queries for all."""
    below = (selectinload(kind) for kind in (CallRow.moments, CallRow.nudges, CallRow.alerts, CallRow.sounds))
    on = select(CallRow).where(CallRow.ended_at.is_(None), CallRow.seen_at > since)
    rows = session.scalars(on.order_by(CallRow.started_at, CallRow.id).options(defer(CallRow.scorecard), *below))
    return tuple(_live(row) for row in rows)


def alerts(
    session: Session, teams: Collection[str] | None, since: datetime, most: int | None = None
) -> tuple[Alert, ...]:
    """The alerts of calls of these teams, or of all, that were raised from then on, the newest first.

    `most`: so many of each agent, the newest; acknowledged ones only where there is room for them.
    """
    query = select(AlertRow, CallRow).join(CallRow, CallRow.id == AlertRow.call).where(AlertRow.raised_at >= since)
    if most is not None:
        order = AlertRow.state == "acknowledged", AlertRow.raised_at.desc()
        place = func.row_number().over(partition_by=CallRow.owner, order_by=order).label("place")
        placed = query.with_only_columns(AlertRow.call, AlertRow.id, place).subquery()
        of_it = (placed.c.call == AlertRow.call) & (placed.c.id == AlertRow.id)
        query = query.join(placed, of_it).where(placed.c.place <= most)
    if teams is not None:
        query = query.where(CallRow.team.in_(teams))
    newest = query.order_by(AlertRow.raised_at.desc(), AlertRow.call, AlertRow.id)
    found = session.execute(newest.options(defer(CallRow.scorecard)))
    return tuple(_alert(alert, call) for alert, call in found)


def alerts_of(session: Session, call: str) -> tuple[Alert, ...]:
    """The alerts of one call, the oldest first."""
    query = select(AlertRow, CallRow).join(CallRow, CallRow.id == AlertRow.call).where(AlertRow.call == call)
    found = session.execute(query.order_by(AlertRow.raised_at, AlertRow.id).options(defer(CallRow.scorecard)))
    return tuple(_alert(alert, row) for alert, row in found)


def change_alert(session: Session, call: str, id_: str, became: Mapping[str, object]) -> Alert | None:
    """Write what became of an alert; None where there is none."""
    row = session.get(AlertRow, (call, id_), with_for_update=True)
    if row is None:
        return None
    for name, value in became.items():
        setattr(row, name, value)
    return _alert(row, session.get_one(CallRow, call, options=[defer(CallRow.scorecard)]))


def _live(row: CallRow) -> LiveCall:
    nudge = max(row.nudges, key=lambda nudge: nudge.sent_at, default=None)
    sound = next((sound for sound in reversed(row.sounds) if sound.channel == Channel.AGENT), None)
    return LiveCall.model_validate(
        {
            **{name: getattr(row, name) for name in ("id", "owner", "team", "agent", "seq", "started_at", "seen_at")},
            "moments": [Moment.model_validate(moment) for moment in row.moments],
            "nudge": None if nudge is None else Nudge.model_validate(nudge),
            "alerts": [_alert(alert, row) for alert in row.alerts],
            "sound": None if sound is None else Sound.model_validate(sound),
        }
    )


def _alert(row: AlertRow, call: CallRow) -> Alert:
    whose = {"owner": call.owner, "team": call.team, "agent": call.agent}
    own = {column.name: getattr(row, column.name) for column in AlertRow.__table__.columns}
    return Alert.model_validate(own | whose)
