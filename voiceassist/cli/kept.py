"""What the commands for records share: the store, the flags that tell which calls are meant, and files to write."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import BaseModel
from rich.console import RenderableType

from voiceassist.cli.common import load_settings
from voiceassist.cli.output import make_console, note, out
from voiceassist.errors import StoreError, UsageError

if TYPE_CHECKING:  # half a second that the other commands need not wait
    from voiceassist.accounts.audit import Audit, Did
    from voiceassist.store.database import Store
    from voiceassist.store.search import Wanted

STDOUT = "-"
_DATE = 10
"""Characters of a date without a time."""


class Having(StrEnum):
    """The store's own, without its half a second."""

    UNREPAIRED = "unrepaired"
    NUDGED = "nudged"
    ALERT = "alert"


SearchFlag = Annotated[str, typer.Option("--search", metavar="TEXT", help="Words that were said, asked or nudged.")]
SinceFlag = Annotated[str, typer.Option("--since", metavar="DATE", help="From this day on, such as 2026-11-01.")]
UntilFlag = Annotated[str, typer.Option("--until", metavar="DATE", help="Up to this day, which is included.")]
AgentFlag = Annotated[str, typer.Option("--agent", metavar="NAME", help="Calls of this agent.")]
TeamFlag = Annotated[str, typer.Option("--team", metavar="NAME", help="Calls of this team; on a hub.")]
HavingFlag = Annotated[
    Having | None, typer.Option("--with", help="Calls with a no that was left as it was, with a nudge, or an alert.")
]

HubFlag = Annotated[bool, typer.Option("--hub", help="The hub's store, not that of this machine's own calls.")]


def wanted(  # noqa: PLR0913 - each is a flag
    *,
    search: str = "",
    since: str = "",
    until: str = "",
    agent: str = "",
    team: str = "",
    having: Having | None = None,
) -> Wanted:
    """The calls that the flags mean. Raises UsageError for what is no date."""
    from voiceassist.store import search as searching  # noqa: PLC0415

    return searching.Wanted(
        text=search,
        since=instant(since, "--since"),
        until=instant(until, "--until", end=True),
        agent=agent,
        team=team,
        having=None if having is None else searching.Having(having.value),
    )


def instant(text: str, flag: str, *, end: bool = False) -> datetime | None:
    """When a day begins here, or ends; or the time itself, where one is given; None for an empty text."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError, OSError):  # the last two: a year that this machine cannot place
        raise UsageError(f"{flag}: {text!r} is no date such as 2026-11-01") from None
    return at + timedelta(days=1) if end and len(text) <= _DATE else at


def described(wanted: Wanted) -> Iterator[str]:
    """Which calls are meant, for the log of a hub; words that were looked for are not told."""
    if wanted.text:
        yield "searched"
    for name, value in (("agent", wanted.agent), ("team", wanted.team), ("with", wanted.having)):
        if value:
            yield f"{name} {value}"
    for name, at in (("since", wanted.since), ("until", wanted.until)):
        if at is not None:
            yield f"{name} {at.isoformat(timespec='minutes')}"


@dataclass(frozen=True, slots=True)
class Log:
    """The audit log of a hub, for what is done from here: to be told before. One's own calls have none."""

    audit: Audit | None

    def add(self, did: Did, *about: str, call: str | None = None) -> None:
        """Write down what is about to be shown or done. Raises StoreError."""
        from voiceassist.accounts.visitor import CONSOLE  # noqa: PLC0415

        if self.audit is not None:
            self.audit.add(CONSOLE.user, did, call=call, about="; ".join(about))


@contextmanager
def kept(*, hub: bool = False) -> Generator[tuple[Store, Log] | None]:
    """The store that the settings name, or that of the `hub`; the database of `store.url` before any file.

    With it comes the log that belongs to it. None where the file is not there yet: nothing was kept.
    """
    from voiceassist.accounts import users  # noqa: PLC0415
    from voiceassist.accounts.audit import Audit  # noqa: PLC0415
    from voiceassist.store.database import Store  # noqa: PLC0415
    from voiceassist.store.location import hub_location, location  # noqa: PLC0415

    settings = load_settings({}).store
    where = settings.url or (hub_location if hub else location)(settings.path, os.environ)
    if where is None:
        raise StoreError("nothing is kept: store.path is empty")
    if isinstance(where, Path) and not where.exists():
        yield None
        return
    with Store.open(where) as store:
        with store.reading() as session:
            of_hub = hub or bool(settings.url) or users.anybody(session)  # its file may be named by store.path
        yield store, Log(Audit(store) if of_hub else None)


@contextmanager
def kept_something(*, hub: bool = False) -> Generator[tuple[Store, Log]]:
    """The same. Raises StoreError (`call-unknown`) where nothing was kept yet."""
    with kept(hub=hub) as found:
        if found is None:
            raise StoreError(
                "no call is kept yet: voiceassist listen keeps them where store.path says", code="call-unknown"
            )
        yield found


def tell(document: BaseModel, shown: Callable[[], RenderableType], file: str | None) -> None:
    """A document as JSON in a file or on standard output ("-"), or as people read it where none is named."""
    if file == STDOUT:
        out(document.model_dump_json())
    elif file is not None:
        write(Path(file), document.model_dump_json(indent=2) + "\n")
    else:
        make_console().print(shown())


def write(file: Path, text: str, *, mark: str = "") -> None:
    """Write a file, and say so. Raises UsageError."""
    try:
        file.write_text(mark + text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from None
    note(f"written: {file}")
