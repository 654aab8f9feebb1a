"""What every recogniser must do, whatever it is made of."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from needs import ROOT
from sound import all_of, breath, room, spoken

from voiceassist.core.types import Channel, Samples, SpeechSegment, Word
from voiceassist.engines.base import Transcriber
from voiceassist.engines.choose import choose_transcriber
from voiceassist.engines.scripted import ScriptedTranscriber

LINE = "No, we can't do that."
HEARD = ["no", "we", "can't", "do", "that"]


@dataclass
class Subject:
    make: Callable[[], Transcriber]
    sound: Samples
    segment: SpeechSegment

    def hear(self, engine: Transcriber) -> list[Word]:
        part = self.sound[self.segment.start : self.segment.end]
        return list(engine.transcribe(part, self.segment))


def plain(words: list[Word]) -> list[str]:
    return [word.text.lower().strip(".,!?") for word in words]


@pytest.fixture(scope="module", params=["scripted", "pocketsphinx", "faster-whisper"])
def subject(request) -> Subject:
    sound = spoken(LINE)
    segment = breath(sound)
    if request.param == "scripted":
        step = (segment.offset - segment.onset) // len(HEARD)
        said = [Word(segment.onset + i * step, segment.onset + (i + 1) * step, text) for i, text in enumerate(HEARD)]
        return Subject(lambda: ScriptedTranscriber({Channel.AGENT: said}), sound, segment)
    model = ROOT / "models" / "micro" / "whisper-micro" if request.param == "faster-whisper" else None
    return Subject(lambda: choose_transcriber(request.param, model), sound, segment)


@pytest.fixture(scope="module")
def engine(subject) -> Iterator[Transcriber]:
    made = subject.make()
    yield made
    made.close()


def test_a_spoken_line_comes_back_as_words(subject, engine):
    engine.warm_up()
    assert plain(subject.hear(engine)) == HEARD


def test_words_lie_in_order_inside_the_segment(subject, engine):
    words = subject.hear(engine)
    edges = [edge for word in words for edge in (word.start, word.end)]
    assert edges == sorted(edges)
    assert subject.segment.start <= edges[0]
    assert edges[-1] <= subject.segment.end
    assert all(word.start < word.end and 0 <= word.probability <= 1 for word in words)


def test_the_time_of_a_word_is_the_call_s(subject, engine):
    early = subject.hear(engine)
    hour = 3600 * 16000
    moved = SpeechSegment(Channel.AGENT, *(hour + at for at in _times(subject.segment)))
    if isinstance(engine, ScriptedTranscriber):
        assert engine.transcribe(subject.sound, moved) == []
        return
    late = engine.transcribe(subject.sound[subject.segment.start : subject.segment.end], moved)
    assert [(word.start - hour, word.text) for word in late] == [(word.start, word.text) for word in early]


def test_silence_and_the_noise_of_a_room_give_no_words(engine):
    for sound in (np.zeros(16000, np.float32), np.zeros(0, np.float32), room(2.0, 1e-4), room(2.0, 3e-2)):
        if not isinstance(engine, ScriptedTranscriber):
            assert list(engine.transcribe(sound, all_of(sound))) == []


def test_no_state_is_carried_from_call_to_call(subject, engine):
    first = subject.hear(engine)
    noise = room(1.0, 0.1)
    engine.transcribe(noise, SpeechSegment(Channel.CUSTOMER, *_times(all_of(noise))))
    assert subject.hear(engine) == first


def test_it_closes_twice_and_without_having_worked(subject):
    made = subject.make()
    made.close()
    made.close()
    assert made.name


def test_only_the_embedded_recogniser_is_limited(engine):
    assert engine.limited is ("embedded" in engine.name)


def _times(segment: SpeechSegment) -> tuple[int, int, int, int]:
    return segment.start, segment.end, segment.onset, segment.offset
