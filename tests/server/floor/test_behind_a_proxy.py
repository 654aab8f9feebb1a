"""A hub behind a reverse proxy: TLS outside, plain HTTP inside, and each client known by its own address."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from accounts.provider import CLIENT, SECRET, OpenIdProvider, Person
from server.floor.conftest import PASSWORD, Socket, Town, running
from server.floor.forwarder import NAME, Forwarder, forwarding
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from voiceassist.accounts.logins import FAILURES
from voiceassist.accounts.visitor import CONSOLE

LOGIN = {"user": "sam", "password": PASSWORD}
WRONG = {"user": "sam", "password": "not my password"}
ORIGIN = {"Origin": f"https://{NAME}"}


@pytest.fixture(name="provider")
def openid_provider() -> Iterator[OpenIdProvider]:
    with OpenIdProvider(int(time.time())) as provider:
        yield provider


@pytest.fixture(name="hub")
async def one_that_has_a_proxy(tmp_path: Path, provider: OpenIdProvider) -> AsyncIterator[Town]:
    flags: dict[str, object] = {
        "serve.names": (NAME,),
        "serve.proxies": ("127.0.0.1", "127.0.7.0/24"),
        "login.issuer": provider.issuer,
        "login.client_id": CLIENT,
        "login.client_secret": SECRET,
    }
    async with running(tmp_path, flags) as town:
        await asyncio.to_thread(town.hub.house.office.set_password, CONSOLE, "sam", PASSWORD)
        yield town


@dataclass
class Outside:
    """Where clients are: they know the hub by its name alone, and reach the proxy."""

    forwarder: Forwarder

    def browser(self, address: str = "127.0.0.2") -> httpx.AsyncClient:
        """A browser on a computer with this address."""
        return httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{self.forwarder.port}",
            headers={"Host": NAME},
            timeout=20,
            transport=httpx.AsyncHTTPTransport(verify=self.forwarder.trusted, local_address=address),
        )

    def socket(self, cookie: str, origin: str = f"https://{NAME}") -> Any:
        return connect(
            f"wss://{NAME}/ws",
            host="127.0.0.1",
            port=self.forwarder.port,
            ssl=self.forwarder.trusted,
            origin=origin,  # pyright: ignore[reportArgumentType]
            additional_headers={"Cookie": f"__Host-voiceassist={cookie}"},
        )


@pytest.fixture(name="outside")
async def beyond_the_proxy(hub: Town) -> AsyncIterator[Outside]:
    async with forwarding(hub.hub.server.port) as forwarder:
        yield Outside(forwarder)


async def login_failures(town: Town) -> list[str]:
    async with town.http("root") as client:
        entries = (await client.get("/api/audit")).json()
    return [entry["about"] for entry in reversed(entries) if entry["did"] == "login failed"]


# --- https outside ----------------------------------------------------------------------------------------------------


async def test_a_page_has_all_that_it_has_over_tls(hub: Town, outside: Outside) -> None:
    assert hub.hub.url == f"https://{NAME}"
    async with outside.browser() as browser:
        answer = await browser.post("/api/session", json=LOGIN, headers=ORIGIN)
        [header] = answer.headers.get_list("set-cookie")
        name, _, value = header.partition(";")[0].partition("=")
        assert name == "__Host-voiceassist"
        assert {"secure", "httponly", "samesite=strict"} <= set(header.lower().split("; "))
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert (await browser.get("/api/session")).json()["user"] == "sam"
        invite = (await browser.post("/api/invites", json={"team": "Refunds"}, headers=ORIGIN)).json()
        assert invite["link"].startswith(f"https://{NAME}/#i=")
        board = await browser.get("/board")
        assert (board.status_code, "<html" in board.text) == (200, True)
    async with outside.socket(value) as socket:
        peer = Socket(socket)
        await peer.say(type="hello")
        assert (await peer.hear("hello", "error"))["user"] == "sam"
        await peer.hear("wall")


async def test_foreign_pages_and_names_are_kept_out_as_ever(outside: Outside) -> None:
    foreign = (f"http://{NAME}", f"https://{NAME}:8720", "https://evil.example", "null")
    async with outside.browser() as browser:
        for origin in foreign:
            answer = await browser.post("/api/session", json=LOGIN, headers={"Origin": origin})
            assert (answer.status_code, answer.json()["code"]) == (403, "foreign-origin"), origin
        forwarded = {"Host": "evil.example", "X-Forwarded-Host": NAME}
        assert (await browser.get("/board", headers=forwarded)).status_code == 421
    for origin in foreign:
        with pytest.raises(InvalidStatus) as refused:
            await outside.socket("", origin)
        assert refused.value.response.status_code == 403


async def test_openid_comes_back_to_the_proxy(hub: Town, outside: Outside, provider: OpenIdProvider) -> None:
    await asyncio.to_thread(hub.hub.house.office.invite, CONSOLE, team="Refunds", role="supervisor", login="lee")
    provider.person = Person("lee-1", {"preferred_username": "lee", "name": "Lee"})
    async with outside.browser() as browser:
        begun = await browser.get("/login/oidc")
        back = parse_qs(urlsplit(begun.headers["location"]).query)["redirect_uri"]
        assert back == [f"https://{NAME}/login/oidc/return"]
        [kept] = begun.headers.get_list("set-cookie")
        assert "secure" in kept.lower().split("; ")
        params = await asyncio.to_thread(provider.browse, begun.headers["location"])
        ended = await browser.get("/login/oidc/return", params=params)
        assert ended.status_code == 200, ended.text
        assert (await browser.get("/api/session")).json()["user"] == "lee"


async def test_an_invite_in_hand_is_accepted_by_openid(hub: Town, outside: Outside, provider: OpenIdProvider) -> None:
    issued = await asyncio.to_thread(hub.hub.house.office.invite, CONSOLE, team="Refunds")
    provider.person = Person("nia-1", {"preferred_username": "nia", "name": "Nia"})
    async with outside.browser() as browser:
        for token in ("no token", hub.tokens["ada"]):
            refused = await browser.post("/api/invites/oidc", json={"token": token}, headers=ORIGIN)
            assert refused.status_code == 401
            assert "set-cookie" not in refused.headers
        begun = await browser.post("/api/invites/oidc", json={"token": issued.token}, headers=ORIGIN)
        assert issued.token not in begun.text
        [kept] = begun.headers.get_list("set-cookie")
        assert {"secure", "httponly", "path=/login"} <= set(kept.lower().split("; "))
        params = await asyncio.to_thread(provider.browse, begun.json()["url"])
        ended = await browser.get("/login/oidc/return", params=params)
        assert "url=/#j=1" in ended.text
        session = (await browser.get("/api/session")).json()
        assert (session["user"], session["role"], session["teams"]) == ("nia", "agent", ["Refunds"])
        again = await browser.post("/api/invites/oidc", json={"token": issued.token}, headers=ORIGIN)
        assert (again.status_code, again.json()["code"]) == (401, "token-used")


# --- who it is --------------------------------------------------------------------------------------------------------


async def test_failures_are_counted_for_each_client_alone(hub: Town, outside: Outside) -> None:
    async with outside.browser("127.0.0.2") as browser, outside.browser("127.0.0.3") as other:
        for number in range(FAILURES):
            # What a client says of itself stands before what the proxy adds.
            claimed = {"X-Forwarded-For": f"203.0.113.{number}"}
            answer = await browser.post("/api/session", json={**WRONG, "user": f"u{number}"}, headers=claimed)
            assert answer.status_code == 401
        assert (await browser.post("/api/session", json=LOGIN)).status_code == 429
        assert (await other.post("/api/session", json=LOGIN)).status_code == 200
    assert await login_failures(hub) == ["from 127.0.0.2"] * FAILURES


BROKEN = {
    "unknown": "an unknown address",
    ",": "127.0.0.1",
    ", ,": "127.0.0.1",
    "": "127.0.0.1",
    "203.0.113.7,": "127.0.0.1",
    "999.1.1.1": "an unknown address",
    "for=203.0.113.8": "an unknown address",
    "[::1": "an unknown address",
    "]:[": "an unknown address",
    "\u00e9\u00ff": "an unknown address",
    "<b>": "an unknown address",
    "x" * 4000: "an unknown address",
    "1," * 2000 + "203.0.113.9": "203.0.113.9",
    "203.0.113.10:" + "9" * 4000: "203.0.113.10",
    "127.0.0.1": "127.0.0.1",
    "fe80::1%eth0": "fe80::/64",
}
"""Headers, and whose failures are counted then; those of addresses that are none count together."""


async def test_a_header_that_is_broken_does_no_harm(hub: Town) -> None:
    refused: list[str] = []
    async with hub.http() as client:
        for number, (said, address) in enumerate(BROKEN.items()):
            headers = [("X-Forwarded-For", said.encode("latin-1")), ("X-Forwarded-Proto", "https"), ("Host", NAME)]
            assert (await client.get("/board", headers=headers)).status_code == 200, said
            answer = await client.post("/api/session", json={**WRONG, "user": f"u{number}"}, headers=headers)
            assert answer.status_code == (429 if refused.count(address) >= FAILURES else 401), said
            refused += [address] if answer.status_code == 401 else []
    assert await login_failures(hub) == [f"from {address}" for address in refused]


async def test_a_scheme_that_is_none_is_not_https(hub: Town) -> None:
    async with hub.http() as client:
        for said in ("https, http", "HTTPS", "ftp", "", "javascript", "h\u00fctte"):
            headers = [("X-Forwarded-Proto", said.encode("latin-1")), ("Origin", f"https://{NAME}"), ("Host", NAME)]
            answer = await client.post("/api/session", json=LOGIN, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "foreign-origin"), said


# --- who is not believed ----------------------------------------------------------------------------------------------


async def test_what_others_say_is_forwarded_changes_nothing(hub: Town) -> None:
    claimed = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "Host": NAME}
    stranger = httpx.AsyncHTTPTransport(local_address="127.0.0.9")
    async with httpx.AsyncClient(base_url=hub.url, transport=stranger, timeout=20) as client:
        answer = await client.post("/api/session", json=LOGIN, headers={**claimed, "Origin": f"http://{NAME}"})
        [header] = answer.headers.get_list("set-cookie")
        assert header.startswith("voiceassist-hub=")
        assert "secure" not in header.lower()
        assert "strict-transport-security" not in answer.headers
        answer = await client.post("/api/session", json=LOGIN, headers={**claimed, **ORIGIN})
        assert answer.json()["code"] == "foreign-origin"
        await client.post("/api/session", json=WRONG, headers=claimed)
    assert await login_failures(hub) == ["from 127.0.0.9"]


async def test_what_was_not_https_outside_is_refused(hub: Town) -> None:
    port = hub.hub.server.port
    for said in ({}, {"X-Forwarded-Proto": "http"}, {"X-Forwarded-Proto": "ws"}):
        headers = {"X-Forwarded-For": "203.0.113.7", "Host": NAME, **said}
        async with hub.http(
            "root",
        ) as client:
            for method, path in (
                ("GET", "/board"),
                ("GET", "/api/users"),
                ("POST", "/api/session"),
                ("GET", "/metrics"),
            ):
                answer = await client.request(method, path, headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (403, "not-secure"), path
                assert "set-cookie" not in answer.headers
            for path in ("/healthz", "/readyz"):
                assert (await client.get(path, headers=headers)).status_code == 200
        more = {name: value for name, value in headers.items() if name != "Host"}
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://{NAME}/ws", host="127.0.0.1", port=port, additional_headers=more)
        assert refused.value.response.status_code == 403
