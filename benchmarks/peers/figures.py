"""What all the clips came to: medians, and ratios with the interval that chance leaves them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from benchmarks.peers.play import Played
from benchmarks.peers.systems import SYSTEMS, System
from voiceassist.bench.figures import Figure

_DRAWS = 2000
_NEVER = 1e9
"""Milliseconds that stand for words that never came."""


def table(rows: Sequence[Played]) -> list[dict[str, Any]]:
    """A line per system that was played: figures in milliseconds, processor seconds, and ratios to each of ours.

    A ratio is of medians, with the interval in which 95 of 100 lie when the clips are drawn anew.
    """
    played = [(system, [row for row in rows if row.system == system.name]) for system in SYSTEMS]
    ours = {system.name: found for system, found in played if system.ours and found}
    return [_line(system, found, ours) for system, found in played if found]


def _line(system: System, rows: Sequence[Played], ours: Mapping[str, Sequence[Played]]) -> dict[str, Any]:
    cpu = [row.cpu for row in rows if row.cpu is not None]
    finals = _by_clip(rows, lambda row: row.final)
    shown = _by_clip(rows, lambda row: row.shown)
    references = {name: _by_clip(found, lambda row: row.final) for name, found in ours.items()}
    return {
        "system": system.name,
        "setting": system.says,
        "tuned": system.tuned,
        "final": Figure.of(row.final for row in rows).document(),
        "shown": Figure.of(row.shown for row in rows).document(),
        "cpu_seconds": round(float(np.median(cpu)), 3) if cpu else None,
        "in_pieces": sum(row.pieces > 1 for row in rows),
        "ratios": {name: ratio(finals, times) for name, times in references.items()},
        "ratios_shown": {name: ratio(shown, times) for name, times in references.items()},
    }


def _by_clip(rows: Sequence[Played], value: Callable[[Played], float | None]) -> dict[str, list[float | None]]:
    return {clip: [value(row) for row in rows if row.clip == clip] for clip in sorted({row.clip for row in rows})}


def ratio(
    theirs: Mapping[str, Sequence[float | None]], ours: Mapping[str, Sequence[float | None]]
) -> dict[str, float | None]:
    """How many times as late they are, by clip, with the 95 % interval; None where words that never came decide it.

    The interval is that of medians over clips drawn anew, the same ones for both.
    """
    draw, clips = np.random.default_rng(0), sorted(theirs.keys() & ours.keys())
    above, below = {clip: _times(theirs[clip]) for clip in clips}, {clip: _times(ours[clip]) for clip in clips}

    def of(drawn: Sequence[str]) -> float:
        upper, lower = (float(np.median(np.concatenate([by[clip] for clip in drawn]))) for by in (above, below))
        return math.nan if lower >= _NEVER / 2 else math.inf if upper >= _NEVER / 2 else upper / lower

    drawn = [of(draw.choice(clips, len(clips)).tolist()) for _ in range(_DRAWS)]
    low, high = (math.nan, math.nan)
    if not any(math.isnan(value) for value in drawn):
        low, high = np.quantile(drawn, [0.025, 0.975], method="nearest")
    return {name: _said(value) for name, value in (("ratio", of(clips)), ("low", low), ("high", high))}


def _times(values: Sequence[float | None]) -> np.ndarray:
    return np.array([_NEVER if value is None else value for value in values])


def _said(value: float) -> float | None:
    return round(float(value), 2) if math.isfinite(value) else None


def document(rows: Sequence[Played], about: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that was measured."""
    outside = sorted(row.outside for row in rows)
    return {
        "bench": "peers",
        **about,
        "outside": {"p50": outside[len(outside) // 2], "p95": outside[round(0.95 * (len(outside) - 1))]},
        "systems": table(rows),
        "rows": [asdict(row) for row in rows],
    }


def markdown(document: Mapping[str, Any]) -> str:
    """The table for people."""
    references = [line["system"] for line in document["systems"] if line["system"] in _ours()]
    heads = ["system", "setting", "final text, median / p95 ms", "shown first, median", "missed", "CPU s"]
    lines = [heads + [f"ratio to {name.removeprefix('voiceassist, ')}" for name in references]]
    lines.append(["---"] * len(lines[0]))
    for line in document["systems"]:
        final = line["final"]
        cpu = "-" if line["cpu_seconds"] is None else f"{line['cpu_seconds']:.2f}"
        cells = [line["system"], line["setting"], f"{_ms(final['p50'])} / {_ms(final['p95'])}"]
        cells += [_ms(line["shown"]["p50"]), f"{final['missed']} of {final['n']}", cpu]
        lines.append(cells + [_times_as(line["ratios"][name]) for name in references])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _ours() -> set[str]:
    return {system.name for system in SYSTEMS if system.ours}


def _times_as(found: Mapping[str, float | None]) -> str:
    if found["ratio"] is None:
        return "-"
    low, high = found["low"], found["high"]
    return f"{found['ratio']:.1f} ({'-' if low is None else f'{low:.1f}'}-{'-' if high is None else f'{high:.1f}'})"


def _ms(value: float | None) -> str:
    return "never" if value is None else f"{value:.0f}"
