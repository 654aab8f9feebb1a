"""Which Whisper models there are, and what their files must be: the list in the package, and the notes of a pull."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from voiceassist.errors import ModelError

RECORD = "voiceassist.json"
"""The file that a pull leaves beside a model: where it came from, and what its files were."""

_ALIASES = {"turbo": "large-v3-turbo", "large": "large-v3"}
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model, as far as it is known: `size` in bytes, `sha256` in hex, `blob` the hub's git id in hex."""

    name: str
    size: int | None = None
    sha256: str | None = None
    blob: str | None = None

    @property
    def checkable(self) -> bool:
        """Whether a download can be told to be whole and true."""
        return self.size is not None and (self.sha256 or self.blob) is not None

    def filled(self, other: ModelFile | None) -> ModelFile:
        """The same file, with what it does not know itself taken from `other`."""
        if other is None:
            return self
        return replace(
            self, size=self.size or other.size, sha256=self.sha256 or other.sha256, blob=self.blob or other.blob
        )


@dataclass(frozen=True, slots=True)
class Model:
    """A model on the hub. Without a `revision` and `files` nothing is known of it but its repository."""

    name: str
    repository: str
    revision: str | None = None
    licence: str = ""
    english_only: bool = False
    good_for: str = ""
    files: tuple[ModelFile, ...] = ()

    @property
    def size(self) -> int | None:
        """Bytes of all files together; None where one is not known."""
        sizes = [file.size for file in self.files]
        return None if not sizes or None in sizes else sum(size for size in sizes if size is not None)


class Digest:
    """The checksums of a file whose bytes are handed in as they come; `size` is announced, for git hashes it, too."""

    def __init__(self, size: int) -> None:
        self._sha256 = hashlib.sha256()
        self._blob = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)

    def update(self, data: bytes | memoryview) -> None:
        self._sha256.update(data)
        self._blob.update(data)

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    def fits(self, file: ModelFile) -> bool:
        """Whether the bytes so far are those of `file`. A file without a checksum fits nothing."""
        if file.sha256 is not None:
            return self.sha256 == file.sha256
        return self._blob.hexdigest() == file.blob


@cache
def models() -> dict[str, Model]:
    """The models of the package's list by name, in the order in which one is picked."""
    text = files("voiceassist.weights").joinpath("models.json").read_text("utf-8")
    return {row["name"]: _model(row) for row in json.loads(text)["models"]}


def find_entry(name: str) -> Model:
    """The model of that name, alias or `owner/repository`. Raises ModelError (`model-missing`)."""
    listed = models()
    name = _ALIASES.get(name, name)
    if name in listed:
        return listed[name]
    if re.fullmatch(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", name):
        same = (model for model in listed.values() if model.repository == name)
        return next(same, Model(name, name))
    raise ModelError(
        f"there is no model or folder {name}: name a folder or one of {', '.join(listed)}", code="model-missing"
    )


def write_record(folder: Path, model: Model, *, endpoint: str, at: str) -> None:
    """Note in `folder` what was pulled: `model` with all that its files were found to be."""
    found = [{"name": file.name, "size": file.size, "sha256": file.sha256} for file in model.files]
    record = {
        "name": model.name,
        "repository": model.repository,
        "revision": model.revision,
        "endpoint": endpoint,
        "pulled_at": at,
        "files": found,
    }
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", "utf-8")


def read_record(folder: Path) -> Model | None:
    """What a pull noted in `folder`; None where none did, or the note is damaged."""
    try:
        return _model(json.loads((folder / RECORD).read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def listed_as(folder: Path) -> Model | None:
    """The model of the list that `folder` should hold, by its place in the hub's cache or the note of a pull."""
    record = read_record(folder)
    owner = folder.parent.parent.name.removeprefix("models--").replace("--", "/", 1)
    for model in models().values():
        if folder.name == model.revision and owner == model.repository:
            return model
        if record is not None and (record.repository, record.revision) == (model.repository, model.revision):
            return model
    return None


def expected_files(folder: Path) -> Iterator[ModelFile]:
    """What the files in `folder` should be, by the list first and then by the note of the pull."""
    listed, record = listed_as(folder), read_record(folder)
    noted = {file.name: file for file in (record.files if record else ())}
    for file in listed.files if listed else ():
        yield file.filled(noted.pop(file.name, None))
    yield from noted.values()


def digest_of(path: Path) -> Digest:
    """The checksums of the file at `path`."""
    with path.open("rb") as stream:
        digest = Digest(path.stat().st_size)
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest


def _model(row: dict[str, Any]) -> Model:
    return Model(
        name=row["name"],
        repository=row["repository"],
        revision=row["revision"],
        licence=row.get("licence", ""),
        english_only=row.get("english_only", False),
        good_for=row.get("good_for", ""),
        files=tuple(
            ModelFile(file["name"], file["size"], file["sha256"]) for file in cast("list[dict[str, Any]]", row["files"])
        ),
    )
