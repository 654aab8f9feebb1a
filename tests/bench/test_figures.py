"""Percentiles with what never came, what has got worse, and when a machine is not to be believed."""

import json
import math
import re

import pytest

from voiceassist.bench.figures import Figure, read_document, regressions
from voiceassist.bench.machine import Load, Watch, alone
from voiceassist.errors import UsageError


def test_what_never_came_is_infinitely_late() -> None:
    figure = Figure.of([100, None, 200, 300])
    assert (figure.n, figure.missed, figure.p50, figure.p95, figure.worst) == (4, 1, 200, None, None)


def test_a_system_that_misses_does_not_look_faster() -> None:
    assert Figure.of([100, None, None]).p50 is None


def test_what_came_too_early_is_counted() -> None:
    figure = Figure.of([-900, 150, 160])
    assert (figure.early, figure.p50, figure.worst) == (1, 150, 160)


@pytest.mark.parametrize(("count", "p95", "p99"), [(1, 1, 1), (20, 19, 20), (100, 95, 99), (200, 190, 198)])
def test_percentiles_are_values_that_were_measured(count: int, p95: int, p99: int) -> None:
    figure = Figure.of([float(value) for value in range(count, 0, -1)])
    assert (figure.p50, figure.p95, figure.p99) == (math.ceil(count / 2), p95, p99)


def of(values: list[float | None]) -> dict[str, object]:
    return {"figures": {"cue": Figure.of(values).document()}, "to": "client"}


@pytest.mark.parametrize(
    ("now", "worse"),
    [
        ([200.0] * 20, []),
        ([210.0] * 20, []),
        ([260.0] * 20, ["cue p50: 200 ms before, 260 ms now", "cue p95: 200 ms before, 260 ms now"]),
        ([200.0] * 18 + [900.0] * 2, ["cue p95: 200 ms before, 900 ms now"]),
        ([200.0] * 19 + [None], ["cue: missed 0 of 20 before, 1 of 20 now"]),
        ([200.0] * 18 + [None] * 2, ["cue p95: 200 ms before, never now", "cue: missed 0 of 20 before, 2 of 20 now"]),
        ([200.0] * 19 + [-50.0], ["cue: early 0 of 20 before, 1 of 20 now"]),
    ],
)
def test_only_what_is_clearly_worse_is_a_regression(now: list[float | None], worse: list[str]) -> None:
    assert regressions(of([200.0] * 20), of(now)) == worse


def test_small_figures_may_double() -> None:
    assert regressions(of([5.0] * 20), of([12.0] * 20)) == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"bench": "quality", "schema": 2}', '{"bench": "latency", "schema": 1}']
)
def test_a_file_without_figures_is_not_compared_with(tmp_path, text: str) -> None:
    path = tmp_path / "earlier.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="cannot be compared with"):
        read_document(path)


def test_figures_of_this_version_are_read(tmp_path) -> None:
    path = tmp_path / "earlier.json"
    path.write_text(json.dumps({"bench": "latency", "schema": 2, **of([1.0])}))
    assert read_document(path)["figures"] == of([1.0])["figures"]


def test_runs_that_measured_different_things_are_not_compared() -> None:
    with pytest.raises(UsageError, match="an earlier run with to 'paint' cannot be compared with one with 'client'"):
        regressions(of([1.0]) | {"to": "paint"}, of([1.0]))


@pytest.mark.parametrize(
    ("load", "fault"),
    [
        (Load(outside=0.1, own=1.5, late=0.02), ""),
        (Load(outside=0.5, own=0.1, late=0.02), r"0\.50 of a processor core"),
        (Load(outside=0.0, own=2.0, late=0.3), "cannot keep real pace: .* 300 ms late"),
    ],
)
def test_a_machine_without_time_is_not_believed(load: Load, fault: str) -> None:
    assert bool(load.fault) == bool(fault)
    assert re.search(fault, load.fault)


def test_what_this_program_spends_is_its_own() -> None:
    watch = Watch()
    while watch.own() < 0.2:
        sum(range(10_000))
    load = watch.load([0.0] * 99 + [0.5])
    assert load.own > 0
    assert load.late == 0.5


def test_two_benchmarks_at_once_measure_each_other() -> None:
    with alone():
        with pytest.raises(UsageError, match="another benchmark is running") as raised, alone():
            pass
        assert raised.value.code == "bench-running"
    with alone():
        pass
