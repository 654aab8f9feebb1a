"""The WebSocket with real clients: greeting, resuming, and bad clients that hurt nobody else."""

import asyncio
import contextlib
import json
import random

import pytest
from server.station import greeted, hear, say, transcript
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from voiceassist.server import messages as wire
from voiceassist.server.peer import COMMANDS_A_MINUTE
from voiceassist.server.serve import STALL_SECONDS


async def closing(socket) -> tuple[list[dict], int]:
    """What is still said, and the code of the close."""
    said = []
    with contextlib.suppress(ConnectionClosed):
        while True:
            said.append(await hear(socket))
    return said, socket.close_code


async def page_cookie(station) -> dict[str, str]:
    async with station.http() as client:
        await client.post("/api/session", json={"token": station.auth.issue()})
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}


# --- greeting ---------------------------------------------------------------------------------------------------------


async def test_a_program_is_greeted_and_told_what_stands(station):
    station.publish(2)
    async with station.connect() as socket:
        hello = await hear(socket)
        assert (hello["type"], hello["transcriber"], hello["limited"]) == ("hello", "scripted", True)
        snapshot = await hear(socket)
        assert [t["seq"] for t in snapshot["transcripts"]] == [1, 2]
        station.publish(1, first=3)
        assert (await hear(socket))["seq"] == 3


async def test_a_one_time_token_will_do(station):
    async with connect(station.ws_url) as socket:
        await say(socket, type="hello", token=station.auth.issue())
        await greeted(socket)


async def test_a_page_comes_in_with_its_cookie(station):
    headers = await page_cookie(station)
    async with connect(station.ws_url, origin=station.server.url, additional_headers=headers) as socket:
        await say(socket, type="hello", role="agent")
        await greeted(socket)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:1"])
async def test_foreign_pages_do_not_even_get_a_connection(station, origin):
    headers = await page_cookie(station)
    with pytest.raises(InvalidStatus) as refused:
        async with connect(station.ws_url, origin=origin, additional_headers=headers):
            pass
    assert refused.value.response.status_code == 403


async def test_foreign_hosts_do_not_even_get_a_connection(station):
    uri = f"ws://evil.example:{station.server.port}/ws"
    with pytest.raises(InvalidStatus) as refused:
        async with connect(uri, host="127.0.0.1", port=station.server.port):
            pass
    assert refused.value.response.status_code == 421


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ({"type": "hello"}, "unauthorized"),
        ({"type": "hello", "token": "x"}, "unauthorized"),
        ({"type": "pause"}, "no-hello"),
        ({"type": "nothing"}, "unknown-type"),
    ],
)
async def test_who_does_not_greet_well_is_shown_out(station, first, code):
    async with connect(station.ws_url) as socket:
        await say(socket, **first)
        said, close_code = await closing(socket)
    assert [message["code"] for message in said] == [code]
    assert close_code == 1008
    assert station.commands == []


async def test_a_used_token_opens_nothing(station):
    token = station.auth.issue()
    station.auth.redeem(token)
    async with connect(station.ws_url) as socket:
        await say(socket, type="hello", token=token)
        said, _ = await closing(socket)
    assert said[0]["code"] == "unauthorized"


async def test_who_says_nothing_is_shown_out(station):
    async with connect(station.ws_url) as socket:
        said, close_code = await closing(socket)
    assert ([message["code"] for message in said], close_code) == (["no-hello"], 1008)


async def test_a_role_cannot_be_chosen(station):
    async with connect(station.ws_url) as socket:
        await say(socket, type="hello", token=station.auth.open("agent"), role="supervisor")
        said, close_code = await closing(socket)
    assert ([message["code"] for message in said], close_code) == (["forbidden"], 1008)


async def test_the_connection_ends_with_its_session(station):
    async with connect(station.ws_url) as socket:
        await say(socket, type="hello", token=station.auth.open(seconds=0.5))
        await greeted(socket)
        assert (await closing(socket))[1] == 1008


# --- commands ---------------------------------------------------------------------------------------------------------


async def test_commands_arrive_and_refusals_come_back(station):
    async with station.connect() as socket:
        await greeted(socket)
        await say(socket, type="pause")
        await say(socket, type="snooze", **{"for": "call"})
        await say(socket, type="dismiss", id="c-n1")
        assert (await hear(socket))["code"] == "gone"
        await say(socket, type="whisper", text="psst")
        assert (await hear(socket))["code"] == "not-served"
        await say(socket, type="unheard-of")
        assert (await hear(socket))["code"] == "unknown-type"
        await say(socket, type="painted")
        assert (await hear(socket))["code"] == "bad-message"
        await say(socket, type="painted", id="c-n1")
        await say(socket, type="call_end")
        assert (await hear(socket))["code"] == "no-call"
    assert station.commands == [wire.Pause(), wire.Snooze(for_="call"), wire.Painted(id="c-n1")]


NOT_SERVED = [
    {"type": "subscribe", "call": "c"},
    {"type": "whisper", "text": "psst"},
    {"type": "alert_ack", "id": "a"},
    {"type": "alert_snooze", "id": "a", "for": 60},
    {"type": "alert_assign", "id": "a", "to": "b"},
    {"type": "publish", "message": json.loads(transcript(1).model_dump_json())},
    {"type": "ack", "call": "c", "seq": 1},
    {"type": "audio_start"},
]


async def test_what_is_not_served_says_so(station):
    async with station.connect() as socket:
        await greeted(socket)
        for message in NOT_SERVED:
            await say(socket, **message)
            assert (await hear(socket))["code"] == "not-served"
    assert station.commands == []


