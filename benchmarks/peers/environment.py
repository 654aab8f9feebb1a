"""An environment for each peer, with its own pinned requirements: theirs exclude one another, and ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent
ROOT = _FOLDER.parent.parent
BUILT = ROOT / ".build" / "peers"


def python_of(peer: str) -> Path:
    """The Python of a peer's environment, made first if it is not there or its requirements have changed.

    Raises subprocess.CalledProcessError where it cannot be installed.
    """
    if not peer:
        return Path(sys.executable)
    wanted = _FOLDER / "requirements" / f"{peer}.txt"
    home = BUILT / peer
    python, mark = home / "bin" / "python", home / ".ready"
    if not mark.is_file() or mark.read_text("utf-8") != wanted.read_text("utf-8"):
        print(f"installing {peer} ...", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # What a build of torch needs beside itself hangs on the build. All else is pinned, without what is never
        # imported here, such as torchaudio.
        if torch := [line for line in wanted.read_text("utf-8").split() if line.startswith("torch==")]:
            subprocess.run([*pip, *torch], check=True)
        subprocess.run([*pip, "--no-deps", "-r", wanted], check=True)
        mark.write_text(wanted.read_text("utf-8"), "utf-8")
    return python
