"""One agent's card, folded from what the agent's machine publishes."""

import pytest
from floor.told import ADA, NOON, at, cleared, ended, moment, nudge, said, sound, started, thumb

from voiceassist.floor.card import NOES, AgentCard
from voiceassist.server import messages as wire


def card(*messages: wire.CallEvent, here: bool = True) -> AgentCard:
    folded = AgentCard(ADA, NOON)
    folded.arrive(NOON, here=here)
    for message in messages:
        folded.receive(message, at(message.at))
    return folded


def test_between_calls_an_agent_is_ready():
    shown = card().show()
    assert (shown.state, shown.call, shown.noes, shown.name, shown.team) == ("ready", None, 0, "Ada Brook", "Refunds")


def test_an_agent_whose_machine_is_gone_is_away_and_the_call_stays_known():
    folded = card(started(), said(3))
    folded.arrive(at(5), here=False)
    shown = folded.show()
    assert (shown.state, shown.call, shown.since) == ("away", "c", at(5))


def test_a_thumb_after_the_end_begins_no_call():
    folded = card(started(), nudge(2), ended(5))
    assert not folded.receive(thumb(6), at(60))
    assert (folded.show().state, folded.show().call) == ("ready", None)


@pytest.mark.parametrize(
    ("sounds", "state"),
    [(["lost"], "unheard"), (["silent"], "unheard"), (["lost", "restored"], "on"), (["paused"], "paused")],
)
def test_how_the_agent_is_heard_shows(sounds: list[str], state: str):
    shown = card(started(), *(sound(seq, said_) for seq, said_ in enumerate(sounds, 2))).show()
    assert shown.state == state


def test_an_open_no_shows_with_what_is_missing():
    shown = card(started(), moment(4, parts=wire.Parts(reason=True))).show()
    assert shown.moment is not None
    assert shown.moment.missing == ("acknowledgement", "alternative", "buy_in")
    assert (shown.moment.quote, shown.moment.asked, shown.moment.since) == ("No.", "a refund", at(4))
    assert (shown.noes, shown.unrepaired) == (1, 0)


@pytest.mark.parametrize(
    ("states", "unrepaired", "is_open"),
    [
        (["open", "nudged"], 1, True),
        (["open", "nudged", "recovered"], 0, False),
        (["open", "repaired"], 0, False),
        (["open", "nudged", "expired"], 1, False),
        (["open", "withdrawn"], 0, False),
    ],
)
def test_a_no_counts_as_unrepaired_from_its_judgement_until_it_is_mended(
    states: list[str], unrepaired: int, *, is_open: bool
):
    shown = card(started(), *(moment(seq, state) for seq, state in enumerate(states, 2))).show()
    assert shown.unrepaired == unrepaired
    assert (shown.moment is not None) == is_open


def test_a_judged_no_whose_nudge_was_withheld_is_unrepaired_too():
    assert card(started(), moment(2), moment(4, withheld="cap")).show().unrepaired == 1


def test_what_only_may_have_been_a_no_is_not_held_against_anybody():
    assert card(started(), moment(2, unsure=True), moment(4, "expired", unsure=True)).show().unrepaired == 0


def test_a_withdrawn_no_was_none():
    assert card(started(), moment(2), moment(3, "withdrawn")).show().noes == 0


def test_the_last_nudge_shows_and_why_it_went():
    shown = card(started(), nudge(5)).show()
    assert shown.nudge is not None
    assert (shown.nudge.text, shown.nudge.at, shown.nudge.why) == ("Say what you can do", at(5), None)
    shown = card(started(), nudge(5), cleared(9, "recovered")).show()
    assert shown.nudge is not None
    assert shown.nudge.why == "recovered"


def test_an_older_nudge_that_goes_changes_nothing():
    shown = card(started(), nudge(5), nudge(6, id_="c-n2"), cleared(7, "replaced")).show()
    assert shown.nudge is not None
    assert shown.nudge.why is None


def test_a_call_that_ends_leaves_the_agent_ready():
    shown = card(started(), moment(2), ended(9)).show()
    assert (shown.state, shown.call, shown.moment, shown.unrepaired, shown.since) == ("ready", None, None, 0, at(9))


def test_the_end_of_an_older_call_does_not_end_the_one_that_is_on():
    assert card(started(), started("d"), ended(9)).show().call == "d"


def test_a_call_whose_beginning_was_not_heard_is_on_all_the_same():
    assert card(moment(7)).show().call_since == NOON


def test_events_that_waited_on_the_way_do_not_make_the_call_younger():
    folded = card(started())
    folded.receive(moment(10), at(300))
    shown = folded.show()
    assert shown.call_since == NOON
    assert shown.moment is not None
    assert shown.moment.since == at(10)


def test_of_a_call_without_end_the_noes_are_counted_and_the_newest_remembered():
    folded = card(started())
    for number in range(1, 3 * NOES):
        last = moment(number, "withdrawn" if number % 3 == 0 else "expired", id_=f"c-m{number}")
        folded.receive(last, at(number))
    assert (folded.show().noes, folded.show().unrepaired) == (2 * NOES, 2 * NOES)
    folded.receive(moment(3 * NOES, id_="c-last"), at(3 * NOES))
    shown = folded.show()
    assert shown.moment is not None
    assert (shown.moment.id, shown.noes, shown.unrepaired) == ("c-last", 2 * NOES + 1, 2 * NOES)
