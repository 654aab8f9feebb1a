"""What a bus is: entries in one order that all its readers share, and a word where some of them are gone."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from voiceassist.errors import BusError


@dataclass(frozen=True, slots=True)
class Entry:
    """What one process appended at about one time: JSON texts of one kind, in their order.

    The bus looks into neither. `origin` is the process that appended it; what follows an entry is had by its `cursor`.
    """

    cursor: str
    kind: str
    origin: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """What a reader knows cannot be relied on: entries are gone, or it has just begun.

    It reads its state anew from the store, then goes on to iterate. What comes next was appended up to some seconds
    before this gap, so that nothing is missed that the store had not committed yet; some of it may have come before.
    """

    cursor: str


class Bus(Protocol):
    """Carries entries from every process to every process; nothing is kept for long, the store is the truth.

    What one process appends comes in its order, and all readers see one order of all. A reader sees every entry at
    least once or is told of a `Gap`; it must cope with one that it sees again.
    """

    @property
    def origin(self) -> str:
        """The id of this process among those that append; another one after each start."""
        ...

    @property
    def trouble(self) -> BusError | None:
        """Why nothing passes for now, None while all is well."""
        ...

    async def append(self, kind: str, texts: Sequence[str]) -> None:
        """Append JSON texts; returns once they outlive this process.

        Waits as long as the broker is away; who is cancelled meanwhile does not know whether they were appended. Raises
        BusError: `bus-full` at once where too much waits already, `bus` when the bus is closed.
        """
        ...

    def follow(self, cursor: str | None = None) -> AsyncGenerator[Entry | Gap, None]:
        """Everything after `cursor`, for as long as the bus is open. None: a `Gap` first, then all from now on.

        Where not all after the cursor is there, a `Gap` comes in its place; broken lines are mended without a word. End
        it by cancelling its task or by `contextlib.aclosing`.
        """
        ...

    async def head(self) -> str:
        """The cursor of now. Raises BusError where the broker does not answer."""
        ...

    async def aclose(self) -> None:
        """End all that follow, give up what waits to be appended. Safe to call twice."""
        ...
