"""Sessions of pages and programs: what a browser keeps, who may begin one, and what ends it."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from server.floor.conftest import PASSWORD, Socket, Town, running
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from voiceassist import assets
from voiceassist.accounts.logins import FAILURES, PAUSE
from voiceassist.accounts.visitor import CONSOLE

LOGIN = {"user": "sam", "password": PASSWORD}
NEW_PASSWORD = "tall blue hat on a goat"


@pytest.fixture(name="hub")
async def with_a_password(town: Town) -> Town:
    office, door = town.hub.house.office, town.hub.house.door
    await asyncio.to_thread(office.set_password, CONSOLE, "sam", PASSWORD)
    town.tokens["sam"] = await asyncio.to_thread(lambda: door.open_session(office.link(CONSOLE, "sam").token).token)
    return town


def page(town: Town, **options: Any) -> httpx.AsyncClient:
    """A page of the hub in a browser that keeps cookies."""
    return town.http(None, **options)


def origin(town: Town) -> dict[str, str]:
    return {"Origin": town.url}


def cookie(answer: httpx.Response) -> tuple[str, str, set[str]]:
    """The only cookie that is set: its name, value and attributes in lower case."""
    [header] = answer.headers.get_list("set-cookie")
    pair, *attributes = header.split("; ")
    name, _, value = pair.partition("=")
    return name, value, {attribute.lower() for attribute in attributes}


# --- what a browser keeps ---------------------------------------------------------------------------------------------


async def test_a_page_is_given_a_cookie_and_no_token(hub: Town) -> None:
    async with page(hub) as client:
        answer = await client.post("/api/session", json=LOGIN, headers=origin(hub))
        name, value, attributes = cookie(answer)
        assert (name, attributes) == (
            "voiceassist-hub",
            {"httponly", "max-age=43200", "path=/", "samesite=strict"},
        )
        assert answer.json()["token"] is None
        assert value not in answer.text
        assert (await client.get("/api/session")).json()["user"] == "sam"


async def test_a_program_is_told_its_token_and_given_no_cookie(hub: Town) -> None:
    async with hub.http() as client:
        answer = await client.post("/api/session", json=LOGIN)
        assert "set-cookie" not in answer.headers
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        assert (await client.get("/api/session", headers=headers)).json()["token"] is None


async def test_over_tls_the_cookie_is_the_hosts_own(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost", "hub.example")
    pem, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(pem, append=True)
    certificate.private_key_pem.write_to_path(key)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    flags: dict[str, object] = {"serve.tls_cert": str(pem), "serve.tls_key": str(key), "serve.names": ("hub.example",)}
    async with running(tmp_path, flags) as town:
        await asyncio.to_thread(town.hub.house.office.set_password, CONSOLE, "sam", PASSWORD)
        assert town.url.startswith("https://")
        async with httpx.AsyncClient(base_url=town.url, timeout=20, verify=context) as client:
            answer = await client.post("/api/session", json=LOGIN, headers=origin(town))
            name, value, attributes = cookie(answer)
            assert (name, attributes) == (
                "__Host-voiceassist",
                {"httponly", "max-age=43200", "path=/", "samesite=strict", "secure"},
            )
            assert (await client.get("/api/session")).json()["user"] == "sam"
            # Names of the loopback are shared with other servers, which must not be asked for over TLS from then on.
            assert "strict-transport-security" not in answer.headers
            named = await client.get("/board", headers={"Host": f"hub.example:{town.hub.server.port}"})
            assert named.headers["strict-transport-security"] == "max-age=31536000"
            # What a page without TLS has set is none.
            client.cookies.clear()
            assert (await client.get("/api/session", headers={"Cookie": f"voiceassist-hub={value}"})).status_code == 401
        uri = town.url.replace("http", "ws", 1) + "/ws"
        headers = {"Cookie": f"__Host-voiceassist={value}"}
        async with connect(uri, ssl=context, additional_headers=headers, origin=town.url) as socket:  # pyright: ignore[reportArgumentType]
            peer = Socket(socket)
            await peer.say(type="hello")
            assert (await peer.hear("hello", "error"))["user"] == "sam"


async def test_without_tls_nothing_asks_for_it(hub: Town) -> None:
    async with hub.http() as client:
        assert "strict-transport-security" not in (await client.get("/board")).headers


# --- who may begin one ------------------------------------------------------------------------------------------------


async def test_a_foreign_page_cannot_log_anybody_in(hub: Town) -> None:
    async with page(hub) as client:
        for foreign in ("http://evil.example", "null", hub.url.replace("127.0.0.1", "localhost"), f"{hub.url}0"):
            answer = await client.post("/api/session", json=LOGIN, headers={"Origin": foreign})
            assert (answer.status_code, answer.json()["code"]) == (403, "foreign-origin")
        # What a form can send from anywhere is no login, whether or not a browser says where it comes from.
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            answer = await client.post("/api/session", content=json.dumps(LOGIN), headers={"Content-Type": kind})
            assert answer.status_code == 422
            assert "set-cookie" not in answer.headers


async def test_a_session_that_somebody_else_chose_is_not_taken_over(hub: Town) -> None:
    async with page(hub) as client:
        headers = {**origin(hub), "Cookie": "voiceassist-hub=chosen-by-somebody-else"}
        _, value, _ = cookie(await client.post("/api/session", json=LOGIN, headers=headers))
        assert value != "chosen-by-somebody-else"
        _, again, _ = cookie(await client.post("/api/session", json=LOGIN, headers=origin(hub)))
        assert again != value
    # Who comes in anew leaves the old session.
    for token, status in ((value, 401), (again, 200)):
        async with hub.http() as client:
            answer = await client.get("/api/session", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == status


async def test_a_token_in_an_address_opens_nothing(hub: Town) -> None:
    token = hub.tokens["root"]
    async with hub.http() as client:
        for query in (f"token={token}", f"access_token={token}", f"t={token}"):
            assert (await client.get(f"/api/users?{query}")).status_code == 401
            assert (await client.get(f"/api/calls?{query}")).status_code == 401
    async with connect(f"{hub.url.replace('http', 'ws', 1)}/ws?token={token}") as socket:
        peer = Socket(socket)
        await peer.say(type="hello")
        assert (await peer.hear("hello", "error"))["code"] == "unauthorized"


@pytest.mark.parametrize("header", ["Bearer", "Basic {}", "Bearer  {}", "Bearer x{}", "Bearer {}x", "{}", "Bearer é"])
async def test_a_header_that_is_not_quite_one_opens_nothing(hub: Town, header: str) -> None:
    value = header.format(hub.tokens["root"]).encode("latin-1")
    async with hub.http() as client:
        assert (await client.get("/api/users", headers=[(b"Authorization", value)])).status_code == 401


# --- what ends one ----------------------------------------------------------------------------------------------------


async def test_who_logs_out_is_out_everywhere(hub: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voiceassist.server.floor.connection.CHECK_SECONDS", 0.05)
    async with page(hub) as client:
        _, token, _ = cookie(await client.post("/api/session", json=LOGIN, headers=origin(hub)))
        hub.tokens["page"] = token
        async with connect(
            hub.url.replace("http", "ws", 1) + "/ws", additional_headers={"Cookie": f"voiceassist-hub={token}"}
        ) as socket:
            board = Socket(socket)
            await board.say(type="hello")
            await board.hear("hello")
            gone = await client.delete("/api/session", headers=origin(hub))
            assert (gone.status_code, cookie(gone)[1]) == (204, '""')
            async with asyncio.timeout(20):
                with suppress(ConnectionClosed):
                    async for _ in socket:
                        pass
            assert socket.close_code == 1008
    async with hub.http("page") as client:
        assert (await client.get("/api/session")).status_code == 401


async def test_a_new_password_ends_all_sessions(hub: Town) -> None:
    async with hub.http("sam") as client:
        for old, status in (("not my password", 401), (PASSWORD, 200)):
            answer = await client.put("/api/password", json={"old": old, "new": NEW_PASSWORD})
            assert answer.status_code == status
        assert (await client.get("/api/session")).status_code == 401
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        assert (await client.get("/api/session", headers=headers)).status_code == 200


# --- guessing ---------------------------------------------------------------------------------------------------------


async def test_after_five_failures_a_name_and_an_address_wait(hub: Town) -> None:
    async with hub.http() as client:
        for _ in range(FAILURES):
            answer = await client.post("/api/session", json={"user": "sam", "password": "not my password"})
            assert (answer.status_code, answer.json()["code"]) == (401, "wrong-login")
        for login in (LOGIN, {"user": "kim", "password": "not mine either"}, {"user": "nobody", "password": "x"}):
            answer = await client.post("/api/session", json=login)
            assert (answer.status_code, answer.json()["code"]) == (429, "wait")
            assert 0 < int(answer.headers["retry-after"]) <= PAUSE.total_seconds()
        # Who says to come from elsewhere comes from where it comes.
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
            assert (await client.post("/api/session", json=LOGIN, headers={header: "192.0.2.9"})).status_code == 429
        # A token is no password: who has one comes in, and who guesses at 256 bits may.
        link = await asyncio.to_thread(hub.hub.house.office.link, CONSOLE, "sam")
        assert (await client.post("/api/session", json={"token": "guessed"})).status_code == 401
        assert (await client.post("/api/session", json={"token": link.token})).status_code == 200


async def test_many_who_log_in_hold_up_nobody_who_is_in(hub: Town) -> None:
    async with hub.http(limits=httpx.Limits(max_connections=100)) as client, hub.http("root") as other:
        logins = [
            asyncio.create_task(client.post("/api/session", json={"user": f"user{number}", "password": "a guess"}))
            for number in range(60)
        ]
        await asyncio.sleep(0)
        assert (await other.get("/api/users")).status_code == 200
        assert sum(login.done() for login in logins) < len(logins) / 2
        for login in logins:
            assert (await login).status_code in {401, 429}


# --- what is never said -----------------------------------------------------------------------------------------------


@pytest.fixture(name="pages")
def every_page() -> list[str]:
    return ["/", "/board", "/overlay", *(f"/{file.name}" for file in sorted(assets.overlay().glob("*.html")))]


async def test_every_answer_is_fenced_in(hub: Town, pages: list[str]) -> None:
    async with hub.http() as client:
        for path in [*pages, "/js/main.js", "/board.css", "/api/users", "/api/login", "/nothing", "/healthz"]:
            answer = await client.get(path)
            headers = answer.headers
            policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
            assert policy["default-src"] == "'none'", path
            assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'", path
            assert policy["script-src"] == "'self'", path
            assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store"), path
            assert headers["referrer-policy"] == "no-referrer", path
            assert (headers["cross-origin-opener-policy"], headers["cross-origin-resource-policy"]) == (
                "same-origin",
                "same-origin",
            ), path
            assert "server" not in headers, path
            if headers["content-type"].startswith("text/html"):
                assert not re.search(r"<script(?![^>]*(\ssrc=|application/json))|\son\w+=|javascript:", answer.text), (
                    path
                )


async def test_no_secret_is_logged(hub: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [PASSWORD, NEW_PASSWORD, hub.tokens["ada"], "a wrong password"]
    async with hub.http() as client:
        secrets.append((await client.post("/api/session", json=LOGIN)).json()["token"])
        await client.post("/api/session", json={"user": "sam", "password": "a wrong password"})
        await client.post("/api/session", json={"token": hub.tokens["ada"]})
        await client.post("/api/session", content=json.dumps({"password": PASSWORD, "x": 1}))
    async with hub.http("ada") as client:
        machine = (await client.post("/api/machines", json={"name": "laptop"})).json()["key"]
    async with hub.http("sam") as client:
        invite = (await client.post("/api/invites", json={"team": "Refunds"})).json()["link"].partition("#i=")[2]
        await client.post("/api/invites/look", json={"token": invite})
        await client.post(
            "/api/invites/accept", json={"token": invite, "user": "new", "name": "New", "password": NEW_PASSWORD}
        )
    async with hub.connect("ada") as socket:
        await socket.say(type="publish", message={"type": "later", "call": "c", "seq": 1, "token": PASSWORD})
        await socket.hear("error")
    ours = [
        record for record in caplog.records if not record.name.startswith(("httpx", "httpcore", "websockets.client"))
    ]
    said = "\n".join(f"{record.getMessage()} {record.args} {record.exc_text}" for record in ours)
    assert not [secret for secret in (*secrets, machine, invite) if secret in said]
