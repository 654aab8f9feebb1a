"""Lines, outcomes and totals read the same from both databases, and only of whom they may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from store.kept import RECOVERED, ended, keep, moment, nudge, started, told

from voiceassist.core.types import MomentState, NudgeKind
from voiceassist.errors import StoreError
from voiceassist.server import messages as wire
from voiceassist.store import outcomes, tabling
from voiceassist.store.database import Store
from voiceassist.store.lines import Thumbs, Totals
from voiceassist.store.recorder import Recorder
from voiceassist.store.search import EVERYBODY, EVERYTHING, Scope, Wanted, how_many
from voiceassist.store.tables import CallRow

NINE = datetime(2025, 11, 22, 9, tzinfo=UTC)
READERS = (tabling.calls, tabling.noes, tabling.nudges, tabling.scorecards, outcomes.outcomes)
NOBODY = Scope(owner="nobody", teams=frozenset({"none"}))


@pytest.fixture
def two(store: Store) -> Store:
    """One that recovered, and an hour later one of the silent arm that did not."""
    silent = wire.CallStarted(call="s", silent_arm=True)
    other = [
        silent,
        moment(MomentState.EXPIRED, 2.0, "No.", call="s", id_="s-m1"),
        moment(MomentState.EXPIRED, 5.0, "Perhaps not.", call="s", id_="s-m2", unsure=True),
        moment(MomentState.WITHDRAWN, 9.0, "No problem.", call="s", id_="s-m3"),
        ended(call="s", buy_ins=2, gracious=True),
    ]
    for hour, messages in enumerate([told(RECOVERED), other]):
        with Recorder(store, agent=f"agent {hour}", now=lambda hour=hour: NINE + timedelta(hours=hour)) as recorder:
            for message in messages:
                recorder.take(message)
    with store.writing() as session:
        session.execute(update(CallRow).where(CallRow.id == "s").values(owner="ann", team="north"))
    return store


def test_lines_of_calls(two: Store) -> None:
    silent, recovered = tabling.calls(two, EVERYTHING, EVERYBODY)
    assert (silent.call, silent.owner, silent.team, silent.agent) == ("s", "ann", "north", "agent 1")
    assert (silent.started_at, silent.silent_arm) == (NINE + timedelta(hours=1), True)
    assert (silent.noes, silent.repaired, silent.recovered, silent.expired, silent.nudges) == (2, 0, 0, 2, 0)
    assert (recovered.noes, recovered.recovered, recovered.nudges, recovered.alerts) == (1, 1, 1, 0)


def test_lines_of_noes(two: Store) -> None:
    first, second, recovered = tabling.noes(two, EVERYTHING, EVERYBODY)
    assert [(no.no, no.at, no.unsure) for no in (first, second)] == [("s-m1", 2.0, False), ("s-m2", 5.0, True)]
    assert (recovered.asked, recovered.reason, recovered.alternative) == ("can i have a refund", 14.0, 17.0)


def test_lines_of_nudges(store: Store) -> None:
    again = nudge(9.0, suggestions=["hold it for you", "send another"])
    keep(store, started(), nudge(), wire.Feedback(id="c-n1", helpful=False), again, ended())
    [line] = tabling.nudges(store, EVERYTHING, EVERYBODY)
    assert (line.nudge, line.no, line.renewed, line.helpful) == ("c-n1", "c-m1", 1, False)
    assert line.suggestions == ("hold it for you", "send another")


def test_lines_of_scorecards(two: Store) -> None:
    keep(two, started("cut off"))
    silent, recovered = tabling.scorecards(two, EVERYTHING, EVERYBODY)
    assert (silent.call, silent.buy_ins, silent.gracious, silent.noes) == ("s", 2, True, 0)
    assert (recovered.call, recovered.noes, recovered.recovered, recovered.closing) == ("c", 1, 1, True)


def test_outcomes_are_of_clear_noes_that_are_over(two: Store) -> None:
    keep(two, started("on"), moment(MomentState.OPEN, 1.0, call="on", id_="on-m1"))
    silent, recovered = outcomes.outcomes(two, EVERYTHING, EVERYBODY)
    assert (silent.call, silent.silent_arm, silent.state, silent.alternative) == ("s", True, "expired", None)
    assert (recovered.call, recovered.state, recovered.alternative, recovered.settled) == ("c", "recovered", 17.0, 17.0)
    assert outcomes.totals(two, EVERYTHING, EVERYBODY) == Totals(calls=3, silent=1, unsure=1)


def test_thumbs_are_counted_by_kind(store: Store) -> None:
    for place, helpful in enumerate([True, True, False, None]):
        call = f"c{place}"
        sent = nudge(call=call, id_=f"{call}-n1", kind=NudgeKind.GIVE_REASON)
        keep(store, started(call), sent, *([] if helpful is None else [wire.Feedback(id=sent.id, helpful=helpful)]))
    assert outcomes.thumbs(store, EVERYTHING, EVERYBODY) == (Thumbs("give_reason", 2, 1),)
    assert outcomes.thumbs(store, EVERYTHING, NOBODY) == ()


def test_nobody_reads_lines_of_others(two: Store) -> None:
    keep(two, nudge(call="s", id_="s-n1"))
    for read in READERS:
        assert list(read(two, EVERYTHING, NOBODY)) == list(read(two, EVERYTHING, Scope())) == []
        for scope in (Scope(owner="ann"), Scope(teams=frozenset({"north"}))):
            assert {line.call for line in read(two, EVERYTHING, scope)} == {"s"}
        assert {line.call for line in read(two, Wanted(until=NINE + timedelta(minutes=1)), EVERYBODY)} == {"c"}
    assert outcomes.totals(two, EVERYTHING, NOBODY) == Totals(0, 0, 0)
    assert how_many(two, EVERYTHING, NOBODY) == 0
    assert how_many(two, EVERYTHING, Scope(owner="ann")) == 1


def test_a_damaged_scorecard_is_said_in_one_line(two: Store) -> None:
    with two.writing() as session:
        session.execute(update(CallRow).values(scorecard={"counts": None}))
    with pytest.raises(StoreError) as error:
        list(tabling.scorecards(two, EVERYTHING, EVERYBODY))
    assert error.value.code == "store-damaged"


def test_who_stops_reading_lets_others_write(two: Store) -> None:
    lines = tabling.calls(two, EVERYTHING, EVERYBODY)
    next(lines)
    lines.close()
    two.delete("s")
    assert two.scrub()
