"""`bench accuracy`: which windows a model stands, and what it takes to earn one."""

import json
import shutil
import wave

import numpy as np
import pytest
from commands import refused, run
from hub import micro
from sound import spoken

from voiceassist.bench.accuracy import LEAST_CLIPS, Accuracy, Floor, _earned, examine, word_error_rate
from voiceassist.bench.clips import Clip, demo_clips, read_clips
from voiceassist.core.types import SAMPLE_RATE, Scores, Word
from voiceassist.engines.faster_whisper import FasterWhisperTranscriber
from voiceassist.engines.scripted import ScriptedClassifier
from voiceassist.engines.whisper import STOCK_FLOOR
from voiceassist.errors import AudioError, ModelError, UsageError
from voiceassist.weights.window import FILE, earned_floor, keep_floor

NO_EAR = ScriptedClassifier({})


def write(path, sound, rate=SAMPLE_RATE):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return path


def floor(frames, *, clips=100, wer=0.02, same=1.0, fallbacks=0.0) -> Floor:
    return Floor(frames, clips, wer, 0.02, same, fallbacks, 10.0, 100.0)


# --- clips ------------------------------------------------------------------------------------------------------------


def test_the_words_of_a_clip_lie_beside_it(tmp_path):
    write(tmp_path / "b.wav", np.zeros(8000, np.float32))
    write(tmp_path / "a.WAV", np.zeros(4000, np.float32), rate=8000)
    (tmp_path / "b.txt").write_text("No, sorry.\n", "utf-8")
    (tmp_path / "notes.md").write_text("about them")
    clips = read_clips(tmp_path)
    assert [(clip.name, clip.text) for clip in clips] == [("a.WAV", None), ("b.wav", "No, sorry.")]
    assert [round(len(clip.sound) / SAMPLE_RATE, 1) for clip in clips] == [0.5, 0.5]


def test_bad_clips_are_named(tmp_path):
    with pytest.raises(UsageError, match="holds no recordings"):
        read_clips(tmp_path / "nowhere")
    path = write(tmp_path / "long.wav", np.zeros(31 * SAMPLE_RATE, np.float32))
    with pytest.raises(UsageError, match=r"long\.wav is longer than 30 s"):
        read_clips(tmp_path)
    path.write_bytes(b"no sound")
    with pytest.raises(AudioError, match=r"long\.wav"):
        read_clips(tmp_path)
    write(path, np.zeros(800, np.float32))
    path.with_suffix(".txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UsageError, match=r"long\.txt cannot be read as text"):
        read_clips(tmp_path)


def test_the_demo_s_turns_are_clips_with_their_words():
    clips = demo_clips()
    assert len(clips) == 21
    assert clips[14].text == "No, we don't buy old bikes."
    assert all(0.5 < len(clip.sound) / SAMPLE_RATE < 15 for clip in clips)


# --- the gate ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "heard", "rate"),
    [
        (["No, we can't."], ["no we can't"], 0.0),
        (["No, we can't."], ["no we can"], 1 / 3),
        (["one two", ""], ["one", "three"], 0.5),
        (["you’re"], ["you're"], 0.0),
        (["one"], [""], 1.0),
        ([""], ["one"], None),
        ([], [], None),
    ],
)
def test_words_are_compared_without_case_and_punctuation(said, heard, rate):
    assert word_error_rate(said, heard) == (None if rate is None else pytest.approx(rate, abs=1e-4))


@pytest.mark.parametrize(
    ("floors", "earned"),
    [
        ([floor(300), floor(500), floor(1000)], 300),
        ([floor(300, wer=0.031), floor(500), floor(1000)], 500),
        ([floor(300), floor(500, same=0.98), floor(1000)], None),
        ([floor(300, fallbacks=0.031), floor(500), floor(1000)], 500),
        ([floor(300, wer=0.03), floor(500), floor(1000, wer=0.9)], 300),
        ([floor(300), floor(500, clips=LEAST_CLIPS - 1), floor(1000)], None),
        ([floor(1000)], None),
    ],
)
def test_the_shortest_floor_is_earned_whose_longer_ones_hold_too(floors, earned):
    assert _earned(floors) == earned


