"""The bus within one process: a bounded log in memory, and followers that read it at their own pace."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass

from voiceassist.bus.base import Entry, Gap
from voiceassist.errors import BusError

LENGTH = 50_000
"""Texts that are kept for followers: twenty seconds of five hundred agents, longer than one takes to mend a gap."""
KEEP = 120.0
"""Seconds after which a text goes with the next one that comes: what was said in a call does not stay on the bus."""
RETELL = 10.0
"""Seconds before a gap from which on entries are told after it: longer than a store takes to commit."""
_SLICE = 64
"""Entries that a follower is handed before others have their turn."""


@dataclass(frozen=True, slots=True)
class _Kept:
    at: float
    entry: Entry


class LocalBus:
    """A bus that ends with its process, as do all who append to it. Nothing here waits for a follower.

    One that falls `length` texts or two minutes behind is told of a gap. `clock` counts seconds and never goes back.
    """

    def __init__(self, length: int = LENGTH, clock: Callable[[], float] = time.monotonic) -> None:
        self._origin = secrets.token_hex(8)
        self._clock = clock
        self._length = length
        self._log: deque[_Kept] = deque()
        self._held = 0
        """Texts in the log. Entries would not tell how much that is: some hold one text, others hundreds."""
        self._number = 0
        self._closed = False
        self._news = asyncio.Event()
        """Set with the next entry, or when the bus is closed; then another one takes its place."""

    @property
    def origin(self) -> str:
        return self._origin

    @property
    def trouble(self) -> BusError | None:
        return None

    async def append(self, kind: str, texts: Sequence[str]) -> None:
        if self._closed:
            raise BusError("the bus is closed")
        if texts:
            self._number += 1
            entry = Entry(self._cursor(self._number), kind, self._origin, tuple(texts))
            now = self._clock()
            self._log.append(_Kept(now, entry))
            self._held += len(entry.texts)
            while (self._held > self._length and len(self._log) > 1) or self._log[0].at < now - KEEP:
                self._held -= len(self._log.popleft().entry.texts)
            self._wake()

    async def follow(self, cursor: str | None = None) -> AsyncGenerator[Entry | Gap, None]:
        seen = None if cursor is None else self._seen(cursor)
        while not self._closed:
            if seen is None or seen < self._number - len(self._log):
                seen = self._number - self._lately()
                yield Gap(self._cursor(seen))
                continue  # meanwhile more may have gone
            missed = self._after(seen)
            for entry in missed:
                yield entry
            seen += len(missed)
            if missed:
                await asyncio.sleep(0)
            elif not self._closed:
                await self._news.wait()

    async def head(self) -> str:
        return self._cursor(self._number)

    async def aclose(self) -> None:
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def _after(self, seen: int) -> list[Entry]:
        """The next entries, a slice of them."""
        start = len(self._log) - (self._number - seen)
        return [self._log[at].entry for at in range(start, min(start + _SLICE, len(self._log)))]

    def _lately(self) -> int:
        """How many entries a gap does not hide."""
        since = self._clock() - RETELL
        return sum(kept.at >= since for kept in self._log)

    def _cursor(self, number: int) -> str:
        return f"{self._origin}-{number}"

    def _seen(self, cursor: str) -> int | None:
        """The number of the last entry seen, None where the cursor is none of this bus."""
        origin, _, digits = cursor.rpartition("-")
        if origin != self._origin or not (digits.isascii() and digits.isdigit()):
            return None
        number = int(digits[:18])
        return number if number <= self._number else None
