"""The command line as a person types it, and the one line that it leaves when it refuses."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from needs import ROOT

from voiceassist.cli import main

Command = Callable[..., tuple[int, str, str]]

LINE = re.compile(r"^voiceassist: error\[[a-z-]+\]: [^\n]+\n\Z")


def run(
    *args: str, stdin: str = "", env: dict[str, str] | None = None, cwd: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "voiceassist", *args],
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        timeout=100,
        check=False,
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a command that was refused."""
    errors = [line for line in done.stderr.splitlines(keepends=True) if not line.startswith("recogniser:")]
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert LINE.match("".join(errors)), done.stderr
    return errors[0]


def typing(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """Type a command, and an `answer`, in this process.

    Gives its exit code, and what it says on standard output and standard error.
    """

    def typed(*words: str, answer: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["voiceassist", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
        with pytest.raises(SystemExit) as left:
            main()
        code = left.value.code
        assert isinstance(code, int)
        return code, *capfd.readouterr()

    return typed
