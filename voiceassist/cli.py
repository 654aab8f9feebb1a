"""The command line. Only this file prints; every error becomes one line on standard error."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
import webbrowser
from collections.abc import Callable, Coroutine, Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NoReturn, cast

import typer
from rich.console import Console

from voiceassist import __version__, app, assets, bench, doctor
from voiceassist.audio.file import Pace
from voiceassist.core.types import Label
from voiceassist.engines.choose import pick_transcriber
from voiceassist.engines.refusal import RefusalClassifier
from voiceassist.errors import UsageError, VoiceassistError
from voiceassist.server import messages as wire
from voiceassist.server.codec import dump
from voiceassist.settings import Settings, load
from voiceassist.terminal import CallPrinter, figures
from voiceassist.turns import SUFFIXES, read

INTERRUPTED, TERMINATED = 130, 143

# Everything that the parser refuses; Typer exports only this subclass of it.
_BadUsage = next(
    base for base in typer.BadParameter.__mro__ if issubclass(base, Exception) and base.__name__ == "ClickException"
)


class _ReaderGoneError(Exception):
    """Whoever read our output has enough of it: that is no fault."""


cli = typer.Typer(
    name="voiceassist",
    help="Hears a bare no on a live call and shows the agent how to say it well.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

TranscriberFlag = Annotated[
    str | None, typer.Option("--transcriber", help="auto, faster-whisper, pocketsphinx or scripted.")
]
ModelFlag = Annotated[
    str | None, typer.Option("--model", help="Whisper model: a name in the local cache, or a folder.")
]
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON lines on standard output, and nothing else there.")]
HostFlag = Annotated[str | None, typer.Option(help="Address to serve the overlay on.")]
PortFlag = Annotated[int | None, typer.Option(help="Port of the overlay; where it is taken, the next free one.")]


def _print_version(shown: bool) -> None:  # noqa: FBT001 - the parser calls it so
    if shown:
        _out(f"voiceassist {__version__}")
        raise typer.Exit


@cli.callback()
def _root(
    *,
    version: Annotated[bool, typer.Option("--version", is_eager=True, callback=_print_version)] = False,
) -> None:
    pass


@cli.command()
def demo(
    *,
    headless: Annotated[bool, typer.Option("--headless", help="Open no browser window.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep serving the overlay after the call.")] = False,
    host: HostFlag = None,
    port: PortFlag = None,
) -> None:
    """Play the bundled call at real pace: sound to words to nudges, here and on the overlay."""
    settings = _settings({"server.host": host, "server.port": port, "transcriber.name": "pocketsphinx"})
    _run(_demo(settings, headless=headless, keep=keep))


@cli.command()
def replay(  # noqa: PLR0913 - each is a flag of the command
    files: Annotated[list[Path], typer.Argument(help="Recordings of any common format, or turns files.")],
    *,
    pace: Annotated[Pace, typer.Option(help="As fast as it goes, or like a call.")] = Pace.FAST,
    agent_channel: Annotated[int, typer.Option(min=0, help="The agent's channel, counted from 0.")] = 0,
    customer_channel: Annotated[int, typer.Option(min=0, help="The customer's channel, where there is one.")] = 1,
    transcriber: TranscriberFlag = None,
    model: ModelFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Judge recorded calls, or calls written as turns."""
    settings = _settings({"transcriber.name": transcriber, "transcriber.model": model})
    if agent_channel == customer_channel:
        raise UsageError("--agent-channel and --customer-channel name the same channel: give two different ones")
    printer = CallPrinter(_console())
    publish = _print_message if as_json else printer.show

    async def play() -> None:
        with _assistants(settings) as engines:
            for file in files:
                await app.replay(
                    engines(file),
                    file,
                    publish,
                    pace=pace,
                    agent_channel=agent_channel,
                    customer_channel=customer_channel,
                )

    _run(play())


@cli.command()
def classify(*, as_json: JsonFlag = False) -> None:
    """Score lines of text from standard input: what the agent said, in the light of what the customer said before.

    With --json a line is {"id": …, "prev": …, "text": …}; without, it is the agent's words alone.
    """
    _settings({})
    ear = RefusalClassifier(assets.refusal_model())
    for number, raw in enumerate(sys.stdin.buffer, 1):
        if as_json:
            row = _row(raw, number)
            scores = ear.classify(row["prev"], row["text"])
            values = {label.value: round(scores[label], 4) for label in Label}
            labels = {label.value: int(scores.has(label)) for label in Label}
            answer: dict[str, object] = {"id": row["id"], "scores": values, "labels": labels}
            if scores.language != "en":
                answer["language"] = scores.language
            _out(json.dumps(answer, ensure_ascii=False))
        else:
            text = raw.decode("utf-8", "replace").strip()
            scores = ear.classify("", text)
            shown = "  ".join(f"{label} {scores[label]:.2f}" for label in Label if scores.has(label))
            _out(f"{text}\n    {shown or 'nothing of note'}")


@cli.command(name="doctor")
def check_up(*, as_json: JsonFlag = False) -> None:
    """Tell what is there, what is missing, and how to get it."""
    console = _console()
    style = {"ok": "green", "limited": "yellow", "missing": "red"}
    for finding in doctor.examine(_settings({})):
        if as_json:
            _out(json.dumps(asdict(finding), ensure_ascii=False))
        else:
            console.print(f"[{style[finding.health]}]{finding.health:>8}[/]  [bold]{finding.name}[/]  {finding.found}")
            if finding.advice:
                console.print(f"          [dim]→ {finding.advice}[/]")


measure = typer.Typer(help="Measure; the quick form by default.", no_args_is_help=True)
cli.add_typer(measure, name="bench")


