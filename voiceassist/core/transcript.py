"""Who speaks and what was said: breaths to utterances, the agent's turns, the customer's latest words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from voiceassist.core.customer import is_backchannel, spoken
from voiceassist.core.types import Channel, Utterance, Word, samples

_JOINED_WORDS = 60
_RECENT = 8
"""Breaths that are looked back to, however long the call."""
_ECHO_WORDS, _ECHO_LIKENESS, _ECHO_DELAY = 4, 0.8, samples(1.0)
"""So many words, so alike, begun so soon after the agent's own are the agent, heard on the customer's channel."""


@dataclass(frozen=True, slots=True)
class Breath:
    """What was said between two pauses: the `index`-th breath of its channel, in its `turn` and `utterance`."""

    channel: Channel
    index: int
    start: int
    end: int
    text: str
    turn: int
    utterance: int


@dataclass(slots=True)
class Side:
    """One channel: whether it speaks, since when, and all it said."""

    talking: int = 0
    """Stretches of speech going on: turns of one side may overlap in a turns file."""
    stretch: int = 0
    """Where the speech began that is going on, or that was last heard: breaths of one utterance are one stretch."""
    end: int = 0
    """Where speech was last heard to end."""
    ahead: Sequence[Word] = ()
    """Words of the stretch going on whose times are known already (turns files): each is heard only at its end."""
    closed: int = 0
    """Where the last end of speech was noted: words heard before it are final."""
    shown: int = -1
    """The breath up to which all words were shown as final."""
    breaths: list[Breath] = field(default_factory=list[Breath])

    @property
    def speaking(self) -> bool:
        return self.talking > 0

    @property
    def latest(self) -> Breath | None:
        return self.breaths[-1] if self.breaths else None


def spread(start: int, end: int, text: str) -> list[Word]:
    """The words of a text, spread evenly over a stretch of speech."""
    said = text.split()
    places = [start + round(i * (end - start) / len(said)) for i in range(len(said) + 1)] if said else []
    return [Word(places[i], places[i + 1], word) for i, word in enumerate(said)]


class Conversation:
    """Both sides of the call, told in the order of time."""

    def __init__(self, *, turn_gap: int, utterance_gap: int) -> None:
        self.sides = {channel: Side() for channel in Channel}
        self._turn_gap = turn_gap
        self._utterance_gap = utterance_gap
        self._turns = 0

    @property
    def agent(self) -> Side:
        return self.sides[Channel.AGENT]

    @property
    def customer(self) -> Side:
        return self.sides[Channel.CUSTOMER]

    def start(self, channel: Channel, at: int, ahead: Sequence[Word] = ()) -> None:
        """Speech of a channel begins."""
        side = self.sides[channel]
        if not side.speaking and (at - side.end >= self._utterance_gap or not side.end):
            side.stretch = at
        side.talking += 1
        side.ahead = ahead

    def pause(self, channel: Channel, end: int) -> None:
        """Speech of a channel is interrupted; it ended at `end`."""
        side = self.sides[channel]
        side.talking = max(side.talking - 1, 0)
        side.end = max(side.end, end)

    def silence(self, channel: Channel, at: int) -> None:
        """The channel is not heard any more: whatever was being said is over."""
        side = self.sides[channel]
        if side.speaking:
            side.talking, side.end = 0, max(side.end, at)

    def close(self, channel: Channel, at: int) -> None:
        """The channel's speech has ended: its utterance is complete."""
        self.sides[channel].closed = at

    def hear(self, channel: Channel, start: int, end: int, text: str) -> Breath:
        """Take in the words of a breath; returns it with its place in turn and utterance."""
        side, last = self.sides[channel], self.sides[channel].latest
        turn, utterance = self._turns, 0
        if last is not None:
            utterance = last.utterance + (start - last.end >= self._utterance_gap)
            turn = last.turn
        if last is None or start - last.end >= self._turn_gap or self._answered(channel, last):
            self._turns += 1
            turn = self._turns
        breath = Breath(channel, len(side.breaths), start, end, text, turn, utterance)
        side.breaths.append(breath)
        return breath

    def is_echo(self, start: int, text: str) -> bool:
        """Whether words of the customer's channel are the agent's own, come back: nobody repeats that much so soon."""
        words = spoken(text).split()
        return len(words) >= _ECHO_WORDS and any(
            breath.start <= start <= breath.start + _ECHO_DELAY
            and SequenceMatcher(None, words, spoken(breath.text).split(), autojunk=False).ratio() >= _ECHO_LIKENESS
            for breath in self.agent.breaths[-_RECENT:]
        )

    def utterance(self, channel: Channel, *, final: bool = False) -> Utterance | None:
        """The channel's latest utterance as heard so far; None where there is none, or none that is not final yet."""
        side = self.sides[channel]
        breaths = side.breaths
        if not breaths or breaths[-1].index <= side.shown:
            return None
        last = breaths[-1]
        mine = [breath for breath in breaths[-32:] if breath.utterance == last.utterance and breath.index > side.shown]
        if final := final or last.end < side.closed:
            side.shown = last.index
        return Utterance(channel, mine[0].start, mine[-1].end, " ".join(b.text for b in mine), final)

    def customer_turn(self) -> tuple[Breath, ...]:
        """The breaths of the customer's latest turn; "mm-hm" is no turn."""
        turn: list[Breath] = []
        for breath in reversed(self.customer.breaths):
            if turn and breath.turn != turn[0].turn:
                break
            if turn or not is_backchannel(breath.text):
                turn.append(breath)
        return tuple(reversed(turn))

    def turn_of(self, breath: Breath) -> int:
        """The index of the first breath of the agent's turn that `breath` belongs to."""
        breaths = self.agent.breaths
        index = breath.index
        while index and breaths[index - 1].turn == breath.turn:
            index -= 1
        return index

    def joined(self, first: int, refusal: Breath) -> str:
        """The agent's words from breath `first` to now; when they grow long, the refusal and the last 60 words."""
        breaths = self.agent.breaths[first:]
        words = " ".join(breath.text for breath in breaths).split()
        if len(words) <= _JOINED_WORDS + len(refusal.text.split()):
            return " ".join(words)
        return " ".join([*refusal.text.split(), *words[-_JOINED_WORDS:]])

    def answered_at(self, answer: int, backchannel: int) -> int | None:
        """When the customer, speaking now, has taken the turn; None while silent.

        That is `answer` samples after the agent's end, as soon as a word is no backchannel; where the words are not
        known yet, speech of `backchannel` samples is an answer.
        """
        customer = self.customer
        if not customer.speaking:
            return None
        since = max(customer.stretch, self.agent.end)
        unknown = since + max(answer, backchannel)
        said = [word.end for word in customer.ahead if not is_backchannel(word.text)]
        return max(since + answer, min(said[0], unknown)) if said else unknown

    def talked_over(self, breath: Breath, at: int, lead: int) -> tuple[int, str]:
        """For how long the agent's `breath` ran over a customer who had the floor, and the words that it ran over.

        The customer had it who spoke for `lead` samples before the agent, silent till then, began. `at` is now; words
        that are not known yet are empty.
        """
        earlier = self.agent.breaths[max(0, breath.index - _RECENT) : breath.index]
        before = max((b.end for b in earlier if not is_backchannel(b.text)), default=0)
        for start, end, text in self._floor(at):
            if max(start + lead, before) <= breath.start < end and before <= start + lead:
                return min(end, breath.end) - breath.start, text
        return 0, ""

    def _floor(self, at: int) -> list[tuple[int, int, str]]:
        """The customer's latest stretches of speech: start, end, words."""
        stretches: list[tuple[int, int, str]] = []
        customer = self.customer
        for breath in customer.breaths[-_RECENT:]:
            if stretches and breath.start - stretches[-1][1] < self._utterance_gap:
                start, _, text = stretches.pop()
                stretches.append((start, breath.end, f"{text} {breath.text}"))
            else:
                stretches.append((breath.start, breath.end, breath.text))
        if customer.speaking:
            if stretches and stretches[-1][0] >= customer.stretch:
                start, _, text = stretches.pop()
                stretches.append((min(start, customer.stretch), at, text))
            else:
                stretches.append((customer.stretch, at, ""))
        return stretches

    def _answered(self, channel: Channel, last: Breath) -> bool:
        """True when the other side took a turn since this side's `last` breath."""
        other = self.sides[Channel.CUSTOMER if channel is Channel.AGENT else Channel.AGENT]
        return any(b.end > last.end and not is_backchannel(b.text) for b in other.breaths[-_RECENT:])
