"""The stream in Redis: entries put in whole, read after a cursor, and whether any are missing there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from voiceassist.bus.appends import SEPARATOR, Packed
from voiceassist.bus.base import Entry

BEGINNING = "0-0"
COUNT = 100
"""Entries that are read at once."""

_Raw = tuple[bytes, dict[bytes, bytes]]
"""An entry as Redis gives it: its id and its fields."""


@dataclass(frozen=True, slots=True)
class Row:
    """What lies in the stream at a cursor: an entry and its process's number for it; None where it is none of ours."""

    cursor: str
    entry: Entry | None
    number: int = 0


@dataclass(frozen=True, slots=True)
class _Info:
    """The cursors of the first entry that is there and of the last that ever was; whether all are there."""

    first: str
    last: str
    whole: bool


class Stream:
    """The stream called `name`, of about `length` entries not older than `keep` seconds: what was said does not stay.

    All methods raise RedisError and OSError, and wait for Redis as long as they are let.
    """

    def __init__(self, redis: Redis, name: str, length: int, keep: float) -> None:
        self._redis = redis
        self._name = name
        self._length = length
        self._keep = round(keep * 1000)
        self._newest = 0
        """When entries were last put in, in milliseconds by the clock of Redis."""

    async def try_out(self) -> None:
        """Change nothing, in a way that fails where this user may not write, or this Redis is too old."""
        await self._redis.xtrim(self._name, minid=0)

    async def put(self, origin: str, entries: Sequence[Packed]) -> None:
        """Put in all entries or none, so that none overtakes another that was refused; what is old goes."""
        pipe = self._redis.pipeline(transaction=True)
        # Before there is anything new: nothing new is trimmed, whatever the clock of Redis has been set to.
        pipe.xtrim(self._name, minid=max(0, self._newest - self._keep), approximate=False)
        for entry in entries:
            fields: dict[Any, Any] = {
                "kind": entry.kind,
                "origin": origin,
                "number": entry.number,
                "texts": entry.body,
            }
            pipe.xadd(self._name, fields, maxlen=self._length)
        pipe.pexpire(self._name, self._keep)
        answers = await pipe.execute()
        self._newest = _milliseconds(answers[-2].decode())

    async def read(self, at: str, wait: float) -> list[Row] | None:
        """The next entries after `at`, at most `COUNT`; None where not all that came after it is there any more.

        Where there are none it waits so many seconds for some. A read that does not wait asks along whether all is
        there: as entries go from the front, all is there if the entry at the cursor is, or if none came after it.
        """
        pipe = self._redis.pipeline(transaction=False)
        pipe.xread({self._name: at}, count=COUNT, block=round(wait * 1000) or None)
        if not wait:
            pipe.xrange(self._name, at, at, count=1)
        found, *there = await pipe.execute()
        if there == [[]] and not await self._all_after(at):
            return None
        return [_row(raw) for raw in cast("list[_Raw]", found[0][1] if found else [])]

    async def lately(self, seconds: float) -> str:
        """The cursor so long before the newest entry, as far back as entries are there."""
        rows = await self._last_up_to("+")
        if rows and seconds:
            before = _milliseconds(rows[0][0].decode()) - round(seconds * 1000)
            rows = await self._last_up_to(str(max(0, before)))
        if rows:
            return rows[0][0].decode()
        info = await self._info()
        return BEGINNING if info is None or info.whole else info.first

    async def _all_after(self, at: str) -> bool:
        """Whether all that came after `at` is there, where no entry is at it."""
        info = await self._info()
        if at == BEGINNING:
            return info is None or info.whole
        return info is not None and info.last == at

    async def _last_up_to(self, cursor: str) -> list[_Raw]:
        """The last entry up to `cursor`, if any."""
        return cast("list[_Raw]", await self._redis.xrevrange(self._name, cursor, count=1))

    async def _info(self) -> _Info | None:
        """What Redis knows of the stream, None where there is none."""
        try:
            info: dict[str, Any] = await self._redis.xinfo_stream(self._name)
        except ResponseError as error:
            if "no such key" in str(error):
                return None
            raise
        first, last, length = info["first-entry"], info["last-generated-id"], info["length"]
        return _Info(
            first=(first[0] if first else last).decode(),
            last=last.decode(),
            whole=info.get("entries-added", length) == length,  # Redis 6.2 does not count
        )


def _row(raw: _Raw) -> Row:
    """An entry as it was appended."""
    cursor, fields = raw[0].decode(), raw[1]
    try:
        kind, origin, texts = (fields[name].decode() for name in (b"kind", b"origin", b"texts"))
        return Row(cursor, Entry(cursor, kind, origin, tuple(texts.split(SEPARATOR))), int(fields[b"number"]))
    except (KeyError, ValueError):
        return Row(cursor, None)


def _milliseconds(cursor: str) -> int:
    """When it was, by the clock of Redis."""
    return int(cursor.partition("-")[0])
