"""What is on this machine: which models, whether they are whole, and by whose word."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import ctranslate2
import hub
import numpy as np
import pytest
from needs import ROOT

from voiceassist.engines.faster_whisper import FasterWhisperTranscriber
from voiceassist.errors import ModelError
from voiceassist.weights.cache import cached_models, find_model, hub_cache
from voiceassist.weights.hub import Patience
from voiceassist.weights.inventory import Authority, Presence, State, list_models, verify
from voiceassist.weights.manifest import models, read_record
from voiceassist.weights.pull import pull


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """An empty model cache."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return tmp_path / "hub"


@pytest.fixture
def pulled() -> Path:
    """The folder of a model that was pulled."""
    with hub.serving() as server:
        return pull(hub.REPOSITORY, endpoint=server.address, patience=Patience(20, 2, 0)).folder


def place(name: str, contents: dict[str, bytes], revision: str | None = None) -> Path:
    """Put files where the listed model of that name would lie."""
    model = models()[name]
    base = hub_cache() / f"models--{model.repository.replace('/', '--')}"
    folder = base / "snapshots" / (revision or model.revision)
    folder.mkdir(parents=True)
    for file, data in contents.items():
        (folder / file).write_bytes(data)
    return folder


def of_length(name: str) -> dict[str, bytes]:
    """Files of the lengths that the list gives for a model, without the weights."""
    return {file.name: bytes(file.size) for file in models()[name].files if file.name != "model.bin"}


def states(target=None) -> dict[str, tuple[State, Authority]]:
    return {finding.file: (finding.state, finding.authority) for finding in verify(target)}


def test_the_list_is_sound():
    for name, model in models().items():
        assert model.licence == "MIT"
        assert len(model.revision) == 40
        assert model.english_only == (name.endswith(".en") or name.startswith("distil"))
        assert {"model.bin", "config.json", "tokenizer.json"} < {file.name for file in model.files}
        assert any(file.name.startswith("vocabulary.") for file in model.files)
        weights = next(file for file in model.files if file.name == "model.bin")
        assert weights.checkable
        assert model.size > weights.size
        for file in model.files:
            assert file.size
            assert file.sha256 is None or len(bytes.fromhex(file.sha256)) == 32


def test_the_list_shows_what_is_here(cache):
    rows = {row.name: row for row in list_models()}
    assert next(iter(rows)) == "base.en"
    assert {row.presence for row in rows.values()} == {Presence.ABSENT}
    assert (rows["small.en"].megabytes, rows["small.en"].english_only, rows["small.en"].licence) == (486, True, "MIT")
    place("tiny", {"config.json": b"{}"})
    (cache / "models--Systran--faster-whisper-base" / "incoming" / "abc").mkdir(parents=True)
    (cache / "models--Systran--faster-whisper-base" / "incoming" / "abc" / "model.bin").write_bytes(b"half")
    folder = place("base.en", of_length("base.en"))
    with (folder / "model.bin").open("wb") as sparse:
        sparse.truncate(145216508)
    rows = {row.name: (row.presence, row.folder) for row in list_models()}
    assert rows["tiny"][0] is Presence.DAMAGED
    assert rows["base"] == (Presence.PART, None)
    assert rows["base.en"] == (Presence.WHOLE, folder)


def test_a_listed_model_of_another_length_is_never_picked():
    folder = place("tiny.en", of_length("tiny.en") | {"model.bin": hub.weights()})
    assert cached_models() == {}
    with pytest.raises(
        ModelError, match=r"bytes of model\.bin where 75537502 are due.*models pull tiny\.en"
    ) as damaged:
        find_model("tiny.en")
    assert damaged.value.code == "model-damaged"
    assert find_model_code(folder) == "model-damaged"


def find_model_code(folder: Path) -> str:
    with pytest.raises(ModelError) as error:
        find_model(folder)
    return error.value.code


def test_a_whole_model_of_another_revision_is_taken_before_half_of_the_listed_one():
    half = place("tiny.en", {"config.json": b"{}"})
    other = place("tiny.en", hub.model(), revision="0" * 40)
    assert half.parent == other.parent
    assert cached_models() == {"tiny.en": other}


