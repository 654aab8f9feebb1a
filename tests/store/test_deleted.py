"""Calls that were deleted are remembered by their ids, as long as something of them may still come."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from store.hubs import NOW
from store.kept import ended, keep, mine, said, started

from voiceassist.errors import StoreError
from voiceassist.store.database import Store
from voiceassist.store.recorder import Recorder


@pytest.fixture(name="clock")
def clock_of_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """What the store's clock shows."""
    clock = [NOW]
    monkeypatch.setattr(store, "_now", lambda: clock[0])
    return clock


def publish(store: Store, call: str, *, over: bool = True, now: datetime = NOW) -> None:
    """A call comes to a hub."""
    with Recorder(store, patient=True, now=lambda: now) as recorder:
        for message in mine(started(), said("hello"), *([ended()] if over else ()), call=call):
            assert recorder.take(message, owner="ann", team="red", agent="Ann")


def test_a_call_that_is_on_cannot_be_deleted(store: Store, clock: list[datetime]) -> None:
    publish(store, "c", over=False)
    for ask in (store.delete, store.deletable):
        with pytest.raises(StoreError) as error:
            ask("c")
        assert error.value.code == "call-live"
    assert len(store.call("c").utterances) == 1
    assert store.deleted(["c"]) == set()
    clock[0] += timedelta(seconds=16)  # cut off by now
    assert store.deletable("c") == "c"
    store.delete("c")
    assert store.deleted(["c", "d"]) == {"c"}


def test_of_a_period_what_is_on_stays(store: Store, clock: list[datetime]) -> None:
    publish(store, "over")
    publish(store, "on", over=False)
    later = NOW + timedelta(seconds=1)
    assert store.forgettable(later) == 1
    assert store.forget(later) == 1
    assert [call.id for call in store.calls()] == ["on"]
    assert store.deleted(["over", "on"]) == {"over"}
    clock[0] += timedelta(minutes=1)
    assert store.forget(later) == 1


def test_an_id_is_known_until_nothing_of_the_call_can_come(store: Store, clock: list[datetime]) -> None:
    publish(store, "old", now=NOW - timedelta(days=30))
    publish(store, "young")
    store.forget(NOW + timedelta(seconds=1))
    assert store.deleted(["old", "young"]) == {"old", "young"}
    clock[0] += timedelta(days=2)
    store.forget(NOW)  # as a hub does every hour
    assert store.deleted(["old", "young"]) == {"young"}
    clock[0] += timedelta(days=30)
    store.forget(NOW)
    assert store.deleted(["young"]) == set()


def test_a_call_of_this_machine_s_own_leaves_nothing_at_all(store: Store, path: Path) -> None:
    keep(store, started("softphone-77"), said("hello", call="softphone-77"), ended(call="softphone-77"))
    store.delete("softphone-77")
    assert store.scrub()
    assert b"softphone-77" not in b"".join(file.read_bytes() for file in path.parent.iterdir())
