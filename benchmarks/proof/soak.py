"""Hours of calls: whether a hub's memory, files, threads or answers grow with what it has already heard."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.proof.board import Board
from benchmarks.proof.crowd import Agent
from benchmarks.proof.figures import Claim, Shown, Spread
from benchmarks.proof.gauge import Reading, gauging
from benchmarks.proof.load import Work, working
from benchmarks.proof.rig import Plan
from benchmarks.proof.script import PACE

_UNDER_WAY = 256
"""Events that an agent lets be under way, as a publisher does."""
_GROWTH, _SLACK = 1.05, 8.0
"""Memory of the last quarter may be so many times that of the second, and so many MiB more."""
_VISIT = 5.0
"""Seconds after which a board goes and another one comes."""


@dataclass(frozen=True, slots=True)
class Quarter:
    """The mean of a quarter of the time: MiB, threads, files of the hub, and megabytes of its database at the end."""

    memory: float
    threads: float
    files: float
    database: float
    events: int


async def fast(name: str, *, hours: float, agents: int = 4) -> Shown:
    """What `agents` publish in so many hours, as fast as it goes."""
    events = round(hours * 3600 * PACE)
    async with working(Plan(agents=agents, supervisors=4, teams=2)) as work:

        async def rush() -> None:
            async with asyncio.TaskGroup() as tasks:
                for agent in work.crowd.agents:
                    tasks.create_task(_rush(agent, events))

        return await _soak(name, work, rush(), f"{hours:g} h of calls of {agents} agents, as fast as it goes")


async def real(name: str, *, minutes: float, agents: int = 100) -> Shown:
    """So many minutes at the pace of calls."""
    async with working(Plan(agents=agents, supervisors=10, teams=5)) as work:
        talking = work.crowd.speak(60 * minutes)
        return await _soak(name, work, talking, f"{minutes:g} min of {agents} agents at real pace")


async def _rush(agent: Agent, events: int) -> None:
    """Send as much as may be under way, again and again."""
    for _ in range(events):
        while agent.outstanding >= _UNDER_WAY:  # noqa: ASYNC110 - acknowledgements come four times a second
            await asyncio.sleep(0.02)
        agent.send()


async def _soak(name: str, work: Work, talking: Awaitable[None], of: str) -> Shown:
    marks: list[tuple[float, int, float]] = []
    began = time.monotonic()
    async with gauging(work.made.processes, work.made.urls) as gauge:
        others = [asyncio.create_task(_visit(work)), asyncio.create_task(_mark(work, marks, began))]
        await talking
        settled = await work.crowd.settled(60.0)
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
    took = time.monotonic() - began
    quarters = [_quarter(gauge.readings, marks, took, number) for number in range(4)]
    second, last = quarters[1], quarters[3]
    sent = sum(agent.sent for agent in work.crowd.agents)
    limit = _GROWTH * second.memory + _SLACK
    return Shown(
        name,
        (
            Claim(
                "memory of the last quarter against the second, MiB",
                f"{last.memory} against {second.memory}",
                f"<= {limit:.1f}",
                last.memory <= limit,
            ),
            Claim("files", f"{last.files} against {second.files}", "no more, by 3", last.files <= second.files + 3),
            Claim("threads", f"{last.threads} against {second.threads}", "by 3", last.threads <= second.threads + 3),
            Claim("all acknowledged", f"{work.crowd.outstanding} open of {sent}", "0 open", settled),
            Claim("lines lost", str(work.lost), "0", not work.lost),
        ),
        {
            "of": of,
            "events a second": round(sent / took),
            "seconds": round(took),
            "memory by quarter, MiB": [quarter.memory for quarter in quarters],
            "files by quarter": [quarter.files for quarter in quarters],
            "threads by quarter": [quarter.threads for quarter in quarters],
            "events by quarter": [quarter.events for quarter in quarters],
            "bytes of database for an event, by quarter": _per_event(quarters),
            "acknowledged": Spread.of(s for agent in work.crowd.agents for s in agent.ack_seconds[-100_000:]),
            **gauge.figures(),
        },
    )


async def _visit(work: Work) -> None:
    """A board comes in, looks at a call, and goes, over and over: what it leaves behind would grow."""
    person = work.made.people.supervisors[0]
    while True:
        board = Board(person, lambda _board, _message: None)
        with contextlib.suppress(OSError, TimeoutError):
            line = await board.connect(work.made.urls[0])
            await asyncio.sleep(_VISIT / 2)
            for call in [card["call"] for card in board.cards.values() if card["call"]][:1]:
                board.open(call)
            await asyncio.sleep(_VISIT / 2)
            line.close()


async def _mark(work: Work, marks: list[tuple[float, int, float]], began: float) -> None:
    """Note how much was sent, and how big the database is."""
    assert isinstance(work.made.where, Path)
    files = [work.made.where, work.made.where.with_name(work.made.where.name + "-wal")]
    while True:
        size = sum(file.stat().st_size for file in files if file.exists()) / 1e6
        marks.append((time.monotonic() - began, sum(agent.sent for agent in work.crowd.agents), size))
        await asyncio.sleep(1.0)


def _quarter(
    readings: Sequence[Reading], marks: Sequence[tuple[float, int, float]], took: float, number: int
) -> Quarter:
    start, end = took * number / 4, took * (number + 1) / 4
    within = [r for r in readings if start <= r.at < end] or [readings[-1]]
    before = [mark for mark in marks if mark[0] < start] or [(0.0, 0, 0.0)]
    upto = [mark for mark in marks if mark[0] < end] or before

    def mean(name: str) -> float:
        return round(sum(getattr(r, name) for r in within) / len(within), 1)

    return Quarter(mean("memory"), mean("threads"), mean("files"), upto[-1][2], upto[-1][1] - before[-1][1])


def _per_event(quarters: Sequence[Quarter]) -> list[int]:
    sizes = [0.0, *(quarter.database for quarter in quarters)]
    grown = zip(sizes, sizes[1:], quarters, strict=False)
    return [round(1e6 * (after - before) / max(1, quarter.events)) for before, after, quarter in grown]
