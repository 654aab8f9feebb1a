"""How late sound leaves a live microphone, and how soon each fault is told; prints JSON.

A virtual microphone of a PulseAudio server of its own is fed through a FIFO; each sample tells when it was made.

    .venv/bin/python benchmarks/capture_delay.py [--frames 1000]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from pulse import FILLING, PERIOD, PulseServer, made_at
from pulse import Microphone as Virtual

from voiceassist.audio.microphone import Microphone
from voiceassist.core.types import SAMPLE_RATE, AudioFrame, AudioState, Channel, SourceChanged

LOST, RESTORED, CHANGED = AudioState.LOST, AudioState.RESTORED, AudioState.CHANGED
LIMIT = 20.0


class Listener:
    """A microphone and when what came from it came."""

    def __init__(self, pulse: PulseServer, microphone: Microphone) -> None:
        self.pulse = pulse
        self.microphone = microphone
        self.frames: list[tuple[float, AudioFrame]] = []
        self.changes: list[tuple[float, SourceChanged]] = []
        self.news = asyncio.Event()

    async def listen(self) -> None:
        async for heard in self.microphone:
            now = time.monotonic()
            if isinstance(heard, SourceChanged):
                self.changes.append((now, heard))
            elif isinstance(heard, AudioFrame):
                self.frames.append((now, heard))
            self.news.set()

    async def until(self, happened: Callable[[], object]) -> None:
        async with asyncio.timeout(LIMIT):
            while not happened():
                self.news.clear()
                await self.news.wait()

    async def frames_more(self, count: int) -> None:
        end = len(self.frames) + count
        await self.until(lambda: len(self.frames) >= end)

    async def after(self, act: Callable[[], object], *states: AudioState) -> dict[str, float | str]:
        """Do something; the milliseconds until each of these states is told, and the sound that was lost meanwhile."""
        await self.frames_more(60)
        seen, first = len(self.changes), len(self.frames) - 10
        began = time.monotonic()
        await asyncio.to_thread(act)
        await self.until(lambda: len(self.changes) >= seen + len(states))
        told: dict[str, float | str] = {}
        for (at, change), state in zip(self.changes[seen:], states, strict=True):
            assert change.state is state, self.changes
            told[f"{state.value}_ms"] = round((at - began) * 1000, 1)
        if states[-1] in {CHANGED, RESTORED}:
            told["device"] = self.changes[-1][1].device
            await self.frames_more(60)
            told["sound_lost_ms"] = self.lost(first)
        return told

    def lost(self, first: int) -> float:
        """Milliseconds of sound since that frame that were never heard."""
        sound = np.concatenate([frame.samples for _, frame in self.frames[first:]])
        times = np.unwrap(made_at(sound[sound > FILLING]), period=PERIOD)
        bins = np.unique((times * 200).astype(int))
        return float(np.maximum(np.diff(bins) - 1, 0).sum() * 5)


def delays(listener: Listener, virtual: Virtual) -> dict[str, dict[str, float]]:
    """From the write of a sample into the FIFO to the frame with it leaving the iterator, in milliseconds."""
    ends, whens = np.array(virtual.writes).T
    found: dict[str, list[float]] = {"of_a_frames_last_sample": [], "of_a_frames_first_sample": []}
    for now, frame in listener.frames:
        for name, place in zip(found, (-1, 0), strict=True):
            sample = frame.samples[[place]]
            if sample[0] <= FILLING:
                continue
            made = float(made_at(sample)[0])
            since = now - listener.pulse.epoch
            made += PERIOD * np.floor((since - made) / PERIOD)
            write = np.searchsorted(ends, made + 0.5 / SAMPLE_RATE)
            if 0 < write < len(ends):
                found[name].append((now - whens[write]) * 1000)
    return {
        name: {
            "n": len(values),
            "median_ms": round(float(np.median(values)), 2),
            "p99_ms": round(float(np.percentile(values, 99)), 2),
            "max_ms": round(max(values), 2),
        }
        for name, values in found.items()
    }


async def measure(pulse: PulseServer, frames: int) -> dict[str, object]:
    """Listen for so many frames, then let one thing after the other go wrong."""
    headset = pulse.microphone("Headset")
    microphone = Microphone(Channel.AGENT, "headset")
    began = time.monotonic()
    await microphone.open()
    opened = time.monotonic() - began
    listener = Listener(pulse, microphone)
    task = asyncio.create_task(listener.listen())
    for _ in range(frames // 200 + 1):
        await listener.frames_more(200)
    delay = delays(listener, headset)
    losses = microphone.losses

    def restart() -> None:
        headset.hush()
        pulse.start()
        headset.plug()

    def worker(number: signal.Signals) -> Callable[[], None]:
        return lambda: os.kill(microphone._capture._transport.get_pid(), number)  # noqa: SLF001

    faults: dict[str, object] = {}
    faults["unplugged, no other"] = await listener.after(headset.unplug, LOST)
    faults["plugged in again"] = await replug(listener, headset.plug)
    faults["sound server killed"] = await listener.after(pulse.kill, LOST)
    faults["sound server and headset back"] = await replug(listener, restart)
    faults["capturing process killed"] = await listener.after(worker(signal.SIGKILL), LOST, RESTORED)
    faults["capturing process stopped"] = await listener.after(worker(signal.SIGSTOP), LOST, RESTORED)
    mute, unmute = (lambda on=on: pulse.pactl("set-source-mute", headset.id, on) for on in "10")
    faults["muted"] = await listener.after(mute, AudioState.SILENT)
    faults["unmuted"] = await listener.after(unmute, AudioState.LISTENING)
    faults["delivers nothing"] = await listener.after(headset.hush, LOST)
    faults["delivers again"] = await replug(listener, headset.feed)
    pulse.microphone("Webcam")
    faults["unplugged, another there"] = await listener.after(headset.unplug, CHANGED)
    faults["named one plugged in again"] = await listener.after(headset.plug, CHANGED)
    await microphone.aclose()
    await task
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}",
        "open_ms": round(opened * 1000),
        "delay": delay,
        "lost_samples_before_the_faults": losses.samples,
        "faults": faults,
    }


async def replug(listener: Listener, act: Callable[[], None]) -> dict[str, float | str]:
    """Let a lost device come back; counted from when it is back."""
    seen = len(listener.changes)
    await asyncio.to_thread(act)
    began = time.monotonic()
    await listener.until(lambda: len(listener.changes) > seen)
    at, change = listener.changes[seen]
    assert change.state is RESTORED, change
    return {"restored_ms": round((at - began) * 1000, 1), "device": change.device}


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1000, help="frames whose delay is measured")
    frames: int = parser.parse_args().frames
    with tempfile.TemporaryDirectory() as folder:
        pulse = PulseServer(Path(folder))
        os.environ.update(pulse.environment)
        pulse.start()
        try:
            print(json.dumps(asyncio.run(measure(pulse, frames)), indent=2))
        finally:
            pulse.stop()


if __name__ == "__main__":
    main()
