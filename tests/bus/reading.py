"""Reading from a bus until a test has seen enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from voiceassist.bus.base import Entry, Gap

Following = AsyncGenerator[Entry | Gap, None]


async def read(following: Following, count: int) -> list[str]:
    """The next so many texts; a gap is a failure."""
    texts: list[str] = []
    while len(texts) < count:
        entry = await anext(following)
        assert isinstance(entry, Entry), entry
        texts += entry.texts
    assert len(texts) == count
    return texts


async def read_until(following: Following, last: str) -> tuple[list[str], int]:
    """All texts up to `last`, and how many gaps were told among them."""
    texts: list[str] = []
    gaps = 0
    while last not in texts:
        match await anext(following):
            case Entry(texts=more):
                texts += more
            case Gap():
                gaps += 1
    return texts, gaps


async def until(state: Callable[[], object]) -> None:
    """Wait for what nobody announces."""
    while not state():
        await asyncio.sleep(0.005)
