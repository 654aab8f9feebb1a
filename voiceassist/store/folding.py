"""A call as its messages leave it: its rows in memory, and which of them changed since they were written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from voiceassist.core.types import PARTS, MomentState
from voiceassist.server import messages as wire
from voiceassist.server.messages.unsaid import without_words
from voiceassist.store.writes import Row

Kept: TypeAlias = wire.CallEvent | wire.Painted | wire.Feedback

_LAST = frozenset({MomentState.REPAIRED, MomentState.RECOVERED, MomentState.EXPIRED, MomentState.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Taken:
    """A message as it was taken: `at` by the machine's clock, `clock` in monotonic seconds.

    `owner`, `team`, `agent`: on a hub, whose call it is. `dropped`: messages of its call that were not taken so far.
    `hollow`: the database refuses what it holds; only its number is kept.
    """

    message: Kept
    at: datetime
    clock: float
    owner: str | None = None
    team: str | None = None
    agent: str = ""
    dropped: int = 0
    hollow: bool = False


class Changes:
    """The rows of calls that are to be written; none stands in them twice."""

    def __init__(self) -> None:
        self.calls: dict[str, Row] = {}
        self.ended: dict[str, Row] = {}
        self.utterances: list[Row] = []
        self.marks: list[Row] = []
        self.sounds: list[Row] = []
        self.moments: dict[tuple[str, str], Row] = {}
        self.nudges: dict[tuple[str, str], Row] = {}
        self.alerts: dict[tuple[str, str], Row] = {}
        self.thumbs: list[Row] = []
        """What the agent said of a nudge: `of_call` (None where it is not known), `of`, `up`."""
        self.paints: list[Row] = []
        """Nudges that stood on the screen: `of`, `then` (seconds of the call)."""


MOST = 1000
"""Noes, nudges, and renewals of one, that are kept of a call; none has so many."""


class CallFold:
    """What is remembered of one call: its row, and those of its noes and nudges."""

    def __init__(self, row: Row, moments: Iterable[Row] = (), nudges: Iterable[Row] = ()) -> None:
        self.row = row
        self._moments: dict[str, Row] = {moment["id"]: moment for moment in moments}
        self._nudges: dict[str, Row] = {nudge["id"]: nudge for nudge in nudges}
        self._told_when = False

    @classmethod
    def begun(cls, call: str, taken: Taken, *, agent: str, transcriber: str) -> CallFold:
        """A call of which nothing is kept yet."""
        return cls(
            {
                "id": call,
                "agent": taken.agent or agent,
                "transcriber": transcriber,
                "started_at": taken.at,
                "seen_at": taken.at,
                "ended_at": None,
                "seconds": 0.0,
                "lost": 0.0,
                "dropped": 0,
                "silent_arm": False,
                "scorecard": None,
                "seq": 0,
                "owner": taken.owner,
                "team": taken.team,
            }
        )

    @property
    def seq(self) -> int:
        """The number of its last event."""
        return self.row["seq"]

    @property
    def on(self) -> bool:
        """Tell whether it has not ended."""
        return self.row["ended_at"] is None

    def take(self, taken: Taken, message: wire.Outgoing, changes: Changes, *, words: bool) -> bool:
        """Note in `changes` what the message changes; tells whether it is a nudge that was not sent before."""
        row = self.row
        changes.calls[row["id"]] = row
        row["seen_at"], row["dropped"] = taken.at, taken.dropped
        if message.seq is not None:
            row["seq"] = max(row["seq"], message.seq)
        if taken.hollow:
            return False
        row["seconds"] = max(row["seconds"], message.at)
        if not words:
            message = without_words(message)
        return self._event(taken, message, changes, words=words)

    def _event(  # noqa: C901 - a table, one row a message
        self, taken: Taken, message: wire.Outgoing, changes: Changes, *, words: bool
    ) -> bool:
        call, at = self.row["id"], message.at
        event: Row = {"call": call, "seq": message.seq, "at": at}
        match message:
            case wire.CallStarted(silent_arm=silent):
                self.row["silent_arm"] = silent
                self._begin(message, taken)
            case wire.Transcript(final=True, channel=channel, start=start, end=end, text=text) if words:
                changes.utterances.append(event | {"channel": channel, "start": start, "end": end, "text": text})
            case wire.Moment(id=moment) if _has_room(self._moments, moment):
                changes.moments[call, moment] = self._moment(message)
            case wire.Nudge(id=nudge) if _has_room(self._nudges, nudge):
                new = nudge not in self._nudges
                changes.nudges[call, nudge] = self._nudge(message)
                return new
            case wire.NudgeCleared(id=nudge, why=why) if nudge in self._nudges:
                self._nudges[nudge] |= {"cleared_at": at, "why": why}
                changes.nudges[call, nudge] = self._nudges[nudge]
            case wire.Thumb(id=nudge, helpful=helpful):
                changes.thumbs.append({"of_call": call, "of": nudge, "up": helpful})
            case wire.Mark(kind=kind, quote=quote, moment=moment, note=note):
                changes.marks.append(event | {"kind": kind, "quote": quote, "moment": moment, "note": note})
            case wire.Audio(state=state, channel=channel):
                changes.sounds.append(event | {"channel": channel, "state": state})
            case wire.Alert(id=alert):
                changes.alerts[call, alert] = _alert(changes.alerts.get((call, alert)), message, taken)
            case wire.CallEnded(scorecard=card, lost=lost):
                self.row |= {"ended_at": self._end(at, taken), "lost": lost, "scorecard": card.model_dump(mode="json")}
                changes.ended[call] = self.row
            case _:  # what is only said to a screen
                pass
        return False

    def _begin(self, message: wire.CallStarted, taken: Taken) -> None:
        """What came late says when it began; a clock that is ahead of ours says nothing."""
        self.row["transcriber"] = message.transcriber or self.row["transcriber"]
        if message.started_at is not None and message.started_at <= taken.at:
            self.row["started_at"], self._told_when = message.started_at, True

    def _end(self, at: float, taken: Taken) -> datetime:
        """When it ended, as its beginning and length tell; else now."""
        return min(taken.at, self.row["started_at"] + timedelta(seconds=at)) if self._told_when else taken.at

    def _moment(self, message: wire.Moment) -> Row:
        row = self._moments.get(message.id)
        if row is None:
            row = {"call": self.row["id"], "id": message.id, "opened": message.at, "judged": None}
            row |= dict.fromkeys(PARTS)
            self._moments[message.id] = row
        row |= {
            "state": message.state,
            "quote": message.quote,
            "asked": message.asked,
            "unsure": message.unsure,
            "withheld": message.withheld,
            "settled": message.at if message.state in _LAST else None,
        }
        if row["judged"] is None and (message.withheld is not None or message.state is MomentState.NUDGED):
            row["judged"] = message.at
        for part in PARTS:
            if row[part] is None and getattr(message.parts, part):
                row[part] = message.at
        return row

    def _nudge(self, message: wire.Nudge) -> Row:
        row: Row | None = self._nudges.get(message.id)
        if row is None:
            row = {
                "call": self.row["id"],
                "id": message.id,
                "moment": message.moment,
                "kind": message.kind,
                "text": message.text,
                "quote": message.quote,
                "sent_at": message.at,
                "renewals": [],
            }
            self._nudges[message.id] = row
        elif len(row["renewals"]) < MOST:
            row["renewals"] = [*row["renewals"], {"at": message.at, "moment": message.moment}]
        row |= {"suggestions": list(message.suggestions), "cleared_at": None, "why": None}
        return row


def _has_room(rows: Mapping[str, Row], id_: str) -> bool:
    return len(rows) < MOST or id_ in rows


def _alert(before: Row | None, message: wire.Alert, taken: Taken) -> Row:
    """The alert's row; of one that was raised before only what became of it changes."""
    became: Row = {"state": message.state, "by": message.by, "to": message.to, "until": message.until}
    if before is not None:
        return before | became | {"changed_at": taken.at}
    return became | {
        "call": message.call,
        "id": message.id,
        "at": message.at,
        "raised_at": taken.at,
        "why": message.why,
        "moment": message.moment,
        "quote": message.quote,
        "asked": message.asked,
        "missing": list(message.missing),
        "changed_at": None,
    }
