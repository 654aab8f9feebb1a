"""Commands that measure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from voiceassist import assets
from voiceassist.bench import accuracy, ear, examples, latency, load, pictures, timing_page
from voiceassist.bench.browser import browser
from voiceassist.bench.clips import demo_clips, read_clips
from voiceassist.bench.documents import To
from voiceassist.bench.figures import read_document, regressions
from voiceassist.bench.machine import CORES, Load, alone
from voiceassist.bench.phrases import quick, read_phrases
from voiceassist.bench.weights import ShapeName, weighed
from voiceassist.cli import tables
from voiceassist.cli.common import ModelFlag, TranscriberFlag, load_settings, run_to_end
from voiceassist.cli.output import make_console, note
from voiceassist.engines.refusal import RefusalClassifier
from voiceassist.errors import UsageError

measure = typer.Typer(help="Measure; the quick form by default.", no_args_is_help=True)

_REPEATS = 5
_File = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")]
_Shape = Annotated[
    ShapeName | None,
    typer.Option(help="Time a scripted model of this published shape, without weights: what was said counts as heard."),
]
_Floor = Annotated[
    int | None,
    typer.Option(min=100, max=3000, help="Whisper's shortest window, in frames of 10 ms; 3000: always in full."),
]
_Busy = Annotated[bool, typer.Option("--busy", help="Show figures of a machine too busy for them, marked as such.")]


@measure.command(name="latency")
def latency_(  # noqa: PLR0913 - each is a flag of the command
    *,
    file: _File = None,
    clips: Annotated[Path | None, typer.Option(help="A folder of your own clips, a phrase each; see --marks.")] = None,
    marks: Annotated[
        Path | None,
        typer.Option(help="CSV with the columns clip and end, in seconds; else marks.csv beside the clips."),
    ] = None,
    to: Annotated[To | None, typer.Option(help="client or paint; paint, where a browser can be driven.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Every clip, five times, instead of each text once.")] = False,
    calls: Annotated[int, typer.Option(min=1, max=64, help="How many calls at a time.")] = 1,
    shape: _Shape = None,
    floor: _Floor = None,
    earlier: Annotated[Path | None, typer.Option("--compare", help="Figures of an earlier run; fail if worse.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write the figures as a page into this folder.")] = None,
    busy: _Busy = False,
    transcriber: TranscriberFlag = None,
    model: ModelFlag = None,
) -> None:
    """Time phrases at real pace: from the last sound of a no to its cue and nudge, at a client or painted."""
    settings = load_settings({"transcriber.name": transcriber, "transcriber.model": model, "server.port": 0})
    phrases = read_phrases(clips, marks) if clips is not None else read_phrases(assets.phrases(), marks)
    chosen = phrases if full else quick(phrases)
    before = read_document(earlier) if earlier is not None else None
    to = to or ("paint" if calls == 1 and browser() else "client")
    if to == "paint" and calls > 1:
        raise UsageError("a page shows one call: measure several calls with --to client")
    if page is not None:
        pictures.require()
    found: dict[str, Any] = {}

    async def run() -> None:
        with alone(), weighed(settings, shape, floor) as (assistant, weights, told):
            ran = latency.Run(assistant, to, told, calls)
            meanwhile, seconds = await latency.measure(ran, chosen, _REPEATS if full else 1)
            if meanwhile.fault and not busy:
                raise UsageError(f"{meanwhile.fault}; or --busy, to see the figures all the same", code="machine-busy")
            found.update(latency.document(ran, meanwhile, seconds, settings, weights))

    run_to_end(run())
    _write(file, found)
    make_console().print(tables.timing(found))
    if page is not None:
        note(f"page: {timing_page.write(found, page)}")
    if before is not None and (worse := regressions(before, found)):
        raise UsageError(f"worse than {earlier}: {'; '.join(worse)}", code="regression")


@measure.command(name="load")
def load_(  # noqa: PLR0913 - each is a flag of the command
    *,
    file: _File = None,
    clips: Annotated[
        Path | None, typer.Option(help="A folder of your own clips, a phrase each, with marks.csv.")
    ] = None,
    shape: _Shape = None,
    floor: _Floor = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Threads that recognise; else one a core.")] = CORES,
    busy: _Busy = False,
    transcriber: TranscriberFlag = None,
    model: ModelFlag = None,
) -> None:
    """Find how many calls at once this machine hears in time: 95 of 100 cues within half a second."""
    settings = load_settings({"transcriber.name": transcriber, "transcriber.model": model, "server.port": 0})
    phrases = read_phrases(clips if clips is not None else assets.phrases())
    found: dict[str, Any] = {}

    async def run() -> None:
        with alone(), weighed(settings, shape, floor, workers) as (assistant, weights, told):
            found.update(await load.measure(assistant, phrases, told=told, weights=weights, tell=note))

    run_to_end(run())
    first = Load(**found["levels"][0]["load"])
    if first.fault and not busy:
        raise UsageError(f"{first.fault}; or --busy, to see the figures all the same", code="machine-busy")
    _write(file, found)
    make_console().print(tables.capacity(found))


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
