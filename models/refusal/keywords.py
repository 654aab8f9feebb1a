"""The baseline that the model has to beat: lists of words, as a supervisor would write them down in an hour."""

from __future__ import annotations

import re

from voiceassist.core.types import Label, Scores

_LISTS = {
    "refusal": (
        "no|nope|can't|cannot|can not|won't|don't|doesn't|isn't|aren't|not|unable|unfortunately|afraid"
        "|sold out|full|sorry"
    ),
    "acknowledgement": (
        "understand|i know|frustrating|sorry (to hear|about|for)|appreciate|i get (it|that|why)|must be"
        "|i see (why|that|how)"
    ),
    "reason": "because|since|due to|so that|the reason|by law|expired|ended|sold out|full",
    "alternative": (
        "instead|what i can do|i can|we can|you can|you could|i could|we could|how about|alternatively|another"
    ),
    "buy_in": "would (that|you|it)|which|what time|prefer|rather|work for you|suit",
    "closing": "anything else|thank you|thanks|have a (good|great|nice|lovely)|take care",
    "promise": "let me (see|check|look|find)|i'll (check|look|find)|bear with me|hold on|one moment|hang on",
}
_PATTERNS = {label: re.compile(rf"\b({words})\b") for label, words in _LISTS.items()}


def by_keywords(label: str, text: str) -> bool:
    """Whether a word of the label's list is in the text; without a list (`complete`) always."""
    pattern = _PATTERNS.get(label)
    return pattern is None or pattern.search(text.lower().replace("’", "'")) is not None


class Keywords:
    """The lists as a judge of lines: a score is 0 or 1."""

    def score(self, prev: str, text: str) -> Scores:  # noqa: ARG002 - the lists know no context
        """Scores of the agent's `text`."""
        return Scores.of({label.value: float(by_keywords(label, text)) for label in Label})
