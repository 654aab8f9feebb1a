"""How long a silence ends a breath: chosen by the words before it.

A short pause shows the cue sooner, and cuts more sentences at their commas. So only words that are a whole refusal end
soon; a lone "no" may become anything, and "but" or "what I can do" promise more.
"""

from __future__ import annotations

import re

from voiceassist.core.customer import any_of, spoken
from voiceassist.core.policy import Hearing
from voiceassist.core.types import Label, Scores

SURE = 0.8
"""As sure of a refusal, and of a whole clause, words must be to end soon."""

_LONE = re.compile(
    r"(?:(?:oh|well|um|uh|er|erm|ah|yeah|so|sorry|sir|madam|ma'am) )*(?:no|nope|nah|(?:i'm|we're) (?:afraid|sorry))"
    r"(?: (?:no|sorry|sir|madam|ma'am|um|uh))*"
)
_OPEN = any_of(
    r"(?:but|however|although|because|and|or|if|unless|the|an?|my|your|our|their)$",
    r"(?:what|one thing) (?:i|we) (?:can|could)(?: do)?(?: for you)?(?: is)?$",
)
"""After these nobody stops. What ends a sentence as well ("do that", "not allowed to") is left to `complete`."""


def pause_after(text: str, scores: Scores, hearing: Hearing) -> int:
    """The pause (samples) that ends a breath of these words; `scores` are those of the words alone."""
    said = spoken(text)
    if _LONE.fullmatch(said) or _OPEN.search(said):
        return max(hearing.long_pause, hearing.pause)
    if min(scores[Label.REFUSAL], scores[Label.COMPLETE]) >= SURE:
        return min(hearing.short_pause, hearing.pause)
    return hearing.pause
