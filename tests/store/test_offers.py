"""Offers that worked: who may propose and decide, once, and that they go with their call."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
from sqlalchemy import update
from store.kept import RECOVERED, ended, keep, moment, started, told

from voiceassist.core.types import MomentState
from voiceassist.errors import StoreError, UsageError
from voiceassist.server import messages as wire
from voiceassist.store.database import Store
from voiceassist.store.offers import OfferState, decide, proposals, propose
from voiceassist.store.search import EVERYBODY, Scope
from voiceassist.store.tables import CallRow

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TEXT = "send you another one"


@pytest.fixture
def call(store: Store) -> Store:
    keep(store, *told(RECOVERED))
    with store.writing() as session:
        session.execute(update(CallRow).values(owner="ann", team="north"))
    return store


def test_an_offer_is_proposed_and_approved(call: Store) -> None:
    made = propose(call, EVERYBODY, "c", "c-m1", TEXT, by="ann", now=NOW)
    assert (made.asked, made.text, made.by, made.team, made.proposed_at) == (
        *("can i have a refund", TEXT, "ann", "north"),
        NOW,
    )
    assert proposals(call, EVERYBODY) == (made,)
    decided = decide(call, EVERYBODY, made.number, approve=True, by="sue", now=NOW)
    assert (decided.state, decided.decided_by, decided.decided_at) == (OfferState.APPROVED, "sue", NOW)
    assert proposals(call, EVERYBODY) == ()
    assert proposals(call, EVERYBODY, None) == (decided,)


@pytest.mark.parametrize(
    ("state", "parts"),
    [
        (MomentState.EXPIRED, wire.Parts(alternative=True)),
        (MomentState.REPAIRED, wire.Parts(reason=True)),
        (MomentState.OPEN, wire.Parts(alternative=True)),
        (MomentState.WITHDRAWN, wire.Parts(alternative=True)),
    ],
)
def test_only_what_worked_is_proposed(store: Store, state: MomentState, parts: wire.Parts) -> None:
    keep(store, started(), moment(state, 1.0, parts=parts), ended())
    with pytest.raises(UsageError):
        propose(store, EVERYBODY, "c", "c-m1", TEXT, by="ann")


def test_an_offer_is_proposed_once_and_decided_once(call: Store) -> None:
    made = propose(call, EVERYBODY, "c", "c-m1", TEXT, by="ann")
    with pytest.raises(UsageError, match=f"number {made.number}"):
        propose(call, EVERYBODY, "c", "c-m1", "something else", by="ann")
    assert decide(call, EVERYBODY, made.number, approve=False, by="sue").state is OfferState.REJECTED
    with pytest.raises(StoreError, match="rejected already") as error:
        decide(call, EVERYBODY, made.number, approve=True, by="sue")
    assert error.value.code == "offer-decided"
    with pytest.raises(StoreError) as error:
        decide(call, EVERYBODY, 999, approve=True, by="sue")
    assert error.value.code == "offer-unknown"
    assert propose(call, EVERYBODY, "c", "c-m1", "in better words", by="ann").number != made.number


def test_of_two_who_decide_at_once_one_does(call: Store) -> None:
    number = propose(call, EVERYBODY, "c", "c-m1", TEXT, by="ann").number
    both, done = Barrier(2), list[str]()

    def settle(approve: bool) -> None:  # noqa: FBT001 - a thread's argument
        both.wait()
        try:
            done.append(decide(call, EVERYBODY, number, approve=approve, by="sue").state)
        except StoreError as error:
            done.append(error.code)

    threads = [Thread(target=settle, args=(approve,)) for approve in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "offer-decided" in done
    assert len({"approved", "rejected"} & set(done)) == 1


def test_nobody_reads_or_decides_for_other_teams(call: Store) -> None:
    for scope in (Scope(), Scope(owner="ben"), Scope(teams=frozenset({"south"}))):
        with pytest.raises(StoreError) as error:
            propose(call, scope, "c", "c-m1", TEXT, by="ben")
        assert error.value.code == "call-unknown"
    made = propose(call, Scope(owner="ann"), "c", "c-m1", TEXT, by="ann")
    for scope in (Scope(), Scope(owner="ben"), Scope(teams=frozenset({"south"}))):
        assert proposals(call, scope) == ()
        with pytest.raises(StoreError):
            decide(call, scope, made.number, approve=True, by="ben")
    assert proposals(call, Scope(owner="ann")) == (made,)
    assert decide(call, Scope(teams=frozenset({"north"})), made.number, approve=True, by="sue").decided_by == "sue"


def test_a_proposal_goes_with_its_call(call: Store) -> None:
    propose(call, EVERYBODY, "c", "c-m1", TEXT, by="ann")
    call.delete("c")
    assert proposals(call, EVERYBODY, None) == ()
