"""A pause chosen by the words: how long it is, and that nothing else about a call depends on when they came."""

from __future__ import annotations

import pytest
from calls import AGENT, CUSTOMER, Turn, answer, hear, play_sound, story
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceassist.core.events import AudioChanged, EngineFailed, Event, MomentChanged, Transcript
from voiceassist.core.pause import pause_after
from voiceassist.core.policy import Hearing
from voiceassist.core.session import CallSession
from voiceassist.core.transcript import spread
from voiceassist.core.types import FRAME, AudioState, Channel, Classify, Purpose, Scores, Transcribe, samples, seconds

BY_WORDS = Hearing(ahead=True, by_words=True)
CALL: list[Turn] = [
    (CUSTOMER, 0.3, 2, "can i have a refund"),
    (AGENT, 2.5, 3.2, "no we can't"),
    (AGENT, 3.35, 4.2, "do that"),
    (CUSTOMER, 5, 6, "why not"),
    (AGENT, 6.5, 7.5, "it just is not done"),
    (AGENT, 10, 12, "because the seal is broken but"),
    (AGENT, 12.3, 13, "i can give you credit"),
]


def scores(refusal: float, complete: float) -> Scores:
    return Scores.of({"refusal": refusal, "complete": complete})


@pytest.mark.parametrize(
    ("text", "refusal", "complete", "pause"),
    [
        ("No, we can't do that.", 0.97, 0.96, 0.096),
        ("that's above my pay grade", 0.9, 0.9, 0.096),
        ("No, we can't do that.", 0.97, 0.5, 0.2),
        ("No, we can't do that.", 0.6, 0.97, 0.2),
        ("Your order left this morning.", 0.02, 0.99, 0.2),
        ("No.", 0.97, 0.97, 0.32),
        ("no no", 0.97, 0.97, 0.32),
        ("Um, no, sorry.", 0.97, 0.97, 0.32),
        ("Nope", 0.97, 0.97, 0.32),
        ("we can't do that, but", 0.97, 0.9, 0.32),
        ("I can't refund it. However,", 0.97, 0.9, 0.32),
        ("we can't do that. What I can do is", 0.97, 0.9, 0.32),
        ("we can't do that. what I can do", 0.97, 0.9, 0.32),
        ("I can't, because", 0.97, 0.9, 0.32),
        ("I'm afraid", 0.3, 0.2, 0.32),
        ("we can't do that I'm afraid", 0.97, 0.9, 0.096),
        ("I'm not allowed to", 0.97, 0.9, 0.096),
        ("that's not something we can do", 0.97, 0.9, 0.096),
        ("no, that's all I can do", 0.97, 0.9, 0.096),
        ("it can't go to the", 0.9, 0.9, 0.32),
    ],
)
def test_the_words_choose_the_pause(text: str, refusal: float, complete: float, pause: float) -> None:
    assert pause_after(text, scores(refusal, complete), Hearing()) == samples(pause)


@pytest.mark.parametrize(("usual", "short", "long"), [(0.08, 0.08, 0.32), (0.5, 0.096, 0.5)])
def test_the_usual_pause_bounds_the_others(usual: float, short: float, long: float) -> None:
    hearing = Hearing(pause=samples(usual))
    assert pause_after("no we can't do that", scores(1, 1), hearing) == samples(short)
    assert pause_after("no", scores(1, 1), hearing) == samples(long)


def first_moment(text: str, hearing: Hearing) -> float:
    """For how long the agent was silent when the call said that `text` is a no."""
    events = play_sound([(AGENT, 1.024, 2.048, text)], hearing=hearing)
    return round(next(seconds(event.at) for event in events if isinstance(event, MomentChanged)) - 2.048, 3)


@pytest.mark.parametrize(
    ("text", "silence"), [("no we don't do that", 0.096), ("no", 0.32), ("no we don't do that but", 0.32)]
)
def test_a_no_is_known_after_the_pause_of_its_words(text: str, silence: float) -> None:
    assert first_moment(text, BY_WORDS) == silence
    assert first_moment(text, Hearing()) == first_moment(text, Hearing(ahead=True)) == 0.2


@settings(max_examples=40)
@given(
    st.integers(0, 80),
    st.sampled_from([0.064, 0.2, 0.4]),
    st.booleans(),
    st.lists(st.integers(-3, 3), min_size=14, max_size=14),
)
def test_late_words_change_nothing_but_the_hour(delay: int, pause: float, by_words: bool, moved: list[int]) -> None:  # noqa: FBT001
    hearing, step = Hearing(ahead=True, by_words=by_words, pause=samples(pause)), FRAME / 16_000
    # Turns that begin and end in the same frames, or nearly.
    call = [
        (channel, start + step * moved[2 * at], end + step * moved[2 * at + 1], text)
        for at, (channel, start, end, text) in enumerate([*CALL[:3], (CUSTOMER, 4.2, 4.9, "oh no"), *CALL[4:]])
    ]
    late, early = play_sound(call, hearing=hearing, delay=delay), play_sound(call, hearing=hearing)
    assert sorted(story(late)) == sorted(story(early))  # what is decided late may wait until the agent is silent
    assert said(late) == said(early)


