"""Commands for the calls that were kept: which there are, and the review of one."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voiceassist.cli.common import JsonFlag, load_settings
from voiceassist.cli.output import make_console, note, out
from voiceassist.errors import StoreError, UsageError

if TYPE_CHECKING:  # half a second that the other commands need not wait
    from voiceassist.store.database import Store

_STDOUT = "-"


def calls(
    *,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """List the calls that were kept, the newest first."""
    from voiceassist.cli.summary import call_list  # noqa: PLC0415

    with _store() as store:
        found = store.calls(limit) if store is not None else ()
    if as_json:
        for call in found:
            out(call.model_dump_json())
    elif found:
        make_console().print(call_list(found))
    else:
        note("no call is kept yet")


def report(
    call: Annotated[str, typer.Argument(help="The call's id, see calls; last: the newest.")],
    *,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the review as one page.")] = None,
    json_: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write it as JSON; -: to standard output.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write its noes as a table, a row a no.")] = None,
) -> None:
    """Look at a call afterwards: what went well, each no with its steps, and how it can be said."""
    from voiceassist.cli.summary import summary  # noqa: PLC0415
    from voiceassist.report.page import render_review  # noqa: PLC0415
    from voiceassist.report.review import review  # noqa: PLC0415
    from voiceassist.report.table import to_csv  # noqa: PLC0415

    with _store() as store:
        if store is None:
            raise StoreError(
                "no call is kept yet: voiceassist listen keeps them where store.path says", code="call-unknown"
            )
        seen = review(store.call(call))
    if json_ == _STDOUT:
        out(seen.model_dump_json())
    elif json_ is not None:
        _write(Path(json_), seen.model_dump_json(indent=2) + "\n")
    if html is not None:
        _write(html, render_review(seen))
    if csv is not None:
        _write(csv, to_csv(seen), mark="\ufeff")  # without the mark spreadsheets misread what is not ASCII
    if json_ is html is csv is None:
        make_console().print(summary(seen))


def journal(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A call's journal, see the setting journal.folder.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Look into a call's journal: where the time of each breath went, and if the call is decided the same today."""
    from voiceassist import assets, playbooks  # noqa: PLC0415
    from voiceassist.cli.summary import span_table  # noqa: PLC0415
    from voiceassist.engines.refusal import RefusalClassifier  # noqa: PLC0415
    from voiceassist.journal import reading  # noqa: PLC0415

    recorded = reading.read(file)
    found = reading.spans(recorded)
    if as_json:
        for span in found:
            out(json.dumps(asdict(span)))
    else:
        make_console().print(span_table(found))
    classifier = RefusalClassifier(assets.refusal_model())
    playbook = playbooks.load(recorded.head.get("playbook", ""), classifier.embed, now=recorded.began)
    again = [*reading.decide(recorded, playbook)]
    differing = next((n for n, pair in enumerate(zip_longest(recorded.told, again)) if pair[0] != pair[1]), None)
    if differing is None:
        note(f"decided again, the call tells the same {len(again)} messages")
    else:
        told = recorded.told[differing : differing + 1] or [{"type": "nothing"}]
        note(f"decided again, the call differs from message {differing + 1} on, which was: {told[0]}")


@contextmanager
def _store() -> Generator[Store | None]:
    """The store that the settings name; None where nothing was kept in it yet."""
    from voiceassist.store.database import Store  # noqa: PLC0415
    from voiceassist.store.location import location  # noqa: PLC0415

    path = location(load_settings({}).store.path, os.environ)
    if path is None:
        raise StoreError("nothing is kept: store.path is empty")
    if not path.exists():
        yield None
        return
    with Store.open(path) as store:
        yield store


def _write(file: Path, text: str, *, mark: str = "") -> None:
    try:
        file.write_text(mark + text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror or error}") from None
    note(f"written: {file}")
