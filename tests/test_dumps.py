"""A crash in mid-call writes no memory to a disk. That `listen` asks for it is tested where its files are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from voiceassist.dumps import switch_off_reports

LIMITS = "import resource; print(*resource.getrlimit(resource.RLIMIT_CORE))"
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems take 0 for none")


def run(program: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=cwd)


@linux
def test_every_process_that_is_started_then_leaves_none_too(tmp_path: Path) -> None:
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {LIMITS!r}], check=True)"
    done = run(f"from voiceassist import dumps; dumps.switch_off(); {child}", tmp_path)
    assert done.stdout == "1 1\n", done.stderr


@posix
def test_where_none_are_allowed_it_stays_so(tmp_path: Path) -> None:
    done = run(
        f"import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0));"
        f"from voiceassist import dumps; dumps.switch_off(); dumps.switch_off(); {LIMITS}",
        tmp_path,
    )
    assert done.stdout == "0 0\n", done.stderr


@posix
def test_a_crash_leaves_nothing(tmp_path: Path) -> None:
    crash = "from voiceassist import dumps; dumps.switch_off(); import os; os.abort()"
    pid = os.spawnl(os.P_NOWAIT, "/bin/sh", "sh", "-c", f'cd {tmp_path} && exec "{sys.executable}" -c "{crash}"')
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status)
    assert not os.WCOREDUMP(status)
    assert list(tmp_path.iterdir()) == []


class Windows:
    """What it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def WerSetFlags(self, flags: int, /) -> int:  # noqa: N802
        self.asked.append(("flags", flags))
        return 0

    def SetErrorMode(self, mode: int, /) -> int:  # noqa: N802
        self.asked.append(("mode", mode))
        return 0


def test_windows_is_asked_for_reports_without_heap_and_for_none() -> None:
    kernel = Windows()
    switch_off_reports(kernel)
    assert kernel.asked == [("flags", 1), ("mode", 3)]
