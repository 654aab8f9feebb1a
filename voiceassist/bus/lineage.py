"""What a reader of a stream has seen of each process that appends, so that repeats and holes are noticed."""

from __future__ import annotations

from enum import Enum


class Place(Enum):
    """How an entry stands to those that its process numbered before."""

    NEXT = "next"
    """The next one, or the first that is seen of its process."""
    KNOWN = "known"
    """Seen before: it was sent again because the answer to it was lost."""
    AFTER_HOLE = "after hole"
    """Entries before it are gone: a crashed broker forgot them, or they were trimmed before they were read."""


class Lineage:
    """Judges entries in the order of the stream; each process numbers its own from 1, without holes."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._told: dict[str, int] = {}
        """Up to which number it does not matter any more what is missing."""

    def place(self, origin: str, number: int) -> Place:
        """Where this entry stands; from now on it is seen."""
        last = self._last.get(origin)
        if last is not None and number <= last:
            return Place.KNOWN
        self._last[origin] = number
        hole = last is not None and number > max(last, self._told.get(origin, 0)) + 1
        return Place.AFTER_HOLE if hole else Place.NEXT

    def retell(self) -> None:
        """The reader has been told of a gap and goes back in the stream: it may hear again what it has seen."""
        self._told |= self._last
        self._last.clear()
