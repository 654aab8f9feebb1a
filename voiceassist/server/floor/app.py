"""The hub's web app: pages, sessions, people, calls, and the WebSocket of boards, agents and workers."""

from __future__ import annotations

import asyncio
import copy
import hmac
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response, WebSocket

from voiceassist.accounts.visitor import Visitor
from voiceassist.server import messages as wire
from voiceassist.server.failures import add_failures, problems
from voiceassist.server.floor import calls, offers, people, sessions, trends
from voiceassist.server.floor.agents import AgentTalk
from voiceassist.server.floor.connection import FloorConnection, Talks
from voiceassist.server.floor.house import House
from voiceassist.server.floor.supervisors import SupervisorTalk
from voiceassist.server.floor.talk import Talk
from voiceassist.server.floor.visits import Asked, cookie, visitor_of
from voiceassist.server.floor.workers import WorkerTalk
from voiceassist.server.guard import Guard
from voiceassist.server.health import add_health
from voiceassist.server.pages import add_pages


def create_floor_app(  # noqa: PLR0913 - the parts of a server, each named
    house: House,
    pages: Path,
    *,
    metrics: Callable[[], str],
    metrics_token: str = "",
    names: Collection[str] = (),
    ready: Callable[[], bool] = lambda: True,
) -> FastAPI:
    """The app around one process of the hub.

    `pages` is the folder with the pages' files, read now. `metrics` makes the text of `/metrics`, which a program may
    read with `metrics_token`. `names` are those that this server is known by, beside the loopback's. `ready` answers
    `/readyz`. Raises `ServerError` when the folder holds no page.
    """
    app = floor_api(metrics=metrics, metrics_token=metrics_token, ready=ready)
    app.state.house = house
    app.add_middleware(Guard, hosts=frozenset(names))

    @app.websocket("/ws")
    async def ws(socket: WebSocket) -> None:
        await socket.accept()
        await FloorConnection(socket, house, cookie(socket), _talks(house)).serve()

    add_pages(
        app,
        pages,
        {"": "board.html", "board": "board.html", "records": "records.html", "overlay": "index.html"},
    )
    return app


def floor_api(
    *, metrics: Callable[[], str] = lambda: "", metrics_token: str = "", ready: Callable[[], bool] = lambda: True
) -> FastAPI:
    """What programs may ask of a hub, without the hub behind it: enough to be described."""
    app = FastAPI(
        title="voiceassist hub",
        summary="What programs may ask of a voiceassist hub, beside the WebSocket /ws.",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        responses=problems(403, 411, 413, 421),
    )
    app.state.logins = asyncio.Semaphore(sessions.LOGINS_AT_ONCE)
    add_failures(app)
    add_health(app, ready)
    for part in (sessions, people, calls, offers, trends):
        app.include_router(part.ROUTES)

    @app.get(
        "/metrics",
        name="metrics",
        tags=["operation"],
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems(401, 503)},
        openapi_extra={"security": [{"HTTPBearer": []}]},
    )
    def metrics_(request: Request) -> Response:
        """How the hub does, for Prometheus; for admins, and for a program with the hub's own token for it."""
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not metrics_token or not hmac.compare_digest(bearer.encode(), metrics_token.encode()):
            visitor_of(request).must_be_admin()
        return Response(metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.get("/openapi.json", include_in_schema=False)
    def openapi(_visitor: Asked) -> dict[str, Any]:
        return describe(app)

    return app


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of `floor_api`, with each way to fail written out once."""
    document = copy.deepcopy(app.openapi())
    failures = document["components"].setdefault("responses", {})
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if "Problem" in str(response.get("content")):
                    failures[status] = response
                    operation["responses"][status] = {"$ref": f"#/components/responses/{status}"}
    return document


def _talks(house: House) -> Talks:
    def talk(visitor: Visitor, hello: wire.ClientHello) -> Talk:
        match visitor.role:
            case "agent":
                return AgentTalk(house, visitor, hello)
            case "worker":
                return WorkerTalk(house, visitor)
            case "supervisor" | "admin":
                return SupervisorTalk(house, visitor)

    return talk
