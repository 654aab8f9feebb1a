"""The command that serves many agents and their supervisors."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from voiceassist.cli.common import load_settings, run_to_end
from voiceassist.cli.output import note
from voiceassist.settings import Settings


def serve(
    *,
    sample: Annotated[bool, typer.Option("--sample", help="Show simulated agents at work; nothing is kept.")] = False,
    host: Annotated[str | None, typer.Option(help="Address to serve on; beyond this machine TLS is a must.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the hub; where it is taken, the next free one.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(metavar="FILE", help="Certificate (chain), a PEM file.")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its key, a PEM file.")] = None,
) -> None:
    """Serve many agents and their supervisors: the hub, with its board."""
    flags: dict[str, object] = {
        "serve.host": host,
        "serve.port": port,
        "serve.tls_cert": None if tls_cert is None else str(tls_cert),
        "serve.tls_key": None if tls_key is None else str(tls_key),
    }
    run_to_end(_serve(load_settings(flags), sample=sample))


async def _serve(settings: Settings, *, sample: bool) -> None:
    from voiceassist import serving  # noqa: PLC0415 - a second that the other commands need not wait

    async with serving.serve(settings, sampling=sample) as hub:
        if hub.server.moved:
            note(f"port {settings.serve.port} is taken: using {hub.server.port}")
        if sample:
            note("simulated agents are at work; they are marked, and nothing is kept")
            note(f"board: {await asyncio.to_thread(serving.sample_link, hub)}")
        else:
            link = await asyncio.to_thread(serving.first_admin, hub)
            if link is not None:
                note("nobody can come in yet: open this link as the first administrator")
            note(f"board: {link or hub.server.url + '/board'}")
        await asyncio.Event().wait()
