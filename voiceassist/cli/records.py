"""Commands for the calls that were kept: which there are, and the review of one."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import zip_longest
from pathlib import Path
from typing import Annotated

import typer

from voiceassist.cli.common import JsonFlag
from voiceassist.cli.kept import (
    STDOUT,
    AgentFlag,
    HavingFlag,
    SearchFlag,
    SinceFlag,
    TeamFlag,
    UntilFlag,
    kept,
    kept_something,
    wanted,
    write,
)
from voiceassist.cli.output import make_console, note, out


def calls(  # noqa: PLR0913 - each is a flag
    *,
    search: SearchFlag = "",
    since: SinceFlag = "",
    until: UntilFlag = "",
    agent: AgentFlag = "",
    team: TeamFlag = "",
    having: HavingFlag = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """List the calls that were kept, the newest first."""
    from voiceassist.cli.summary import call_list  # noqa: PLC0415
    from voiceassist.store.search import EVERYBODY, find  # noqa: PLC0415

    meant = wanted(search=search, since=since, until=until, agent=agent, team=team, having=having)
    with kept() as store:
        found = find(store, meant, EVERYBODY, limit=limit) if store is not None else ()
    if as_json:
        for call in found:
            out(call.model_dump_json())
    elif found:
        make_console().print(call_list(found))
    else:
        note("no call is kept yet" if meant == wanted() else "no call that is kept is so")


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

    with kept_something() as store:
        seen = review(store.call(call))
    if json_ == STDOUT:
        out(seen.model_dump_json())
    elif json_ is not None:
        write(Path(json_), seen.model_dump_json(indent=2) + "\n")
    if html is not None:
        write(html, render_review(seen))
    if csv is not None:
        write(csv, to_csv(seen), mark="\ufeff")  # without the mark spreadsheets misread what is not ASCII
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
