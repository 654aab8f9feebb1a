"""The commands of many agents: the hub, a worker for it, and what joins a computer to it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voiceassist.cli import asking
from voiceassist.cli.common import ModelFlag, TranscriberFlag, load_settings, run_to_end
from voiceassist.cli.output import note
from voiceassist.errors import UsageError
from voiceassist.settings import Settings

if TYPE_CHECKING:  # half a second that the other commands need not wait
    from voiceassist.uplink.client import Joining


def serve(
    *,
    sample: Annotated[bool, typer.Option("--sample", help="Show simulated agents at work; nothing is kept.")] = False,
    host: Annotated[str | None, typer.Option(help="Address to serve on; beyond this machine TLS is a must.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port of the hub; where it is taken, the next free one, unless it has names.")
    ] = None,
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


def join(
    link: Annotated[str, typer.Argument(metavar="LINK", help="The link that a supervisor gave you, in quotes.")],
    *,
    user: Annotated[str | None, typer.Option(help="Login name, for an invite; else it is asked for.")] = None,
    name: Annotated[str | None, typer.Option(help="Your name, as supervisors see it; else it is asked for.")] = None,
    password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read the password from there.")] = False,
    ca: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Who vouches for the hub, a PEM file, now and from then on.")
    ] = None,
) -> None:
    """Let this computer pass your calls on to a hub."""
    from voiceassist.uplink.client import Joining  # noqa: PLC0415
    from voiceassist.uplink.machine import JoinLink  # noqa: PLC0415

    settings = load_settings({"hub.ca": None if ca is None else str(ca)})
    who = None
    if JoinLink.parse(link).invites:
        run_to_end(_knock(link, settings))  # before a person is asked for what leads nowhere
        who = Joining(
            user or asking.line("Login name at the hub"),
            name or asking.line("Your name, as supervisors see it"),
            asking.password(stdin=password_stdin),
        )
    run_to_end(_join(link, settings, who))


def worker(
    *,
    hub: Annotated[str | None, typer.Option(metavar="URL", help="The hub to work for; see join.")] = None,
    lines: Annotated[int | None, typer.Option(help="Agents' lines to recognise at once.")] = None,
    transcriber: TranscriberFlag = None,
    model: ModelFlag = None,
) -> None:
    """Recognise, for a hub, the calls of agents whose browsers send their sound there."""
    flags: dict[str, object] = {
        "hub.url": hub,
        "worker.lines": lines,
        "transcriber.name": transcriber,
        "transcriber.model": model,
    }
    settings = load_settings(flags)
    if not settings.hub.url:
        raise UsageError("which hub to work for: --hub URL")
    run_to_end(_work(settings))


async def _work(settings: Settings) -> None:
    from voiceassist import app, working  # noqa: PLC0415

    with app.assistant(working.nothing_kept(settings)) as assistant:
        note(f"recogniser: {assistant.hello.transcriber}. {assistant.hello.notice}".rstrip())
        note(f"lines: {settings.worker.lines} at once; Ctrl-C ends")
        await working.work(settings, assistant, note)


async def _knock(link: str, settings: Settings) -> None:
    from voiceassist import linking  # noqa: PLC0415

    await linking.knock(link, settings.hub)


async def _join(link: str, settings: Settings, who: Joining | None) -> None:
    from voiceassist import linking  # noqa: PLC0415

    machine = await linking.join(link, settings.hub, who)
    note(f"this computer passes on the calls of {machine.user}: voiceassist listen --hub {machine.hub}")


async def _serve(settings: Settings, *, sample: bool) -> None:
    from voiceassist import logs, serving  # noqa: PLC0415 - a second that the other commands need not wait

    if settings.serve.log:
        logs.write_to(sys.stderr)
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
            note(f"board: {link or hub.url + '/board'}")
        with serving.seldom_collecting():
            await asyncio.Event().wait()
