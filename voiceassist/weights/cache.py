"""Whisper weights on this machine: model folders, and the models in the hub's cache. Nothing is downloaded here."""

from __future__ import annotations

import json
import os
from pathlib import Path
from struct import Struct
from typing import Any, cast

from voiceassist.errors import ModelError
from voiceassist.weights.manifest import Model, expected_files, find_entry, listed_as, models, read_record

_FILES = ("model.bin", "config.json", "tokenizer.json")
_SPECIFICATION = b"WhisperSpec"
_HEAD = Struct("<IH")
_VERSIONS = 100
"""More than CTranslate2 will ever count: a larger number is no version."""
_FOREIGN = ("pytorch_model.bin", "model.safetensors", "pytorch_model.bin.index.json", "model.safetensors.index.json")


def hub_cache() -> Path:
    """The folder in which the hub's clients keep what they downloaded."""
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "huggingface")
    hub = Path(os.environ.get("HF_HOME", home), "hub")
    return Path(os.environ.get("HF_HUB_CACHE", os.environ.get("HUGGINGFACE_HUB_CACHE", hub))).expanduser()


def cached_models() -> dict[str, Path]:
    """The listed models that are whole in the hub's cache, with their folders, the one to pick first."""
    found = {name: snapshot(model) for name, model in models().items()}
    return {name: folder for name, folder in found.items() if folder is not None and not flaws(folder)}


def missing_files(folder: Path) -> list[str]:
    """The files of a Whisper model in CTranslate2's format that `folder` lacks."""
    # Without tokenizer.json the hub would be asked for one.
    missing = [name for name in _FILES if not (folder / name).is_file()]
    return missing if any(folder.glob("vocabulary.*")) else [*missing, "vocabulary.json"]


def flaws(folder: Path) -> list[str]:
    """What shows at a glance that the model in `folder` is not whole: files that are not there or of another length."""
    missing = missing_files(folder)
    lengths = [(file, folder / file.name) for file in expected_files(folder) if file.name not in missing]
    return [f"no {name}" for name in missing] + [
        f"{path.stat().st_size} bytes of {file.name} where {file.size} are due" if path.is_file() else f"no {file.name}"
        for file, path in lengths
        if not path.is_file() or file.size not in {None, path.stat().st_size}
    ]


def find_model(model: str | Path) -> Path:
    """The folder of a model given as a folder, as a name of the list, or as `owner/repository` on the hub.

    Raises ModelError: `model-missing`, `model-damaged`, or `model-format` for one that is no Whisper model of
    CTranslate2's.
    """
    folder = find_folder(model)
    _check_format(folder)
    found = flaws(folder)
    for name, key in (("config.json", None), ("tokenizer.json", "model")):
        content = _read_object(folder / name)
        if content is None or (key and key not in content):
            found.append(f"a broken {name}")
    if found:
        raise ModelError(f"the model in {folder} is not whole ({found[0]}): {_remedy(folder)}", code="model-damaged")
    return folder


def find_folder(model: str | Path) -> Path:
    """The folder of a model, in whatever state. Raises ModelError (`model-missing`)."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    entry = find_entry(str(model))
    cached = snapshot(entry)
    if cached is None:
        raise ModelError(
            f"the model {model} is not on this machine: get it with voiceassist models pull {entry.name}, or name the "
            "folder that holds one with --model",
            code="model-missing",
        )
    return cached


def snapshot(model: Model) -> Path | None:
    """The folder of a model in the hub's cache: its listed revision where that is whole, else the one last got."""
    base = hub_cache() / f"models--{model.repository.replace('/', '--')}"
    ref = base / "refs" / "main"
    names = [model.revision, ref.read_text("utf-8").strip() if ref.is_file() else None]
    folders = [base / "snapshots" / name for name in names if name]
    newest = sorted(base.glob("snapshots/*"), key=lambda folder: folder.stat().st_mtime, reverse=True)
    there = [folder for folder in (*folders, *newest) if folder.is_dir()]
    return next((folder for folder in there if not flaws(folder)), there[0] if there else None)


def _check_format(folder: Path) -> None:
    """Raises ModelError where `folder` holds something else than a Whisper model of CTranslate2's."""
    weights = folder / "model.bin"
    if not weights.is_file():
        if any((folder / name).is_file() for name in _FOREIGN):
            raise ModelError(
                f"{folder} holds a model of PyTorch's: convert it with ct2-transformers-converter, or get one with "
                "voiceassist models pull base.en",
                code="model-format",
            )
        if not any((folder / name).is_file() for name in _FILES):
            raise ModelError(
                f"there is no Whisper model in {folder}: name a folder that holds {', '.join(_FILES)}",
                code="model-missing",
            )
        return
    name = _specification(weights)
    if name is None:
        raise ModelError(f"model.bin in {folder} is damaged: {_remedy(folder)}", code="model-damaged")
    if name != _SPECIFICATION:
        raise ModelError(
            f"{folder} holds no Whisper model but one of the kind {name.decode('ascii', 'replace')}: name another "
            "folder, or get a model with voiceassist models pull base.en",
            code="model-format",
        )


def _specification(weights: Path) -> bytes | None:
    """The kind of model that CTranslate2 noted at the head of its file; None where there is no such note."""
    with weights.open("rb") as stream:
        head = stream.read(64)
    if len(head) < _HEAD.size:
        return None
    version, length = _HEAD.unpack_from(head)
    name, end, _ = head[_HEAD.size : _HEAD.size + length].partition(b"\0")
    return name if version < _VERSIONS and end and name.isalnum() else None


def _remedy(folder: Path) -> str:
    entry = listed_as(folder) or read_record(folder)
    return f"voiceassist models pull {entry.name} mends it" if entry else "get the model again"


def _read_object(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file; None where the file holds none."""
    try:
        content: Any = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return cast("dict[str, Any]", content) if isinstance(content, dict) else None
