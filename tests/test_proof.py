"""The proof under load and fault in its short form: real servers, two kills of each."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from needs import ROOT, needs


def prove(tmp_path: Path, *names: str) -> None:
    """Run scenarios in their short form. All must hold, save how long things take: this machine may be busy."""
    figures = tmp_path / "proof.json"
    command = [sys.executable, "-m", "benchmarks.proof", "--short", "--json", str(figures), "--only", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert figures.exists(), done.stderr
    scenarios = json.loads(figures.read_text())["scenarios"]
    assert [scenario["scenario"] for scenario in scenarios] == [*names]
    for scenario in scenarios:
        assert scenario["faults"] == []
        assert [claim for claim in scenario["claims"] if not (claim["holds"] or claim["timed"])] == []


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scenario", ["kill-hub", "kill-agent", "kill-postgres", "kill-redis", "kill-one-of-three"])
def test_nothing_is_lost_doubled_or_out_of_order_when_it_is_killed(tmp_path: Path, scenario: str):
    needs("redis-server", "redis-server")
    prove(tmp_path, scenario)


@pytest.mark.timeout(300)
def test_readers_that_hurt_are_let_go_and_hours_of_calls_leave_nothing_behind(tmp_path: Path):
    prove(tmp_path, "stalled-reader", "soak-fast")


def test_a_scenario_that_does_not_hold_is_said_and_fails(tmp_path: Path):
    figures = tmp_path / "proof.json"
    command = [sys.executable, "-m", "benchmarks.proof", "--short", "--only", "load", "--agents", "2", "--most", "0"]
    done = subprocess.run([*command, "--json", str(figures)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, "DOES NOT HOLD" in done.stderr) == (1, True)
    [shown] = json.loads(figures.read_text())["scenarios"]
    assert not shown["holds"]
    assert shown["command"].startswith("python -m benchmarks.proof --only load")
