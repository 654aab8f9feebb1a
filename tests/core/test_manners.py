"""How the agent listens, by turns whose words and times are plain to read."""

from __future__ import annotations

import pytest
from calls import AGENT, CUSTOMER, Turn, play, story

from voiceassist.core.events import CallEnded, Event, Marked, MomentChanged, NudgeSent, Transcript
from voiceassist.core.mood import is_leaving, is_upset
from voiceassist.core.parroting import parrots
from voiceassist.core.scorecard import Scorecard
from voiceassist.core.types import MarkKind, MomentState, NudgeKind, samples, seconds

ASK: Turn = (CUSTOMER, 0, 2, "can i have a refund")


def marks(turns: list[Turn]) -> list[tuple[float, MarkKind]]:
    return [(seconds(e.at), e.mark.kind) for e in play(turns) if isinstance(e, Marked)]


def card(events: list[Event]) -> Scorecard:
    return next(e.scorecard for e in events if isinstance(e, CallEnded))


# --- interrupting -----------------------------------------------------------------------------------------------------

STORY: Turn = (CUSTOMER, 0, 6, "well first the box came broken and then nobody called me back for a week")


def test_speech_over_the_customers_is_marked_once_heard() -> None:
    assert marks([STORY, (AGENT, 4, 7, "so what is your order number")]) == [(7.0, MarkKind.INTERRUPTED)]


@pytest.mark.parametrize(
    "turns",
    [
        [STORY, (AGENT, 3, 3.8, "mm hm right")],
        [STORY, (AGENT, 5.6, 8, "so what is your order number")],
        [STORY, (AGENT, 6.2, 8, "so what is your order number")],
        [(CUSTOMER, 0, 3, "yeah okay"), (AGENT, 1, 4, "so what is your order number")],
        [(AGENT, 0, 5, "so what is your order number"), (CUSTOMER, 2, 6, "it is on the box somewhere")],
        [(CUSTOMER, 0, 3, "hello is anybody there"), (AGENT, 0.1, 3, "hello how can i help")],
    ],
    ids=["backchannel", "at-the-end", "after", "over-a-backchannel", "interrupted-by-the-customer", "both-at-once"],
)
def test_who_does_not_take_the_floor_interrupts_nobody(turns: list[Turn]) -> None:
    assert marks(turns) == []


def test_the_second_time_the_agent_is_asked_to_let_them_finish() -> None:
    turns: list[Turn] = [
        STORY,
        (AGENT, 4, 7, "so what is your order number"),
        (CUSTOMER, 8, 14, "i was getting to that it is four two and then the man on the phone said"),
        (AGENT, 11, 13, "and the postcode please"),
    ]
    nudges = [e for e in play(turns) if isinstance(e, NudgeSent)]
    assert [(seconds(e.at), e.nudge.kind, e.nudge.moment) for e in nudges] == [(13.0, NudgeKind.LET_THEM_FINISH, None)]


def test_nothing_takes_the_place_of_a_word_to_listen() -> None:
    turns: list[Turn] = [
        STORY,
        (AGENT, 4, 7, "so what is your order number"),
        (CUSTOMER, 8, 14, "i was getting to that can i have my money back for it at all"),
        (AGENT, 11, 15, "no we can't"),
    ]
    events = play(turns)
    assert [e.nudge.kind for e in events if isinstance(e, NudgeSent)] == [NudgeKind.LET_THEM_FINISH]
    last = [e.moment for e in events if isinstance(e, MomentChanged)][-1]
    assert last.state is MomentState.EXPIRED


# --- parroting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("so you were charged twice for the month of march", "i was charged twice for the month of march"),
        ("your suitcase never came out on the belt", "and my suitcase never came out on the belt at all"),
        (
            "okay so you want to bring the dress back without a receipt",
            "i want to bring the dress back without a receipt",
        ),
    ],
)
def test_the_customers_own_words_are_parroting(said: str, heard: str) -> None:
    assert parrots(said, heard)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("so march went out twice that is no fun", "i was charged twice for the month of march"),
        ("four two seven one nine double three", "it is four two seven one nine double three"),
        ("a table for two at seven on friday", "a table for two at seven on friday"),
        ("you want to bring it back", "i want to bring the dress back without a receipt"),
        (
            "you were charged twice for march and i can see the second one is ours so i am sending it back to you now",
            "i was charged twice for march",
        ),
    ],
    ids=["other-words", "figures", "a-booking", "short", "and-then-acts"],
)
def test_what_says_more_or_checks_is_none(said: str, heard: str) -> None:
    assert not parrots(said, heard)


def test_parroting_is_marked_once_a_turn_and_never_nudged() -> None:
    turns: list[Turn] = [
        (CUSTOMER, 0, 4, "i was charged twice for the month of march"),
        (AGENT, 5, 8, "you were charged twice for the month of march"),
        (AGENT, 9, 12, "charged twice for the month of march i see"),
    ]
    assert marks(turns) == [(8.0, MarkKind.PARROTED)]
    assert not [e for e in play(turns) if isinstance(e, NudgeSent)]


# --- after the no -----------------------------------------------------------------------------------------------------

NO: Turn = (AGENT, 2.5, 5, "no because it is sold out but i can give you credit")


def test_a_customer_who_vents_after_a_no_wants_to_be_acknowledged() -> None:
    vented: Turn = (CUSTOMER, 6, 9, "that is ridiculous")
    assert marks([ASK, NO, vented, (AGENT, 10, 12, "so shall i do that")]) == [(12.0, MarkKind.UNACKNOWLEDGED)]
    assert marks([ASK, NO, vented, (AGENT, 10, 12, "i understand so shall i do that")]) == []