@pytest.fixture(scope="module")
def engine():
    engine = FasterWhisperTranscriber(micro(), device="cpu")
    yield engine
    engine.close()


def test_a_model_is_measured_in_every_window(engine):
    before = engine.floor
    clips = [Clip("no", spoken("No, we can't do that."), "No, we can't do that."), *demo_clips()[2:4]]
    ear = ScriptedClassifier(lambda _, text: Scores(refusal=float("can't" in text)))
    found = examine(engine, ear, clips)
    assert engine.floor == before
    assert [one.floor for one in found.floors] == [300, 400, 500, 750, 1000]
    for one in found.floors:
        assert (one.clips, one.wer, one.same_decision, one.fallbacks) == (3, one.full_wer, 1.0, 0.0)
    assert (found.clips, found.with_words, found.enough, found.earned) == (3, True, False, None)


class Parrot(FasterWhisperTranscriber):
    """Says the same whatever it hears, as weights do whose words rest on places alone."""

    def transcribe(self, samples, segment):
        del samples
        return [Word(segment.onset, segment.offset, "no", 1.0)]

    def decode(self, samples):
        del samples
        return "no"


class Deaf(Parrot):
    def transcribe(self, samples, segment):
        del samples, segment
        return []


@pytest.mark.parametrize(("engine_class", "told"), [(Parrot, "says the same of noise"), (Deaf, "heard no word")])
def test_a_model_that_hears_nothing_is_refused(engine_class, told):
    clips = [Clip("no", spoken("No, we can't do that.")), *demo_clips()[:3]]
    with pytest.raises(ModelError, match=told) as deaf:
        examine(engine_class(micro()), NO_EAR, clips)
    assert deaf.value.code == "model-deaf"


# --- what is kept -----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(micro(), tmp_path / "model", ignore=shutil.ignore_patterns(FILE))
    return tmp_path / "model"


def accuracy(earned, *floors) -> Accuracy:
    return Accuracy("micro", 100, True, floors or (floor(300), floor(1000)), earned)


def test_what_was_earned_is_kept_and_taken_back(folder):
    assert "earned windows from 3 s on" in accuracy(300).keep(folder)
    assert earned_floor(folder) == 300
    assert "no shorter one hears as well" in accuracy(None).keep(folder)
    assert earned_floor(folder) is None


def test_too_few_clips_change_nothing(folder):
    keep_floor(folder, 300, clips=100)
    few = accuracy(None, floor(300, clips=3), floor(1000))
    assert f"{LEAST_CLIPS} clips" in few.keep(folder)
    assert earned_floor(folder) == 300


def test_a_folder_that_takes_nothing_is_named(tmp_path):
    with pytest.raises(ModelError, match="takes no file"):
        accuracy(300).keep(tmp_path / "nowhere")


def test_the_whole_way(folder, tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    for number, line in enumerate(("No, we can't do that.", "No problem. I will put one on today.")):
        write(clips / f"{number}.wav", spoken(line))
        (clips / f"{number}.txt").write_text(line)
    written = tmp_path / "accuracy.json"
    done = run("bench", "accuracy", "--model", str(folder), "--clips", str(clips), "--json", str(written))
    assert done.returncode == 0, done.stderr
    assert done.stderr == "windows stay at 10 s: 50 clips that a shorter one would shorten are needed to earn it\n"
    for words in ("2 clips · faster-whisper model", "3 s", "10 s", "0.00"):
        assert words in done.stdout
    document = json.loads(written.read_text("utf-8"))
    assert (document["bench"], document["schema"], document["clips"], document["earned"]) == ("accuracy", 1, 2, None)
    assert [one["floor"] for one in document["floors"]] == [300, 400, 500, 750, STOCK_FLOOR]
    assert document["against"] == "the words that were said"
    assert document["gate"]["least_clips"] == LEAST_CLIPS


def test_another_recogniser_has_no_windows():
    assert "only Whisper" in refused(run("bench", "accuracy", "--transcriber", "pocketsphinx"))
