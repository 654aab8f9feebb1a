"""Which Whisper models there are and which are on this machine, and whether what is here is what it should be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from voiceassist.weights.cache import find_folder, flaws, hub_cache, missing_files, snapshot
from voiceassist.weights.manifest import (
    RECORD,
    Digest,
    Model,
    ModelFile,
    digest_of,
    listed_as,
    models,
    read_record,
)

_LARGE = "model.bin"
_SHA256_LENGTH = 64


class Presence(StrEnum):
    """Whether a model is on this machine, as far as its files' lengths tell."""

    ABSENT = "absent"
    PART = "part"
    DAMAGED = "damaged"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Row:
    """One model of the list; `folder` is where it is, None where it is not."""

    name: str
    licence: str
    megabytes: int | None
    english_only: bool
    good_for: str
    presence: Presence
    folder: Path | None


class State(StrEnum):
    WHOLE = "whole"
    MISSING = "missing"
    ALTERED = "altered"
    UNCHECKED = "unchecked"


class Authority(StrEnum):
    """Whose word says what a file should be."""

    LIST = "the package's list"
    PULL = "what was noted at the pull"
    CACHE = "the name that the hub's client gave it"
    NOBODY = "nothing"


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one file: its `state`, by whose word, in which model's folder."""

    model: str
    folder: Path
    file: str
    state: State
    authority: Authority

    @property
    def good(self) -> bool:
        return self.state not in {State.MISSING, State.ALTERED}


def list_models() -> list[Row]:
    """Every model of the list, in the order in which one is picked."""
    return [_row(model) for model in models().values()]


def verify(
    target: str | Path | None = None,
    *,
    progress: Callable[[str], None] | None = None,
    known: Iterable[Model] | None = None,
) -> list[Finding]:
    """Read every byte of a model (a folder or a name; None: of all in the hub's cache) and compare the checksums.

    `progress` is told each file before it is read; a folder of unknown origin may be one of `known` (by default the
    package's list). Raises ModelError (`model-missing`) where the model is not here.
    """
    candidates = list(models().values() if known is None else known)
    report = progress or _unheard
    if target is not None:
        return list(_verified(find_folder(target), report, candidates))
    folders = [folder for folder in map(snapshot, models().values()) if folder is not None]
    pulled = (record.parent for record in sorted(hub_cache().glob(f"models--*/snapshots/*/{RECORD}")))
    everything = dict.fromkeys([*folders, *pulled])
    return [finding for folder in everything for finding in _verified(folder, report, candidates)]


def _row(model: Model) -> Row:
    folder = snapshot(model)
    if folder is not None:
        presence = Presence.DAMAGED if flaws(folder) else Presence.WHOLE
    else:
        base = hub_cache() / f"models--{model.repository.replace('/', '--')}"
        presence = Presence.PART if any(base.glob("incoming/*/*")) else Presence.ABSENT
    megabytes = None if model.size is None else round(model.size / 1e6)
    return Row(model.name, model.licence, megabytes, model.english_only, model.good_for, presence, folder)


def _verified(folder: Path, report: Callable[[str], None], known: list[Model]) -> Iterator[Finding]:
    listed, record = listed_as(folder), read_record(folder)
    sums: dict[str, Digest] = {}
    guessed = listed is None and (folder / _LARGE).is_file()
    if guessed:
        # A folder that was copied from elsewhere is known by its weights.
        report(_LARGE)
        sums[_LARGE] = digest_of(folder / _LARGE)
        listed = next((model for model in known if _weighs(model, sums[_LARGE])), None)
    promised = {file.name: file for file in (listed.files if listed else ())}
    noted = {file.name: file for file in (record.files if record else ())}
    model = listed.name if listed else record.name if record else folder.name
    for name in dict.fromkeys([*promised, *noted]) or _contents(folder):
        path = folder / name
        due, authority = _due(path, promised.get(name), noted.get(name))
        if not path.is_file():
            state = State.MISSING
        elif not due.checkable:
            state = State.UNCHECKED
        else:
            if name not in sums:
                report(name)
                sums[name] = digest_of(path)
            # Known by its weights alone it may be of another revision, whose small files are others.
            other = State.UNCHECKED if guessed and authority is Authority.LIST else State.ALTERED
            state = State.WHOLE if sums[name].fits(due) else other
        yield Finding(model, folder, name, state, authority)


def _contents(folder: Path) -> list[str]:
    """The model's files that are in a folder of which nothing is known, and those that it lacks."""
    there = {path.name for path in folder.iterdir() if path.suffix in {".json", ".txt", ".bin"}} - {RECORD}
    return sorted({*there, *missing_files(folder)})


def _due(path: Path, promised: ModelFile | None, noted: ModelFile | None) -> tuple[ModelFile, Authority]:
    """What the file at `path` should be, as far as it is known, and who says so."""
    if promised is not None and promised.checkable:
        return promised, Authority.LIST
    if noted is not None and noted.checkable:
        return noted, Authority.PULL
    # The hub's client keeps a file under its checksum, and links to it from the model's folder.
    blob = path.resolve().name if path.is_symlink() else ""
    if path.is_file() and re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", blob):
        size, is_sha256 = path.stat().st_size, len(blob) == _SHA256_LENGTH
        return ModelFile(path.name, size, blob if is_sha256 else None, None if is_sha256 else blob), Authority.CACHE
    return ModelFile(path.name), Authority.LIST if promised else Authority.NOBODY


def _unheard(_name: str) -> None:
    """Progress that nobody follows."""


def _weighs(model: Model, digest: Digest) -> bool:
    return any(file.name == _LARGE and file.sha256 and digest.fits(file) for file in model.files)
