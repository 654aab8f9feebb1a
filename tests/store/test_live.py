"""What a hub that starts is told of the calls that are on, and what becomes of alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from store.kept import alert, ended, keep, mine, moment, nudge, said, started

from voiceassist.core.types import AlertWhy, AudioState, Channel, ClearedWhy, MomentState
from voiceassist.errors import StoreError
from voiceassist.server import messages as wire
from voiceassist.store.database import Store
from voiceassist.store.recorder import Recorder

START = datetime(2026, 11, 22, 9, tzinfo=UTC)


def on_hub(
    store: Store, *messages: wire.CallEvent, owner: str = "ann", team: str = "red", at: datetime = START
) -> None:
    """Keep messages as a hub does, at this time."""
    with Recorder(store, patient=True, now=lambda: at) as recorder:
        for message in messages:
            assert recorder.take(message, owner=owner, team=team, agent=owner.title())


def test_a_call_that_is_on_is_told_as_it_stands(store: Store) -> None:
    heard = wire.Parts(reason=True)
    cleared = wire.NudgeCleared(call="c", at=9.0, id="c-n2", why=ClearedWhy.EXPIRED)
    events = mine(
        started(),
        said("can i have a refund"),
        moment(MomentState.OPEN, 2.0, parts=heard),
        nudge(3.0),
        nudge(5.0, id_="c-n2"),
        cleared,
        alert(6.0),
    )
    on_hub(store, *events)
    [call] = store.live(START - timedelta(minutes=1))
    assert (call.id, call.owner, call.team, call.agent) == ("c", "ann", "red", "Ann")
    assert (call.seq, call.started_at, call.seen_at) == (7, START, START)
    [no] = call.moments
    assert (no.id, no.state, no.quote, no.opened, no.parts) == ("c-m1", MomentState.OPEN, "No.", 2.0, heard)
    assert call.nudge is not None
    assert (call.nudge.id, call.nudge.sent_at, call.nudge.why) == ("c-n2", 5.0, ClearedWhy.EXPIRED)
    assert [(raised.id, raised.owner, raised.state) for raised in call.alerts] == [("c-a1", "ann", "open")]


def test_it_is_told_whether_the_agent_is_heard(store: Store) -> None:
    def sound(state: AudioState, channel: Channel = Channel.AGENT) -> wire.Audio:
        return wire.Audio(call="c", at=1.0, state=state, channel=channel)

    lost = sound(AudioState.LOST, Channel.CUSTOMER)
    on_hub(store, *mine(started(), sound(AudioState.LISTENING), sound(AudioState.PAUSED), lost))
    [call] = store.live(START - timedelta(minutes=1))
    assert call.sound is not None
    assert call.sound.state is AudioState.PAUSED


def test_calls_that_are_over_or_gave_no_sign_are_not_told(store: Store) -> None:
    on_hub(store, *mine(started("gone"), call="gone"), at=START - timedelta(minutes=5))
    on_hub(store, *mine(started("over"), ended(call="over"), call="over"))
    on_hub(store, *mine(started("on"), call="on"))
    assert [call.id for call in store.live(START - timedelta(minutes=1))] == ["on"]


def test_many_calls_are_told_with_a_few_questions(store: Store) -> None:
    for number in range(20):
        call = f"c{number:02}"
        on_hub(store, *mine(started(call), moment(MomentState.OPEN, 1.0, call=call), call=call), owner=f"a{number}")
    asked: list[str] = []
    with store.reading() as session:
        event.listen(session.get_bind(), "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert len(store.live(START - timedelta(minutes=1))) == 20
    assert len([one for one in asked if one.startswith("SELECT")]) == 5


def test_it_is_known_whose_a_call_is_and_how_far(store: Store) -> None:
    on_hub(store, *mine(started(), said("hello")))
    keep(store, started("local"))
    assert store.known("c") == ("ann", 2)
    assert store.known("local") == (None, 0)
    assert store.known("nobody's") is None
    assert [(call.owner, call.team) for call in store.calls()] == [(None, None), ("ann", "red")]
    assert (store.call("c").info.owner, store.call("c").info.team) == ("ann", "red")


# --- alerts -----------------------------------------------------------------------------------------------------------


def test_alerts_are_told_to_their_teams_the_newest_first(store: Store) -> None:
    on_hub(store, *mine(started("a"), alert(1.0, call="a"), call="a"))
    on_hub(store, *mine(started("b"), alert(1.0, call="b"), call="b"), team="blue", at=START + timedelta(minutes=1))
    assert [raised.call for raised in store.alerts(None, START)] == ["b", "a"]
    assert [raised.call for raised in store.alerts({"red"}, START)] == ["a"]
    assert [raised.call for raised in store.alerts_of("a")] == ["a"]
    assert [raised.call for raised in store.alerts(None, START + timedelta(seconds=1))] == ["b"]
    assert store.alerts(set(), START) == ()
    [raised] = store.alerts(["blue"], START)
    assert (raised.agent, raised.team, raised.why, raised.missing) == (
        "Ann",
        "blue",
        AlertWhy.SECOND_UNREPAIRED,
        ("reason",),
    )


def test_of_each_agent_so_many_alerts_are_told_and_first_those_that_wait(store: Store) -> None:
    for minute, id_ in enumerate(("c-a1", "c-a2", "c-a3")):
        on_hub(store, *mine(alert(1.0, id_=id_), first=minute + 1), at=START + timedelta(minutes=minute))
    on_hub(store, *mine(alert(1.0, call="d"), call="d"), owner="bob")
    store.change_alert("c", "c-a3", state="acknowledged", by="eve")
    assert [raised.id for raised in store.alerts(None, START, 2)] == ["c-a2", "c-a1", "d-a1"]
    assert [raised.id for raised in store.alerts({"red"}, START, 1)] == ["c-a2", "d-a1"]
    assert len(store.alerts(None, START, 3)) == 4


def test_what_became_of_an_alert_is_kept(store: Store) -> None:
    on_hub(store, *mine(started(), alert(1.0)))
    until = START + timedelta(minutes=5)
    changed = store.change_alert("c", "c-a1", state="snoozed", by="eve", until=until)
    assert (changed.state, changed.by, changed.to, changed.until) == ("snoozed", "eve", "", until)
    assert changed.changed_at is not None
    assert store.alerts(None, START) == (changed,)
    with pytest.raises(StoreError) as error:
        store.change_alert("c", "c-a2", state="acknowledged", by="eve")
    assert error.value.code == "alert-unknown"


def test_an_alert_that_comes_again_changes_only_what_became_of_it(store: Store) -> None:
    on_hub(store, *mine(started(), alert(1.0)))
    [before] = store.alerts(None, START)
    later = START + timedelta(seconds=30)
    again = alert(9.0, quote="No!").model_copy(update={"state": "assigned", "by": "eve", "to": "bob"})
    on_hub(store, *mine(again, first=3), at=later)
    became = {"state": "assigned", "by": "eve", "to": "bob", "changed_at": later}
    assert store.alerts(None, START) == (before.model_copy(update=became),)


def test_an_alert_that_changes_at_once_is_one(store: Store) -> None:
    again = alert(1.0).model_copy(update={"state": "acknowledged", "by": "eve"})
    on_hub(store, *mine(started(), alert(1.0), again))
    [kept] = store.alerts(None, START)
    assert (kept.raised_at, kept.state, kept.by, kept.changed_at) == (START, "acknowledged", "eve", START)
