"""The call as sound: how it is cut, who answers when, and what people press change nothing that they should not."""

from __future__ import annotations

from collections.abc import Sequence

from calls import AGENT, CUSTOMER, Turn, answer, hear, play_sound, story
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceassist.core.events import (
    AudioChanged,
    CallEnded,
    EngineFailed,
    Event,
    MomentChanged,
    NudgeCleared,
    NudgeSent,
    Praised,
    Transcript,
)
from voiceassist.core.policy import Hearing, Policy
from voiceassist.core.session import CallSession
from voiceassist.core.transcript import spread
from voiceassist.core.types import FRAME, AudioState, Channel, Classify, Purpose, Transcribe, samples, seconds

CALL: list[Turn] = [
    (CUSTOMER, 0.3, 2, "can i have a refund"),
    (AGENT, 2.5, 3.2, "no we can't"),
    (CUSTOMER, 5, 6, "why not"),
    (AGENT, 6.5, 7.5, "it just is not done"),
    (AGENT, 10, 12, "because the seal is broken but i can give you credit"),
]


def both(session: CallSession, end: int, agent: float, customer: float | None = None) -> None:
    session.receive_audio(Channel.AGENT, end, agent)
    if customer is not None:
        session.receive_audio(Channel.CUSTOMER, end, customer)


@settings(max_examples=20)
@given(st.integers(0, 60))
def test_late_answers_change_nothing_but_the_hour(delay: int) -> None:
    assert story(play_sound(CALL, delay=delay)) == story(play_sound(CALL))


def test_the_order_of_the_channels_changes_nothing() -> None:
    assert story(play_sound(CALL, customer_first=True)) == story(play_sound(CALL))


def test_a_lone_no_of_200_ms_opens_the_cue() -> None:
    lines = story(play_sound([(AGENT, 1.0, 1.2, "no")]))
    assert [line.split(" ", 1)[1] for line in lines][:3] == [
        "c-m1 open",
        "c-n1 offer_alternative c-m1",
        "c-m1 nudged",
    ]


def test_a_click_is_no_speech() -> None:
    session = CallSession("c")
    for index in range(100):
        session.receive_audio(AGENT, (index + 1) * FRAME, 0.99 if index in {20, 40} else 0.0)
    assert session.requests() == []


def test_what_a_recogniser_does_not_answer_holds_decisions_back_for_three_seconds_only() -> None:
    session = CallSession("c")
    frames = iter(range(FRAME, 1 << 30, FRAME))

    def listen(until: float, probability: float) -> None:
        for end in frames:
            session.receive_audio(AGENT, end, probability)
            if end >= samples(until):
                return

    listen(1.0, 0.0)
    listen(1.5, 0.9)
    listen(4.5, 0.0)
    request = next(r for r in session.requests() if isinstance(r, Transcribe))
    assert not [e for e in session.events() if isinstance(e, AudioChanged) and e.state is AudioState.LAGGING]
    listen(5.5, 0.0)
    assert [e.state for e in session.events() if isinstance(e, AudioChanged)] == [AudioState.LAGGING]
    session.receive_words(request.id, spread(samples(1), samples(1.5), "no we can't"))
    answer(session)
    listen(9.5, 0.0)
    answer(session)
    events = session.events()
    assert [e.utterance.text for e in events if isinstance(e, Transcript)] == ["no we can't"]
    assert [e.state for e in events if isinstance(e, AudioChanged)] == [AudioState.LISTENING]
    assert [e.nudge.kind for e in events if isinstance(e, NudgeSent)] == ["offer_alternative"]


