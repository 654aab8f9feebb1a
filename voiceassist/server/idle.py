"""Lets go of those who connect and say nothing, or say it too slowly."""

from __future__ import annotations

import asyncio
from typing import cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

REQUEST_SECONDS = 10.0
"""How long a request may take to come in, from the connection or the last answer on."""


class IdleGuard(H11Protocol):
    """uvicorn's HTTP protocol, which waits for a whole request only so long.

    By itself it waits for the first one for ever: ten thousand idle sockets would stay.
    """

    _abort_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._has_request():
            self._stop_waiting()
        elif self._abort_timer is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._stop_waiting()
        super().handle_websocket_upgrade(event)

    def _has_request(self) -> bool:
        """Whether a whole request is here, or the connection is a WebSocket's now."""
        if self.transport.get_protocol() is not self:
            return True
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request, whatever its type says
        return cycle is not None and not cycle.more_body and not cycle.response_complete

    def _wait(self) -> None:
        self._abort_timer = self.loop.call_later(REQUEST_SECONDS, self.transport.abort)

    def _stop_waiting(self) -> None:
        if self._abort_timer is not None:
            self._abort_timer.cancel()
            self._abort_timer = None
