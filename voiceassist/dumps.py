"""No memory of this process, in which there is sound, goes to a disk when it crashes."""

from __future__ import annotations

import ctypes
import sys
from typing import Protocol

_NO_HEAP = 0x1
_NO_CRITICAL_BOX, _NO_FAULT_BOX = 0x1, 0x2


class Kernel(Protocol):
    """The part of Windows that is asked for it."""

    def WerSetFlags(self, flags: int, /) -> int: ...  # noqa: N802 - its name there
    def SetErrorMode(self, mode: int, /) -> int: ...  # noqa: N802


def switch_off() -> None:
    """Leave no core dump and no heap in a crash report, from here on and in every process that is started."""
    if sys.platform == "win32":
        switch_off_reports(ctypes.windll.kernel32)
        return
    import resource  # noqa: PLC0415 - only here there is one

    # Linux pays no heed to a limit of 0 where dumps go to a program; one byte stops those, too, and is no dump.
    least = 1 if sys.platform == "linux" else 0
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    limit = least if hard == resource.RLIM_INFINITY else min(least, hard)
    resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))


def switch_off_reports(kernel: Kernel) -> None:
    """Let Windows put no heap into a report of this process, and make none of it or of those that it starts."""
    kernel.WerSetFlags(_NO_HEAP)
    kernel.SetErrorMode(_NO_CRITICAL_BOX | _NO_FAULT_BOX)
