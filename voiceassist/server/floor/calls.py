"""The calls that are kept, as far as a visitor may read them; every reading is written down before it is answered."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from voiceassist.accounts.audit import Did
from voiceassist.accounts.visitor import Visitor, not_yours
from voiceassist.errors import StoreError, VoiceassistError
from voiceassist.report.document import Review
from voiceassist.report.page import content_security_policy, render_review
from voiceassist.report.review import review as review_of
from voiceassist.server import messages as wire
from voiceassist.server.failures import problems
from voiceassist.server.floor.house import House
from voiceassist.server.floor.visits import Asked, house_of
from voiceassist.store.records import Alert, Call, CallInfo, CallState
from voiceassist.store.search import Having, Scope, Wanted, cursor, find

ROUTES = APIRouter(tags=["calls"], responses=problems(401, 404, 422, 503))

Text = Annotated[str, Field(max_length=200)]
Place = Annotated[str, Field(max_length=1200)]
"""A place in the list: it holds the id of a call, which may be long, in a longer writing."""


class CallQuery(BaseModel, frozen=True, extra="forbid"):
    """Which calls, the newest first; `after`: what follows the page before, as that said."""

    text: Text = ""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    agent: Text = ""
    team: Text = ""
    having: Having | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    after: Place = ""

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.text, self.since, self.until, self.agent, self.team, self.having)


class CallPage(wire.Shape, frozen=True):
    """Some calls; `after` asks for those that follow, null where there are none. `sample`: the agents are simulated."""

    calls: tuple[CallInfo, ...]
    after: str | None
    sample: bool = False


class KeptReview(Review, frozen=True):
    """A review with the call's alerts, the oldest first: these are for those who supervise it, empty for its agent.

    `sample`: the agents are simulated.
    """

    alerts: tuple[Alert, ...] = ()
    sample: bool = False


def scope_of(visitor: Visitor) -> Scope:
    """Whose calls one may read: an agent's own, those of a supervisor's teams, an admin's all."""
    match visitor.role:
        case "agent" | "worker":
            return Scope(owner=visitor.user)
        case "supervisor":
            return Scope(teams=visitor.teams)
        case "admin":
            return Scope(everybody=True)


@ROUTES.get("/api/calls")
def calls(query: Annotated[CallQuery, Query()], visitor: Asked, request: Request) -> CallPage:
    """The calls that one may read."""
    house = house_of(request)
    if visitor.role != "agent":
        house.audit.add(visitor.user, Did.LISTED_CALLS, about="searched" if query.text else "")
    found = find(house.store, query.wanted, scope_of(visitor), limit=query.limit, after=query.after)
    after = cursor(found[-1]) if len(found) == query.limit else None
    return CallPage(calls=found, after=after, sample=house.hello.sample)


@ROUTES.get("/api/calls/{id}", responses=problems(409))
def call(id: wire.Id, visitor: Asked, request: Request) -> Call:  # noqa: A002 - the name in the address
    """A call with all that is kept of it."""
    return _read(house_of(request), visitor, id)


@ROUTES.get("/api/calls/{id}/review", responses=problems(409))
def review(id: wire.Id, visitor: Asked, request: Request) -> KeptReview:  # noqa: A002 - the name in the address
    """How a call went: what was said well, each no with its steps, and how it can be said."""
    house = house_of(request)
    found = _read(house, visitor, id)
    alerts = house.store.alerts_of(id) if visitor.may_supervise(found.info.team) else ()
    return KeptReview.model_validate({**dict(review_of(found)), "alerts": alerts, "sample": house.hello.sample})


@ROUTES.get("/review/{id}", include_in_schema=False)
def review_page(id: wire.Id, visitor: Asked, request: Request) -> Response:  # noqa: A002 - the name in the address
    """The same as a page."""
    seen = review_of(_read(house_of(request), visitor, id))
    headers = {"Content-Security-Policy": content_security_policy()}
    return Response(render_review(seen), media_type="text/html", headers=headers)


@ROUTES.delete("/api/calls/{id}", status_code=204, responses=problems(409))
def delete(id: wire.Id, visitor: Asked, request: Request) -> None:  # noqa: A002 - the name in the address
    """Delete a call that is over, really; for supervisors of its team and admins."""
    house = house_of(request)
    info = _find(house, visitor, id).info
    if not visitor.may_supervise(info.team):
        raise not_yours()
    house.store.deletable(info.id)
    house.audit.add(visitor.user, Did.DELETED, call=info.id)
    house.store.delete(info.id)
    house.store.scrub()


def _read(house: House, visitor: Visitor, id_: str) -> Call:
    """A call that the visitor may read. Whose it is decides; who reads another one's is written down.

    Another one's that is on is read on the board alone, where its agent sees who does.
    """
    found = _find(house, visitor, id_)
    if not visitor.may_read(found.info.owner, found.info.team):
        raise not_yours()
    if found.info.owner != visitor.user:
        if found.info.state is CallState.ON:
            raise StoreError(
                "the call is on: the board shows it, and here it can be read when it is over", code="call-live"
            )
        house.audit.add(visitor.user, Did.READ_CALL, call=found.info.id)
    return found


def _find(house: House, visitor: Visitor, id_: str) -> Call:
    """A call, whosever it is. Only who may read all calls is told that there is none."""
    try:
        found = house.store.call(id_)
    except StoreError as error:
        if error.code == "call-unknown":
            raise _unknown(visitor) from None
        raise
    if found.info.id != id_:  # the store has a word for the newest one
        raise _unknown(visitor)
    return found


def _unknown(visitor: Visitor) -> VoiceassistError:
    return StoreError("there is no such call", code="call-unknown") if visitor.role == "admin" else not_yours()
