"""Offers that worked, proposed by the agents who made them: to be seen, and put aside, by who supervises their team.

What is approved goes into a playbook's file, which is done where that file is: `voiceassist playbook approve`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import Field
from starlette.exceptions import HTTPException

from voiceassist import playbooks
from voiceassist.accounts.audit import Did
from voiceassist.accounts.visitor import not_yours
from voiceassist.errors import PlaybookError, StoreError, UsageError
from voiceassist.privacy import redact
from voiceassist.server import messages as wire
from voiceassist.server.failures import problems
from voiceassist.server.floor.calls import scope_of
from voiceassist.server.floor.visits import Asked, house_of
from voiceassist.store import offers
from voiceassist.store.offers import Proposal
from voiceassist.store.search import Scope

ROUTES = APIRouter(prefix="/api/offers", tags=["offers"], responses=problems(401, 422, 503))

_HIGHEST = 2**31 - 1


class NewProposal(wire.Shape, frozen=True, extra="forbid"):
    """What was offered at a no, `moment`, of an own call: at most eight words that complete "what I can do is …"."""

    call: wire.Id
    moment: wire.Id
    text: Annotated[str, Field(min_length=1, max_length=200)]


@ROUTES.get("")
def proposed(visitor: Asked, request: Request) -> list[Proposal]:
    """The offers that nobody has decided on, the oldest first: one's own, or those of the teams that one supervises."""
    house = house_of(request)
    if visitor.role != "agent":
        house.audit.add(visitor.user, Did.LISTED_OFFERS)
    return list(offers.proposals(house.store, scope_of(visitor)))


@ROUTES.post("", status_code=201)
def propose(body: NewProposal, visitor: Asked, request: Request) -> Proposal:
    """Propose for the playbook what one offered at a no that ended well; for the agent whose call it was."""
    visitor.must_be_there()
    text = redact(" ".join(body.text.split()))
    try:
        playbooks.check_offer(text)
    except PlaybookError:
        raise UsageError("an offer has at most eight words and 90 characters, and no markup") from None
    try:
        mine = Scope(owner=visitor.user)
        return offers.propose(house_of(request).store, mine, body.call, body.moment, text, by=visitor.user)
    except StoreError as error:
        if error.code == "call-unknown":  # whether somebody else has it is told to nobody
            raise not_yours() from None
        raise


@ROUTES.post("/{number}/reject", responses=problems(404, 409))
def reject(number: Annotated[int, Path(ge=1, le=_HIGHEST)], visitor: Asked, request: Request) -> Proposal:
    """Leave an offer out of the playbook for good; for supervisors of its team and admins."""
    if visitor.role not in {"supervisor", "admin"}:
        raise not_yours()
    house = house_of(request)
    mine = scope_of(visitor)
    call = next((one.call for one in offers.proposals(house.store, mine) if one.number == number), None)
    if call is not None:  # else the store says what is wrong with it
        house.audit.add(visitor.user, Did.OFFER_DECIDED, call=call, about=f"{number} rejected")
    try:
        return offers.decide(house.store, mine, number, approve=False, by=visitor.user)
    except StoreError as error:
        if error.code == "offer-unknown":
            raise (HTTPException(404) if visitor.role == "admin" else not_yours()) from None
        raise
