"""Keeps calls while they go on: `take` never waits, one thread writes."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Self

from voiceassist.errors import StoreError
from voiceassist.server import messages as wire
from voiceassist.store.database import BEAT, Store, utc_now
from voiceassist.store.keeper import Keeper, Taken

_BATCH = 1000
_PATIENCE = 10.0
"""Seconds that `close` waits for a disk that has stopped answering."""


class Recorder:
    """The one way into a store: `take` every message as it is published, `close` when no more will come.

    Calls older than `days` are forgotten first, and whenever a call begins. At most `room` messages wait for the disk:
    what comes beyond is counted in `dropped`. `trouble` is the last refusal of the disk, None where there was none.
    """

    def __init__(  # noqa: PLR0913 - what is noted with a call, and the clocks
        self,
        store: Store,
        *,
        agent: str = "",
        transcriber: str = "",
        days: int | None = None,
        room: int = 10_000,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.trouble: StoreError | None = None
        self._store = store
        self._days = days
        self._now = now
        self._clock = clock
        self._keeper = Keeper(agent, transcriber)
        # One counter for each thread: adding to one from two of them loses counts.
        self._refused: Counter[str | None] = Counter()
        self._failed: Counter[str | None] = Counter()
        self._waiting: queue.Queue[Taken | None] = queue.Queue(room)
        self._closing = False
        self._thread = threading.Thread(target=self._write_all, name="store", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Messages that were not kept: the disk was too slow, or refused them."""
        return sum([*self._refused.values(), *self._failed.values()])  # copied at once: the other thread may add a key

    def take(self, message: wire.CallEvent | wire.Command) -> None:
        """Keep a message of a call, or what the agent answered to a nudge; others are passed over."""
        match message:
            case wire.Transcript(final=False) | wire.Outgoing(call=None):
                return
            case wire.Outgoing() | wire.Painted() | wire.Feedback():
                call = message.call
            case _:
                return
        dropped = self._refused[call] + self._failed[call]
        try:
            self._waiting.put_nowait(Taken(message, self._now(), self._clock(), dropped))
        except queue.Full:
            self._refused[call] += 1

    def close(self) -> None:
        """Write what waits, and stop."""
        self._closing = True
        with suppress(queue.Full):  # where it is full the thread is awake
            self._waiting.put_nowait(None)
        self._thread.join(_PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _write_all(self) -> None:
        self._forget()
        while not (self._closing and self._waiting.empty()):
            self._write(self._batch())
        self._write([], leave=True)

    def _forget(self) -> None:
        if self._days is None:
            return
        try:
            self._store.forget(self._now() - timedelta(days=self._days))
        except StoreError as error:
            self.trouble = error

    def _batch(self) -> list[Taken]:
        """What waits by now, at least one message; none where a sign of life is due."""
        batch: list[Taken | None] = []
        with suppress(queue.Empty):
            batch.append(self._waiting.get(timeout=BEAT.total_seconds() if self._keeper.busy else None))
            while len(batch) < _BATCH:
                batch.append(self._waiting.get_nowait())
        return [taken for taken in batch if taken is not None]

    def _write(self, batch: Sequence[Taken], *, leave: bool = False) -> None:
        """Write the batch in one transaction, and a sign of life for the calls that are on, or the last one."""
        if any(isinstance(taken.message, wire.CallStarted) for taken in batch):
            self._forget()
        try:
            with self._store.writing() as session:
                for taken in batch:
                    self._keeper.keep(session, taken)
                if leave:
                    self._keeper.leave(session)
                else:
                    self._keeper.beat(session, self._now())
        except StoreError as error:
            self.trouble = error
            self._failed.update(taken.message.call for taken in batch)
