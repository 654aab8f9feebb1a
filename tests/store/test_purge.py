"""What is deleted is nowhere in the store's files any more."""

from __future__ import annotations

import random
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from store.kept import RECOVERED, ended, keep, moment, nudge, said, sql, started, told

from voiceassist.core.types import MomentState
from voiceassist.store.database import Store
from voiceassist.store.recorder import Recorder

CALLS = 60
THEN = datetime(2026, 11, 1, tzinfo=UTC)


def name(number: int) -> str:
    return f"call{number:04}x"


@pytest.fixture
def full(store: Store) -> Store:
    """Calls that went on at one time: their rows were moved about and rewritten between each other, as on a hub."""
    dice = random.Random(1)
    clock = [THEN]
    with Recorder(store, now=lambda: clock[0], room=100_000) as recorder:
        for number in range(CALLS):
            clock[0] = THEN + timedelta(days=number % 2, minutes=number)
            recorder.take(started(name(number)))
        live = [iter(told_of(number, dice)) for number in range(CALLS)]
        while live:
            call = dice.choice(live[:20])
            message = next(call, None)
            if message is None:
                live.remove(call)
            else:
                recorder.take(message)
    assert (recorder.dropped, recorder.trouble) == (0, None)
    return store


def told_of(number: int, dice: random.Random) -> list:
    """Messages that all say which call they are of."""
    call = name(number)
    messages = []
    for at in range(dice.randint(1, 8)):
        words = " ".join([call] * dice.choice([1, 3, 20, 200, 900]))
        no, sent = f"{call}-m{at}", f"{call}-n{at}"
        messages += [
            said(words, at * 2.0, call=call),
            moment(MomentState.OPEN, at * 2 + 1.0, words[:300], id_=no, call=call),
            nudge(at * 2 + 1.5, id_=sent, call=call, of=no, suggestions=[words[:60]]),
            moment(MomentState.NUDGED, at * 2 + 1.7, words[:200], id_=no, call=call),
            nudge(at * 2 + 1.8, id_=sent, call=call, of=no, suggestions=[words[:60]] * 3),
        ]
    return [*messages, ended(call=call)]


def left(path: Path) -> set[int]:
    """The calls that any byte of the store's files still names."""
    on_disk = b"".join(file.read_bytes() for file in path.parent.iterdir())
    return {int(number) for number in re.findall(rb"call(\d{4})x", on_disk)}


def test_nothing_is_left_of_one_call(full: Store, path: Path) -> None:
    assert left(path) == {*range(CALLS)}
    for number in range(0, CALLS, 3):
        full.delete(name(number))
        assert full.scrub()
        if number % 30 == 0:
            assert number not in left(path)
    assert left(path) == {number for number in range(CALLS) if number % 3}


def test_nothing_is_left_of_a_period(full: Store, path: Path) -> None:
    assert full.forget(THEN + timedelta(days=1)) == CALLS // 2
    assert full.scrub()
    assert left(path) == {*range(1, CALLS, 2)}
    assert sql(path, "PRAGMA freelist_count") == [(0,)]
    assert sql(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_store_goes_on_after_it_was_scrubbed(full: Store) -> None:
    before = full.calls()
    assert full.scrub()
    assert full.calls() == before
    keep(full, *told(RECOVERED))
    assert full.call("c").moments


def test_who_reads_meanwhile_is_told_of(full: Store, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM calls").fetchall()
        with closing(full._engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA busy_timeout=10")  # the pool hands it out again
        full.forget(THEN + timedelta(days=1))
        assert not full.scrub()
    assert full.scrub()
    assert left(path) == {*range(1, CALLS, 2)}
