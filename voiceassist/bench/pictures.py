"""The figures of an ear as pictures for a report: what it confuses, if its scores are probabilities, false alarms."""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from voiceassist.bench.quality import Calibration, Detection, Form, Quality
from voiceassist.core.types import Label
from voiceassist.errors import UsageError

# The types that come with matplotlib are partly unknown.
Axes: TypeAlias = Any
Figure: TypeAlias = Any

_INK, _QUIET, _FAINT, _PAPER = "#1f2933", "#6b7785", "#dde2e7", "#ffffff"
_RIGHT, _WRONG = "#1f5a78", "#b84e31"
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "text.color": _INK,
    "text.parse_math": False,
    "axes.edgecolor": _FAINT,
    "axes.labelcolor": _QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _QUIET,
    "ytick.color": _QUIET,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "figure.facecolor": _PAPER,
    "svg.hashsalt": "voiceassist",
}
_WIDTH, _DPI = 12.0, 150
_MOST_BARS = 24
_DEVIATIONS = 1.96  # of a normal distribution hold 95 %
_DARK = 0.65  # the share from which a cell is dark enough for white ink
_DASHES = (0, (4, 4))
_DIAGONAL: dict[str, Any] = {"color": _QUIET, "lw": 1, "ls": _DASHES, "zorder": 1}
_BAR: dict[str, Any] = {"color": _RIGHT, "alpha": 0.35, "zorder": 2}
_DOT: dict[str, Any] = {"color": _RIGHT, "edgecolor": _PAPER, "lw": 0.8, "zorder": 3, "clip_on": False}

_Painter: TypeAlias = Callable[[Figure, Form], None]


def require() -> None:
    """Raise UsageError (`matplotlib-missing`) where there is nothing to draw with."""
    if find_spec("matplotlib") is None:
        raise UsageError(
            "pictures are drawn with matplotlib: pip install 'voiceassist[bench]'", code="matplotlib-missing"
        )


def draw(quality: Quality, folder: Path) -> list[Path]:
    """Draw the form with the customer's words into `folder`, each picture as SVG and PNG; returns the files.

    The same figures and the same matplotlib give the same bytes. Raises UsageError (`matplotlib-missing`, or where the
    folder cannot be written to).
    """
    require()
    import matplotlib as mpl  # noqa: PLC0415 - an extra
    from matplotlib.figure import Figure as NewFigure  # noqa: PLC0415

    matplotlib: Any = mpl
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, paint in _PAINTERS.items():
            with matplotlib.rc_context(_STYLE):
                figure: Figure = NewFigure()
                paint(figure, quality.with_prev)
                for ending, metadata in (("svg", {"Date": None, "Creator": None}), ("png", {"Software": None})):
                    path = folder / f"{name}.{ending}"
                    figure.savefig(path, dpi=_DPI, metadata=metadata)
                    written.append(path)
    except OSError as error:
        raise UsageError(f"{error.filename or folder}: {error.strerror or error}") from None
    return written


def _head(figure: Figure, height: float, finding: str, explained: str) -> None:
    """Set the size in inches, and head the figure with what it shows."""
    figure.set_size_inches(_WIDTH, height)
    figure.text(0.03, 1 - 0.36 / height, finding, size=16, weight="bold", va="center")
    figure.text(0.03, 1 - 0.72 / height, explained, size=11, color=_QUIET, va="center")


# --- what is confused -------------------------------------------------------------------------------------------------


def _confusion(figure: Figure, form: Form) -> None:
    refusal = form.labels[Label.REFUSAL].found
    others = refusal.rows - refusal.n
    finding = (
        f"{refusal.hit} of {refusal.n} refusals are heard; {refusal.false} of {others} other lines are taken for one"
    )
    _head(
        figure, 6.9, finding, "Lines with the customer’s words: how many, and the share of their row. Orange is wrong."
    )
    grid = figure.add_gridspec(2, 4, left=0.095, right=0.97, top=0.785, bottom=0.045, wspace=0.12, hspace=0.42)
    for place, (label, quality) in enumerate(form.labels.items()):
        axes: Axes = figure.add_subplot(grid[divmod(place, 4)])
        _matrix(axes, quality.found)
        _title(axes, label, "F1 —" if quality.found.f1 is None else f"F1 {quality.found.f1:.2f}", lift=24)
        if place % 4 == 0:
            axes.set_yticks((0.5, 1.5), ("there", "not there"))


