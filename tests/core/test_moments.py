"""The rules of the moment, by turns whose words and times are plain to read."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from calls import AGENT, CUSTOMER, Turn, hear, play, story
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.core.coach import FEELING_FIRST, WORDING
from voiceassist.core.events import Alerted, CallEnded, LanguageOther, MomentChanged, NudgeCleared, NudgeSent, Praised
from voiceassist.core.moments import TRANSITIONS
from voiceassist.core.policy import Policy
from voiceassist.core.types import MomentState, NudgeKind, Scores, Withheld, samples, seconds

ASK: Turn = (CUSTOMER, 0, 2, "can i have a refund")


def no(at: float, text: str = "no we can't", length: float = 0.5) -> Turn:
    return (AGENT, at, at + length, text)


def test_a_bare_no_and_silence_is_nudged_after_the_grace_and_expires() -> None:
    assert story(play([ASK, (AGENT, 2.5, 3, "no")])) == [
        "3.00 c-m1 open",
        "4.20 c-n1 offer_alternative c-m1",
        "4.20 c-m1 nudged",
        "14.20 c-n1 cleared:expired",
        "23.00 c-m1 expired",
    ]


def test_a_reason_and_an_alternative_within_the_grace_repair_it() -> None:
    turns = [ASK, no(2.5), (AGENT, 4.0, 6, "because the seal is broken but i can give you credit")]
    assert story(play(turns)) == ["3.00 c-m1 open", "6.00 c-m1 repaired reason alternative"]


def test_four_bare_noes_renew_one_nudge() -> None:
    turns: list[Turn] = []
    for i in range(4):
        turns += [(CUSTOMER, i * 5, i * 5 + 2, "but i need a refund now"), (AGENT, i * 5 + 3, i * 5 + 3.5, "no")]
    sent = [e for e in play(turns) if isinstance(e, NudgeSent)]
    assert [(seconds(e.at), e.nudge.id, e.nudge.kind) for e in sent] == [
        (at, "c-n1", NudgeKind.OFFER_ALTERNATIVE) for at in (4.7, 9.7, 14.7, 19.7)
    ]
    assert all(e.nudge.expires_at == e.at + samples(10) for e in sent)


def test_a_why_without_a_reason_asks_for_the_reason_until_it_comes() -> None:
    turns = [
        ASK,
        (AGENT, 3, 6, "no i understand that is frustrating i can offer credit"),
        (CUSTOMER, 6.5, 7.5, "why is that"),
        (AGENT, 8, 9, "it is how it is"),
        (CUSTOMER, 11, 12, "but why though"),
        (AGENT, 12.5, 14, "because the seal was broken"),
    ]
    assert story(play(turns)) == [
        "6.00 c-m1 open acknowledgement alternative",
        "7.00 c-n1 give_reason c-m1",
        "7.00 c-m1 nudged acknowledgement alternative",
        "10.20 c-n1 give_reason c-m1",
        "14.00 c-m1 recovered acknowledgement reason alternative",
        "14.00 c-n1 cleared:recovered",
    ]


def test_why_comes_before_a_missing_alternative() -> None:
    events = play([ASK, no(2.5), (CUSTOMER, 3.2, 4.2, "why not"), (AGENT, 4.5, 5.5, "it just is not done")])
    kinds = [e.nudge.kind for e in events if isinstance(e, NudgeSent)]
    assert kinds == [NudgeKind.OFFER_ALTERNATIVE, NudgeKind.GIVE_REASON]
    assert next(e.why for e in events if isinstance(e, NudgeCleared)) == "replaced"


def test_the_answer_to_a_why_never_counts_for_an_alert() -> None:
    why = [(CUSTOMER, 5.0, 6.0, "why not"), (AGENT, 6.5, 7.5, "it just is not done")]
    assert not [e for e in play([ASK, no(2.5), *why]) if isinstance(e, Alerted)]
    assert [e.why for e in play([ASK, no(2.5), *why, no(10)]) if isinstance(e, Alerted)] == ["second_unrepaired"]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("no we can't", NudgeKind.OFFER_ALTERNATIVE),
        ("no because it is sold out", NudgeKind.OFFER_ALTERNATIVE),
        ("no but i can give you credit", NudgeKind.ACKNOWLEDGE),
        ("no i understand but i can give you credit", NudgeKind.GIVE_REASON),
        ("no because it is sold out but i can give you credit", None),
    ],
)
def test_the_first_gap_is_nudged(said: str, kind: NudgeKind | None) -> None:
    kinds = [e.nudge.kind for e in play([ASK, no(2.5, said)]) if isinstance(e, NudgeSent)]
    assert kinds == ([kind] if kind else [])


def test_the_offer_opens_with_the_feeling_where_it_was_not_met() -> None:
    texts = [e.nudge.text for e in play([ASK, no(2.5)]) if isinstance(e, NudgeSent)]
    met = [e.nudge.text for e in play([ASK, no(2.5, "i understand but no")]) if isinstance(e, NudgeSent)]
    assert texts[0] in FEELING_FIRST
    assert met[0] in WORDING[NudgeKind.OFFER_ALTERNATIVE]


def test_no_wording_is_longer_than_eight_words() -> None:
    texts = [*FEELING_FIRST, *(text for texts in WORDING.values() for text in texts)]
    assert all(len(re.findall(r"[\w']+", text)) <= 8 for text in texts)


def test_speech_starts_the_grace_anew() -> None:
    turns = [ASK, no(2.5), (AGENT, 4.0, 5.0, "well you see"), (AGENT, 6.1, 6.6, "hm")]
    sent = [seconds(e.at) for e in play(turns) if isinstance(e, NudgeSent)]
    assert sent == [pytest.approx(7.8)]


def test_the_customers_answer_ends_the_grace_but_a_backchannel_does_not() -> None:
    answered = play([ASK, no(2.5), (CUSTOMER, 3.2, 5, "that is not fair at all is it")])
    assert [seconds(e.at) for e in answered if isinstance(e, NudgeSent)] == [pytest.approx(3.7)]
    turns = [ASK, no(2.5), (CUSTOMER, 3.1, 3.8, "mm okay"), (AGENT, 4, 6, "because it is sold out but i can order it")]
    assert not [e for e in play(turns) if isinstance(e, NudgeSent)]


def test_a_promise_to_look_holds_the_moment() -> None:
    hold = (AGENT, 2.5, 5, "no but let me see what i can find")
    found = (AGENT, 12, 15, "because it is sold out i can send it friday")
    assert story(play([ASK, hold, found])) == [
        "5.00 c-m1 open alternative holding",
        "12.00 c-m1 open alternative",
        "15.00 c-m1 repaired reason alternative",
    ]
    over = story(play([ASK, (AGENT, 2.5, 5, "no but let me see")], tail=60))
    assert over[:4] == [
        "5.00 c-m1 open holding",
        "20.00 c-m1 open",
        "20.00 c-n1 offer_alternative c-m1",
        "20.00 c-m1 nudged",
    ]
    assert over[-1] == "40.00 c-m1 expired"


def test_a_hold_with_nothing_to_judge_only_prolongs_the_life() -> None:
    turns = [ASK, no(2.5), (AGENT, 6, 7, "let me see")]
    assert story(play(turns, tail=60))[3:] == [
        "7.00 c-m1 nudged holding",
        "14.20 c-n1 cleared:expired",
        "22.00 c-m1 nudged",
        "42.00 c-m1 expired",
    ]


def test_the_part_asked_for_recovers_and_is_praised() -> None:
    events = play([ASK, no(2.5), (AGENT, 8, 9, "i can give you credit")])
    assert story(events)[2:] == [
        "4.20 c-m1 nudged",
        "9.00 c-m1 recovered alternative",
        "9.00 c-n1 cleared:recovered",
    ]
    assert [e.moment for e in events if isinstance(e, Praised)] == ["c-m1"]


def test_a_well_said_no_is_praised_and_a_plain_repair_is_not() -> None:
    well = play([ASK, no(2.5, "i understand but no because it is sold out i can give you credit", 4)])
    plain = play([ASK, no(2.5, "no because it is sold out i can give you credit", 4)])
    assert len([e for e in well if isinstance(e, Praised)]) == 1
    assert not [e for e in plain if isinstance(e, Praised)]
    card = next(e for e in well if isinstance(e, CallEnded)).scorecard
    assert card.well_said == 1


def test_an_alternative_before_the_no_counts() -> None:
    turns = [ASK, (AGENT, 2.5, 4, "i can give you credit"), (AGENT, 5, 6, "but we can't because it is open")]
    assert story(play(turns)) == [
        "6.00 c-m1 open reason alternative",
        "6.00 c-m1 repaired reason alternative",
    ]


def test_an_unsure_no_nudges_only_when_nothing_is_added() -> None:
    unsure = (AGENT, 2.5, 3, "no perhaps")
    assert "4.20 c-m1 nudged unsure" in story(play([ASK, unsure]))
    added = story(play([ASK, unsure, (AGENT, 3.5, 4, "so anyway")]))
    assert added == [
        "3.00 c-m1 open unsure",
        "5.20 c-m1 open unsure withheld:unsure",
        "23.00 c-m1 expired unsure withheld:unsure",
    ]


def test_an_unsure_no_never_counts_for_an_alert() -> None:
    turns = [ASK, no(2.5, "no perhaps"), no(10, "no perhaps"), no(20, "no perhaps")]
    assert not [e for e in play(turns) if isinstance(e, Alerted)]


def test_words_cut_in_mid_clause_are_judged_with_the_rest_of_the_utterance() -> None:
    turns = [ASK, (AGENT, 2.5, 3, "i'm afraid we perhaps can't"), (AGENT, 3.3, 4, "do that")]
    events = play(turns, ear=lambda prev, text: hear(prev, text.replace("perhaps ", "") if "do that" in text else text))
    assert "5.20 c-m1 nudged" in story(events)


def test_the_rest_of_an_utterance_may_take_the_no_back() -> None:
    assert story(play([ASK, no(2.5, "no"), (AGENT, 3.3, 4, "problem at all")])) == [
        "3.00 c-m1 open",
        "4.00 c-m1 withdrawn",
    ]


def test_a_new_request_opens_a_new_moment() -> None:
    turns = [ASK, no(2.5), (CUSTOMER, 6, 8, "could you upgrade my train seat then"), no(9)]
    moments = {e.moment.id: e.moment for e in play(turns) if isinstance(e, MomentChanged)}
    assert [m.state for m in moments.values()] == [MomentState.EXPIRED, MomentState.EXPIRED]
    assert moments["c-m2"].asked == "could you upgrade my train seat then"


def test_the_same_matter_asked_again_is_one_moment() -> None:
    turns = [ASK, no(2.5), (CUSTOMER, 6, 8, "can i not have a refund"), no(9)]
    assert {e.moment.id for e in play(turns) if isinstance(e, MomentChanged)} == {"c-m1"}


def test_a_gap_of_another_kind_replaces_the_standing_nudge() -> None:
    turns = [ASK, no(2.5), (CUSTOMER, 6, 8, "could you upgrade my train seat then"), no(9, "no but i can sell you one")]
    lines = story(play(turns))
    assert "9.50 c-n1 cleared:replaced" not in lines
    assert "10.70 c-n1 cleared:replaced" in lines
    assert "10.70 c-n2 acknowledge c-m2" in lines


def test_cooldown_and_cap_withhold() -> None:
    asks = ["can i have a refund", "could you upgrade my train seat", "is there a parking garage near"]
    turns: list[Turn] = []
    for index, ask in enumerate(asks):
        turns += [(CUSTOMER, index * 16, index * 16 + 2, ask), no(index * 16 + 3)]
    withheld = [e.moment.withheld for e in play(turns) if isinstance(e, MomentChanged) and e.moment.withheld]
    assert Withheld.COOLDOWN in withheld
    capped = play(turns, policy=Policy(cap=1, cooldown=0))
    assert Withheld.CAP in [e.moment.withheld for e in capped if isinstance(e, MomentChanged)]
    assert len({e.nudge.id for e in capped if isinstance(e, NudgeSent)}) == 1


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        (Policy(off=frozenset({NudgeKind.OFFER_ALTERNATIVE})), Withheld.OFF),
        (Policy(silent_arm=True), Withheld.SILENT_ARM),
    ],
)
def test_what_is_off_is_withheld_and_the_moment_lives_on(policy: Policy, why: Withheld) -> None:
    events = play([ASK, no(2.5), (AGENT, 9, 10, "because it is sold out i can order it")], policy=policy)
    assert not [e for e in events if isinstance(e, NudgeSent)]
    states = [(e.moment.state, e.moment.withheld) for e in events if isinstance(e, MomentChanged)]
    assert states == [(MomentState.OPEN, None), (MomentState.OPEN, why), (MomentState.REPAIRED, None)]


def test_a_manager_asked_for_alerts_only_after_an_unrepaired_no() -> None:
    manager = (CUSTOMER, 8, 10, "let me speak to your manager")
    assert [e.why for e in play([ASK, no(2.5), manager]) if isinstance(e, Alerted)] == ["asked_for_manager"]
    repaired = no(2.5, "no because it is sold out but i can order it", 3)
    assert not [e for e in play([ASK, repaired, manager]) if isinstance(e, Alerted)]
    assert not [e for e in play([ASK, no(2.5), manager], policy=Policy(alerts=False)) if isinstance(e, Alerted)]


def test_who_wants_to_leave_after_an_unrepaired_no_is_alerted_on_once() -> None:
    leaving = [(CUSTOMER, 8, 10, "then i want to cancel my contract"), (CUSTOMER, 12, 14, "please cancel my contract")]
    assert [e.why for e in play([ASK, no(2.5), *leaving]) if isinstance(e, Alerted)] == ["wants_to_cancel"]


def test_an_unsure_no_becomes_sure_with_the_words_that_explain_it() -> None:
    turns = [ASK, no(2.5, "no perhaps"), (AGENT, 3.8, 5.0, "we can't because it is sold out")]
    assert "6.20 c-n1 offer_alternative c-m1" in story(play(turns))


def test_a_recovered_moment_that_lacks_a_reason_is_judged_again() -> None:
    turns = [ASK, no(2.5), (AGENT, 6, 7, "i can give you credit"), (CUSTOMER, 9, 10, "but i need it"), no(10.5)]
    lines = story(play(turns))
    assert "12.20 c-n2 acknowledge c-m1" in lines
    assert lines[-1] == "31.00 c-m1 expired alternative"


def test_a_long_turn_is_joined_as_the_refusal_and_its_last_words() -> None:
    heard: list[str] = []

    def ear(prev: str, text: str) -> Scores:
        heard.append(text)
        return hear(prev, text)

    talk = [(AGENT, 4 + i * 4, 7.5 + i * 4, " ".join(f"word{i}x{j}" for j in range(20))) for i in range(5)]
    play([ASK, no(2.5), *talk], ear=ear)
    assert max(len(text.split()) for text in heard) <= 60 + 3
    assert heard[-1].startswith("no we can't word2x0")


def test_a_redirect_without_a_no_is_credited_and_opens_nothing() -> None:
    events = play([ASK, (AGENT, 2.5, 4, "what i can give you is credit")])
    card = next(e for e in events if isinstance(e, CallEnded)).scorecard
    assert (card.well_redirected, card.noes) == (1, ())


def test_a_foreign_tongue_is_said_once_and_judged_never() -> None:
    events = play([ASK, (AGENT, 2.5, 4, "non bonjour monsieur"), (AGENT, 5, 6, "bonjour no"), no(8)])
    assert len([e for e in events if isinstance(e, LanguageOther)]) == 1
    assert next(seconds(e.at) for e in events if isinstance(e, MomentChanged)) == pytest.approx(8.5)


def test_at_the_end_what_is_open_is_judged_but_not_nudged() -> None:
    assert story(play([ASK, no(2.5)], tail=0.5)) == ["3.00 c-m1 open", "3.50 c-m1 expired"]


def test_the_scorecard_tells_the_parts_in_the_order_they_came() -> None:
    turns = [ASK, no(2.5), (AGENT, 6, 7, "i can give you credit"), (AGENT, 7.5, 9, "because the seal is broken")]
    card = next(e for e in play([*turns, (AGENT, 20, 21, "anything else")]) if isinstance(e, CallEnded)).scorecard
    assert [(p.part, seconds(p.at), p.words) for p in card.noes[0].parts] == [
        ("alternative", 7.0, "i can give you credit"),
        ("reason", 9.0, "because the seal is broken"),
    ]
    assert card.closing
    assert card.count(MomentState.RECOVERED) == 1


def test_after_four_hours_a_no_is_judged_as_in_the_first_minute() -> None:
    hours = 4 * 3600
    before: list[Turn] = []
    for at in range(0, hours, 10):
        before += [(CUSTOMER, at, at + 3, f"my number is {at}"), (AGENT, at + 4, at + 9, "that one is here too")]
    refused = [(CUSTOMER, 0.5, 2, "i want a refund"), no(2.5), (AGENT, 9, 11, "i can give you credit")]
    late = [(channel, start + hours, end + hours, text) for channel, start, end, text in refused]
    ends = [re.sub(r"^\S+ ", "", line) for line in story(play(refused))]
    assert [re.sub(r"^\S+ ", "", line) for line in story(play([*before, *late]))] == ends
    assert len(ends) == 5


def test_every_state_can_be_reached_and_only_what_is_over_leads_nowhere() -> None:
    assert set(TRANSITIONS) == set(MomentState)
    assert set().union(*TRANSITIONS.values()) == set(MomentState) - {MomentState.OPEN}
    assert {s for s, following in TRANSITIONS.items() if not following} == {MomentState.EXPIRED, MomentState.WITHDRAWN}


PHRASES = [
    "no",
    "no perhaps",
    "no we can't",
    "i can give you credit",
    "because it is sold out",
    "let me see",
    "i understand that is frustrating",
    "anything else",
    "problem at all",
    "why",
    "can i have a refund",
    "could you upgrade my train seat",
    "mm okay",
    "let me speak to your manager",
]


@st.composite
def conversations(draw: st.DrawFn) -> list[Turn]:
    turns: list[Turn] = []
    at = 0.0
    for _ in range(draw(st.integers(1, 14))):
        at += draw(st.sampled_from([0.0, 0.2, 0.5, 1.0, 1.3, 2.5, 6.0, 16.0, 25.0]))
        length = draw(st.sampled_from([0.3, 0.8, 2.0, 6.0]))
        turns.append((draw(st.sampled_from([AGENT, CUSTOMER])), at, at + length, draw(st.sampled_from(PHRASES))))
    return turns


@given(conversations())
def test_whatever_is_said_the_rules_hold(turns: list[Turn]) -> None:
    events = play(turns)
    times = [e.at for e in events]
    assert times == sorted(times)
    sent = [e for e in events if isinstance(e, NudgeSent)]
    assert len({e.nudge.id for e in sent}) <= 3
    states: dict[str, list[MomentState]] = {}
    for event in events:
        if isinstance(event, MomentChanged):
            states.setdefault(event.moment.id, []).append(event.moment.state)
    for path in states.values():
        assert path[-1] not in {MomentState.OPEN, MomentState.NUDGED}
        for before, after in pairwise(path):
            assert before is after or after in TRANSITIONS[before]
    standing: set[str] = set()
    for event in events:
        if isinstance(event, NudgeSent):
            standing.add(event.nudge.id)
            assert len(standing) == 1
            speaking = [t for t in turns if t[0] is AGENT and samples(t[1]) < event.at < samples(t[2])]
            assert not speaking
        elif isinstance(event, NudgeCleared):
            standing.remove(event.id)
    assert not standing
    assert isinstance(events[-1], CallEnded)


def test_what_may_have_been_said_is_not_asked_for() -> None:
    def faint(prev: str, text: str) -> Scores:
        heard = hear(prev, text)
        return replace(heard, reason=0.45) if "march" in text else heard

    offer = (AGENT, 2.5, 5, "no but i can give you credit that was in march")
    assert [e.nudge.kind for e in play([ASK, offer], ear=faint) if isinstance(e, NudgeSent)] == []
    assert story(play([ASK, offer], ear=faint))[-1] == "6.20 c-m1 repaired alternative"
    assert [e.nudge.kind for e in play([ASK, offer]) if isinstance(e, NudgeSent)] == [NudgeKind.ACKNOWLEDGE]
    assert not [e for e in play([ASK, offer], ear=faint) if isinstance(e, Praised)]


# --- what only may be a no --------------------------------------------------------------------------------------------


def faintly(prev: str, text: str) -> Scores:
    """An ear that is unsure of everything."""
    return replace(hear(prev, text), refusal=0.5)


@pytest.mark.parametrize("said", ["service desk priya", "that one is lighter than the old one"])
def test_an_unsure_no_without_a_word_of_denial_is_not_nudged(said: str) -> None:
    events = play([ASK, (AGENT, 2.5, 4, said)], ear=faintly)
    assert not [e for e in events if isinstance(e, NudgeSent)]


def test_an_unsure_no_with_one_is_nudged_in_silence() -> None:
    events = play([ASK, (AGENT, 2.5, 4, "no")], ear=faintly)
    assert [e.nudge.kind for e in events if isinstance(e, NudgeSent)] == [NudgeKind.OFFER_ALTERNATIVE]


def test_mm_hm_is_no_no() -> None:
    assert story(play([ASK, (AGENT, 2.5, 3, "mm hm right okay")], ear=faintly)) == []


def test_who_opens_the_call_greets() -> None:
    assert story(play([(AGENT, 0.5, 2, "service desk priya")], ear=faintly)) == []
    assert story(play([(AGENT, 0.5, 1, "no")], ear=faintly))[0] == "1.00 c-m1 open unsure"


def test_a_plea_after_a_no_still_asks_for_what_was_refused() -> None:
    asked: list[str] = []

    def listening(prev: str, text: str) -> Scores:
        asked.append(prev)
        return hear(prev, text)

    plea: Turn = (CUSTOMER, 4, 6, "it was a mistake i pressed the wrong button")
    play([ASK, no(2.5), plea, no(6.5), (CUSTOMER, 8, 10, "can i have a seat by the window"), no(10.5)], ear=listening)
    assert "can i have a refund it was a mistake i pressed the wrong button" in asked
    assert "can i have a seat by the window" in asked


def test_a_clear_no_takes_the_place_of_one_that_was_unsure_in_a_turn_before() -> None:
    turns = [no(1, "perhaps no"), no(8, "no we can't")]
    events = play(turns)
    opened = {e.moment.id: e.moment.unsure for e in events if isinstance(e, MomentChanged)}
    assert opened == {"c-m1": True, "c-m2": False}
    same_turn = play([no(1, "perhaps no"), no(2, "no we can't")])
    assert {e.moment.id for e in same_turn if isinstance(e, MomentChanged)} == {"c-m1"}


def test_the_no_once_more_with_its_reason_renews_the_nudge_that_waits_for_an_alternative() -> None:
    turns = [ASK, no(2.5), (CUSTOMER, 4.5, 5, "oh come on"), no(6, "no because it is sold out")]
    events = play(turns)
    sent = [(seconds(e.at), e.nudge.id) for e in events if isinstance(e, NudgeSent)]
    assert sent == [(4.2, "c-n1"), (7.7, "c-n1")]
    assert not [e for e in events if isinstance(e, Alerted)]


def test_an_unsure_no_that_offers_something_is_not_nudged_for_a_reason() -> None:
    events = play([ASK, no(2.5, "perhaps no but i can give you credit")])
    assert not [e for e in events if isinstance(e, NudgeSent)]
    assert [e.moment.withheld for e in events if isinstance(e, MomentChanged)][-1] is Withheld.UNSURE


def unsure_without_denial(score: float) -> list[str]:
    """The states of a call whose answer has this score and denies nothing."""

    def ear(prev: str, text: str) -> Scores:
        return Scores.of({"refusal": score, "complete": 1.0}) if text == "see you then" else hear(prev, text)

    return story(play([ASK, (AGENT, 2.5, 3, "see you then")], ear=ear))


def test_unsure_words_that_deny_nothing_must_be_a_no_more_likely_than_not() -> None:
    assert unsure_without_denial(0.45) == []
    assert unsure_without_denial(0.55)[0] == "3.00 c-m1 open unsure"


def test_by_the_way_opens_another_matter() -> None:
    turns = [ASK, no(2.5), (CUSTOMER, 5, 7, "fine by the way can i have a refund for the hat"), no(7.5)]
    assert {e.moment.id for e in play(turns) if isinstance(e, MomentChanged)} == {"c-m1", "c-m2"}


def test_words_said_before_the_no_are_kept_as_those_of_their_part() -> None:
    turns = [ASK, (AGENT, 2.5, 4, "i understand that is frustrating"), (AGENT, 5, 6, "but we can't do that")]
    ended = play(turns)[-1]
    assert isinstance(ended, CallEnded)
    assert [(part.part, part.words) for part in ended.scorecard.noes[0].parts] == [
        ("acknowledgement", "i understand that is frustrating")
    ]
