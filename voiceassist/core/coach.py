"""Gaps to nudges: which one, in what words, when, and how often. Nudges are scarce: one stands, three a call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from voiceassist.core.events import Alerted, Event, KindMuted, NudgeCleared, NudgeSent, Praised
from voiceassist.core.playbook import Playbook
from voiceassist.core.policy import Policy
from voiceassist.core.types import WELL_SAID, AlertWhy, ClearedWhy, Moment, Nudge, NudgeKind, Parts, Samples, Withheld

# At most eight words, to be finished in the agent's own; a call goes through them in turn.
WORDING: dict[NudgeKind, tuple[str, ...]] = {
    NudgeKind.OFFER_ALTERNATIVE: (
        "Finish it: “what I can do is …”",
        "Say what you can do instead",
        "What could work for them instead?",
        "Turn it: what is possible?",
        "Leave them with one way forward",
    ),
    NudgeKind.ACKNOWLEDGE: (
        "Show you see what this means to them",
        "Name what they feel, in your own words",
        "Say that you understand why they ask",
    ),
    NudgeKind.GIVE_REASON: (
        "Give the specific reason",
        "Say why: one fact, not the policy",
        "Help them understand: “because …”",
    ),
    NudgeKind.LET_THEM_FINISH: (
        "Let them finish first",
        "Hear them out, then answer",
        "Wait until they have said it all",
    ),
}
# Where the feeling was not met either, the offer opens with it.
FEELING_FIRST = (
    "Meet the feeling, then offer what you can",
    "“I see why. What I can do is …”",
    "Feel with them first, then offer something",
    "Say what you see, then what you can",
    "Their side first, then a way forward",
)
PRAISE_RECOVERED = ("Nicely turned around", "Good recovery", "That is how a no becomes help")
PRAISE_WELL_SAID = ("A no well said", "Clear and kind", "That no was a help")


def first_gap(parts: Parts, *, asked_why: bool) -> NudgeKind | None:
    """What a no lacks first, None where nothing is missing."""
    if asked_why and not parts.reason:
        return NudgeKind.GIVE_REASON
    if not parts.alternative:
        return NudgeKind.OFFER_ALTERNATIVE
    if not parts.acknowledgement and not parts.reason:
        return NudgeKind.ACKNOWLEDGE
    return None if parts.reason else NudgeKind.GIVE_REASON


def answers(kind: NudgeKind, parts: Parts) -> bool:
    """Tell whether these parts hold what a nudge of this kind asked for."""
    match kind:
        case NudgeKind.OFFER_ALTERNATIVE:
            return parts.alternative
        case NudgeKind.GIVE_REASON:
            return parts.reason
        case NudgeKind.ACKNOWLEDGE:
            return parts.acknowledgement or parts.reason
        case NudgeKind.LET_THEM_FINISH:
            return False


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """What a nudge answers: the request that was refused, and how the customer sounded last.

    Vectors are unit float32 or a single zero where nothing is known; `said` is all the customer said so far.
    """

    vector: Samples = field(default_factory=lambda: np.zeros(1, np.float32))
    words: str = ""
    said: str = ""
    feeling_vector: Samples = field(default_factory=lambda: np.zeros(1, np.float32))
    feeling_words: str = ""


class Coach:
    """What one call's agent and supervisors are told; speaks through `tell`."""

    def __init__(self, call: str, policy: Policy, playbook: Playbook, tell: Callable[[Event], None]) -> None:
        self.standing: Nudge | None = None
        self.nudges = 0
        self._call = call
        self._policy = policy
        self._playbook = playbook
        self._tell = tell
        self._kinds: dict[str, NudgeKind] = {}
        self._used: list[str] = []
        self._sent: dict[NudgeKind, int] = {}
        self._votes = {kind: policy.votes.get(kind, (0, 0)) for kind in NudgeKind}
        self._muted = {kind for kind in NudgeKind if self._falls_short(kind)}
        self._snoozed_until = 0
        self._praises = 0
        self._unrepaired: Moment | None = None
        self._alerted: set[AlertWhy] = set()

    @property
    def deadline(self) -> int | None:
        """When the standing nudge leaves the screen."""
        return self.standing.expires_at if self.standing else None

    def begin(self) -> None:
        """The call begins: say which kinds stay silent, and why."""
        for kind in sorted(self._muted):
            self._tell(KindMuted(0, kind, *self._votes[kind]))

    def nudge(
        self, kind: NudgeKind, at: int, *, quote: str, moment: Moment | None = None, ask: Ask | None = None
    ) -> Withheld | None:
        """Send, renew or replace a nudge; returns why it was withheld, None where it was not."""
        expires_at = at + self._policy.nudge_life
        standing, owner = self.standing, None if moment is None else moment.id
        suggestions = self._suggestions(kind, ask or Ask())
        if standing is not None and standing.kind is kind:
            suggestions = suggestions or standing.suggestions
            renewed = replace(standing, moment=owner, quote=quote, expires_at=expires_at, suggestions=suggestions)
            self._send(renewed, at)
            return None
        if (withheld := self._withheld(kind, at)) is not None:
            return withheld
        if (text := self._text(kind, moment, ask or Ask())) is None:
            return Withheld.CAP
        self.clear(ClearedWhy.REPLACED, at)
        self.nudges += 1
        nudge = Nudge(
            id=f"{self._call}-n{self.nudges}",
            moment=owner,
            kind=kind,
            text=text,
            quote=quote,
            expires_at=expires_at,
            suggestions=suggestions,
        )
        self._kinds[nudge.id] = kind
        self._send(nudge, at)
        return None

    def vote(self, nudge: str, *, helpful: bool, at: int) -> None:
        """The agent's thumb for a nudge of this call; a kind that seldom helps falls silent, and says so."""
        kind = self._kinds.pop(nudge, None)
        if kind is None:
            return
        up, down = self._votes[kind]
        self._votes[kind] = (up + helpful, down + (not helpful))
        if kind not in self._muted and self._falls_short(kind):
            self._muted.add(kind)
            self._tell(KindMuted(at, kind, *self._votes[kind]))

    def _falls_short(self, kind: NudgeKind) -> bool:
        up, down = self._votes[kind]
        return up + down >= self._policy.least_votes and up < self._policy.floor * (up + down)

    def clear(self, why: ClearedWhy, at: int) -> None:
        """Take the standing nudge, if any, from the screen."""
        if self.standing is not None:
            self._tell(NudgeCleared(at, self.standing.id, why))
            self.standing = None

    def snooze(self, until: int, at: int) -> None:
        """No nudges up to the sample `until`."""
        self._snoozed_until = until
        self.clear(ClearedWhy.SNOOZED, at)

    def praise(self, moment: Moment, choice: tuple[str, ...], at: int) -> None:
        self._tell(Praised(at, moment.id, choice[self._praises % len(choice)]))
        self._praises += 1

    def count_unrepaired(self, moment: Moment, at: int) -> None:
        """A sure no whose grace is over and that lacks something: the second one of a call is an alert."""
        if self._unrepaired is not None:
            self._alert(AlertWhy.SECOND_UNREPAIRED, moment, at)
        self._unrepaired = moment

    def customer_escalates(self, why: AlertWhy, at: int) -> None:
        """The customer asks for a manager or to cancel: an alert when a no was left unrepaired before."""
        if self._unrepaired is not None:
            self._alert(why, self._unrepaired, at)

    def _withheld(self, kind: NudgeKind, at: int) -> Withheld | None:
        policy, last = self._policy, self._sent.get(kind)
        if kind in policy.off or kind in self._muted:
            return Withheld.OFF
        if at < self._snoozed_until:
            return Withheld.SNOOZE
        if policy.silent_arm:
            return Withheld.SILENT_ARM
        if self.nudges >= policy.cap:
            return Withheld.CAP
        if last is not None and at - last < policy.cooldown:
            return Withheld.COOLDOWN
        # Nothing takes the place of a word to listen.
        listens = self.standing is not None and self.standing.kind is NudgeKind.LET_THEM_FINISH
        return Withheld.COOLDOWN if listens else None

    def _send(self, nudge: Nudge, at: int) -> None:
        self.standing = nudge
        self._sent[nudge.kind] = at
        self._tell(NudgeSent(at, nudge))

    def _text(self, kind: NudgeKind, moment: Moment | None, ask: Ask) -> str | None:
        """Words for the nudge that this call has not shown yet; None where it has shown them all."""
        choice: Sequence[str] = WORDING[kind]
        if kind is NudgeKind.OFFER_ALTERNATIVE and moment is not None and not moment.parts.acknowledgement:
            choice = FEELING_FIRST
        elif kind is NudgeKind.ACKNOWLEDGE:
            phrases = self._playbook.feeling(ask.feeling_vector, ask.feeling_words)
            choice = (*(f"“{phrase}”" for phrase in phrases), *choice)
        text = next((words for words in choice if words not in self._used), None)
        self._used += [text] if text else []
        return text

    def _suggestions(self, kind: NudgeKind, ask: Ask) -> tuple[str, ...]:
        if kind is not NudgeKind.OFFER_ALTERNATIVE:
            return ()
        return tuple(offer.can for offer in self._playbook.suggest(ask.vector, ask.words, ask.said))

    def _alert(self, why: AlertWhy, moment: Moment, at: int) -> None:
        if not self._policy.alerts or why in self._alerted:
            return
        self._alerted.add(why)
        missing = tuple(part for part in WELL_SAID if part not in set(moment.parts))
        self._tell(Alerted(at, f"{self._call}-a{len(self._alerted)}", why, moment, missing))
