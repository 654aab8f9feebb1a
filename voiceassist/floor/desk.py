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
STANDING = 20
"""Alerts of one agent that stand at most, the newest: each board that comes is told of all that stand."""
HANDLED = 40
"""Acknowledged alerts that a board which comes is told of, the newest: it keeps no more of them."""


class Desk:
    """Folds alerts as they are raised and changed; a later one with the same id replaces it."""

    def __init__(self) -> None:
        self._alerts: dict[str, wire.Alert] = {}
        self._own: dict[str, dict[str, None]] = {}
        """The ids of each agent's, the oldest first."""
        self._raised: dict[str, deque[datetime]] = {}

    def takes(self, agent: str, now: datetime) -> bool:
        """Whether one alert more of this agent is to be shown: who raises too many hides those of others."""
        raised = self._raised.setdefault(agent, deque(maxlen=MOST))
        if len(raised) == MOST and now - raised[0] < WITHIN:
            return False
        raised.append(now)
        return True

    def receive(self, alert: wire.Alert, now: datetime) -> None:
        """An alert was raised, or changed. Of too many of one agent the oldest goes, one that is acknowledged first."""
        self._forget(now)
        self._alerts[alert.id] = alert if alert.raised_at is not None else alert.model_copy(update={"raised_at": now})
        own = self._own.setdefault(alert.agent, {})
        own[alert.id] = None
        if len(own) > STANDING:
            self._drop(min(own, key=lambda id_: self._alerts[id_].state != "acknowledged"))

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
        """The alerts of these teams that a board shows, oldest first; None: of all teams."""
        self._forget(now)
        seen = [alert for alert in self._alerts.values() if teams is None or alert.team in teams]
        past = {alert.id for alert in [alert for alert in seen if alert.state == "acknowledged"][:-HANDLED]}
        return tuple(alert for alert in seen if alert.id not in past)

    def find(self, id_: str) -> wire.Alert:
        """The alert of this id. Raises `ServerError` (`unknown-alert`)."""
        try:
            return self._alerts[id_]
        except KeyError:
            raise ServerError("there is no such alert any more", code="unknown-alert") from None

    @property
    def calls(self) -> Collection[str]:
        """The calls of the alerts that stand."""
        return {alert.call for alert in self._alerts.values() if alert.call is not None}

    def forget(self, call: str) -> tuple[wire.Alert, ...]:
        """Forget the alerts of a call; tells them without their words, as done with: who shows them shows those."""
        gone = [alert for alert in self._alerts.values() if alert.call == call]
        for alert in gone:
            self._drop(alert.id)
        wordless = {"quote": "", "asked": "", "state": "acknowledged", "until": None}
        return tuple(alert.model_copy(update=wordless) for alert in gone)

    def _forget(self, now: datetime) -> None:
        """They stand in the order in which they were raised: none is looked at behind the first that stays."""
        while (oldest := next(iter(self._alerts.values()), None)) is not None:
            if oldest.raised_at is not None and now - oldest.raised_at <= KEPT:
                return
            self._drop(oldest.id)

    def _drop(self, id_: str) -> None:
        del self._own[self._alerts.pop(id_).agent][id_]


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
