"""One try: what the customer says next, when it is over, and what it came to, told from the call's own messages."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel

from voiceassist.core.customer import spoken
from voiceassist.core.types import WELL_SAID, Channel, MomentState, NudgeKind, samples, seconds
from voiceassist.practice.scenario import Cue, Exercise
from voiceassist.server import messages as wire

TRIES = 3
"""How often a scenario is tried before the next one comes."""
THINK = samples(15.0)
"""How long the agent may think before the first words, and after the customer's next line."""
ENOUGH = samples(2.5)
"""Silence after an answer that needs nothing more."""
REPLY = samples(3.0)
"""Silence after which the customer comes back: the nudge is there before, and some time to take it up."""

_SETTLED = frozenset(MomentState) - {MomentState.OPEN, MomentState.NUDGED}


class Outcome(StrEnum):
    """What a try came to, the better the further down."""

    UNHEARD = "unheard"
    """The agent was not heard."""
    UNCLEAR = "unclear"
    """Neither a no nor something else instead was heard."""
    LEFT = "left"
    """The no stood as it was."""
    RECOVERED = "recovered"
    """The no was turned around after the nudge."""
    REPAIRED = "repaired"
    """The no was mended without a nudge."""
    REDIRECTED = "redirected"
    """What can be done was offered, without a no."""
    WELL_SAID = "well_said"
    """A no that was met with feeling, with a reason and with something else instead."""

    @property
    def rank(self) -> int:
        return list(Outcome).index(self)

    @property
    def is_done(self) -> bool:
        """Whether there is nothing more to practise in this scenario."""
        return self in {Outcome.REDIRECTED, Outcome.WELL_SAID}


class Result(BaseModel, frozen=True):
    """What a try came to, one a try. `call`: the id that its other messages bear; `attempt` counts from 1.

    `parts`: the marks in the order in which they came; `missing`: those of a well-said no that did not. `heard`: the
    agent's words. `nudge`: the first one, null where none came. `praise`: empty where none came. `noted`: the quiet
    marks. `suggestion`: one offer of the playbook, the end of "what I can do is …"; empty where it has none.
    """

    type: Literal["practice"] = "practice"
    call: str
    v: Literal[1] = 1
    scenario: str
    attempt: int
    attempts: int = TRIES
    outcome: Outcome
    parts: tuple[str, ...]
    missing: tuple[str, ...]
    heard: str
    nudge: NudgeKind | None
    nudge_text: str
    praise: str
    noted: tuple[wire.MarkHeard, ...]
    suggestion: str


class Attempt:
    """A try of an exercise: hears the messages of its call, and says what the customer does.

    Ask `turn` at every step of the call's time, `result` when the call has ended. `offers`: what the playbook has for
    this customer.
    """

    def __init__(self, exercise: Exercise, number: int, offers: tuple[str, ...]) -> None:
        self.exercise = exercise
        self.number = number
        self.call = f"practice-{exercise.scenario.id}-{number}"
        self._offers = offers
        self._said: dict[Cue, float] = {}
        """When each line was begun, in seconds of the call."""
        self._answered = False
        self._moment: wire.Moment | None = None
        self._final: list[str] = []
        self._newest = ""
        self._nudge: wire.Nudge | None = None
        self._praise = ""
        self._card: wire.Scorecard | None = None

    def hear(self, message: wire.CallEvent) -> None:
        """Take in what happened in the call."""
        match message:
            case wire.Transcript(channel=Channel.AGENT, text=text) if text:
                self._answered |= message.end > max(self._said.values(), default=0.0)
                self._newest = "" if message.final else text
                self._final += [text] if message.final else []
            case wire.Moment():
                self._moment = message
            case wire.Nudge():
                self._nudge = self._nudge or message
            case wire.Praise(text=text):
                self._praise = text
            case wire.CallEnded(scorecard=card):
                self._card = card
            case _:
                pass

    def turn(self, now: int, quiet: int) -> Cue | None:
        """The line that the customer begins at the sample `now`; `quiet` samples nobody has spoken."""
        cue = self._next_line
        if cue is not None and self._said and quiet < REPLY:
            return None
        if cue is not None:
            self._said[cue] = seconds(now)
            self._answered = False
        return cue

    def is_over(self, quiet: int) -> bool:
        """Whether nothing more is to come, after so many samples in which nobody spoke."""
        if self._is_open or self._next_line is not None:
            return False  # the call itself judges a no, or forgets it, in its own time
        return quiet >= (ENOUGH if self._answered else THINK)

    def result(self) -> Result:
        """What the try came to; only once the call has ended."""
        assert self._card is not None
        noes = [no for no in self._card.noes if no.state is not MomentState.WITHDRAWN]
        heard = " ".join([*self._final, self._newest]).strip()
        outcome = min((_outcome(no) for no in noes), key=lambda one: one.rank, default=None)
        if outcome is None:
            outcome = Outcome.REDIRECTED if self._card.well_redirected else Outcome.UNCLEAR
            outcome = outcome if heard else Outcome.UNHEARD
        parts = tuple(dict.fromkeys(part.part for no in noes for part in no.parts))
        return Result(
            call=self.call,
            scenario=self.exercise.scenario.id,
            attempt=self.number,
            outcome=outcome,
            parts=parts,
            missing=tuple(part for part in WELL_SAID if part not in parts) if noes else (),
            heard=heard,
            nudge=self._nudge.kind if self._nudge else None,
            nudge_text=self._nudge.text if self._nudge else "",
            praise=self._praise,
            noted=self._card.marks,
            suggestion=self._suggestion(spoken(heard)),
        )

    @property
    def _is_open(self) -> bool:
        """Whether a no waits for its judgement."""
        moment = self._moment
        if moment is None:
            return False
        return moment.holding or (moment.state is MomentState.OPEN and moment.withheld is None)

    @property
    def _next_line(self) -> Cue | None:
        """What the customer will say to what was heard so far, None where it calls for no answer."""
        if not self._said:
            return Cue.OPENING
        moment = self._moment
        if moment is None or self._is_open or moment.state in _SETTLED or not self._answered:
            return None
        lacks = {Cue.NO_REASON: not moment.parts.reason, Cue.NO_ALTERNATIVE: not moment.parts.alternative}
        lines = self.exercise.scenario.lines
        return next((cue for cue, lack in lacks.items() if lack and cue in lines and cue not in self._said), None)

    def _suggestion(self, heard: str) -> str:
        """The first offer that the nudge brought, else another one in each try; none that the agent just made."""
        nudged = self._nudge.suggestions if self._nudge else ()
        new = [offer for offer in nudged or self._offers if spoken(offer) not in heard]
        return new[0 if nudged else (self.number - 1) % len(new)] if new else ""


def _outcome(no: wire.No) -> Outcome:
    match no.state:
        case MomentState.REPAIRED:
            whole = set(WELL_SAID) <= {part.part for part in no.parts}
            return Outcome.WELL_SAID if whole else Outcome.REPAIRED
        case MomentState.RECOVERED:
            return Outcome.RECOVERED
        case _:
            return Outcome.LEFT
