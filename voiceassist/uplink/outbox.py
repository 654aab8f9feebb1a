"""What waits for the hub, on disk: `put` never waits, one thread reads and writes."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from voiceassist.errors import StoreError
from voiceassist.uplink.file import DamagedError, Entry, OutboxFile, Put
from voiceassist.uplink.folder import claim, forget_damaged, renewed

MOST = 200_000
"""Messages that may wait: some weeks of calls without a line."""
_ROOM = 10_000
"""Messages that may wait for a disk that does not take them."""
_AGAIN = 1.0
_HOUR, _DAY = 3_600.0, 86_400.0


@dataclass(frozen=True, slots=True)
class _Acked:
    call: str
    seq: int


@dataclass(frozen=True, slots=True)
class _Refused:
    message: Put


class Outbox:
    """Messages in the order in which they were put, until the hub has them. Make it with `open`.

    What is put while a write goes on is written with the next one, so that the disk is asked as seldom as it can bear.
    A program that is killed loses at most what it put in the milliseconds since the last write, never one before a
    message that is kept. Beyond `most` messages the oldest calls go; what is older than `days` goes, too.

    `trouble` is the last refusal of the disk, None where there was none.
    """

    def __init__(
        self,
        file: OutboxFile,
        *,
        most: int = MOST,
        days: float = 30,
        room: int = _ROOM,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.trouble: StoreError | None = None
        self._file = file
        self._most = most
        self._days = days
        self._room = room
        self._clock = clock
        self._pending: deque[Put | _Acked | _Refused] = deque()
        self._batch: list[Put | _Acked | _Refused] = []
        self._changed: Callable[[], None] | None = None
        # One counter for each thread: adding to one from two of them loses counts.
        self._taken = self._written = 0
        self._turned_away = self._pushed_out = 0
        self._forgot_at = 0.0
        self._scheduled = self._closed = False
        self._again: threading.Timer | None = None
        self._thread = ThreadPoolExecutor(1, "outbox")
        self._schedule()

    @classmethod
    def open(cls, folder: Path, name: str, *, most: int = MOST, days: float = 30) -> Self:
        """An outbox among the files `name.N.sqlite3` of a folder; never fails, but has its `trouble` then."""
        forget_damaged(folder, days)
        file, trouble = claim(folder, name)
        outbox = cls(file, most=most, days=days)
        outbox.trouble = outbox.trouble or trouble
        return outbox

    @property
    def waiting(self) -> int:
        """How many messages the hub does not have yet."""
        return self._file.waiting + self._taken - self._written

    @property
    def dropped(self) -> int:
        """How many messages were given up: too many waited, for too long, or the disk took none."""
        return self._turned_away + self._pushed_out

    def put(self, call: str, seq: int, text: str) -> None:
        """Keep a message, JSON text, until it is acknowledged; its number is above all others of its call."""
        if self._closed or self._taken - self._written >= self._room:
            self._turned_away += 1
            return
        self._taken += 1
        self._add(Put(call, seq, text, self._clock()))

    def acked(self, call: str, seq: int) -> None:
        """The hub has all messages of `call` up to `seq`: delete them."""
        self._add(_Acked(call, seq))

    def refuse(self, message: Put) -> None:
        """The hub will never take this message: delete it."""
        self._add(_Refused(message))

    def after(self, position: int, limit: int) -> Future[list[Entry]]:
        """At most `limit` messages behind `position`, in order; none where the disk gives none."""
        return self._thread.submit(self._read, position, limit)

    def kept(self) -> Future[bool]:
        """Done once everything so far was written; False where the disk did not take it."""
        return self._thread.submit(self._work)

    def on_change(self, changed: Callable[[], None] | None) -> None:
        """Call `changed` from the outbox's thread whenever more messages can be read."""
        self._changed = changed

    def close(self) -> None:
        """Write what is left, and let go of the file. Safe to call twice."""
        if not self._closed:
            self._closed = True
            self._changed = None
            self._thread.submit(self._work)
            self._thread.shutdown()
            self._file.close()

    def _add(self, item: Put | _Acked | _Refused) -> None:
        self._pending.append(item)
        self._schedule()

    def _schedule(self) -> None:
        if not (self._scheduled or self._closed):
            self._scheduled = True
            try:
                self._thread.submit(self._work)
            except RuntimeError:  # closed meanwhile, which writes it
                return

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _work(self) -> bool:
        """Write what was put by now; tells whether the disk took it."""
        self._scheduled = False
        while self._pending:
            self._batch.append(self._pending.popleft())
        puts = [item for item in self._batch if isinstance(item, Put)]
        if not self._try(lambda: self._write(puts)):
            self._try_again()
            return False
        self._batch.clear()
        self._written += len(puts)
        self._try(self._tidy)
        if puts and (changed := self._changed) is not None:
            changed()
        return True

    def _try_again(self) -> None:
        if self._again is None:
            self._again = threading.Timer(_AGAIN, self._another_try)
            self._again.daemon = True
            self._again.start()

    def _another_try(self) -> None:
        self._again = None
        self._schedule()

    def _write(self, puts: list[Put]) -> None:
        if self._batch:
            acked: dict[str, int] = {}
            for item in self._batch:
                if isinstance(item, _Acked):
                    acked[item.call] = max(item.seq, acked.get(item.call, 0))
            refused = [item.message for item in self._batch if isinstance(item, _Refused)]
            self._file.write(puts, acked, refused)

    def _tidy(self) -> None:
        self._pushed_out += self._file.make_room(self._most)
        now = self._clock()
        if abs(now - self._forgot_at) >= _HOUR:
            self._forgot_at = now
            self._pushed_out += self._file.forget(now - self._days * _DAY)

    def _read(self, position: int, limit: int) -> list[Entry]:
        entries: list[Entry] = []
        self._try(lambda: entries.extend(self._file.after(position, limit)))
        return entries

    def _try(self, act: Callable[[], None]) -> bool:
        """Do it, in a new file where this one turns out damaged; tells whether it was done."""
        try:
            try:
                act()
            except DamagedError:
                self._renew()
                act()
        except StoreError as error:
            self.trouble = error
            return False
        return True

    def _renew(self) -> None:
        """Go on in a new file. Its places are behind those of the old one, so that what was saved is read again."""
        old = self._file
        old.close()
        try:
            self._file, damage = (OutboxFile.in_memory(), None) if old.path is None else renewed(old.path, old.last)
        except StoreError as error:
            self._file, damage = OutboxFile.in_memory(), error
        self._file.last = max(self._file.last, old.last)
        self.trouble = damage or self.trouble
