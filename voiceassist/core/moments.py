"""One refusal and its repair. `TRANSITIONS` holds the states and what may follow each; no state changes past it.

A breath of the agent is heard by a generator, `Moments.hear`: it yields the texts that it wants scored and is sent
their scores.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from voiceassist.core.coach import PRAISE_RECOVERED, PRAISE_WELL_SAID, Ask, Coach, answers, first_gap
from voiceassist.core.customer import accepts, asks_why, is_backchannel, is_request, names_matter, turns_to_another
from voiceassist.core.denial import has_denial
from voiceassist.core.escalation import asks_for_manager, wants_to_cancel
from voiceassist.core.events import Event, LanguageOther, MomentChanged
from voiceassist.core.manners import Manners
from voiceassist.core.policy import Policy
from voiceassist.core.scorecard import PartHeard, Tally
from voiceassist.core.transcript import Breath, Conversation
from voiceassist.core.types import (
    AlertWhy,
    ClearedWhy,
    Label,
    Moment,
    MomentState,
    NudgeKind,
    Parts,
    Samples,
    Scores,
    Withheld,
)

OPEN, REPAIRED, NUDGED = MomentState.OPEN, MomentState.REPAIRED, MomentState.NUDGED
RECOVERED, EXPIRED, WITHDRAWN = MomentState.RECOVERED, MomentState.EXPIRED, MomentState.WITHDRAWN

TRANSITIONS: dict[MomentState, frozenset[MomentState]] = {
    OPEN: frozenset({REPAIRED, NUDGED, EXPIRED, WITHDRAWN}),
    NUDGED: frozenset({NUDGED, RECOVERED, EXPIRED, WITHDRAWN}),
    # A recovered moment takes in further noes until its life is over: one that still lacks a part is nudged again.
    RECOVERED: frozenset({NUDGED, WITHDRAWN}),
    REPAIRED: frozenset({WITHDRAWN}),
    EXPIRED: frozenset(),
    WITHDRAWN: frozenset(),
}

Judging: TypeAlias = Generator[tuple[str, str], Scores, None]


@dataclass(slots=True)
class Living:
    """The moment that lives, with what is remembered of it; `moment` is what the screen sees."""

    moment: Moment
    refusal: Breath
    first: int
    """Index of the first breath of the agent's turn in which the refusal fell: the joined words begin there."""
    asked_turn: int
    asked_vector: Samples
    opened: int
    last_no: int
    noes: int = 1
    unjudged: bool = True
    """A no whose grace is not over yet."""
    unexplained: bool = False
    """An answer to the customer's "why?" without a reason, or the no once more with one: judged, but never counted."""
    why_judged: int = -1
    doubtful: Parts = field(default_factory=Parts)
    faint: Parts = field(default_factory=Parts)  # what a breath alone perhaps held, and no later one takes back
    """Parts that the joined words may hold: no agent is told to say what may have been said."""
    added: bool = False
    """The agent said more since the last no."""
    hold_until: int = 0
    hold_ended: int = 0
    nudge: NudgeKind | None = None
    nudges: list[NudgeKind] = field(default_factory=list[NudgeKind])
    heard: list[PartHeard] = field(default_factory=list[PartHeard])
    shown: Moment | None = None

    @property
    def awaits_judgement(self) -> bool:
        return self.unjudged or self.unexplained


