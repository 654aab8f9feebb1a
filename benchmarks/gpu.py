"""How many calls one graphics card hears in time, by the size of the model; "not measured" where there is none.

    .venv/bin/python benchmarks/gpu.py [--out .build/gpu]

Runs `voiceassist bench load` on the card for each published shape, and writes what it found as JSON and as a table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from voiceassist.bench.shape import SHAPES
from voiceassist.engines.cuda import cuda

ROOT = Path(__file__).resolve().parent.parent
FLOORS = (1000, 300)


def main() -> int:
    """Measure; 1 where a measurement failed."""
    parser = argparse.ArgumentParser(description="How many calls one graphics card hears in time.")
    parser.add_argument("--out", type=Path, default=ROOT / ".build" / "gpu")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    found = cuda()
    rows: list[Mapping[str, Any]] = []
    failed = False
    if found.usable:
        for shape in SHAPES:
            for floor in FLOORS:
                file = out / f"{shape}-{floor}.json"
                done = measure(shape, floor, file)
                failed |= done != 0
                if done == 0:
                    rows.append({"shape": shape, "floor": floor, **json.loads(file.read_text("utf-8"))})
    text = table(rows) if rows else f"not measured: {found.reason}"
    (out / "gpu.md").write_text(text + "\n", "utf-8")
    print(text)
    return int(failed)


def measure(shape: str, floor: int, file: Path) -> int:
    """Run the benchmark of one shape on the card; returns its exit code."""
    command = [sys.executable, "-m", "voiceassist", "bench", "load", "--shape", shape, "--floor", str(floor), "--busy"]
    environment = os.environ | {"VOICEASSIST_TRANSCRIBER__DEVICE": "cuda"}
    return subprocess.run([*command, "--json", str(file)], cwd=ROOT, env=environment, check=False).returncode


def table(rows: list[Mapping[str, Any]]) -> str:
    """A row a shape and floor."""
    lines = [
        "| shape | shortest window, s | calls in time | p95 there, ms | processor cores there |",
        "| --- " * 5 + "|",
    ]
    for row in rows:
        level = next((level for level in row["levels"] if level["calls"] == row["calls_in_time"]), None)
        there = ("-", "-") if level is None else (f"{level['cue']['p95']:.0f}", f"{level['load']['own']:.1f}")
        cells = (row["shape"], f"{row['floor'] / 100:g}", str(row["calls_in_time"]), *there)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
