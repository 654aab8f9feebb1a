"""Commands that measure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from voiceassist import bench
from voiceassist.cli.common import ModelFlag, TranscriberFlag, load_settings, run_to_end
from voiceassist.cli.output import make_console
from voiceassist.errors import UsageError
from voiceassist.terminal import figures

measure = typer.Typer(help="Measure; the quick form by default.", no_args_is_help=True)


@measure.command()
def latency(
    *,
    file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    repeat: Annotated[int, typer.Option(min=1, max=100, help="How often the call is played.")] = 1,
    transcriber: TranscriberFlag = None,
    model: ModelFlag = None,
) -> None:
    """Time the bundled call at real pace: from the last sound of each no to its cue and nudge at a client."""
    settings = load_settings({"transcriber.name": transcriber, "transcriber.model": model, "server.port": 0})
    found: dict[str, dict[str, Any]] = {}

    async def run() -> None:
        found["latency"] = await bench.latency(settings, repeat=repeat)

    run_to_end(run())
    if file is not None:
        try:
            file.write_text(json.dumps(found["latency"], indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{file}: {error.strerror or error}") from None
    make_console().print(figures(found["latency"]))