def _matrix(axes: Axes, found: Detection) -> None:
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - an extra

    axes.set(xlim=(0, 2), ylim=(2, 0), yticks=())
    axes.set_xticks((0.5, 1.5), ("heard", "not heard"))
    axes.xaxis.tick_top()
    axes.spines[:].set_visible(False)
    rows = ((found.hit, found.missed), (found.false, found.right))
    for y, row in enumerate(rows):
        for x, count in enumerate(row):
            share = count / sum(row) if sum(row) else 0.0
            colour = _RIGHT if x == y else _WRONG
            # Faint at the least, so that an empty cell is still seen to be one.
            axes.add_patch(Rectangle((x + 0.02, y + 0.02), 0.96, 0.96, color=colour, alpha=0.06 + 0.94 * share, lw=0))
            ink = _PAPER if share > _DARK else _INK
            axes.text(x + 0.5, y + 0.43, str(count), size=17, weight="bold", ha="center", va="center", color=ink)
            shown = f"{share:.0%}" if sum(row) else "—"
            axes.text(x + 0.5, y + 0.75, shown, size=11, ha="center", va="center", color=ink)


def _title(axes: Axes, label: Label, figures: str, *, lift: float, size: float = 12) -> None:
    """The label over its panel's left edge, `lift` points above it, and its figures over the right one."""
    style = {"xycoords": "axes fraction", "textcoords": "offset points", "annotation_clip": False}
    axes.annotate(label.replace("_", "-"), (0, 1), (0, lift), weight="bold", size=size, **style)
    axes.annotate(figures, (1, 1), (0, lift), ha="right", color=_QUIET, **style)


# --- whether scores are probabilities ---------------------------------------------------------------------------------


def _calibration(figure: Figure, form: Form) -> None:
    errors = {label: quality.calibration.error for label, quality in form.labels.items()}
    refusal = errors.pop(Label.REFUSAL)
    known = [error for error in errors.values() if error is not None]
    finding = "No line is known to refuse or not" if refusal is None else f"A refusal’s score is off by {refusal:.2f}"
    if known:
        least, most = f"{min(known):.2f}", f"{max(known):.2f}"
        finding += f", the other labels’ by {least}" + (f" to {most}" if most != least else "")
    height = 6.3
    _head(
        figure,
        height,
        finding,
        "How far scores are from the share of lines that have the label, on average; lines with the customer’s words.",
    )
    frame = {"top": 1 - 1.5 / height, "bottom": 0.62 / height}
    axes: Axes = figure.add_subplot(figure.add_gridspec(1, 1, left=0.07, right=0.415, **frame)[0, 0])
    _reliability(axes, form.labels[Label.REFUSAL].calibration, ticks=(0, 0.25, 0.5, 0.75, 1))
    _title(axes, Label.REFUSAL, _off(refusal), lift=9)
    axes.set(xlabel="score", ylabel="share that has the label")
    grid = figure.add_gridspec(2, 4, left=0.475, right=0.975, wspace=0.25, hspace=0.5, **frame)
    for place, (label, error) in enumerate(errors.items()):
        small: Axes = figure.add_subplot(grid[divmod(place, 4)])
        _reliability(small, form.labels[label].calibration, ticks=(0, 1))
        _title(small, label, "", lift=22, size=10)
        small.annotate(
            _off(error), (0, 1), (0, 8), xycoords="axes fraction", textcoords="offset points", color=_QUIET, size=10
        )
    key: Axes = figure.add_subplot(grid[1, 3])
    _key(key)


def _off(error: float | None) -> str:
    return "no line" if error is None else f"off by {error:.2f}"


def _reliability(axes: Axes, calibration: Calibration, ticks: tuple[float, ...]) -> None:
    large = len(ticks) > 2  # noqa: PLR2004 - more than the two ends
    axes.set(xlim=(-0.05, 1.05), ylim=(-0.05, 1.05))
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.plot((0, 1), (0, 1), **_DIAGONAL)
    total = sum(part.rows for part in calibration.bins)
    for part in calibration.bins:
        if part.score is None or part.share is None:
            continue
        axes.plot((part.score, part.score), _chance(part.share, part.rows), lw=3 if large else 2, **_BAR)
        size = (450 if large else 150) * math.sqrt(part.rows / total)
        axes.scatter(part.score, part.share, s=size, **_DOT)
        if large:
            beside = {"textcoords": "offset points", "size": 9, "color": _QUIET}
            axes.annotate(str(part.rows), (part.score, part.share), (9, -12), **beside)