def test_a_tick_that_nobody_answers_makes_room_for_the_next() -> None:
    session = CallSession("c", hearing=Hearing(tick=samples(0.5)))
    asked: list[int] = []
    for index in range(samples(3) // FRAME):
        session.receive_audio(AGENT, (index + 1) * FRAME, 0.9)
        for request in session.requests():
            asked.append(request.id)
            session.receive_nothing(request.id)
    assert len(asked) == 5


def test_an_engine_that_breaks_costs_one_breath_and_no_more() -> None:
    session = CallSession("c", tuple(Channel))
    words = [(c, w) for c, start, stop, text in CALL for w in spread(samples(start), samples(stop), text)]
    failed = False
    for index in range(samples(20) // FRAME):
        middle = seconds(index * FRAME + FRAME // 2)
        for channel in Channel:
            speech = any(c is channel and a <= middle < b for c, a, b, _ in CALL)
            session.receive_audio(channel, (index + 1) * FRAME, 0.9 if speech else 0.0)
        for request in session.requests():
            if isinstance(request, Transcribe) and request.segment.channel is AGENT and not failed:
                failed = True
                session.receive_failure(request.id, "engine-died", "the recogniser ended")
            elif isinstance(request, Transcribe):
                s = request.segment
                session.receive_words(
                    request.id, [w for c, w in words if c is s.channel and s.start <= w.start < s.end]
                )
            else:
                session.receive_scores(request.id, hear(request.prev, request.text))
        answer(session, words=words)
    session.end()
    answer(session, words=words)
    events = session.events()
    assert [e.code for e in events if isinstance(e, EngineFailed)] == ["engine-died"]
    texts = [e.utterance.text for e in events if isinstance(e, Transcript) and e.utterance.final]
    assert texts == [text for i, (_, _, _, text) in enumerate(CALL) if i != 1]


def test_scores_that_fail_leave_the_words_heard() -> None:
    session = CallSession("c")
    session.receive_turn(AGENT, 0, samples(1), "no we can't")
    session.receive_time(samples(2))
    (request,) = session.requests()
    assert isinstance(request, Classify)
    session.receive_failure(request.id, "engine-fault", "it broke")
    session.receive_time(samples(9))
    session.end()
    events = session.events()
    assert session.ended
    assert [e.utterance.text for e in events if isinstance(e, Transcript)] == ["no we can't"]
    assert not [e for e in events if isinstance(e, MomentChanged)]


def test_an_answer_that_nobody_awaits_is_ignored() -> None:
    session = CallSession("c")
    session.receive_words(99, [])
    session.receive_scores(98, hear("", "no"))
    session.end()
    assert session.ended
    session.receive_audio(AGENT, FRAME, 0.9)
    assert isinstance(session.events()[-1], CallEnded)


def test_a_pause_forgets_what_was_being_said_and_hears_nothing() -> None:
    session = CallSession("c")
    for index in range(30):
        session.receive_audio(AGENT, (index + 1) * FRAME, 0.9)
    session.pause()
    session.pause()
    for index in range(30, 200):
        session.receive_audio(AGENT, (index + 1) * FRAME, 0.9)
    assert session.requests() == []
    session.resume()
    for index in range(200, 260):
        session.receive_audio(AGENT, (index + 1) * FRAME, 0.9 if index < 230 else 0.0)
    (request,) = session.requests()
    assert isinstance(request, Transcribe)
    assert request.segment.start >= 200 * FRAME - 1
    states = [e.state for e in session.events() if isinstance(e, AudioChanged)]
    assert states == [AudioState.LISTENING, AudioState.PAUSED, AudioState.LISTENING]


def test_a_pause_makes_void_what_the_recogniser_is_still_working_on() -> None:
    session = CallSession("c")
    for index in range(60):
        session.receive_audio(AGENT, (index + 1) * FRAME, 0.9 if 5 < index < 30 else 0.0)
    (request,) = session.requests()
    assert session.purpose(request) is not None
    session.pause()
    assert session.purpose(request) is None
    session.receive_words(request.id, spread(0, FRAME, "no"))
    assert not [e for e in session.events() if isinstance(e, Transcript)]


def test_dismiss_and_snooze_take_the_nudge_away() -> None:
    for press, why in [(lambda s: s.dismiss("c-n1"), "dismissed"), (lambda s: s.snooze(30), "snoozed")]:
        session = CallSession("c")
        session.receive_turn(AGENT, 0, samples(1), "no we can't")
        session.receive_time(samples(3))
        answer(session)
        press(session)
        session.receive_turn(AGENT, samples(25), samples(26), "no we can't")
        session.receive_time(samples(30))
        answer(session)
        events = session.events()
        assert [e.why for e in events if isinstance(e, NudgeCleared)] == [why]
        assert len([e for e in events if isinstance(e, NudgeSent)]) == (2 if why == "dismissed" else 1)


def test_a_long_breath_is_cut_and_loses_nothing() -> None:
    long = " ".join(f"word{i}" for i in range(60))
    events = play_sound([(AGENT, 1, 31, long)], hearing=Hearing(longest=samples(10)))
    finals = [e.utterance.text for e in events if isinstance(e, Transcript) and e.utterance.final]
    assert finals == [long]


def test_ticks_show_words_while_they_are_said_and_are_superseded() -> None:
    hearing = Hearing(tick=samples(0.5))
    session = CallSession("c", hearing=hearing)
    ticks: list[Transcribe] = []
    for index in range(130):
        session.receive_audio(AGENT, (index + 1) * FRAME, 0.9 if index < 100 else 0.0)
        for request in session.requests():
            assert isinstance(request, Transcribe)
            ticks.append(request)
            if request.purpose is Purpose.TICK and len(ticks) < 3:
                session.receive_words(request.id, spread(0, FRAME, f"tick {len(ticks)}"))
    assert [t.generation for t in ticks] == list(range(1, len(ticks) + 1))
    pause = ticks[-1]
    assert pause.purpose is Purpose.PAUSE
    session.receive_words(ticks[2].id, spread(0, FRAME, "too late"))
    session.receive_words(pause.id, spread(0, FRAME, "all the words"))
    answer(session)
    session.end()
    shown = [e.utterance.text for e in session.events() if isinstance(e, Transcript)]
    assert shown[:2] == ["tick 1", "tick 2"]
    assert "too late" not in shown
    assert set(shown[2:]) == {"all the words"}


def test_the_end_waits_for_answers_that_are_out() -> None:
    session = CallSession("c")
    for index in range(40):
        session.receive_audio(AGENT, (index + 1) * FRAME, 0.9)
    session.end()
    assert not session.ended
    answer(session, words=[(AGENT, w) for w in spread(0, 40 * FRAME, "no we can't")])
    assert session.ended
    events = session.events()
    assert [e.moment.state for e in events if isinstance(e, MomentChanged)] == ["open", "expired"]
    assert not [e for e in events if isinstance(e, NudgeSent)]


def test_time_without_sound_moves_the_call() -> None:
    session = CallSession("c", policy=Policy(grace=samples(1)))
    for index in range(20):
        session.receive_audio(AGENT, (index + 1) * FRAME, 0.9 if index < 10 else 0.0)
    answer(session, words=[(AGENT, w) for w in spread(0, 10 * FRAME, "no we can't")])
    session.receive_gap(AGENT, 0, samples(10))
    sent = [e for e in session.events() if isinstance(e, NudgeSent)]
    assert [e.at for e in sent] == [10 * FRAME + samples(1)]


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=40), st.integers(0, 3))
def test_time_and_transcripts_are_in_order(runs: list[tuple[int, bool]], extra: int) -> None:
    session, index = CallSession("c"), 0
    for length, speech in runs:
        for _ in range(length):
            index += 1
            session.receive_audio(AGENT, index * FRAME, 0.9 if speech else 0.0)
            for request in session.requests():
                if isinstance(request, Transcribe):
                    s = request.segment
                    assert 0 <= s.start <= s.onset < s.offset <= s.end <= index * FRAME
                    session.receive_words(request.id, spread(s.onset, s.offset, "no " * (1 + extra)))
            answer(session)
    session.end()
    answer(session)
    while not session.ended:
        for request in session.requests():
            if isinstance(request, Transcribe):
                session.receive_words(request.id, [])
        answer(session)
    times = [event.at for event in session.events()]
    assert times == sorted(times)


def speak(session: CallSession, start: float, end: float, speech: Sequence[tuple[float, float]]) -> list[Event]:
    """Feed the agent's sound from `start` to `end` seconds; `speech` is when there is any. Returns the events."""
    told: list[Event] = []
    for at in range(samples(start) // FRAME, samples(end) // FRAME):
        middle = seconds(at * FRAME + FRAME // 2)
        session.receive_audio(AGENT, (at + 1) * FRAME, 0.9 if any(a <= middle < b for a, b in speech) else 0.0)
        told += session.events()
    return told


def say(session: CallSession, text: str) -> None:
    """Answer every request for words with this text, and those for scores by what it holds."""
    while requests := session.requests():
        for request in requests:
            match request:
                case Transcribe(segment=segment):
                    session.receive_words(request.id, spread(segment.onset, segment.offset, text))
                case Classify():
                    session.receive_scores(request.id, hear(request.prev, request.text))


def test_after_a_pause_with_words_still_out_a_no_is_nudged_again() -> None:
    session = CallSession("c")
    speak(session, 0, 2.6, [(0.5, 1.2), (2.2, 4)])  # the words of the first breath are out, the second has begun
    session.pause()
    speak(session, 2.6, 5, [])
    session.resume()
    speak(session, 5, 7, [(5.5, 6.2)])
    say(session, "no we can't")
    told = speak(session, 7, 9, [])
    assert [event.nudge.kind for event in told if isinstance(event, NudgeSent)] == ["offer_alternative"]


def test_nobody_is_nudged_while_paused() -> None:
    session = CallSession("c")
    speak(session, 0, 1.8, [(0.5, 1.2)])
    say(session, "no we can't")
    session.pause()
    told = [*session.events(), *speak(session, 1.8, 6, [])]
    assert [event.moment.state for event in told if isinstance(event, MomentChanged)] == ["open", "expired"]
    assert not [event for event in told if isinstance(event, NudgeSent)]


def test_praise_waits_until_the_agent_is_silent_and_not_for_ever() -> None:
    for length, praised in ((2.0, 1), (8.0, 0)):
        session = CallSession("c")
        speak(session, 0, 1.8, [(0.5, 1.2)])
        speech = [(2.2, 2.2 + length)]
        told = speak(session, 1.8, 2.6, speech)
        say(session, "no i understand because it is sold out but i can give you credit")  # late: the agent speaks again
        while_speaking = [*session.events(), *speak(session, 2.6, 2.2 + length, speech)]
        assert not [event for event in (*told, *while_speaking) if isinstance(event, Praised)]
        after = speak(session, 2.2 + length, 4.2 + length, [])
        assert len([event for event in after if isinstance(event, Praised)]) == praised


def test_a_sign_of_life_says_how_the_agent_is_heard() -> None:
    session = CallSession("c")
    session.events()
    session.affirm()
    assert [event.state for event in session.events() if isinstance(event, AudioChanged)] == [AudioState.LISTENING]
