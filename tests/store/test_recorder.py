"""Recording never makes the call wait, and says what it could not keep."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from needs import ROOT
from store.kept import ended, keep, moment, nudge, said, sql, started, statements

from voiceassist.core.types import MomentState
from voiceassist.server import messages as wire
from voiceassist.store import recorder as recording
from voiceassist.store.database import Store
from voiceassist.store.recorder import Recorder
from voiceassist.store.records import CallState

# Five hundred utterances that have had their second, then more until somebody kills it.
WRITER = """
import sys, threading
from pathlib import Path
from store.kept import moment, said, started
from voiceassist.core.types import MomentState
from voiceassist.store.database import Store
from voiceassist.store.recorder import Recorder

store = Store.open(Path(sys.argv[1]))
recorder = Recorder(store)
pause = threading.Event()
recorder.take(started())
recorder.take(moment(MomentState.OPEN, 0.5))
for number in range(500):
    recorder.take(said(f"word {number}", float(number)))
pause.wait(1.0)
print("ready", recorder.dropped, flush=True)
for number in range(500, 1_000_000):
    recorder.take(said(f"word {number}", float(number)))
    pause.wait(0.0005)
"""


def test_a_killed_process_loses_at_most_the_last_second(path: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready 0\n"
        writer.kill()
    assert sql(path, "PRAGMA integrity_check") == [("ok",)]
    later = datetime.now(UTC) + timedelta(minutes=1)
    with Store.open(path, now=lambda: later) as store:
        call = store.call("c")
        assert call.info.state is CallState.CUT_OFF
        assert (call.scorecard, call.info.noes) == (None, 1)
        texts = [u.text for u in call.utterances]
        assert texts == [f"word {number}" for number in range(len(texts))]
        assert len(texts) >= 500
        keep(store, said("and on it goes", 10_000.0))
        assert store.call("c").utterances[-1].text == "and on it goes"


def test_what_cannot_wait_is_counted(store: Store, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")  # nobody else can write meanwhile
        recorder = Recorder(store, room=10)
        for number in range(200):
            recorder.take(said(f"word {number}", float(number)))
        dropped = recorder.dropped
        assert dropped > 0
        assert recorder.dropped == dropped  # nothing more was lost by asking
        holder.execute("ROLLBACK")
    room = threading.Event()
    while True:
        before = recorder.dropped
        recorder.take(ended(300.0))
        if recorder.dropped == before:
            break
        room.wait(0.01)
    recorder.close()
    assert recorder.trouble is None
    call = store.call("c")
    assert call.info.state is CallState.ENDED
    assert len(call.utterances) == 200 - dropped
    assert call.info.dropped == before


def test_what_the_disk_refuses_is_counted_and_the_next_call_is_kept(store: Store) -> None:
    statements(store, "ALTER TABLE utterances RENAME TO away")
    with Recorder(store) as recorder:
        recorder.take(started())
        recorder.take(said("nowhere to go"))
    assert recorder.dropped == 2
    assert recorder.trouble is not None
    assert "\n" not in str(recorder.trouble)
    assert "nowhere to go" not in str(recorder.trouble)
    statements(store, "ALTER TABLE away RENAME TO utterances")
    keep(store, started("d"), said("here", call="d"), ended(call="d"))
    assert [u.text for u in store.call("d").utterances] == ["here"]


def test_a_silent_call_stays_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "BEAT", timedelta(milliseconds=5))
    ticks = iter(range(1_000_000))
    with Recorder(store, now=lambda: datetime.now(UTC) + timedelta(seconds=next(ticks))) as recorder:
        recorder.take(started())
        tick = threading.Event()
        seen: set[object] = set()
        while len(seen) < 4:
            seen |= {row[0] for row in statements(store, "SELECT seen_at FROM calls")}
            tick.wait(0.005)
        assert store.call("c").info.state is CallState.ON


def test_everything_that_waits_is_written_before_it_closes(store: Store) -> None:
    with Recorder(store) as recorder:
        recorder.take(started())
        for number in range(3000):
            recorder.take(said(f"word {number}", float(number)))
        recorder.take(ended(4000.0))
    assert recorder.dropped == 0
    assert len(store.call("c").utterances) == 3000


def test_what_was_said_is_data_to_the_database(store: Store) -> None:
    text = "Robert'); DROP TABLE calls;-- \u202e </script> 👩🏽\u200d🚀 \\ \x07"
    keep(store, started(text), said(text, call=text), moment(MomentState.OPEN, 1.0, text, call=text), nudge(call=text))
    call = store.call(text)
    assert (call.utterances[0].text, call.moments[0].quote) == (text, text)
    assert json.loads(call.model_dump_json())["utterances"][0]["text"] == text


def test_a_call_that_comes_late_is_kept_as_when_it_was(store: Store) -> None:
    noon = datetime(2026, 5, 4, 12, tzinfo=UTC)
    with Recorder(store, now=lambda: noon + timedelta(hours=2)) as recorder:
        for message in (
            wire.CallStarted(call="c", seq=1, started_at=noon, transcriber="scripted"),
            ended(60.0).model_copy(update={"seq": 2}),
            wire.CallStarted(call="d", seq=1, started_at=noon + timedelta(hours=3)),
        ):
            recorder.take(message, owner="ada", team="Refunds", agent="Ada")
    late, ahead = store.call("c").info, store.call("d").info
    assert (late.started_at, late.ended_at) == (noon, noon + timedelta(seconds=60))
    assert late.transcriber == "scripted"
    assert ahead.started_at == noon + timedelta(hours=2)  # the machine's clock is ahead
