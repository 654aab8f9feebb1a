"""Where a hub is: one address for the WebSocket, one for HTTP, both on the same host and nowhere else."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urlsplit

from voiceassist.errors import HubError

_PORTS = {"ws": 80, "wss": 443}
_SCHEMES = {"ws": "ws", "wss": "wss", "http": "ws", "https": "wss"}


@dataclass(frozen=True, slots=True)
class HubAddress:
    """A hub's host, port and path before `/ws`. Without TLS it may only be on this machine."""

    secure: bool
    host: str
    port: int
    path: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The hub of `wss://HOST[:PORT][/ws]` or `https://HOST[:PORT]/`; a fragment is passed over.

        Raises HubError (`hub-address`); it repeats nothing that may be secret.
        """
        try:
            parts = urlsplit(text.strip())
            scheme, host, port = _SCHEMES.get(parts.scheme), parts.hostname, parts.port
            if host:
                host.encode("idna")
        except ValueError:
            raise HubError("the address of the hub is none: it looks like wss://HOST/ws", code="hub-address") from None
        if scheme is None or not host or not text.isprintable():
            raise HubError("the address of a hub begins with wss:// and its host", code="hub-address")
        _refuse_secrets(parts)
        secure = scheme == "wss"
        if not secure and not _is_loopback(host):
            raise HubError(f"{host} is another machine: its address must begin with wss://", code="hub-address")
        path = parts.path.rstrip("/").removesuffix("/ws")
        return cls(secure, host.lower(), _PORTS[scheme] if port is None else port, path)

    @property
    def websocket(self) -> str:
        """Where events are published."""
        return f"{'wss' if self.secure else 'ws'}://{self.netloc}{self.path}/ws"

    @property
    def http(self) -> str:
        """What the paths of requests are put behind."""
        return f"{'https' if self.secure else 'http'}://{self.netloc}{self.path}"

    @property
    def netloc(self) -> str:
        """The host as people write it, with the port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS["wss" if self.secure else "ws"] else f"{host}:{self.port}"

    @property
    def folder(self) -> str:
        """A name for a folder that belongs to this hub alone, on any file system."""
        digest = hashlib.sha256(self.websocket.encode()).hexdigest()[:12]
        return f"{re.sub(r'[^a-z0-9.-]', '_', self.host)[:60]}-{digest}"


def _refuse_secrets(parts: SplitResult) -> None:
    if parts.username is not None or parts.password is not None or parts.query:
        raise HubError("the address of a hub holds no name, password or query", code="hub-address")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
