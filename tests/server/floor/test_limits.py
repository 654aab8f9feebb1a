"""What is too much, too deep or no message at all: refused, told why, and no harm to those beside it."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from floor.told import moment, said, started
from server.floor.conftest import Town
from server.test_decoder import CRUEL
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from voiceassist.server.guard import MAX_BYTES
from voiceassist.server.peer import COMMANDS_A_MINUTE


@asynccontextmanager
async def beside(town: Town) -> AsyncIterator[None]:
    """Others go on as if nothing were: what an agent publishes within is on the board after it."""
    async with town.connect("sam") as board, town.connect("ada") as machine:
        yield
        await machine.publish(started("beside"))
        await machine.acked("beside", 1)
        await board.card("ada", call="beside")


async def closed(socket: ClientConnection) -> tuple[list[str], int | None]:
    """The codes of what is still said, and that of the close."""
    codes: list[str] = []
    async with asyncio.timeout(20):
        with suppress(ConnectionClosed):
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "error":
                    codes.append(message["code"])
    return codes, socket.close_code


def event(size: int) -> str:
    """A publish of so many bytes."""
    message: dict[str, Any] = json.loads(said(2).model_dump_json())
    empty = json.dumps({"type": "publish", "message": {**message, "text": ""}})
    return json.dumps({"type": "publish", "message": {**message, "text": "x" * (size - len(empty))}})


# --- messages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("extra", [0, 1])
async def test_a_message_holds_64_kib_and_no_byte_more(town: Town, extra: int) -> None:
    async with beside(town), town.connect("ada") as machine:
        await machine.publish(started())
        await machine.acked("c", 1)  # before the call beside it, which another connection brings
        text = event(MAX_BYTES + extra)
        assert len(text) == MAX_BYTES + extra
        await machine.socket.send(text)
        if extra:
            assert (await closed(machine.socket))[1] == 1009
        else:
            await machine.acked("c", 2)


def pieces(text: str, size: int) -> Iterator[str]:
    return (text[at : at + size] for at in range(0, len(text), size))


@pytest.mark.parametrize("extra", [0, 1])
async def test_a_message_in_pieces_holds_no_more(town: Town, extra: int) -> None:
    async with beside(town), town.connect("ada") as machine:
        await machine.publish(started())
        await machine.acked("c", 1)  # before the call beside it, which another connection brings
        with suppress(ConnectionClosed):
            await machine.socket.send(pieces(event(MAX_BYTES + extra), 1000))
        if extra:
            assert (await closed(machine.socket))[1] == 1009
        else:
            await machine.acked("c", 2)


@pytest.mark.parametrize("who", ["ada", "sam"])
@pytest.mark.parametrize("text", [text for text in CRUEL.values() if "\ud800" not in text], ids=lambda text: text[:9])
async def test_what_is_cruel_to_a_parser_is_told_and_hurts_nobody(town: Town, who: str, text: str) -> None:
    async with beside(town), town.connect(who) as socket:
        await socket.socket.send(text)
        await socket.say(type="nothing")
        codes, code = [(await socket.hear("error"))["code"]], None
        if codes == ["bad-json"]:
            _, code = await closed(socket.socket)
    assert (codes, code) in ((["bad-json"], 1007), (["bad-message"], None), (["unknown-type"], None))


@pytest.mark.parametrize("kind", ["a number that is infinite", "a number that is large", "not one of its call"])
async def test_what_is_no_event_is_refused_by_its_number_where_it_has_one(town: Town, kind: str) -> None:
    numbers = {"a number that is infinite": "1e999", "a number that is large": "9" * 4000, "not one of its call": "7"}
    text = f'{{"type":"publish","message":{{"type":"later","call":"c","seq":{numbers[kind]}}}}}'
    async with beside(town), town.connect("ada") as machine:
        await machine.socket.send(text)
        refused = await machine.hear("error")
        assert (refused["code"], refused["seq"]) == ("unknown-type", 7 if numbers[kind] == "7" else None)
        await machine.publish(started())
        await machine.acked("c", 1)


@pytest.mark.parametrize("who", ["ada", "sam"])
async def test_sound_where_none_belongs_ends_the_connection(town: Town, who: str) -> None:
    async with beside(town), town.connect(who) as socket:
        await socket.socket.send(b"\0" * 640)
        assert await closed(socket.socket) == (["binary"], 1003)


async def test_text_that_is_no_text_ends_the_connection(town: Town) -> None:
    async with beside(town), town.connect("ada") as machine:
        await machine.socket.send(b'{"type":"ack","seq":1,"call":"\xff"}', text=True)
        assert (await closed(machine.socket))[1] == 1007


# --- many -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ada", "sam"])
async def test_a_hundred_messages_a_minute_are_enough(town: Town, who: str) -> None:
    async with beside(town), town.connect(who) as socket:
        for _ in range(COMMANDS_A_MINUTE - 1):  # hello was the first
            await socket.say(type="ack", call="c", seq=1)
        await socket.say(type="ack", call="c", seq=1)
        codes, code = await closed(socket.socket)
    assert (codes[-1], code) == ("too-many", 1008)
    assert set(codes[:-1]) <= {"not-served"}


async def test_events_are_not_counted_among_them(town: Town) -> None:
    async with beside(town), town.connect("ada") as machine:
        await machine.publish(started(), *(moment(seq) for seq in range(2, 3 * COMMANDS_A_MINUTE)))
        await machine.acked("c", 3 * COMMANDS_A_MINUTE - 1)


async def test_what_is_not_read_is_counted_too(town: Town) -> None:
    async with beside(town), town.connect("ada") as machine:
        for _ in range(COMMANDS_A_MINUTE):
            await machine.say(type="later")
        codes, code = await closed(machine.socket)
    assert (codes[-1], code) == ("too-many", 1008)


async def test_pings_are_answered_and_end_nothing(town: Town) -> None:
    async with beside(town), town.connect("ada") as machine:
        for answered in [await machine.socket.ping() for _ in range(300)]:
            await answered


async def test_compression_is_not_taken_up(town: Town) -> None:
    async with beside(town), connect(town.url.replace("http", "ws", 1) + "/ws", compression="deflate") as socket:
        assert socket.protocol.extensions == []
        # A text that says to be compressed, which would unfold to more than it weighs; masked by zeros.
        socket.transport.write(b"\xc1\x83" + bytes(4) + b"\x4a\x04\x00")
        assert (await closed(socket))[1] == 1002


# --- requests ---------------------------------------------------------------------------------------------------------


async def test_a_body_holds_64_kib_and_no_byte_more(town: Town) -> None:
    async with town.http() as client:
        for size, status in ((MAX_BYTES, 422), (MAX_BYTES + 1, 413)):
            body = b'{"token":"' + b"x" * (size - 12) + b'"}'
            answer = await client.post("/api/session", content=body, headers={"Content-Type": "application/json"})
            assert (len(body), answer.status_code) == (size, status)


LENGTHS = {
    "Content-Length: 65537": 413,
    "Content-Length: 00000000000000065537": 413,
    "Content-Length: 0000000009999999": 413,
    "Content-Length: 99999999999999999999": 413,
    "Content-Length: -1": 400,
    "Content-Length: 1\r\nContent-Length: 2": 400,
    "Transfer-Encoding: chunked": 411,
    "Transfer-Encoding: gzip": 400,
    "Transfer-Encoding: chunked\r\nContent-Length: 5": 411,
}


async def raw(town: Town, *lines: str) -> bytes:
    """The answer to a request as it is written here."""
    reader, writer = await asyncio.open_connection("127.0.0.1", town.hub.server.port)
    host = f"Host: 127.0.0.1:{town.hub.server.port}"
    writer.write("\r\n".join([lines[0], host, "Connection: close", *lines[1:], "", ""]).encode())
    try:
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


async def test_a_length_is_what_it_says(town: Town) -> None:
    for header, status in LENGTHS.items():
        answer = await raw(town, "POST /api/session HTTP/1.1", header)
        assert answer.startswith(f"HTTP/1.1 {status} ".encode()), header


async def test_a_body_that_unfolds_is_not_unfolded(town: Town) -> None:
    bomb = gzip.compress(b'{"token":"' + b"x" * 10_000_000 + b'"}')
    assert len(bomb) < MAX_BYTES
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    async with town.http() as client:
        answer = await client.post("/api/session", content=bomb, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad-request")
        assert "content-encoding" not in (await client.get("/board")).headers


async def test_what_is_cruel_to_a_parser_is_no_body(town: Town) -> None:
    async with town.http() as client:
        for text in (*CRUEL.values(), '{"token":1e999}', '{"token":' + "[" * 30_000):
            body = text.encode("utf-8", "surrogatepass")
            answer = await client.post("/api/session", content=body, headers={"Content-Type": "application/json"})
            assert (answer.status_code, answer.json()["code"]) == (422, "bad-request")


# --- names and origins ------------------------------------------------------------------------------------------------

PORT = "{port}"
FOREIGN_HOSTS = [
    *("evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost", "127.0.0.1.evil.example:{port}"),
    *("127.0.0.2:{port}", "0.0.0.0:{port}", "[::]:{port}", "[::ffff:127.0.0.1]:{port}", "2130706433:{port}", ""),
    *("user@127.0.0.1:{port}", "127.0.0.1:{port}@evil.example", "127.0.0.1:{port}.", "localhost.:{port}"),
    *("127.0.0.1:{port}, evil.example", "127.0.0.1:0{port}", "localhost:{port}/", "[::1]", "[::1", "::1:{port}"),
]
OWN_HOSTS = ["127.0.0.1:{port}", "localhost:{port}", "LocalHost:{port}", "[::1]:{port}"]


async def test_a_foreign_name_leads_nowhere(town: Town) -> None:
    async with town.http("root") as client:
        for host in FOREIGN_HOSTS:
            name = host.replace(PORT, str(town.hub.server.port))
            for path in ("/", "/healthz", "/api/users", "/metrics"):
                answer = await client.get(path, headers={"Host": name})
                assert (answer.status_code, answer.json()["code"]) == (421, "foreign-host"), host
            # Who stands between may say so, but is not believed.
            forwarded = {"Host": name, "X-Forwarded-Host": f"127.0.0.1:{town.hub.server.port}"}
            assert (await client.get("/api/users", headers=forwarded)).status_code == 421, host


async def test_own_names_lead_in(town: Town) -> None:
    async with town.http("root") as client:
        for host in OWN_HOSTS:
            name = host.replace(PORT, str(town.hub.server.port))
            assert (await client.get("/api/users", headers={"Host": name})).status_code == 200, host
            answer = await client.get("/api/users", headers={"Host": name, "Origin": f"http://{name}"})
            assert answer.status_code == 200, host


async def test_what_is_said_to_be_forwarded_changes_nothing(town: Town) -> None:
    forwarded = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "443",
        "Forwarded": "host=evil.example;proto=https",
        "X-Original-URL": "/api/users",
        "X-Rewrite-URL": "/metrics",
        "X-HTTP-Method-Override": "DELETE",
    }
    async with town.http("sam") as client:
        invite = await client.post("/api/invites", json={"team": "Refunds"}, headers=forwarded)
        assert invite.json()["link"].startswith(f"{town.url}/#i=")
        assert (await client.get("/api/session", headers=forwarded)).json()["user"] == "sam"


FOREIGN_ORIGINS = [
    *("http://evil.example", "null", "", "https://127.0.0.1:{port}", "http://127.0.0.1", "http://127.0.0.1:{port}0"),
    *(
        "http://localhost:{port}",
        "file://",
        "http://127.0.0.1:{port}/",
        "HTTP://127.0.0.1:{port}",
        "chrome-extension://x",
    ),
]
ASKED = [("GET", "/api/users"), ("DELETE", "/api/session"), ("POST", "/api/invites"), ("GET", "/"), ("OPTIONS", "/")]


async def test_a_foreign_page_asks_for_nothing(town: Town) -> None:
    uri = town.url.replace("http", "ws", 1) + "/ws"
    async with town.http("root") as client:
        for origin in FOREIGN_ORIGINS:
            foreign = origin.replace(PORT, str(town.hub.server.port))
            for method, path in ASKED:
                answer = await client.request(method, path, headers={"Origin": foreign})
                assert (answer.status_code, answer.json()["code"]) == (403, "foreign-origin"), origin
                assert "access-control-allow-origin" not in answer.headers
            headers = {"Origin": foreign, "Cookie": f"voiceassist-hub={town.tokens['root']}"}
            with pytest.raises(InvalidStatus) as refused:
                await connect(uri, additional_headers=headers)
            assert refused.value.response.status_code == 403
        assert (await client.get("/api/session")).json()["user"] == "root"


@pytest.mark.parametrize("host", ["evil.example:{port}", "127.0.0.1:1"])
async def test_a_foreign_name_gets_no_connection(town: Town, host: str) -> None:
    port = town.hub.server.port
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://{host.replace(PORT, str(port))}/ws", host="127.0.0.1", port=port):
            pass
    assert refused.value.response.status_code == 421


# --- addresses --------------------------------------------------------------------------------------------------------

PATHS = [
    *("//evil.example", "//evil.example/%2e%2e", "/\\evil.example", "/board//evil.example", "/?next=//evil.example"),
    *("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "/js/..%5c..%5cboard.html"),
    *("/board.html%00.png", "/.git/config", "/jsconfig.json", "/js/", "/js", "/~root", "/etc/passwd", "/%ff%fe"),
    *("/x%0d%0aSet-Cookie:%20a=b", "/review/%0d%0aSet-Cookie:%20a=b", "/login/oidc?next=https://evil.example"),
    "/login/oidc/return?code=x&state=y&redirect_uri=https://evil.example",
]


async def test_no_address_leads_out_of_the_pages(town: Town) -> None:
    for path in PATHS:
        head, _, body = (await raw(town, f"GET {path} HTTP/1.1")).partition(b"\r\n\r\n")
        assert int(head.split()[1]) in ({200} if path.startswith("/?") else {400, 401, 404}), path
        assert b"location:" not in head.lower(), path
        assert b"set-cookie" not in head.lower(), path
        assert b"root:" not in body, path
