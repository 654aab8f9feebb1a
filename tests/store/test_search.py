"""Calls are found by what was said in them, when, by whom and what came of it; nobody finds those of others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import update
from store.kept import RECOVERED, ended, keep, moment, nudge, said, started, told

from voiceassist.core.types import MomentState
from voiceassist.errors import StoreError, UsageError
from voiceassist.store.database import Store
from voiceassist.store.recorder import Recorder
from voiceassist.store.search import EVERYBODY, EVERYTHING, Having, Scope, Wanted, cursor, find
from voiceassist.store.tables import AlertRow, CallRow

NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)


def found(store: Store, scope: Scope = EVERYBODY, **wanted: object) -> list[str]:
    return [call.id for call in find(store, Wanted(**wanted), scope)]  # pyright: ignore[reportArgumentType]


def note(store: Store, call: str, **values: object) -> None:
    """Set what only a hub knows of a call."""
    with store.writing() as session:
        session.execute(update(CallRow).where(CallRow.id == call).values(**values))


@pytest.fixture
def three(store: Store) -> Store:
    """An hour apart: one that recovered, one that did not, one without a no."""
    for hour, messages in enumerate(
        [
            told(RECOVERED, "a"),
            [started("b"), moment(MomentState.EXPIRED, 3.0, "No, 100% not.", call="b", id_="b-m1"), ended(call="b")],
            [started("c"), said("Grüße_an alle\\", call="c"), ended(call="c")],
        ]
    ):
        with Recorder(store, agent=f"Agent {hour}", now=lambda hour=hour: NINE + timedelta(hours=hour)) as recorder:
            for message in messages:
                recorder.take(message)
    for place, (owner, team) in enumerate([("ann", "north"), ("ben", "north"), ("cleo", "south")]):
        note(store, "abc"[place], owner=owner, team=team)
    return store


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ("BROKEN when", ["a"]),  # said by the customer
        ("can i have a refund", ["a"]),  # asked
        ("no we can't", ["a"]),  # quoted
        ("what you can", ["a"]),  # nudged
        ("100% not", ["b"]),
        ("1%0", []),
        ("n_t", []),
        ("_an", ["c"]),
        ("alle\\", ["c"]),
        ("' OR 1=1 --", []),
        ("", ["c", "b", "a"]),
    ],
)
def test_calls_are_found_by_words_as_they_stand(three: Store, text: str, calls: list[str]) -> None:
    assert found(three, text=text) == calls


def test_calls_are_found_by_when_by_whom_and_what_came_of_it(three: Store) -> None:
    assert found(three, since=NINE + timedelta(hours=1)) == ["c", "b"]
    assert found(three, until=NINE + timedelta(hours=1)) == ["a"]
    assert found(three, agent="agent 1") == found(three, agent="Ben") == ["b"]
    assert found(three, team="North") == ["b", "a"]
    assert found(three, having=Having.UNREPAIRED) == ["b"]
    assert found(three, having=Having.NUDGED) == ["a"]
    assert found(three, having=Having.ALERT) == []
    with three.writing() as session:
        session.add(AlertRow(call="b", id="b-a1", at=4.0, raised_at=NINE, why="w", moment="b-m1", quote="", missing=[]))
    assert found(three, having=Having.ALERT) == ["b"]
    assert found(three, having=Having.UNREPAIRED, team="south") == []


def test_what_only_may_have_been_a_no_was_not_left_unrepaired(store: Store) -> None:
    keep(store, started(), moment(MomentState.EXPIRED, 3.0, unsure=True), ended())
    assert found(store, having=Having.UNREPAIRED) == []


def test_nobody_finds_the_calls_of_others(three: Store) -> None:
    assert found(three, Scope()) == []
    assert found(three, Scope(owner="ann")) == ["a"]
    assert found(three, Scope(teams=frozenset({"north"}))) == ["b", "a"]
    assert found(three, Scope(owner="cleo", teams=frozenset({"east"}))) == ["c"]
    assert found(three, Scope(owner="ann"), text="alle") == found(three, Scope(owner="ann"), team="south") == []
    note(three, "a", owner=None, team=None)
    assert found(three, Scope(owner="", teams=frozenset({""}))) == []


def test_a_list_goes_on_where_it_stopped(store: Store) -> None:
    """Calls that began at one time keep an order, and one that comes in meanwhile shifts nothing."""
    for number in range(7):
        with Recorder(store, now=lambda number=number: NINE + timedelta(hours=number // 3)) as recorder:
            recorder.take(started(f"call {number} ü"))
            recorder.take(ended(call=f"call {number} ü"))
    whole = [call.id for call in find(store, EVERYTHING, EVERYBODY)]
    pages: list[str] = []
    after = ""
    while page := find(store, EVERYTHING, EVERYBODY, limit=2, after=after):
        pages += [call.id for call in page]
        after = cursor(page[-1])
        keep(store, started(f"new {len(pages)}"))
    assert pages == whole
    assert after.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("after", ["x", "é", "QUJD", "====", "MjAyNi0xMS0yMlQwOTowMDowMCB4"])
def test_what_is_no_place_in_the_list_is_refused(store: Store, after: str) -> None:
    with pytest.raises(UsageError):
        find(store, EVERYTHING, EVERYBODY, after=after)


@pytest.mark.parametrize(
    "since", [datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), datetime.max.replace(tzinfo=timezone.min)]
)
def test_a_time_that_no_database_knows_is_refused(store: Store, since: datetime) -> None:
    with pytest.raises(StoreError) as error:
        find(store, Wanted(since=since), EVERYBODY)
    assert error.value.code == "store-refused"


@pytest.mark.parametrize("word", ["\0", "a\0b", "\ud800", "\U0010ffff"])
def test_words_that_a_database_may_not_hold_are_found_nowhere_or_refused(three: Store, word: str) -> None:
    for wanted in (Wanted(agent=word), Wanted(team=word), Wanted(agent="x", text=word)):
        try:
            found = find(three, wanted, EVERYBODY)
        except StoreError as error:
            found = error.code
        assert found in ((), "store-refused")


def test_noes_and_nudges_are_counted(three: Store) -> None:
    assert [(call.noes, call.nudges) for call in find(three, EVERYTHING, EVERYBODY)] == [(0, 0), (1, 0), (1, 1)]
    keep(three, started(), moment(MomentState.WITHDRAWN, 1.0), nudge(), ended())
    assert find(three, EVERYTHING, EVERYBODY, limit=1)[0].noes == 0


def test_a_page_of_a_full_store_reads_no_scorecards(path: Path) -> None:
    with Store.open(path) as store:
        keep(store, *told(RECOVERED))
        with store.writing() as session:
            session.execute(update(CallRow).values(scorecard={"damaged": True}))
        assert found(store) == ["c"]
