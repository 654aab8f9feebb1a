"""The alerts that stand, and what supervisors do about them."""

from datetime import timedelta

import pytest
from floor.told import NOON, alert, at

from voiceassist.errors import ServerError
from voiceassist.floor.desk import HANDLED, KEPT, MOST, STANDING, WITHIN, Desk, changed
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


def test_of_one_agent_the_newest_stand_and_rather_those_that_nobody_acknowledged():
    made = desk(*(alert(9, id_=f"c-a{n}", agent="ada", raised_at=at(n)) for n in range(STANDING)))
    made.receive(alert(9, id_="d-a1", call="d", agent="ben", raised_at=NOON), NOON)
    made.receive(changed(made.find("c-a3"), wire.AlertAck(id="c-a3"), "Sam", NOON), NOON)
    for number in (STANDING, STANDING + 1):
        made.receive(alert(9, id_=f"c-a{number}", agent="ada", raised_at=at(number)), NOON)
    assert {a.id for a in made.standing(None, NOON)} == {
        "d-a1",
        *(f"c-a{n}" for n in range(1, STANDING + 2) if n != 3),
    }


def test_of_acknowledged_alerts_a_board_that_comes_is_told_the_newest():
    made = desk(*(alert(9, id_=f"c{n}-a1", call=f"c{n}", agent=f"a{n}", raised_at=NOON) for n in range(HANDLED + 3)))
    for number in range(1, HANDLED + 3):
        seen = changed(made.find(f"c{number}-a1"), wire.AlertAck(id=f"c{number}-a1"), "Sam", NOON)
        made.receive(seen, NOON)
    assert [a.id for a in made.standing(None, NOON)] == ["c0-a1", *(f"c{n}-a1" for n in range(3, HANDLED + 3))]


def test_alerts_are_forgotten_in_their_order_also_where_one_does_not_say_when_it_was_raised():
    made = Desk()
    made.receive(alert(9, id_="c-a1"), NOON)
    made.receive(alert(9, id_="c-a2", raised_at=at(600)), at(600))
    assert [a.id for a in made.standing(None, NOON + KEPT + timedelta(seconds=1))] == ["c-a2"]
