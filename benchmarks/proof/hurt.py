"""Clients that hurt: readers that stop or crawl, idle sockets by the thousand, a flood of connections.

A hundred agents work meanwhile, and ten supervisors look on: what they are told must come as before.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from benchmarks.proof.board import Board
from benchmarks.proof.figures import Claim, Shown, Spread, at_most
from benchmarks.proof.gauge import gauging
from benchmarks.proof.line import Line, connect
from benchmarks.proof.load import LATEST, MOST_MEMORY, Work, working
from benchmarks.proof.rig import Plan

PLAN = Plan(agents=100, supervisors=12, teams=2)
_BEFORE, _DURING = 10.0, 25.0
_BUFFER = 4096
_COME, _BURST = 1500.0, 30
"""Idle sockets that connect in a second, and at once."""
_EVICTED_WITHIN = 60.0

Harm = Callable[[Work, float], Awaitable["Done"]]


@dataclass(slots=True)
class Done:
    """What one harm came to: claims of its own, and figures."""

    claims: list[Claim]
    figures: dict[str, object] = field(default_factory=dict[str, object])


async def hurt(name: str, harm: Harm, *, short: bool) -> Shown:
    """Let agents work in peace, then while `harm` is done, and compare."""
    before, during = (5.0, 12.0) if short else (_BEFORE, _DURING)
    async with working(PLAN) as work:
        harmful, work.boards[:] = work.boards[-2:], work.boards[:-2]
        for board in harmful:
            if board.line is not None:
                board.line.close()
        await work.crowd.speak(3.0)
        work.begin()
        async with gauging(work.made.processes, work.made.urls) as quiet:
            await work.crowd.speak(before)
        peace = Spread.of(work.arrivals.walls)
        work.begin()
        async with gauging(work.made.processes, work.made.urls, every=1.0) as gauge:
            speaking = asyncio.create_task(work.crowd.speak(during))
            done = await harm(work, during)
            await speaking
        settled = await work.crowd.settled(30.0)
        walls = Spread.of(work.arrivals.walls)
        return Shown(
            name,
            (
                *done.claims,
                at_most("agent to board meanwhile, p95", walls.p95, LATEST, "ms"),
                at_most("memory of the hub", gauge.memory, MOST_MEMORY, "MiB"),
                Claim("all acknowledged", f"{work.crowd.outstanding} open", "0 open", settled),
                Claim("other lines lost", f"{work.lost}", "0", not work.lost),
            ),
            {
                "of": f"{work.plan}; {PLAN.agents} agents, {len(work.boards)} supervisors",
                "agent to board before": peace,
                "agent to board meanwhile": walls,
                "memory before, MiB": quiet.memory,
                "memory meanwhile, MiB": gauge.memory,
                **done.figures,
                **gauge.figures(),
            },
        )


# --- readers ----------------------------------------------------------------------------------------------------------


async def stalled(work: Work, _seconds: float) -> Done:
    """Two boards that stop reading, and never say so."""
    lines = [await _board(work, number) for number in (-1, -2)]
    for line in lines:
        line.transport.pause_reading()
    return await _until_evicted(work, lines, "a reader that stopped, evicted after")


async def slow(work: Work, _seconds: float) -> Done:
    """Two boards that read a few kilobytes a second."""
    lines = [await _board(work, number) for number in (-1, -2)]
    crawling = [asyncio.create_task(_crawl(line)) for line in lines]
    done = await _until_evicted(work, lines, "a slow reader, evicted after")
    for task in crawling:
        task.cancel()
    return done


async def _board(work: Work, number: int) -> Line:
    person = work.made.people.supervisors[number]
    return await connect(work.made.urls[0], person.token, lambda _text: None, buffer=_BUFFER)


async def _crawl(line: Line) -> None:
    """Take what is there, as little as the buffer has, twice a second."""
    while not line.transport.is_closing():
        line.transport.pause_reading()
        await asyncio.sleep(0.5)
        line.transport.resume_reading()
        await asyncio.sleep(0.0)


async def _until_evicted(work: Work, lines: list[Line], name: str) -> Done:
    """Wait until the hub has let go of these lines, as the system knows."""
    began = time.monotonic()
    ports = {line.transport.get_extra_info("sockname")[1] for line in lines}
    hub = work.made.hubs[0].process
    while time.monotonic() - began < _EVICTED_WITHIN and ports & await asyncio.to_thread(_peers, hub):  # noqa: ASYNC110
        await asyncio.sleep(0.25)
    took = time.monotonic() - began
    for line in lines:
        line.close()
    return Done([Claim(name, f"{took:.1f} s", f"< {_EVICTED_WITHIN:.0f} s", took < _EVICTED_WITHIN)])


def _peers(process: psutil.Process) -> set[int]:
    """The ports of those who are connected to a process."""
    connections = process.net_connections("tcp4")
    return {c.raddr.port for c in connections if c.raddr and c.status == psutil.CONN_ESTABLISHED}


# --- many -------------------------------------------------------------------------------------------------------------


def idle(count: int) -> Harm:
    """So many sockets that connect and say nothing, while somebody real comes in."""

    async def harm(work: Work, seconds: float) -> Done:
        port = work.made.hubs[0].port
        hub = work.made.hubs[0].process
        before = hub.num_fds()
        began, sockets, refused = time.monotonic(), list[socket.socket](), 0
        loop = asyncio.get_running_loop()
        try:
            for number in range(count):
                sock = socket.socket()
                sock.setblocking(False)
                try:
                    async with asyncio.timeout(5):
                        await loop.sock_connect(sock, ("127.0.0.1", port))
                    sockets.append(sock)
                except (OSError, TimeoutError):
                    refused += 1
                    sock.close()
                if number % _BURST == 0:
                    await asyncio.sleep(began + number / _COME - time.monotonic())
            took = time.monotonic() - began
            came = await _come_in(work)
            most = hub.num_fds() - before
            while time.monotonic() - began < seconds and hub.num_fds() > before + count // 10:  # noqa: ASYNC110
                await asyncio.sleep(0.5)
            cleared = time.monotonic() - began
        finally:
            for sock in sockets:
                sock.close()
        return Done(
            [
                Claim("idle sockets that fit", str(len(sockets)), f"{count}", len(sockets) == count),
                at_most("a real board came in beside them after", came, 5.0, "s"),
                at_most("nine in ten let go after", round(cleared, 1), took + 15, "s"),
            ],
            {
                "sockets connected in, s": round(took, 1),
                "sockets that did not connect": refused,
                "open at the hub when the board was in": most,
            },
        )

    return harm


async def flood(work: Work, seconds: float) -> Done:
    """Connections that come and go, say rubbish, half a request, or no hello: as fast as ten clients can."""
    until, counts = time.monotonic() + seconds, [0] * 10
    port, answers = work.made.hubs[0].port, list[float]()

    async def rush(number: int) -> None:
        for way in itertools.islice(itertools.cycle(_RUBBISH), number, None):
            if time.monotonic() >= until:
                return
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                async with asyncio.timeout(2):
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    try:
                        writer.write(way.replace(b"PORT", str(port).encode()))
                        if way.endswith(b"\r\n\r\n"):
                            await reader.read(200)
                    finally:
                        writer.transport.abort()
            counts[number] += 1
            await asyncio.sleep(0.01)

    async def real() -> None:
        while time.monotonic() < until - 2:
            answers.append(await _come_in(work))
            await asyncio.sleep(1.0)

    await asyncio.gather(real(), *(rush(number) for number in range(len(counts))))
    return Done(
        [at_most("a real board comes in meanwhile, at most", max(answers), 5.0, "s")],
        {"connections a second": round(sum(counts) / seconds), "a board comes in": Spread.of(answers)},
    )


_UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
_RUBBISH = (
    b"",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)),
    b"GET / HTT",
    b"GET /board HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
    b"POST /api/session HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 60000\r\n\r\n"[:-4],
    _UPGRADE,
    _UPGRADE[:90],
    b"GET /ws HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    b"A" * 70_000,
)


async def _come_in(work: Work) -> float:
    """How long a supervisor waits for a whole wall, in seconds."""
    began, whole = time.monotonic(), asyncio.get_running_loop().create_future()

    def heard(_board: Board, message: dict[str, object]) -> None:
        if message["type"] == "wall" and not whole.done():
            whole.set_result(None)

    board = Board(work.made.people.supervisors[-1], heard)
    try:
        line = await board.connect(work.made.urls[0])
        async with asyncio.timeout(30):
            await whole
    except (OSError, TimeoutError):
        return 30.0
    line.close()
    return round(time.monotonic() - began, 3)
