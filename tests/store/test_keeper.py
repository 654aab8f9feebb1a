"""Each event of a call is kept once, whoever sends it again and whichever process takes it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from calls import CUSTOMER
from postgres import PostgresServer
from sqlalchemy import delete, event
from store.hubs import NOW, Hub
from store.kept import RECOVERED, alert, ended, keep, mark, mine, moment, nudge, said, started, told

from voiceassist.core.types import AudioState, ClearedWhy, MarkKind, MomentState, NudgeKind
from voiceassist.server import messages as wire
from voiceassist.store.database import Store
from voiceassist.store.folding import MOST
from voiceassist.store.recorder import Recorder
from voiceassist.store.records import CallState
from voiceassist.store.tables import DeletedRow


def annul(store: Store) -> None:
    """As if the call had never been."""
    store.delete("c")
    with store.writing() as session:
        session.execute(delete(DeletedRow))


def run(store: Store, messages: Sequence[wire.CallEvent], *, owner: str = "ann", **options: bool) -> Hub:
    """Let a process of a hub keep messages, to the last one."""
    hub = Hub(store, **options)
    hub.take(messages, owner=owner)
    hub.stop()
    return hub


def rich() -> list[wire.CallEvent]:
    """A call with something of every kind."""
    more: list[wire.CallEvent] = [
        mark(MarkKind.RULED_OUT, 24.0, "you get it today"),
        wire.Audio(call="c", at=24.5, state=AudioState.PAUSED),
        alert(25.0),
        wire.Thumb(call="c", at=26.0, id="c-n1", helpful=True),
    ]
    messages = told(RECOVERED)
    return mine(*messages[:-1], *more, messages[-1])


@pytest.mark.parametrize("cut", [1, 7, 20])
def test_what_is_sent_again_is_known(store: Store, cut: int) -> None:
    messages = rich()
    first = run(store, messages)
    before = store.call("c")
    assert before.info.state is CallState.ENDED
    assert before.nudges[0].helpful is True
    again = run(store, messages[:cut])
    assert store.call("c") == before
    assert len(store.alerts(None, NOW)) == 1
    assert (first.kept, again.kept) == ({"c": len(messages)}, {"c": len(messages)})


def test_what_is_sent_twice_at_once_is_kept_once(store: Store) -> None:
    messages = rich()
    hub = run(store, [message for message in messages for _ in range(2)])
    twice = store.call("c")
    annul(store)
    run(store, messages)
    assert store.call("c") == twice
    assert hub.kept == {"c": len(messages)}


def test_another_process_goes_on_with_a_call(store: Store, where: Path | str) -> None:
    messages = rich()
    run(store, messages)
    whole = store.call("c")
    annul(store)
    with Store.open(where) as other:
        one, two = Hub(store), Hub(other)
        for number in range(0, len(messages), 2):
            # Each takes the last two events of the other again: their acknowledgement was lost.
            hub = (one, two)[number // 2 % 2]
            hub.take(messages[max(0, number - 2) : number + 2])
            hub.recorder.forget("c")
            hub.wait_for("c", min(number + 2, len(messages)))
        one.stop()
        two.stop()
    assert store.call("c") == whole


def test_a_process_that_still_has_a_call_does_not_turn_it_back(store: Store, where: Path | str) -> None:
    begun = mine(started(), moment(MomentState.OPEN, 1.0))
    gone_on = mine(moment(MomentState.NUDGED, 2.0), nudge(2.0), moment(MomentState.EXPIRED, 20.0), first=3)
    late = mine(moment(MomentState.NUDGED, 2.0), first=3)
    hub = Hub(store)
    hub.take(begun)
    hub.wait_for("c", 2)
    with Store.open(where) as other:
        run(other, gone_on)
    hub.take([*late, *mine(nudge(30.0), first=6)])
    hub.stop()
    call = store.call("c")
    assert [(no.state, no.judged) for no in call.moments] == [(MomentState.EXPIRED, 2.0)]
    assert [sending.at for sending in call.nudges[0].sendings] == [2.0, 30.0]


@pytest.mark.parametrize("same", [True, False], ids=["the process that had it", "another one"])
def test_what_comes_late_of_a_call_that_was_deleted_is_not_kept(store: Store, *, same: bool) -> None:
    hub = Hub(store)
    hub.take(mine(started(), moment(MomentState.OPEN, 1.0, "forget me"), said("forget me")))
    hub.wait_for("c", 3)
    store.delete("c")
    if not same:
        hub.stop()
        hub = Hub(store)
    other = mine(started(), call="d")
    hub.take([*mine(said("and this", 10.0), alert(11.0), ended(12.0), first=4), *other])
    hub.stop()
    assert [call.id for call in store.calls()] == ["d"]
    assert hub.kept == {"c": 6, "d": 1}
    assert hub.recorder.trouble is None


def test_on_this_machine_a_call_that_was_deleted_begins_anew(store: Store) -> None:
    with Recorder(store) as recorder:
        recorder.take(started())
        recorder.take(said("forget me"))
        recorder.take(ended())
    store.delete("c")
    keep(store, started(), said("go on"), ended())
    assert [u.text for u in store.call("c").utterances] == ["go on"]


def test_a_call_is_never_written_for_anybody_else(store: Store) -> None:
    run(store, mine(started(), said("mine")))
    before = store.call("c")
    run(store, mine(started(), said("yours", 9.0), ended(), first=3), owner="bob")
    keep(store, started("local"), said("mine", call="local"))
    run(store, mine(said("yours", 9.0), call="local", first=3), owner="bob")
    assert store.call("c") == before
    assert [u.text for u in store.call("local").utterances] == ["mine"]


def test_on_a_hub_no_call_takes_the_place_of_another(store: Store) -> None:
    run(store, mine(started(), said("stay")))
    run(store, mine(started(), said("and go on", 9.0), first=3))
    assert [u.text for u in store.call("c").utterances] == ["stay", "and go on"]


def test_on_this_machine_a_call_begins_anew_also_in_one_batch(store: Store) -> None:
    once = told(RECOVERED)
    keep(store, *once, wire.Feedback(id="c-n1", helpful=False), *once, wire.Feedback(id="c-n1", helpful=True))
    twice = store.call("c")
    assert len(twice.moments) == len(twice.nudges) == 1
    assert twice.nudges[0].helpful is True
    keep(store, *once)
    assert store.call("c").nudges[0].helpful is None


def test_without_words_only_those_of_noes_are_kept(store: Store, where: Path | str) -> None:
    *most, last = rich()
    assert isinstance(last, wire.CallEnded)
    outside = wire.MarkHeard(kind=MarkKind.RULED_OUT, at=24.0, quote="you get it today", note="it takes a week")
    more: list[wire.CallEvent] = [
        mark(MarkKind.RULED_OUT, 24.0, "you get it today", note="it takes a week"),
        mark(MarkKind.UNACKNOWLEDGED, 10.0, "sold out", of="c-m1"),
        nudge(26.0, id_="c-n2", of=None, kind=NudgeKind.LET_THEM_FINISH).model_copy(
            update={"quote": "you get it today"}
        ),
        last.model_copy(update={"scorecard": last.scorecard.model_copy(update={"marks": (outside,)})}),
    ]
    messages = mine(*most, *more)
    hub = run(store, messages, words=False)
    without = store.call("c")
    if isinstance(where, Path):
        store.scrub()
        assert b"you get it today" not in where.read_bytes()
    annul(store)
    run(store, messages)
    whole = store.call("c")
    assert hub.kept == {"c": len(messages)}
    assert without.scorecard is not None
    assert whole.scorecard is not None
    assert without.utterances == ()
    assert [(one.quote, one.note) for one in without.scorecard.marks] == [("", "it takes a week")]
    assert [(one.quote, one.note) for one in whole.scorecard.marks] == [("you get it today", "it takes a week")]
    assert [(one.quote, one.note) for one in without.marks] == [("sold out", ""), ("", ""), ("", "it takes a week")]
    assert [one.quote for one in whole.marks] == ["sold out", "you get it today", "you get it today"]
    assert [one.quote for one in without.nudges] == [whole.nudges[0].quote, ""]
    assert without.moments == whole.moments
    assert without.scorecard.noes == whole.scorecard.noes


def test_a_renewal_keeps_the_thumb(store: Store) -> None:
    cleared = wire.NudgeCleared(call="c", at=15.0, id="c-n1", why=ClearedWhy.EXPIRED)
    thumb = wire.Thumb(call="c", at=16.0, id="c-n1", helpful=False)
    run(store, mine(started(), nudge(5.0), cleared))
    run(store, mine(thumb, nudge(17.0, suggestions=["hold it"]), first=4))
    [kept] = store.call("c").nudges
    assert (kept.helpful, kept.why, kept.suggestions, len(kept.renewals)) == (False, None, ("hold it",), 1)


def test_a_thumb_after_the_call_is_kept(store: Store) -> None:
    run(store, mine(started(), nudge(5.0), ended()))
    run(store, mine(wire.Thumb(call="c", at=70.0, id="c-n1", helpful=True), first=4))
    call = store.call("c")
    assert (call.nudges[0].helpful, call.info.state) == (True, CallState.ENDED)
    assert call.scorecard is not None


def test_the_process_that_had_a_call_does_not_end_it_by_leaving(store: Store) -> None:
    run(store, mine(started(), said("hello", channel=CUSTOMER)))
    assert [call.id for call in store.live(NOW.replace(hour=8))] == ["c"]


UNKEEPABLE = {
    "a name too long": moment(MomentState.OPEN, 2.0, id_="m" * 201),
    "no time": said("when").model_copy(update={"start": float("nan")}),
}


@pytest.mark.parametrize("bad", UNKEEPABLE.values(), ids=UNKEEPABLE)
def test_what_no_database_holds_stops_nothing(store: Store, bad: wire.CallEvent, database: str) -> None:
    if database == "sqlite" and isinstance(bad, wire.Moment):
        bad = bad.model_copy(update={"at": float("nan")})  # it keeps names of any length
    others = mine(started("d"), *(said(f"word {n}", float(n)) for n in range(20)), call="d")
    hub = run(store, [*others[:7], *mine(started(), bad, said("and on")), *others[7:], *mine(ended(), first=4)])
    assert [u.text for u in store.call("c").utterances] == ["and on"]
    assert len(store.call("d").utterances) == 20
    assert hub.kept == {"c": 4, "d": 21}
    assert hub.recorder.dropped == 1
    assert store.call("c").info.dropped == 0


def test_a_number_that_no_database_holds_stops_nothing(store: Store) -> None:
    huge = said("huge").model_copy(update={"seq": 1 << 63})
    hub = run(store, [*mine(started()), huge, *mine(said("on"), first=2)])
    assert [u.text for u in store.call("c").utterances] == ["on"]
    assert (hub.kept, hub.recorder.dropped) == ({"c": 2}, 1)


def test_what_no_database_holds_is_not_asked_for_again(store: Store) -> None:
    assert run(store, mine(started(), UNKEEPABLE["no time"])).kept == {"c": 2}


def test_what_stands_beside_it_is_kept_once(store: Store) -> None:
    with Recorder(store) as recorder:
        for message in (started(), nudge(5.0), UNKEEPABLE["no time"]):
            recorder.take(message)
    call = store.call("c")
    assert [sending.at for sending in call.nudges[0].sendings] == [5.0]
    assert (call.utterances, recorder.dropped) == ((), 1)


def test_two_processes_that_take_the_same_call_at_once_keep_it_as_one(store: Store, where: Path | str) -> None:
    renewed = [event for n in range(2, 120, 2) for event in (nudge(float(n)), moment(MomentState.NUDGED, float(n)))]
    messages = mine(started(), *renewed, moment(MomentState.EXPIRED, 130.0))
    run(store, messages)
    once = store.call("c")
    for _ in range(5):
        annul(store)
        with Store.open(where) as other:
            both = Hub(store), Hub(other)
            for message in messages:
                for hub in both:
                    hub.take([message])
            for hub in both:
                hub.stop()
        assert store.call("c") == once


def test_who_writes_a_call_has_seen_what_others_wrote(postgres: PostgresServer, migrated: str) -> None:
    """The slower of two processes has looked at the call, and writes it only when the other has got further."""
    name = postgres.database(like=migrated)
    url, waiting = postgres.url(name), "SELECT count(*) FROM pg_locks WHERE NOT granted"
    messages = mine(started(), *(nudge(float(n)) for n in range(2, 8)))
    with Store.open(url) as store, Store.open(url) as other:
        run(store, messages[:1])
        looked, go = threading.Event(), threading.Event()

        def pause(*args: Any) -> None:
            if args[2].startswith("INSERT INTO calls"):
                looked.set()
                go.wait()

        with store.reading() as session:
            event.listen(session.get_bind(), "before_cursor_execute", pause)
        slower, faster = Hub(store), Hub(other)
        slower.take(messages[1:3])
        looked.wait()
        faster.take(messages[1:])
        tick = threading.Event()
        while "c" not in faster.kept and postgres.sql(waiting) == [[0]]:
            tick.wait(0.01)
        go.set()
        slower.stop()
        faster.stop()
        [kept] = store.call("c").nudges
        assert [sending.at for sending in kept.sendings] == [float(n) for n in range(2, 8)]
    postgres.drop(name)


def test_of_a_call_without_end_only_so_much_is_kept(store: Store) -> None:
    noes = [moment(MomentState.OPEN, 1.0, id_=f"c-m{number}") for number in range(MOST + 5)]
    nudges = [nudge(2.0, id_=f"c-n{number}") for number in range(MOST + 5)]
    renewals = [nudge(3.0) for _ in range(MOST + 5)]
    last = moment(MomentState.EXPIRED, 4.0, id_="c-m0")
    messages = mine(started(), *noes, *renewals, *nudges, last)
    assert run(store, messages).kept == {"c": len(messages)}
    kept = store.call("c")
    assert (len(kept.moments), len(kept.nudges)) == (MOST, MOST)
    assert kept.moments[0].state is MomentState.EXPIRED
    [renewed] = [one for one in kept.nudges if one.id == "c-n1"]
    assert len(renewed.renewals) == MOST
