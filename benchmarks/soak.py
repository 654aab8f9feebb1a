"""Whether hours of listening leave anything behind: memory, threads, files and processes over time, as JSON.

    .venv/bin/python benchmarks/soak.py listen [--minutes 15]     a virtual microphone that says the bundled call
    .venv/bin/python benchmarks/soak.py replay [--hours 2]        a recording of that length, as fast as it goes

With `--model FOLDER` a Whisper model recognises the words, else the embedded recogniser.
Figures are of the program and all its child processes, read once a second (`listen`) or ten times a second (`replay`).
The first quarter counts as warming up; growth is the mean of the last quarter against that of the second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from pulse import PulseServer
from sound import room

from voiceassist import assets
from voiceassist.audio.file import FileSource
from voiceassist.core.types import SAMPLE_RATE, Channel, Samples

CALL = "voiceassist"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the program and its children hold: resident memory in MiB, threads, open files, processes."""

    at: float
    memory: float
    threads: int
    files: int
    processes: int


def read(parent: int, began: float) -> Reading | None:
    """Look at a process and its descendants; None once it is gone."""
    family = [parent, *children_of(parent)]
    memory = threads = files = 0
    for pid in family:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            files += len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208
        except OSError:
            continue
        fields = dict(re.findall(r"^(VmRSS|Threads):\s+(\d+)", status, re.MULTILINE))
        memory += int(fields.get("VmRSS", 0))
        threads += int(fields.get("Threads", 0))
    if not memory:
        return None
    return Reading(round(time.monotonic() - began, 1), round(memory / 1024, 1), threads, files, len(family))


def children_of(parent: int) -> list[int]:
    """The processes that descend from this one, by whichever thread of it."""
    try:
        text = " ".join(path.read_text() for path in Path(f"/proc/{parent}/task").glob("*/children"))
    except OSError:
        return []
    return [pid for child in map(int, text.split()) for pid in (child, *children_of(child))]


def watch(process: subprocess.Popen[bytes], every: float, limit: float = float("inf")) -> list[Reading]:
    """Read again and again until the process ends or `limit` seconds are over."""
    began, readings = time.monotonic(), []
    while process.poll() is None and time.monotonic() - began < limit:
        reading = read(process.pid, began)
        if reading is not None:
            readings.append(reading)
        time.sleep(every)
    return readings


def growth(readings: list[Reading]) -> dict[str, dict[str, float]]:
    """The mean of the second quarter and of the last, and the most there ever was."""
    quarter = len(readings) // 4
    table: dict[str, dict[str, float]] = {}
    for name in ("memory", "threads", "files", "processes"):
        values = [getattr(reading, name) for reading in readings]
        early, late = values[quarter : 2 * quarter], values[-quarter:]
        table[name] = {
            "second_quarter": round(sum(early) / len(early), 2),
            "last_quarter": round(sum(late) / len(late), 2),
            "most": max(values),
        }
    return table


async def bundled_call() -> Samples:
    """The agent's side of the bundled call."""
    source = FileSource(assets.demo_call() / "call.flac", tail=5.0)
    parts = [frame.samples async for frame in source if frame.channel is Channel.AGENT]
    await source.aclose()
    return np.concatenate(parts)


class Loop:
    """The call over and over, in a quiet room."""

    def __init__(self, sound: Samples) -> None:
        self._sound = sound + room(len(sound) / SAMPLE_RATE, 3e-4)[: len(sound)]

    def __call__(self, start: int, count: int) -> Samples:
        return np.take(self._sound, np.arange(start, start + count), mode="wrap")


@contextmanager
def virtual_microphone(sound: Samples) -> Iterator[dict[str, str]]:
    """The environment of a sound server whose one microphone says `sound` over and over."""
    with tempfile.TemporaryDirectory() as folder:
        server = PulseServer(Path(folder))
        server.start()
        try:
            server.microphone("Headset", sound=Loop(sound))
            yield {**os.environ, **server.environment}
        finally:
            server.stop()


def listen(minutes: float, sound: Samples, recogniser: Sequence[str]) -> dict[str, object]:
    """Run `listen` and end it by Ctrl-C."""
    with virtual_microphone(sound) as environment, tempfile.TemporaryFile() as out:
        command = [sys.executable, "-m", CALL, "listen", "--json", "--port", "0", *recogniser]
        process = subprocess.Popen(
            command,
            stdout=out,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=ROOT,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        readings = watch(process, 1.0, 60 * minutes)
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
        out.seek(0)
        messages = [json.loads(line) for line in out]
    return {"exit": code, **tally(messages), "growth": growth(readings), "readings": every_minute(readings)}


def replay(hours: float, sound: Samples, recogniser: Sequence[str]) -> dict[str, object]:
    """Replay one long recording."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as out:
        path = Path(folder, "long.wav")
        pcm = (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
            for _ in range(round(hours * 3600 * SAMPLE_RATE / len(sound))):
                file.writeframes(pcm)
        began = time.monotonic()
        command = [sys.executable, "-m", CALL, "replay", "--json", *recogniser, str(path)]
        process = subprocess.Popen(command, stdout=out, cwd=ROOT)
        readings = watch(process, 0.1)
        took = time.monotonic() - began
        out.seek(0)
        messages = [json.loads(line) for line in out]
    return {
        "exit": process.returncode,
        "seconds": round(took, 1),
        "times_real_time": round(3600 * hours / took, 1),
        **tally(messages),
        "growth": growth(readings),
        "readings": every_minute(readings),
    }


def every_minute(readings: list[Reading]) -> list[dict[str, float]]:
    """One reading a minute: what a picture needs."""
    kept, due = [], 0.0
    for reading in readings:
        if reading.at >= due:
            kept.append(asdict(reading))
            due = reading.at + 60
    return kept


def tally(messages: list[dict[str, object]]) -> dict[str, object]:
    """How much was heard, and what was lost of it."""
    kinds = [message["type"] for message in messages]
    return {
        "calls": kinds.count("call_ended"),
        "transcripts": kinds.count("transcript"),
        "moments": len({message["id"] for message in messages if message["type"] == "moment"}),
        "nudges": kinds.count("nudge"),
        "errors": kinds.count("error"),
        "states": sorted({str(message["state"]) for message in messages if message["type"] == "audio"}),
        "lost_seconds": sum(float(str(message["lost"])) for message in messages if message["type"] == "call_ended"),
    }


def main() -> None:
    """Run one soak and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["listen", "replay"])
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--hours", type=float, default=2)
    parser.add_argument("--model", help="a Whisper model's folder")
    options = parser.parse_args()
    sound = asyncio.run(bundled_call())
    whisper = ["--transcriber", "faster-whisper", "--model", options.model]
    recogniser = whisper if options.model else ["--transcriber", "pocketsphinx"]
    if options.what == "listen":
        found = listen(options.minutes, sound, recogniser)
    else:
        found = replay(options.hours, sound, recogniser)
    machine = {"platform": platform.platform(), "python": platform.python_version(), "cores": os.cpu_count()}
    print(json.dumps({"bench": f"soak {options.what}", "machine": machine, **found}, indent=2))


if __name__ == "__main__":
    main()
