"""What works in a playbook and could still be better: things that its writer may have overlooked."""

from __future__ import annotations

from collections.abc import Iterator

from voiceassist.core.nearness import Embed
from voiceassist.core.playbook import FIRST, Playbook
from voiceassist.playbooks.draft import Draft

_MOST = 2000
"""Examples that are looked at: more take too long to wait for."""


def remarks(draft: Draft, playbook: Playbook, embed: Embed) -> Iterator[str]:
    """Yield a line each: offers that nothing leads to, situations that may be left without one, unclear examples."""
    used = {offer.id for situation in draft.situations for offer in situation.offers}
    for name in draft.offers:
        if name not in used:
            yield f"offers.{name}: no situation names it"
    for situation in draft.situations:
        if all(offer.if_said or offer.unless_said or offer.window for offer in situation.offers[: FIRST + 1]):
            yield f"situations.{situation.id}: its first offers all have conditions, so there may be none to suggest"
    examples = [(situation.id, text) for situation in draft.situations for text in situation.asked]
    for name, text in examples[:_MOST]:
        nearest = playbook.nearest(embed(text), text, 1)[0].situation.id
        if nearest != name:
            yield f"situations.{name}.asked: “{text}” is nearer to {nearest}"
