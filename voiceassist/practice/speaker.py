"""Plays the customer's lines on the default output, by a process of its own: PortAudio speaks up, and may crash."""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import subprocess
import sys
from importlib import import_module
from threading import Timer
from typing import Any, BinaryIO, Self

import numpy as np
import soxr  # pyright: ignore[reportMissingTypeStubs]

from voiceassist.core.types import SAMPLE_RATE, Samples
from voiceassist.errors import AudioError

_WORKER = [sys.executable, "-P", "-m", "voiceassist.practice.speaker"]
_SIZE = struct.Struct("<I")
"""Before the samples of a line, float32 in native order: their bytes."""
_READY = b"ready\n"
_START_LIMIT, _END_LIMIT = 10.0, 2.0
NO_OUTPUT = "no sound can be played"


class Speaker:
    """The default output. Raises AudioError (`no-output`) when there is none. Use it as a context."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            _WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdout is not None
        patience = Timer(_START_LIMIT, self._process.kill)
        patience.start()
        answer = self._process.stdout.readline()
        patience.cancel()
        if answer != _READY:
            self.close()
            raise AudioError(NO_OUTPUT, code="no-output")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def play(self, sound: Samples) -> None:
        """Begin to play at once; what still plays stops. Raises AudioError where the output is gone."""
        pipe = self._process.stdin
        assert pipe is not None
        body = sound.tobytes()
        try:
            pipe.write(_SIZE.pack(len(body)) + body)
            pipe.flush()
        except OSError:
            raise AudioError(NO_OUTPUT, code="no-output") from None

    def close(self) -> None:
        """Stop playing, and end the process."""
        self._process.kill()
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self._process.communicate(timeout=_END_LIMIT)


def main() -> None:
    """The process: says that it is ready, then plays what comes, until nothing more does."""
    # Ctrl-C reaches the whole console; the caller ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    library: Any = import_module("sounddevice")
    rate, channels = form_of(library)
    answers.write(_READY)
    lines: BinaryIO = os.fdopen(0, "rb")
    while head := lines.read(_SIZE.size):
        sound = np.frombuffer(lines.read(*_SIZE.unpack(head)), np.float32)
        if rate != SAMPLE_RATE:
            sound = soxr.resample(sound, SAMPLE_RATE, rate)
        library.play(np.repeat(sound[:, np.newaxis], channels, axis=1), rate)


def form_of(library: Any) -> tuple[int, int]:
    """A rate (Hz) and a number of channels that the default output takes. Raises what PortAudio does, where none."""
    own = round(library.query_devices(kind="output")["default_samplerate"])
    forms = [(SAMPLE_RATE, 1), (own, 1), (SAMPLE_RATE, 2), (own, 2)]
    for rate, channels in forms:
        with contextlib.suppress(library.PortAudioError):
            library.check_output_settings(samplerate=rate, channels=channels)
            return rate, channels
    library.check_output_settings()
    return forms[-1]


if __name__ == "__main__":
    main()