def said(events: list[Event]) -> list[str]:
    return [event.utterance.text for event in events if isinstance(event, Transcript)]


class Live:
    """A call fed frame by frame, whose requests the test answers itself."""

    def __init__(self, *channels: Channel, hearing: Hearing = BY_WORDS) -> None:
        self.session = CallSession("c", channels or (AGENT,), hearing=hearing)
        self.end = 0

    def hear(self, frames: int, probability: float) -> list[Transcribe | Classify]:
        """So many frames more; what is asked for meanwhile."""
        for _ in range(frames):
            self.end += FRAME
            self.session.receive_audio(AGENT, self.end, probability)
        return self.session.requests()

    def say(self, request: Transcribe | Classify, text: str) -> list[Transcribe | Classify]:
        """Answer a request for words; what is asked for then."""
        assert isinstance(request, Transcribe)
        self.session.receive_words(request.id, spread(request.segment.onset, request.segment.offset, text))
        return self.session.requests()

    def score(self, request: Transcribe | Classify) -> list[Transcribe | Classify]:
        assert isinstance(request, Classify)
        self.session.receive_scores(request.id, hear(request.prev, request.text))
        return self.session.requests()


def test_words_that_were_asked_for_ahead_are_there_when_the_usual_pause_is_over() -> None:
    call = Live(hearing=Hearing(ahead=True))
    call.hear(20, 0.9)
    [guess] = call.hear(1, 0.0)
    assert call.say(guess, "no we don't") == []  # nothing is to be chosen
    assert call.hear(5, 0.0) == []
    [judged] = call.hear(1, 0.0)  # 0.2 s
    assert isinstance(judged, Classify)
    assert judged.text == "no we don't"


def test_words_asked_for_ahead_that_come_late_are_waited_for() -> None:
    call = Live(hearing=Hearing(ahead=True))
    call.hear(20, 0.9)
    [guess] = call.hear(9, 0.0)
    assert isinstance(guess, Transcribe)
    assert call.session.purpose(guess) is Purpose.PAUSE
    [judged] = call.say(guess, "no we don't")
    assert isinstance(judged, Classify)


def test_words_are_asked_for_at_the_first_silence_and_no_second_time() -> None:
    call = Live()
    assert call.hear(20, 0.0) == call.hear(20, 0.9) == []
    [guess] = call.hear(1, 0.0)
    assert isinstance(guess, Transcribe)
    assert guess.purpose is Purpose.GUESS
    assert guess.segment.end == guess.segment.offset + FRAME
    [alone] = call.say(guess, "no we don't")
    assert isinstance(alone, Classify)
    assert (alone.prev, alone.text) == ("", "no we don't")
    assert call.score(alone) == call.hear(1, 0.0) == []
    [judged] = call.hear(1, 0.0)
    assert isinstance(judged, Classify)
    assert judged.text == "no we don't"


def test_speech_that_goes_on_makes_the_guess_void() -> None:
    call = Live()
    call.hear(20, 0.9)
    [guess] = call.hear(1, 0.0)
    assert call.session.purpose(guess) is not None
    assert call.hear(20, 0.9) == []
    assert call.session.purpose(guess) is None
    assert call.say(guess, "no we") == []
    [whole] = call.hear(1, 0.0)
    assert isinstance(whole, Transcribe)
    assert whole.segment.onset == guess.segment.onset  # type: ignore[union-attr]
    assert (call.session.counts.guesses, call.session.counts.wasted) == (2, 1)


def test_a_breath_that_was_ended_too_soon_is_counted() -> None:
    call = Live()
    call.hear(20, 0.9)
    [guess] = call.hear(1, 0.0)
    [alone] = call.say(guess, "no we don't")
    call.score(alone)
    call.hear(3, 0.0)
    call.hear(3, 0.9)
    assert call.session.counts.early == 1
    call.hear(20, 0.0)
    call.hear(20, 0.9)
    assert call.session.counts.early == 1


def test_speech_waits_behind_a_pause_that_is_not_chosen_yet() -> None:
    call = Live()
    call.hear(20, 0.9)
    [guess] = call.hear(1, 0.0)
    assert call.hear(3, 0.0) == call.hear(20, 0.9) == call.hear(1, 0.0) == []
    [alone] = call.say(guess, "no we don't")
    requests = call.score(alone)
    # The first breath was over, and the one after it may be.
    assert {type(request) for request in requests} == {Classify, Transcribe}
    assert call.session.counts.early == 1


