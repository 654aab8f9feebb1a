"""The table as bars: when the final text was there, and where a system shows it sooner, when it was shown."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

_OURS, _THEIRS, _QUIET, _INK = "#1f5a78", "#c9b8a8", "#6b7785", "#1f2933"
_MOST = 4000
"""Milliseconds at which a bar is cut: beyond it only the number tells."""


def bars(document: Mapping[str, Any]) -> str:
    """An SVG."""
    import matplotlib as mpl  # noqa: PLC0415 - an extra
    from matplotlib.figure import Figure  # noqa: PLC0415

    lines = [line for line in document["systems"] if line["final"]["p50"] is not None][::-1]
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 11, "text.color": _INK, "svg.hashsalt": "peers"}):
        figure = Figure(figsize=(11, 0.9 + 0.42 * len(lines)), layout="constrained")
        axes = figure.add_subplot()
        for at, line in enumerate(lines):
            final, shown = line["final"], line["shown"]
            color = _OURS if line["system"] in line["ratios"] else _THEIRS
            axes.barh(at, min(_MOST, final["p50"]), 0.62, color=color)
            if shown["p50"] is not None and shown["p50"] < 0.9 * final["p50"]:
                axes.plot([shown["p50"]] * 2, [at - 0.31, at + 0.31], color=_INK, lw=2)
            more = "  (bar cut)" if final["p50"] > _MOST else ""
            axes.text(min(_MOST, final["p50"]) + 25, at, f"{final['p50']:.0f} ms{more}", va="center")
        axes.set_yticks(range(len(lines)), [line["system"] for line in lines])
        axes.set_xlim(0, 1.15 * _MOST)
        axes.set_xlabel(f"median ms from the last sound to the final text (line: shown first); {document['weights']}")
        axes.xaxis.label.set_color(_QUIET)
        axes.tick_params(length=0)
        for side in ("top", "right", "left", "bottom"):
            axes.spines[side].set_visible(False)
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return written.getvalue()
