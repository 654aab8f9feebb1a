"""The file of an outbox: messages in the order in which they were put, in SQLite, for one process at a time."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from voiceassist.errors import StoreError

FORMAT = 1
_PRAGMAS = (
    "locking_mode=EXCLUSIVE",  # one process a file; the system drops the lock of one that was killed
    "journal_mode=WAL",
    "synchronous=FULL",  # what is committed outlives a power cut; only the outbox's own thread waits for the disk
    "secure_delete=ON",  # what is deleted is overwritten
)
_TABLE = """
CREATE TABLE IF NOT EXISTS waiting (
    position INTEGER PRIMARY KEY,
    call TEXT NOT NULL,
    seq INTEGER NOT NULL,
    text TEXT NOT NULL,
    put_at REAL NOT NULL,
    UNIQUE (call, seq)
)
"""
_ROWS = "SELECT position, call, seq, text, put_at FROM waiting WHERE position > ? ORDER BY position LIMIT ?"
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_SLICE = 1_000
"""Messages that are moved from file to file at once."""
_BIG = 1_000
"""Pages (4 KiB) of an empty file from which on they are given back to the disk."""


class TakenError(StoreError):
    """Another process has the file."""

    code = "outbox-taken"


class DamagedError(StoreError):
    """The file is no outbox, or no longer one."""

    code = "outbox-damaged"


@dataclass(frozen=True, slots=True)
class Put:
    """A message as JSON text, and its identity; `at`: when it was put, in seconds of the machine's clock."""

    call: str
    seq: int
    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Entry(Put):
    """A message that waits at its place in the order of all, from 1."""

    position: int


