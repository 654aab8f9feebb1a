"""What a call leaves in the store, and how it is found and forgotten again."""

from __future__ import annotations

import os
import stat
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from calls import AGENT, CUSTOMER
from sqlalchemy import update
from store.kept import RECOVERED, ended, keep, mark, moment, nudge, said, sql, started, statements, told

from voiceassist.core.types import AudioState, ClearedWhy, MarkKind, MomentState, NudgeKind, Withheld
from voiceassist.errors import StoreError
from voiceassist.server import messages as wire
from voiceassist.store.database import BEAT, Store
from voiceassist.store.location import NAME, location
from voiceassist.store.recorder import Recorder
from voiceassist.store.records import CallState
from voiceassist.store.tables import CallRow

OPEN, NUDGED, RECOVERED_STATE = MomentState.OPEN, MomentState.NUDGED, MomentState.RECOVERED


def test_a_call_is_kept_as_it_went(store: Store) -> None:
    messages = told(RECOVERED)
    keep(store, *messages, agent="ann", transcriber="scripted")
    call = store.call("c")
    assert (call.info.agent, call.info.transcriber, call.info.state) == ("ann", "scripted", CallState.ENDED)
    assert (call.info.noes, call.info.nudges, call.info.dropped) == (1, 1, 0)
    finals = [m for m in messages if isinstance(m, wire.Transcript) and m.final]
    assert {(u.channel, u.start, u.end, u.text) for u in call.utterances} == {
        (m.channel, m.start, m.end, m.text) for m in finals
    }
    assert [u.start for u in call.utterances] == sorted(m.start for m in finals)
    end = messages[-1]
    assert isinstance(end, wire.CallEnded)
    assert call.scorecard == end.scorecard
    assert call.info.seconds == end.at
    [no] = call.moments
    seen = [m for m in messages if isinstance(m, wire.Moment)]
    assert (no.opened, no.state, no.settled) == (seen[0].at, RECOVERED_STATE, 17.0)
    assert no.judged == next(m.at for m in seen if m.state is NUDGED)
    assert (no.acknowledgement, no.reason, no.alternative, no.buy_in) == (11.0, 14.0, 17.0, 17.0)
    [sent] = call.nudges
    assert (sent.moment, sent.sent_at, sent.kind) == (no.id, no.judged, NudgeKind.OFFER_ALTERNATIVE)
    cleared = next(m for m in messages if isinstance(m, wire.NudgeCleared))
    assert (sent.cleared_at, sent.why) == (cleared.at, cleared.why)


def test_marks_and_sound_are_kept(store: Store) -> None:
    told_so = mark(MarkKind.RULED_OUT, 3.0, "you get it today", of="c-m1", note="It takes three days.")
    sound = wire.Audio(call="c", at=4.0, state=AudioState.PAUSED, channel=AGENT)
    keep(store, started(), told_so, mark(MarkKind.PARROTED, 5.0), sound, ended())
    call = store.call("c")
    assert [(m.kind, m.at, m.moment, m.note) for m in call.marks] == [
        (MarkKind.RULED_OUT, 3.0, "c-m1", "It takes three days."),
        (MarkKind.PARROTED, 5.0, None, ""),
    ]
    assert [(s.at, s.state, s.channel) for s in call.sounds] == [(4.0, AudioState.PAUSED, AGENT)]


def test_words_that_may_change_and_what_belongs_to_no_call_are_not_kept(store: Store) -> None:
    interim = said("no we").model_copy(update={"final": False})
    between = wire.Audio(state=AudioState.SILENT)
    keep(store, started(), interim, between, wire.CallStart(), wire.Pause(), ended())
    call = store.call("c")
    assert (call.utterances, call.sounds) == ((), ())
    assert len(store.calls()) == 1


def test_a_nudge_that_is_renewed_belongs_to_each_no_it_came_for(store: Store) -> None:
    cleared = wire.NudgeCleared(call="c", at=15.0, id="c-n1", why=ClearedWhy.EXPIRED)
    again = nudge(16.0, of="c-m2", suggestions=["hold it for you"])
    keep(store, started(), nudge(5.0), cleared, again)
    [kept] = store.call("c").nudges
    assert [(s.at, s.moment) for s in kept.sendings] == [(5.0, "c-m1"), (16.0, "c-m2")]
    assert (kept.why, kept.cleared_at, kept.suggestions) == (None, None, ("hold it for you",))


def test_a_moment_that_is_nudged_again_is_not_settled(store: Store) -> None:
    states = [(OPEN, 1.0), (NUDGED, 2.0), (RECOVERED_STATE, 5.0), (NUDGED, 9.0)]
    keep(store, started(), *(moment(state, at) for state, at in states))
    [no] = store.call("c").moments
    assert (no.judged, no.settled, no.state) == (2.0, None, NUDGED)