def test_what_was_pulled_and_is_whole_is_so_by_the_note_of_the_pull(pulled):
    names = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")
    assert states(hub.REPOSITORY) == dict.fromkeys(names, (State.WHOLE, Authority.PULL))
    assert {finding.model for finding in verify()} == {hub.REPOSITORY}
    assert all(finding.good for finding in verify(pulled))


def test_what_was_altered_or_taken_away_since_the_pull_is_found(pulled):
    weights = (pulled / "model.bin").read_bytes()
    (pulled / "model.bin").write_bytes(weights[:-1] + b"?")
    (pulled / "vocabulary.txt").unlink()
    found = states(hub.REPOSITORY)
    assert found["model.bin"] == (State.ALTERED, Authority.PULL)
    assert found["vocabulary.txt"] == (State.MISSING, Authority.PULL)
    assert {finding.file for finding in verify() if not finding.good} == {"vocabulary.txt", "model.bin"}
    with pytest.raises(ModelError, match=rf"no vocabulary.*models pull {hub.REPOSITORY}") as damaged:
        FasterWhisperTranscriber(hub.REPOSITORY)
    assert damaged.value.code == "model-damaged"


def test_a_model_that_was_copied_takes_its_note_along(pulled, tmp_path):
    copy = shutil.copytree(pulled, tmp_path / "copy")
    (copy / "model.bin").write_bytes(hub.weights()[:-5])
    assert states(copy)["model.bin"] == (State.ALTERED, Authority.PULL)
    assert find_model_code(copy) == "model-damaged"


def test_a_listed_model_is_judged_by_the_list():
    folder = place("tiny.en", of_length("tiny.en") | {"model.bin": hub.weights()})
    found = states("tiny.en")
    assert set(found.values()) == {(State.ALTERED, Authority.LIST)}
    (folder / "config.json").unlink()
    assert states("tiny.en")["config.json"] == (State.MISSING, Authority.LIST)


def test_gaps_of_the_list_stay_unchecked_until_a_pull_noted_them():
    place("distil-medium.en", of_length("distil-medium.en"))
    found = states("distil-medium.en")
    assert found["config.json"] == (State.UNCHECKED, Authority.LIST)
    assert found["model.bin"] == (State.MISSING, Authority.LIST)


