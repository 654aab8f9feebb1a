import shutil

import hub
import pytest

from voiceassist.engines import choose
from voiceassist.engines.choose import TranscriberName, choose_transcriber, pick_transcriber
from voiceassist.engines.cuda import cuda
from voiceassist.errors import EngineError, ModelError, SettingsError, UsageError
from voiceassist.weights.cache import cached_models


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty model cache."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def put(cache, repository: str, *, lacking: str = ""):
    """Something of a downloaded model's shape."""
    base = cache / f"models--{repository.replace('/', '--')}"
    folder = base / "snapshots" / "abc"
    folder.mkdir(parents=True)
    (base / "refs").mkdir()
    (base / "refs" / "main").write_text("abc")
    for name in {"model.bin", "config.json", "tokenizer.json", "vocabulary.txt"} - {lacking}:
        (folder / name).write_text('{"model": {}}')
    if lacking != "model.bin":
        (folder / "model.bin").write_bytes(hub.weights(2000))
    return folder


def test_without_weights_auto_is_the_embedded_recogniser_and_says_why():
    pick = pick_transcriber()
    assert pick.name is TranscriberName.POCKETSPHINX
    assert "accuracy" in pick.reason
    assert "voiceassist models pull" in pick.reason
    assert choose_transcriber(pick=pick).limited


def test_with_weights_auto_is_whisper_and_prefers_the_one_that_keeps_up(cache):
    put(cache, "Systran/faster-whisper-medium")
    put(cache, "Systran/faster-whisper-base.en")
    put(cache, "Systran/faster-whisper-small.en", lacking="model.bin")
    put(cache, "nobody/nothing")
    assert list(cached_models()) == ["base.en", "medium"]
    pick = pick_transcriber()
    assert (pick.name, pick.model) == (TranscriberName.FASTER_WHISPER, "base.en")
    assert choose_transcriber().name == "faster-whisper base.en"


def test_auto_with_a_model_is_whisper_with_it(cache):
    folder = put(cache, "Systran/faster-whisper-tiny.en")
    assert choose_transcriber("auto", "tiny.en").name == "faster-whisper tiny.en"
    assert choose_transcriber("auto", str(folder)).name == "faster-whisper abc"


def test_a_recogniser_that_is_unknown_is_refused_with_the_known_ones():
    with pytest.raises(SettingsError, match="auto, faster-whisper, pocketsphinx, scripted"):
        pick_transcriber("vosk")


def test_only_whisper_takes_a_model():
    with pytest.raises(SettingsError, match="takes no model"):
        choose_transcriber("pocketsphinx", "base.en")


def test_the_device_reaches_the_recogniser(cache):
    if cuda().usable:
        pytest.skip("CUDA works here")
    put(cache, "Systran/faster-whisper-tiny.en")
    with pytest.raises(EngineError, match="CUDA cannot be used") as unusable:
        choose_transcriber("faster-whisper", "tiny.en", device="cuda").warm_up()
    assert unusable.value.code == "cuda-unusable"


def test_scripted_needs_words():
    with pytest.raises(UsageError, match="turns file"):
        choose_transcriber("scripted")
    assert choose_transcriber("scripted", words={}).name == "scripted"


def test_a_back_end_that_is_not_installed_is_said(monkeypatch):
    monkeypatch.setattr(choose, "find_spec", lambda _: None)
    with pytest.raises(EngineError, match="pip install pocketsphinx") as missing:
        choose_transcriber("pocketsphinx")
    assert missing.value.code == "engine-missing"


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("base.en", "voiceassist models pull base.en"),
        ("turbo", "voiceassist models pull large-v3-turbo"),
        ("a/b", "a/b is not on this machine"),
        ("nonesuch", "one of base.en"),
        ("/no/such/folder", "no model or folder /no/such/folder"),
    ],
)
def test_a_model_that_is_not_here_is_never_fetched_but_said(model, words):
    with pytest.raises(ModelError, match=words) as missing:
        choose_transcriber("faster-whisper", model)
    assert missing.value.code == "model-missing"


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json", "vocabulary.txt"])
def test_a_folder_that_lacks_a_file_is_refused_with_its_name(cache, name):
    folder = put(cache, "x/y", lacking=name)
    with pytest.raises(ModelError, match=f"no {name.partition('.')[0]}") as damaged:
        choose_transcriber("faster-whisper", folder)
    assert damaged.value.code == "model-damaged"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.bin", b"not weights" * 50),
        ("model.bin", None),
        ("model.bin", b""),
        ("model.bin", b"<!DOCTYPE html><html><body>log in</body></html>" * 20),
        ("config.json", b"{"),
        ("tokenizer.json", b"{}"),
        ("tokenizer.json", b"\xff\xfe"),
    ],
)
def test_damaged_weights_are_refused_in_one_line(tmp_path, name, content):
    folder = tmp_path / "model"
    folder.mkdir()
    for file in hub.micro().iterdir():
        shutil.copyfile(file, folder / file.name)
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(ModelError) as damaged:
        choose_transcriber("faster-whisper", folder).warm_up()
    assert damaged.value.code == "model-damaged"
    assert len(str(damaged.value)) < 300