async def test_a_supervisor_commands_no_agent(station):
    async with station.connect(role="supervisor") as socket:
        await greeted(socket)
        await say(socket, type="pause")
        assert (await hear(socket))["code"] == "forbidden"
    assert station.commands == []


# --- bad clients ------------------------------------------------------------------------------------------------------

BAD = [
    pytest.param("{", "bad-json", 1007, id="garbage"),
    pytest.param("[" * 60_000, "bad-json", 1007, id="deep"),
    pytest.param(b"\x00\x01", "binary", 1003, id="binary"),
    pytest.param("x" * 70_000, None, 1009, id="too-big"),
    pytest.param('{"type":"hello"}', "twice", 1008, id="twice"),
]


@pytest.mark.parametrize(("sent", "code", "close_code"), BAD)
async def test_a_bad_client_is_told_and_closed_and_hurts_nobody(station, sent, code, close_code):
    async with station.connect() as good:
        await greeted(good)
        async with station.connect() as bad:
            await greeted(bad)
            await bad.send(sent)
            said, closed = await closing(bad)
        assert [message["code"] for message in said] == ([] if code is None else [code])
        assert closed == close_code
        station.publish(1)
        assert (await hear(good))["seq"] == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\n\r\n",
        b"POST /api/session HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: -1\r\n\r\n",
        b"x" * 200_000,
    ],
    ids=["tls", "version", "half-upgrade", "two-hosts", "negative", "endless"],
)
async def test_what_is_no_http_hurts_nobody(station, sent, caplog):
    async with station.connect() as good:
        await greeted(good)
        reader, writer = await asyncio.open_connection("127.0.0.1", station.server.port)
        with contextlib.suppress(ConnectionError):
            writer.write(sent.replace(b"{port}", str(station.server.port).encode()))
            writer.write_eof()
            answer = await reader.read()
            assert answer.startswith(b"HTTP/1.1 4")
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        station.publish(1)
        assert (await hear(good))["seq"] == 1
    assert caplog.records == []


async def test_text_that_is_no_text_is_refused(station, caplog):
    async with station.connect() as socket:
        await greeted(socket)
        await socket.send(b"\xff\xfe", text=True)
        assert (await closing(socket))[1] == 1007
    assert caplog.records == []


async def test_too_many_messages_are_too_many(station):
    async with station.connect() as socket:
        await greeted(socket)
        for _ in range(COMMANDS_A_MINUTE):
            await say(socket, type="pause")
        said, close_code = await closing(socket)
    assert ([message["code"] for message in said], close_code) == (["too-many"], 1008)
    assert len(station.commands) == COMMANDS_A_MINUTE - 1


async def test_a_stalled_reader_is_let_go_and_nobody_notices(station, caplog):
    text = "x" * 20_000
    async with station.connect() as reader, station.connect(max_queue=1, close_timeout=0.1) as stalled:
        await greeted(reader)
        seq = 0
        async with asyncio.timeout(25):
            while station.server.connections > 1 or station.hub.clients > 1:
                seq += 1
                station.hub.publish(transcript(seq, text, final=False))
                assert (await hear(reader))["seq"] == seq
                await asyncio.sleep(0.01)
        station.hub.publish(transcript(seq + 1))
        assert (await hear(reader))["seq"] == seq + 1
        stalled.transport.abort()
    assert caplog.records == []


async def test_a_reader_that_goes_on_in_time_misses_nothing(station):
    text, last = "x" * 60_000, 200
    async with station.connect(max_queue=1) as socket:
        await greeted(socket)
        for seq in range(1, last + 1):
            station.hub.publish(transcript(seq, text, final=False))
        await asyncio.sleep(0.5)
        assert [(await hear(socket))["seq"] for _ in range(last)] == list(range(1, last + 1))
        await asyncio.sleep(STALL_SECONDS)
        station.publish(1, first=last + 1)
        assert (await hear(socket))["seq"] == last + 1


async def test_who_hangs_up_is_forgotten(station, caplog):
    async with station.connect() as reader:
        await greeted(reader)
        for _ in range(20):
            async with station.connect() as other:
                await greeted(other)
                other.transport.abort()
        async with asyncio.timeout(20):
            while station.server.connections > 1 or station.hub.clients > 1:
                station.publish(1)
                await hear(reader)
    assert caplog.records == []


# --- resuming ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
async def test_after_kills_at_any_point_nothing_is_missing_and_nothing_comes_twice(station, seed, caplog):
    chance = random.Random(seed)
    last = 400

    async def publish():
        for seq in range(1, last + 1):
            station.publish(1, first=seq)
            await asyncio.sleep(0.001 * (chance.random() < 0.5))

    seen: list[int] = []
    cursor = station.hub.snapshot("agent").cursor
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(publish())
        while not seen or seen[-1] < last:
            async with station.connect(cursor=cursor, close_timeout=0.1) as socket:
                assert (await hear(socket))["resumed"]
                for _ in range(chance.randint(0, 60)):
                    if seen and seen[-1] == last:
                        break
                    message = await hear(socket)
                    seen.append(message["seq"])
                    cursor = message["cursor"]
                socket.transport.abort()
    assert seen == list(range(1, last + 1))
    assert caplog.records == []


async def test_who_comes_back_to_another_server_gets_a_snapshot(station):
    station.publish(3)
    async with station.connect(cursor="deadbeef-3") as socket:
        assert not (await hear(socket))["resumed"]
        assert (await hear(socket))["type"] == "snapshot"
