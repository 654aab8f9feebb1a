"""Who asks: the session behind a request's cookie or bearer token."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from voiceassist.accounts.door import Opened
from voiceassist.accounts.tokens import LONGEST_SESSION
from voiceassist.accounts.visitor import Visitor
from voiceassist.server.floor.house import House
from voiceassist.server.guard import secure


def house_of(connection: HTTPConnection) -> House:
    """The hub that a request came to."""
    return connection.app.state.house


def cookie_name(connection: HTTPConnection) -> str:
    """Over TLS a name that no other host, and no page without TLS, can set."""
    return "__Host-voiceassist" if secure(connection) else "voiceassist-hub"


def cookie(connection: HTTPConnection) -> str | None:
    """The token that a page's cookie brings."""
    return connection.cookies.get(cookie_name(connection))


def token_of(request: Request) -> str | None:
    """The token of a program, or that of a page's cookie."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return bearer if scheme.lower() == "bearer" else cookie(request)


def give_cookie(request: Request, response: Response, opened: Opened) -> None:
    """Let the page keep its session: scripts cannot read it, foreign pages cannot use it."""
    response.set_cookie(
        cookie_name(request),
        opened.token,
        max_age=int(LONGEST_SESSION.total_seconds()),
        path="/",
        httponly=True,
        samesite="strict",
        secure=secure(request),
    )


def take_cookie(request: Request, response: Response) -> None:
    """Have the page forget its session."""
    response.delete_cookie(cookie_name(request), path="/", httponly=True, samesite="strict", secure=secure(request))


def visitor_of(request: Request) -> Visitor:
    """The visitor who asks. Raises HTTPException (401) where there is none."""
    token = token_of(request)
    visitor = None if token is None else house_of(request).door.check(token)
    if visitor is None:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    return visitor


_BEARER = HTTPBearer(auto_error=False, description="A program's session, as POST /api/session gives it.")
_COOKIE = APIKeyCookie(name="__Host-voiceassist", auto_error=False, description="A page's session.")


def _asked(
    request: Request, _bearer: Annotated[object, Security(_BEARER)], _cookie: Annotated[object, Security(_COOKIE)]
) -> Visitor:
    # Both are read by `token_of`; here they are only said to whoever reads the description of the API.
    return visitor_of(request)


Asked: TypeAlias = Annotated[Visitor, Security(_asked)]
"""The visitor who asks; without one a request is answered with 401."""
