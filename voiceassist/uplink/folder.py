"""The files of outboxes in a folder: each program that runs has one of its own, and takes over what others left."""

from __future__ import annotations

import os
import re
import time
from contextlib import closing, suppress
from pathlib import Path

from voiceassist.errors import StoreError
from voiceassist.uplink.file import DamagedError, OutboxFile, TakenError

_FILES = 16
"""Programs of one user that may publish to one hub at the same time."""
_DAY = 86_400.0


def claim(folder: Path, name: str) -> tuple[OutboxFile, StoreError | None]:
    """The first outbox `name.N.sqlite3` that nobody else has, with what waited in those that nobody has any more.

    Also tells what was wrong: a damaged file is set aside, and where none can be kept at all the outbox is in memory.
    """
    try:
        mine, trouble = _first_free(folder, name)
    except StoreError as error:
        return OutboxFile.in_memory(), StoreError(f"{error}; it waits in memory", code="outbox")
    assert mine.path is not None
    try:
        for path in sorted(folder.iterdir()):
            if path != mine.path and re.fullmatch(rf"{re.escape(name)}\.\d+\.sqlite3", path.name):
                trouble = _take_over(mine, path) or trouble
    except StoreError as error:  # what could not be taken over stays where it is
        trouble = error
    except OSError as error:
        trouble = StoreError(f"{folder} cannot be read: {error.strerror or type(error).__name__}", code="outbox")
    return mine, trouble


def renewed(path: Path, last: int = 0) -> tuple[OutboxFile, StoreError | None]:
    """The outbox in `path`; a damaged one is set aside first, and what can be read of it is put behind `last`.

    Also tells of the damage. Raises TakenError and StoreError as `OutboxFile.open` does.
    """
    try:
        return OutboxFile.open(path), None
    except DamagedError as damage:
        aside = path.with_suffix(".damaged")
        _set_aside(path, aside)
        file = OutboxFile.open(path)
        file.last = last
        file.salvage(aside)
        told = f"{damage}: it was set aside as {aside.name}, and {file.waiting} messages were saved from it"
        return file, DamagedError(told)


def forget_damaged(folder: Path, days: float) -> None:
    """Remove the damaged files that have lain there for so long: what was said is in them."""
    with suppress(OSError):
        for path in folder.glob("*.damaged*"):
            if path.stat().st_mtime < time.time() - days * _DAY:
                path.unlink()


def _first_free(folder: Path, name: str) -> tuple[OutboxFile, StoreError | None]:
    for number in range(1, _FILES + 1):
        with suppress(TakenError):
            return renewed(folder / f"{name}.{number}.sqlite3")
    raise StoreError(f"{_FILES} programs publish from {folder} already", code="outbox")


def _take_over(mine: OutboxFile, path: Path) -> StoreError | None:
    """Take over what waits in a file that nobody has; tells of its damage."""
    with suppress(TakenError):
        other, damage = renewed(path)
        with closing(other):
            mine.adopt(other)
        return damage
    return None


def _set_aside(path: Path, aside: Path) -> None:
    """Move the file away with its log; of those that were set aside the newest stays."""
    try:
        os.replace(path, aside)  # noqa: PTH105 - it replaces on Windows, too
        for ending in ("-wal", "-shm"):
            beside = path.with_name(path.name + ending)
            aside.with_name(aside.name + ending).unlink(missing_ok=True)
            if beside.exists():
                os.replace(beside, aside.with_name(aside.name + ending))  # noqa: PTH105
    except OSError as error:
        raise StoreError(f"{path} is damaged and cannot be moved: {error.strerror or error}", code="outbox") from None