def test_a_guess_is_waited_for_three_seconds_and_its_words_still_count() -> None:
    call = Live()
    call.hear(20, 0.9)
    [guess] = call.hear(1, 0.0)
    assert call.hear(92, 0.0) == []
    states = [event.state for event in call.session.events() if isinstance(event, AudioChanged)]
    assert states == [AudioState.LISTENING]
    assert call.hear(4, 0.0) == []
    assert [event.state for event in call.session.events() if isinstance(event, AudioChanged)] == [AudioState.LAGGING]
    assert call.session.purpose(guess) is not None
    [judged] = call.say(guess, "no we don't")
    assert isinstance(judged, Classify)
    call.hear(100, 0.0)
    answer(call.session)
    assert said(call.session.events()) == ["no we don't"]


def test_words_that_a_recogniser_broke_on_are_asked_for_again() -> None:
    call = Live()
    call.hear(20, 0.9)
    [guess] = call.hear(1, 0.0)
    call.session.receive_failure(guess.id, "engine-died", "the recogniser ended")
    assert call.hear(5, 0.0) == []
    [again] = call.hear(1, 0.0)
    assert isinstance(again, Transcribe)
    assert again.purpose is Purpose.PAUSE
    assert call.say(again, "no we don't")
    assert [event.code for event in call.session.events() if isinstance(event, EngineFailed)] == ["engine-died"]


def test_without_scores_the_pause_is_the_usual_one() -> None:
    call = Live()
    call.hear(20, 0.9)
    [guess] = call.hear(1, 0.0)
    [alone] = call.say(guess, "no we don't")
    call.session.receive_failure(alone.id, "engine-fault", "no scores")
    assert call.hear(5, 0.0) == []
    [judged] = call.hear(1, 0.0)
    assert isinstance(judged, Classify)


def test_sound_without_words_is_not_asked_about_again() -> None:
    call = Live()
    call.hear(20, 0.9)
    [guess] = call.hear(1, 0.0)
    assert call.say(guess, "") == call.hear(30, 0.0) == []


@pytest.mark.parametrize("text", ["no we don't", "no", "the lift is there"])
def test_silence_in_one_piece_is_silence_in_many(text: str) -> None:
    stories: list[list[str]] = []
    for pieces in (50, 1):
        call = Live()
        call.hear(20, 0.9)
        for _ in range(pieces):
            start, call.end = call.end, call.end + 50 * FRAME // pieces
            call.session.receive_gap(AGENT, start, call.end)
            answer(call.session, words=[(AGENT, word) for word in spread(FRAME, 20 * FRAME, text)])
        call.hear(100, 0.0)
        call.session.end()
        answer(call.session)
        events = call.session.events()
        stories.append([*story(events), *said(events)])
    assert stories[0] == stories[1]
    assert text in stories[0]


def test_a_call_that_ends_ends_the_guess() -> None:
    call = Live()
    call.hear(20, 0.9)
    [guess] = call.hear(5, 0.0)
    call.session.end()
    assert not call.session.ended
    [judged] = call.say(guess, "no we don't")
    call.score(judged)
    assert call.session.ended
    assert set(said(call.session.events())) == {"no we don't"}


def test_nothing_of_a_guess_is_kept_when_listening_stops() -> None:
    call = Live()
    call.hear(20, 0.9)
    [guess] = call.hear(5, 0.0)
    call.session.pause()
    assert call.session.purpose(guess) is None
    call.session.resume()
    assert call.say(guess, "no we don't") == call.hear(50, 0.0) == []
    assert said(call.session.events()) == []


def test_the_customer_is_not_guessed_at() -> None:
    call = Live(AGENT, CUSTOMER)
    for _ in range(3):
        call.hear(1, 0.0)
        call.session.receive_audio(CUSTOMER, call.end, 0.9)
    call.hear(1, 0.0)
    call.session.receive_audio(CUSTOMER, call.end, 0.0)
    assert call.session.requests() == []


def test_under_too_much_load_nothing_is_guessed_and_pauses_are_long() -> None:
    call = Live()
    call.session.events()
    call.session.receive_load(overloaded=True)
    call.session.receive_load(overloaded=True)
    assert [event.state for event in call.session.events() if isinstance(event, AudioChanged)] == [AudioState.LAGGING]
    call.hear(20, 0.9)
    assert call.hear(9, 0.0) == []
    [request] = call.hear(1, 0.0)
    assert isinstance(request, Transcribe)
    assert request.purpose is Purpose.PAUSE
    call.session.receive_load(overloaded=False)
    assert [event.state for event in call.session.events() if isinstance(event, AudioChanged)] == [AudioState.LISTENING]
    call.hear(20, 0.9)
    assert call.hear(1, 0.0)
