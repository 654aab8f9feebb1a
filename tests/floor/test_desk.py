"""The alerts that stand, and what supervisors do about them."""

from datetime import timedelta

import pytest
from floor.told import NOON, alert, at

from voiceassist.errors import ServerError
from voiceassist.floor.desk import KEPT, MOST, WITHIN, Desk, changed
from voiceassist.server import messages as wire


def raised(id_: str = "c-a1", team: str = "Refunds", call: str = "c") -> wire.Alert:
    return alert(9, id_=id_, team=team, call=call, raised_at=NOON)


def desk(*alerts: wire.Alert) -> Desk:
    made = Desk()
    for one in alerts:
        made.receive(one, NOON)
    return made


def test_alerts_stand_for_their_team():
    made = desk(raised(), raised("d-a1", "Bookings", "d"))
    assert [a.id for a in made.standing({"Refunds"}, NOON)] == ["c-a1"]
    assert [a.id for a in made.standing(None, NOON)] == ["c-a1", "d-a1"]


def test_an_alert_stands_an_hour():
    made = desk(raised())
    assert made.standing(None, NOON + KEPT)
    assert not made.standing(None, NOON + KEPT * 2)
    with pytest.raises(ServerError) as error:
        made.find("c-a1")
    assert error.value.code == "unknown-alert"


def test_acknowledged_and_assigned_alerts_say_by_whom_and_to_whom():
    seen = changed(raised(), wire.AlertAck(id="c-a1"), "Sam", NOON)
    assert (seen.state, seen.by, seen.to) == ("acknowledged", "Sam", "")
    given = changed(seen, wire.AlertAssign(id="c-a1", to="Kim"), "Sam", NOON)
    assert (given.state, given.by, given.to) == ("assigned", "Sam", "Kim")


def test_a_snoozed_alert_is_open_again_when_its_time_is_over():
    asleep = changed(raised(), wire.AlertSnooze.model_validate({"id": "c-a1", "for": 60}), "Sam", NOON)
    assert (asleep.state, asleep.until) == ("snoozed", at(60))
    made = desk(asleep)
    assert made.due(at(59)) == ()
    assert [(a.id, a.state, a.until) for a in made.due(at(60))] == [("c-a1", "open", None)]
    assert made.due(at(61)) == ()


def test_an_alert_that_is_put_off_for_the_call_is_open_again_at_its_end():
    asleep = changed(raised(), wire.AlertSnooze.model_validate({"id": "c-a1", "for": "call"}), "Sam", NOON)
    made = desk(asleep, raised("d-a1", call="d"))
    assert made.due(at(4000)) == ()
    assert [a.state for a in made.end("c")] == ["open"]
    assert made.end("c") == ()


def test_an_alert_that_is_put_off_for_today_waits_until_midnight():
    asleep = changed(raised(), wire.AlertSnooze.model_validate({"id": "c-a1", "for": "today"}), "Sam", NOON)
    assert asleep.until is not None
    local = asleep.until.astimezone()
    assert (local.hour, local.minute) == (0, 0)
    assert asleep.until > NOON


def test_one_agent_raises_so_many_alerts_in_a_minute_and_others_theirs():
    made = desk()
    assert [made.takes("ada", at(number / 2)) for number in range(MOST + 2)] == [*[True] * MOST, False, False]
    assert made.takes("ben", at(MOST))
    assert not made.takes("ada", at(0) + WITHIN - timedelta(seconds=0.1))
    assert [made.takes("ada", at(0) + WITHIN), made.takes("ada", at(0) + WITHIN)] == [True, False]
