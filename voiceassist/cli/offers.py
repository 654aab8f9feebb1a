"""Commands for offers that worked in a call, on their way into a playbook."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voiceassist.cli.common import JsonFlag
from voiceassist.cli.kept import kept, kept_something
from voiceassist.cli.output import make_console, note, out
from voiceassist.errors import UsageError

if TYPE_CHECKING:  # half a second that the other commands need not wait
    from voiceassist.store.offers import Proposal


def propose(
    call: Annotated[str, typer.Argument(help="The call's id; last: the newest.")],
    number: Annotated[int, typer.Argument(metavar="NO", help="Which of its noes, as in the report: 1 is the first.")],
    text: Annotated[str, typer.Argument(help="What was offered: eight words that complete “what I can do is …”.")],
) -> None:
    """Propose for the playbook what you offered at a no that ended well."""
    from voiceassist import playbooks  # noqa: PLC0415
    from voiceassist.accounts.audit import Did  # noqa: PLC0415
    from voiceassist.privacy import redact  # noqa: PLC0415
    from voiceassist.report.review import review  # noqa: PLC0415
    from voiceassist.store import offers  # noqa: PLC0415
    from voiceassist.store.search import EVERYBODY  # noqa: PLC0415

    playbooks.check_offer(text)
    with kept_something() as (store, log):
        seen = review(store.call(call))
        log.add(Did.READ_CALL, call=seen.call.id)
        no = next((no for no in seen.noes if no.number == number), None)
        if no is None:
            raise UsageError(f"the call has {len(seen.noes)} noes, and no {number}")
        made = offers.propose(store, EVERYBODY, seen.call.id, no.id, redact(text), by=_who())
    out(f"proposed as number {made.number}")


def proposed(*, as_json: JsonFlag = False) -> None:
    """List the offers that agents proposed, and that nobody has decided on."""
    from voiceassist.accounts.audit import Did  # noqa: PLC0415
    from voiceassist.cli.overview import proposals  # noqa: PLC0415
    from voiceassist.store import offers  # noqa: PLC0415
    from voiceassist.store.search import EVERYBODY  # noqa: PLC0415

    found = ()
    with kept() as opened:
        if opened is not None:
            store, log = opened
            log.add(Did.LISTED_OFFERS)
            found = offers.proposals(store, EVERYBODY)
    if as_json:
        for offer in found:
            out(offer.model_dump_json())
    elif found:
        make_console().print(proposals(found))
    else:
        note("nothing is proposed")


def approve(
    number: Annotated[int, typer.Argument(help="The proposed offer, see proposed.")],
    *,
    file: Annotated[Path | None, typer.Option(metavar="PLAYBOOK", help="The playbook's file that takes it.")] = None,
    situation: Annotated[
        str | None, typer.Option(metavar="ID", help="Its situation there; else the one that is nearest to the ask.")
    ] = None,
    wording: Annotated[str | None, typer.Option("--as", metavar="TEXT", help="The offer in other words.")] = None,
    reject: Annotated[bool, typer.Option("--reject", help="Leave it out of the playbook for good.")] = False,
) -> None:
    """Put a proposed offer into a playbook, with what was asked as an example; comments and order stay."""
    from voiceassist.accounts.audit import Did  # noqa: PLC0415
    from voiceassist.store import offers  # noqa: PLC0415
    from voiceassist.store.search import EVERYBODY  # noqa: PLC0415

    if reject == (file is not None):
        raise UsageError("approve takes --file PLAYBOOK, or --reject")
    with kept_something() as (store, log):
        found = next((one for one in offers.proposals(store, EVERYBODY) if one.number == number), None)
        if found is not None:  # else the store says what is wrong with it
            log.add(Did.OFFER_DECIDED, f"{number} {'rejected' if reject else 'approved'}", call=found.call)
            if file is not None:
                _add(file, found, situation, wording)
        offers.decide(store, EVERYBODY, number, approve=not reject, by=_who())
    if reject:
        out(f"rejected: number {number}")


def _add(file: Path, found: Proposal, situation: str | None, wording: str | None) -> None:
    from voiceassist import assets, playbooks  # noqa: PLC0415
    from voiceassist.engines.refusal import RefusalClassifier  # noqa: PLC0415

    ear = RefusalClassifier(assets.refusal_model())
    now = datetime.now().astimezone()
    added = playbooks.add_offer(file, wording or found.text, found.asked, situation=situation, embed=ear.embed, now=now)
    how = "named" if added.known else "added"
    out(f"{file}: offer {added.offer} {how} in {added.situation}")


def _who() -> str:
    """The name of the user on this machine."""
    try:
        return getpass.getuser()[:64]
    except (OSError, KeyError, ImportError):  # a user without a name, as in a container
        return ""
