"""The bus that was asked for."""

from __future__ import annotations

from voiceassist.bus.base import Bus
from voiceassist.bus.local import LocalBus
from voiceassist.errors import BusError


async def open_bus(url: str) -> Bus:
    """The bus through the Redis at `url`; empty: the one of this process alone. Raises BusError."""
    if not url:
        return LocalBus()
    try:
        from voiceassist.bus.redis_streams import RedisBus  # noqa: PLC0415 - an extra, loaded when chosen
    except ImportError:
        raise BusError("bus.url needs the library of Redis: pip install 'voiceassist[redis]'") from None
    return await RedisBus.open(url)
