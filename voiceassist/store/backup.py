"""Copies of a store in a file: made while it is in use, and put back in its place."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from voiceassist.errors import StoreError
from voiceassist.store.database import Store

_PAGES = 1_000
"""Pages that are copied before writers have their turn."""


def back_up(store: Path, to: Path) -> None:
    """Copy the store, which may be in use, to a new file that only its owner may read.

    Raises StoreError: `store-missing`, `backup-there` where the file is there already, or why it cannot be written.
    """
    if not store.is_file():
        raise StoreError(f"{store}: there is no store yet", code="store-missing")
    _make(to)
    try:
        _copy(store, to)
        _must_be_whole(to)
    except BaseException:
        to.unlink(missing_ok=True)
        raise


def restore(backup: Path, store: Path) -> Path | None:
    """Put a backup in the store's place, brought to this version; tells where the store before was put, if any.

    Nothing may use the store meanwhile. Raises StoreError: `backup-missing`, `store-newer`, `store-in-use`, or why it
    is no backup.
    """
    if not backup.is_file():
        raise StoreError(f"{backup}: there is no such file", code="backup-missing")
    _must_be_whole(backup)
    fresh, before = store.with_name(f"{store.name}.restoring"), store.with_name(f"{store.name}.before-restore")
    store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh.unlink(missing_ok=True)
    _make(fresh)
    try:
        _copy(backup, fresh)
        with Store.open(fresh):  # of an older version it is brought to this one, of a newer one refused
            pass
        had = store.is_file()
        if had:
            _close(store)
            os.replace(store, before)  # noqa: PTH105 - it replaces on Windows, too
        os.replace(fresh, store)  # noqa: PTH105
    except OSError as error:
        raise StoreError(f"{store} cannot be replaced: {error.strerror or error}") from None
    finally:
        for left in (fresh, *(fresh.with_name(f"{fresh.name}{ending}") for ending in ("-wal", "-shm"))):
            left.unlink(missing_ok=True)
    return before if had else None


def _make(path: Path) -> None:
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        raise StoreError(f"{path} is there already: name another file", code="backup-there") from None
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror or error}") from None


def _copy(source: Path, to: Path) -> None:
    try:
        with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(to)) as copy:
            original.backup(copy, pages=_PAGES)
            copy.execute("PRAGMA journal_mode=DELETE").close()  # one file, without a log beside it
    except sqlite3.Error as error:
        raise StoreError(f"{source} cannot be copied: {error}") from None


def _must_be_whole(path: Path) -> None:
    """Raises StoreError where it is no store, or damaged."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()
            known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'calls'").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{path} is no backup of a store: {error}") from None
    if found != ("ok",) or known is None:
        raise StoreError(f"{path} is no backup of a store, or it is damaged")


def _close(store: Path) -> None:
    """Write the log beside the store into it. Raises StoreError (`store-in-use`) where another program has it open."""
    try:
        with closing(sqlite3.connect(store, timeout=1)) as connection:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE").close()
            connection.execute("PRAGMA journal_mode=DELETE").close()
            connection.execute("BEGIN EXCLUSIVE").close()
            connection.rollback()
    except sqlite3.OperationalError as error:
        said = f"{store} is in use: stop the hub, and whatever else has it open, first ({error})"
        raise StoreError(said, code="store-in-use") from None
