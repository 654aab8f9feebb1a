"""Commands for the calls that were kept: which there are, and the review of one."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voiceassist.cli.common import JsonFlag, load_settings
from voiceassist.cli.kept import (
    AgentFlag,
    HavingFlag,
    HubFlag,
    SearchFlag,
    SinceFlag,
    TeamFlag,
    UntilFlag,
    described,
    kept,
    kept_something,
    tell,
    wanted,
    write,
)
from voiceassist.cli.output import make_console, note, out
from voiceassist.errors import UsageError

if TYPE_CHECKING:  # half a second that the other commands need not wait
    from voiceassist.core.types import Samples
    from voiceassist.store.search import Wanted

_MOST_NOES = 10_000
"""A text takes a millisecond to be understood."""
_OWN_PERIOD = timedelta(days=14)
"""As long lies before it in what is kept for 30 days, to compare with."""


def calls(  # noqa: PLR0913 - each is a flag
    *,
    search: SearchFlag = "",
    since: SinceFlag = "",
    until: UntilFlag = "",
    agent: AgentFlag = "",
    team: TeamFlag = "",
    having: HavingFlag = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 50,
    hub: HubFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """List the calls that were kept, the newest first."""
    from voiceassist.accounts.audit import Did  # noqa: PLC0415
    from voiceassist.cli.summary import call_list  # noqa: PLC0415
    from voiceassist.store.search import EVERYBODY, find  # noqa: PLC0415

    meant = wanted(search=search, since=since, until=until, agent=agent, team=team, having=having)
    found = ()
    with kept(hub=hub) as opened:
        if opened is not None:
            store, log = opened
            log.add(Did.LISTED_CALLS, *described(meant))
            found = find(store, meant, EVERYBODY, limit=limit)
    if as_json:
        for call in found:
            out(call.model_dump_json())
    elif found:
        make_console(whole=True).print(call_list(found))
    else:
        note("no call is kept yet" if meant == wanted() else "no call that is kept is so")


def report(  # noqa: PLR0913 - each is a flag
    call: Annotated[
        str | None, typer.Argument(help="The call's id, see calls; last: the newest. None: what came of many.")
    ] = None,
    *,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the review of a call as one page.")] = None,
    json_: Annotated[
        str | None, typer.Option("--json", metavar="FILE", help="Write it as JSON; -: to standard output.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a call's noes as a table, a row a no.")
    ] = None,
    since: SinceFlag = "",
    until: UntilFlag = "",
    agent: AgentFlag = "",
    team: TeamFlag = "",
    mine: Annotated[
        bool, typer.Option("--mine", help="Your own calls beside your own past: the last 14 days, or --since.")
    ] = False,
    hub: HubFlag = False,
) -> None:
    """Look at a call afterwards: what went well, each no with its steps, and how it can be said.

    Without a call, at all calls of a period: how their noes ended, which nudges helped, and whether they change
    anything.
    """
    if call is not None:
        if any((since, until, agent, team, mine)):
            raise UsageError("the report of one call takes no --since, --until, --agent, --team and no --mine")
        _of_one(call, html, json_, csv, hub=hub)
        return
    if html is not None or csv is not None:
        raise UsageError("--html and --csv belong to the report of one call: name it")
    if mine and (agent or team or hub):
        raise UsageError("--mine is about this machine's own calls: it takes no --agent, no --team and no --hub")
    if mine:
        _of_own(wanted(since=since, until=until), json_)
    else:
        _of_many(wanted(since=since, until=until, agent=agent, team=team), json_, hub=hub)


def _of_one(call: str, html: Path | None, json_: str | None, csv: Path | None, *, hub: bool) -> None:
    from voiceassist.accounts.audit import Did  # noqa: PLC0415
    from voiceassist.cli.summary import summary  # noqa: PLC0415
    from voiceassist.report.page import render_review  # noqa: PLC0415
    from voiceassist.report.review import review  # noqa: PLC0415
    from voiceassist.report.table import to_csv  # noqa: PLC0415

    with kept_something(hub=hub) as (store, log):
        seen = review(store.call(call))
        log.add(Did.READ_CALL, call=seen.call.id)
    if html is not None:
        write(html, render_review(seen))
    if csv is not None:
        write(csv, to_csv(seen), mark="\ufeff")  # without the mark spreadsheets misread what is not ASCII
    if json_ is not None or html is csv is None:
        tell(seen, lambda: summary(seen), json_)


def _of_many(meant: Wanted, json_: str | None, *, hub: bool) -> None:
    from voiceassist.accounts.audit import Did  # noqa: PLC0415
    from voiceassist.cli.overview import overview  # noqa: PLC0415
    from voiceassist.report.period import period  # noqa: PLC0415
    from voiceassist.store import outcomes  # noqa: PLC0415
    from voiceassist.store.search import EVERYBODY  # noqa: PLC0415

    with kept_something(hub=hub) as (store, log), closing(outcomes.outcomes(store, meant, EVERYBODY)) as noes:
        log.add(Did.REPORTED, "a period", *described(meant))
        found = period(
            outcomes.totals(store, meant, EVERYBODY),
            noes,
            outcomes.thumbs(store, meant, EVERYBODY),
            since=meant.since,
            until=meant.until,
            team=meant.team,
        )
    tell(found, lambda: overview(found), json_)


def _of_own(meant: Wanted, json_: str | None) -> None:
    from voiceassist.accounts.audit import Did  # noqa: PLC0415
    from voiceassist.cli.overview import own  # noqa: PLC0415
    from voiceassist.report.own import own_review  # noqa: PLC0415
    from voiceassist.store import tabling  # noqa: PLC0415
    from voiceassist.store.search import EVERYBODY, how_many  # noqa: PLC0415

    if load_settings({}).store.url:
        raise UsageError("--mine is about this machine's own calls, and store.url names those of a hub")
    until = meant.until or datetime.now().astimezone()
    since = meant.since or until - _OWN_PERIOD
    now, past = replace(meant, since=since, until=until), replace(meant, since=since - (until - since), until=since)
    if past.since is None or until <= since:
        raise UsageError("--until lies before --since")
    with (
        kept_something() as (store, log),
        closing(tabling.noes(store, now, EVERYBODY)) as noes,
        closing(tabling.noes(store, past, EVERYBODY)) as noes_before,
    ):
        log.add(Did.REPORTED, "a period", *described(now))
        calls = how_many(store, now, EVERYBODY)
        found = own_review(calls, noes, noes_before, before=past.since, since=since, until=until)
    tell(found, lambda: own(found), json_)


def noes(  # noqa: PLR0913 - each is a flag
    *,
    since: SinceFlag = "",
    until: UntilFlag = "",
    agent: AgentFlag = "",
    team: TeamFlag = "",
    least: Annotated[int, typer.Option("--min", min=1, help="Matters that came up so often, at least.")] = 2,
    hub: HubFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Show what customers are refused: noes put together by what was asked, how they ended, what was offered."""
    from voiceassist import assets, playbooks  # noqa: PLC0415
    from voiceassist.accounts.audit import Did  # noqa: PLC0415
    from voiceassist.cli.overview import matters  # noqa: PLC0415
    from voiceassist.engines.refusal import RefusalClassifier  # noqa: PLC0415
    from voiceassist.report.noes import refusals  # noqa: PLC0415
    from voiceassist.store import tabling, wordings  # noqa: PLC0415
    from voiceassist.store.search import EVERYBODY  # noqa: PLC0415

    meant = wanted(since=since, until=until, agent=agent, team=team)
    ear = RefusalClassifier(assets.refusal_model())
    book = playbooks.load(load_settings({}).playbook.file, ear.embed, now=datetime.now().astimezone())

    def known(vector: Samples, text: str) -> str:
        return next((match.situation.title for match in book.nearest(vector, text, 1) if match.holds), "")

    with kept_something(hub=hub) as (store, log):
        log.add(Did.REPORTED, "noes", *described(meant))
        with closing(tabling.noes(store, meant, EVERYBODY)) as lines:
            newest = list(islice((no for no in lines if not no.unsure), _MOST_NOES + 1))
        more, newest = len(newest) > _MOST_NOES, newest[:_MOST_NOES]
        covered = replace(meant, since=newest[-1].started_at) if newest else meant
        found = refusals(
            newest,
            dict(wordings.suggestions(store, covered, EVERYBODY)),
            embed=ear.embed,
            known=known,
            wordings=partial(wordings.alternatives, store),
            least=least,
            more=more,
            since=meant.since,
            until=meant.until,
            team=team,
        )
    if as_json:
        for matter in found.matters:
            out(matter.model_dump_json())
    else:
        make_console().print(matters(found))


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
