"""The audit log: what is found in it, and what is forgotten."""

from __future__ import annotations

import pytest
from accounts.people import Clock

from voiceassist.accounts.audit import Audit, Did
from voiceassist.store.database import Store
from voiceassist.store.people import AuditRow


@pytest.fixture
def audit(store: Store, clock: Clock) -> Audit:
    return Audit(store, clock)


def test_entries_are_found_by_call_by_who_and_by_time(audit: Audit, clock: Clock) -> None:
    for who, did, call in (("sue", Did.READ_CALL, "c1"), ("lee", Did.READ_CALL, "c2"), ("sue", Did.OPENED_LIVE, "c2")):
        audit.add(who, did, call=call, about="board")
        clock.on(minutes=1)
    audit.add("ada", Did.PURGED, about="3 calls")

    def found(**filters: object) -> list[tuple[str, str, str | None]]:
        return [(entry.who, entry.did, entry.call) for entry in audit.entries(**filters)]  # type: ignore[arg-type]

    everything = [
        ("ada", "purged", None),
        ("sue", "opened live", "c2"),
        ("lee", "read call", "c2"),
        ("sue", "read call", "c1"),
    ]
    assert found() == everything
    assert found(limit=2) == everything[:2]
    assert found(call="c2") == everything[1:3]
    assert found(who="sue") == [everything[1], everything[3]]
    assert found(who="sue", call="c2") == [everything[1]]
    assert found(since=audit.entries()[1].at) == everything[:2]
    assert found(call="c3") == []


def test_entries_of_one_moment_stay_in_order(audit: Audit) -> None:
    for number in range(20):
        audit.add("sue", Did.READ_CALL, call=f"c{number}")
    assert [entry.call for entry in audit.entries()] == [f"c{number}" for number in reversed(range(20))]


def test_what_is_too_old_is_forgotten(audit: Audit, clock: Clock) -> None:
    audit.add("sue", Did.READ_CALL, call="old")
    clock.on(days=30)
    audit.add("sue", Did.READ_CALL, call="young")
    assert audit.forget(clock.now) == 1
    assert audit.forget(clock.now) == 0
    assert [entry.call for entry in audit.entries()] == ["young"]


def test_every_word_for_what_was_done_can_be_kept(audit: Audit) -> None:
    for did in Did:
        audit.add("ada", did)
    assert {entry.did for entry in audit.entries()} == set(Did)
    assert max(map(len, Did)) <= (AuditRow.__table__.c.did.type.length or 0)
