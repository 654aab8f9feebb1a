"""Commands for Whisper models: what there is, how to get one, whether what is here is whole."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from voiceassist.cli.common import JsonFlag, load_settings
from voiceassist.cli.output import make_console, note, out
from voiceassist.errors import ModelError
from voiceassist.weights.inventory import Finding, Presence, State, list_models, verify
from voiceassist.weights.pull import pull

models = typer.Typer(help="Whisper models: what there is, how to get one, whether it is whole.", no_args_is_help=True)

_STYLE = {State.WHOLE: "green", State.UNCHECKED: "yellow", State.MISSING: "red", State.ALTERED: "red"}


@models.command(name="list")
def list_(*, as_json: JsonFlag = False) -> None:
    """List the models that can be pulled, and what of them is here."""
    load_settings({})
    rows = list_models()
    if as_json:
        for row in rows:
            values = {
                "name": row.name,
                "megabytes": row.megabytes,
                "licence": row.licence,
                "english_only": row.english_only,
                "good_for": row.good_for,
                "presence": row.presence.value,
                "folder": None if row.folder is None else str(row.folder),
            }
            out(json.dumps(values, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in ("name", "MB", "here", "licence", "good for"):
        table.add_column(heading, justify="right" if heading == "MB" else "left", overflow="fold")
    for row in rows:
        here = "" if row.presence is Presence.ABSENT else row.presence.value
        size = "" if row.megabytes is None else str(row.megabytes)
        table.add_row(f"[bold]{row.name}[/]", size, here, f"[dim]{row.licence}[/]", f"[dim]{row.good_for}[/]")
    make_console().print(table)
    for row in rows:
        if row.folder is not None:
            note(f"{row.name}: {row.folder}")


@models.command(name="pull")
def pull_(
    name: Annotated[str, typer.Argument(help="A name of the list, or owner/repository.")],
    *,
    endpoint: Annotated[str | None, typer.Option(help="A mirror of the hub; else HF_ENDPOINT or the hub.")] = None,
) -> None:
    """Get a model, checked byte by byte; what broke off is taken up, what is whole is not fetched again."""
    load_settings({})
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = make_console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def show(file: str, done: int, total: int) -> None:
            if file not in tasks:
                tasks[file] = bars.add_task(file, total=total)
            bars.update(tasks[file], completed=done)

        pulled = pull(name, endpoint=endpoint, progress=show)
    note(f"{pulled.name} is whole and checked" + ("" if pulled.fetched else ", nothing had to be fetched"))
    out(str(pulled.folder))


@models.command(name="verify")
def verify_(
    model: Annotated[str | None, typer.Argument(help="A model's name or folder; all that are here, if none.")] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Read every byte of the models that are here, and tell which files are not what they should be."""
    load_settings({})
    findings = verify(model)
    console = make_console()
    for finding in findings:
        if as_json:
            out(json.dumps(_row(finding)))
        else:
            state = f"[{_STYLE[finding.state]}]{finding.state.value:>9}[/]"
            console.print(f"{state}  {finding.model}/{finding.file}  [dim]by {finding.authority.value}[/]")
    if not findings:
        note("there is no model here to verify: voiceassist models pull base.en gets one")
    bad = sorted({finding.model for finding in findings if not finding.good})
    if bad:
        raise ModelError(
            f"{', '.join(bad)}: not whole; voiceassist models pull {bad[0]} mends it", code="model-damaged"
        )


def _row(finding: Finding) -> dict[str, str]:
    return {
        "model": finding.model,
        "file": finding.file,
        "state": finding.state.value,
        "by": finding.authority.value,
        "folder": str(finding.folder),
    }
