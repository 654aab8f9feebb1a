"""What is kept, as lines of a table: one named tuple a row. Times within a call are seconds since it began."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, TypeAlias


class CallLine(NamedTuple):
    """A call; its noes without those that were taken back, and how they ended."""

    call: str
    team: str | None
    owner: str | None
    agent: str
    transcriber: str
    started_at: datetime
    ended_at: datetime | None
    seconds: float
    lost: float
    dropped: int
    silent_arm: bool
    noes: int
    repaired: int
    recovered: int
    expired: int
    nudges: int
    alerts: int


class NoLine(NamedTuple):
    """A no that was not taken back; its parts are the seconds at which each was first heard."""

    call: str
    team: str | None
    agent: str
    started_at: datetime
    silent_arm: bool
    no: str
    at: float
    judged: float | None
    settled: float | None
    state: str
    withheld: str | None
    unsure: bool
    asked: str
    quote: str
    acknowledgement: float | None
    reason: float | None
    alternative: float | None
    buy_in: float | None


class NudgeLine(NamedTuple):
    """A nudge as it was first sent; `renewed`: how often it was sent again; `helpful`: the agent's thumb."""

    call: str
    team: str | None
    agent: str
    started_at: datetime
    nudge: str
    no: str | None
    kind: str
    text: str
    suggestions: tuple[str, ...]
    at: float
    painted_at: float | None
    renewed: int
    cleared_at: float | None
    why: str | None
    helpful: bool | None


class CardLine(NamedTuple):
    """What was counted over a call that ended, as `Scorecard` says."""

    call: str
    team: str | None
    agent: str
    started_at: datetime
    silent_arm: bool
    noes: int
    repaired: int
    recovered: int
    expired: int
    withdrawn: int
    nudges: int
    well_said: int
    well_redirected: int
    buy_ins: int
    clarified: int
    promises: int
    gracious: bool
    closing: bool


class Outcome(NamedTuple):
    """How a clear no ended, and when its parts came. `nudged`: the kind of its last nudge; `judged`: when due."""

    call: str
    silent_arm: bool
    state: str
    nudged: str | None
    opened: float
    judged: float | None
    settled: float | None
    acknowledgement: float | None
    reason: float | None
    alternative: float | None


class Thumbs(NamedTuple):
    """The thumbs that a kind of nudge got."""

    kind: str
    up: int
    down: int


class Totals(NamedTuple):
    """Calls of both arms and of the silent one, and what only may have been a no."""

    calls: int
    silent: int
    unsure: int


Line: TypeAlias = CallLine | NoLine | NudgeLine | CardLine
