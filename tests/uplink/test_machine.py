"""A machine joins a hub, keeps its key, and opens sessions with it, over a real server and real certificates."""

from __future__ import annotations

import json
import logging
import os
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from voiceassist.errors import HubError
from voiceassist.server.serve import Server, Tls
from voiceassist.uplink.address import HubAddress
from voiceassist.uplink.client import HubClient, Joining, trust
from voiceassist.uplink.machine import JoinLink, Machine, Machines, MachineSessions, join

KEY, SESSION = "key-of-the-machine", "token-of-the-session"


class Desk:
    """The hub's doors for machines; it notes what came in, and answers what a test asks it to."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any], str | None]] = []
        self.answer: Response | None = None
        self.app = Starlette(
            routes=[
                Route(f"/api/{path}", self.serve, methods=["POST"])
                for path in ("session", "machines", "invites/accept")
            ]
        )

    async def serve(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append((request.url.path, body, request.headers.get("authorization")))
        if self.answer is not None:
            return self.answer
        if request.url.path == "/api/machines":
            return JSONResponse({"key": KEY})
        return JSONResponse({"role": "agent", "user": "anna", "token": SESSION, "expires_in": 900, "new": 1})


@asynccontextmanager
async def serving(desk: Desk, tls: Tls | None = None) -> AsyncIterator[HubAddress]:
    async with Server(desk.app, tls=tls) as server:
        yield HubAddress.parse(server.url.replace("127.0.0.1", "localhost") if tls else server.url)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(name="address")
async def address_of_desk(desk: Desk) -> AsyncIterator[HubAddress]:
    async with serving(desk) as address:
        yield address


# --- joining ----------------------------------------------------------------------------------------------------------


async def test_a_link_for_a_machine_gives_its_key(desk: Desk, address: HubAddress) -> None:
    link = JoinLink.parse(f"{address.http}/#m=once-only")
    machine = await join(link, HubClient(link.address), "laptop 7")
    assert machine == Machine(hub=address.websocket, user="anna", key=KEY)
    assert desk.asked == [
        ("/api/session", {"token": "once-only"}, None),
        ("/api/machines", {"name": "laptop 7"}, f"Bearer {SESSION}"),
    ]


async def test_an_invite_is_accepted_by_somebody(desk: Desk, address: HubAddress) -> None:
    link = JoinLink.parse(f"{address.http}/#i=invite")
    machine = await join(link, HubClient(link.address), "laptop 7", Joining("anna", "Anna A", "long enough"))
    assert (machine.user, machine.key) == ("anna", KEY)
    accepted = {"token": "invite", "user": "anna", "name": "Anna A", "password": "long enough"}
    assert desk.asked[0] == ("/api/invites/accept", accepted, None)


async def test_an_invite_is_not_accepted_by_nobody(desk: Desk, address: HubAddress) -> None:
    link = JoinLink.parse(f"{address.http}/#i=invite")
    with pytest.raises(HubError) as refused:
        await join(link, HubClient(link.address), "laptop 7")
    assert refused.value.code == "hub-link"
    assert desk.asked == []


@pytest.mark.parametrize(
    "text", ["https://hub.example/", "https://hub.example/#", "https://hub.example/#i=", "https://h/#t=a", "nothing"]
)
def test_what_is_no_link_is_refused(text: str) -> None:
    with pytest.raises(HubError) as refused:
        JoinLink.parse(text)
    assert refused.value.code == "hub-link"


def test_a_link_in_the_clear_leads_nowhere_else() -> None:
    with pytest.raises(HubError) as refused:
        JoinLink.parse("http://hub.example/#m=secret")
    assert refused.value.code == "hub-address"
    assert "secret" not in str(refused.value)


# --- sessions ---------------------------------------------------------------------------------------------------------


async def test_a_session_is_opened_anew_before_it_is_over(desk: Desk, address: HubAddress) -> None:
    now = [0.0]
    sessions = MachineSessions(HubClient(address), Machine(hub="", key=KEY), lambda: now[0])
    assert [await sessions.token() for _ in range(3)] == [SESSION] * 3
    assert len(desk.asked) == 1
    now[0] = 869.0
    await sessions.token()
    assert len(desk.asked) == 1
    now[0] = 870.0
    await sessions.token()
    assert len(desk.asked) == 2
    sessions.forget()
    await sessions.token()
    assert desk.asked == [("/api/session", {"token": KEY}, None)] * 3


# --- answers that are none --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (JSONResponse({"code": "token-unknown", "message": "revoked\x1b[31m"}, 401), "token-unknown", "revoked[31m"),
        (JSONResponse({"message": "x" * 9_000}, 403), "hub-refused", "it answers 403"),
        (Response("<html>private</html>", 404), "hub-refused", "it answers 404"),
        (JSONResponse({"code": "wait", "message": "wait 30 s"}, 429), "hub-busy", "wait 30 s"),
        (Response("broken", 500), "hub-busy", "it answers 500"),
        (RedirectResponse("http://127.0.0.1:9/"), "hub-refused", "it answers 307"),
        (Response("{}"), "hub-odd", "as a hub does"),
        (Response("[" * 60_000), "hub-odd", "as a hub does"),
        (JSONResponse({"token": "", "expires_in": 1}), "hub-odd", "as a hub does"),
        (JSONResponse({"token": "a", "expires_in": -1}), "hub-odd", "as a hub does"),
    ],
)
async def test_what_the_hub_refuses_is_said_in_one_line(
    desk: Desk, address: HubAddress, answer: Response, code: str, said: str
) -> None:
    desk.answer = answer
    with pytest.raises(HubError) as refused:
        await HubClient(address).session(KEY)
    assert refused.value.code == code
    assert said in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert KEY not in str(refused.value)


async def test_an_answer_that_is_too_long_is_not_read_to_its_end(desk: Desk, address: HubAddress) -> None:
    sent = 0

    async def long() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(2_000):
            sent += 1
            yield b" " * 65_536

    desk.answer = StreamingResponse(long())
    with pytest.raises(HubError) as refused:
        await HubClient(address, seconds=20).session(KEY)
    assert refused.value.code == "hub-odd"
    assert sent < 2_000


async def test_nobody_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = HubAddress.parse(f"ws://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(HubError) as silent:
            await HubClient(address, seconds=0.05).session(KEY)
    with pytest.raises(HubError) as nobody:
        await HubClient(address).session(KEY)
    with pytest.raises(HubError) as no_door:
        await HubClient(address).knock()
    assert {error.value.code for error in (silent, nobody, no_door)} == {"hub-offline"}
    assert "in time" in str(silent.value)


async def test_no_proxy_of_the_environment_is_asked(
    desk: Desk, address: HubAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        await HubClient(address, seconds=2).session(KEY)
    assert len(desk.asked) == 1


async def test_neither_key_nor_token_is_logged_or_shown(
    desk: Desk, address: HubAddress, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    link = JoinLink.parse(f"{address.http}/#m=once-only")
    client = HubClient(link.address)
    machine = await join(link, client, "laptop")
    sessions = MachineSessions(client, machine)
    await sessions.token()
    shown = caplog.text + repr((link, machine, sessions._session, Joining("a", "b", "long enough")))
    assert len(desk.asked) == 3
    assert not [secret for secret in (KEY, SESSION, "once-only", "long enough") if secret in shown]


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(name="tls", scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tls, Path]:
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    cert = authority.issue_cert("localhost")
    cert.private_key_pem.write_to_path(folder / "key.pem")
    for blob in cert.cert_chain_pems:
        blob.write_to_path(folder / "cert.pem", append=True)
    authority.cert_pem.write_to_path(folder / "ca.pem")
    return Tls(folder / "cert.pem", folder / "key.pem"), folder / "ca.pem"


async def test_a_hub_with_a_certificate_of_ones_own(desk: Desk, tls: tuple[Tls, Path]) -> None:
    async with serving(desk, tls[0]) as address:
        assert address.secure
        assert (await HubClient(address, trust(address, tls[1])).session(KEY)).token == SESSION


async def test_a_certificate_that_nobody_vouches_for_is_refused(desk: Desk, tls: tuple[Tls, Path]) -> None:
    async with serving(desk, tls[0]) as address:
        with pytest.raises(HubError) as refused:
            await HubClient(address, trust(address, None)).session(KEY)
        other = HubAddress.parse(f"wss://127.0.0.1:{address.port}")
        with pytest.raises(HubError) as wrong_name:
            await HubClient(other, trust(other, tls[1])).session(KEY)
        with pytest.raises(HubError) as at_the_door:
            await HubClient(address, trust(address, None)).knock()
        await HubClient(address, trust(address, tls[1])).knock()
    assert (refused.value.code, wrong_name.value.code) == ("hub-certificate", "hub-certificate")
    assert str(at_the_door.value) == str(refused.value)
    assert ["--ca FILE" in str(error.value) for error in (refused, wrong_name)] == [True, False]
    assert desk.asked == []


def test_a_file_that_holds_no_certificate_is_refused(tmp_path: Path) -> None:
    address = HubAddress.parse("wss://hub.example")
    (tmp_path / "ca.pem").write_text("none")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(HubError) as refused:
            trust(address, tmp_path / name)
        assert refused.value.code == "hub-certificate"


# --- keys on disk -----------------------------------------------------------------------------------------------------

HUB = HubAddress.parse("wss://hub.example/ws")


def test_a_key_is_kept_for_its_hub(tmp_path: Path) -> None:
    machines = Machines(tmp_path / "hubs")
    assert machines.find(HUB) is None
    for key in ("first", "second"):
        machines.keep(HUB, Machine(hub=HUB.websocket, user="anna", key=key))
    found = Machines(tmp_path / "hubs").find(HUB)
    assert found == Machine(hub=HUB.websocket, user="anna", key="second")
    assert machines.find(HubAddress.parse("wss://hub.example:1/ws")) is None
    assert [path.name for path in machines.folder(HUB).iterdir()] == ["machine.json"]
    machines.forget(HUB)
    machines.forget(HUB)
    assert machines.find(HUB) is None


@pytest.mark.skipif(os.name == "nt", reason="there the folder's own rights say who may read")
def test_nobody_else_may_read_a_key(tmp_path: Path) -> None:
    machines = Machines(tmp_path / "hubs")
    machines.keep(HUB, Machine(hub=HUB.websocket, key="secret"))
    folder = machines.folder(HUB)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "machine.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{", '{"hub":"h","key":""}', json.dumps({"key": 1})])
def test_a_damaged_key_is_said(tmp_path: Path, text: str) -> None:
    machines = Machines(tmp_path)
    machines.keep(HUB, Machine(hub=HUB.websocket, key="secret"))
    (machines.folder(HUB) / "machine.json").write_text(text)
    with pytest.raises(HubError) as damaged:
        machines.find(HUB)
    assert damaged.value.code == "hub-key"


def test_a_key_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "hubs").touch()
    machines = Machines(tmp_path / "hubs")
    assert machines.find(HUB) is None
    with pytest.raises(HubError) as refused:
        machines.keep(HUB, Machine(hub=HUB.websocket, key="secret"))
    assert refused.value.code == "hub-key"


def test_each_user_has_an_outbox_of_its_own() -> None:
    names = [Machine(hub="", user=user, key="k").outbox for user in ("", "anna", "anna.1", "Bo@example", "../x")]
    assert names == ["outbox-", "outbox-anna", "outbox-anna.1", "outbox-bo@example", "outbox-.._x"]
