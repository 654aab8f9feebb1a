"""What waits to be appended to a stream: taken in at any pace, sent as few entries, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from voiceassist.errors import BusError

SEPARATOR = "\x1e"
"""Between the texts of an entry, as in RFC 7464: a control character, which no JSON text holds."""
ROOM = 32 << 20
"""Bytes that may wait: half a minute without a broker at the pace of 500 agents, with room to spare."""
ENTRY, BATCH = 64 << 10, 1 << 20
"""Bytes above which an entry takes no further append, and a batch no further entry."""


@dataclass(frozen=True, slots=True)
class Packed:
    """One entry to be: appends of one kind that followed each other. `number` counts this process's entries from 1."""

    number: int
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True)
class _Append:
    kind: str
    body: bytes
    done: asyncio.Future[None]


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries that are sent at once, again and again until they have arrived, and who waits for that."""

    entries: tuple[Packed, ...]
    waiting: tuple[asyncio.Future[None], ...]

    def settle(self) -> None:
        """It has arrived."""
        for done in self.waiting:
            if not done.done():  # who was cancelled waits no more
                done.set_result(None)

    def fail(self, error: BusError) -> None:
        """It will not be sent any more."""
        for done in self.waiting:
            if not done.done():
                done.set_exception(error)


class Appends:
    """The queue before the stream, at most `room` bytes long. Used within one event loop."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._waiting: deque[_Append] = deque()
        self._bytes = 0
        self._number = 0
        self._some = asyncio.Event()

    def add(self, kind: str, texts: Sequence[str]) -> asyncio.Future[None]:
        """Let texts wait; the future is done once they have arrived. Raises BusError (`bus-full`)."""
        body = SEPARATOR.join(texts).encode()
        if self._bytes + len(body) > self._room:
            raise BusError("the bus is away, and no more may wait for it: send it again later", code="bus-full")
        append = _Append(kind, body, asyncio.get_running_loop().create_future())
        self._waiting.append(append)
        self._bytes += len(body)
        self._some.set()
        return append.done

    async def batch(self) -> Batch:
        """What waits by now, as soon as there is some; of much that waits, its beginning."""
        await self._some.wait()
        taken: list[_Append] = []
        size = 0
        while self._waiting and (not taken or size + len(self._waiting[0].body) <= BATCH):
            taken.append(self._waiting.popleft())
            size += len(taken[-1].body)
        self._bytes -= size
        if not self._waiting:
            self._some.clear()
        entries = _pack(self._number + 1, taken)
        self._number += len(entries)
        return Batch(tuple(entries), tuple(append.done for append in taken))

    def fail(self, error: BusError) -> None:
        """Tell all who wait that nothing comes of it."""
        Batch((), tuple(append.done for append in self._waiting)).fail(error)
        self._waiting.clear()
        self._bytes = 0
        self._some.clear()


def _pack(number: int, appends: Sequence[_Append]) -> list[Packed]:
    """Join neighbours of one kind: the order is theirs, whatever the kinds."""
    runs: list[list[_Append]] = []
    size = 0
    for append in appends:
        if runs and runs[-1][0].kind == append.kind and size + len(append.body) <= ENTRY:
            runs[-1].append(append)
            size += len(append.body)
        else:
            runs.append([append])
            size = len(append.body)
    separator = SEPARATOR.encode()
    return [
        Packed(number + index, run[0].kind, separator.join(append.body for append in run))
        for index, run in enumerate(runs)
    ]
