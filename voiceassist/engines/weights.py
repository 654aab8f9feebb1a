"""Whisper weights on this machine: model folders, and the models in the hub's cache. Nothing is ever downloaded."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, cast

from voiceassist.errors import ModelError

REPOSITORIES = {
    "base.en": "Systran/faster-whisper-base.en",
    "small.en": "Systran/faster-whisper-small.en",
    "tiny.en": "Systran/faster-whisper-tiny.en",
    "distil-small.en": "Systran/faster-distil-whisper-small.en",
    "base": "Systran/faster-whisper-base",
    "small": "Systran/faster-whisper-small",
    "tiny": "Systran/faster-whisper-tiny",
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "distil-medium.en": "Systran/faster-distil-whisper-medium.en",
    "distil-large-v3": "Systran/faster-distil-whisper-large-v3",
    "medium.en": "Systran/faster-whisper-medium.en",
    "medium": "Systran/faster-whisper-medium",
    "large-v3": "Systran/faster-whisper-large-v3",
    "large-v2": "Systran/faster-whisper-large-v2",
}
"""The models by name, each with its repository on the hub, in the order in which one is picked."""

_FILES = ("model.bin", "config.json", "tokenizer.json")
_ALIASES = {"turbo": "large-v3-turbo", "large": "large-v3"}


def hub_cache() -> Path:
    """The folder in which the hub's clients keep what they downloaded."""
    home = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "huggingface")
    hub = Path(os.environ.get("HF_HOME", home), "hub")
    return Path(os.environ.get("HF_HUB_CACHE", os.environ.get("HUGGINGFACE_HUB_CACHE", hub))).expanduser()


def cached_models() -> dict[str, Path]:
    """The models of `REPOSITORIES` that are whole in the hub's cache, with their folders, the one to pick first."""
    found = {name: _snapshot(repository) for name, repository in REPOSITORIES.items()}
    return {name: folder for name, folder in found.items() if folder is not None and not missing_files(folder)}


def missing_files(folder: Path) -> list[str]:
    """The files of a Whisper model in CTranslate2's format that `folder` lacks."""
    # Without tokenizer.json the hub would be asked for one.
    missing = [name for name in _FILES if not (folder / name).is_file()]
    return missing if any(folder.glob("vocabulary.*")) else [*missing, "vocabulary.json"]


def find_model(model: str | Path) -> Path:
    """The folder of a model given as a folder, as a name of `REPOSITORIES`, or as `owner/repository` on the hub.

    Raises ModelError (`model-missing`, `model-damaged`).
    """
    folder = Path(model).expanduser()
    if not folder.is_dir():
        folder = _cached(str(model))
    missing = missing_files(folder)
    if missing:
        raise ModelError(
            f"the model folder {folder} lacks {', '.join(missing)}: name a Whisper model converted for CTranslate2",
            code="model-missing",
        )
    for name, key in (("config.json", None), ("tokenizer.json", "model")):
        content = _read_object(folder / name)
        if content is None or (key and key not in content):
            raise ModelError(f"{name} in {folder} is damaged: get the model again", code="model-damaged")
    return folder


def _cached(model: str) -> Path:
    name = _ALIASES.get(model, model)
    repository = REPOSITORIES.get(name, name)
    if repository.count("/") != 1 or not all(repository.split("/")):
        raise ModelError(
            f"there is no model or folder {model}: name a folder or one of {', '.join(REPOSITORIES)}",
            code="model-missing",
        )
    folder = _snapshot(repository)
    if folder is None:
        raise ModelError(
            f"the model {model} is not in this machine's model cache: give the folder that holds it with --model",
            code="model-missing",
        )
    return folder


def _read_object(path: Path) -> dict[str, Any] | None:
    """The JSON object in a file; None where the file holds none."""
    try:
        content: Any = json.loads(path.read_text("utf-8"))
    except ValueError:
        return None
    return cast("dict[str, Any]", content) if isinstance(content, dict) else None


def _snapshot(repository: str) -> Path | None:
    """The folder of the newest download of a repository."""
    base = hub_cache() / f"models--{repository.replace('/', '--')}"
    ref = base / "refs" / "main"
    if ref.is_file() and (folder := base / "snapshots" / ref.read_text("utf-8").strip()).is_dir():
        return folder
    folders = [folder for folder in base.glob("snapshots/*") if folder.is_dir()]
    return max(folders, key=lambda folder: folder.stat().st_mtime, default=None)
