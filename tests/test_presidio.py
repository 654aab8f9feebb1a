"""Presidio's recognisers behind `redact`: what they add, what they leave alone, and that they call nobody."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from commands import refused, run
from needs import ROOT, cannot_run
from private_lines import Line, lines, measure
from traces import Trace

from voiceassist import presidio, privacy
from voiceassist.privacy import redact

REDACTED = [
    ("the model is QQ123456C", "the model is QQ123456C"),  # no national insurance number begins so
    ("it is AB123456C", "it is [NUMBER]"),
    ("my PAN is ABCPE1234F, right", "my PAN is [NUMBER], right"),
    ("el NIF es 12345678Z", "el NIF es [NUMBER]"),
    ("codice RSSMRA85T10A562S", "codice [NUMBER]"),
    ("the address is 192.168.20.31", "the address is [NUMBER]"),
    ("licence MORGA753116SM9IJ and card 4111 1111 1111 1111", "licence [NUMBER] and card [CARD]"),
]


@pytest.fixture
def _on(monkeypatch: pytest.MonkeyPatch) -> None:
    if find_spec("presidio_analyzer") is None:
        cannot_run("Presidio is missing; install it: pip install voiceassist[presidio]")
    monkeypatch.setattr(privacy, "_further", [])
    presidio.switch_on()


@pytest.mark.usefixtures("_on")
@pytest.mark.filterwarnings("default")  # of the libraries below it
@pytest.mark.parametrize(("text", "expected"), REDACTED)
def test_what_it_adds(text: str, expected: str) -> None:
    assert redact(text) == expected
    assert redact(expected) == expected


@pytest.mark.usefixtures("_on")
@pytest.mark.filterwarnings("default")
def test_harmless_lines_stay_as_they_are_without_it() -> None:
    harmless: list[Line] = [line for line in lines() if not line.private]
    assert [line.text for line in harmless if line.taken(redact(line.text))] == []
    for second in (False, True):
        with_it = measure(redact, second=second)[0]
        privacy._further[:], kept = [], [*privacy._further]
        without = measure(redact, second=second)[0]
        privacy._further[:] = kept
        assert (with_it.spoiled, with_it.hidden) == (without.spoiled, without.hidden)


@pytest.mark.usefixtures("_on")
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("at", [*range(285, 310), *range(380, 405), 699, 1_000])
def test_a_number_is_found_wherever_it_stands(at: int) -> None:
    filler = "no we cannot do that " * 100
    assert redact(f"{filler[:at]} AB123456C {filler[at:]}") == f"{filler[:at]} [NUMBER] {filler[at:]}"


@pytest.mark.usefixtures("_on")
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("piece", ["a", "1 ", "a1", "1.", "00:1a:", "ab12 ", "[CARD]", "é "])
def test_long_texts_stay_cheap(piece: str) -> None:
    once = redact((piece * 120_000)[:120_000])
    assert redact(once) == once


@pytest.mark.usefixtures("_on")
@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
def test_it_calls_nobody(tmp_path: Path) -> None:
    trace = Trace(tmp_path, {"VOICEASSIST_PRIVACY__PRESIDIO": "true"})
    turns = tmp_path / "call.json"
    turns.write_text('{"turns": [{"speaker": "agent", "text": "no, AB123456C is not in it", "start": 0, "end": 2}]}')
    done = subprocess.run(
        [*trace.under, sys.executable, "-m", "voiceassist", "replay", str(turns), "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert "[NUMBER] is not in it" in done.stdout, done.stderr
    assert trace.outside() == set()


def test_without_it_one_line_says_how_to_get_it(tmp_path: Path) -> None:
    (tmp_path / "presidio_analyzer.py").write_text("raise ImportError('No module named presidio_analyzer')\n")
    environ = {"VOICEASSIST_PRIVACY__PRESIDIO": "true", "PYTHONPATH": str(tmp_path)}
    assert "pip install voiceassist[presidio]" in refused(run("replay", "call.json", env=environ))
