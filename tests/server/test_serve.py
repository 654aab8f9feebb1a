"""Where the server listens, where it refuses to, and how it leaves."""

import asyncio
import contextlib
import dataclasses
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from needs import hear_ctrl_c, needs
from server.station import greeted, hear, transcript
from starlette.responses import PlainTextResponse

from voiceassist.errors import ServerError
from voiceassist.server.idle import IdleGuard
from voiceassist.server.serve import PORTS, Server, Tls

APP = PlainTextResponse("here")


async def test_it_listens_on_the_loopback_on_any_port():
    async with Server(APP) as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert server.port > 0
        assert not server.moved
        async with httpx.AsyncClient() as client:
            assert (await client.get(server.url)).text == "here"
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", server.port)


async def test_a_port_that_is_taken_gives_the_next_free_one():
    async with Server(APP) as first, Server(APP, port=first.port) as second, Server(APP, port=first.port) as third:
        assert first.port < second.port < third.port < first.port + PORTS
        assert second.moved
        async with httpx.AsyncClient() as client:
            assert (await client.get(third.url)).text == "here"


async def test_a_port_that_is_taken_is_refused_to_who_may_not_move():
    async with Server(APP) as first:
        with pytest.raises(ServerError, match=f"port {first.port} is taken"):
            async with Server(APP, port=first.port, moves=False):
                pass
    async with Server(APP, port=first.port, moves=False) as second, Server(APP, moves=False) as any_port:
        assert (second.port, second.moved, any_port.moved) == (first.port, False, False)


async def test_a_port_is_free_again_at_once():
    async with Server(APP) as first, httpx.AsyncClient() as client:
        await client.get(first.url)
    async with Server(APP, port=first.port) as second:
        assert second.port == first.port


async def test_when_all_ports_are_taken_it_says_so():
    async with Server(APP) as first:
        held = []
        for port in range(first.port + 1, first.port + PORTS):
            holder = socket.socket()
            held.append(holder)
            # As the server does: else a port on which a connection was just closed is held by nobody.
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                holder.bind(("127.0.0.1", port))
                holder.listen()
            except OSError:
                continue
        with pytest.raises(ServerError, match="all taken"):
            async with Server(APP, port=first.port):
                pass
        for holder in held:
            holder.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
async def test_it_does_not_listen_wide_without_tls(host):
    with pytest.raises(ServerError) as refused:
        async with Server(APP, host):
            pass
    assert refused.value.code == "server"
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.1", "a" * 300])
async def test_an_address_that_is_not_ours_is_refused(host, tmp_path):
    with pytest.raises(ServerError):
        async with Server(APP, host, tls=Tls(tmp_path / "cert.pem", tmp_path / "key.pem")):
            pass


async def test_a_bad_certificate_is_refused_and_the_port_given_back(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    with pytest.raises(ServerError, match="certificate"):
        async with Server(APP, "0.0.0.0", tls=Tls(cert, key)):
            pass
    cert.write_text("no")
    key.write_text("no")
    server = Server(APP, "0.0.0.0", tls=Tls(cert, key))
    with pytest.raises(ServerError, match="certificate"):
        async with server:
            pass
    async with Server(APP, port=server.port) as other:
        assert other.port == server.port


@pytest.fixture(name="tls")
def self_signed(tmp_path: Path) -> Tls:
    needs("openssl", "openssl")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
        ],
        check=True,
        capture_output=True,
    )
    return Tls(cert, key)


async def test_with_tls_it_listens_wide(tls):
    async with Server(APP, "0.0.0.0", tls=tls) as server:
        assert server.url.startswith("https://")
        async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=tls.cert)) as client:
            assert (await client.get(f"https://localhost:{server.port}")).text == "here"


async def test_it_leaves_at_once_however_its_clients_are(station, caplog):
    before = asyncio.all_tasks()
    app = station.server._app
    async with contextlib.AsyncExitStack() as clients:
        async with Server(app) as server:
            there = dataclasses.replace(station, server=server)
            idle = await clients.enter_async_context(there.connect(ping_interval=None))
            stalled = await clients.enter_async_context(there.connect(max_queue=1, ping_interval=None))
            await greeted(idle)
            text = "x" * 60_000
            for seq in range(1, 150):
                station.hub.publish(transcript(seq, text, final=False))
                assert (await hear(idle))["seq"] == seq
            stalled_since = server.connections
        assert stalled_since == 2
        assert server.connections == 0
        assert station.hub.clients == 0
        stalled.transport.abort()
    assert asyncio.all_tasks() == before
    assert caplog.records == []


SCRIPT = """
import asyncio, sys
from starlette.responses import PlainTextResponse
from voiceassist.server.serve import Server

async def main():
    async with Server(PlainTextResponse("here")) as server:
        print(server.url, flush=True)
        await asyncio.Event().wait()

try:
    asyncio.run(main())
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_it_without_noise():
    root = Path(__file__).parents[2]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    command = [sys.executable, "-c", SCRIPT]
    with subprocess.Popen(command, cwd=root, preexec_fn=hear_ctrl_c, **pipes) as process:  # noqa: PLW1509
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with httpx.Client() as client:
            assert client.get(url).text == "here"
            process.send_signal(signal.SIGINT)
            _, noise = process.communicate(timeout=30)
    assert (process.returncode, noise) == (130, "")


async def test_what_is_written_leaves_at_once():
    async with Server(APP) as server, httpx.AsyncClient() as client:
        await client.get(server.url)
        [connection] = server._server.server_state.connections
        assert isinstance(connection, IdleGuard)
        sent = connection.transport.get_extra_info("socket")
        assert sent.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
