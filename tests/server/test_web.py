"""The web app over real HTTP: who may ask, for what, from where."""

import logging

import httpx
import pytest
from server.conftest import HELLO

from voiceassist.errors import ServerError, StoreError
from voiceassist.server import messages as wire
from voiceassist.server.auth import Auth
from voiceassist.server.hub import Hub
from voiceassist.server.serve import Server
from voiceassist.server.web import Page, create_app

PRIVATE = [
    ("GET", "/api/session"),
    ("GET", "/api/calls"),
    ("POST", "/api/calls"),
    ("GET", "/api/calls/c"),
    ("POST", "/api/calls/c/end"),
    ("GET", "/openapi.json"),
]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_the_page_and_its_files_need_no_session(station):
    async with station.http() as client:
        page = await client.get("/")
        script = await client.get("/js/main.js")
        head = await client.head("/index.html")
    assert page.status_code == script.status_code == head.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert script.headers["content-type"].startswith("text/javascript")
    policy = page.headers["content-security-policy"]
    assert policy == (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "server" not in page.headers


async def test_only_known_files_are_served(station):
    climbing = ["/../secret.html", "/%2e%2e/secret.html", "/js/../../secret.html", "/js//main.js"]
    async with station.http() as client:
        for path in ["/jsconfig.json", "/docs", *climbing]:
            answer = await client.get(path)
            assert answer.status_code == 404
            assert "secret" not in answer.text


def test_an_overlay_without_a_page_is_refused(tmp_path):
    with pytest.raises(ServerError, match="missing"):
        create_app(Hub(print), Auth(), wire.Hello(transcriber="x", limited=False, version="0"), tmp_path)


async def test_health_needs_no_token(station):
    async with station.http() as client:
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/readyz")).status_code == 200
        station.ready[0] = False
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize("headers", [{}, bearer("x"), {"Authorization": "Bearer"}, {"Authorization": "Basic eDp5"}])
async def test_without_a_token_nothing_is_told(station, headers):
    station.publish(1)
    async with station.http() as client:
        for method, path in PRIVATE:
            answer = await client.request(method, path, headers=headers)
            assert answer.status_code == 401
            assert answer.json()["code"] == "unauthorized"
            assert answer.headers["www-authenticate"] == "Bearer"
    assert station.commands == []


async def test_a_one_time_token_becomes_a_cookie_once(station):
    token = station.auth.issue()
    async with station.http() as page:
        opened = await page.post("/api/session", json={"token": token}, headers={"Origin": station.server.url})
        assert opened.status_code == 200
        assert opened.json() == {"role": "agent", "token": None}
        cookie = opened.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert cookie.startswith(f"voiceassist-{station.server.port}=")
        assert (await page.get("/api/session")).json()["role"] == "agent"
        assert (await page.get("/api/calls")).status_code == 200
    async with station.http() as other:
        again = await other.post("/api/session", json={"token": token})
        assert again.status_code == 401
        assert "set-cookie" not in again.headers


async def test_a_program_is_told_its_token(station):
    async with station.http() as client:
        opened = await client.post("/api/session", json={"token": station.auth.issue()})
        token = opened.json()["token"]
        client.cookies.clear()
        assert (await client.get("/api/calls", headers=bearer(token))).status_code == 200


async def test_a_bad_body_is_refused_and_not_repeated(station):
    async with station.http(headers={"Content-Type": "application/json"}) as client:
        for body in (b"", b"{", b"[]", b'{"token": 7}', b'{"token": "hunter2", "x": 1}', b"\xff"):
            answer = await client.post("/api/session", content=body)
            assert answer.status_code in {400, 422}
            assert "hunter2" not in answer.text


async def test_big_bodies_are_refused(station):
    async def endless():
        yield b"x"

    async with station.http() as client:
        assert (await client.post("/api/session", content=b"x" * 70_000)).status_code == 413
        assert (await client.post("/api/session", content=endless())).status_code == 411


async def test_foreign_hosts_are_refused_everywhere(station):
    foreign = ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost", "", "127.0.0.1.evil.example"]
    async with station.http(headers=bearer(station.auth.open())) as client:
        for host in foreign:
            for path in ("/", "/healthz", "/readyz", "/api/calls"):
                answer = await client.get(path, headers={"Host": host})
                assert answer.status_code == 421
                assert answer.json()["code"] == "foreign-host"


async def test_own_names_are_known(station):
    port = station.server.port
    own = [f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST:{port}", f"[::1]:{port}"]
    async with station.http() as client:
        for host in [*own, "assist.example", "assist.example:99"]:
            assert (await client.get("/healthz", headers={"Host": host})).status_code == 200


async def test_foreign_pages_are_refused(station):
    port = station.server.port
    foreign = ["http://evil.example", "null", f"https://127.0.0.1:{port}", f"http://localhost:{port}", ""]
    async with station.http(headers=bearer(station.auth.open())) as client:
        for origin in foreign:
            for method, path in [*PRIVATE, ("GET", "/"), ("POST", "/api/session")]:
                answer = await client.request(method, path, headers={"Origin": origin})
                assert answer.status_code == 403
                assert answer.json()["code"] == "foreign-origin"
    assert station.commands == []


async def test_a_call_s_way(station):
    async with station.http(headers=bearer(station.auth.open())) as client:
        assert (await client.get("/api/calls")).json() == []
        assert (await client.get("/api/calls/c")).status_code == 404
        started = await client.post("/api/calls", json={"id": "c"})
        assert (started.status_code, started.json()) == (202, {"id": "c"})
        assert station.commands == [wire.CallStart(call="c")]
        station.hub.publish(wire.CallStarted(call="c", seq=1))
        station.publish(1, first=2)
        assert (await client.post("/api/calls")).status_code == 409
        (listed,) = (await client.get("/api/calls")).json()
        assert (listed["id"], listed["live"], listed["at"]) == ("c", True, 2.0)
        told = (await client.get("/api/calls/c")).json()
        assert (told["type"], told["call"], told["transcripts"][0]["text"]) == ("snapshot", "c", "hello")
        assert (await client.post("/api/calls/x/end")).status_code == 404
        assert (await client.post("/api/calls/c/end")).status_code == 202
        assert station.commands[1:] == [wire.CallEnd(call="c")]


async def test_a_call_gets_an_id_where_it_brings_none(station):
    async with station.http(headers=bearer(station.auth.open())) as client:
        started = await client.post("/api/calls")
    assert station.commands == [wire.CallStart(call=started.json()["id"])]


async def test_a_supervisor_may_look_but_not_act(station):
    station.publish(1)
    async with station.http(headers=bearer(station.auth.open("supervisor"))) as client:
        assert (await client.get("/api/calls/c")).json()["transcripts"] == []
        assert (await client.post("/api/calls")).status_code == 403
        assert (await client.post("/api/calls/c/end")).status_code == 403
    assert station.commands == []


async def test_the_api_describes_itself(station):
    async with station.http(headers=bearer(station.auth.open())) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    assert {"/api/session", "/api/calls", "/api/calls/{call}", "/api/calls/{call}/end", "/healthz", "/readyz"} == set(
        paths
    )


async def test_no_token_is_logged(station, caplog):
    caplog.set_level(logging.DEBUG)
    one_time = station.auth.issue()
    async with station.http() as client:
        token = (await client.post("/api/session", json={"token": one_time})).json()["token"]
        await client.get("/api/calls")
        await client.post("/api/session", json={"token": one_time})
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert not any(secret in record.getMessage() for record in ours for secret in (one_time, token))


async def test_the_review_of_a_kept_call_is_for_those_who_may_know_it(overlay):
    def reviews(call: str) -> Page:
        if call != "c":
            raise StoreError("no call has this id", code="call-unknown")
        return Page("<!doctype html><title>Call c</title>", "default-src 'none'; script-src 'sha256-x'")

    auth = Auth()
    app = create_app(Hub(print), auth, HELLO, overlay, reviews=reviews)
    async with Server(app) as server, httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.get("/review/c")).status_code == 401
        cookie = await client.post("/api/session", json={"token": auth.issue()}, headers={"Origin": server.url})
        assert cookie.status_code == 200
        page = await client.get("/review/c")
        assert (page.status_code, page.text) == (200, "<!doctype html><title>Call c</title>")
        assert page.headers["content-security-policy"] == "default-src 'none'; script-src 'sha256-x'"
        assert page.headers["content-type"].startswith("text/html")
        unknown = await client.get("/review/d")
        assert unknown.status_code == 404
        assert unknown.json()["code"] == "call-unknown"
