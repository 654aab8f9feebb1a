"""A PulseAudio server of the test's own, with virtual microphones that are fed at real pace, plugged and unplugged."""

from __future__ import annotations

import contextlib
import ctypes.util
import fcntl
import os
import struct
import subprocess
import termios
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import numpy as np
from needs import cannot_run, needs

from voiceassist.core.types import Samples

CHUNK = 0.01
"""Seconds that are written at a time."""
STALE = 0.3
"""Seconds of sound that may wait to be read."""
Sound = Callable[[int, int], Samples]
"""Makes sound: the first sample's number since the server's epoch, and the count; float32 in [-1, 1]."""
PERIOD = 8.0
FILLING = 0.05
"""Under it lies no sample of `clock_code`, but the silence that fills up the last frame before a gap."""


def clock_code(rate: int = 16_000) -> Sound:
    """Sound whose every sample tells when it was made: it rises from 0.1 to 0.9 in `PERIOD` seconds, over and over."""

    def make(start: int, count: int) -> Samples:
        period = round(PERIOD * rate)
        return (0.1 + 0.8 * (np.arange(start, start + count) % period) / period).astype(np.float32)

    return make


def made_at(sound: Samples) -> np.ndarray:
    """The seconds since the server's epoch, modulo `PERIOD`, at which samples of `clock_code` were made."""
    return (sound.astype(np.float64) - 0.1) / 0.8 * PERIOD


def silence(_start: int, count: int) -> Samples:
    return np.zeros(count, np.float32)


class PulseServer:
    """The daemon; `environment` is what programs need to find it."""

    def __init__(self, folder: Path) -> None:
        self.program = needs("pulseaudio", "pulseaudio")
        needs("pactl", "pulseaudio-utils")
        if ctypes.util.find_library("portaudio") is None:
            cannot_run("PortAudio is missing; install it: sudo apt-get install libportaudio2")
        if not any(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
            cannot_run("ALSA knows no PulseAudio; install it: sudo apt-get install libasound2-plugins")
        self.folder = folder
        self.epoch = time.monotonic()
        (folder / "run").mkdir(mode=0o700)
        (folder / "client.conf").write_text("autospawn = no\n")
        self.environment = {
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder / "run"),
            "PULSE_RUNTIME_PATH": str(folder / "run" / "pulse"),
            "PULSE_CLIENTCONFIG": str(folder / "client.conf"),
        }
        self.feeders: list[Microphone] = []
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PULSE_", "DBUS_"))}
        command = [
            *(self.program, "-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--log-level=error"),
            *("--high-priority=no", "--realtime=no", "--load=module-native-protocol-unix"),
        ]
        with (self.folder / "daemon.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, env={**environment, **self.environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        end = time.monotonic() + 20
        while subprocess.run(["pactl", "info"], capture_output=True, env=self._environment, check=False).returncode:
            assert self._process.poll() is None, (self.folder / "daemon.log").read_text()
            assert time.monotonic() < end, "PulseAudio does not start"
            time.sleep(0.05)

    def kill(self) -> None:
        """End the daemon as if it had crashed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        for feeder in self.feeders:
            feeder.hush()
        self.kill()

    def pactl(self, *arguments: str) -> str:
        done = subprocess.run(["pactl", *arguments], capture_output=True, text=True, env=self._environment, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def microphone(self, description: str, *, rate: int = 16_000, sound: Sound | None = None) -> Microphone:
        """A virtual microphone, plugged in; it delivers `clock_code` where nothing else is given."""
        feeder = Microphone(self, description, rate, sound or clock_code(rate))
        self.feeders.append(feeder)
        feeder.plug()
        return feeder

    def output(self, description: str) -> str:
        """A virtual output, which brings its monitor; returns its module's number."""
        name = description.lower().replace(" ", "_")
        return self.pactl(
            "load-module",
            "module-null-sink",
            f"sink_name={name}",
            f"sink_properties=device.description='{description}'",
        )

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}


class Microphone:
    """A virtual microphone: a FIFO that a thread fills at real pace."""

    def __init__(self, server: PulseServer, description: str, rate: int, sound: Sound) -> None:
        self.id = description.lower().replace(" ", "_")
        self.description = description
        self.rate = rate
        self.sound = sound
        self.writes: deque[tuple[float, float]] = deque(maxlen=100_000)
        """Up to which second since the epoch sound was written, and the monotonic time when it was."""
        self._server = server
        self._fifo = server.folder / f"{self.id}.fifo"
        self._module = ""
        self._thread: threading.Thread | None = None
        self._hushed = threading.Event()

    def plug(self) -> None:
        self._fifo.unlink(missing_ok=True)  # a killed daemon leaves it
        self._module = self._server.pactl(
            "load-module",
            "module-pipe-source",
            f"source_name={self.id}",
            f"file={self._fifo}",
            "format=s16le",
            f"rate={self.rate}",
            "channels=1",
            # The client takes away one layer of quotes, the module the other.
            f"source_properties=\"device.description='{self.description}'\"",
        )
        self.feed()

    def unplug(self) -> None:
        self._server.pactl("unload-module", self._module)
        self.hush()

    def feed(self) -> None:
        """Begin to deliver."""
        self._hushed.clear()
        pipe = os.open(self._fifo, os.O_RDWR | os.O_NONBLOCK)
        self._thread = threading.Thread(target=self._feed, args=(pipe,), daemon=True)
        self._thread.start()

    def hush(self) -> None:
        """Deliver nothing any more, as a device does that hangs."""
        self._hushed.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _feed(self, pipe: int) -> None:
        at = round((time.monotonic() - self._server.epoch) * self.rate)
        try:
            while not self._hushed.is_set():
                due = round((time.monotonic() - self._server.epoch) * self.rate)
                if due > at:
                    block = np.clip(self.sound(at, due - at) * 32_768, -32_768, 32_767).round().astype("<i2").tobytes()
                    self._drain(pipe)
                    os.write(pipe, block)
                    self.writes.append((due / self.rate, time.monotonic()))
                    at = due
                self._hushed.wait(CHUNK)
        finally:
            os.close(pipe)

    def _drain(self, pipe: int) -> None:
        """Throw away what nobody has read: a microphone keeps nothing for later."""
        (waiting,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))
        if waiting > STALE * self.rate * 2:
            with contextlib.suppress(BlockingIOError):
                os.read(pipe, waiting)
