"""Commands for playbooks: whether one is right, what it would suggest, how offers get into it."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from voiceassist import assets, playbooks
from voiceassist.cli.common import JsonFlag, load_settings
from voiceassist.cli.output import make_console, note, out
from voiceassist.core.playbook import MATCH, Offer
from voiceassist.engines.refusal import RefusalClassifier

playbook = typer.Typer(help="Playbooks: what can be offered, and how it is said.", no_args_is_help=True)

_Name = Annotated[str | None, typer.Argument(help="A YAML file, or a bundled playbook's name; the setting's, if none.")]


@playbook.command(name="check")
def check_(name: _Name = None, *, as_json: JsonFlag = False) -> None:
    """Read a playbook to its end: the first error with its line and column, or what is in it and could be better."""
    name = name or load_settings({}).playbook.file
    path = playbooks.find(name)
    draft = playbooks.read(path)
    ear = RefusalClassifier(assets.refusal_model())
    book = playbooks.load(name, ear.embed, now=datetime.now().astimezone())
    remarks = list(playbooks.remarks(draft, book, ear.embed))
    counts = {
        "situations": len(book.situations),
        "offers": len(draft.offers),
        "feelings": len(book.feelings),
        "not_promised": len(book.forbidden),
    }
    if as_json:
        out(json.dumps({"playbook": book.title, "file": str(path), **counts, "remarks": remarks}, ensure_ascii=False))
        return
    out(f"{book.title}: " + ", ".join(f"{count} {part.replace('_', ' ')}" for part, count in counts.items()))
    for remark in remarks:
        out(f"  {remark}")


@playbook.command(name="try")
def try_(
    text: Annotated[str, typer.Argument(help="What a customer says.")],
    *,
    name: Annotated[
        str | None, typer.Option("--playbook", help="A YAML file, or a bundled playbook's name; else the setting's.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what would be suggested to an agent whose customer says this, and why."""
    ear = RefusalClassifier(assets.refusal_model())
    book = playbooks.load(name or load_settings({}).playbook.file, ear.embed, now=datetime.now().astimezone())
    vector = ear.embed(text)
    nearest = book.nearest(vector, text)
    offers = book.suggest(vector, text, text)
    felt = book.felt(vector, text)
    ruled_out = book.ruled_out(text)
    if as_json:
        values = {
            "situations": [{"id": match.situation.id, "nearness": round(match.nearness, 3)} for match in nearest],
            "offers": [{"id": offer.id, "can": offer.can, "elsewhere": offer.elsewhere} for offer in offers],
            "feeling": felt.id if felt else None,
            "say": felt.say if felt else (),
            "ruled_out": ruled_out,
        }
        out(json.dumps(values, ensure_ascii=False))
        return
    console = make_console()
    for match in nearest:
        style = "bold" if match.holds else "dim"
        console.print(f"[{style}]{match.nearness:5.2f}  {escape(match.situation.title)}[/]")
    if not offers:
        console.print(f"nothing to suggest: no situation is as near as {MATCH}, or none of its offers holds now")
    for offer in offers:
        console.print(f"       {escape(_shown(offer))}")
    if felt:
        console.print(f"feels: {felt.id}")
        for phrase in felt.say:
            console.print(f"       {escape(phrase)}")
    if ruled_out:
        console.print(f"said by an agent, it must not be promised: {escape(ruled_out)}")


@playbook.command(name="import")
def import_(
    table: Annotated[Path, typer.Argument(metavar="CSV", help="A spreadsheet with the columns id and can, and more.")],
    *,
    into: Annotated[Path, typer.Option("--into", help="The playbook that takes them; begun where there is none.")],
) -> None:
    """Put a spreadsheet's offers into a playbook; comments and order stay, an offer that is there is replaced."""
    load_settings({})
    done = playbooks.import_offers(table, into)
    note(f"{into}: {done.added} offers added, {done.replaced} replaced")
    if done.situations:
        note(f"begun: {', '.join(done.situations)}")


def _shown(offer: Offer) -> str:
    """What can be done, and who does it where it is somebody else."""
    return f"{offer.can} ({offer.elsewhere})" if offer.elsewhere else offer.can