@measure.command()
def latency(
    *,
    file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    repeat: Annotated[int, typer.Option(min=1, max=100, help="How often the call is played.")] = 1,
    transcriber: TranscriberFlag = None,
    model: ModelFlag = None,
) -> None:
    """Time the bundled call at real pace: from the last sound of each no to its cue and nudge at a client."""
    settings = _settings({"transcriber.name": transcriber, "transcriber.model": model, "server.port": 0})
    found: dict[str, dict[str, Any]] = {}

    async def run() -> None:
        found["latency"] = await bench.latency(settings, repeat=repeat)

    _run(run())
    if file is not None:
        try:
            file.write_text(json.dumps(found["latency"], indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{file}: {error.strerror or error}") from None
    _console().print(figures(found["latency"]))


def main() -> None:
    """Run the command line and leave with the exit code that the manual promises."""
    command = typer.main.get_command(cli)
    try:
        code = command.main(prog_name="voiceassist", standalone_mode=False)
    except VoiceassistError as error:
        _fail(error.code, str(error))
    except _BadUsage as error:
        said: str = cast("Any", error).format_message()
        _fail("usage", f"{said.rstrip('.')}. See voiceassist --help.")
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(INTERRUPTED)
    except _ReaderGoneError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more can be written, also at exit
        sys.exit(0)
    sys.exit(code if isinstance(code, int) else 0)


# --- the demo ---------------------------------------------------------------------------------------------------------


async def _demo(settings: Settings, *, headless: bool, keep: bool) -> None:
    console = _console()
    with app.assistant(settings) as assistant:
        async with app.Overlay(assistant) as overlay:
            address = overlay.address
            if overlay.server.moved:
                _note(f"port {settings.server.port} is taken: using {overlay.server.port}")
            _note(f"overlay: {address}")
            _note(f"recogniser: {assistant.hello.transcriber}. {assistant.hello.notice}")
            if not headless and doctor.has_display():
                await asyncio.to_thread(webbrowser.open, address)
                await _somebody_watches(overlay)
            printer = CallPrinter(console)
            await app.demo(assistant, overlay, printer.show, call="demo", tail=app.DEMO_TAIL)
            count = 1
            while keep:
                _note("still serving: start the call again on the overlay, or press Ctrl-C")
                count += 1
                call = await overlay.call_asked_for() or f"demo-{count}"
                await app.demo(assistant, overlay, printer.show, call=call, tail=app.DEMO_TAIL)


async def _somebody_watches(overlay: app.Overlay) -> None:
    """Give the page a moment to open, so that it shows the call from its beginning."""
    with suppress(TimeoutError):
        async with asyncio.timeout(app.DEMO_WAIT):
            await overlay.hub.joined.wait()


# --- what commands share ----------------------------------------------------------------------------------------------


def _settings(flags: dict[str, object]) -> Settings:
    return load(os.environ, flags)


@contextmanager
def _assistants(settings: Settings) -> Generator[Callable[[Path], app.Assistant]]:
    """Tells the engines for a file; those that serve several files are loaded once."""
    with ExitStack() as loaded:

        @cache
        def recogniser() -> app.Assistant:
            if settings.transcriber.name == "auto":
                _note(f"recogniser: {pick_transcriber('auto', settings.transcriber.model or None).reason}")
            return loaded.enter_context(app.assistant(settings))

        @cache
        def scripted(words_file: Path | None) -> app.Assistant:
            words = app.words_of(read(words_file)[0].turns) if words_file else {}
            return loaded.enter_context(app.assistant(settings.with_transcriber("scripted"), words=words))

        def engines(file: Path) -> app.Assistant:
            if file.suffix in SUFFIXES:
                read(file)  # a malformed file is refused before an engine is loaded
                return scripted(None)
            beside = file.parent / f"{file.stem}.json"
            if settings.transcriber.name == "scripted" and beside.is_file():
                return scripted(beside)
            return recogniser()

        yield engines


def _row(raw: bytes, number: int) -> dict[str, str]:
    try:
        row = json.loads(raw)
    except (ValueError, RecursionError):
        raise UsageError(f"line {number} is not JSON") from None
    if not isinstance(row, dict):
        raise UsageError(f"line {number} is no JSON object")
    fields = cast("dict[str, object]", row)
    found = {name: fields.get(name, "" if name == "prev" else None) for name in ("id", "prev", "text")}
    for name, value in found.items():
        if not isinstance(value, str):
            raise UsageError(f'line {number}: "{name}" is {"missing" if name not in fields else "no text"}')
    return cast("dict[str, str]", found)


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end; Ctrl-C leaves with 130, a request to terminate with 143, both cleanly."""
    terminated = threading.Event()

    async def until_told() -> None:
        task = asyncio.ensure_future(work)
        _on_terminate(lambda: (terminated.set(), task.cancel()))
        await task

    try:
        asyncio.run(until_told())
    except asyncio.CancelledError:
        sys.exit(TERMINATED if terminated.is_set() else INTERRUPTED)


def _on_terminate(act: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGTERM, act)
    except NotImplementedError:  # Windows has no signals in its loop
        signal.signal(signal.SIGTERM, lambda _number, _frame: loop.call_soon_threadsafe(act))


def _console() -> Console:
    return Console(highlight=False)


def _print_message(message: wire.CallEvent) -> None:
    _out(dump(message))


def _out(text: str) -> None:
    try:
        print(text, flush=True)  # noqa: T201 - this is the one file that prints
    except BrokenPipeError:
        raise _ReaderGoneError from None


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - this is the one file that prints


def _fail(code: str, message: str) -> NoReturn:
    _note(f"voiceassist: error[{code}]: {' '.join(message.split())}")
    sys.exit(2)


if __name__ == "__main__":
    main()
