"""Commands that copy a store and put a copy back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from voiceassist.cli.common import load_settings
from voiceassist.cli.kept import HubFlag
from voiceassist.cli.output import note
from voiceassist.errors import UsageError


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new file to write.")], *, hub: HubFlag = False
) -> None:
    """Copy the store to a file, while it is in use."""
    from voiceassist.store.backup import back_up  # noqa: PLC0415 - half a second that other commands need not wait

    store = _store(hub=hub)
    back_up(store, file)
    note(f"{store} is copied to {file}")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What backup has written.")], *, hub: HubFlag = False
) -> None:
    """Put a copy in the store's place; nothing may use the store meanwhile."""
    from voiceassist.store.backup import restore as put_back  # noqa: PLC0415

    store = _store(hub=hub)
    before = put_back(file, store)
    note(f"{store} is restored" + (f"; what it was before is in {before}" if before else ""))


def _store(*, hub: bool) -> Path:
    from voiceassist.store.location import hub_location, location  # noqa: PLC0415

    settings = load_settings({}).store
    if settings.url:
        raise UsageError("the store is in PostgreSQL: pg_dump and pg_restore copy it")
    path = hub_location(settings.path, os.environ) if hub else location(settings.path, os.environ)
    if path is None:
        raise UsageError("nothing is kept: store.path is empty")
    return path
