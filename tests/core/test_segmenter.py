"""Speech probability to breaths: ordered, inside the sound, whatever the frames."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voiceassist.core.policy import Hearing
from voiceassist.core.segmenter import (
    TRANSITIONS,
    Segmenter,
    SpeechEnded,
    SpeechEvent,
    SpeechPaused,
    SpeechStarted,
    SpeechState,
)
from voiceassist.core.types import FRAME, Channel, samples

RUNS = st.lists(st.tuples(st.integers(1, 60), st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.95])), max_size=30)


def hear(runs: list[tuple[int, float]], hearing: Hearing | None = None) -> list[SpeechEvent]:
    segmenter, end = Segmenter(Channel.AGENT, hearing or Hearing()), 0
    events: list[SpeechEvent] = []
    for length, probability in runs:
        for _ in range(length):
            end += FRAME
            events += segmenter.push(end, probability)
            assert segmenter.horizon <= end
    return [*events, *segmenter.finish()]


def test_the_table_is_complete() -> None:
    assert set(TRANSITIONS) == {(state, speech) for state in SpeechState for speech in (True, False)}


def test_a_breath_its_pause_and_its_end() -> None:
    events = hear([(10, 0.0), (10, 0.9), (40, 0.0)])
    onset, offset = 10 * FRAME, 20 * FRAME
    assert events[0] == SpeechStarted(Channel.AGENT, onset)
    assert isinstance(events[1], SpeechPaused)
    segment = events[1].segment
    assert (segment.onset, segment.offset) == (onset, offset)
    assert segment.start == onset - samples(0.3)
    assert events[1].at == segment.end == offset + samples(0.2)
    assert events[2] == SpeechEnded(Channel.AGENT, offset + samples(0.6))


def test_the_pre_roll_never_reaches_into_the_breath_before() -> None:
    events = [e for e in hear([(10, 0.9), (8, 0.0), (10, 0.9), (40, 0.0)]) if isinstance(e, SpeechPaused)]
    assert len(events) == 2
    assert events[1].segment.start == events[0].segment.offset == 10 * FRAME


def test_a_dip_shorter_than_the_pause_is_no_pause() -> None:
    events = [e for e in hear([(10, 0.9), (5, 0.1), (10, 0.9), (40, 0.0)]) if isinstance(e, SpeechPaused)]
    assert len(events) == 1


@given(RUNS)
def test_breaths_are_ordered_and_inside_the_sound(runs: list[tuple[int, float]]) -> None:
    total = sum(length for length, _ in runs) * FRAME
    last = 0
    open_breath = False
    for event in hear(runs, Hearing(longest=samples(1.5))):
        match event:
            case SpeechStarted():
                assert not open_breath
                open_breath = True
            case SpeechPaused(segment=s):
                assert open_breath
                open_breath = False
                assert last <= s.start <= s.onset < s.offset <= s.end <= total
                last = s.offset
            case SpeechEnded():
                assert not open_breath
                assert event.at <= total
    assert not open_breath


@given(RUNS, st.integers(1, 200))
def test_a_gap_in_one_piece_or_in_many_is_the_same(runs: list[tuple[int, float]], gap: int) -> None:
    def listen(pieces: list[int]) -> list[SpeechEvent]:
        segmenter, end = Segmenter(Channel.AGENT, Hearing()), 0
        events: list[SpeechEvent] = []
        for length, probability in runs:
            for _ in range(length):
                end += FRAME
                events += segmenter.push(end, probability)
        for piece in pieces:
            end += piece
            events += segmenter.push(end, 0.0)
        return events

    assert listen([gap * FRAME]) == listen([FRAME] * gap)


@given(RUNS)
def test_every_two_frames_of_speech_are_heard(runs: list[tuple[int, float]]) -> None:
    loud = [(length, probability) for length, probability in runs if probability in {0.0, 0.95}]
    breaths = [e.segment for e in hear(loud) if isinstance(e, SpeechPaused)]
    at = 0
    for length, probability in loud:
        if probability and length > 1:
            assert any(s.onset <= at * FRAME and (at + length) * FRAME <= s.offset for s in breaths)
        at += length


def test_reset_forgets_the_breath() -> None:
    segmenter = Segmenter(Channel.AGENT, Hearing())
    for index in range(10):
        list(segmenter.push((index + 1) * FRAME, 0.9))
    segmenter.reset()
    assert [e for i in range(40) for e in segmenter.push((11 + i) * FRAME, 0.0)] == []
