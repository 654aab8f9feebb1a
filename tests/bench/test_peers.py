"""The comparison with other programs: its ears are honest, its ratios too, and it runs whatever is there."""

import importlib.util
import json
import math
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from needs import ROOT

from benchmarks.peers import figures, picture
from benchmarks.peers.play import Played
from benchmarks.peers.systems import SYSTEMS

CHANCE = np.random.default_rng(3)
CLIP = CHANCE.normal(0, 0.01, 48_000).astype(np.float32)
WORDS = [(16_000, 20_000, "no"), (20_000, 25_000, "we"), (25_000, 32_000, "can't")]


@pytest.fixture(scope="module")
def oracle() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "oracle", ROOT / "benchmarks" / "peers" / "oracle" / "sitecustomize.py"
    )
    assert spec is not None
    assert spec.loader is not None
    before = [*sys.meta_path]
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.meta_path[:] = before
    return module


@pytest.fixture
def clip(tmp_path: Path) -> dict[str, object]:
    sound = tmp_path / "clip.raw"
    sound.write_bytes(np.rint(CLIP * 32768).astype("<i2").tobytes())
    return {"sound": str(sound), "words": WORDS}


def piece(start: int, end: int) -> np.ndarray:
    return np.rint(CLIP[start:end] * 32768).astype(np.float32) / 32768


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (0, 48_000, ["no", "we", "can't"]),
        (0, 32_000, ["no", "we", "can't"]),
        (0, 31_300, ["no", "we", "can't"]),  # to 50 ms before a word's end
        (0, 31_100, ["no", "we"]),
        (0, 24_300, ["no", "we"]),
        (0, 24_100, ["no"]),
        (0, 16_000, []),
        (19_000, 48_000, ["we", "can't"]),  # most of the first word is gone
        (40_000, 48_000, []),
    ],
)
def test_a_system_hears_what_it_was_given(oracle, clip, start: int, end: int, said: list[str]) -> None:
    assert [text for _, _, text in oracle.heard(piece(start, end), clip)] == said


def test_words_are_placed_in_the_piece(oracle, clip) -> None:
    assert oracle.heard(piece(10_000, 48_000), clip)[0] == (6_000, 10_000, "no")


def test_padding_and_what_was_said_before_do_not_matter(oracle, clip) -> None:
    before = np.rint(CHANCE.normal(0, 0.01, 8_000) * 32768).astype(np.float32) / 32768
    around = np.concatenate([np.zeros(3_000, np.float32), before, piece(0, 34_000), np.zeros(9_000, np.float32)])
    found = oracle.heard(around, clip)
    assert [text for _, _, text in found] == ["no", "we", "can't"]
    assert found[0][:2] == (27_000, 31_000)


def test_what_is_none_of_the_clip_has_no_words(oracle, clip) -> None:
    assert oracle.heard(np.zeros(16_000, np.float32), clip) is None
    assert oracle.heard(CHANCE.normal(0, 0.01, 16_000).astype(np.float32), clip) is None


def rows(system: str, finals: list[float | None]) -> list[Played]:
    return [Played(system, "clip", final, final, 1, 0.5, 0.0) for final in finals]


def test_a_ratio_is_of_medians_and_its_interval_holds_it() -> None:
    theirs = {clip: [at, at + 10.0, at - 10.0] for clip, at in (("a", 400.0), ("b", 420.0), ("c", 360.0))}
    ours = {clip: [value / 2 for value in values] for clip, values in theirs.items()}
    assert figures.ratio(theirs, ours) == {"ratio": 2.0, "low": 2.0, "high": 2.0}  # the same clips for both
    other = figures.ratio(theirs, {**ours, "c": [100.0] * 3})
    assert other["low"] <= other["ratio"] <= other["high"]
    assert other["low"] < other["high"]


def test_a_system_that_misses_has_no_ratio_to_boast_of() -> None:
    never = {"a": [None, None, 100.0], "b": [100.0] * 3, "c": [None] * 3}
    always = {clip: [200.0] * 3 for clip in never}
    assert figures.ratio(never, always) == {"ratio": None, "low": 0.5, "high": None}
    assert figures.ratio(always, never) == {"ratio": None, "low": None, "high": None}
    assert figures.ratio(never, never)["ratio"] is None


def test_the_table_says_what_came_late_and_what_never_came() -> None:
    ours, theirs = "voiceassist, 200 ms", "RealtimeSTT"
    found = figures.document(rows(ours, [200.0] * 4) + rows(theirs, [800.0] * 3 + [None]), {"weights": "scripted"})
    text = figures.markdown(found)
    row = next(line for line in text.splitlines() if line.startswith(f"| {theirs} "))
    assert "800 / never" in row
    assert "1 of 4" in row
    assert "4.0 (" in row
    assert picture.bars(found).count("<svg") == 1
    assert found["outside"] == {"p50": 0.0, "p95": 0.0}


def test_every_system_has_its_adapter_and_its_requirements() -> None:
    folder = ROOT / "benchmarks" / "peers"
    for system in SYSTEMS:
        assert (folder / "adapters" / f"{system.adapter}.py").is_file()
        assert not system.peer or (folder / "requirements" / f"{system.peer}.txt").is_file()
    assert len({system.name for system in SYSTEMS}) == len(SYSTEMS)
    assert {system.peer for system in SYSTEMS if system.tuned} >= {system.peer for system in SYSTEMS if system.peer}


@pytest.mark.timeout(180)
def test_what_needs_no_environment_of_its_own_is_measured_here(tmp_path: Path) -> None:
    names = ["voiceassist, 200 ms, 3 s", "faster-whisper"]
    command = [sys.executable, "-m", "benchmarks.peers", "--only", *names, "--repeat", "1", "--clips", "1"]
    done = subprocess.run([*command, "--out", str(tmp_path)], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0 or "other programs used" in done.stderr, done.stderr
    found = json.loads((tmp_path / "peers.json").read_text("utf-8"))
    assert [line["system"] for line in found["systems"]] == names
    for line in found["systems"]:
        assert line["final"]["missed"] == 0
        assert 0 < line["final"]["p50"] < math.inf
        assert line["cpu_seconds"] > 0
    assert (tmp_path / "peers.svg").read_text("utf-8").startswith("<?xml")
    assert names[1] in (tmp_path / "peers.md").read_text("utf-8")
