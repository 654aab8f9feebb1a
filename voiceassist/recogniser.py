"""Who is recognised next: the requests of all calls wait here for the workers of one transcriber.

A breath that is over comes before a guess at one, a guess before a tick; among equals the call that was served longest
ago. Nobody waits for company: a worker that is free takes what is there, and what waits meanwhile is taken together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Protocol, Self, TypeAlias

from voiceassist.core.types import Purpose, Samples, SpeechSegment, Word
from voiceassist.engines.base import BatchTranscriber, Transcriber
from voiceassist.metrics import Count, Metrics, Stage

Words: TypeAlias = Sequence[Word]

_ORDER = (Purpose.PAUSE, Purpose.GUESS, Purpose.TICK)
_MOST_TICKS = 4
"""Ticks that may wait: one more only delays the others."""
_LATE, _IN_TIME = 0.25, 0.05
"""Seconds that requests wait from which on there are too many, and below which there no longer are."""
_KEPT = 0.8
"""How much of the mean wait the waits before the last one make up."""


@dataclass(eq=False, slots=True)
class Seat:
    """A call's place among those that are served."""

    served: int = 0
    """When it was served last, in jobs of the recogniser."""


@dataclass(eq=False, slots=True)
class _Job:
    seat: Seat
    segment: SpeechSegment
    sound: Callable[[], Samples]
    purpose: Callable[[], Purpose | None]
    answer: asyncio.Future[Words | None]
    number: int
    since: float


class WordSource(Protocol):
    """Where calls get their words: a recogniser, or what stands in for one."""

    @property
    def transcriber(self) -> Transcriber: ...

    @property
    def overloaded(self) -> bool: ...

    async def words(
        self, seat: Seat, segment: SpeechSegment, sound: Callable[[], Samples], purpose: Callable[[], Purpose | None]
    ) -> Words | None: ...


class Recogniser:
    """Recognises for any number of calls on `workers` threads, as many sounds at a time on each as are best together.

    A transcriber that takes one sound at a time has one worker. `with` gives the threads back; the transcriber is its
    owner's. All is done within one event loop; another one begins anew.
    """

    def __init__(self, transcriber: Transcriber, *, workers: int = 1, metrics: Metrics | None = None) -> None:
        self._transcriber = transcriber
        self._metrics = metrics or Metrics()
        self._workers = workers if isinstance(transcriber, BatchTranscriber) else 1
        self._threads = ThreadPoolExecutor(self._workers, "words")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._idle = self._workers
        self._waiting: list[_Job] = []
        self._number = self._served = 0
        self._wait = 0.0
        self._overloaded = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    @property
    def transcriber(self) -> Transcriber:
        """What recognises."""
        return self._transcriber

    def warm_up(self) -> None:
        """Load the transcriber on its own thread. Raises what it raises."""
        self._threads.submit(self.transcriber.warm_up).result()

    @property
    def overloaded(self) -> bool:
        """Whether requests wait so long that fewer should be made."""
        return self._overloaded

    async def words(
        self, seat: Seat, segment: SpeechSegment, sound: Callable[[], Samples], purpose: Callable[[], Purpose | None]
    ) -> Words | None:
        """The words of a segment, None where they are no longer wanted.

        `sound` and `purpose` are asked when its turn comes. Raises what the transcriber raises.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # what the one before still waited for will never come
            self._loop, self._idle = loop, self._workers
            self._waiting.clear()
        self._number += 1
        job = _Job(seat, segment, sound, purpose, loop.create_future(), self._number, loop.time())
        if purpose() is Purpose.TICK and self._ticks() >= _MOST_TICKS:
            self._metrics.count(Count.DROPPED)
            return None
        self._waiting.append(job)
        self._start()
        return await job.answer

    def _ticks(self) -> int:
        return sum(job.purpose() is Purpose.TICK for job in self._waiting)

    def _start(self) -> None:
        """Give what waits to the workers that are free."""
        loop = asyncio.get_running_loop()
        while self._idle and (jobs := self._take(loop.time())):
            heard: list[tuple[Samples, SpeechSegment]] = [(job.sound(), job.segment) for job in jobs]
            thinking = loop.run_in_executor(self._threads, self._think, heard)
            self._idle -= 1
            thinking.add_done_callback(partial(self._answer, jobs))

    def _take(self, now: float) -> list[_Job]:
        """The next jobs for one worker, which can be recognised together."""
        wanted = self._wanted()
        order = sorted(wanted, key=lambda job: (_ORDER.index(wanted[job]), job.seat.served, job.number))
        taken = [job for job in order if job is order[0] or self._joins(job, order[0], wanted)][: self._most]
        self._served += 1
        for job in taken:
            self._waiting.remove(job)
            job.seat.served = self._served
            self._note_wait(now - job.since)
        return taken

    @property
    def _most(self) -> int:
        """How many sounds a worker takes at a time."""
        return self.transcriber.together if isinstance(self.transcriber, BatchTranscriber) else 1

    def _wanted(self) -> dict[_Job, Purpose]:
        """What waits and is still wanted, and what for; the others are told that they are not."""
        wanted: dict[_Job, Purpose] = {}
        for job in self._waiting:
            purpose = job.purpose()
            if job.answer.done():
                continue
            if purpose is not None:
                wanted[job] = purpose
            else:
                self._metrics.count(Count.SUPERSEDED)
                job.answer.set_result(None)
        self._waiting = [*wanted]
        return wanted

    def _joins(self, job: _Job, first: _Job, wanted: Mapping[_Job, Purpose]) -> bool:
        """Whether a sound can be recognised together with the first, and is worth that one's waiting for it."""
        transcriber = self.transcriber
        return (
            isinstance(transcriber, BatchTranscriber)
            and transcriber.form(job.segment) == transcriber.form(first.segment)
            and (wanted[job] is not Purpose.TICK or wanted[first] is Purpose.TICK)
        )

    def _note_wait(self, seconds: float) -> None:
        self._metrics.observe(Stage.QUEUE, seconds)
        self._wait = _KEPT * self._wait + (1 - _KEPT) * seconds
        self._overloaded = self._wait > (_IN_TIME if self._overloaded else _LATE)

    def _think(self, heard: Sequence[tuple[Samples, SpeechSegment]]) -> Sequence[Words]:
        transcriber = self.transcriber
        with self._metrics.timing(Stage.DECODE):
            if isinstance(transcriber, BatchTranscriber):
                return transcriber.transcribe_all(heard)
            return [transcriber.transcribe(samples, segment) for samples, segment in heard]

    def _answer(self, jobs: Sequence[_Job], thinking: asyncio.Future[Sequence[Words]]) -> None:
        self._idle += 1
        error = None if thinking.cancelled() else thinking.exception()
        for at, job in enumerate(jobs):
            if job.answer.done():
                continue
            if error is not None:
                job.answer.set_exception(error)
            elif thinking.cancelled():
                job.answer.cancel()
            else:
                job.answer.set_result(thinking.result()[at])
        self._start()
        if self._idle == self._workers:  # a single wait, or a rush that is over, is no overload
            self._wait, self._overloaded = 0.0, False
