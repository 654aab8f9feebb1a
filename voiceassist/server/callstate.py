"""One call as its messages tell it: what a late joiner must know."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import TypeVar

from voiceassist.server import messages as wire

TRANSCRIPTS = 50
NEWEST = 200
"""Of each other kind so many are kept, the newest: several times those of the longest call that there was."""

_Kind = TypeVar("_Kind")


class CallState:
    """Folds the messages of one call, as they are published, into what a `Snapshot` holds."""

    def __init__(self, call: str, started_at: datetime) -> None:
        self.call = call
        self.started_at = started_at
        self.at: wire.Seconds = 0.0
        self.scorecard: wire.Scorecard | None = None
        self._moments: dict[str, wire.Moment] = {}
        self._alerts: dict[str, wire.Alert] = {}
        self._nudge: wire.Nudge | None = None
        self._watched: wire.Watched | None = None
        self._history: deque[wire.PastNudge] = deque(maxlen=NEWEST)
        self._praises: deque[wire.Praise] = deque(maxlen=NEWEST)
        self._marks: deque[wire.Mark] = deque(maxlen=NEWEST)
        self._muted: deque[wire.KindMuted] = deque(maxlen=NEWEST)
        self._transcripts: deque[wire.Transcript] = deque(maxlen=TRANSCRIPTS)

    @property
    def live(self) -> bool:
        return self.scorecard is None

    def receive(self, message: wire.CallEvent) -> None:
        """Take in the call's next message."""
        self.at = max(self.at, message.at)
        match message:
            case wire.Transcript(final=True):
                self._transcripts.append(message)
            case wire.Moment():
                _put(self._moments, message.id, message)
            case wire.Nudge():
                self._nudge = message
            case wire.NudgeCleared():
                self._clear(message)
            case wire.Praise() | wire.Mark() | wire.KindMuted():
                self._note(message)
            case wire.Alert():
                _put(self._alerts, message.id, message)
            case wire.Watched():
                self._watched = message
            case wire.CallEnded():
                self.scorecard = message.scorecard
            case _:
                pass

    def forget_words(self) -> None:
        """Forget what was said; what was made of it stays."""
        self._transcripts.clear()

    def _note(self, message: wire.Praise | wire.Mark | wire.KindMuted) -> None:
        match message:
            case wire.Praise():
                self._praises.append(message)
            case wire.Mark():
                self._marks.append(message)
            case wire.KindMuted():
                self._muted.append(message)

    def _clear(self, cleared: wire.NudgeCleared) -> None:
        nudge = self._nudge
        if nudge is not None and nudge.id == cleared.id:
            self._history.append(wire.PastNudge(nudge=nudge, why=cleared.why, cleared_at=cleared.at))
            self._nudge = None

    def snapshot(self, role: wire.Role, at: wire.Seconds, *, words: bool = False) -> wire.Snapshot:
        """All of it at `at` seconds of the call, as far as `role` may know it; `words`: also for others."""
        agent = role == "agent"
        return wire.Snapshot(
            call=self.call,
            at=at,
            live=self.live,
            started_at=self.started_at,
            moments=tuple(self._moments.values()),
            nudge=self._nudge,
            history=tuple(self._history),
            transcripts=tuple(self._transcripts) if agent or words else (),
            praises=tuple(self._praises),
            marks=tuple(self._marks),
            muted=tuple(self._muted),
            alerts=() if agent else tuple(self._alerts.values()),
            scorecard=self.scorecard,
            watched=self._watched if agent else None,
        )


def _put(kept: dict[str, _Kind], id_: str, message: _Kind) -> None:
    """Keep the message under its id, and the newest alone."""
    kept[id_] = message
    if len(kept) > NEWEST:
        del kept[next(iter(kept))]
