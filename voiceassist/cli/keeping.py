"""Commands for all that was kept: out of the store for other programs, or out of it for good."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from voiceassist.cli.common import load_settings
from voiceassist.cli.kept import (
    STDOUT,
    AgentFlag,
    HavingFlag,
    HubFlag,
    SearchFlag,
    SinceFlag,
    TeamFlag,
    UntilFlag,
    described,
    kept_something,
    wanted,
)
from voiceassist.cli.output import ask, note, out
from voiceassist.errors import UsageError


class Format(StrEnum):
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


class What(StrEnum):
    CALLS = "calls"
    NOES = "noes"
    NUDGES = "nudges"
    SCORECARDS = "scorecards"


def export(  # noqa: PLR0913 - each is a flag
    file: Annotated[str, typer.Argument(metavar="FILE", help="The file to write; -: standard output.")],
    *,
    format_: Annotated[Format, typer.Option("--format", help="csv for spreadsheets, json: an object a line.")],
    what: Annotated[What, typer.Option(help="What a row is.")] = What.CALLS,
    search: SearchFlag = "",
    since: SinceFlag = "",
    until: UntilFlag = "",
    agent: AgentFlag = "",
    team: TeamFlag = "",
    having: HavingFlag = None,
    hub: HubFlag = False,
) -> None:
    """Write calls, their noes, nudges or scorecards as a table for other programs, the newest call first."""
    from voiceassist.accounts.audit import Did  # noqa: PLC0415
    from voiceassist.report import sheets  # noqa: PLC0415
    from voiceassist.store import lines, tabling  # noqa: PLC0415
    from voiceassist.store.search import EVERYBODY  # noqa: PLC0415

    if file == STDOUT and format_ is Format.PARQUET:
        raise UsageError("Parquet is no text: name a file for it")
    meant = wanted(search=search, since=since, until=until, agent=agent, team=team, having=having)
    kinds = {
        What.CALLS: (lines.CallLine, tabling.calls),
        What.NOES: (lines.NoLine, tabling.noes),
        What.NUDGES: (lines.NudgeLine, tabling.nudges),
        What.SCORECARDS: (lines.CardLine, tabling.scorecards),
    }
    kind, read = kinds[what]
    with kept_something(hub=hub) as (store, log), closing(read(store, meant, EVERYBODY)) as rows:
        log.add(Did.EXPORTED, f"{what} as {format_}", *described(meant))
        if format_ is Format.PARQUET:
            _whole(Path(file), lambda path: sheets.write_parquet(path, kind, rows))
            return
        text = sheets.csv_lines(kind, rows) if format_ is Format.CSV else sheets.json_lines(rows)
        if file == STDOUT:
            for line in text:
                out(line)
        else:
            # Without the mark spreadsheets misread what is not ASCII.
            _whole(Path(file), lambda path: _write(path, text, mark="\ufeff" if format_ is Format.CSV else ""))


def purge(
    *,
    older_than: Annotated[
        int | None,
        typer.Option(min=0, max=36_500, metavar="DAYS", help="Calls that began so many days ago, or earlier."),
    ] = None,
    call: Annotated[str | None, typer.Option(metavar="ID", help="This call.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All calls.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    hub: HubFlag = False,
) -> None:
    """Delete calls for good, with all that was said in them: no byte of them stays in the file."""
    from voiceassist.accounts.audit import Did  # noqa: PLC0415
    from voiceassist.store.search import EVERYBODY, Wanted, how_many  # noqa: PLC0415

    if sum((older_than is not None, call is not None, all_)) != 1:
        raise UsageError("purge takes one of --older-than DAYS, --call ID and --all")
    before = datetime.now(UTC) - timedelta(days=older_than) if older_than is not None else _NEVER
    with kept_something(hub=hub) as (store, log):
        # The call is looked up first: who asks to delete one that cannot be deleted hears of it before being asked.
        one = None if call is None else store.deletable(call)
        count = store.forgettable(before) if one is None else 1
        left = how_many(store, Wanted(until=before), EVERYBODY) - count if one is None else 0
        if count and not yes and not _agreed(count):
            note("nothing was deleted")
            return
        if one is not None:
            log.add(Did.DELETED, call=one)
            store.delete(one)
        elif count:
            log.add(Did.PURGED, _meant(count, before))
            count = store.forget(before)
        clean = not count or store.scrub()
    out(f"{_calls(count)} deleted")
    if left:
        note("what is on now stays: run this once more when it is over")
    if count and load_settings({}).store.url:
        note("the database server's own vacuum reclaims the space")
    if not clean:
        note("another program reads the store: run this once more when it has left, to wipe what is left of them")


_NEVER = datetime.max.replace(tzinfo=UTC)


def _agreed(count: int) -> bool:
    """What the person answers. Raises UsageError where nobody does."""
    try:
        return ask(f"Delete {_calls(count)}, with all that is kept of them?")
    except EOFError:
        raise UsageError("nobody said yes, so nothing was deleted; --yes deletes without asking") from None


def _meant(count: int, before: datetime) -> str:
    """Which calls go, for the log."""
    return f"all {_calls(count)}" if before == _NEVER else f"{_calls(count)} from before {before:%Y-%m-%d %H:%M} UTC"


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count} calls"


def _whole(file: Path, fill: Callable[[Path], None]) -> None:
    """All of a file for its owner alone, or nothing; what is no file, such as a pipe, is filled as it stands."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}") if file.is_file() or not file.exists() else file
    try:
        try:
            if fresh is not file:
                fresh.touch(mode=0o600)
            fill(fresh)
            if fresh is not file:
                fresh.replace(file)
        finally:
            if fresh is not file:
                fresh.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: {getattr(error, 'strerror', None) or error}") from None
    note(f"written: {file}")


def _write(file: Path, lines: Iterable[str], *, mark: str) -> None:
    with file.open("w", encoding="utf-8", newline="\n") as out_:
        out_.write(mark)
        out_.writelines(f"{line}\n" for line in lines)
