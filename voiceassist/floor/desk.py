"""The supervisors' desk: the alerts that stand, and what was done about each."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from datetime import datetime, timedelta

from voiceassist.errors import ServerError
from voiceassist.server import messages as wire

KEPT = timedelta(hours=1)
"""How long an alert stands at most."""
MOST, WITHIN = 50, timedelta(minutes=1)
"""Alerts that one agent may raise within a time; of more only the records tell."""


class Desk:
    """Folds alerts as they are raised and changed; a later one with the same id replaces it."""

    def __init__(self) -> None:
        self._alerts: dict[str, wire.Alert] = {}
        self._raised: dict[str, deque[datetime]] = {}

    def takes(self, agent: str, now: datetime) -> bool:
        """Whether one alert more of this agent is to be shown: who raises too many hides those of others."""
        raised = self._raised.setdefault(agent, deque(maxlen=MOST))
        if len(raised) == MOST and now - raised[0] < WITHIN:
            return False
        raised.append(now)
        return True

    def receive(self, alert: wire.Alert, now: datetime) -> None:
        """An alert was raised, or changed."""
        self._forget(now)
        self._alerts[alert.id] = alert

    def end(self, call: str) -> tuple[wire.Alert, ...]:
        """A call is over: what was put off until then is open again; tells those."""
        waited = [a for a in self._alerts.values() if a.call == call and a.state == "snoozed" and a.until is None]
        again = tuple(alert.model_copy(update={"state": "open", "by": ""}) for alert in waited)
        self._alerts.update((alert.id, alert) for alert in again)
        return again

    def due(self, now: datetime) -> tuple[wire.Alert, ...]:
        """The alerts whose time to wait is over; they are open again."""
        late = [a for a in self._alerts.values() if a.state == "snoozed" and a.until is not None and a.until <= now]
        again = tuple(alert.model_copy(update={"state": "open", "by": "", "until": None}) for alert in late)
        self._alerts.update((alert.id, alert) for alert in again)
        return again

    def standing(self, teams: Collection[str] | None, now: datetime) -> tuple[wire.Alert, ...]:
        """The alerts of these teams, oldest first; None: of all teams."""
        self._forget(now)
        return tuple(alert for alert in self._alerts.values() if teams is None or alert.team in teams)

    def find(self, id_: str) -> wire.Alert:
        """The alert of this id. Raises `ServerError` (`unknown-alert`)."""
        try:
            return self._alerts[id_]
        except KeyError:
            raise ServerError("there is no such alert any more", code="unknown-alert") from None

    def _forget(self, now: datetime) -> None:
        for id_, alert in tuple(self._alerts.items()):
            if alert.raised_at is not None and now - alert.raised_at > KEPT:
                del self._alerts[id_]


def changed(alert: wire.Alert, command: wire.AlertCommand, by: str, now: datetime) -> wire.Alert:
    """The alert after what a supervisor did about it."""
    match command:
        case wire.AlertAck():
            update: dict[str, object] = {"state": "acknowledged", "to": "", "until": None}
        case wire.AlertAssign(to=to):
            update = {"state": "assigned", "to": to, "until": None}
        case wire.AlertSnooze(for_=duration):
            update = {"state": "snoozed", "to": "", "until": _until(duration, now)}
    return alert.model_copy(update={**update, "by": by})


def _until(duration: wire.SnoozeFor, now: datetime) -> datetime | None:
    match duration:
        case "call":
            return None
        case "today":
            local = now.astimezone()
            return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        case _:
            return now + timedelta(seconds=duration)
