"""Coming in and going: sessions by password, link, machine, invite or OpenID Connect."""

from __future__ import annotations

import html
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, Field, SecretStr, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from voiceassist.accounts.door import Opened
from voiceassist.accounts.oidc import Provider
from voiceassist.accounts.visitor import Visitor
from voiceassist.server import messages as wire
from voiceassist.server.failures import problems
from voiceassist.server.floor.visits import Asked, cookie, give_cookie, house_of, take_cookie, token_of
from voiceassist.server.guard import secure

ROUTES = APIRouter(tags=["session"], responses=problems(422, 503))
_STATE_COOKIE = "voiceassist-login"
_STATE_SECONDS = 600
LOGINS_AT_ONCE = 4
"""Logins by password that are looked at at a time: fewer than there are threads, which others need."""

Login = Annotated[str, Field(min_length=1, max_length=200)]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=500)]


class Credentials(wire.Shape, frozen=True, extra="forbid"):
    """A `token` from a link, or of a machine; or a `user` and `password`."""

    token: Secret | None = None
    user: Login | None = None
    password: Secret | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Credentials:
        if (self.token is None) == (self.user is None or self.password is None):
            raise ValueError("either a token, or a user and a password")
        return self


class Acceptance(wire.Shape, frozen=True, extra="forbid"):
    """What one who was invited chooses."""

    token: Secret
    user: Login
    name: Annotated[str, Field(min_length=1, max_length=200)]
    password: Secret


class Look(wire.Shape, frozen=True, extra="forbid"):
    """An invite's token."""

    token: Secret


class NewPassword(wire.Shape, frozen=True, extra="forbid"):
    """The password so far, and the one from now on."""

    old: Secret
    new: Secret


class SessionInfo(wire.Shape, frozen=True):
    """Who one is. `token` is told only to programs, once; a page has it in a cookie that its scripts cannot read."""

    role: wire.Role
    user: str
    name: str
    teams: tuple[str, ...]
    expires_in: float
    token: str | None = None

    @classmethod
    def of(cls, visitor: Visitor, token: str | None = None) -> SessionInfo:
        return cls(
            role=visitor.role,
            user=visitor.user,
            name=visitor.name,
            teams=tuple(sorted(visitor.teams)),
            expires_in=round((visitor.expires_at - datetime.now(UTC)).total_seconds(), 1),
            token=token,
        )


class Ways(wire.Shape, frozen=True):
    """How one may log in. `oidc`: also by OpenID Connect, at /login/oidc."""

    oidc: bool


class Elsewhere(wire.Shape, frozen=True):
    """Where the browser is to go on."""

    url: str


class InvitationInfo(wire.Shape, frozen=True):
    """What an invite is for, and who gave it; `user`: the login name that it is for, if for one only."""

    role: wire.Role
    team: str
    user: str
    by: str
    expires_at: AwareDatetime | None


@ROUTES.get("/api/login")
def ways(request: Request) -> Ways:
    """How one may log in."""
    return Ways(oidc=house_of(request).provider is not None)


@ROUTES.post("/api/session", responses=problems(401, 409, 429))
async def open_session(body: Credentials, request: Request, response: Response) -> SessionInfo:
    """Come in."""
    door = house_of(request).door
    if body.token is not None:
        opened = await run_in_threadpool(door.open_session, body.token.get_secret_value())
    else:
        assert body.user is not None
        assert body.password is not None
        # Passwords take long to be checked. Anybody may have that done: those who are in must not wait for it.
        async with request.app.state.logins:
            opened = await run_in_threadpool(door.login, body.user, body.password.get_secret_value(), _address(request))
    return await run_in_threadpool(_welcome, request, response, opened)


@ROUTES.get("/api/session", responses=problems(401))
def session(request: Request, _visitor: Asked) -> SessionInfo:
    """Who one is; a page's session is prolonged."""
    return SessionInfo.of(house_of(request).door.renew(token_of(request) or ""))


