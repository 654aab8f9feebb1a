"""How fast entries go through a bus, and how much computing that takes; prints JSON.

    .venv/bin/python benchmarks/bus.py [--seconds 5] [--rates 100,1000,2500]

One process appends events of 400 bytes and follows, through the bus within a process and through a Redis of its own.
An event is timed from its append to its arrival at the follower, and to the confirmation that `append` waits for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from redis_server import RedisServer

from voiceassist.bus.base import Bus, Entry
from voiceassist.bus.choose import open_bus

TICK = 0.005
"""Seconds between two bursts of the appender."""
PADDING = "x" * 370


@dataclass
class Times:
    """Seconds from append to arrival and to confirmation; entries read."""

    arrived: list[float] = field(default_factory=list[float])
    confirmed: list[float] = field(default_factory=list[float])
    entries: int = 0


async def measure(bus: Bus, rate: int, seconds: float) -> dict[str, float]:
    """Append at a rate for so long, and read all of it."""
    times, total = Times(), round(rate * seconds)
    following = asyncio.create_task(follow(bus, await bus.head(), total, times))
    computing, began = time.process_time(), time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(total):
            due = began + number / rate
            if (ahead := due - time.monotonic()) > 0:
                await asyncio.sleep(max(TICK, ahead))
            group.create_task(append(bus, number, times))
    await following
    took = time.monotonic() - began
    arrived, confirmed = (np.array(list_) * 1000 for list_ in (times.arrived, times.confirmed))
    return {
        "events_a_second": round(total / took, 1),
        "entries_a_second": round(times.entries / took, 1),
        "arrived_p50_ms": round(float(np.percentile(arrived, 50)), 2),
        "arrived_p95_ms": round(float(np.percentile(arrived, 95)), 2),
        "confirmed_p50_ms": round(float(np.percentile(confirmed, 50)), 2),
        "confirmed_p95_ms": round(float(np.percentile(confirmed, 95)), 2),
        "cpu_share": round((time.process_time() - computing) / took, 3),
    }


async def append(bus: Bus, number: int, times: Times) -> None:
    """Append one event that tells when it was made."""
    now = time.monotonic()
    await bus.append("events", [json.dumps({"seq": number, "made": now, "text": PADDING})])
    times.confirmed.append(time.monotonic() - now)


async def follow(bus: Bus, cursor: str, total: int, times: Times) -> None:
    """Read until so many events have come."""
    async with aclosing(bus.follow(cursor)) as entries:
        async for entry in entries:
            assert isinstance(entry, Entry), entry
            now = time.monotonic()
            times.entries += 1
            times.arrived += [now - json.loads(text)["made"] for text in entry.texts]
            if len(times.arrived) >= total:
                return


async def measure_all(url: str, rates: list[int], seconds: float) -> dict[str, dict[str, float]]:
    """Measure every rate through one bus."""
    bus = await open_bus(url)
    try:
        return {f"{rate}/s": await measure(bus, rate, seconds) for rate in rates}
    finally:
        await bus.aclose()


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rates", default="100,1000,2500", help="events a second, with commas between")
    options = parser.parse_args()
    rates = [int(rate) for rate in options.rates.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder, "redis"))
        server.start()
        try:
            local = asyncio.run(measure_all("", rates, options.seconds))
            redis = asyncio.run(measure_all(server.url, rates, options.seconds))
        finally:
            server.stop()
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"
    print(json.dumps({"bench": "bus", "machine": machine, "local": local, "redis": redis}, indent=2))


if __name__ == "__main__":
    main()
