"""Whisper in short windows: what it makes of them, and what happens where that cannot be believed."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from faster_whisper import WhisperModel
from hub import micro
from sound import all_of, breath, room, spoken

from voiceassist.core.types import Channel, SpeechSegment
from voiceassist.engines import faster_whisper
from voiceassist.engines.faster_whisper import FasterWhisperTranscriber
from voiceassist.engines.whisper import FULL, STOCK_FLOOR, Decoding, Whisper, window_for
from voiceassist.weights.window import FILE, earned_floor, keep_floor

LINES = ("No, we can't do that.", "No problem. I will put one on today.", "That offer ended in March.")


@pytest.fixture(scope="module")
def whisper() -> Whisper:
    return Whisper(WhisperModel(str(micro()), device="cpu", compute_type="int8", cpu_threads=1))


def cut(line: str) -> np.ndarray:
    """The line as a call hears it: its breaths, with what lies around them."""
    sound = spoken(line)
    segment = breath(sound)
    return sound[segment.start : segment.end]


@pytest.mark.parametrize(
    ("frames", "floor", "window"),
    [
        (150, STOCK_FLOOR, 1000),
        (800, STOCK_FLOOR, 1000),
        (801, STOCK_FLOOR, 1500),
        (150, 300, 300),
        (250, 300, 400),
        (2950, 300, FULL),
        (3000, STOCK_FLOOR, FULL),
        (100, FULL, FULL),
    ],
)
def test_a_window_holds_the_sound_and_a_margin_and_is_no_shorter_than_the_floor(frames, floor, window):
    assert window_for(frames, floor) == window


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("window", [300, STOCK_FLOOR, FULL])
def test_a_short_window_gives_the_words_of_a_full_one(whisper, line, window):
    [decoding] = whisper.decode([whisper.features(cut(line))], window, most=40)
    assert decoding.text == line
    assert -0.5 < decoding.avg_logprob < 0


def test_the_full_window_is_what_faster_whisper_transcribes():
    model = WhisperModel(str(micro()), device="cpu", compute_type="int8", cpu_threads=1)
    sound = cut(LINES[1])
    whisper = Whisper(model)
    [ours] = whisper.decode([whisper.features(sound)], FULL, most=40)
    flags = {"beam_size": 1, "temperature": 0.0, "without_timestamps": True, "condition_on_previous_text": False}
    [theirs] = model.transcribe(sound, language="en", **flags)[0]
    assert ours.text == theirs.text.strip()
    assert ours.avg_logprob == pytest.approx(theirs.avg_logprob, abs=1e-4)
    assert ours.no_speech_prob == pytest.approx(theirs.no_speech_prob, abs=1e-4)
    assert ours.compression_ratio == pytest.approx(theirs.compression_ratio, abs=1e-4)


def test_what_is_decoded_together_is_heard_as_if_alone(whisper):
    sounds = [whisper.features(cut(line)) for line in LINES]
    together = whisper.decode(sounds, 500, most=40)
    assert [one.text for one in together] == [whisper.decode([sound], 500, most=40)[0].text for sound in sounds]


def test_no_more_tokens_come_than_are_asked_for(whisper):
    [decoding] = whisper.decode([whisper.features(cut(LINES[1]))], 500, most=3)
    assert LINES[1].startswith(decoding.text)
    assert len(decoding.text.split()) < 4


class Deaf(Whisper):
    """A network whose short windows break, as the published weights' do when they are cut too short."""

    def __init__(self, whisper: Whisper, *, full: Decoding | None = None) -> None:
        self.windows: list[int] = []
        self._whisper = whisper
        self._full = full

    def features(self, samples):
        return self._whisper.features(samples)

    def decode(self, sounds, window, *, most):
        self.windows.append(window)
        if window < FULL:
            return [Decoding("the the the the the the the", -2.0, 0.1, 3.1)] * len(sounds)
        return [self._full] if self._full else self._whisper.decode(sounds, window, most=most)


