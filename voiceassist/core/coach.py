"""Gaps to nudges: which one, in what words, when, and how often. Nudges are scarce: one stands, three a call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from voiceassist.core.policy import Policy
from voiceassist.core.types import (
    Alerted,
    AlertWhy,
    ClearedWhy,
    Event,
    Moment,
    Nudge,
    NudgeCleared,
    NudgeKind,
    NudgeSent,
    Parts,
    Praised,
    Withheld,
)

# At most eight words, to be finished in the agent's own; a call goes through them in turn.
WORDING: dict[NudgeKind, tuple[str, ...]] = {
    NudgeKind.OFFER_ALTERNATIVE: (
        "Say what you can do instead",
        "Finish it: “what I can do is …”",
        "What could work for them instead?",
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
    NudgeKind.LET_THEM_FINISH: ("Let them finish first",),
}
# Where the feeling was not met either, the offer opens with it.
FEELING_FIRST = (
    "Meet the feeling, then offer what you can",
    "“I see why. What I can do is …”",
    "Feel with them first, then offer something",
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


class Coach:
    """What one call's agent and supervisors are told; speaks through `tell`."""

    def __init__(self, call: str, policy: Policy, tell: Callable[[Event], None]) -> None:
        self.standing: Nudge | None = None
        self.nudges = 0
        self._call = call
        self._policy = policy
        self._tell = tell
        self._sent: dict[NudgeKind, int] = {}
        self._snoozed_until = 0
        self._praises = 0
        self._unrepaired: Moment | None = None
        self._alerted: set[AlertWhy] = set()

    @property
    def deadline(self) -> int | None:
        """When the standing nudge leaves the screen."""
        return self.standing.expires_at if self.standing else None

    def nudge(self, kind: NudgeKind, moment: Moment, at: int) -> Withheld | None:
        """Send, renew or replace a nudge for this moment; returns why it was withheld, None where it was not."""
        expires_at = at + self._policy.nudge_life
        standing = self.standing
        if standing is not None and standing.kind is kind:
            self._send(replace(standing, moment=moment.id, quote=moment.quote, expires_at=expires_at), at)
            return None
        if (withheld := self._withheld(kind, at)) is not None:
            return withheld
        self.clear(ClearedWhy.REPLACED, at)
        self.nudges += 1
        nudge = Nudge(
            id=f"{self._call}-n{self.nudges}",
            moment=moment.id,
            kind=kind,
            text=self._text(kind, moment.parts),
            quote=moment.quote,
            expires_at=expires_at,
        )
        self._send(nudge, at)
        return None

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
        if kind in policy.off:
            return Withheld.OFF
        if at < self._snoozed_until:
            return Withheld.SNOOZE
        if policy.silent_arm:
            return Withheld.SILENT_ARM
        if self.nudges >= policy.cap:
            return Withheld.CAP
        if last is not None and at - last < policy.cooldown:
            return Withheld.COOLDOWN
        return None

    def _send(self, nudge: Nudge, at: int) -> None:
        self.standing = nudge
        self._sent[nudge.kind] = at
        self._tell(NudgeSent(at, nudge))

    def _text(self, kind: NudgeKind, parts: Parts) -> str:
        unmet = kind is NudgeKind.OFFER_ALTERNATIVE and not parts.acknowledgement
        choice = FEELING_FIRST if unmet else WORDING[kind]
        return choice[(self.nudges - 1) % len(choice)]

    def _alert(self, why: AlertWhy, moment: Moment, at: int) -> None:
        if not self._policy.alerts or why in self._alerted:
            return
        self._alerted.add(why)
        missing = tuple(part for part in ("acknowledgement", "reason", "alternative") if part not in set(moment.parts))
        self._tell(Alerted(at, f"{self._call}-a{len(self._alerted)}", why, moment, missing))
