"""A file that is being downloaded: what is there of it, its checksum so far, and the faults of a disk in one line."""

from __future__ import annotations

import errno
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from voiceassist.errors import ModelError
from voiceassist.weights.manifest import Digest

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_BLOCK = 1 << 20


class Part:
    """The file at `path`, at most `size` bytes long, to be added to at its end; `digest` is of the `done` bytes there.

    Everything raises ModelError: `pull-disk-full`, or `pull-folder` where the file cannot be written for another cause.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.size = size
        self._path = path
        with on_disk(path):
            # Unbuffered: what could not be written is known at once, not when the file is closed.
            self._file = path.open("ab+", buffering=0)
        try:
            self._take_up()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with on_disk(self._path):
            self._file.close()

    def add(self, data: bytes) -> None:
        rest = memoryview(data)
        with on_disk(self._path):
            while rest:
                written = self._file.write(rest)
                self.digest.update(rest[:written])
                self.done += written
                rest = rest[written:]

    def empty(self) -> None:
        """Begin anew."""
        with on_disk(self._path):
            self._file.truncate(0)
        self.digest, self.done = Digest(self.size), 0

    def _take_up(self) -> None:
        self.digest, self.done = Digest(self.size), 0
        with on_disk(self._path):
            self._file.seek(0)
            while block := self._file.read(_BLOCK):
                self.digest.update(block)
                self.done += len(block)


@contextmanager
def on_disk(path: Path) -> Generator[None]:
    """Turn what a disk refuses into a ModelError: `pull-disk-full` or `pull-folder`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise ModelError(
                f"the disk that holds {path.parent} is full: free some space and run the same command again: it "
                "goes on where it stopped; HF_HUB_CACHE names another folder",
                code="pull-disk-full",
            ) from error
        raise ModelError(
            f"{path.parent} cannot be written to ({error.strerror or error}): name another folder with HF_HUB_CACHE",
            code="pull-folder",
        ) from error
