"""Which nudge in which words, and which stay away."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from calls import AGENT, CUSTOMER, Turn, answer, hear, play

from voiceassist.core.coach import FEELING_FIRST, WORDING
from voiceassist.core.events import Event, KindMuted, MomentChanged, NudgeCleared, NudgeSent
from voiceassist.core.nearness import Index
from voiceassist.core.playbook import Feeling, Offer, Playbook, Situation
from voiceassist.core.policy import Policy
from voiceassist.core.session import CallSession
from voiceassist.core.types import FRAME, Channel, Classify, NudgeKind, Samples, Transcribe, Withheld, Word, samples

OFFER, ACKNOWLEDGE = NudgeKind.OFFER_ALTERNATIVE, NudgeKind.ACKNOWLEDGE
ASK: Turn = (CUSTOMER, 0, 2, "can i have a refund")
NO: Turn = (AGENT, 2.5, 3, "no we can't")


def embed(text: str) -> Samples:
    return hear("", text).vector


CREDIT = Situation(
    "refund", "Refund", ("can i have a refund", "i want a refund"), (Offer("credit", "give you credit"),)
)
SEAT = Situation("seat", "Seat", ("a seat by the window", "a window seat"), (Offer("aisle", "find an aisle seat"),))
WAITED = Feeling("waited", ("i waited an hour for you",), ("An hour is far too long", "You waited long enough"))


@pytest.fixture
def playbook() -> Playbook:
    asks = Index.of([CREDIT.asked, SEAT.asked], [CREDIT.asked, SEAT.asked], embed)
    moods = Index.of([WAITED.heard], [WAITED.heard], embed)
    return Playbook("Shop", (CREDIT, SEAT), (WAITED,), (), asks, moods)


def nudges(session: CallSession, turns: list[Turn]) -> list[Event]:
    for channel, start, stop, text in turns:
        session.receive_turn(channel, samples(start), samples(stop), text)
        answer(session)
    for tenth in range(int(turns[-1][2] * 10), int(turns[-1][2] * 10) + 60):
        session.receive_time(samples(tenth / 10))
        answer(session)
    return session.events()


def test_an_offer_for_what_was_asked_is_suggested(playbook: Playbook) -> None:
    events = nudges(CallSession("c", tuple(Channel), playbook=playbook), [ASK, NO])
    (sent,) = [e.nudge for e in events if isinstance(e, NudgeSent)]
    assert (sent.kind, sent.suggestions) == (OFFER, ("give you credit",))


def test_what_the_playbook_does_not_know_gets_no_suggestion(playbook: Playbook) -> None:
    ask: Turn = (CUSTOMER, 0, 2, "when does the next boat to dover leave")
    events = nudges(CallSession("c", tuple(Channel), playbook=playbook), [ask, NO])
    assert [e.nudge.suggestions for e in events if isinstance(e, NudgeSent)] == [()]


def test_a_feeling_is_met_in_words_for_it(playbook: Playbook) -> None:
    said: Turn = (CUSTOMER, 0, 2, "i waited an hour for you")
    no: Turn = (AGENT, 2.5, 4, "no but i can give you credit")
    events = nudges(CallSession("c", tuple(Channel), playbook=playbook), [said, no])
    (sent,) = [e.nudge for e in events if isinstance(e, NudgeSent)]
    assert (sent.kind, sent.text) == (ACKNOWLEDGE, "“An hour is far too long”")


def test_no_words_come_twice_in_a_call() -> None:
    policy = Policy(cap=9, cooldown=0, moment_life=samples(5))
    turns: list[Turn] = []
    for place in range(len(FEELING_FIRST) + 2):
        at = place * 40
        turns += [(CUSTOMER, at, at + 2, f"can i have number {place} please"), (AGENT, at + 3, at + 4, "no we can't")]
    events = play(turns, policy=policy)
    assert [e.nudge.text for e in events if isinstance(e, NudgeSent)] == list(FEELING_FIRST)
    assert [e.moment.withheld for e in events if isinstance(e, MomentChanged)][-1] is Withheld.CAP


def test_every_wording_is_eight_words_at_most() -> None:
    for choice in (*WORDING.values(), FEELING_FIRST):
        assert all(len(re.findall(r"\w+", text)) <= 8 for text in choice)


# --- thumbs -----------------------------------------------------------------------------------------------------------


def test_a_kind_that_seldom_helped_stays_away_and_says_so() -> None:
    events = play([ASK, NO], policy=Policy(votes={OFFER: (1, 5)}))
    assert [(e.kind, e.up, e.down) for e in events if isinstance(e, KindMuted)] == [(OFFER, 1, 5)]
    assert not [e for e in events if isinstance(e, NudgeSent)]
    assert Withheld.OFF in {e.moment.withheld for e in events if isinstance(e, MomentChanged)}


def test_a_few_thumbs_down_mute_nothing() -> None:
    events = play([ASK, NO], policy=Policy(votes={OFFER: (0, 5), ACKNOWLEDGE: (3, 7)}))
    assert not [e for e in events if isinstance(e, KindMuted)]
    assert [e.nudge.kind for e in events if isinstance(e, NudgeSent)] == [OFFER]


def test_the_thumb_that_tips_it_is_told_at_once_and_counts_once() -> None:
    session = CallSession("c", tuple(Channel), policy=Policy(votes={OFFER: (1, 4)}))
    (sent,) = [e.nudge for e in nudges(session, [ASK, NO]) if isinstance(e, NudgeSent)]
    session.vote(sent.id, helpful=False)
    session.vote(sent.id, helpful=False)
    session.vote("c-n9", helpful=False)
    assert [(e.up, e.down) for e in session.events() if isinstance(e, KindMuted)] == [(1, 5)]


# --- while the agent speaks -------------------------------------------------------------------------------------------


def test_a_nudge_decided_late_waits_until_the_agent_is_silent() -> None:
    session = CallSession("c", (AGENT,))
    told: list[tuple[int, Event]] = []
    words = {"asked": "no"}
    late = samples(2.2)
    for index in range(samples(8) // FRAME):
        end = (index + 1) * FRAME
        speaks = samples(0.5) <= end < samples(1.2) or samples(2.5) <= end < samples(5.0)
        session.receive_audio(AGENT, end, 0.95 if speaks else 0.0)
        if end > late + samples(0.6):  # the recogniser was busy until the agent had begun to speak again
            _answer(session, words)
        told += [(end, event) for event in session.events()]
    sent = [(end, event) for end, event in told if isinstance(event, NudgeSent)]
    assert len(sent) == 1
    end, event = sent[0]
    assert event.at < samples(2.5)
    assert end >= samples(5.0)


def test_one_that_is_over_before_the_agent_is_silent_is_told_with_its_end() -> None:
    session = CallSession("c", (AGENT,), policy=replace(Policy(), nudge_life=samples(2)))
    told: list[Event] = []
    for index in range(samples(9) // FRAME):
        end = (index + 1) * FRAME
        speaks = samples(0.5) <= end < samples(1.2) or samples(2.5) <= end < samples(8.0)
        session.receive_audio(AGENT, end, 0.95 if speaks else 0.0)
        if end > samples(2.8):
            _answer(session, {"asked": "no"})
        new = session.events()
        if any(isinstance(event, NudgeSent) for event in new):
            assert any(isinstance(event, NudgeCleared) for event in new)
        told += new
    assert len([event for event in told if isinstance(event, NudgeSent)]) == 1


def _answer(session: CallSession, words: dict[str, str]) -> None:
    """The first breath is a no, what follows it is nothing."""
    while requests := session.requests():
        for request in requests:
            match request:
                case Classify():
                    session.receive_scores(request.id, hear(request.prev, request.text))
                case Transcribe(segment=s):
                    said = words["asked"] if s.onset < samples(2) else "so"
                    session.receive_words(request.id, [Word(s.onset, s.offset, said)])