def _chance(share: float, rows: int) -> tuple[float, float]:
    """The share that so few rows allow with 95 %: Wilson's interval."""
    square = _DEVIATIONS**2
    middle = (share + square / (2 * rows)) / (1 + square / rows)
    half = _DEVIATIONS * math.sqrt(share * (1 - share) / rows + square / (4 * rows * rows)) / (1 + square / rows)
    return middle - half, middle + half


def _key(axes: Axes) -> None:
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.scatter(0.04, 0.96, s=60, **_DOT)
    axes.plot((0.04, 0.04), (0.32, 0.5), lw=2, **_BAR)
    axes.plot((-0.03, 0.11), (-0.04, 0.14), **_DIAGONAL)
    words = (
        (1.02, "the lines in a tenth\nof the scale; larger\nwith more lines"),
        (0.5, "what chance\nallows (95%)"),
        (0.14, "where a score is\na probability"),
    )
    for y, text in words:
        axes.text(0.17, y, text, size=9, color=_QUIET, va="top", linespacing=1.3)


# --- what is taken for a no -------------------------------------------------------------------------------------------


def _false_refusals(figure: Figure, form: Form) -> None:
    whole = form.false_refusals
    found = [
        (category.false_share, category.false, category.rows - category.refusals, _short(name))
        for name, category in form.categories.items()
        if category.false_share
    ]
    bars = sorted(found, key=lambda bar: (-bar[0], -bar[1], bar[3]))[:_MOST_BARS]
    free = [category for category in form.categories.values() if category.false_share == 0]
    if whole.share is None:
        finding = "No line is known to hold no refusal"
    elif whole.count:
        finding = f"{whole.count} of {whole.of} lines without a refusal are taken for one ({whole.share:.0%})"
    else:
        finding = f"None of the {whole.of} lines without a refusal is taken for one"
    explained = (
        "By category, with the customer’s words: the share of its lines without a refusal that are heard as one."
    )
    if len(found) > len(bars):
        explained += f" {len(found) - len(bars)} more are not shown."
    height = 2.0 + 0.32 * max(1, len(bars))
    _head(figure, height, finding, explained)
    axes: Axes = figure.add_axes((0.21, 0.85 / height, 0.64, 1 - 1.95 / height))
    axes.set(xlim=(0, max([0.1, *(share for share, *_ in bars)])), ylim=(max(1, len(bars)) - 0.4, -0.6), xticks=())
    axes.spines["bottom"].set_visible(False)
    axes.spines["left"].set_visible(bool(bars))
    axes.set_yticks(range(len(bars)), [name for *_, name in bars], color=_INK)
    paper = {"facecolor": _PAPER, "edgecolor": "none", "pad": 1.5}
    beside = {"textcoords": "offset points", "annotation_clip": False, "zorder": 4}
    for place, (share, false, rows, _) in enumerate(bars):
        axes.barh(place, share, height=0.62, color=_WRONG)
        axes.annotate(f"{share:.0%}  ({false} of {rows})", (share, place), (8, 0), va="center", bbox=paper, **beside)
    if len(bars) > 1:
        axes.axvline(whole.share, color=_INK, lw=1, ls=_DASHES, zorder=3)
        place = (whole.share, len(bars) - 0.4)
        axes.annotate(f"all lines: {whole.share:.0%}", place, (0, -13), ha="center", color=_QUIET, size=10, **beside)
    if free:
        lines = sum(category.rows - category.refusals for category in free)
        others = f"{len(free)} {'other ' if bars else ''}{'category' if len(free) == 1 else 'categories'}"
        figure.text(0.03, 0.3 / height, f"None in {others} ({lines} lines).", color=_QUIET, va="center")


def _short(category: str) -> str:
    name = " ".join(category.replace("_", " ").split()) or "no category"
    return name if len(name) <= 26 else f"{name[:25]}…"  # noqa: PLR2004 - what the margin holds


_PAINTERS: dict[str, _Painter] = {
    "confusion": _confusion,
    "calibration": _calibration,
    "false-refusals": _false_refusals,
}
