"""The scripted model: of the published size, at full cost, and with its words whatever it hears."""

from pathlib import Path

import numpy as np
import pytest
from faster_whisper import WhisperModel
from sound import all_of, spoken

from voiceassist.bench.shape import SHAPES, Shape, write
from voiceassist.engines.faster_whisper import FasterWhisperTranscriber
from voiceassist.engines.whisper import FULL, Whisper

WORDS = "No, we can't do that for you today.".split()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write(tmp_path_factory.mktemp("models") / "small", Shape(64, 2, 2), WORDS)


@pytest.mark.parametrize("window", [300, 1000, FULL])
def test_it_says_its_words_in_every_window(folder: Path, window: int) -> None:
    whisper = Whisper(WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1))
    noise = np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32)
    [decoding] = whisper.decode([whisper.features(noise)], window, most=24)
    assert decoding.text == " ".join(WORDS)
    assert decoding.avg_logprob > -0.01


def test_faster_whisper_and_its_times_say_them_too(folder: Path) -> None:
    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)
    sound = spoken("No.")
    for flags in ({}, {"beam_size": 1, "without_timestamps": True}):
        segments, _ = model.transcribe(sound, language="en", **flags)
        assert [segment.text.strip() for segment in segments] == [" ".join(WORDS)]


def test_the_transcriber_believes_it(folder: Path) -> None:
    engine = FasterWhisperTranscriber(folder, device="cpu", floor=300)
    sound = spoken("No.")
    assert [word.text for word in engine.transcribe(sound, all_of(sound))] == WORDS
    assert (engine.fallbacks, engine.dropped) == (0, 0)


def test_it_has_the_published_size(tmp_path: Path) -> None:
    path = write(tmp_path / "tiny", SHAPES["tiny.en"], WORDS)
    model = WhisperModel(str(path), device="cpu", compute_type="int8", cpu_threads=1)
    assert (model.model.n_mels, model.model.is_multilingual) == (80, False)
    assert 50e6 < sum(file.stat().st_size for file in path.iterdir()) < 70e6  # 37.8 million weights, and names
    assert model.hf_tokenizer.get_vocab_size() == 51_864
