"""A worker's connection as the hub sees it: what waits to be told to it, and the sound that waits for it."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

from voiceassist.server import messages as wire
from voiceassist.server.client import QUEUE, Client
from voiceassist.server.codec import dump

OF_LINE = 4
"""Messages that may wait for a worker for each line that it takes: pages come, and move to it, all at once."""


class Port(Client):
    """A client that sound goes to, too. `quiet`: so often in a row it was found to have said nothing."""

    def __init__(self) -> None:
        super().__init__("worker")
        self.quiet = 0
        self._lines = 0
        self._sound: dict[int, deque[bytes]] = {}

    @property
    def lines(self) -> int:
        """How many it takes, as it says itself."""
        return self._lines

    @lines.setter
    def lines(self, lines: int) -> None:
        self._lines = lines
        self._room = max(self._room, QUEUE + OF_LINE * lines)  # those that it has already it still ends

    def say(self, message: wire.LinePage | wire.LineCommand | wire.LineTell | wire.LineClose) -> None:
        """Queue a message; what is queued goes before sound."""
        self.tell(dump(message))

    def send(self, line: int, block: bytes, most: int) -> bool:
        """Queue a block of a line's sound; of more than `most` bytes the oldest go. Tells whether none had to."""
        waiting = self._sound.setdefault(line, deque())
        waiting.append(block)
        full = False
        while sum(map(len, waiting)) > most and len(waiting) > 1:
            waiting.popleft()
            full = True
        self._wake.set()
        return not full

    def forget(self, line: int) -> None:
        """Drop what waits of a line's sound."""
        self._sound.pop(line, None)

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        while True:
            while (text := self._next()) is not None:
                yield text
            if self.closed is not None:
                return
            for line, waiting in tuple(self._sound.items()):
                if waiting:
                    yield waiting.popleft()
                elif self._sound.get(line) is waiting:
                    del self._sound[line]
            if not self._waiting and not self._sound:
                self._wake.clear()
                await self._wake.wait()
