"""How much sound a client may send: what people speak in real time, and some in a burst where the line had stuck."""

from __future__ import annotations

from collections.abc import Callable

MOST_BYTES = 16 * 1024
"""Of one message: 20 ms of both sides at the highest rate are a quarter of it."""
_FASTER = 2.0
"""So many times real time is let through for long."""
_BURST = 5.0
"""Seconds of sound that may come at once."""
_MESSAGES = 200
"""A smaller message than a second's part of so many counts as one of that size."""


class Allowance:
    """Counts the bytes of a client that captures `rate` of them a second; `clock` counts seconds."""

    def __init__(self, rate: int, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._left = _BURST * rate
        self._at = clock()

    def take(self, size: int) -> bool:
        """Whether a message of this size is still within what the client may send."""
        now = self._clock()
        self._left = min(_BURST * self._rate, self._left + (now - self._at) * _FASTER * self._rate)
        self._at = now
        self._left -= max(size, self._rate / _MESSAGES)
        return self._left >= 0
