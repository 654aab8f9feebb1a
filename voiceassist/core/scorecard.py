"""The call's moments as a scorecard: what was said well, what was missed."""

from __future__ import annotations

from collections.abc import Sequence

from voiceassist.core.types import Moment, MomentState, NoRecord, NudgeKind, PartHeard, Scorecard


class Tally:
    """What is counted while the call goes on."""

    def __init__(self) -> None:
        self.closing = False
        self._records: list[NoRecord] = []
        self._redirects: set[int] = set()

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
        return Scorecard(tuple(self._records), nudges, len(self._redirects), self.closing)
