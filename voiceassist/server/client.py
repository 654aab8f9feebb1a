"""One who listens: what waits to be told to it, never more than it can take."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence

from voiceassist.server import messages as wire

QUEUE = 256
"""Messages that may wait for one client, besides what it is told all at once."""


class Client:
    """One who listens. Iterate over it for the texts to send; the iteration ends when it is closed and all is sent."""

    def __init__(self, role: wire.Role, *, resumed: bool = False, missed: Sequence[str] = ()) -> None:
        self.role: wire.Role = role
        self.resumed = resumed
        self.closed: tuple[int, str] | None = None
        """The WebSocket close code and reason, once it is closed."""
        self._waiting = deque(missed)
        self._room = QUEUE
        self._at_once = len(missed)
        self._wake = asyncio.Event()

    def tell(self, text: str) -> None:
        """Queue a text; a client that lets too many wait is closed instead, and what waits for it is dropped."""
        if self.closed is not None:
            return
        if len(self._waiting) >= self._room + self._at_once:
            self._waiting.clear()
            self.close(1013, "too slow")
            return
        self._waiting.append(text)
        self._wake.set()

    def tell_all(self, texts: Iterable[str]) -> None:
        """Queue texts that come all at once, however many: a client is not too slow that has not taken them yet."""
        if self.closed is None:
            before = len(self._waiting)
            self._waiting.extend(texts)
            self._at_once += len(self._waiting) - before
            self._wake.set()

    def close(self, code: int, reason: str) -> None:
        """Send what waits, then no more. The first close counts."""
        self.closed = self.closed or (code, reason)
        self._wake.set()

    async def __aiter__(self) -> AsyncIterator[str | bytes]:
        while True:
            while (text := self._next()) is not None:
                yield text
            if self.closed is not None:
                return
            self._wake.clear()
            await self._wake.wait()

    def _next(self) -> str | None:
        """Take what waits longest; None where nothing does: then it has taken all that came at once, too."""
        if self._waiting:
            return self._waiting.popleft()
        self._at_once = 0
        return None
