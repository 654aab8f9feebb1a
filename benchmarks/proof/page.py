"""The figures of a run in the page that explains them, between two marks: none is written there by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

_BEGIN, _END = "<!-- figures -->\n", "<!-- end of figures -->"


def write(page: Path, document: Mapping[str, Any]) -> None:
    """Put the figures in the place of those that stand there."""
    before, _, rest = page.read_text("utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    page.write_text(f"{before}{_BEGIN}\n{_figures(document)}\n{_END}{after}", "utf-8")


def _figures(document: Mapping[str, Any]) -> str:
    machine = document["machine"]
    busy = "" if machine["load"] is None else f", one-minute load {machine['load']:.1f} at the end"
    lines = [f"{document['at'][:10]}, version {document['version']}, {machine['cores']} cores{busy}.", ""]
    for scenario in document["scenarios"]:
        holds = "holds" if scenario["holds"] else "**does not hold**"
        lines += [
            f"### {scenario['scenario']}: {holds}",
            "",
            f"`{scenario['command']}`, {scenario['figures']['of']}",
            "",
        ]
        lines += ["| | found | must be |", "| --- | --- | --- |"]
        lines += [
            f"| {c['name']} | {'' if c['holds'] else '**no**: '}{c['found']} | {c['floor']} |"
            for c in scenario["claims"]
        ]
        told = [(name, value) for name, value in scenario["figures"].items() if name != "of"]
        lines += ["", "; ".join(f"{name}: {_said(value)}" for name, value in told) + ".", ""]
    return "\n".join(lines)


def _said(value: object) -> str:
    """A spread as people read it, or the value."""
    if isinstance(value, Mapping):
        return f"p50 {value['p50']}, p95 {value['p95']}, most {value['most']} ms (n = {value['n']})"
    return str(value)
