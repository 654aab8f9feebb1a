"""Listens: uvicorn in the running event loop, on a port that is free, only as wide as is safe."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from voiceassist.errors import ServerError
from voiceassist.server.guard import MAX_BYTES
from voiceassist.server.idle import IdleGuard
from voiceassist.server.proxies import Proxies, is_loopback

PORTS = 20
"""Ports that are tried, from the one asked for."""
STALL_SECONDS = 3.0
LEAVE_SECONDS = 1.0
READ_AHEAD = 8
"""Messages of one connection that may wait to be taken; then no more is read of it."""
AT_ONCE, BACKLOG = 32, 2048
"""Connections that are taken in one turn of the event loop, so that others have theirs; and those that may wait."""
PING_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Tls:
    """The files of a certificate (chain) and its key, both PEM."""

    cert: Path
    key: Path


class StallGuard(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol, which also lets go of a reader that has stopped.

    Neither pings nor a polite close end a connection whose buffers are full: they wait in the same buffer.
    """

    _abort_timer: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._abort_in(STALL_SECONDS)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._keep()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._abort_in(STALL_SECONDS)

    def shutdown(self) -> None:
        super().shutdown()
        self._abort_in(LEAVE_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._keep()
        super().connection_lost(exc)

    def send_receive_event_to_app(self) -> None:
        if self.curr_msg_data_type == "text" and not _is_utf8(b"".join(self.frames)):
            self.frames = []
            self.conn.fail(1007, "not UTF-8")
            self.handle_parser_exception()
            return
        # By itself it stops reading at each message until that is taken, which costs as much as the message.
        paused, self.read_paused = self.read_paused, True
        super().send_receive_event_to_app()
        self.read_paused = paused
        if not paused and self.queue.qsize() >= READ_AHEAD:
            self.read_paused = True
            self.transport.pause_reading()

    def _abort_in(self, seconds: float) -> None:
        self._keep()
        self._abort_timer = self.loop.call_later(seconds, self.transport.abort)

    def _keep(self) -> None:
        if self._abort_timer is not None:
            self._abort_timer.cancel()
            self._abort_timer = None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


class Server:
    """`async with Server(app, host, port) as server:` listens within the block; `server.url` says where.

    A `port` that is taken gives the next free one where it `moves`; 0 gives any. What `proxies` say of whom they stand
    for is believed. Raises `ServerError` on entering where it may not or cannot listen: beyond the loopback it wants
    `tls`, or `proxies` that have it; then nobody else is let in.
    """

    def __init__(  # noqa: PLR0913 - what it serves, and where
        self,
        app: ASGIApp,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: Tls | None = None,
        proxies: Proxies = Proxies(),  # noqa: B008 - it does not change
        *,
        moves: bool = True,
    ) -> None:
        self._app = app
        self._proxies = proxies
        self._host = host
        self._asked = port
        self._tls = tls
        self._tries = PORTS if moves else 1
        self.port = port

    @property
    def url(self) -> str:
        """The server's address, without a path."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'http' if self._tls is None else 'https'}://{host}:{self.port}"

    @property
    def moved(self) -> bool:
        """Whether the port asked for was taken, so that another one is used."""
        return self._asked not in {0, self.port}

    @property
    def connections(self) -> int:
        """Open connections, of whatever kind."""
        return len(self._server.server_state.connections)

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.to_thread(self._bind)
        self.port = self._listener.getsockname()[1]
        try:
            config = self._config()
            self._server = uvicorn.Server(config)
            self._server.lifespan = config.lifespan_class(config)
            await self._server.startup(sockets=[self._listener])
            self._listener.listen(BACKLOG)  # the loop has one number for both
        except BaseException:
            self._listener.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._server.shutdown(sockets=[self._listener])
        if self._server.server_state.tasks:
            await asyncio.wait(self._server.server_state.tasks, timeout=LEAVE_SECONDS)

    def _config(self) -> uvicorn.Config:
        """Settings of uvicorn: its loop, signals and logging are left out."""
        config = uvicorn.Config(
            self._app,
            http=self._proxies.gate() if self._proxies and self._tls is None else IdleGuard,
            ws=StallGuard,
            backlog=AT_ONCE,
            ws_max_size=MAX_BYTES,
            ws_ping_interval=PING_SECONDS,
            ws_ping_timeout=PING_SECONDS,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            log_level=logging.ERROR,
            access_log=False,
            proxy_headers=bool(self._proxies),
            forwarded_allow_ips=self._proxies.hosts(),  # without it the environment would say
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=2,
            ssl_certfile=None if self._tls is None else self._tls.cert,
            ssl_keyfile=None if self._tls is None else self._tls.key,
        )
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise ServerError(f"the TLS certificate or key cannot be used: {error.strerror or error}") from None
        return config

    def _bind(self) -> socket.socket:
        """A socket on the first free port of those that may be. Raises `ServerError`."""
        try:
            found = socket.getaddrinfo(self._host, self._asked, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except (OSError, UnicodeError, OverflowError):
            raise ServerError(f"{self._host} is no address of this machine") from None
        family, _, _, _, address = found[0]
        ip = str(address[0])
        if self._tls is None and not self._proxies and not is_loopback(ip.partition("%")[0]):
            raise ServerError(
                f"{self._host} can be reached by others: give a certificate with --tls-cert and --tls-key, "
                "or name in serve.proxies the one that has it"
            )
        for port in range(self._asked, min(self._asked + self._tries, 65_536)):
            # Named as TCP: only then does asyncio send what is written at once, not up to 40 ms later.
            listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            _own_alone(listener)
            try:
                listener.bind((ip, port))
                listener.listen()
            except OSError as error:
                listener.close()
                if error.errno != errno.EADDRINUSE:
                    raise ServerError(f"cannot listen on {self._host}:{port}: {error.strerror}") from None
            else:
                return listener
        if self._tries == 1:
            raise ServerError(
                f"port {self._asked} is taken, perhaps by one that runs already: end that, or name another with --port"
            )
        raise ServerError(f"ports {self._asked} to {self._asked + PORTS - 1} are all taken: name another with --port")


def _own_alone(listener: socket.socket) -> None:
    """Have the port to ourselves, and again right after a restart: on Windows SO_REUSEADDR would share it."""
    if os.name == "nt":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
