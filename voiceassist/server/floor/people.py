"""Users, invites and machines, as far as a visitor may see and change them, and the audit log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, Field
from starlette.exceptions import HTTPException

from voiceassist.accounts.tokens import Key
from voiceassist.accounts.users import User
from voiceassist.accounts.visitor import Visitor
from voiceassist.errors import AccountError
from voiceassist.server import messages as wire
from voiceassist.server.failures import problems
from voiceassist.server.floor.visits import Asked, house_of

ROUTES = APIRouter(prefix="/api", tags=["people"], responses=problems(401, 404, 409, 422, 503))

Name = Annotated[str, Field(max_length=200)]


class UserInfo(wire.Shape, frozen=True):
    """A user. `disabled`: shut out."""

    user: str
    name: str
    role: wire.Role
    teams: tuple[str, ...]
    disabled: bool

    @classmethod
    def of(cls, user: User) -> UserInfo:
        return cls(
            user=user.id,
            name=user.name,
            role=user.role,
            teams=tuple(sorted(user.teams)),
            disabled=user.disabled_at is not None,
        )


class NewInvite(wire.Shape, frozen=True, extra="forbid"):
    """Somebody new is wanted; `user`: only under that login name."""

    role: wire.Role = "agent"
    team: Name = ""
    user: Name = ""


class Invite(wire.Shape, frozen=True):
    """An invite that nobody has accepted yet; `link` is told once, when it is made."""

    id: str
    role: str | None
    team: str | None
    user: str
    by: str
    expires_at: AwareDatetime | None
    link: str | None = None

    @classmethod
    def of(cls, key: Key, link: str | None = None) -> Invite:
        return cls(
            id=key.id,
            role=key.role,
            team=key.team,
            user=key.note,
            by=key.user,
            expires_at=key.expires_at,
            link=link,
        )


class NewMachine(wire.Shape, frozen=True, extra="forbid"):
    """A computer that passes one's calls on; `name`: what to call it."""

    name: Annotated[str, Field(min_length=1, max_length=200)] = "computer"


class Machine(wire.Shape, frozen=True):
    """A computer of an agent. `key` is told once: with it the machine opens its sessions."""

    id: str
    name: str
    created_at: AwareDatetime
    used_at: AwareDatetime | None
    key: str | None = None

    @classmethod
    def of(cls, key: Key, token: str | None = None) -> Machine:
        return cls(id=key.id, name=key.note, created_at=key.created_at, used_at=key.used_at, key=token)


class Link(wire.Shape, frozen=True):
    """An address that opens something once."""

    link: str


class Entry(wire.Shape, frozen=True):
    """One line of the audit log."""

    at: AwareDatetime
    who: str
    did: str
    call: str | None
    about: str


@ROUTES.get("/users")
def users(visitor: Asked, request: Request) -> list[UserInfo]:
    """The users whom one may see."""
    return [UserInfo.of(user) for user in house_of(request).office.users(visitor)]


@ROUTES.get("/teams")
def teams(visitor: Asked, request: Request) -> list[str]:
    """The teams that one may see."""
    return list(house_of(request).office.teams(visitor))


@ROUTES.get("/invites")
def invites(visitor: Asked, request: Request) -> list[Invite]:
    """The invites that nobody has accepted yet."""
    return [Invite.of(key) for key in house_of(request).office.invites(visitor)]


@ROUTES.post("/invites", status_code=201)
def invite(body: NewInvite, visitor: Asked, request: Request) -> Invite:
    """Invite somebody."""
    issued = house_of(request).office.invite(visitor, body.role, body.team, body.user)
    # In the fragment: a browser sends it to no server, and no log holds it.
    return Invite.of(issued.key, f"{str(request.base_url).rstrip('/')}/#i={issued.token}")


@ROUTES.delete("/invites/{id}", status_code=204)
def withdraw(id: str, visitor: Asked, request: Request) -> None:  # noqa: A002 - the name in the address
    """Withdraw an invite."""
    _revoke(request, visitor, id)


@ROUTES.get("/machines")
def machines(
    visitor: Asked, request: Request, user: Annotated[str | None, Query(max_length=200)] = None
) -> list[Machine]:
    """One's own computers, or those of a user whom one may see."""
    return [Machine.of(key) for key in house_of(request).office.machines(visitor, user)]


@ROUTES.post("/machines", status_code=201)
def add_machine(body: NewMachine, visitor: Asked, request: Request) -> Machine:
    """Let a computer of one's own pass one's calls on."""
    issued = house_of(request).office.add_machine(visitor, body.name)
    return Machine.of(issued.key, issued.token)


@ROUTES.post("/machines/link", status_code=201)
def machine_link(visitor: Asked, request: Request) -> Link:
    """A link for `voiceassist join` on a computer of one's own; good once, for an hour."""
    issued = house_of(request).office.link(visitor, visitor.user)
    return Link(link=f"{str(request.base_url).rstrip('/')}/#m={issued.token}")


@ROUTES.delete("/machines/{id}", status_code=204)
def revoke(id: str, visitor: Asked, request: Request) -> None:  # noqa: A002 - the name in the address
    """Shut a computer out."""
    _revoke(request, visitor, id)


class AuditQuery(BaseModel, frozen=True, extra="forbid"):
    """Which lines of the log: of a call, of somebody, not older than `since`."""

    call: Name | None = None
    who: Name | None = None
    since: AwareDatetime | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


@ROUTES.get("/audit")
def audit(query: Annotated[AuditQuery, Query()], visitor: Asked, request: Request) -> list[Entry]:
    """Who did what, the newest first; for admins."""
    visitor.must_be_admin()
    found = house_of(request).audit.entries(call=query.call, who=query.who, since=query.since, limit=query.limit)
    return [Entry(at=e.at, who=e.who, did=e.did, call=e.call, about=e.about) for e in found]


def _revoke(request: Request, visitor: Visitor, id_: str) -> None:
    try:
        house_of(request).office.revoke(visitor, id_)
    except AccountError as error:
        if error.code == "token-unknown":  # not the visitor's own, which would be 401
            raise HTTPException(404) from None
        raise
