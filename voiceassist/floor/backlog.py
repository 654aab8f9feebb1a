"""What a worker publishes waits here for the intake, each line's events by themselves: no line waits for another's."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from voiceassist.errors import ServerError, StoreError
from voiceassist.floor.intake import Intake, Tell
from voiceassist.floor.member import Member
from voiceassist.server import messages as wire

MOST = 1024
"""Events of a line that may wait: more than a quarter of an hour of talk."""
AGAIN = 1.0
"""Seconds until a store that could not be asked is asked again."""
PATIENCE = 60.0
"""Seconds in which what waits is brought in once the worker is gone: as long as a store may take to answer."""
_REFUSED = "store-refused"
"""The code of a StoreError for a value that no store could hold; asking again would not help."""

Hear: TypeAlias = Callable[[wire.CallEvent, ServerError | StoreError], None]


class Backlog:
    """One for each worker's connection: `put` from the event loop, and `finish` when the worker is gone.

    `tell` hears what is acknowledged, `refused` which event is not taken, and why, and `delayed` for which one the
    store cannot be asked yet.
    """

    def __init__(self, intake: Intake, tell: Tell, *, refused: Hear, delayed: Hear) -> None:
        self._intake = intake
        self._tell = tell
        self._refused = refused
        self._delayed = delayed
        self._lines: dict[int, deque[tuple[Member, wire.CallEvent]]] = {}
        """Those of which something waits, each with a task that brings it in."""
        self._tasks: set[asyncio.Task[None]] = set()

    def put(self, line: int, member: Member, event: wire.CallEvent) -> bool:
        """Have an event of this line taken after those before it; false where too many wait already."""
        waiting = self._lines.get(line)
        if waiting is None:
            waiting = self._lines[line] = deque()
            task = asyncio.create_task(self._bring(line, waiting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if len(waiting) >= MOST:
            return False
        waiting.append((member, event))
        return True

    async def finish(self) -> None:
        """Bring in what waits; what the store does not take in time is dropped."""
        tasks = tuple(self._tasks)
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=PATIENCE)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _bring(self, line: int, waiting: deque[tuple[Member, wire.CallEvent]]) -> None:
        try:
            while waiting:
                await self._take(*waiting[0])
                waiting.popleft()
        finally:
            del self._lines[line]

    async def _take(self, member: Member, event: wire.CallEvent) -> None:
        try:
            await self._receive(member, event)
        except (ServerError, StoreError) as error:
            self._refused(event, error)

    async def _receive(self, member: Member, event: wire.CallEvent) -> None:
        """Have it received, however long the store cannot be asked. Raises what will not change."""
        told = False
        while True:
            try:
                return await self._intake.receive(member, event, self._tell)
            except StoreError as error:
                if error.code == _REFUSED:
                    raise
                if not told:
                    self._delayed(event, error)
                told = True
            await asyncio.sleep(AGAIN)
