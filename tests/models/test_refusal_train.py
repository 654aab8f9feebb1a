"""The whole path from rows to a loaded ear, in small: 200 rows and a few steps."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest
from needs import ROOT, cannot_run

from voiceassist.core.types import Label
from voiceassist.engines.refusal import CARD, MODEL, TOKENIZER, RefusalClassifier

FOLDER = ROOT / "models" / "refusal"


def run(module: str, *args: str) -> str:
    """Run a program of the model's folder in an interpreter of its own: torch stays out of this one."""
    python = ROOT / ".build" / "train" / "bin" / "python"
    if not python.exists():
        cannot_run("what trains the model is missing; install it: make .build/train/.ready")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [str(python), "-m", f"models.refusal.{module}", *args],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ear")
    run("train", "--smoke", "--out", str(folder))
    return folder


@pytest.mark.timeout(600)
def test_rows_become_an_ear(built: Path, tmp_path: Path):
    run("export", "--build", str(built), "--out", str(tmp_path))
    ear = RefusalClassifier(tmp_path)
    scores = ear.classify("Can I get a refund?", "No, we can't do that.")
    assert all(0 <= scores[label] <= 1 for label in Label)
    assert scores.vector.shape == (384,)
    rows = str(FOLDER / "data" / "dev.jsonl")
    assert "refusal" in run("evaluate", rows, "--model", str(tmp_path))
    assert sum((tmp_path / name).stat().st_size for name in (CARD, MODEL, TOKENIZER)) <= 25_000_000


@pytest.mark.timeout(600)
def test_the_same_seed_makes_the_same_ear(built: Path, tmp_path: Path):
    run("train", "--smoke", "--out", str(tmp_path))
    digests = [hashlib.sha256((folder / "ear.pt").read_bytes()).hexdigest() for folder in (built, tmp_path)]
    assert digests[0] == digests[1]


def test_the_card_speaks_of_the_shipped_file():
    digest = hashlib.sha256((FOLDER / MODEL).read_bytes()).hexdigest()
    assert re.findall(r"`refusal\.onnx` sha256 `([0-9a-f]{64})`", (FOLDER / "card.md").read_text("utf-8")) == [digest]