def test_what_cannot_be_believed_is_heard_once_more_in_a_full_window(whisper):
    engine = FasterWhisperTranscriber(micro(), device="cpu", floor=STOCK_FLOOR)
    engine._loaded = deaf = Deaf(whisper)
    words = engine.transcribe(sound := cut(LINES[0]), all_of(sound))
    assert " ".join(word.text for word in words) == LINES[0]
    assert deaf.windows == [STOCK_FLOOR, FULL]
    assert (engine.decodes, engine.fallbacks, engine.dropped) == (1, 1, 0)


def test_what_cannot_be_believed_then_either_is_no_words(whisper):
    engine = FasterWhisperTranscriber(micro(), device="cpu")
    engine._loaded = Deaf(whisper, full=Decoding("Thanks for watching!", -0.2, 0.1, 1.0))
    sound = cut(LINES[0])
    assert engine.transcribe(sound, all_of(sound)) == []
    assert (engine.decodes, engine.fallbacks, engine.dropped) == (1, 1, 1)


def test_many_sounds_are_heard_as_each_alone_and_counted():
    engine = FasterWhisperTranscriber(micro(), device="cpu")
    sounds = [cut(line) for line in LINES] + [room(3.0, 0.05)]
    heard = engine.transcribe_all([(sound, all_of(sound)) for sound in sounds])
    assert [" ".join(word.text for word in words) for words in heard] == [*LINES, ""]
    assert heard == [engine.transcribe(sound, all_of(sound)) for sound in sounds]
    assert (engine.decodes, engine.fallbacks) == (6, 0)


def test_only_what_decodes_a_phrase_within_a_pause_or_two_is_quick(monkeypatch):
    engine = FasterWhisperTranscriber(micro(), device="cpu")
    assert not engine.quick
    monkeypatch.setattr(faster_whisper, "QUICK", 60.0)
    engine.warm_up()
    assert engine.quick
    monkeypatch.setattr(faster_whisper, "QUICK", 0.0)
    engine.warm_up()
    assert not engine.quick


def test_sounds_that_are_decoded_together_are_of_one_form():
    engine = FasterWhisperTranscriber(micro(), device="cpu", floor=300)
    forms = [engine.form(SpeechSegment(Channel.AGENT, 0, length, 0, length)) for length in (16_000, 30_000, 64_000)]
    assert forms == [(300, 32), (300, 32), (500, 48)]


def test_noise_is_not_even_decoded():
    engine = FasterWhisperTranscriber(micro(), device="cpu")
    noise = room(3.0, 0.05)
    assert engine.transcribe(noise, all_of(noise)) == []
    assert engine.decodes == 0


@pytest.fixture
def folder(tmp_path) -> Path:
    """A copy of the small model that has earned nothing yet."""
    shutil.copytree(micro(), tmp_path / "model", ignore=shutil.ignore_patterns(FILE))
    return tmp_path / "model"


def test_a_model_that_has_earned_a_shorter_window_uses_it(folder):
    assert earned_floor(folder) is None
    assert FasterWhisperTranscriber(folder).floor == STOCK_FLOOR
    keep_floor(folder, 300, clips=100)
    assert earned_floor(folder) == FasterWhisperTranscriber(folder).floor == 300
    assert FasterWhisperTranscriber(folder, floor=FULL).floor == FULL


def test_other_weights_have_earned_nothing(folder):
    keep_floor(folder, 300, clips=100)
    with (folder / "model.bin").open("ab") as file:
        file.write(b"\0")
    assert earned_floor(folder) is None


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"floor": 0}', '{"floor": 10, "clips": 1, "weights": "x"}'])
def test_a_broken_file_is_no_floor(folder, broken):
    (folder / FILE).write_text(broken)
    assert earned_floor(folder) is None


def test_what_is_written_tells_what_it_rests_on(folder):
    written = json.loads(keep_floor(folder, 500, clips=120).read_text("utf-8"))
    assert (written["floor"], written["clips"]) == (500, 120)
