"""Gets a model from the hub into the hub's cache on this machine, whole and checked, or not at all.

It lies where every client of the hub looks for it, as plain files without links: on Windows links need a permission.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from voiceassist.errors import ModelError
from voiceassist.weights.cache import hub_cache, missing_files
from voiceassist.weights.hub import DEFAULT_ENDPOINT, PATIENCE, Hub, Patience
from voiceassist.weights.manifest import RECORD, Model, ModelFile, digest_of, find_entry, write_record
from voiceassist.weights.part import on_disk

Progress = Callable[[str, int, int], None]
"""Told a file's name, the bytes of it that there are, and its size."""

_SPARE = 32 << 20
_OFF = {"", "0", "false", "no", "off"}


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model that is there and was checked; `fetched` is the bytes that had to be got, 0 where it was there before."""

    name: str
    folder: Path
    fetched: int


def pull(
    name: str,
    *,
    endpoint: str | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
    patience: Patience = PATIENCE,
) -> Pulled:
    """Get the model of that name, alias or `owner/repository`; only what is not there or not whole is fetched.

    `endpoint` is by default HF_ENDPOINT or the public hub, `cache` the hub's cache. What broke off is taken up by the
    next call. Raises UsageError, or ModelError: `model-missing`, `pull-offline`, `pull-certificate`, `pull-refused`,
    `pull-interrupted`, `pull-corrupt`, `pull-disk-full`, `pull-folder`, `pull-busy`.
    """
    entry = find_entry(name)
    if os.environ.get("HF_HUB_OFFLINE", "").lower() not in _OFF:
        raise ModelError("HF_HUB_OFFLINE forbids to go online: unset it, then pull again", code="pull-offline")
    hub = Hub(endpoint or os.environ.get("HF_ENDPOINT") or DEFAULT_ENDPOINT, patience)
    store = cache or hub_cache()
    repository = f"models--{entry.repository.replace('/', '--')}"
    lock = store / ".locks" / repository / "voiceassist.lock"
    with ExitStack() as stack:
        with on_disk(lock):
            lock.parent.mkdir(parents=True, exist_ok=True)
            try:
                stack.enter_context(FileLock(lock, timeout=0))
            except Timeout:
                raise ModelError(
                    f"{name} is being pulled by another program: wait until it is there", code="pull-busy"
                ) from None
        return _Pull(hub, _described(hub, entry), store / repository, progress or _unheard).run()


def _described(hub: Hub, entry: Model) -> Model:
    """`entry` with its revision, and of every file a size and a checksum: the hub fills the gaps of the list."""
    if entry.revision and entry.files and all(file.checkable for file in entry.files):
        return entry
    revision, found = hub.describe(entry.repository, entry.revision)
    told = {file.name: file for file in found}
    files = tuple(file.filled(told.get(file.name)) for file in entry.files) or tuple(found)
    lacking = [file.name for file in files if not file.checkable]
    names = {file.name for file in files}
    if lacking or not {"model.bin", "config.json", "tokenizer.json"} <= names:
        what = f"tells no checksum of {', '.join(lacking)} of" if lacking else "holds no faster-whisper model in"
        raise ModelError(f"{hub.endpoint} {what} {entry.repository}: name another model", code="pull-refused")
    return replace(entry, revision=revision, files=files)


class _Pull:
    """One model, whose files are all known, on its way into `base`, its repository's folder in the cache."""

    def __init__(self, hub: Hub, model: Model, base: Path, progress: Progress) -> None:
        assert model.revision is not None
        self._hub, self._model, self._progress = hub, model, progress
        self._revision = model.revision
        self._base = base
        self._folder = base / "snapshots" / model.revision
        self._incoming = base / "incoming" / model.revision

    def run(self) -> Pulled:
        with on_disk(self._incoming):
            self._incoming.mkdir(parents=True, exist_ok=True)
        checked = [self._already(file) for file in self._model.files]
        wanted = [file for file, sha256 in zip(self._model.files, checked, strict=True) if sha256 is None]
        fetched = self._room_for(wanted)
        # The weights last: a folder without them is never taken for a model.
        wanted.sort(key=lambda file: file.name == "model.bin")
        sums = {file.name: self._fetch(file) for file in wanted}
        files = tuple(
            replace(file, sha256=sha256 or sums[file.name])
            for file, sha256 in zip(self._model.files, checked, strict=True)
        )
        with on_disk(self._folder):
            self._install(wanted, replace(self._model, files=files))
        return Pulled(self._model.name, self._folder, fetched)

    def _already(self, file: ModelFile) -> str | None:
        """The checksum of a file that is there and whole."""
        path = self._folder / file.name
        with on_disk(path):
            if not path.is_file():
                return None
            digest = digest_of(path)
        return digest.sha256 if digest.fits(file) else None

    def _room_for(self, wanted: list[ModelFile]) -> int:
        """The bytes still to be fetched. Raises ModelError (`pull-disk-full`) where they do not fit on the disk."""
        with on_disk(self._incoming):
            there = {path.name: path.stat().st_size for path in self._incoming.iterdir()}
            free = shutil.disk_usage(self._incoming).free
        needed = sum(max(0, (file.size or 0) - there.get(file.name, 0)) for file in wanted)
        if needed and needed + _SPARE > free:
            raise ModelError(
                f"{self._model.name} needs {_megabytes(needed + _SPARE)} MB more, and the disk that holds {self._base} "
                f"has {_megabytes(free)}: free some space, or name another folder with HF_HUB_CACHE",
                code="pull-disk-full",
            )
        return needed

    def _fetch(self, file: ModelFile) -> str:
        size = file.size or 0
        return self._hub.fetch(
            self._model.repository,
            self._revision,
            file,
            self._incoming / file.name,
            lambda done: self._progress(file.name, done, size),
        )

    def _install(self, wanted: list[ModelFile], model: Model) -> None:
        """Move what was fetched to its place, the weights last, and let the hub's clients find it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        write_record(self._incoming, model, endpoint=self._hub.endpoint, at=datetime.now(UTC).isoformat("T", "seconds"))
        for name in (RECORD, *(file.name for file in wanted)):
            place = self._folder / name
            if place.is_symlink():  # what another client keeps under its checksum is not what it says
                place.resolve().unlink(missing_ok=True)
            (self._incoming / name).replace(place)
        shutil.rmtree(self._incoming.parent, ignore_errors=True)
        ref = self._base / "refs" / "main"
        if not ref.exists():
            ref.parent.mkdir(parents=True, exist_ok=True)
            ref.write_text(self._revision, "utf-8")
        assert not missing_files(self._folder)


def _unheard(_name: str, _done: int, _size: int) -> None:
    """Progress that nobody follows."""


def _megabytes(size: int) -> int:
    return -(-size // 1_000_000)
