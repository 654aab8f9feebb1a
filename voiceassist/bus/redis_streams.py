"""The bus through Redis: one stream that every process appends to and reads, at its own pace and after any fault.

Streams, because pub/sub loses what is published around a restart without a word. One task sends; each follower reads on
a connection of its own. Redis answers XADD once the entry is written to its log, so a killed Redis keeps what it has
confirmed; what was lost all the same is noticed by the numbers that each process gives its entries.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from voiceassist.bus.appends import ROOM, Appends, Batch
from voiceassist.bus.base import Entry, Gap
from voiceassist.bus.position import Position
from voiceassist.bus.redis_faults import reason
from voiceassist.bus.stream import Stream
from voiceassist.errors import BusError

_FAULTS = (RedisError, OSError)
_FORMAT = 1
"""Part of the stream's name: processes of another format do not read each other."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take (seconds), and how much is kept."""

    gather: float = 0.02
    """Between two batches; what is appended meanwhile goes together."""
    beat: float = 2.0
    """A healthy follower hears of Redis at least that often."""
    patience: float = 5.0
    """Without an answer for so long a connection is given up."""
    pause: float = 2.0
    """The longest pause between two attempts to connect."""
    keep: float = 120.0
    """Older entries are trimmed: what was said in a call does not stay on the bus."""
    length: int = 20_000
    """Of more entries the oldest are trimmed, about."""
    retell: float = 10.0
    """Before a gap, entries are told again after it: longer than a store takes to commit."""
    room: int = ROOM
    """Bytes that may wait for Redis."""


class RedisBus:
    """A bus that all processes share which open it with the same URL and prefix. Make it with `open`."""

    def __init__(self, redis: Redis, address: str, stream: Stream, limits: Limits) -> None:
        self._redis = redis
        self._address = address
        self._stream = stream
        self._limits = limits
        self._origin = secrets.token_hex(8)
        self._appends = Appends(limits.room)
        self._troubles: dict[object, BusError] = {}
        self._closed = asyncio.Event()
        self._reads: set[asyncio.Timeout] = set()
        self._sender = asyncio.create_task(self._send_all(), name="bus")

    @classmethod
    async def open(cls, url: str, *, prefix: str = "voiceassist", limits: Limits | None = None) -> Self:
        """Connect to `redis://[user:password@]host[:port][/database]`, or with TLS to `rediss://...`.

        Raises BusError: the URL is none, or that Redis cannot be reached or used.
        """
        limits = limits or Limits()
        try:
            options: dict[str, Any] = dict(parse_url(url))
        except ValueError:
            # What was wrong is not repeated: it may be a piece of the password.
            raise BusError(
                "bus.url is no address of a Redis: redis://user:password@host:port/0, with what is special in the"
                " password percent-encoded"
            ) from None
        address = f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"
        options |= {
            "protocol": 2,
            "retry": Retry(NoBackoff(), 0),  # attempts and time limits are ours
            "socket_timeout": None,
            "socket_connect_timeout": limits.patience,
            "decode_responses": False,
        }
        redis = Redis.from_pool(ConnectionPool(**options))
        stream = Stream(redis, f"{prefix}:bus:{_FORMAT}", limits.length, limits.keep)
        try:
            async with asyncio.timeout(limits.patience):
                await stream.try_out()
        except _FAULTS as error:
            await redis.aclose()
            raise BusError(f"{reason(error, address)}; see bus.url") from None
        return cls(redis, address, stream, limits)

    @property
    def origin(self) -> str:
        return self._origin

    @property
    def trouble(self) -> BusError | None:
        return next(iter(self._troubles.values()), None)

    async def append(self, kind: str, texts: Sequence[str]) -> None:
        if self._closed.is_set():
            raise BusError("the bus is closed")
        if texts:
            await self._appends.add(kind, texts)

    async def head(self) -> str:
        try:
            async with self._within(self._limits.patience):
                return await self._stream.lately(0.0)
        except _FAULTS as error:
            raise BusError(reason(error, self._address)) from None

    async def aclose(self) -> None:
        self._closed.set()
        now = asyncio.get_running_loop().time()
        for read in self._reads:
            if not read.expired():
                read.reschedule(now)
        self._sender.cancel()
        await asyncio.wait([self._sender])
        await self._redis.aclose()

    # --- appending ----------------------------------------------------------------------------------------------------

    async def _send_all(self) -> None:
        """Send what waits: at once after a quiet time, else what has gathered."""
        batch = Batch((), ())
        clock = asyncio.get_running_loop().time
        try:
            while True:
                batch = await self._appends.batch()
                due = clock() + self._limits.gather
                await self._deliver(batch)
                await asyncio.sleep(due - clock())
        finally:
            self._closed.set()
            closed = BusError("the bus is closed")
            batch.fail(closed)
            self._appends.fail(closed)

    async def _deliver(self, batch: Batch) -> None:
        """Send the batch until it has arrived. If only the answer was lost it arrives twice; its numbers tell."""
        pauses = self._pauses()
        while True:
            try:
                async with asyncio.timeout(self._limits.patience):
                    await self._stream.put(self._origin, batch.entries)
            except _FAULTS as error:
                self._troubles[self._sender] = BusError(reason(error, self._address))
                await asyncio.sleep(next(pauses))
            else:
                self._troubles.pop(self._sender, None)
                batch.settle()
                return

    # --- reading ------------------------------------------------------------------------------------------------------

    async def follow(self, cursor: str | None = None) -> AsyncGenerator[Entry | Gap, None]:
        position, pauses, me = Position(cursor), self._pauses(), object()
        try:
            while not self._closed.is_set():
                try:
                    async with self._within(self._limits.beat + self._limits.patience):
                        told = await self._next(position)
                except _FAULTS as error:
                    position.doubt()
                    self._troubles[me] = BusError(reason(error, self._address))
                    await self._pause(next(pauses))
                    continue
                self._troubles.pop(me, None)
                pauses = self._pauses()
                for entry in told:
                    yield entry
                    await asyncio.sleep(0)  # much may have waited: others have their turn
        finally:
            self._troubles.pop(me, None)

    async def _next(self, position: Position) -> Sequence[Entry | Gap]:
        """What a reader is told next; nothing within a beat is nothing."""
        if position.at is None:
            return position.go_back(await self._stream.lately(self._limits.retell))
        return position.take(await self._stream.read(position.at, wait=self._limits.beat if position.sure else 0.0))

    @asynccontextmanager
    async def _within(self, seconds: float) -> AsyncGenerator[None, None]:
        """A time limit, which is over also when the bus is closed."""
        async with asyncio.timeout(seconds) as limit:
            self._reads.add(limit)
            try:
                yield
            finally:
                self._reads.discard(limit)

    async def _pause(self, seconds: float) -> None:
        """Wait, unless the bus is closed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closed.wait()

    def _pauses(self) -> Iterator[float]:
        """Seconds between attempts, longer and longer; by chance, lest all processes come at once."""
        longest = 0.05
        while True:
            yield random.uniform(longest / 2, longest)  # noqa: S311 - no secret
            longest = min(2 * longest, self._limits.pause)
