"""Those who stand between a hub and its clients, and are believed what they say of whom they stand for."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from voiceassist import logs
from voiceassist.server.idle import IdleGuard

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_MAPPED = 96
"""Bits before an IPv4 address that is written as one of IPv6, as a listener for both kinds has it."""


@dataclass(frozen=True, slots=True)
class Proxies:
    """Load balancers and reverse proxies, by their networks; false where there are none."""

    networks: Sequence[Network] = ()

    def __bool__(self) -> bool:
        return bool(self.networks)

    def __contains__(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self._both())

    def hosts(self) -> list[str]:
        """Their networks as uvicorn wants them told, each IPv4 network also in the form that it has in IPv6."""
        return [str(network) for network in self._both()]

    def gate(self) -> type[IdleGuard]:
        """What serves HTTP to them and to this machine alone: who else connects is cut off before a word is read."""
        return type("Gate", (_Gate,), {"proxies": self})

    def _both(self) -> list[Network]:
        mapped = [
            ipaddress.ip_network(f"::ffff:{network.network_address}/{_MAPPED + network.prefixlen}")
            for network in self.networks
            if network.version == 4  # noqa: PLR2004 - of IP
        ]
        return [*self.networks, *mapped]


class _Gate(IdleGuard):
    proxies = Proxies()

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(transport)
        host = "" if self.client is None else self.client[0]
        if not is_loopback(host) and host not in self.proxies:
            logs.trouble("cut off", address=host, why="no proxy of serve.proxies")
            transport.abort()


def is_loopback(host: str) -> bool:
    """Whether that is an address of this machine alone."""
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback
