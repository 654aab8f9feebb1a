"""What processes use while something goes on: memory, processor, files; and how late a hub's loop answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import psutil

from benchmarks.proof.figures import Spread

_EVERY = 0.5


@dataclass(frozen=True, slots=True)
class Reading:
    """What a program and its children hold: resident memory in MiB, threads, open files."""

    at: float
    memory: float
    threads: int
    files: int


@dataclass(slots=True)
class Gauge:
    """Fills while the block of `gauging` runs. Shares are of one processor core, on average."""

    readings: list[Reading] = field(default_factory=list[Reading])
    answers: list[float] = field(default_factory=list[float])
    """Seconds in which /healthz was answered, which the loop itself does."""
    hub_share: float = 0.0
    own_share: float = 0.0
    outside: float = 0.0
    """Cores that neither we nor the hub used, and that were not idle."""

    @property
    def memory(self) -> float:
        """The most memory at any time, in MiB."""
        return max((reading.memory for reading in self.readings), default=0.0)

    def figures(self) -> dict[str, object]:
        """What is told beside a claim."""
        return {
            "hub, share of a core": round(self.hub_share, 2),
            "load generator, share of a core": round(self.own_share, 2),
            "other programs, cores": round(self.outside, 2),
            "/healthz answered": Spread.of(self.answers),
        }


def family(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    """The processes with all that they started; one that is gone has nobody."""
    found: list[psutil.Process] = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            found += [process, *process.children(recursive=True)]
    return found


def read(processes: Sequence[psutil.Process], at: float) -> Reading:
    """Look at them all together."""
    memory = threads = files = 0
    for process in family(processes):
        with suppress(psutil.NoSuchProcess), process.oneshot():
            memory += process.memory_info().rss
            threads += process.num_threads()
            files += process.num_fds()
    return Reading(round(at, 1), round(memory / (1 << 20), 1), threads, files)


@asynccontextmanager
async def gauging(
    processes: Callable[[], Sequence[psutil.Process]], urls: Sequence[str] = (), every: float = _EVERY
) -> AsyncGenerator[Gauge, None]:
    """Look at the processes now and then, and ask the hubs at `urls` for a sign of life."""
    gauge = Gauge()
    began, computed, hub, machine = time.monotonic(), time.process_time(), _computed(processes()), psutil.cpu_times()

    async def look() -> None:
        while True:
            gauge.readings.append(read(processes(), time.monotonic() - began))
            await asyncio.sleep(every)

    tasks = [asyncio.create_task(look()), *(asyncio.create_task(_ask(url, gauge.answers)) for url in urls)]
    try:
        yield gauge
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        took = time.monotonic() - began
        later = psutil.cpu_times()
        busy = _busy(later) - _busy(machine)
        gauge.own_share = (time.process_time() - computed) / took
        gauge.hub_share = (_computed(processes()) - hub) / took
        gauge.outside = max(0.0, busy / took - gauge.own_share - gauge.hub_share)


async def _ask(url: str, answers: list[float]) -> None:
    """Ask /healthz again and again on one connection."""
    host, _, port = url.rpartition("//")[2].rpartition(":")
    while True:
        with suppress(OSError, asyncio.IncompleteReadError, ValueError):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                while True:
                    began = time.monotonic()
                    writer.write(f"GET /healthz HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
                    await reader.readexactly(length)
                    answers.append(time.monotonic() - began)
                    await asyncio.sleep(0.1)
            finally:
                writer.close()
        await asyncio.sleep(0.5)


async def status(url: str, path: str) -> int:
    """The status that a hub answers with, 0 where it does not answer."""
    host, _, port = url.rpartition("//")[2].rpartition(":")
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.readline()
            writer.close()
    except (OSError, TimeoutError):
        return 0
    return int(answer.split()[1]) if answer else 0


def _computed(processes: Sequence[psutil.Process]) -> float:
    total = 0.0
    for process in family(processes):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return total


def _busy(times: object) -> float:
    names = ("user", "nice", "system", "irq", "softirq")
    return sum(getattr(times, name, 0.0) for name in names)
