"""The WebSocket to the hub: to that host alone, in the clear for nobody, and never silent for long."""

from __future__ import annotations

import asyncio
import logging
import ssl
from functools import partial
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from voiceassist.uplink.address import HubAddress
from voiceassist.uplink.link import Patience

MAX_BYTES = 64 * 1024
_GOODBYE = 1.0
# The library's own notes hold whole messages, what was said and the token among them: this logger is nobody's child.
_QUIET = logging.Logger("voiceassist.uplink", logging.CRITICAL)  # noqa: LOG001


class Watched(ClientConnection):
    """A connection that is given up where nothing comes from the other side, not even an answer to a ping.

    The library's own keepalive waits for ever behind a buffer that is full: a reader that has stopped, or a network
    that swallows all, would hold it. Here no write is waited for: what was heard last decides.
    """

    def __init__(self, *arguments: Any, silence: float, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._silence = silence
        self._heard_at = self.loop.time()
        self._check: asyncio.TimerHandle | None = None
        self.went_silent = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._heard_at = self.loop.time()
        self._check = self.loop.call_later(self._silence, self._listen)

    def data_received(self, data: bytes) -> None:
        self._heard_at = self.loop.time()
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._check is not None:
            self._check.cancel()
        super().connection_lost(exc)

    async def leave(self) -> None:
        """Say goodbye, where that goes at once."""
        try:
            async with asyncio.timeout(_GOODBYE):
                await self.close()
        except TimeoutError:  # a full buffer holds it, too
            self.transport.abort()

    def _listen(self) -> None:
        left = self._heard_at + self._silence - self.loop.time()
        if left > 0:
            self._check = self.loop.call_later(left, self._listen)
        else:
            self.went_silent = True
            self.transport.abort()


class _Straight(connect):
    """Follows no redirect: the hub is where the agent was told it is."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def open_connection(address: HubAddress, tls: ssl.SSLContext | None, patience: Patience) -> Watched:
    """A connection to the hub; no proxy of the environment is used. Raises OSError and WebSocketException."""
    connection = await _Straight(
        address.websocket,
        create_connection=partial(Watched, silence=patience.silence),  # pyright: ignore[reportArgumentType]
        proxy=None,
        compression=None,
        max_size=MAX_BYTES,
        open_timeout=patience.open,
        ping_interval=patience.ping,
        ping_timeout=None,
        close_timeout=_GOODBYE,
        logger=_QUIET,
        ssl=tls if address.secure else None,
    )
    assert isinstance(connection, Watched)
    return connection