@pytest.mark.parametrize("altered", [False, True])
def test_what_the_hubs_client_linked_is_judged_by_the_name_it_gave(tmp_path, altered):
    folder = place("tiny.en", {}, revision="1" * 40)
    for file, data in hub.model(20_000).items():
        if file == "model.bin":
            name = hashlib.sha256(data).hexdigest()
        else:
            name = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        (tmp_path / name).write_bytes(data + b"!" if altered else data)
        try:
            (folder / file).symlink_to(tmp_path / name)
        except OSError:
            pytest.skip("links are not allowed here")
    found = states("tiny.en")
    due = (State.ALTERED if altered else State.WHOLE, Authority.CACHE)
    assert {found[name] for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt")} == {due}


def test_a_folder_of_which_nothing_is_known_stays_unchecked(tmp_path):
    for file, data in hub.model(20_000).items():
        (tmp_path / file).write_bytes(data)
    (tmp_path / "vocabulary.txt").unlink()
    found = states(tmp_path)
    assert found["model.bin"] == (State.UNCHECKED, Authority.NOBODY)
    assert found["vocabulary.json"] == (State.MISSING, Authority.NOBODY)


def test_a_folder_that_was_copied_without_its_note_is_known_by_its_weights(pulled, tmp_path):
    model = read_record(pulled)
    copy = shutil.copytree(pulled, tmp_path / "copy")
    (copy / "voiceassist.json").unlink()
    (copy / "tokenizer.json").write_text('{"model": "of another revision"}')
    (copy / "config.json").unlink()
    found = verify(copy, known=[*models().values(), model])
    assert {finding.model for finding in found} == {model.name}
    assert {finding.file: finding.state for finding in found} == {
        "config.json": State.MISSING,
        "model.bin": State.WHOLE,
        "tokenizer.json": State.UNCHECKED,
        "vocabulary.txt": State.WHOLE,
    }


def test_verify_of_what_is_not_here_says_so():
    assert verify() == []
    with pytest.raises(ModelError, match=r"models pull base\.en"):
        verify("base.en")


def run_tool(models: list[dict], tmp_path: Path, endpoint: str) -> tuple[int, list[dict], str]:
    path = tmp_path / "models.json"
    path.write_text(json.dumps({"models": models}))
    command = [sys.executable, ROOT / "tools" / "manifest.py", "--list", path, "--endpoint", endpoint]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(path.read_text())["models"], done.stdout + done.stderr


def test_the_gaps_of_the_list_are_filled_from_the_hub(tmp_path):
    gap = {"name": "small", "repository": hub.REPOSITORY, "revision": None, "files": []}
    with hub.serving() as server:
        code, [filled], said = run_tool([gap], tmp_path, server.address)
        assert (code, said) == (0, "")
        assert filled["revision"] == hub.REVISION
        assert {file["name"]: (file["size"], file["sha256"]) for file in filled["files"]} == {
            name: (len(data), hashlib.sha256(data).hexdigest())
            for name, data in server.files.items()
            if name not in {"README.md", ".gitattributes"}
        }
        filled["files"][0]["size"] += 1
        code, [kept], said = run_tool([filled], tmp_path, server.address)
    assert (code, kept) == (1, filled)
    assert filled["files"][0]["name"] in said


def refusal(folder: Path) -> tuple[str, str]:
    with pytest.raises(ModelError) as error:
        FasterWhisperTranscriber(folder, device="cpu")
    assert "\n" not in str(error.value)
    return error.value.code, str(error.value)


def test_a_translation_model_is_said_to_be_one(tmp_path):
    folder = tmp_path / "translator"
    folder.mkdir()
    translator().save(str(folder))
    assert (folder / "model.bin").is_file()
    code, line = refusal(folder)
    assert code == "model-format"
    assert "TransformerSpec" in line


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_a_model_of_pytorch_is_said_to_be_one(tmp_path, name):
    for file in ("config.json", "tokenizer.json", name):
        (tmp_path / file).write_text("{}")
    code, line = refusal(tmp_path)
    assert code == "model-format"
    assert "ct2-transformers-converter" in line


def test_an_empty_folder_holds_no_model(tmp_path):
    assert refusal(tmp_path)[0] == "model-missing"


def test_a_model_that_was_pulled_hears():
    files = {path.name: path.read_bytes() for path in hub.micro().iterdir()}
    with hub.serving(hub.Hub(files=files)) as server:
        server.breaks = [1_000_000, 2_000_000]
        pull(hub.REPOSITORY, endpoint=server.address, patience=Patience(20, 3, 0))
    engine = FasterWhisperTranscriber(hub.REPOSITORY, device="cpu", threads=1)
    engine.warm_up()
    engine.close()
    assert engine.notice == ""


def translator() -> ctranslate2.specs.TransformerSpec:
    """The smallest model of CTranslate2's that is no Whisper model."""
    width, words = 4, ["<unk>", "<s>", "</s>"]
    spec = ctranslate2.specs.TransformerSpec.from_config(1, 1, pre_norm=True)
    ones = np.ones((len(words), width), np.float32)
    spec.encoder.embeddings[0].weight = spec.decoder.embeddings.weight = spec.decoder.projection.weight = ones
    for half in (spec.encoder, spec.decoder):
        half.position_encodings.encodings = np.ones((8, width), np.float32)
        normal(half.layer_norm, width)
        layer = half.layer[0]
        linear(layer.ffn.linear_0, 2 * width, width)
        linear(layer.ffn.linear_1, width, 2 * width)
        linear(layer.self_attention.linear[0], 3 * width, width)
        linear(layer.self_attention.linear[1], width, width)
        normal(layer.ffn.layer_norm, width)
        normal(layer.self_attention.layer_norm, width)
    attention = spec.decoder.layer[0].attention
    normal(attention.layer_norm, width)
    for part, rows in zip(attention.linear, (width, 2 * width, width), strict=True):
        linear(part, rows, width)
    spec.register_source_vocabulary(words)
    spec.register_target_vocabulary(words)
    spec.validate()
    spec.optimize()
    return spec


def linear(part, rows: int, columns: int) -> None:
    part.weight, part.bias = np.ones((rows, columns), np.float32), np.zeros(rows, np.float32)


def normal(part, width: int) -> None:
    part.gamma, part.beta = np.ones(width, np.float32), np.zeros(width, np.float32)
