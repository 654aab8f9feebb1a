"""The wall of all agents, and what changed on it."""

from datetime import timedelta

from floor.told import ADA, BEN, NOON, at, ended, moment, said, sound, started

from voiceassist.floor.member import Member
from voiceassist.floor.wall import AWAY, Wall
from voiceassist.server import messages as wire


def users(teams: tuple[wire.TeamCards, ...]) -> dict[str, list[str]]:
    return {shown.team: [card.agent for card in shown.cards] for shown in teams}


def wall() -> Wall:
    made = Wall()
    made.present([ADA, BEN], NOON)
    made.changes()
    return made


def test_who_comes_is_told_once():
    made = Wall()
    assert not made.changed
    made.present([ADA, BEN], NOON)
    assert made.changed
    assert users(made.changes()) == {"Refunds": ["ada"], "Bookings": ["ben"]}
    assert not made.changed
    made.present([ADA, BEN], at(2))
    assert made.changes() == ()


def test_only_what_changed_is_told_and_many_changes_in_one():
    made = wall()
    made.receive(ADA, started(), at(1))
    made.receive(ADA, moment(2), at(2))
    made.receive(ADA, moment(3, "nudged"), at(3))
    [changed] = made.changes()
    [card] = changed.cards
    assert (card.agent, card.state, card.unrepaired) == ("ada", "on", 1)


def test_words_alone_do_not_tell_a_card_again():
    made = wall()
    made.receive(ADA, said(1), at(1))
    assert users(made.changes()) == {"Refunds": ["ada"]}  # a call is on
    made.receive(ADA, said(2), at(2))
    assert not made.changed
    made.receive(ADA, sound(3, "silent"), at(3))
    assert made.changes()[0].cards[0].state == "unheard"


def test_the_whole_wall_is_told_to_who_may_see_it():
    made = wall()
    assert users(made.whole(None)) == {"Refunds": ["ada"], "Bookings": ["ben"]}
    assert users(made.whole({"Refunds"})) == {"Refunds": ["ada"]}
    assert made.whole(set()) == ()


def test_who_leaves_is_away_for_a_while_and_then_gone():
    made = wall()
    made.present([BEN], at(1))
    assert made.changes()[0].cards[0].state == "away"
    made.present([BEN], at(1) + AWAY)
    assert made.changes() == ()
    made.present([BEN], at(2) + AWAY)
    [changed] = made.changes()
    assert (changed.team, changed.cards, changed.gone) == ("Refunds", (), ("ada",))
    assert users(made.whole(None)) == {"Bookings": ["ben"]}


def test_who_comes_back_at_once_is_not_gone():
    made = wall()
    made.present([BEN], at(1))
    made.present([BEN], at(2) + AWAY)
    made.present([ADA, BEN], at(3) + AWAY)
    [changed] = made.changes()
    assert (changed.gone, [card.state for card in changed.cards]) == ((), ["ready"])


def test_who_changes_the_team_is_gone_from_the_old_one():
    made = wall()
    made.present([Member("ada", "Ada Brook", "Bookings"), BEN], NOON + timedelta(seconds=1))
    changed = {shown.team: shown for shown in made.changes()}
    assert changed["Refunds"].gone == ("ada",)
    assert users((changed["Bookings"],)) == {"Bookings": ["ada"]}


def test_who_changes_the_team_in_a_call_stays_with_its_old_one_until_the_end():
    made, moved = wall(), Member("ada", "Ada Brook", "Bookings")
    made.receive(ADA, started(), at(1))
    made.present([moved, BEN], at(2))
    made.receive(ADA, moment(2), at(3))
    assert users(made.changes()) == {"Refunds": ["ada"]}
    made.present([moved, BEN], at(4))
    assert made.changes() == ()
    made.receive(ADA, ended(3), at(5))
    made.present([moved, BEN], at(6))
    assert users(made.whole(None)) == {"Bookings": ["ada", "ben"]}


def test_one_agents_card_may_be_told_before_the_others():
    made = wall()
    made.receive(ADA, started(), at(1))
    made.receive(BEN, started("d"), at(1))
    assert users(made.change("ada")) == {"Refunds": ["ada"]}
    assert made.change("ada") == ()
    assert users(made.changes()) == {"Bookings": ["ben"]}
