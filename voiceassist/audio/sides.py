"""Both sides of a live call, each from a source of its own, in step."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from voiceassist.audio.base import AudioSource, Heard
from voiceassist.core.types import Channel, SourceChanged


class Sides:
    """Two live sources of one channel each as one source; iterate once.

    What begins first is delivered first; at equal begin it is the customer's, the far end, that comes first. Time is
    counted from the same instant in both. It waits for the slower one, which moves its time by gaps if by nothing else.
    """

    def __init__(self, agent: AudioSource, customer: AudioSource) -> None:
        self._sources = (customer, agent)
        self._heads: list[asyncio.Task[Heard | None]] = []

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels that it delivers."""
        customer, agent = self._sources
        return (*agent.channels, *customer.channels)

    async def __aiter__(self) -> AsyncIterator[Heard]:
        lines = [aiter(source) for source in self._sources]
        self._heads = [asyncio.create_task(_next(line)) for line in lines]
        try:
            while True:
                begins = [_begin(await head) for head in self._heads]
                side = begins.index(min(begins))
                first = await self._heads[side]
                if first is None:
                    return
                self._heads[side] = asyncio.create_task(_next(lines[side]))
                yield first
        finally:
            await self._stop()

    async def aclose(self) -> None:
        """Give back both devices. Safe to call twice."""
        await self._stop()
        for source in self._sources:
            await source.aclose()

    async def _stop(self) -> None:
        for head in self._heads:
            head.cancel()
        await asyncio.gather(*self._heads, return_exceptions=True)


async def _next(line: AsyncIterator[Heard]) -> Heard | None:
    return await anext(line, None)


def _begin(head: Heard | None) -> float:
    if head is None:
        return float("inf")
    return head.at if isinstance(head, SourceChanged) else head.start
