"""How the agent listens: noted and counted for the review; who talks over the customer again is asked to listen."""

from __future__ import annotations

from collections.abc import Callable

from voiceassist.core.coach import Coach
from voiceassist.core.customer import is_backchannel, is_request
from voiceassist.core.escalation import wants_to_cancel
from voiceassist.core.events import Event, Marked
from voiceassist.core.mood import is_leaving, is_upset
from voiceassist.core.parroting import parrots
from voiceassist.core.playbook import Playbook
from voiceassist.core.policy import Policy
from voiceassist.core.scorecard import Tally
from voiceassist.core.transcript import Breath, Conversation
from voiceassist.core.types import Label, Mark, MarkKind, NudgeKind, Scores


class Manners:
    """Reads every breath of the agent beside what the customer said; tells marks, never advice in words."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a call is made of
        self,
        policy: Policy,
        playbook: Playbook,
        conversation: Conversation,
        coach: Coach,
        tally: Tally,
        tell: Callable[[Event], None],
    ) -> None:
        self._policy = policy
        self._playbook = playbook
        self._conversation = conversation
        self._coach = coach
        self._tally = tally
        self._tell = tell
        self._no = 0
        """Where the last no ended."""
        self._moment: str | None = None
        self._vented = -1
        """The customer's turn that was last found to be acknowledged or not."""
        self._parroted = -1
        self._over = 0
        self._leaving = False
        self._utterance = -1
        self._noted: set[str] = set()
        """What was counted of the utterance."""

    def no_fell(self, moment: str, end: int) -> None:
        """The agent turned the customer down: from here on the answer to it is listened to."""
        self._moment, self._no = moment, end

    def customer_said(self, breath: Breath) -> None:
        """Take in the customer's words."""
        if is_leaving(breath.text) or (self._moment is not None and wants_to_cancel(breath.text)):
            self._leaving = True
        elif is_request(breath.text):
            self._leaving = False

    def agent_said(self, breath: Breath, text: str, alone: Scores, at: int) -> None:
        """Read a breath; `text` is it with the words before that it goes on from."""
        if breath.utterance != self._utterance:
            self._utterance, self._noted = breath.utterance, set()
        self._count(text, alone)
        note = self._playbook.ruled_out(text)
        if note is not None and self._is_first(note):
            self._mark(MarkKind.RULED_OUT, breath.text, at, note)
        if self._conversation.customer.breaths or self._conversation.customer.speaking:
            self._hear_over(breath, at)
            if not is_backchannel(text):
                self._hear_parroting(breath, text, at)
                self._hear_vent(breath, alone, at)

    def _count(self, text: str, alone: Scores) -> None:
        tally = self._tally
        tally.closing |= alone.has(Label.CLOSING)
        tally.promises += alone.has(Label.PROMISE) and self._is_first(Label.PROMISE)
        tally.buy_ins += alone.has(Label.BUY_IN) and self._is_first(Label.BUY_IN)
        asks = is_request(text) and self._conversation.customer.latest is not None
        clarifies = asks and not (alone.has(Label.BUY_IN) or alone.has(Label.CLOSING))
        tally.clarified += clarifies and self._is_first("clarified")
        tally.gracious |= self._leaving and alone.has(Label.CLOSING)

    def _is_first(self, note: str) -> bool:
        """True once an utterance: of words cut into breaths each is judged with those before it."""
        first = note not in self._noted
        self._noted.add(note)
        return first

    def _hear_over(self, breath: Breath, at: int) -> None:
        """The agent began to speak while the customer did."""
        policy = self._policy
        overlap, words = self._conversation.talked_over(breath, at, policy.lead)
        if overlap < policy.overlap or is_backchannel(breath.text) or (words and is_backchannel(words)):
            return
        self._mark(MarkKind.INTERRUPTED, breath.text, at)
        self._over += 1
        if self._over >= policy.interruptions and not self._conversation.agent.speaking:
            self._over = 0
            self._coach.nudge(NudgeKind.LET_THEM_FINISH, at, quote=breath.text)

    def _hear_parroting(self, breath: Breath, text: str, at: int) -> None:
        turn = self._conversation.customer_turn()
        if turn and turn[0].turn != self._parroted and parrots(text, " ".join(b.text for b in turn)):
            self._parroted = turn[0].turn
            self._mark(MarkKind.PARROTED, breath.text, at)

    def _hear_vent(self, breath: Breath, alone: Scores, at: int) -> None:
        """The first whole words after a customer who vented over a no must show that it was taken in."""
        turn = self._conversation.customer_turn()
        answers = turn and self._moment is not None and turn[-1].end > self._no and turn[-1].end <= breath.end
        if not answers or turn[0].turn == self._vented or not alone.has(Label.COMPLETE):
            return
        self._vented = turn[0].turn
        words = " ".join(b.text for b in turn)
        long = turn[-1].end - turn[0].start >= self._policy.vent and not is_request(words)
        if (long or is_upset(words)) and not alone.has(Label.ACKNOWLEDGEMENT):
            self._mark(MarkKind.UNACKNOWLEDGED, breath.text, at)

    def _mark(self, kind: MarkKind, quote: str, at: int, note: str = "") -> None:
        mark = Mark(kind, quote, self._moment if kind is MarkKind.UNACKNOWLEDGED else None, note)
        self._tally.mark(mark, at)
        self._tell(Marked(at, mark))
