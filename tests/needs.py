"""What a test may ask of the machine: a system program, or the material that lies beside the project.

Where it is missing the test skips with the line that installs it. On CI, where everything can be installed, such a skip
would hide a test that never ran, so it fails instead.
"""

import os
import shutil
import signal
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parent.parent


def on_ci() -> bool:
    """Tell whether this is a CI run (`CI=true`)."""
    return os.environ.get("CI", "").lower() in {"1", "true"}


def cannot_run(reason: str) -> NoReturn:
    """Skip the test with `reason`; fail it on CI."""
    if on_ci():
        pytest.fail(f"{reason} (on CI this is a failure)", pytrace=False)
    pytest.skip(reason)


def needs(program: str, package: str) -> str:
    """Return the path of `program`; where it is missing, skip (on CI: fail) with the line that installs `package`."""
    path = shutil.which(program)
    if path is None:
        cannot_run(f"{program} is missing; install it: sudo apt-get install {package}")
    return path


def hear_ctrl_c() -> None:
    """Let a child that is about to start hear Ctrl-C: those of a shell's background jobs are born deaf to it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def shared() -> Path:
    """Return the folder `shared` beside the project; skip where it is absent, also on CI: it is not ours."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the folder shared/ is not beside the project")
    return folder
