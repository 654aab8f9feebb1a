"""A patient recorder loses nothing while the database refuses, and writes on once it answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from postgres import PostgresServer
from store.hubs import Hub
from store.kept import mine, said, started, statements

from voiceassist.errors import StoreError
from voiceassist.server import messages as wire
from voiceassist.store import recorder as recording
from voiceassist.store.database import Store


def words(count: int, *, first: int) -> list[wire.CallEvent]:
    return mine(*(said(f"word {n}", float(n)) for n in range(first, first + count)), first=first)


def kept(store: Store) -> list[str]:
    return [utterance.text for utterance in store.call("c").utterances]


def test_nothing_is_dropped_while_the_database_refuses(store: Store) -> None:
    hub = Hub(store, room=10)
    hub.take(mine(started()))
    hub.wait_for("c", 1)
    statements(store, "ALTER TABLE utterances RENAME TO away")
    first, *rest = words(12, first=2)
    hub.take([first])
    tick = threading.Event()
    while hub.recorder.stalled is None:
        tick.wait(0.005)
    assert "word" not in str(hub.recorder.stalled)
    hub.take(rest[:10])
    assert not hub.recorder.take(rest[10], owner="ann")
    assert hub.kept == {"c": 1}
    statements(store, "ALTER TABLE away RENAME TO utterances")
    hub.wait_for("c", 12)
    assert hub.recorder.stalled is None
    hub.take(rest[10:])
    hub.stop()
    assert kept(store) == [f"word {n}" for n in range(2, 14)]
    assert hub.recorder.dropped == 0


def test_who_closes_does_not_wait_for_ever(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "_PATIENCE", 0.2)
    hub = Hub(store)
    hub.take(mine(started()))
    hub.wait_for("c", 1)
    statements(store, "ALTER TABLE utterances RENAME TO away")
    hub.take(words(3, first=2))
    hub.stop()
    assert hub.recorder.dropped == 3
    assert hub.kept == {"c": 1}
    statements(store, "ALTER TABLE away RENAME TO utterances")
    assert kept(store) == []


# --- a server that dies -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server that may be killed, and runs after each test."""
    with PostgresServer() as server:  # whether it waits for the disk shows only when the power goes
        yield server


def test_a_server_that_is_killed_loses_nothing_that_was_told(server: PostgresServer) -> None:
    with Store.open(server.url(server.database())) as store:
        hub = Hub(store)
        hub.take(mine(started()))
        last = 1
        for _ in range(2):
            hub.take(words(50, first=last + 1))
            hub.wait_for("c", last + 1)
            hub.take(words(50, first=last + 51))
            server.kill()
            told = hub.kept["c"]
            hub.take(words(50, first=last + 101))
            server.start()
            known = store.known("c")
            assert known is not None
            assert known[1] >= told
            last += 150
            hub.wait_for("c", last)
        hub.stop()
        assert (hub.recorder.dropped, hub.recorder.stalled) == (0, None)
        assert kept(store) == [f"word {n}" for n in range(2, last + 1)]


def test_a_server_that_came_back_is_found_by_the_next_who_asks(server: PostgresServer) -> None:
    with Store.open(server.url(server.database())) as store:
        with store.reading(), store.reading():
            pass  # two connections that will be dead
        server.kill()
        with pytest.raises(StoreError) as error:
            store.calls()
        assert "\n" not in str(error.value)
        server.start()
        assert store.calls() == ()
        server.stop()
        server.start()
        with store.writing() as session:
            assert session.connection().exec_driver_sql("SELECT 1").scalar() == 1
        assert store.calls() == ()


def test_a_server_that_dies_within_a_transaction_is_said(server: PostgresServer) -> None:
    def cut(store: Store) -> None:
        with store.reading() as session:
            session.connection()
            server.kill()
            server.start()
            session.connection().exec_driver_sql("SELECT 1")

    with Store.open(server.url(server.database())) as store:
        with pytest.raises(StoreError):
            cut(store)
        assert store.calls() == ()
