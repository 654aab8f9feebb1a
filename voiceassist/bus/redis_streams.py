"""The bus through Redis: one stream that every process appends to and reads, at its own pace and after any fault.

Streams, because pub/sub loses what is published around a restart without a word. One task sends; each follower reads on
a connection of its own. Redis answers XADD once the entry is written to its log, so a killed Redis keeps what it has
confirmed; what was lost all the same is noticed by the numbers that each process gives its entries.
"""

from __future__ import annotations

import asyncio
import random
import re
import secrets
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self, cast

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from voiceassist.bus.appends import ROOM, SEPARATOR, Appends, Batch
from voiceassist.bus.base import Entry, Gap
from voiceassist.bus.lineage import Lineage, Place
from voiceassist.bus.redis_faults import reason
from voiceassist.errors import BusError

_FAULTS = (RedisError, OSError)
_BEGINNING = "0-0"
_CURSOR = re.compile(r"\d{1,18}-\d{1,18}", re.ASCII)
_COUNT = 100
"""Entries that are read at once."""
_FORMAT = 1
"""Part of the stream's name: processes of another format do not read each other."""

_Raw = tuple[bytes, dict[bytes, bytes]]
"""An entry as Redis gives it: its id and its fields."""


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


@dataclass(frozen=True, slots=True)
class _Row:
    entry: Entry
    number: int


class RedisBus:
    """A bus that all processes share which open it with the same URL and prefix. Make it with `open`."""

    def __init__(self, redis: Redis, address: str, stream: str, limits: Limits) -> None:
        self._redis = redis
        self._address = address
        self._stream = stream
        self._limits = limits
        self._origin = secrets.token_hex(8)
        self._appends = Appends(limits.room)
        self._newest = 0
        """When the last batch arrived, in milliseconds by the clock of Redis."""
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
        stream = f"{prefix}:bus:{_FORMAT}"
        options |= {
            "protocol": 2,
            "retry": Retry(NoBackoff(), 0),  # attempts and time limits are ours
            "socket_timeout": None,
            "socket_connect_timeout": limits.patience,
            "decode_responses": False,
        }
        redis = Redis.from_pool(ConnectionPool(**options))
        try:
            async with asyncio.timeout(limits.patience):
                await redis.xtrim(stream, minid=0)  # trims nothing; may this user, can this Redis?
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
                return await self._lately(0.0)
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
                    await self._transact(batch)
            except _FAULTS as error:
                self._troubles[self._sender] = BusError(reason(error, self._address))
                await asyncio.sleep(next(pauses))
            else:
                self._troubles.pop(self._sender, None)
                batch.settle()
                return

    async def _transact(self, batch: Batch) -> None:
        """Append the whole batch or nothing of it, so that no entry overtakes another that was refused."""
        keep = round(self._limits.keep * 1000)
        pipe = self._redis.pipeline(transaction=True)
        for entry in batch.entries:
            fields: dict[Any, Any] = {
                "kind": entry.kind,
                "origin": self._origin,
                "number": entry.number,
                "texts": entry.body,
            }
            pipe.xadd(self._stream, fields, maxlen=self._limits.length)
        pipe.xtrim(self._stream, minid=max(0, self._newest - keep))
        pipe.pexpire(self._stream, keep)
        answers = await pipe.execute()
        self._newest = _milliseconds(answers[len(batch.entries) - 1].decode())

    # --- reading ------------------------------------------------------------------------------------------------------

    async def follow(self, cursor: str | None = None) -> AsyncGenerator[Entry | Gap, None]:
        at = cursor if cursor is not None and _CURSOR.fullmatch(cursor) else None  # None: a gap is due
        sure = False  # nothing is missing right after `at`
        lineage, pauses, me = Lineage(), self._pauses(), object()
        try:
            while not self._closed.is_set():
                gap, rows = at is None, []
                try:
                    async with self._within(self._limits.beat + self._limits.patience):
                        if at is None:
                            at = await self._lately(self._limits.retell)
                        else:
                            rows = await self._read(at, wait=sure)
                except _FAULTS as error:
                    sure = False
                    self._troubles[me] = BusError(reason(error, self._address))
                    await self._pause(next(pauses))
                    continue
                self._troubles.pop(me, None)
                pauses = self._pauses()
                if gap:
                    lineage.retell()
                    yield Gap(at)
                    continue
                if rows is None:
                    at = None
                    continue
                sure = len(rows) < _COUNT and (bool(rows) or not sure)
                for id_, fields in rows:
                    at = id_.decode()
                    row = _row(at, fields)
                    place = Place.KNOWN if row is None else lineage.place(row.entry.origin, row.number)
                    if place is Place.AFTER_HOLE:
                        at = None
                        break
                    if row is not None and place is Place.NEXT:
                        yield row.entry
                        await asyncio.sleep(0)  # much may have waited: others have their turn
        finally:
            self._troubles.pop(me, None)

    async def _read(self, at: str, *, wait: bool) -> list[_Raw] | None:
        """The next entries after `at`; None where not all that came after it is there any more.

        It waits for a beat where there are none. A read that does not wait asks along whether all is there: as entries
        are trimmed from the front, all is there if the entry at the cursor is, or if none came after it.
        """
        pipe = self._redis.pipeline(transaction=False)
        pipe.xread({self._stream: at}, count=_COUNT, block=round(self._limits.beat * 1000) if wait else None)
        if not wait and at != _BEGINNING:
            pipe.xrange(self._stream, at, at, count=1)
        found, *there = await pipe.execute()
        if there == [[]] and await self._last() != at:
            return None
        return cast("list[_Raw]", found[0][1]) if found else []

    async def _last(self) -> str | None:
        """The cursor of the last entry that ever was in this stream, None where there is no stream."""
        try:
            info: dict[str, Any] = await self._redis.xinfo_stream(self._stream)
        except ResponseError:
            return None
        return info["last-generated-id"].decode()

    async def _lately(self, seconds: float) -> str:
        """The cursor so long before the newest entry, that of the beginning where there is none."""
        rows = await self._backwards("+")
        if rows and seconds:
            before = _milliseconds(rows[0][0].decode()) - round(seconds * 1000)
            rows = await self._backwards(str(max(0, before)))
        return rows[0][0].decode() if rows else _BEGINNING

    async def _backwards(self, cursor: str) -> list[_Raw]:
        """The last entry up to `cursor`, if any."""
        return cast("list[_Raw]", await self._redis.xrevrange(self._stream, cursor, count=1))

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


def _row(cursor: str, fields: dict[bytes, bytes]) -> _Row | None:
    """An entry as it was appended; None for one that is none of ours."""
    try:
        kind, origin, texts = (fields[name].decode() for name in (b"kind", b"origin", b"texts"))
        number = int(fields[b"number"])
    except (KeyError, ValueError):
        return None
    return _Row(Entry(cursor, kind, origin, tuple(texts.split(SEPARATOR))), number)


def _milliseconds(cursor: str) -> int:
    """When it was, by the clock of Redis."""
    return int(cursor.partition("-")[0])
