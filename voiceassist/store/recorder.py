"""Keeps calls while they go on: `take` never waits, one thread writes."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Self

from voiceassist.errors import StoreError
from voiceassist.server import messages as wire
from voiceassist.store.database import BEAT, Store, utc_now
from voiceassist.store.folding import Taken
from voiceassist.store.keeper import Keeper

_BATCH = 1000
"""Messages in one transaction at most."""
_EVERY = 0.2
"""Seconds from one transaction to the next, at least: the disk is waited for once for all that came meanwhile."""
_SOONEST, _SLOWEST = 0.05, 1.0
"""Seconds from one attempt to the next: after the first, and at most."""
_PATIENCE = 10.0
"""Seconds that `close` waits for a disk that has stopped answering."""
_PURGE = timedelta(minutes=1)
"""How often calls that are too old are looked for, at most."""
_REFUSED = "store-refused"


class Recorder:
    """The one way into a store: `take` every message as it is published, `close` when no more will come.

    Calls older than `days` are forgotten first, and whenever a call begins. Without `words`, what was said is not kept,
    save what belongs to a no. At most `room` messages wait for the disk. What comes beyond,
    or what the disk refuses, is counted in `dropped`; a `patient` recorder, as a hub has it, takes no more instead, and
    writes again and again what it took. It drops only what no database could hold, and does not say that nobody writes
    a call any more when it closes: the call goes on elsewhere.

    `on_kept` hears after each transaction, in the thread that writes, up to which number the events of each call in it
    outlive a power cut; what is passed over has no number of its own. `trouble` is the last refusal of the disk, None
    where there was none; `stalled` the one for which a patient recorder is waiting now.
    """

    def __init__(  # noqa: PLR0913 - what is noted with a call, and the clocks
        self,
        store: Store,
        *,
        agent: str = "",
        transcriber: str = "",
        days: int | None = None,
        room: int = 10_000,
        words: bool = True,
        patient: bool = False,
        on_kept: Callable[[Mapping[str, int]], None] | None = None,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.trouble: StoreError | None = None
        self.stalled: StoreError | None = None
        self._store = store
        self._days = days
        self._room = room
        self._patient = patient
        self._on_kept = on_kept
        self._now = now
        self._clock = clock
        self._keeper = Keeper(agent, transcriber, words=words)
        # One counter for each thread: adding to one from two of them loses counts.
        self._refused: Counter[str | None] = Counter()
        self._failed: Counter[str | None] = Counter()
        self._waiting: queue.SimpleQueue[Taken | str | None] = queue.SimpleQueue()
        """Messages; the ids of calls to forget; None to be looked at."""
        self._closing = threading.Event()
        self._given_up = threading.Event()
        self._due = self._beaten = time.monotonic()
        self._purged: datetime | None = None
        self._thread = threading.Thread(target=self._write_all, name="store", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Messages that were not kept: the disk was too slow, or refused them."""
        return sum([*self._refused.values(), *self._failed.values()])  # copied at once: the other thread may add a key

    def take(
        self,
        message: wire.CallEvent | wire.Command,
        *,
        owner: str | None = None,
        team: str | None = None,
        agent: str = "",
    ) -> bool:
        """Keep a message of a call, or what the agent answered to a nudge; others are passed over.

        `owner`, `team` and `agent` (a name to show): on a hub, whose call it is. With an owner, an event whose number
        is not above the last one kept of its call is known, and a call is never written for anybody else. False where
        there is no room for it.
        """
        match message:
            case wire.Transcript(final=False) | wire.Outgoing(call=None):
                return True
            case wire.Outgoing() | wire.Painted() | wire.Feedback():
                call = message.call
            case _:
                return True
        if self._waiting.qsize() >= self._room:
            if not self._patient:
                self._refused[call] += 1
            return False
        dropped = self._refused[call] + self._failed[call]
        self._waiting.put(Taken(message, self._now(), self._clock(), owner, team, agent, dropped))
        return True

    def forget(self, call: str) -> None:
        """Once what was taken of this call is written, leave it: another process may go on with it."""
        self._waiting.put(call)

    def close(self) -> None:
        """Write what waits, and stop; where the disk does not answer, what waits is dropped."""
        self._closing.set()
        self._waiting.put(None)
        self._thread.join(_PATIENCE)
        self._given_up.set()
        self._thread.join(_SLOWEST)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _write_all(self) -> None:
        self._purge()
        while not (self._closing.is_set() and self._waiting.empty()):
            batch, left = self._batch()
            if any(isinstance(taken.message, wire.CallStarted) for taken in batch):
                self._purge()
            self._write(batch)
            self._keeper.forget(left)
        if not self._patient:
            self._write([], leave=True)

    def _purge(self) -> None:
        now = self._now()
        if self._days is None or (self._purged is not None and now - self._purged < _PURGE):
            return
        self._purged = now
        try:
            self._store.forget(now - timedelta(days=self._days))
        except StoreError as error:
            self.trouble = error

    def _batch(self) -> tuple[list[Taken], set[str]]:
        """What waits by now, and the calls that are left after it; nothing where a sign of life is due."""
        batch: list[Taken] = []
        left: set[str] = set()
        with suppress(queue.Empty):
            first = self._waiting.get(timeout=BEAT.total_seconds() if self._keeper.busy else None)
            if self._waiting.qsize() < _BATCH:
                self._closing.wait(max(0.0, self._due - time.monotonic()))
            self._due = time.monotonic() + _EVERY
            self._sort(first, batch, left)
            while len(batch) < _BATCH:
                self._sort(self._waiting.get_nowait(), batch, left)
        return batch, left

    @staticmethod
    def _sort(item: Taken | str | None, batch: list[Taken], left: set[str]) -> None:
        if isinstance(item, str):
            left.add(item)
        elif item is not None:
            batch.append(item)
            left.discard(item.message.call or "")

    def _write(self, batch: Sequence[Taken], *, leave: bool = False) -> None:
        """Write the batch, and a sign of life for the calls that are on, or the last one."""
        pause = _SOONEST
        while True:
            try:
                self._commit(batch, leave=leave)
            except StoreError as error:
                self.trouble = error
                self._keeper.unlearn()
                if error.code == _REFUSED and batch:
                    self._part(batch)
                    return
                if not (self._patient and batch) or self._given_up.wait(pause):
                    self._failed.update(taken.message.call for taken in batch)
                    return
                self.stalled = error
                pause = min(2 * pause, _SLOWEST)
            else:
                self.stalled = None
                return

    def _part(self, batch: Sequence[Taken]) -> None:
        """Write a batch in which the database refuses a value: all but that message, of which its number is kept."""
        if len(batch) > 1:
            half = len(batch) // 2
            self._write(batch[:half])
            self._write(batch[half:])
            return
        [taken] = batch
        if not taken.hollow:
            self._failed[taken.message.call] += 1
            self._write([replace(taken, hollow=True)])

    def _commit(self, batch: Sequence[Taken], *, leave: bool) -> None:
        beat = time.monotonic() - self._beaten >= BEAT.total_seconds()
        with self._store.writing() as session:
            kept = self._keeper.keep(session, batch)
            if leave:
                self._keeper.leave(session)
            elif beat:
                self._keeper.beat(session, self._now())
        if beat:
            self._beaten = time.monotonic()
        if self._on_kept is not None:
            self._on_kept(kept)
