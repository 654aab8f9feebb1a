"""Who is believed to stand for somebody else, and who is let in to where only those are."""

from __future__ import annotations

from ipaddress import ip_network

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from voiceassist.server.proxies import Proxies, is_loopback
from voiceassist.server.serve import Server

FROM = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}


async def whoever(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with who asks, and how."""
    request = Request(scope)
    assert request.client is not None
    await PlainTextResponse(f"{request.client.host} {request.url.scheme}")(scope, receive, send)


def proxies(*networks: str) -> Proxies:
    return Proxies([ip_network(network) for network in networks])


def of(address: str) -> httpx.AsyncClient:
    """A client on this machine with an address of its own."""
    return httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(local_address=address))


async def ask(server: Server, address: str, headers: dict[str, str] | None = None) -> str:
    async with of(address) as client:
        return (await client.get(f"http://127.0.0.1:{server.port}", headers=headers)).text


async def test_only_a_proxy_is_believed() -> None:
    async with Server(whoever, proxies=proxies("127.0.0.2", "127.0.8.0/24")) as server:
        assert await ask(server, "127.0.0.1", FROM) == "127.0.0.1 http"
        assert await ask(server, "127.0.0.2", FROM) == "203.0.113.7 https"
        assert await ask(server, "127.0.8.9", FROM) == "203.0.113.7 https"


async def test_without_proxies_nobody_is_believed_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    for none in (Proxies(), proxies("192.0.2.1")):
        async with Server(whoever, proxies=none) as server:
            assert await ask(server, "127.0.0.1", FROM) == "127.0.0.1 http"


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 127.0.0.3, ::ffff:127.0.0.2", "203.0.113.7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("127.0.0.3", "127.0.0.3"),
        ("", "127.0.0.2"),
    ],
)
async def test_the_nearest_that_is_no_proxy_is_the_client(said: str, seen: str) -> None:
    async with Server(whoever, proxies=proxies("127.0.0.2/31")) as server:
        assert await ask(server, "127.0.0.2", {"X-Forwarded-For": said}) == f"{seen} http"


async def test_a_listener_for_both_kinds_of_address_knows_its_proxies() -> None:
    known = proxies("192.0.2.0/28", "2001:db8::/64")
    for address in ("192.0.2.15", "::ffff:192.0.2.15", "2001:db8::1"):
        assert address in known
    for address in ("192.0.2.16", "::ffff:192.0.2.16", "::192.0.2.15", "2001:db8:0:1::1", "", "192.0.2.1, x", "proxy"):
        assert address not in known


async def test_who_is_no_proxy_is_not_let_in_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    # What would be an address of another machine is one of this machine here.
    monkeypatch.setattr("voiceassist.server.proxies.is_loopback", lambda host: host == "127.0.0.1")
    async with Server(whoever, "0.0.0.0", proxies=proxies("127.0.0.2")) as server:
        assert await ask(server, "127.0.0.2", FROM) == "203.0.113.7 https"
        assert await ask(server, "127.0.0.1") == "127.0.0.1 http"
        with pytest.raises(httpx.TransportError):
            await ask(server, "127.0.0.3", FROM)
        assert await ask(server, "127.0.0.2", FROM) == "203.0.113.7 https"


def test_an_address_of_this_machine_alone() -> None:
    for here in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"):
        assert is_loopback(here)
    for elsewhere in ("0.0.0.0", "192.0.2.1", "::", "::ffff:192.0.2.1", "localhost", "unknown", ""):
        assert not is_loopback(elsewhere)
