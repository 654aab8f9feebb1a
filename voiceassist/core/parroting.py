"""Whether somebody only says again what they have just been told."""

from __future__ import annotations

from difflib import SequenceMatcher

from voiceassist.core.customer import spoken

_SWAPPED = {
    "you": "i", "your": "my", "yours": "mine", "you're": "i'm", "you've": "i've", "you'd": "i'd", "you'll": "i'll",
    "yourself": "myself", "we": "i", "our": "my", "we're": "i'm", "we've": "i've", "me": "i", "us": "i", "are": "am",
    "were": "was",
}  # fmt: skip
"""One word for both sides of a call: "your bag was lost" repeats "my bag was lost"."""
_FIGURES = frozenset(
    "zero oh one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand double am pm "
    "o'clock monday tuesday wednesday thursday friday saturday sunday".split()
)
_LEAST_WORDS = 5
_RUN = 3
_REPEATED = 0.7


def parrots(said: str, heard: str) -> bool:
    """Whether `said` is nearly word for word what was `heard`, with "I" for "you"; reading back figures is checking."""
    ours, theirs = _words(said), _words(heard)
    if len(ours) < _LEAST_WORDS or len(theirs) < _LEAST_WORDS:
        return False
    runs = SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks()
    same = [word for run in runs if run.size >= _RUN for word in ours[run.a : run.a + run.size]]
    figures = sum(word in _FIGURES or word.isdigit() for word in same)
    return len(same) >= max(_LEAST_WORDS, _REPEATED * len(ours)) and figures * 3 < len(same)


def _words(text: str) -> list[str]:
    return [_SWAPPED.get(word, word) for word in spoken(text).split()]