def test_a_moment_whose_nudge_was_withheld_was_judged_then(store: Store) -> None:
    withheld = moment(OPEN, 2.5).model_copy(update={"withheld": Withheld.CAP})
    keep(store, started(), moment(OPEN, 1.0), withheld, moment(MomentState.EXPIRED, 20.0))
    [no] = store.call("c").moments
    assert (no.judged, no.settled, no.withheld) == (2.5, 20.0, None)


def test_thumbs_and_paints_of_a_nudge(store: Store) -> None:
    clock = iter([0.0, 10.0, 10.25, 11.0, 12.0, 13.0])
    with Recorder(store, clock=lambda: next(clock)) as recorder:
        for message in (
            started(),
            nudge(5.0),
            wire.Painted(id="c-n1"),
            wire.Painted(id="c-n1"),
            wire.Feedback(id="c-n1", helpful=True),
            wire.Feedback(id="nobody's", helpful=False),
        ):
            recorder.take(message)
    [kept] = store.call("c").nudges
    assert (kept.painted_at, kept.helpful) == (5.25, True)


def test_thumbs_are_counted_by_kind_over_all_calls(store: Store) -> None:
    for number, (kind, helpful) in enumerate(
        [
            (NudgeKind.GIVE_REASON, True),
            (NudgeKind.GIVE_REASON, False),
            (NudgeKind.GIVE_REASON, True),
            (NudgeKind.ACKNOWLEDGE, False),
            (NudgeKind.OFFER_ALTERNATIVE, None),
        ]
    ):
        call = f"c{number}"
        sent = nudge(call=call, id_=f"{call}-n1", kind=kind)
        thumb = [] if helpful is None else [wire.Feedback(id=sent.id, helpful=helpful)]
        keep(store, started(call), sent, *thumb)
    assert store.votes() == {NudgeKind.GIVE_REASON: (2, 1), NudgeKind.ACKNOWLEDGE: (0, 1)}


def test_a_call_that_begins_anew_takes_the_place_of_the_one_before(store: Store) -> None:
    keep(store, *told(RECOVERED), started(), said("hello again"))
    call = store.call("c")
    assert [u.text for u in call.utterances] == ["hello again"]
    assert (call.moments, call.nudges, call.scorecard) == ((), (), None)


def test_a_call_whose_beginning_was_missed_is_kept_from_there(store: Store) -> None:
    keep(store, moment(OPEN, 9.0), ended())
    assert store.call("c").info.noes == 1


def test_calls_are_listed_the_newest_first(store: Store) -> None:
    start = datetime(2026, 11, 22, 9, tzinfo=UTC)
    for hour in range(3):
        with Recorder(store, now=lambda hour=hour: start + timedelta(hours=hour)) as recorder:
            recorder.take(started(f"call-{hour}"))
            recorder.take(moment(MomentState.WITHDRAWN, 1.0, call=f"call-{hour}"))
            recorder.take(ended(call=f"call-{hour}"))
    assert [call.id for call in store.calls()] == ["call-2", "call-1", "call-0"]
    assert [call.id for call in store.calls(1)] == ["call-2"]
    assert store.call("last").info.id == "call-2"
    assert store.calls()[0].noes == 0  # taken back: it was none
    assert store.calls()[-1].started_at == start


def test_a_call_may_be_named_last(store: Store) -> None:
    keep(store, started("last"), ended(call="last"))
    keep(store, started("other"), ended(call="other"))
    assert store.call("last").info.id == "last"


def test_what_is_not_there_is_said(store: Store) -> None:
    for ask in (lambda: store.call("x"), lambda: store.delete("x"), lambda: store.call("last")):
        with pytest.raises(StoreError) as error:
            ask()
        assert error.value.code == "call-unknown"


# --- forgetting -------------------------------------------------------------------------------------------------------


