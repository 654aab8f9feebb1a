"""Commands that look at the machine: what is there, what is missing, what the microphone hears."""

from __future__ import annotations

import json
from dataclasses import asdict

from rich.live import Live
from rich.table import Table

from voiceassist import app, doctor
from voiceassist.audio.devices import list_devices
from voiceassist.check import LIMIT, LINE, Check, Level, Seen
from voiceassist.cli.common import DeviceFlag, JsonFlag, ModelFlag, TranscriberFlag, load_settings, run_to_end
from voiceassist.cli.output import make_console, note, out
from voiceassist.server import messages as wire
from voiceassist.settings import Settings
from voiceassist.terminal import CallPrinter, level


def check_up(*, as_json: JsonFlag = False) -> None:
    """Tell what is there, what is missing, and how to get it."""
    console = make_console()
    style = {"ok": "green", "limited": "yellow", "missing": "red"}
    for finding in doctor.examine(load_settings({})):
        if as_json:
            out(json.dumps(asdict(finding), ensure_ascii=False))
        else:
            console.print(f"[{style[finding.health]}]{finding.health:>8}[/]  [bold]{finding.name}[/]  {finding.found}")
            if finding.advice:
                console.print(f"          [dim]→ {finding.advice}[/]")


def devices(*, as_json: JsonFlag = False) -> None:
    """List what can be listened to: microphones, and what outputs play (the customer's side of a call)."""
    found = list_devices()
    if as_json:
        for device in found:
            out(device.to_json())
        return
    if not found:
        note("there is nothing to listen to: plug a headset in")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in ("name", "kind", "by", "rate"):
        table.add_column(heading, style="bold" if heading == "name" else "dim", overflow="fold")
    for device in found:
        name = f"{device.name} (default)" if device.default else device.name
        table.add_row(name, device.kind, device.host, f"{device.rate / 1000:g} kHz" if device.rate else "any")
    make_console().print(table)


def check(*, device: DeviceFlag = None, transcriber: TranscriberFlag = None, model: ModelFlag = None) -> None:
    """Half a minute with your microphone: say one line, and see its level, the words, the cue and how late it is."""
    settings = load_settings(
        {"audio.device": device, "transcriber.name": transcriber, "transcriber.model": model, "server.port": 0}
    )
    run_to_end(_check(settings))


async def _check(settings: Settings) -> None:
    console = make_console()
    source = await app.microphones(settings, customer=False)
    with app.assistant(settings) as assistant:
        printer = CallPrinter(console)
        note(f"recogniser: {assistant.hello.transcriber}. {assistant.hello.notice}")
        note(f"say now: {LINE} (at most {LIMIT:.0f} s; Ctrl-C ends)")
        # Where nobody watches, a bar that moves is only noise.
        with Live(console=console, transient=True, auto_refresh=False) as live:

            def show(seen: Seen) -> None:
                if isinstance(seen, Level):
                    live.update(level(seen.dbfs), refresh=console.is_terminal)
                elif not isinstance(seen, wire.CallEnded):
                    printer.show(seen)

            checking = Check(assistant, source, show)
            await checking.run()
    rows = {
        "microphone": checking.device or "none was heard",
        "loudest": level(checking.loudest),
        "words": checking.words or "none",
        "cue": _late(checking.cue),
        "nudge": _late(checking.nudge),
    }
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name, value in rows.items():
        table.add_row(f"[dim]{name}[/]", value)
    console.print(table)
    console.print(f"[{'green' if checking.passed else 'yellow'}]{checking.verdict}[/]")


def _late(milliseconds: float | None) -> str:
    return "none" if milliseconds is None else f"{milliseconds:.0f} ms after the last sound of the no"
