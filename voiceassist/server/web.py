"""The web app: the overlay's files, the WebSocket, sessions, and calls for softphones and other programs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, FastAPI, Request, Response, WebSocket
from pydantic import AwareDatetime, Field
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from voiceassist.server import messages as wire
from voiceassist.server.auth import Auth, Session
from voiceassist.server.callstate import CallState
from voiceassist.server.connection import Connection
from voiceassist.server.failures import add_failures
from voiceassist.server.guard import Guard, port_of, secure
from voiceassist.server.health import add_health
from voiceassist.server.hub import Hub
from voiceassist.server.pages import add_pages


class OneTime(wire.Shape, frozen=True, extra="forbid"):
    """What the page posts to open a session."""

    token: Annotated[str, Field(max_length=500)]


class SessionInfo(wire.Shape, frozen=True):
    """Who one is. `token` is told only to programs, once; a page has it in a cookie that its scripts cannot read."""

    role: wire.Role
    token: str | None = None


class NewCall(wire.Shape, frozen=True, extra="forbid"):
    """A call to begin; `id` where the caller has one of its own.

    Where calls are passed on to a hub it gets a part that makes it unlike all others: the answer tells it whole. The
    call goes by both until the next one begins.
    """

    id: wire.Id | None = None


class CallId(wire.Shape, frozen=True):
    id: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was made for a visitor, and what it may do (its Content-Security-Policy)."""

    html: str
    policy: str


Reviews: TypeAlias = Callable[[str], Page]
"""The review of a call by its id; blocks, and raises VoiceassistError where there is none."""


class CallInfo(wire.Shape, frozen=True):
    """A call in a list. `at`: seconds it has lasted, as far as was told."""

    id: str
    live: bool
    started_at: AwareDatetime
    at: wire.Seconds

    @classmethod
    def of(cls, state: CallState) -> CallInfo:
        return cls(id=state.call, live=state.live, started_at=state.started_at, at=state.at)


def cookie_name(connection: HTTPConnection) -> str:
    """Browsers share cookies between the ports of a host: each server has a name of its own."""
    return f"voiceassist-{port_of(connection)}"


def _cookie(connection: HTTPConnection) -> str | None:
    return connection.cookies.get(cookie_name(connection))


async def _visitor(request: Request) -> Session:
    """Who asks, by the token of a program or the cookie of a page."""
    auth: Auth = request.app.state.auth
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    session = auth.check(bearer if scheme.lower() == "bearer" else _cookie(request))
    if session is None:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    return session


Visitor: TypeAlias = Annotated[Session, Depends(_visitor)]


async def _agent(session: Visitor) -> Session:
    if session.role != "agent":
        raise HTTPException(403)
    return session


Agent: TypeAlias = Annotated[Session, Depends(_agent)]


def create_app(  # noqa: PLR0913 - the parts of a server, each named
    hub: Hub,
    auth: Auth,
    hello: wire.Hello,
    overlay: Path,
    *,
    reviews: Reviews | None = None,
    metrics: Callable[[], str] | None = None,
    hosts: Collection[str] = (),
    ready: Callable[[], bool] = lambda: True,
) -> FastAPI:
    """The app around `hub`.

    `hello` is what each client is told about the recogniser. `overlay` is the folder with the page's files, read now.
    `reviews` makes the page `/review/{call}` of a call that was kept, `metrics` the text of `/metrics`. `hosts` are
    names this server is known by, beside those of the loopback. `ready` answers `/readyz`. Raises `ServerError` when
    the folder holds no page.
    """
    app = FastAPI(title="voiceassist", version=hello.version, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.auth = auth
    app.add_middleware(Guard, hosts=frozenset(hosts))
    add_failures(app)
    add_health(app, ready)
    _add_session(app, auth)
    _add_calls(app, hub)
    if reviews is not None:
        _add_reviews(app, reviews)
    if metrics is not None:
        _add_metrics(app, metrics)

    @app.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        await socket.accept()
        await Connection(socket, hub, auth, hello, _cookie(socket)).serve()

    add_pages(app, overlay)
    return app


def _add_session(app: FastAPI, auth: Auth) -> None:
    @app.post("/api/session")
    async def open_session(body: OneTime, request: Request, response: Response) -> SessionInfo:
        token = auth.redeem(body.token)
        session = auth.check(token)
        if token is None or session is None:
            raise HTTPException(401)
        response.set_cookie(
            cookie_name(request),
            token,
            max_age=int(auth.remaining(session)),
            path="/",
            httponly=True,
            samesite="strict",
            secure=secure(request),
        )
        return SessionInfo(role=session.role, token=None if "origin" in request.headers else token)

    @app.get("/api/session")
    async def session_info(session: Visitor) -> SessionInfo:
        return SessionInfo(role=session.role)

    @app.get("/openapi.json", include_in_schema=False, dependencies=[Depends(_visitor)])
    async def openapi() -> dict[str, Any]:
        return app.openapi()


def _add_metrics(app: FastAPI, metrics: Callable[[], str]) -> None:
    @app.get("/metrics", response_class=Response)
    async def metrics_(_session: Visitor) -> Response:
        return Response(metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _add_calls(app: FastAPI, hub: Hub) -> None:
    @app.get("/api/calls")
    async def calls(_session: Visitor) -> list[CallInfo]:
        return [CallInfo.of(state) for state in hub.calls]

    @app.get("/api/calls/{call}")
    async def call(call: str, session: Visitor) -> wire.Snapshot:
        return hub.snapshot(session.role, call)

    @app.post("/api/calls", status_code=202)
    async def start_call(_session: Agent, new: NewCall | None = None) -> CallId:
        given = (new.id if new is not None else None) or uuid.uuid4().hex
        begun = hub.command(wire.CallStart(call=given))
        return CallId(id=begun.call or given)

    @app.post("/api/calls/{call}/end", status_code=202)
    async def end_call(call: wire.Id, session: Agent) -> CallId:
        hub.snapshot(session.role, call)
        hub.command(wire.CallEnd(call=call))
        return CallId(id=call)


def _add_reviews(app: FastAPI, reviews: Reviews) -> None:
    @app.get("/review/{call}", include_in_schema=False)
    def review(call: wire.Id, _session: Visitor) -> Response:
        page = reviews(call)
        return Response(page.html, media_type="text/html", headers={"Content-Security-Policy": page.policy})