def test_what_is_deleted_is_gone_from_the_disk(store: Store, path: Path) -> None:
    keep(store, started(), said("abracadabra forget me"), ended())
    keep(store, started("d"), said("stay with me", call="d"), ended(call="d"))
    store.delete("c")
    assert [call.id for call in store.calls()] == ["d"]
    tables = [name for (name,) in sql(path, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    with_call = [t for t in tables if any(column[1] == "call" for column in sql(path, f"PRAGMA table_info({t})"))]
    assert with_call
    assert [t for t in with_call if sql(path, f"SELECT 1 FROM {t} WHERE call = 'c'")] == []
    on_disk = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"stay with me" in on_disk
    assert b"abracadabra" not in on_disk


def test_calls_that_are_too_old_are_forgotten_when_the_next_is_recorded(store: Store) -> None:
    then = datetime(2026, 1, 1, tzinfo=UTC)
    with Recorder(store, now=lambda: then) as recorder:
        recorder.take(started("old"))
    with Recorder(store, now=lambda: then + timedelta(days=89)) as recorder:
        recorder.take(started("young"))
    with Recorder(store, days=90, now=lambda: then + timedelta(days=91)):
        pass
    assert [call.id for call in store.calls()] == ["young"]


def test_a_program_that_runs_for_weeks_forgets_whenever_a_call_begins(store: Store) -> None:
    clock = [datetime(2026, 1, 1, tzinfo=UTC)]
    with Recorder(store, days=90, now=lambda: clock[0]) as recorder:
        recorder.take(started("old"))
        while not store.calls():
            time.sleep(0.005)
        clock[0] += timedelta(days=91)
        recorder.take(started("young"))
    assert [call.id for call in store.calls()] == ["young"]


def test_thumbs_fade_after_a_month(where: Path | str) -> None:
    clock = [datetime.now(UTC)]
    with Store.open(where, now=lambda: clock[0]) as store:
        keep(store, started(), nudge(), wire.Feedback(id="c-n1", helpful=False))
        assert sum(sum(thumbs) for thumbs in store.votes().values()) == 1
        clock[0] += timedelta(days=31)
        assert store.votes() == {}


# --- the state of a call ----------------------------------------------------------------------------------------------


def test_a_call_is_on_until_its_writer_is_silent_for_too_long(where: Path | str) -> None:
    start = datetime(2026, 11, 22, 9, tzinfo=UTC)
    clock = [start]
    with Store.open(where, now=lambda: clock[0]) as store:
        recorder = Recorder(store, now=lambda: start)
        recorder.take(started())
        recorder.take(said("hello"))
        recorder.close()
        with store.writing() as session:
            session.execute(update(CallRow).values(seen_at=start))  # as if it had been killed
        assert store.call("c").info.state is CallState.ON
        clock[0] = start + 4 * BEAT
        assert store.call("c").info.state is CallState.CUT_OFF


def test_a_writer_that_leaves_says_so(store: Store) -> None:
    keep(store, started(), said("hello"))
    assert store.call("c").info.state is CallState.CUT_OFF


# --- the database -----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_nobody_else_may_read_the_calls(store: Store, path: Path) -> None:
    keep(store, started(), ended())
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_a_file_that_is_no_store_is_refused_in_one_line(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("Dear diary, today was long enough to be taken for a database by nobody.\n" * 40)
    (tmp_path / "file").write_text("")
    for path in (text, tmp_path, tmp_path / "file" / "calls.sqlite3", Path("\0")):
        with pytest.raises(StoreError) as error:
            Store.open(path)
        assert "\n" not in str(error.value)
    assert text.read_text().startswith("Dear diary")


def test_tables_of_somebody_else_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    sql(path, "CREATE TABLE calls (number INTEGER)", "INSERT INTO calls VALUES (7)")
    with pytest.raises(StoreError, match="already exists"):
        Store.open(path)
    assert sql(path, "SELECT * FROM calls") == [(7,)]
    assert sql(path, "SELECT name FROM sqlite_master") == [("calls",)]


def test_a_damaged_row_is_said_in_one_line(store: Store) -> None:
    keep(store, started(), moment(OPEN, 1.0), ended())
    statements(store, "UPDATE moments SET state = 'shouted'")
    with pytest.raises(StoreError) as error:
        store.call("c")
    assert error.value.code == "store-damaged"


def test_two_writers_share_a_store(store: Store, where: Path | str) -> None:
    with Store.open(where) as second, Recorder(store) as one, Recorder(second) as two:
        for number in range(50):
            one.take(said(f"one {number}", float(number), call="one"))
            two.take(said(f"two {number}", float(number), call="two", channel=CUSTOMER))
    assert (one.dropped, two.dropped) == (0, 0)
    assert {call: len(store.call(call).utterances) for call in ("one", "two")} == {"one": 50, "two": 50}


def test_where_calls_are_kept(tmp_path: Path) -> None:
    assert location("", {}) is None
    assert location("mine.sqlite3", {}) == Path("mine.sqlite3")
    with pytest.raises(StoreError, match=r"store\.path"):
        location("~nobody-has-this-name/calls", {})
    if os.name == "posix" and os.uname().sysname == "Linux":
        assert location("auto", {"XDG_DATA_HOME": str(tmp_path)}) == tmp_path / "voiceassist" / NAME
        usual = Path.home() / ".local" / "share" / "voiceassist" / NAME
        assert location("auto", {}) == location("auto", {"XDG_DATA_HOME": "not/absolute"}) == usual
