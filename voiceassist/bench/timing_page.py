"""The figures of `bench latency` as a page: each phrase a dot, how long it took, and what the time went into."""

from __future__ import annotations

import html
import io
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

from voiceassist.bench.pictures import require
from voiceassist.errors import UsageError

Axes: TypeAlias = Any
Rows: TypeAlias = Sequence[Mapping[str, Any]]

_INK, _QUIET, _FAINT = "#1f2933", "#5c6773", "#dde2e7"
_COLOURS = {"wait": "#9fb8c8", "compute": "#1f5a78", "paint": "#b84e31"}
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": _INK,
    "axes.edgecolor": _FAINT,
    "axes.labelcolor": _QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _QUIET,
    "ytick.color": _INK,
    "ytick.major.size": 0,
    "svg.fonttype": "path",
    "svg.hashsalt": "voiceassist",
}
_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>How late a cue is</title>
<style>
:root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; color: #1f2933; background: #fff; }
body { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem; }
p { margin: .25rem 0; } .quiet { color: #5c6773; } .bad { color: #a3341a; font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: .3rem .9rem .3rem 0; text-align: right; border-bottom: 1px solid #dde2e7; }
th:first-child, td:first-child { text-align: left; }
th { font-weight: 600; color: #5c6773; } svg { max-width: 100%; height: auto; }
</style>
"""


def write(found: Mapping[str, Any], folder: Path) -> Path:
    """Write index.html into `folder` and return its path. Raises UsageError where it cannot be written."""
    require()
    rows: Rows = found["rows"]
    parts = [_HEAD, *_opening(found), *_table(found["figures"])]
    if cued := [row for row in rows if row["cue"] is not None and row["kind"] != "other"]:
        parts += ["<h2>From the last sound to the cue</h2>", _picture(_dots, cued)]
        parts += ["<h2>What the time went into</h2>", _picture(_split, cued)]
        parts.append(
            '<p class="quiet">Waiting: until enough silence was heard to decide. Computing: from then until a client '
            "had the cue; what was computed while waiting is not in it. Painting: until it stood on the page.</p>"
        )
    path = folder / "index.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(parts) + "\n", "utf-8")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from None
    return path


def _opening(found: Mapping[str, Any]) -> Sequence[str]:
    cue = found["figures"].get("refusal to cue", {}).get("p50")
    where = "painted" if found["to"] == "paint" else "at a client"
    title = "No cue came for half of the refusals" if cue is None else f"A refusal’s cue is {where} after {cue:.0f} ms"
    machine, guessed = found["machine"], found["speculation"]
    many = f"{found['phrases']} phrases, {found['calls']} at a time"
    false = f"{found['false_cues']} of {found['phrases_without_a_refusal']}"
    cost = f"{found['cpu_seconds_a_phrase']:.2f} processor seconds a phrase"
    others = f"others used {found['load']['outside']:.2f} of a core"
    lines = (
        f"Half of them sooner, half later, counted from the last sound above −40 dBFS; {many}.",
        f"Weights: {found['weights']}. Words: {found['words']}.",
        f"Cues without a refusal: {false}. Breaths ended too soon: {guessed['ended_early']}.",
        f"Guesses for nothing: {guessed['wasted']} of {guessed['guesses']}; {cost}.",
        f"{machine['platform']}, {machine['cores']} cores; {others}. voiceassist {found['version']}.",
    )
    return [f"<h1>{html.escape(title)}</h1>", *(f'<p class="quiet">{html.escape(line)}</p>' for line in lines)]


def _table(figures: Mapping[str, Mapping[str, Any]]) -> Sequence[str]:
    keys = ("n", "missed", "early", "p50", "p95", "p99", "worst")
    head = "".join(f"<th>{key}</th>" for key in keys)
    body = [
        f"<tr><td>{html.escape(name)}</td>" + "".join(f"<td>{_cell(figure[key])}</td>" for key in keys) + "</tr>"
        for name, figure in figures.items()
    ]
    return [
        "<h2>Milliseconds</h2>",
        f'<div class="scroll"><table><tr><th></th>{head}</tr>',
        *body,
        "</table></div>",
        '<p class="quiet">What never came counts as infinitely late; early: before the phrase was over.</p>',
    ]


def _cell(value: float | None) -> str:
    return "never" if value is None else f"{value:.0f}"


def _picture(draw: Callable[[Axes, Rows], None], rows: Rows) -> str:
    """An SVG of the right height for so many phrases."""
    pyplot: Any = import_module("matplotlib")
    figure_type: Any = import_module("matplotlib.figure").Figure
    phrases = len({_name(row) for row in rows})
    with pyplot.rc_context(_STYLE):
        figure = figure_type(figsize=(9, 1.0 + 0.27 * phrases), layout="constrained")
        draw(figure.add_subplot(), rows)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :]


def _name(row: Mapping[str, Any]) -> str:
    """What was said, by whomever; the clip's name where nobody knows."""
    return row["said"] or row["phrase"]


def _names(axes: Axes, rows: Rows) -> dict[str, int]:
    """The phrases from the quickest at the top to the slowest, and their places."""
    quickest: dict[str, float] = {}
    for row in rows:
        quickest[_name(row)] = min(row["cue"], quickest.get(_name(row), row["cue"]))
    places = {name: place for place, name in enumerate(sorted(quickest, key=quickest.__getitem__, reverse=True))}
    axes.set_yticks([*places.values()], [*places])
    axes.set_ylim(-0.6, len(places) - 0.4)
    axes.set_xlabel("ms after the last sound")
    axes.grid(axis="x", color=_FAINT, lw=0.8)
    axes.set_axisbelow(True)
    return places


def _dots(axes: Axes, rows: Rows) -> None:
    places = _names(axes, rows)
    axes.scatter(
        [row["cue"] for row in rows],
        [places[_name(row)] for row in rows],
        s=36,
        color=_COLOURS["compute"],
        alpha=0.7,
    )
    axes.set_xlim(left=min(0.0, *(row["cue"] for row in rows)))


def _split(axes: Axes, rows: Rows) -> None:
    """The mean of each phrase's parts, one after the other."""
    places = _names(axes, rows)
    for name, place in places.items():
        mine = [row for row in rows if _name(row) == name]
        left = 0.0
        for part, colour in _COLOURS.items():
            mean = sum(row[part] or 0.0 for row in mine) / len(mine)
            axes.barh(place, mean, left=left, height=0.55, color=colour, label=part if place == 0 else None)
            left += mean
    axes.legend(
        [axes.patches[index] for index in range(len(_COLOURS))],
        ["waiting", "computing", "painting"],
        loc="upper center",
        bbox_to_anchor=(0.5, 1.0 + 1.1 / max(3, len(places))),
        ncols=3,
        frameon=False,
    )
