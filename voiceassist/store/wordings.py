"""In which words agents offered something else, and what the playbook had suggested to them."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from sqlalchemy import select

from voiceassist.core.types import NudgeKind
from voiceassist.server import messages as wire
from voiceassist.store.database import Store
from voiceassist.store.search import NEWEST_FIRST, Scope, Wanted, conditions
from voiceassist.store.tables import CallRow, NudgeRow
from voiceassist.store.tabling import stream


def alternatives(store: Store, noes: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The words in which each of these noes, named by call and id, got its alternative. Raises StoreError.

    Noes whose words are not kept, or whose call never ended, are left out.
    """
    wanted = frozenset(noes)
    query = select(CallRow.id, CallRow.scorecard).where(CallRow.id.in_({call for call, _ in noes}))
    found: dict[tuple[str, str], str] = {}
    with store.reading() as session:
        for call, kept in session.execute(query.where(CallRow.scorecard.is_not(None))):
            for no in wire.Scorecard.model_validate(kept).noes:
                words = next((part.words for part in no.parts if part.part == "alternative"), "")
                if words and (call, no.id) in wanted:
                    found[call, no.id] = words
    return found


def suggestions(store: Store, wanted: Wanted, scope: Scope) -> Generator[tuple[tuple[str, str], tuple[str, ...]]]:
    """What the playbook suggested for each no, by call and id; noes without a suggestion are left out."""
    query = (
        select(NudgeRow.call, NudgeRow.moment, NudgeRow.suggestions)
        .join(CallRow, CallRow.id == NudgeRow.call)
        .where(NudgeRow.kind == NudgeKind.OFFER_ALTERNATIVE, NudgeRow.moment.is_not(None), *conditions(wanted, scope))
        .order_by(*NEWEST_FIRST, NudgeRow.sent_at, NudgeRow.id)
    )
    for call, no, offers in stream(store, query, tuple):
        if offers:
            yield (call, no), tuple(offers)
