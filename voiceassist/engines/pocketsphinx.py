"""The embedded recogniser, PocketSphinx with the English model of its wheel, in a process of its own.

It holds the interpreter lock for hundreds of milliseconds at a time, which no event loop could bear.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

from voiceassist.core.types import SAMPLE_RATE, Samples, SpeechSegment, Word
from voiceassist.engines.evidence import LEAST_LIKENESS, raised, speech_evidence
from voiceassist.engines.pocketsphinx_worker import HEADER
from voiceassist.errors import EngineError

_WORKER = Path(__file__).with_name("pocketsphinx_worker.py")
_FRAME = SAMPLE_RATE // 100
_START_LIMIT = 30.0
_BASE_LIMIT, _LIMIT_PER_SECOND = 10.0, 5.0
_LEAST_BELIEF, _CLEAR = 0.002, 0.9
"""Where the sound is clearly speech, words of less probability were nearly all wrong; a "no" amid noise lies above."""
_TENFOLD = 0.2
"""So much less clear, and the words must be ten times as probable: a tune is half a voice and makes half a word."""
_HUMS = frozenset({"hm", "hmm", "hmmm", "mm", "uh", "uhh", "um"})
"""A breath of nothing else is somebody humming or clearing a throat."""


class PocketsphinxTranscriber:
    """Words by the embedded recogniser. Its process is started when first needed, and anew after it died or hung."""

    name = "pocketsphinx (embedded)"
    limited = True
    quick = False
    notice = ""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._closed = False

    def warm_up(self) -> None:
        """Start the process and recognise a moment of silence. Raises EngineError (`engine-died`)."""
        self._ask(b"\0" * SAMPLE_RATE)

    def transcribe(self, samples: Samples, segment: SpeechSegment) -> list[Word]:
        """The words of `segment`, as base.Transcriber says. Raises EngineError (`engine-died`, `engine-closed`)."""
        evidence = speech_evidence(samples)
        if evidence < LEAST_LIKENESS:
            return []
        least = _LEAST_BELIEF * 10 ** (max(0.0, _CLEAR - evidence) / _TENFOLD)
        words: list[Word] = []
        last = segment.start
        for line in self._ask(_pcm(samples)).splitlines():
            first_frame, last_frame, belief, text = line.split()
            if float(belief) < least:
                return []
            start = min(max(segment.start + int(first_frame) * _FRAME, last), segment.end)
            last = min(max(segment.start + (int(last_frame) + 1) * _FRAME, start), segment.end)
            words.append(Word(start, last, text, min(1.0, float(belief))))
        return [] if all(word.text in _HUMS for word in words) else words

    def close(self) -> None:
        """End the process. Safe to call twice, also while another thread waits for words."""
        with self._lock:
            self._closed = True
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def _ask(self, pcm: bytes) -> str:
        worker = self._running()
        try:
            return worker.ask(pcm)
        except _WorkerGoneError as error:
            worker.end()
            with self._lock:
                self._worker = None
            raise EngineError(
                f"the embedded recogniser {error}; it is started again for the next words", code="engine-died"
            ) from error

    def _running(self) -> _Worker:
        with self._lock:
            if self._closed:
                raise EngineError("the embedded recogniser was closed: make a new one", code="engine-closed")
            if self._worker is None:
                self._worker = _Worker()
            return self._worker


class _WorkerGoneError(Exception):
    """Why the process gives no answer."""


class _Worker:
    """The process and its pipes."""

    def __init__(self) -> None:
        # -P keeps this folder, which holds a pocketsphinx.py, off the process's path.
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._replies = self._process.stdin, self._process.stdout
        self._loaded = False

    def ask(self, pcm: bytes) -> str:
        """The reply to `pcm`. Raises _WorkerGoneError where the process died, or took so long that it was ended."""
        if not self._loaded:
            self._within(_START_LIMIT, None)
            self._loaded = True
        return self._within(_BASE_LIMIT + _LIMIT_PER_SECOND * len(pcm) / 2 / SAMPLE_RATE, pcm)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._replies.close()
        with contextlib.suppress(OSError):
            # What was not written yet can no longer be.
            self._requests.close()

    def _within(self, limit: float, pcm: bytes | None) -> str:
        # Pipes know no timeout that every platform has; to end the process ends the wait.
        hung = threading.Event()

        def give_up() -> None:
            hung.set()
            self._process.kill()

        watchdog = threading.Timer(limit, give_up)
        watchdog.daemon = True
        watchdog.start()
        try:
            if pcm is not None:
                self._requests.write(HEADER.pack(len(pcm)) + pcm)
                self._requests.flush()
            (size,) = HEADER.unpack(_exactly(self._replies, HEADER.size))
            return _exactly(self._replies, size).decode()
        except (OSError, ValueError, EOFError) as error:
            # A pipe closed by `end` in another thread raises ValueError.
            raise _WorkerGoneError("gave no answer in time" if hung.is_set() else "ended unexpectedly") from error
        finally:
            watchdog.cancel()


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _pcm(samples: Samples) -> bytes:
    """Sound as 16-bit PCM, quiet sound raised."""
    return (raised(samples) * 32_767).astype("<i2").tobytes()