class OutboxFile:
    """Make it with `open` or `in_memory`. All methods raise StoreError; `DamagedError` where a new file is needed.

    One thread at a time may use it. `waiting` counts its messages, `last` is the highest position so far.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path | None) -> None:
        self.path = path
        self._db = connection
        with _saying():
            [(waiting, last)] = self._all("SELECT count(*), max(position) FROM waiting")
        self.waiting = int(waiting)
        self.last = int(last or 0)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The outbox in `path`, made where it is missing, readable by its owner alone.

        Raises TakenError where another process has it, DamagedError, or StoreError where it cannot be used.
        """
        _make(path)
        with _saying():
            connection = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
            try:
                for pragma in _PRAGMAS:
                    connection.execute(f"PRAGMA {pragma}").fetchall()
                _check(connection)
                return cls(connection, path)
            except BaseException:
                connection.close()
                raise

    @classmethod
    def in_memory(cls) -> Self:
        """An outbox that is gone with the program."""
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        connection.execute(_TABLE)
        return cls(connection, None)

    def close(self) -> None:
        """Let go of the file."""
        with suppress(sqlite3.Error):
            self._db.close()

    def after(self, position: int, limit: int) -> list[Entry]:
        """At most `limit` messages behind `position`, in order."""
        with _saying():
            return [_entry(row) for row in self._all(_ROWS, (position, limit))]

    def write(
        self, puts: Sequence[Put], acked: Mapping[str, int] | None = None, refused: Iterable[Put] | None = None
    ) -> None:
        """Add messages and drop others in one transaction: `acked`, of each call up to a number, and `refused`.

        Of two messages with the same identity the first is kept.
        """
        rows = [(self.last + n, put.call, put.seq, put.text, put.at) for n, put in enumerate(puts, 1)]
        ones = [(one.call, one.seq) for one in refused or ()]
        with self._transaction():
            more = self._many("INSERT OR IGNORE INTO waiting VALUES (?, ?, ?, ?, ?)", rows)
            fewer = self._many("DELETE FROM waiting WHERE call = ? AND seq <= ?", (acked or {}).items())
            fewer += self._many("DELETE FROM waiting WHERE call = ? AND seq = ?", ones)
        self.last += len(rows)
        self._count(more, fewer)

    def make_room(self, most: int) -> int:
        """Drop the oldest until at most `most` wait, whole calls where there are several; tells how many were dropped.

        A call that is missing is seen to be missing; one that lacks its middle is told wrongly.
        """
        before = self.waiting
        while self.waiting > most:
            with self._transaction():
                [(oldest,)] = self._all("SELECT call FROM waiting ORDER BY position LIMIT 1")
                [(newest,)] = self._all("SELECT call FROM waiting ORDER BY position DESC LIMIT 1")
                if oldest == newest:
                    which = "position IN (SELECT position FROM waiting ORDER BY position LIMIT ?)"
                    fewer = self._delete(which, self.waiting - most)
                else:
                    fewer = self._delete("call = ?", oldest)
            self._count(0, fewer)
        return before - self.waiting

    def forget(self, before: float) -> int:
        """Drop what was put before then (seconds of the machine's clock); tells how many."""
        with self._transaction():
            fewer = self._delete("put_at < ?", before)
        self._count(0, fewer)
        return fewer

    def adopt(self, other: OutboxFile) -> None:
        """Take over what waits in another file, and leave that one empty."""
        while entries := other.after(0, _SLICE):
            self.write(entries)
            other.write([], refused=entries)

    def salvage(self, path: Path) -> None:
        """Take over what can still be read of a damaged file."""
        position = 0
        with suppress(sqlite3.Error), closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as broken:
            while rows := broken.execute(_ROWS, (position, _SLICE)).fetchall():
                entries = [_entry(row) for row in rows if _is_entry(row)]
                self.write(entries)
                last = rows[-1][0]
                if not isinstance(last, int) or last <= position:
                    break
                position = last

    def _count(self, more: int, fewer: int) -> None:
        """Count what was added and dropped. Once nothing waits, nothing of it stays beside the file either."""
        self.waiting += more - fewer
        if fewer and not self.waiting and self.path is not None:
            with _saying():
                [(pages,)] = self._all("PRAGMA page_count")
                if pages > _BIG:
                    self._all("VACUUM")
                self._all("PRAGMA wal_checkpoint(TRUNCATE)")

    def _all(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return self._db.execute(query, values).fetchall()

    def _many(self, statement: str, rows: Iterable[Sequence[object]]) -> int:
        return max(0, self._db.executemany(statement, rows).rowcount)

    def _delete(self, which: str, value: object) -> int:
        return self._db.execute(f"DELETE FROM waiting WHERE {which}", (value,)).rowcount  # noqa: S608 - from above

    @contextmanager
    def _transaction(self) -> Generator[None]:
        with _saying():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
                raise


def _make(path: Path) -> None:
    """An empty file that nobody else may read, in a folder that nobody else may."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileExistsError):
            # On Windows the mode says nothing: there the user's data folder is closed to others.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(f"what waits for the hub cannot be kept in {path}: {reason}", code="outbox") from None


def _check(connection: sqlite3.Connection) -> None:
    """Make the table where the file is new. Raises DamagedError for what is no outbox of this version."""
    [(version,)] = connection.execute("PRAGMA user_version").fetchall()
    [(found,)] = connection.execute("PRAGMA quick_check(1)").fetchall()
    tables = frozenset(name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
    if found != "ok" or (version, tables) not in {(0, frozenset()), (FORMAT, frozenset({"waiting"}))}:
        raise DamagedError("the outbox is damaged, or of another version")
    connection.execute("BEGIN EXCLUSIVE")
    connection.execute(_TABLE)
    connection.execute(f"PRAGMA user_version={FORMAT}")
    connection.execute("COMMIT")


def _entry(row: Sequence[Any]) -> Entry:
    position, call, seq, text, at = row
    return Entry(call, seq, text, at, position)


def _is_entry(row: Sequence[object]) -> bool:
    return all(isinstance(value, kind) for value, kind in zip(row, (int, str, int, str, float), strict=True))


@contextmanager
def _saying() -> Generator[None]:
    """What SQLite refuses is said in one line; it names no value."""
    try:
        yield
    except sqlite3.Error as error:
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise TakenError("another program has the outbox") from None
        if primary in _DAMAGE:
            raise DamagedError(f"the outbox is damaged: {error}") from None
        raise StoreError(f"what waits for the hub cannot be kept: {error}", code="outbox") from None
