"""A frozen, already embedded playbook: what was asked and felt -> what can be offered and said."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

import numpy as np

from voiceassist.core.customer import spoken
from voiceassist.core.nearness import NOTHING, Index
from voiceassist.core.types import Samples

FIRST = 3
"""Offers that are suggested at most."""
MATCH = 0.55
"""Nearness from which a situation is the one that was asked about: models/playbooks/measure.py shows what it keeps."""
FEELS = 0.58
"""Nearness from which a feeling is taken for the customer's."""
AS_NEAR = 0.05
"""How far behind the nearest situation another one's offers may follow."""

_BEST = 2
"""Offers of the nearest situation that come before the first one of another."""
_NEGATION = re.compile(r"\b(?:not|never|cannot|can't|unable|nobody|\w+n't)\b")
_COMFORT = re.compile(r"\b(?:don't|do not|no need to) (?:you )?(?:worry|panic)\b|\bnot to worry\b")
_TURN = re.compile(r"\b(?:but|however|though|instead)\b")
_BEFORE = 6
"""Words before a promise in which a negation makes it none."""
_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """When an offer holds. `first` and `last` are days as `date.toordinal` counts them, both included, None: open.

    `weekdays` counts from Monday, 0; from the minute `opens` of a day up to, not including, the minute `closes`.
    """

    first: int | None = None
    last: int | None = None
    weekdays: frozenset[int] = frozenset(range(7))
    opens: int = 0
    closes: int = _MINUTES

    def holds(self, day: int, minute: int) -> bool:
        """Whether it holds on this day, at this minute of it."""
        began = self.first is None or self.first <= day
        ended = self.last is not None and day > self.last
        return began and not ended and (day + 6) % 7 in self.weekdays and self.opens <= minute < self.closes


@dataclass(frozen=True, slots=True)
class Offer:
    """What the agent can do: at most eight words that complete "what I can do is …".

    It holds only where the customer said one of `if_said` (where there are any) and none of `unless_said`; both as
    a recogniser writes them. `elsewhere` names who helps where it is somebody else.
    """

    id: str
    can: str
    if_said: tuple[str, ...] = ()
    unless_said: tuple[str, ...] = ()
    window: Window | None = None
    elsewhere: str = ""

    def fits(self, said: str) -> bool:
        """Whether it holds for a customer who said this: `said` as a recogniser writes it, between two spaces."""
        if any(f" {phrase} " in said for phrase in self.unless_said):
            return False
        return not self.if_said or any(f" {phrase} " in said for phrase in self.if_said)


@dataclass(frozen=True, slots=True)
class Situation:
    """What customers ask for, in their own words, and what they can be offered, best first."""

    id: str
    title: str
    asked: tuple[str, ...]
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Feeling:
    """What a customer feels, in their own words, and openings of at most eight words that meet it."""

    id: str
    heard: tuple[str, ...]
    say: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forbidden:
    """A promise that must not be made: its phrases as a recogniser writes them, and what holds instead."""

    id: str
    words: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Match:
    """A situation, and how near it is to what was asked."""

    situation: Situation
    nearness: float

    @property
    def holds(self) -> bool:
        return self.nearness >= MATCH


@dataclass(frozen=True, eq=False)
class Playbook:
    """What one organisation can offer. `asks` has one group for each situation, `moods` one for each feeling.

    `now` is the day (`date.toordinal`) and the minute by which offers are judged, None: whatever their time.
    """

    title: str = ""
    situations: tuple[Situation, ...] = ()
    feelings: tuple[Feeling, ...] = ()
    forbidden: tuple[Forbidden, ...] = ()
    asks: Index = NOTHING
    moods: Index = NOTHING
    now: tuple[int, int] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it has nothing to say at all."""
        return not (self.situations or self.feelings or self.forbidden)

    def at(self, day: int, minute: int) -> Playbook:
        """The same playbook with its offers judged by another time."""
        return replace(self, now=(day, minute))

    def suggest(self, vector: Samples, words: str, said: str) -> tuple[Offer, ...]:
        """The best offers, at most three, for what was asked; none where it is near no situation.

        `vector` is the unit float32 vector of the ask, zeros(1) where it is unknown; `words` the ask as text; `said`
        all that the customer has said so far, for the conditions.
        """
        near = [match.situation.offers for match in self._as_near(vector, words)]
        if not near:
            return ()
        asks = any(offer.if_said or offer.unless_said for offers in near for offer in offers)
        heard = f" {spoken(said)} " if asks else ""
        best, *others = [[one for one in offers if self._is_open(one) and one.fits(heard)] for offers in near]
        choice = [offers[:1] for offers in others]
        offers = tuple(dict.fromkeys(chain(best[:_BEST], *choice, best, *others)))
        # Somebody else who can help is a choice of its own kind: it keeps the last place.
        elsewhere = [one for one in best if one.elsewhere and one not in offers[:FIRST]]
        if elsewhere and not any(one.elsewhere for one in offers[:FIRST]):
            return (*offers[: FIRST - 1], elsewhere[0])
        return offers[:FIRST]

    def nearest(self, vector: Samples, words: str, count: int = FIRST) -> tuple[Match, ...]:
        """The situations that are nearest to what was asked, the nearest first, whether near enough or not."""
        near = self.asks.nearness(vector, words)
        order: list[int] = np.argsort(-near, kind="stable")[:count].tolist()
        return tuple(Match(self.situations[place], float(near[place])) for place in order)

    def feeling(self, vector: Samples, words: str) -> tuple[str, ...]:
        """Phrases for what the customer feels, none where that is not clear. `vector` and `words` as above."""
        felt = self.felt(vector, words)
        return felt.say if felt else ()

    def felt(self, vector: Samples, words: str) -> Feeling | None:
        """What the customer feels, None where that is not clear."""
        near = self.moods.nearness(vector, words)
        if not near.size:
            return None
        best = int(near.argmax())
        return self.feelings[best] if near[best] >= FEELS else None

    def ruled_out(self, text: str) -> str | None:
        """What holds instead of a promise in the agent's words that must not be made, None where there is none."""
        if self._promises is None:
            return None
        for sentence in re.split(r"[.?!;]", text):
            said = _COMFORT.sub("", spoken(sentence))
            for found in self._promises.finditer(said):
                before = " ".join(_TURN.split(said[: found.start()])[-1].split()[-_BEFORE:])
                if not _NEGATION.search(before):
                    return self._because[found.group()]
        return None

    def _as_near(self, vector: Samples, words: str) -> list[Match]:
        """The situations that were asked about, the nearest first."""
        matches = self.nearest(vector, words)
        return [match for match in matches if match.holds and match.nearness >= matches[0].nearness - AS_NEAR]

    def _is_open(self, offer: Offer) -> bool:
        return self.now is None or offer.window is None or offer.window.holds(*self.now)

    @cached_property
    def _because(self) -> dict[str, str]:
        return {phrase: promise.because for promise in self.forbidden for phrase in promise.words}

    @cached_property
    def _promises(self) -> re.Pattern[str] | None:
        """Every promise that must not be made, as whole words; the longest first, for it says the most."""
        phrases = sorted(self._because, key=len, reverse=True)
        return re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b") if phrases else None


EMPTY = Playbook()
"""A playbook that has nothing to say."""
