"""What the commands share: their settings and flags, and how each is run to its end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import typer

from voiceassist import dumps, presidio
from voiceassist.settings import Settings, load

INTERRUPTED, TERMINATED = 130, 143

TranscriberFlag = Annotated[
    str | None, typer.Option("--transcriber", help="auto, faster-whisper, pocketsphinx or scripted.")
]
ModelFlag = Annotated[str | None, typer.Option("--model", help="Whisper model: a name (see models), or a folder.")]
DeviceFlag = Annotated[
    str | None, typer.Option("--device", help="The agent's microphone: its name or a part of it; see devices.")
]
CustomerDeviceFlag = Annotated[
    str | None,
    typer.Option("--customer-device", help="What the customer is heard on: the headset's monitor, see devices."),
]
HeadlessFlag = Annotated[bool, typer.Option("--headless", help="Open no browser window.")]
JsonFlag = Annotated[bool, typer.Option("--json", help="JSON lines on standard output, and nothing else there.")]
HostFlag = Annotated[str | None, typer.Option(help="Address to serve the overlay on.")]
PortFlag = Annotated[int | None, typer.Option(help="Port of the overlay; where it is taken, the next free one.")]


def load_settings(flags: dict[str, object]) -> Settings:
    """All layers of settings, the given flags on top; what they ask of the redaction holds from here on."""
    settings = load(os.environ, flags)
    if settings.privacy.presidio:
        presidio.switch_on()
    return settings


def run_to_end(work: Coroutine[Any, Any, None]) -> None:
    """Run `work`; Ctrl-C leaves with 130, a request to terminate with 143, both cleanly. A crash leaves no dump."""
    dumps.switch_off()
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
