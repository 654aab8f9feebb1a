"""Whether words hold a plain word of denial: where a score is unsure, it takes one to speak up."""

from __future__ import annotations

from voiceassist.core.customer import any_of, spoken

_DENIAL = any_of(
    r"no|nope|nah|not|never|none|nothing|nobody|cannot|unable|without|neither|nor|\w+n't",
    r"afraid|unfortunately|sadly|sorry|impossible|regret|only",
    # what is gone cannot be had
    r"sold out|out of stock|(?:fully|completely|totally) booked|booked (?:up|out|solid)|too late|discontinued"
    r"|(?:ran|run|running) out|used up|expired",
)


def has_denial(text: str) -> bool:
    """True for "no", "we can't", "I'm afraid", "only on Sundays", "sold out"; false for "service desk, Priya"."""
    return bool(_DENIAL.search(spoken(text)))
