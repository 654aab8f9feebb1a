"""What the floor is told by a real store when it begins anew."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from floor.told import ADA, NOON, at, ended, moment, nudge, sound, started

from voiceassist.floor.intake import Known
from voiceassist.floor.memory import StoreMemory
from voiceassist.floor.wall import Wall
from voiceassist.store.database import Store
from voiceassist.store.recorder import Recorder


def test_a_card_made_of_the_store_is_as_it_was(tmp_path: Path) -> None:
    told = (started(), moment(2), moment(3, "nudged"), nudge(4), sound(5, "paused"))
    before, after = Wall(), Wall()
    with Store.open(tmp_path / "hub.sqlite3") as store:
        with Recorder(store, patient=True, now=lambda: NOON) as recorder:
            for message in told:
                before.receive(ADA, message, at(message.at))
                assert recorder.take(message, owner=ADA.user, team=ADA.team, agent=ADA.name)
        [call] = StoreMemory(store, lambda: NOON + timedelta(minutes=1)).calls()
    for message in call.messages:
        after.receive(call.member, message, call.began + timedelta(seconds=message.at))
    for wall in (before, after):
        wall.present([ADA], at(6))
    [was], [is_] = (team.cards for wall in (before, after) for team in wall.whole(None))
    assert (was.state, was.unrepaired) == ("paused", 1)
    shown = {"state", "call", "noes", "unrepaired", "moment", "nudge", "team", "agent", "name"}
    assert is_.model_dump(include=shown) == was.model_dump(include=shown)


def test_a_call_that_was_deleted_is_not_one_that_is_new(tmp_path: Path) -> None:
    with Store.open(tmp_path / "hub.sqlite3") as store:
        with Recorder(store, patient=True) as recorder:
            for message in (started(), ended(2)):
                assert recorder.take(message, owner=ADA.user, team=ADA.team, agent=ADA.name)
        memory = StoreMemory(store)
        assert memory.look("c") == Known("ada", 2, team="Refunds")
        store.delete("c")
        assert memory.look("c") == Known(None, 0, deleted=True)
        assert memory.look("d") is None