def test_a_long_answer_to_a_no_counts_as_venting() -> None:
    told = "it was a present for my mother and she had told the whole family about it you know"
    assert marks([ASK, NO, (CUSTOMER, 6, 12.5, told), (AGENT, 13, 15, "so shall i do that")]) == [
        (15.0, MarkKind.UNACKNOWLEDGED)
    ]
    assert marks([ASK, NO, (CUSTOMER, 6, 11, told), (AGENT, 13, 15, "so shall i do that")]) == []


def test_an_upset_customer_before_any_no_gets_no_mark() -> None:
    assert marks([(CUSTOMER, 0, 3, "this is ridiculous"), (AGENT, 4, 6, "what is the order number")]) == []


def test_the_mark_belongs_to_the_no() -> None:
    events = play([ASK, NO, (CUSTOMER, 6, 9, "that is ridiculous"), (AGENT, 10, 12, "so shall i do that")])
    (mark,) = [e.mark for e in events if isinstance(e, Marked)]
    assert (mark.moment, mark.quote) == ("c-m1", "so shall i do that")


@pytest.mark.parametrize(
    "text", ["this is ridiculous", "I'm so disappointed", "what a joke", "I am really fed up with you people"]
)
def test_upset_words_are_heard(text: str) -> None:
    assert is_upset(text)


@pytest.mark.parametrize("text", ["i'm not upset at all", "no worries", "can i have a refund", "that's a fair point"])
def test_calm_words_are_not(text: str) -> None:
    assert not is_upset(text)


@pytest.mark.parametrize("text", ["i'll go somewhere else then", "forget it", "never mind then"])
def test_who_goes_is_heard_to_go(text: str) -> None:
    assert is_leaving(text)


# --- counted ----------------------------------------------------------------------------------------------------------


def test_questions_promises_and_a_kind_farewell_are_counted() -> None:
    turns: list[Turn] = [
        ASK,
        (AGENT, 3, 5, "could you tell me the order number"),
        (CUSTOMER, 6, 7, "four two"),
        (AGENT, 8, 10, "let me see what there is"),
        (AGENT, 11, 15, "no because it is sold out but i can give you credit or a new one which is better"),
        (CUSTOMER, 16, 18, "i'll go somewhere else then"),
        (AGENT, 19, 22, "of course is there anything else i could do"),
    ]
    found = card(play(turns))
    assert (found.clarified, found.promises, found.buy_ins, found.gracious, found.closing) == (1, 1, 1, True, True)


def test_marks_are_in_the_scorecard() -> None:
    found = card(play([STORY, (AGENT, 4, 7, "so what is your order number")]))
    assert [(record.at, record.mark.kind) for record in found.marks] == [(samples(7.0), MarkKind.INTERRUPTED)]


@pytest.mark.parametrize(
    ("turns", "gracious"),
    [
        ([(CUSTOMER, 0, 2, "i want to cancel my booking"), (AGENT, 3, 5, "of course is there anything else")], False),
        (
            [
                (CUSTOMER, 0, 2, "can i have a refund"),
                (AGENT, 3, 4, "no we can't"),
                (CUSTOMER, 6, 8, "then cancel my contract"),
                (AGENT, 9, 11, "i will is there anything else"),
            ],
            True,
        ),
        (
            [
                (CUSTOMER, 0, 2, "i'll go somewhere else then"),
                (CUSTOMER, 6, 8, "or could you do it on sunday"),
                (AGENT, 9, 11, "yes is there anything else"),
            ],
            False,
        ),
    ],
)
def test_only_a_farewell_after_a_no_is_gracious(turns: list[Turn], gracious: bool) -> None:  # noqa: FBT001
    assert card(play(turns)).gracious is gracious


def test_mm_hm_before_does_not_excuse_an_interruption() -> None:
    turns: list[Turn] = [
        (CUSTOMER, 0, 12, "so what happened is that i was out when it came and nobody rang"),
        (AGENT, 4, 4.4, "mm-hm"),
        (AGENT, 9, 14, "so what is your order number"),
    ]
    assert marks(turns) == [(14.0, MarkKind.INTERRUPTED)]


def test_one_sentence_cut_into_breaths_counts_once() -> None:
    turns: list[Turn] = [
        (CUSTOMER, 0, 2, "can i have it sooner"),
        (AGENT, 3, 4, "let me see which one you like but"),
        (AGENT, 4.4, 5, "whether the"),
        (AGENT, 5.4, 6, "grey one is a"),
        (AGENT, 6.4, 7, "thing you want"),
    ]
    found = card(play(turns))
    assert (found.buy_ins, found.promises) == (1, 1)


def test_the_agents_own_words_on_the_customers_channel_are_no_customer() -> None:
    said = "so you tell me your machine makes a terrible noise"
    turns: list[Turn] = [
        (AGENT, 0, 4, said),
        (CUSTOMER, 0.2, 4.2, said),
        (AGENT, 5, 7, "no we can't do that on sunday"),
        (CUSTOMER, 5.2, 7.2, "no we can't do that on sunday"),
        (AGENT, 8, 12, "and that is how it is this week"),
        (CUSTOMER, 8.2, 12.2, "and that is how it is this week"),
    ]
    alone = [turn for turn in turns if turn[0] is AGENT]
    assert marks(turns) == marks(alone) == []
    assert story(play(turns)) == story(play(alone))


def test_who_says_the_same_later_is_a_customer() -> None:
    turns: list[Turn] = [
        (AGENT, 0, 2, "so you want it on sunday"),
        (CUSTOMER, 3, 5, "so you want it on sunday"),
    ]
    assert [e.utterance.channel for e in play(turns) if isinstance(e, Transcript)] == [AGENT, CUSTOMER]
