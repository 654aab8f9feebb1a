"""The call's moments as a scorecard: what was said well, what was missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voiceassist.core.types import WELL_SAID, Mark, Moment, MomentState, NudgeKind


@dataclass(frozen=True, slots=True)
class PartHeard:
    """A part of a no, when it was first heard and the words it was heard in."""

    part: str
    at: int
    words: str


@dataclass(frozen=True, slots=True)
class NoRecord:
    """One no in the scorecard: its parts in the order in which they came."""

    moment: Moment
    at: int
    parts: tuple[PartHeard, ...]
    noes: int
    nudges: tuple[NudgeKind, ...]


@dataclass(frozen=True, slots=True)
class MarkRecord:
    """A mark in the scorecard, and when it was made."""

    mark: Mark
    at: int


@dataclass(frozen=True, slots=True)
class Scorecard:
    """How the noes of a call were said, and how the customer was heard.

    Counted are breaths: questions that let the customer shape the way on (`buy_ins`), questions that make the matter
    clear (`clarified`), promises to look. `gracious`: a customer who was leaving got thanks or a kind word.
    """

    noes: tuple[NoRecord, ...]
    nudges: int
    well_redirected: int
    closing: bool
    marks: tuple[MarkRecord, ...] = ()
    buy_ins: int = 0
    clarified: int = 0
    promises: int = 0
    gracious: bool = False

    def count(self, state: MomentState) -> int:
        return sum(record.moment.state is state for record in self.noes)

    @property
    def well_said(self) -> int:
        """Noes with an acknowledgement, a reason and an alternative."""
        return sum(set(record.moment.parts).issuperset(WELL_SAID) for record in self.noes)


class Tally:
    """What is counted while the call goes on."""

    def __init__(self) -> None:
        self.closing = False
        self.buy_ins = 0
        self.clarified = 0
        self.promises = 0
        self.gracious = False
        self._records: list[NoRecord] = []
        self._redirects: set[int] = set()
        self._marks: list[MarkRecord] = []

    def mark(self, mark: Mark, at: int) -> None:
        """Something to look at afterwards."""
        self._marks.append(MarkRecord(mark, at))

    def redirect(self, turn: int) -> None:
        """The customer's turn was answered with what can be had, and no no: it counts once."""
        self._redirects.add(turn)

    def record(
        self, moment: Moment, at: int, heard: Sequence[PartHeard], noes: int, nudges: Sequence[NudgeKind]
    ) -> None:
        """A moment is over. One that was withdrawn was no no."""
        if moment.state is not MomentState.WITHDRAWN:
            self._records.append(NoRecord(moment, at, tuple(heard), noes, tuple(nudges)))

    def scorecard(self, nudges: int) -> Scorecard:
        """All of it; `nudges` were sent."""
        return Scorecard(
            tuple(self._records),
            nudges,
            len(self._redirects),
            self.closing,
            tuple(self._marks),
            self.buy_ins,
            self.clarified,
            self.promises,
            self.gracious,
        )
