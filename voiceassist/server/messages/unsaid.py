"""Where words may not go or stay: events without what was said, save in noes."""

from __future__ import annotations

from typing import TypeVar

from voiceassist.server.messages.call import CallEnded, Mark, MarkHeard, Nudge
from voiceassist.server.messages.shape import Outgoing

_Event = TypeVar("_Event", bound=Outgoing)
_NOTHING_SAID = {"quote": ""}


def without_words(event: _Event) -> _Event:
    """The event without the quotes of what belongs to no no; words that a playbook has for it stay."""
    match event:
        case Mark(moment=None) | Nudge(moment=None):
            return event.model_copy(update=_NOTHING_SAID)
        case CallEnded(scorecard=card):
            marks = tuple(map(_unsaid, card.marks))
            return event.model_copy(update={"scorecard": card.model_copy(update={"marks": marks})})
        case _:
            return event


def _unsaid(mark: MarkHeard) -> MarkHeard:
    return mark if mark.moment is not None else mark.model_copy(update=_NOTHING_SAID)
