"""The door before the door: foreign names, foreign pages and oversized bodies are refused before anything else runs."""

from __future__ import annotations

import json
import re
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from voiceassist.server.proxies import is_loopback

MAX_BYTES = 64 * 1024
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_OPEN = frozenset({"/healthz", "/readyz"})
"""What a load balancer asks by itself, and in the clear."""
_DIGITS = re.compile(r"[0-9]{1,20}")

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


_STAY_SECURE = ("Strict-Transport-Security", "max-age=31536000")
"""Not for the names of the loopback: other servers of this machine are reached by them, too."""


class Guard:
    """ASGI middleware: only known Host names, only our own Origin, only small bodies; the security headers on all.

    Plain HTTP stays on the machine: it is refused to whom a proxy stands for that did not speak TLS with that one.
    A page on a foreign name that points at this machine (DNS rebinding) sends that name as Host; a foreign page that
    calls us sends its own Origin. A program sends no Origin. `hosts`: further names, with or without a port.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str] = ()) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return

        connection = HTTPConnection(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if secure(connection) and not self._is_own(connection.headers.get("host", "")):
                    headers.setdefault(*_STAY_SECURE)
            await send(message)

        refusal = self._refusal(connection)
        if refusal is None:
            await self._app(scope, receive, send_with_headers)
        elif scope["type"] == "http":
            await refusal(scope, receive, send_with_headers)
        else:
            await WebSocket(scope, receive, send_with_headers).send_denial_response(refusal)

    def _refusal(self, connection: HTTPConnection) -> Response | None:
        headers = connection.headers
        host = _only(headers, "host")
        if host is None or not self._known(host.lower(), connection):
            return refuse(421, "foreign-host", "this server is not known by that name")
        if not secure(connection) and not _is_here(connection) and connection.url.path not in _OPEN:
            return refuse(403, "not-secure", "only over https: a proxy must say so by X-Forwarded-Proto")
        if "origin" in headers:
            scheme = "https" if secure(connection) else "http"
            if _only(headers, "origin") != f"{scheme}://{host}":
                return refuse(403, "foreign-origin", "that page may not call this server")
        if "transfer-encoding" in headers:
            return refuse(411, "no-length", "a request must tell the length of its body")
        length = headers.get("content-length", "0")
        if not _DIGITS.fullmatch(length) or int(length) > MAX_BYTES:
            return refuse(413, "too-big", "a request may hold at most 64 KiB")
        return None

    def _known(self, host: str, connection: HTTPConnection) -> bool:
        name, port = _parted(host)
        own_port = port or ("443" if secure(connection) else "80")
        own = name in LOOPBACK and own_port == str(port_of(connection))
        return own or host in self._hosts or name in self._hosts

    @staticmethod
    def _is_own(host: str) -> bool:
        return _parted(host.lower())[0] in LOOPBACK


def _is_here(connection: HTTPConnection) -> bool:
    return connection.client is None or is_loopback(connection.client.host)


def _parted(host: str) -> tuple[str, str]:
    """The name and the port, which may be empty."""
    name, _, port = host.rpartition(":")
    return (name, port) if name and port.isdigit() else (host, "")


def port_of(connection: HTTPConnection) -> int:
    """The port at which the connection came in."""
    server: tuple[str, int | None] | None = connection.scope.get("server")
    return (server[1] if server else None) or 0


def secure(connection: HTTPConnection) -> bool:
    """Whether the connection came in over TLS."""
    return connection.scope["scheme"] in {"https", "wss"}


def refuse(status: int, code: str, message: str) -> Response:
    """A refusal as JSON: `code` and `message`, as in the wire's `error`."""
    return Response(json.dumps({"code": code, "message": message}), status, media_type="application/json")


def _only(headers: Headers, name: str) -> str | None:
    values = headers.getlist(name)
    return values[0] if len(values) == 1 else None
