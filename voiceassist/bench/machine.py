"""The machine that a figure was taken on, and whether it had the time for it."""

from __future__ import annotations

import os
import platform
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from filelock import FileLock, Timeout

from voiceassist.errors import UsageError

CORES = os.cpu_count() or 1
MOST_OUTSIDE = 0.2
"""Processor cores that others may use, or a host may hold back, while figures are taken."""
MOST_LATE = 0.1
"""Seconds that one frame in a hundred may come late: a machine later than that cannot keep a call's pace."""
_BROWSER = ("chrom", "node", "playwright")


@dataclass(frozen=True, slots=True)
class Load:
    """What ran meanwhile, in processor cores; `own` is without the browser. `late` is the p99 of frames, in seconds."""

    outside: float
    own: float
    late: float

    @property
    def fault(self) -> str:
        """Why the figures cannot be trusted, empty where they can."""
        if self.late > MOST_LATE:
            return (
                f"this machine cannot keep real pace: one frame in a hundred came {1000 * self.late:.0f} ms late; "
                "close other programs, ask for fewer calls, or take a smaller model"
            )
        if self.outside > MOST_OUTSIDE:
            return (
                f"other programs used {self.outside:.2f} of a processor core meanwhile, or the host held it back: "
                f"more than {MOST_OUTSIDE} makes figures useless; try again when the machine is quiet"
            )
        return ""


def describe() -> dict[str, str | int | float | None]:
    """The system, Python, cores, and how busy the machine is (one-minute load, None where it is not told)."""
    return {
        "platform": platform.platform(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def busy() -> float:
    """Seconds since the machine's start in which some processor was not idle, stolen ones included."""
    times: Any = _psutil().cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0)


class Watch:
    """Counts processor seconds from its making on: those of this program, and those that others took."""

    def __init__(self) -> None:
        self._psutil: Any = _psutil()
        self._began = time.monotonic()
        self._busy, (self._own, self._all) = busy(), self._program()

    def own(self) -> float:
        """Processor seconds of this program and of what it started, without a browser."""
        return self._program()[0] - self._own

    def load(self, late: Sequence[float]) -> Load:
        """What ran so far; `late` are seconds by which frames came late."""
        seconds = max(1e-9, time.monotonic() - self._began)
        spent, (own, everything) = busy() - self._busy, self._program()
        ordered = sorted(late) or [0.0]
        return Load(
            outside=max(0.0, spent - (everything - self._all)) / seconds,
            own=(own - self._own) / seconds,
            late=ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))],
        )

    def _program(self) -> tuple[float, float]:
        """Seconds of this program without and with its browser."""
        process = self._psutil.Process()
        own = everything = sum(process.cpu_times()[:4])
        for child in process.children(recursive=True):
            try:
                spent = sum(child.cpu_times()[:2])
                everything += spent
                own += 0.0 if child.name().lower().startswith(_BROWSER) else spent
            except self._psutil.Error:  # it has just ended
                continue
        return own, everything


@contextmanager
def alone() -> Generator[None]:
    """Let no other benchmark of this user run meanwhile. Raises UsageError (`bench-running`) where one does."""
    user = os.getenv("USER") or os.getenv("USERNAME") or ""
    lock = FileLock(Path(tempfile.gettempdir()) / f"voiceassist-bench-{user}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError("another benchmark is running: two at once measure each other", code="bench-running") from None
    try:
        yield
    finally:
        lock.release()


def _psutil() -> ModuleType:
    try:
        import psutil  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise UsageError(
            "how busy the machine is cannot be seen: pip install 'voiceassist[bench]'", code="bench-extra-missing"
        ) from None
    return psutil
