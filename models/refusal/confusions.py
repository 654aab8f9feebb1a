"""Which words a recogniser takes for which, learned from what it heard of rows whose words are known."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher

from models.refusal.spoken import spoken

NEGATIVE = frozenset(
    "no nope not can't won't don't isn't aren't doesn't couldn't wouldn't wasn't didn't haven't hasn't cannot never "
    "none nothing unable without".split()
)
LONGEST = 3
LEAST = 2
"""A mistake made once may be one of the voice; made twice it is the recogniser's."""


class Confusions:
    """For each word or two: how often it was said, and what else was heard in its place, an empty text for nothing."""

    def __init__(self, clips: Iterable[tuple[str, str]]) -> None:
        """Learn from (said, heard) of each clip."""
        said: dict[str, int] = defaultdict(int)
        mistakes: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for words, others in ((spoken(a).split(), b.split()) for a, b in clips):
            for size in (1, 2):
                for start in range(len(words) - size + 1):
                    said[" ".join(words[start : start + size])] += 1
            for tag, a, b, c, d in SequenceMatcher(None, words, others, autojunk=False).get_opcodes():
                if tag in {"replace", "delete"} and b - a <= 2 and d - c <= LONGEST:
                    mistakes[" ".join(words[a:b])][" ".join(others[c:d])] += 1
        self._table = {
            phrase: (sum(heard.values()) / said[phrase], sorted(heard), [heard[other] for other in sorted(heard)])
            for phrase, heard in sorted(mistakes.items())
            if sum(heard.values()) >= LEAST
        }

    def __len__(self) -> int:
        return len(self._table)

    def chance(self, phrase: str) -> float:
        """How often the phrase is misheard."""
        return self._table[phrase][0] if phrase in self._table else 0.0

    def mishear(self, text: str, chance: random.Random) -> str:
        """The text with mistakes as often as they are really made."""
        words, heard, place = text.split(), list[str](), 0
        while place < len(words):
            for size in (2, 1):
                rate, others, counts = self._table.get(spoken(" ".join(words[place : place + size])), (0.0, [], []))
                if place + size <= len(words) and chance.random() < rate:
                    heard += chance.choices(others, counts)[0].split()
                    place += size
                    break
            else:
                heard.append(words[place])
                place += 1
        return " ".join(heard)


def lost_its_no(said: str, heard: str) -> bool:
    """Whether a word of denial was said and none is left in what was heard, or the other way round."""
    return NEGATIVE.isdisjoint(spoken(said).split()) != NEGATIVE.isdisjoint(spoken(heard).split())
