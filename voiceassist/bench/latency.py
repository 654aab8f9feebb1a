"""How late cues and nudges are: the bundled call at real pace, from the last sound of a no to a client's socket.

The zero point is the acoustic end of the refusal's turn in the recording: the last sample above -40 dBFS, the rule by
which its turns file was made. Where the agent speaks on after the no, it is the end that the speech detector heard. A
nudge is also timed from the end of its grace. What never came is counted, not left out.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any, Literal

from websockets.asyncio.client import connect

from voiceassist import __version__, app, assets
from voiceassist.bench import machine
from voiceassist.core.types import SAMPLE_RATE, Channel, MomentState
from voiceassist.driver import Driver
from voiceassist.server import messages as wire
from voiceassist.server.codec import dump, parse_outgoing
from voiceassist.settings import Settings
from voiceassist.turns import Turn, read

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Lateness:
    """Milliseconds of one refusal, None for what never came."""

    refusal: str
    at: float
    end_from: Literal["recording", "speech detector"]
    cue: float | None = None
    nudge: float | None = None
    nudge_after_grace: float | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """One figure over all refusals, in milliseconds; `missed` counts those for which nothing came."""

    n: int
    missed: int
    p50: float | None
    p95: float | None
    worst: float | None

    @classmethod
    def of(cls, values: list[float | None]) -> Summary:
        came = sorted(value for value in values if value is not None)
        if not came:
            return cls(len(values), len(values), None, None, None)
        p95 = came[min(round(0.95 * len(came) + 0.5) - 1, len(came) - 1)]
        return cls(len(values), len(values) - len(came), round(statistics.median(came), 1), p95, came[-1])


@dataclass(frozen=True, slots=True)
class Received:
    """A message as a client received it: `when` is monotonic time."""

    message: wire.Outgoing
    when: float


async def latency(settings: Settings, *, repeat: int = 1) -> dict[str, Any]:
    """Measure and return the document that `bench latency --json` writes; times in milliseconds."""
    turns = read(assets.demo_call() / "call.json")[0].turns
    rows: list[Lateness] = []
    busy, began = _cpu_seconds(), time.monotonic()
    with app.assistant(settings) as assistant:
        name = assistant.hello.transcriber
        loaded = time.monotonic() - began
        for _ in range(repeat):
            received, driver = await _play(assistant)
            rows += _lateness(received, driver, turns, pause=settings.hearing.pause)
        played = time.monotonic() - began - loaded
    return {
        "bench": "latency",
        "schema": SCHEMA,
        "version": __version__,
        "machine": machine.describe(),
        "transcriber": name,
        "clip": "the bundled call, at real pace, to a client on this machine",
        "seconds_to_load": round(loaded, 2),
        "cpu_share": round((_cpu_seconds() - busy) / (loaded + played), 3),
        "figures": {
            figure: asdict(
                Summary.of([getattr(row, figure) for row in rows if figure == "cue" or row.nudge is not None])
            )
            for figure in ("cue", "nudge", "nudge_after_grace")
        },
        "rows": [asdict(row) for row in rows],
    }


async def _play(assistant: app.Assistant) -> tuple[list[Received], Driver]:
    """Play the call once; returns what a client of the hub received."""
    received: list[Received] = []
    async with assistant.overlay() as overlay:
        token = overlay.auth.open()
        async with connect(overlay.server.url.replace("http", "ws", 1) + "/ws") as socket:
            await socket.send(dump(wire.ClientHello(token=token)))

            async def listen() -> None:
                async for text in socket:
                    when = time.monotonic()
                    received.append(Received(parse_outgoing(str(text)), when))
                    if isinstance(received[-1].message, wire.CallEnded):
                        return

            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(listen())
                driver = await app.demo(assistant, overlay, lambda _: None, call="demo", tail=app.DEMO_TAIL)
    return received, driver


def _lateness(received: list[Received], driver: Driver, turns: tuple[Turn, ...], *, pause: float) -> list[Lateness]:
    """When each moment's cue and nudge came, against the end of the agent's turn that the moment opened in."""
    rows: list[Lateness] = []
    opened: set[str] = set()
    for item in received:
        moment = item.message
        if not isinstance(moment, wire.Moment) or moment.state is not MomentState.OPEN or moment.id in opened:
            continue
        opened.add(moment.id)
        ends = [turn.end for turn in turns if turn.speaker is Channel.AGENT and turn.start / SAMPLE_RATE < moment.at]
        recorded = ends[-1] / SAMPLE_RATE
        whole = recorded < moment.at
        end = driver.origin + (recorded if whole else moment.at - pause)
        nudge = next((r for r in received if isinstance(r.message, wire.Nudge) and r.message.moment == moment.id), None)
        rows.append(
            Lateness(
                refusal=moment.quote,
                at=moment.at,
                end_from="recording" if whole else "speech detector",
                cue=_milliseconds(item.when - end),
                nudge=_milliseconds(nudge.when - end) if nudge else None,
                nudge_after_grace=_milliseconds(nudge.when - driver.origin - nudge.message.at) if nudge else None,
            )
        )
    return rows


def _milliseconds(seconds: float) -> float:
    return round(1000 * seconds, 1)


def _cpu_seconds() -> float:
    """Processor time of this process and of its children that have ended."""
    if sys.platform == "win32":
        return time.process_time()
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