class Moments:
    """All moments of one call, at most one alive. Events are told in the order of time."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a call is made of
        self,
        call: str,
        policy: Policy,
        conversation: Conversation,
        coach: Coach,
        manners: Manners,
        tally: Tally,
        tell: Callable[[Event], None],
    ) -> None:
        self._tally = tally
        self._manners = manners
        self._call = call
        self._policy = policy
        self._conversation = conversation
        self._coach = coach
        self._tell = tell
        self._living: Living | None = None
        self._count = 0
        self._unfinished = ""  # the agent's words of this utterance that were cut in mid-clause
        self._unfinished_utterance = -1
        self._foreign = False
        self._sounded: tuple[Samples, str] = (np.zeros(1, np.float32), "")
        """How the customer sounded last: the vector of the words, and the words."""

    # --- what is heard ------------------------------------------------------------------------------------------------

    def agent_starts(self, at: int) -> None:
        """The agent speaks again: a hold is over, the grace starts anew after these words."""
        if self._living is not None and self._living.moment.holding:
            self._release(self._living, at)

    def customer_said(self, breath: Breath, at: int) -> None:
        """Take in the customer's words: they may ask for a manager, or to cancel."""
        self._manners.customer_said(breath)
        if asks_for_manager(breath.text):
            self._coach.customer_escalates(AlertWhy.ASKED_FOR_MANAGER, at)
        if wants_to_cancel(breath.text):
            self._coach.customer_escalates(AlertWhy.WANTS_TO_CANCEL, at)

    def hear(self, breath: Breath, at: Callable[[], int]) -> Judging:
        """Judge one breath of the agent; `at` tells the time of the decision when the scores are there."""
        turn = self._conversation.customer_turn()
        prev = " ".join(b.text for b in turn)
        text = self._whole(breath)
        light = self._light(prev)
        alone = yield light, text
        if self._is_foreign(alone, at()):
            return
        self._unfinished = "" if alone.has(Label.COMPLETE) else text
        self._unfinished_utterance = breath.utterance
        self._manners.agent_said(breath, text, alone, at())
        self._sounded = (alone.vector, prev)

        refused = self._refuses(prev, text, alone)
        customer_turn = turn[0].turn if turn else -1
        if refused and self._living is not None:
            another = self._is_new_matter(self._living, alone, customer_turn, prev)
            if another or self._is_first_sure(self._living, breath, alone):
                self._end(at())
        living = self._living
        if living is None:
            if not refused:
                self._credit_redirect(alone, prev, customer_turn)
                return
            living = self._open(breath, alone, prev, customer_turn, at())
        elif refused and not alone.has(Label.ALTERNATIVE) and not alone.has(Label.REASON):
            self._further_no(living, breath, alone)
        else:  # words that bring a reason or an alternative mend the no, also where they say it again
            self._add(living, breath, alone)
        asked, joined = living.moment.asked, self._conversation.joined(living.first, living.refusal)
        scores = alone if (asked, joined) == (light, text) else (yield asked, joined)
        if self._living is living:  # while the scores were late, its life may have ended
            self._read(living, breath, alone, scores, at())

    # --- what is due --------------------------------------------------------------------------------------------------

    @property
    def deadline(self) -> int | None:
        """The next sample at which something is decided unless more is heard before."""
        due = [when for when in (self._coach.deadline, self._judgement_due(), self._life_over()) if when is not None]
        if self._living is not None and self._living.moment.holding:
            due.append(self._living.hold_until)
        return min(due, default=None)

    def due(self, at: int) -> None:
        """Decide what is due by the sample `at`."""
        living = self._living
        if living is not None and living.moment.holding and living.hold_until <= at:
            self._release(living, at)
            if living.awaits_judgement:
                self._judge(living, at)
        if (when := self._judgement_due()) is not None and when <= at and living is not None:
            self._judge(living, at)
        if (when := self._coach.deadline) is not None and when <= at:
            self._coach.clear(ClearedWhy.EXPIRED, at)
        if (when := self._life_over()) is not None and when <= at:
            self._end(at)

    def pause(self, at: int) -> None:
        """Nothing is heard any more: a no that may be mended unheard is not judged."""
        self._coach.clear(ClearedWhy.DISMISSED, at)
        if self._living is not None:
            self._end(at)

    def finish(self, at: int) -> None:
        """The call is over: what is open is judged, but not nudged any more."""
        self._coach.clear(ClearedWhy.CALL_ENDED, at)
        if self._living is not None:
            self._end(at)

    def _judgement_due(self) -> int | None:
        living, agent = self._living, self._conversation.agent
        if living is None or living.moment.holding or not living.awaits_judgement or agent.speaking:
            return None
        answered = self._conversation.answered_at(self._policy.answer, self._policy.backchannel)
        grace = agent.end + self._policy.grace
        return grace if answered is None else min(grace, answered)

    def _life_over(self) -> int | None:
        living = self._living
        if living is None or living.moment.holding or self._conversation.agent.speaking:
            return None
        return max(living.last_no, living.hold_ended) + self._policy.moment_life

    # --- a no ---------------------------------------------------------------------------------------------------------

    def _open(self, breath: Breath, alone: Scores, asked: str, asked_turn: int, at: int) -> Living:
        self._count += 1
        moment = Moment(
            id=f"{self._call}-m{self._count}",
            state=OPEN,
            quote=breath.text,
            asked=asked,
            unsure=not self._is_sure(breath.text, alone),
        )
        first = self._conversation.turn_of(breath)
        self._living = Living(moment, breath, first, asked_turn, alone.vector, opened=at, last_no=breath.end)
        self._manners.no_fell(moment.id, breath.end)
        return self._living

    def _further_no(self, living: Living, breath: Breath, alone: Scores) -> None:
        living.unjudged, living.added, living.last_no = True, False, breath.end
        self._manners.no_fell(living.moment.id, breath.end)
        sure = self._is_sure(breath.text, alone)
        if sure or living.moment.unsure:  # what only may be a no is not quoted as one beside one that is sure
            living.noes += 1
            living.moment = replace(living.moment, quote=breath.text, unsure=not sure)

    def _add(self, living: Living, breath: Breath, alone: Scores) -> None:
        living.added = True
        if self._is_sure(breath.text, alone):
            living.moment = replace(living.moment, unsure=False)

    def _is_new_matter(self, living: Living, alone: Scores, turn: int, prev: str) -> bool:
        """True when the customer asked for something else since; in doubt it is the same matter."""
        if turn == living.asked_turn or not living.moment.asked:
            return False
        if not is_request(prev) or not names_matter(prev):
            return False
        # Who takes what was offered is done with that matter.
        if turns_to_another(prev) or (living.moment.parts.alternative and accepts(prev)):
            return True
        if alone.vector.shape != living.asked_vector.shape:
            return False
        return float(np.dot(alone.vector, living.asked_vector)) < self._policy.new_matter

    def _is_first_sure(self, living: Living, breath: Breath, alone: Scores) -> bool:
        """True for a clear no in another turn than what only may have been one: it is judged by its own words."""
        return living.moment.unsure and self._is_sure(breath.text, alone) and breath.turn != living.refusal.turn

    def _is_sure(self, text: str, alone: Scores) -> bool:
        return alone.refusal >= (self._policy.sure if has_denial(text) else self._policy.implied)

    def _whole(self, breath: Breath) -> str:
        """The breath, with the words of its own utterance before it that were cut in mid-clause."""
        if self._unfinished and breath.utterance == self._unfinished_utterance:
            return f"{self._unfinished} {breath.text}"
        return breath.text

    def _light(self, prev: str) -> str:
        """What the agent's words answer: a plea after a no ("it was a mistake") still asks for what was refused."""
        asked = self._living.moment.asked if self._living is not None else ""
        pleads = bool(asked and prev) and prev != asked and not (is_request(prev) or asks_why(prev))
        return f"{asked} {prev}" if pleads else prev

    def _refuses(self, prev: str, text: str, alone: Scores) -> bool:
        """Whether it may be a no: "mm-hm" is none; and where it is unsure, something must speak for it.

        That is a word of denial; else the customer asked for something, and the agent offers nothing.
        """
        if is_backchannel(text):
            return False
        if self._is_sure(text, alone) or has_denial(text):
            return alone.refusal >= self._policy.unsure
        return alone.has(Label.REFUSAL) and is_request(prev) and not alone.has(Label.ALTERNATIVE)

    def _is_foreign(self, alone: Scores, at: int) -> bool:
        foreign = alone.language != "en"
        if foreign and not self._foreign:
            self._tell(LanguageOther(at))
        self._foreign = foreign
        return foreign

    # --- its repair ---------------------------------------------------------------------------------------------------

    def _read(self, living: Living, breath: Breath, alone: Scores, joined: Scores, at: int) -> None:
        """Read the marks of the joined words, then move the state."""
        before = living.moment
        # A part may fade in many words, and may need those before it: it was said where either shows it.
        parts = before.parts | Parts.heard_in(joined) | Parts.heard_in(alone)
        living.faint |= Parts.heard_in(alone, self._policy.doubt)
        living.doubtful = Parts.heard_in(joined, self._policy.doubt) | living.faint
        living.heard += self._new_parts(living, breath, alone, parts)
        if self._is_withdrawn(living, breath, joined, parts):
            self._withdraw(living, at)
            return
        living.moment = replace(before, parts=parts)
        living.unexplained = self._leaves_why_open(living, breath) or self._says_it_again(living, alone)
        if alone.has(Label.PROMISE):
            living.hold_until = breath.end + self._policy.hold
            living.moment = replace(living.moment, holding=True)
        if living.shown is None:
            self._show(living, at)  # a moment is always seen to open
        state = living.moment.state
        if state is OPEN and parts.alternative and parts.reason:
            self._repair(living, at)
        elif state is NUDGED and living.nudge is not None and answers(living.nudge, parts):
            self._recover(living, at)
        else:
            self._show(living, at)

    def _new_parts(self, living: Living, breath: Breath, alone: Scores, parts: Parts) -> list[PartHeard]:
        """The parts that came with this breath, or, where the no opens with it, in the turn's breaths before it."""
        before, known = self._conversation.agent.breaths[living.first : breath.index], set(living.moment.parts)
        new = [part for part in parts if part not in known]
        led = [part for part in new if before and living.shown is None and not alone.has(Label(part))]
        heard = [PartHeard(part, before[-1].end, " ".join(b.text for b in before)) for part in led]
        return heard + [PartHeard(part, breath.end, breath.text) for part in new if part not in led]

    def _is_withdrawn(self, living: Living, breath: Breath, joined: Scores, parts: Parts) -> bool:
        """True when the rest of the utterance takes the no back ("no | problem at all")."""
        same = breath.utterance == living.refusal.utterance and breath is not living.refusal
        repairing = parts.alternative or parts.reason
        return same and living.noes == 1 and not repairing and joined.refusal < self._policy.unsure

    def _withdraw(self, living: Living, at: int) -> None:
        living.moment = self._in_state(living, WITHDRAWN)
        if self._coach.standing is not None and self._coach.standing.moment == living.moment.id:
            self._coach.clear(ClearedWhy.WITHDRAWN, at)
        self._end(at)

    def _leaves_why_open(self, living: Living, breath: Breath) -> bool:
        """True for an answer to a "why?" that came after the no, as long as no reason was given."""
        turn = self._conversation.customer_turn()
        if not turn or living.moment.parts.reason or turn[-1].end <= living.refusal.end:
            return False
        why = turn[-1].end <= breath.end and asks_why(" ".join(b.text for b in turn))
        return why and living.why_judged != turn[-1].index

    def _says_it_again(self, living: Living, alone: Scores) -> bool:
        """True for the no once more, without an alternative, while its nudge stands."""
        standing = self._coach.standing
        stands = standing is not None and standing.moment == living.moment.id
        return stands and alone.has(Label.REFUSAL) and not alone.has(Label.ALTERNATIVE)

    def _repair(self, living: Living, at: int) -> None:
        living.unjudged = living.unexplained = False
        living.moment = replace(self._in_state(living, REPAIRED), holding=False, withheld=None)
        self._show(living, at)
        self._coach.clear(ClearedWhy.REPAIRED, at)
        if living.moment.parts.acknowledgement and first_gap(living.moment.parts, asked_why=False) is None:
            self._coach.praise(living.moment, PRAISE_WELL_SAID, at)

    def _recover(self, living: Living, at: int) -> None:
        living.moment = replace(self._in_state(living, RECOVERED), withheld=None)
        if first_gap(living.moment.parts, asked_why=False) is None:
            living.unjudged = False
        self._show(living, at)
        if self._coach.standing is not None and self._coach.standing.moment == living.moment.id:
            self._coach.clear(ClearedWhy.RECOVERED, at)
        self._coach.praise(living.moment, PRAISE_RECOVERED, at)

    def _credit_redirect(self, alone: Scores, prev: str, customer_turn: int) -> None:
        heard = bool(self._conversation.customer.breaths)
        if alone.has(Label.ALTERNATIVE) and (is_request(prev) or not heard):
            self._tally.redirect(customer_turn if heard else len(self._conversation.agent.breaths))

    # --- its judgement ------------------------------------------------------------------------------------------------

    def _judge(self, living: Living, at: int) -> None:
        """The grace is over: name the first gap and nudge, once."""
        counts = living.unjudged and not living.moment.unsure
        turn = self._conversation.customer_turn()
        living.unjudged = living.unexplained = False
        living.why_judged = turn[-1].index if turn else -1
        asked_why = asks_why(" ".join(b.text for b in turn))
        gap = first_gap(living.moment.parts | living.doubtful, asked_why=asked_why)
        if gap is None:
            if living.moment.state is OPEN:
                self._repair(living, at)
            return
        moment = living.moment
        if moment.unsure and (living.added or moment.parts.alternative or not has_denial(moment.quote)):
            withheld: Withheld | None = Withheld.UNSURE
        else:
            withheld = self._coach.nudge(
                gap, at, quote=living.moment.quote, moment=living.moment, ask=self._ask(living)
            )
        if withheld is None:
            living.nudge = gap
            living.nudges.append(gap)
            living.moment = self._in_state(living, NUDGED)
        living.moment = replace(living.moment, withheld=withheld)
        self._show(living, at)
        if counts:
            self._coach.count_unrepaired(living.moment, at)

    def _ask(self, living: Living) -> Ask:
        said = " ".join(breath.text for breath in self._conversation.customer.breaths)
        asked = living.moment.asked or living.refusal.text
        return Ask(living.asked_vector, asked, said, *self._sounded)

    def _release(self, living: Living, at: int) -> None:
        living.hold_ended = at
        living.moment = replace(living.moment, holding=False)
        self._show(living, at)

    def _end(self, at: int) -> None:
        """The moment's life is over; it goes into the scorecard."""
        living = self._living
        if living is None:
            return
        state = living.moment.state
        if state in {OPEN, NUDGED}:
            living.moment = self._in_state(living, EXPIRED)
        living.moment = replace(living.moment, holding=False)
        self._show(living, at)
        self._tally.record(living.moment, living.opened, living.heard, living.noes, living.nudges)
        self._living = None

    def _in_state(self, living: Living, state: MomentState) -> Moment:
        if state not in TRANSITIONS[living.moment.state]:
            raise AssertionError(f"a moment that is {living.moment.state} cannot become {state}")
        return replace(living.moment, state=state)

    def _show(self, living: Living, at: int) -> None:
        if living.moment != living.shown:
            living.shown = living.moment
            self._tell(MomentChanged(at, living.moment))
