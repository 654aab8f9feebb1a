"""Commands that play calls."""

from __future__ import annotations

import asyncio
import webbrowser
from collections.abc import Callable, Generator
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from voiceassist import app, doctor, linking
from voiceassist.audio.file import Pace
from voiceassist.cli.common import (
    CustomerDeviceFlag,
    DeviceFlag,
    HeadlessFlag,
    HostFlag,
    JsonFlag,
    ModelFlag,
    PortFlag,
    TranscriberFlag,
    load_settings,
    run_to_end,
)
from voiceassist.cli.output import make_console, note, print_message
from voiceassist.engines.choose import pick_transcriber
from voiceassist.errors import UsageError
from voiceassist.overlay import Overlay
from voiceassist.settings import Settings
from voiceassist.terminal import CallPrinter
from voiceassist.turns import SUFFIXES, read


def demo(
    *,
    headless: HeadlessFlag = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep serving the overlay after the call.")] = False,
    host: HostFlag = None,
    port: PortFlag = None,
) -> None:
    """Play the bundled call at real pace: sound to words to nudges, here and on the overlay."""
    settings = load_settings({"server.host": host, "server.port": port, "transcriber.name": "pocketsphinx"})
    run_to_end(_demo(settings, headless=headless, keep=keep))


def listen(  # noqa: PLR0913 - each is a flag of the command
    *,
    device: DeviceFlag = None,
    customer_device: CustomerDeviceFlag = None,
    hub: Annotated[str | None, typer.Option(metavar="URL", help="The hub to pass calls on to; see join.")] = None,
    transcriber: TranscriberFlag = None,
    model: ModelFlag = None,
    headless: HeadlessFlag = False,
    host: HostFlag = None,
    port: PortFlag = None,
    as_json: JsonFlag = False,
) -> None:
    """Listen to your calls, live: nudges come on the overlay. A call begins by itself when you speak."""
    settings = load_settings(
        {
            "audio.device": device,
            "audio.customer_device": customer_device,
            "hub.url": hub,
            "transcriber.name": transcriber,
            "transcriber.model": model,
            "server.host": host,
            "server.port": port,
        }
    )
    run_to_end(_listen(settings, headless=headless or as_json, as_json=as_json))


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
    settings = load_settings({"transcriber.name": transcriber, "transcriber.model": model})
    if agent_channel == customer_channel:
        raise UsageError("--agent-channel and --customer-channel name the same channel: give two different ones")
    printer = CallPrinter(make_console())
    publish = print_message if as_json else printer.show

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

    run_to_end(play())


async def _demo(settings: Settings, *, headless: bool, keep: bool) -> None:
    console = make_console()
    with app.assistant(settings) as assistant:
        async with assistant.overlay() as overlay:
            await _open_page(overlay, assistant, headless=headless)
            printer = CallPrinter(console)
            await app.demo(assistant, overlay, printer.show, call="demo", tail=app.DEMO_TAIL)
            count = 1
            while keep:
                note("still serving: start the call again on the overlay, or press Ctrl-C")
                count += 1
                call = await overlay.call_asked_for() or f"demo-{count}"
                await app.demo(assistant, overlay, printer.show, call=call, tail=app.DEMO_TAIL)


async def _listen(settings: Settings, *, headless: bool, as_json: bool) -> None:
    source = await app.microphones(settings)
    publish = print_message if as_json else CallPrinter(make_console()).show
    with app.assistant(settings) as assistant:
        async with assistant.overlay(keeps=True, seen=_seen(settings)) as overlay, AsyncExitStack() as lines:
            await _open_page(overlay, assistant, headless=headless)
            begin = "by itself when you speak" if settings.call.auto else "when you press Start call"
            note(f"a call begins {begin}; Ctrl-C ends")
            if not settings.hub.url:
                await app.listen(assistant, overlay, source, publish)
                return
            line = linking.linked(settings.hub, overlay, assistant.hello.transcriber, note)
            uplink = await lines.enter_async_context(line)
            await app.listen(assistant, overlay, source, publish, send=uplink.take)


def _seen(settings: Settings) -> str:
    """Who else sees the calls."""
    if not settings.hub.url:
        return app.ALONE
    return linking.SEEN if settings.hub.words else linking.SEEN_WITHOUT_WORDS


async def _open_page(overlay: Overlay, assistant: app.Assistant, *, headless: bool) -> None:
    """Say where the page is, and open it where there is a screen."""
    address = overlay.address
    if overlay.server.moved:
        note(f"port {assistant.settings.server.port} is taken: using {overlay.server.port}")
    note(f"overlay: {address}")
    note(f"recogniser: {assistant.hello.transcriber}. {assistant.hello.notice}")
    if not headless and doctor.has_display():
        await asyncio.to_thread(webbrowser.open, address)
        await _somebody_watches(overlay)


async def _somebody_watches(overlay: Overlay) -> None:
    """Give the page a moment to open, so that it shows the call from its beginning."""
    with suppress(TimeoutError):
        async with asyncio.timeout(app.DEMO_WAIT):
            await overlay.hub.joined.wait()


@contextmanager
def _assistants(settings: Settings) -> Generator[Callable[[Path], app.Assistant]]:
    """Tells the engines for a file; those that serve several files are loaded once."""
    with ExitStack() as loaded:

        @cache
        def recogniser() -> app.Assistant:
            if settings.transcriber.name == "auto":
                note(f"recogniser: {pick_transcriber('auto', settings.transcriber.model or None).reason}")
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
