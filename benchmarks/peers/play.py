"""Says clips to one system at real pace, and notes when its words came and what it computed for them."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
import psutil

from benchmarks.peers import environment
from benchmarks.peers.systems import System
from voiceassist.bench.machine import busy
from voiceassist.bench.phrases import Phrase, plain_words
from voiceassist.bench.room import NOISE
from voiceassist.core.types import SAMPLE_RATE

BLOCK = SAMPLE_RATE // 50
"""20 ms: what a telephone line brings."""
LIMIT = 11.0
"""Seconds after the last sound in which the words must be there."""
_LOADING, _CLOSING = 180.0, 30.0
_SETTLING = 1.5
"""Seconds after a clip in which a system may finish what nobody waits for, before the next one is heard."""
_FOLDER = Path(__file__).resolve().parent


class SystemFailedError(Exception):
    """A system broke or did not answer."""


@dataclass(frozen=True, slots=True)
class Played:
    """One clip, in milliseconds after its last sound; None for what did not come within the limit.

    `pieces` is in how many pieces the final text came, `cpu` the processor seconds of the system and all that it
    started, from the clip's first sound to its final text; `outside` what else ran on the machine, in cores.
    """

    system: str
    clip: str
    final: float | None
    shown: float | None
    pieces: int
    cpu: float | None
    outside: float
    said: str = ""
    """The final text as it came."""


class Running:
    """A system that is loaded and waits; use as a context manager. Raises SystemFailedError."""

    def __init__(self, system: System, model: Path, work: Path) -> None:
        self.system = system
        self._clip = work / "clip.json"
        self._sound = work / "clip.raw"
        log = (work / "log.txt").open("wb")
        python = environment.python_of(system.peer)
        paths = [str(_FOLDER / "oracle"), *([] if system.peer else [str(environment.ROOT)])]
        self._process = subprocess.Popen(
            [str(python), str(_FOLDER / "adapters" / f"{system.adapter}.py"), str(model), json.dumps(system.options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=os.environ
            | {"PEERS_CLIP": str(self._clip), "PYTHONPATH": os.pathsep.join(paths), "HF_HUB_OFFLINE": "1"},
            start_new_session=True,
        )
        self._log = work / "log.txt"
        self._heard: SimpleQueue[tuple[float, dict[str, Any]]] = SimpleQueue()
        self._note: Callable[[float, dict[str, Any]], None] = lambda when, message: self._heard.put((when, message))
        threading.Thread(target=self._read, daemon=True).start()
        try:
            self._wait_for("ready", _LOADING)
        except SystemFailedError:
            self.close()
            raise

    def close(self) -> None:
        """End it and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def play(self, number: int, phrase: Phrase, lead: int, seed: int) -> Played:
        """Say one phrase after `lead` samples of noise, until its words are there or the limit is reached."""
        noise = np.random.default_rng(seed).normal(0, NOISE, lead + len(phrase.sound) + round(LIMIT * SAMPLE_RATE))
        noise[lead : lead + len(phrase.sound)] += phrase.sound
        sound = np.rint(noise * 32768).clip(-32768, 32767).astype("<i2")
        self._sound.write_bytes(sound.tobytes())
        words = [(word.start + lead, word.end + lead, word.text) for word in phrase.words]
        self._clip.write_text(json.dumps({"sound": str(self._sound), "words": words}), "utf-8")
        self._send(b"c", str(number).encode())
        self._wait_for("open", _CLOSING)
        heard = _Heard(phrase.text, self._cpu)
        self._note = heard.note
        before, already = self._cpu(), _beside()
        began = time.monotonic()
        for start in range(0, len(sound) - BLOCK + 1, BLOCK):
            time.sleep(max(0.0, began + (start + BLOCK) / SAMPLE_RATE - time.monotonic()))
            self._send(b"s", sound[start : start + BLOCK].tobytes())
            if heard.whole.is_set():
                break
        spent, own, took = _beside() - already, self._cpu() - before, time.monotonic() - began
        self._note = lambda when, message: self._heard.put((when, message))
        self._send(b"e", b"")
        self._wait_for("closed", _CLOSING)
        time.sleep(_SETTLING)
        end = began + (lead + phrase.end) / SAMPLE_RATE

        def after(when: float | None) -> float | None:
            return None if when is None else round(1000 * (when - end), 1)

        return Played(
            self.system.name,
            phrase.name,
            after(heard.final),
            after(heard.shown),
            heard.pieces,
            None if heard.cpu is None else round(heard.cpu - before, 3),
            round(max(0.0, spent - own) / took, 3),
            heard.said,
        )

    def _send(self, kind: bytes, payload: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(struct.pack("<cI", kind, len(payload)) + payload)
            self._process.stdin.flush()
        except OSError:
            raise self._failed("has ended") from None

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._note(time.monotonic(), json.loads(line))
        self._heard.put((time.monotonic(), {"over": True}))

    def _wait_for(self, sign: str, limit: float) -> None:
        until = time.monotonic() + limit
        while True:
            try:
                _, message = self._heard.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                raise self._failed(f"was not {sign} after {limit:g} s") from None
            if sign in message:
                return
            if "over" in message:
                raise self._failed("has ended")

    def _failed(self, why: str) -> SystemFailedError:
        told = self._log.read_text("utf-8", "replace").splitlines()
        return SystemFailedError("\n  ".join([f"{self.system.name} {why}; it said last:", *told[-12:]]))

    def _family(self) -> list[psutil.Process]:
        try:
            process = psutil.Process(self._process.pid)
            return [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _cpu(self) -> float:
        """Processor seconds of the system and of what it started."""
        spent = 0.0
        for process in self._family():
            with suppress(psutil.Error):
                times = process.cpu_times()
                spent += times.user + times.system
        return spent


class _Heard:
    """What came of one clip so far."""

    def __init__(self, text: str, cpu: Callable[[], float]) -> None:
        self.final: float | None = None
        self.shown: float | None = None
        self.cpu: float | None = None
        self.pieces = 0
        self.said = ""
        self.whole = threading.Event()
        self._words = plain_words(text)
        self._cpu = cpu
        self._before: list[str] = []

    def note(self, when: float, message: dict[str, Any]) -> None:
        if self.whole.is_set() or "final" not in message:
            return
        final = plain_words(message["final"])
        if final != self._before:
            self._before, self.said = final, message["final"]
            self.pieces += 1
        if self.shown is None and plain_words(message["partial"]) == self._words:
            self.shown = when
        if final == self._words:
            self.final, self.cpu = when, self._cpu()
            self.shown = self.shown or when
            self.whole.set()


def _beside() -> float:
    """Seconds in which some processor did something else than to play clips."""
    mine = psutil.Process().cpu_times()
    return busy() - mine.user - mine.system
