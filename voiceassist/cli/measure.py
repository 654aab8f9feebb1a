"""Commands that measure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from voiceassist import assets
from voiceassist.bench import accuracy, ear, examples, latency, pictures
from voiceassist.bench.clips import demo_clips, read_clips
from voiceassist.cli import tables
from voiceassist.cli.common import ModelFlag, TranscriberFlag, load_settings, run_to_end
from voiceassist.cli.output import make_console, note
from voiceassist.engines.refusal import RefusalClassifier
from voiceassist.errors import UsageError
from voiceassist.terminal import figures

measure = typer.Typer(help="Measure; the quick form by default.", no_args_is_help=True)

_File = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")]


@measure.command(name="latency")
def latency_(
    *,
    file: _File = None,
    repeat: Annotated[int, typer.Option(min=1, max=100, help="How often the call is played.")] = 1,
    transcriber: TranscriberFlag = None,
    model: ModelFlag = None,
) -> None:
    """Time the bundled call at real pace: from the last sound of each no to its cue and nudge at a client."""
    settings = load_settings({"transcriber.name": transcriber, "transcriber.model": model, "server.port": 0})
    found: dict[str, dict[str, Any]] = {}

    async def run() -> None:
        found["latency"] = await latency.latency(settings, repeat=repeat)

    run_to_end(run())
    _write(file, found["latency"])
    make_console().print(figures(found["latency"]))


@measure.command(name="quality")
def quality_(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Labelled lines (JSONL); the held-out ones, if none."),
    ] = None,
    *,
    file: _File = None,
    folder: Annotated[Path | None, typer.Option("--pictures", help="Draw the figures into this folder.")] = None,
    model: Annotated[Path | None, typer.Option("--ear", help="The folder of another refusal model.")] = None,
) -> None:
    """Measure how well the ear hears refusals and what is around them, over lines that people have labelled."""
    load_settings({})
    if folder is not None:
        pictures.require()
    paths = files or [assets.heldout_lines()]
    found = ear.examine(model or assets.refusal_model(), examples.read_examples(paths))
    _write(file, found.document(paths))
    if folder is not None:
        pictures.draw(found.quality, folder)
    make_console().print(tables.report(found))
    if folder is not None:
        note(f"pictures: {folder}")


@measure.command(name="accuracy")
def accuracy_(
    *,
    file: _File = None,
    clips: Annotated[
        Path | None,
        typer.Option(help="A folder of recordings, a phrase each; the words of NAME.wav in NAME.txt. Else the demo's."),
    ] = None,
    transcriber: TranscriberFlag = None,
    model: ModelFlag = None,
) -> None:
    """Measure in how short a window a Whisper model still hears, and keep what it has earned beside its weights."""
    settings = load_settings({"transcriber.name": transcriber, "transcriber.model": model})
    accuracy.require()
    sounds = read_clips(clips) if clips is not None else demo_clips()
    with accuracy.whisper(settings) as engine:
        found = accuracy.examine(engine, RefusalClassifier(assets.refusal_model()), sounds)
    _write(file, found.document())
    make_console().print(tables.windows(found))
    note(found.keep(engine.folder))


def _write(file: Path | None, document: dict[str, Any]) -> None:
    if file is None:
        return
    try:
        file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from None