@ROUTES.delete("/api/session", status_code=204)
def close_session(request: Request, response: Response) -> None:
    """Go."""
    if (token := token_of(request)) is not None:
        house_of(request).door.close(token)
    take_cookie(request, response)


@ROUTES.put("/api/password", responses=problems(401, 429))
def change_password(body: NewPassword, visitor: Asked, request: Request, response: Response) -> SessionInfo:
    """Choose another password: all other sessions end."""
    old, new = body.old.get_secret_value(), body.new.get_secret_value()
    return _welcome(request, response, house_of(request).door.change_password(visitor, old, new, _address(request)))


@ROUTES.post("/api/invites/look", responses=problems(401))
def look(body: Look, request: Request) -> InvitationInfo:
    """What an invite is for."""
    seen = house_of(request).door.invitation(body.token.get_secret_value())
    return InvitationInfo(role=seen.role, team=seen.team, user=seen.login, by=seen.by, expires_at=seen.expires_at)


@ROUTES.post("/api/invites/accept", responses=problems(401, 409))
def accept(body: Acceptance, request: Request, response: Response) -> SessionInfo:
    """Become a user."""
    opened = house_of(request).door.accept(
        body.token.get_secret_value(), body.user, body.name, body.password.get_secret_value()
    )
    return _welcome(request, response, opened)


# --- OpenID Connect ---------------------------------------------------------------------------------------------------


@ROUTES.post("/api/invites/oidc", responses=problems(401, 404, 502))
def accept_by_oidc(body: Look, request: Request, response: Response) -> Elsewhere:
    """Become a user whom the OpenID Connect provider vouches for: the browser goes there next."""
    provider, token = _provider(request), body.token.get_secret_value()
    house_of(request).door.invitation(token)
    url, kept = provider.begin(_way_back(request), token)
    _keep(request, response, kept)
    return Elsewhere(url=url)


@ROUTES.get("/login/oidc", include_in_schema=False)
def begin_oidc(request: Request) -> Response:
    """To the one who vouches."""
    url, kept = _provider(request).begin(_way_back(request))
    response = RedirectResponse(url, 303)
    _keep(request, response, kept)
    return response


@ROUTES.get("/login/oidc/return", include_in_schema=False)
def finish_oidc(request: Request) -> Response:
    """Back from there."""
    identity = _provider(request).finish(dict(request.query_params), request.cookies.get(_STATE_COOKIE, ""))
    opened = house_of(request).door.enter(identity)
    # The browser does not send a strict cookie on a way that began elsewhere: our own page takes the last step.
    target = "/board" if opened.visitor.role != "agent" else "/#j=1" if identity.invite else "/"
    response = Response(
        f'<!doctype html><meta http-equiv="refresh" content="0;url={html.escape(target)}"><title>voiceassist</title>',
        media_type="text/html",
    )
    give_cookie(request, response, opened)
    response.delete_cookie(_STATE_COOKIE, path="/login", httponly=True, samesite="lax", secure=secure(request))
    return response


def _way_back(request: Request) -> str:
    return str(request.url_for("finish_oidc"))


def _keep(request: Request, response: Response, kept: str) -> None:
    """Let the browser keep what belongs to this login. Lax: the way back begins on the provider's page."""
    response.set_cookie(
        _STATE_COOKIE,
        kept,
        max_age=_STATE_SECONDS,
        path="/login",
        httponly=True,
        samesite="lax",
        secure=secure(request),
    )


def _provider(request: Request) -> Provider:
    provider = house_of(request).provider
    if provider is None:
        raise HTTPException(404)
    return provider


def _welcome(request: Request, response: Response, opened: Opened) -> SessionInfo:
    if "origin" not in request.headers:
        return SessionInfo.of(opened.visitor, opened.token)
    before = cookie(request)
    if before is not None and before != opened.token:  # who comes in anew leaves the old session
        house_of(request).door.close(before)
    give_cookie(request, response, opened)
    return SessionInfo.of(opened.visitor)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
