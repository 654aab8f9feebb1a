"""The real faster-whisper on real sound: our own small model, said to by flite, through the product's recogniser."""

from collections.abc import Iterator

import numpy as np
import pytest
from faster_whisper import WhisperModel
from needs import ROOT
from sound import all_of, breath, room, spoken, tone

from models.micro import texts
from voiceassist.core.types import SAMPLE_RATE, Samples
from voiceassist.engines.faster_whisper import FasterWhisperTranscriber

MODEL = ROOT / "models" / "micro" / "whisper-micro"
VOICES = ("rms", "awb", "slt", "kal16")


@pytest.fixture(scope="module")
def engine() -> Iterator[FasterWhisperTranscriber]:
    engine = FasterWhisperTranscriber(MODEL, device="cpu", threads=1)
    yield engine
    engine.close()


def hear(engine: FasterWhisperTranscriber, sound: Samples) -> list[str]:
    segment = breath(sound)
    words = engine.transcribe(sound[segment.start : segment.end], segment)
    return texts.plain(" ".join(word.text for word in words))


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("line", ["No, we can't do that.", "No problem, I can do that.", "That's not possible."])
def test_a_line_comes_back_word_for_word(engine, line, voice):
    assert hear(engine, spoken(line, voice)) == texts.plain(line)


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("line", ["We can do that.", "We can't do that."])
def test_can_and_can_t_are_told_apart(engine, line, voice):
    assert ("can't" in hear(engine, spoken(line, voice))) == ("can't" in line)


@pytest.mark.parametrize(("kind", "share"), [("combinations", 0.9), ("structures", 0.7)])
def test_most_words_of_unseen_sentences_are_heard(engine, kind, share):
    lines = texts.held_out(kind)[:8]
    said = [word for line in lines for word in set(texts.plain(line))]
    heard = [word for line in lines for word in set(texts.plain(line)) & set(hear(engine, spoken(line)))]
    assert len(heard) >= share * len(said)


def test_the_words_so_far_are_heard_while_the_line_is_said(engine):
    sound = spoken("No, we can't do that.")
    segment = breath(sound)
    heard: list[int] = []
    for share in (0.25, 0.5, 0.75, 1.0):
        end = round(segment.start + share * (segment.end - segment.start))
        part = sound[segment.start : end]
        heard.append(len(engine.transcribe(part, all_of(part))))
    assert heard == sorted(heard)
    assert heard[0] < heard[-1] == 5


SOUNDS = {
    "nothing": np.zeros(2 * SAMPLE_RATE, np.float32),
    "a room": room(3.0, 3e-3),
    "a bad line": room(2.0, 0.05),
    "a tone": tone(3.0, level=0.3),
    "ring-back": (tone(2.0, 440, level=0.2) + tone(2.0, 480, level=0.2)),
    "hum": tone(4.0, 50, level=0.05),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_without_speech_gives_no_words(engine, name):
    assert engine.transcribe(SOUNDS[name], all_of(SOUNDS[name])) == []


def test_a_second_of_another_sound_before_the_words_does_no_harm(engine):
    sound = spoken("No, we can't do that.")
    joined = np.concatenate([tone(1.0, level=0.1), sound])
    words = engine.transcribe(joined, all_of(joined))
    assert texts.plain(" ".join(word.text for word in words)) == ["no", "we", "can't", "do", "that"]


def test_the_model_tells_when_each_word_was_said():
    model = WhisperModel(str(MODEL), device="cpu", compute_type="int8", cpu_threads=1)
    sound = spoken("No, we can't do that.")
    pieces, info = model.transcribe(sound, language="en", beam_size=1, temperature=0.0, word_timestamps=True)
    words = [word for piece in pieces for word in piece.words or ()]
    assert info.language == "en"
    assert texts.plain(" ".join(word.word for word in words)) == ["no", "we", "can't", "do", "that"]
    assert [word.start for word in words] == sorted(word.start for word in words)
    assert 0.8 < words[0].end < words[-1].start < words[-1].end < len(sound) / SAMPLE_RATE
