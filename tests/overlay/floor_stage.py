"""A small hub for the board's page: the real messages, guard and server, and a floor that tests write by hand."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self, TypeVar

from fastapi import FastAPI, HTTPException, Request, Response, WebSocket
from fastapi.responses import JSONResponse
from needs import ROOT
from playwright.async_api import Page
from starlette.websockets import WebSocketDisconnect

from voiceassist.server import messages as wire
from voiceassist.server.codec import dump, parse
from voiceassist.server.guard import Guard
from voiceassist.server.pages import add_pages
from voiceassist.server.serve import Server

OVERLAY = ROOT / "overlay"
COOKIE = "floor"
USER, PASSWORD = "mara.holt", "orange lamp under water"
HELLO = wire.Hello(
    transcriber="", limited=False, version="1", role="supervisor", user=USER, name="Mara Holt", teams=("Front desk",)
)
COLLEAGUES = [
    {"user": USER, "name": "Mara Holt", "role": "supervisor", "teams": ["Front desk"], "disabled": False},
    {"user": "jon.reed", "name": "Jon Reed", "role": "supervisor", "teams": ["Front desk"], "disabled": False},
    {"user": "ana.silva", "name": "Ana Silva", "role": "agent", "teams": ["Front desk"], "disabled": False},
]

Asked = TypeVar("Asked", bound=wire.Incoming)


def now() -> datetime:
    return datetime.now(UTC)


class FloorStage:
    """Serves the board. `wall`, `alerts` and `snapshots` are told to who joins; `say` tells those who are there."""

    def __init__(self, *, hello: wire.Hello = HELLO) -> None:
        self.hello = hello
        self.cards: dict[str, wire.Card] = {}
        self.alerts: dict[str, wire.Alert] = {}
        self.snapshots: dict[str, wire.Snapshot] = {}
        self.users = COLLEAGUES
        self.teams = list(hello.teams)
        """All that one may see, also without anybody on the wall."""
        self.trend: dict[str, Any] = {"points": [], "n": 0}
        self.oidc = False
        self.wait: int | None = None
        """Seconds for which logins are refused."""
        self.commands: asyncio.Queue[wire.FromClient] = asyncio.Queue()
        self.posted: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self._tokens: set[str] = set()
        self._sessions: dict[str, str] = {}
        self._sockets: set[WebSocket] = set()
        self.server = Server(self._app())

    async def __aenter__(self) -> Self:
        await self.server.__aenter__()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.server.__aexit__(None, None, None)

    async def go(self) -> None:
        """Cut every connection and stop listening."""
        await self.server.__aexit__(None, None, None)

    async def come_back(self) -> None:
        """Listen again where it was."""
        self.server = Server(self._app(), port=self.server.port)
        await self.server.__aenter__()

    @property
    def board(self) -> str:
        return f"{self.server.url}/board"

    @property
    def address(self) -> str:
        """An address that opens the board once."""
        token = secrets.token_urlsafe(8)
        self._tokens.add(token)
        return f"{self.board}#t={token}"

    def end_sessions(self) -> None:
        self._sessions.clear()

    # --- what is told -------------------------------------------------------------------------------------------------

    def put(self, *cards: wire.Card) -> None:
        """What stands on the wall for who joins later."""
        self.cards.update({card.agent: card for card in cards})

    async def change(self, *cards: wire.Card, gone: Iterable[str] = ()) -> None:
        """Tell everybody of cards that changed, and agents that are gone."""
        left = [self.cards.pop(agent) for agent in gone]
        self.put(*cards)
        teams = sorted({card.team for card in (*cards, *left)})
        await self.say(
            wire.Wall(
                now=now(),
                teams=tuple(
                    wire.TeamCards(
                        team=team,
                        cards=tuple(card for card in cards if card.team == team),
                        gone=tuple(card.agent for card in left if card.team == team),
                    )
                    for team in teams
                ),
            )
        )

    async def alert(self, alert: wire.Alert) -> None:
        self.alerts[alert.id] = alert
        await self.say(alert)

    async def say(self, *messages: wire.Outgoing) -> None:
        for message in messages:
            for socket in tuple(self._sockets):
                await socket.send_text(dump(message))

    async def asked(self, kind: type[Asked]) -> Asked:
        """The next command of this kind that the page sends."""
        async with asyncio.timeout(20):
            while True:
                command = await self.commands.get()
                if isinstance(command, kind):
                    return command

    async def joined(self, page: Page) -> None:
        """Wait until the page shows the floor."""
        await page.wait_for_selector("#floor[data-whole=true]:not([hidden]) #link[data-state=live]")

    # --- the server ---------------------------------------------------------------------------------------------------

    def _whole(self) -> wire.Wall:
        teams = sorted({card.team for card in self.cards.values()})
        return wire.Wall(
            now=now(),
            whole=True,
            teams=tuple(
                wire.TeamCards(team=team, cards=tuple(card for card in self.cards.values() if card.team == team))
                for team in teams
            ),
        )

    def _app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.add_middleware(Guard)
        app.add_api_websocket_route("/ws", self._ws)
        app.add_api_route("/api/session", self._login, methods=["POST"])
        app.add_api_route("/api/session", self._who, methods=["GET"])
        app.add_api_route("/api/session", self._leave, methods=["DELETE"], status_code=204)
        app.add_api_route("/api/login", self._ways, methods=["GET"])
        app.add_api_route("/api/users", self._users, methods=["GET"])
        app.add_api_route("/api/teams", self._teams, methods=["GET"])
        app.add_api_route("/api/invites", self._invite, methods=["POST"])
        app.add_api_route("/api/invites/look", self._look, methods=["POST"])
        app.add_api_route("/api/invites/accept", self._accept, methods=["POST"])
        app.add_api_route("/api/invites/oidc", self._elsewhere, methods=["POST"])
        app.add_api_route("/api/machines/link", self._machine_link, methods=["POST"], status_code=201)
        app.add_api_route("/api/floor/trend", self._trend, methods=["GET"])
        add_pages(app, OVERLAY, {"board": "board.html"})
        return app

    def _session(self, role: str = "supervisor") -> Response:
        key = secrets.token_urlsafe(8)
        self._sessions[key] = role
        response = JSONResponse({"role": role, "user": USER, "name": "Mara Holt", "teams": list(self.hello.teams)})
        response.set_cookie(COOKIE, key, httponly=True, samesite="strict")
        return response

    async def _machine_link(self) -> dict[str, str]:
        return {"link": f"{self.server.url}/#m=once"}

    async def _login(self, request: Request) -> Response:
        body = await request.json()
        if self.wait is not None:
            return JSONResponse({"code": "wait", "message": "too many"}, 429, {"Retry-After": str(self.wait)})
        if body.get("token") in self._tokens:
            self._tokens.remove(body["token"])
            return self._session()
        if body.get("password") == PASSWORD:
            return self._session("agent" if body["user"] == "ana.silva" else "supervisor")
        return JSONResponse({"code": "wrong-login", "message": "no"}, 401)

    async def _who(self, request: Request) -> Response:
        role = self._sessions.get(request.cookies.get(COOKIE, ""))
        if role is None:
            raise HTTPException(401)
        return JSONResponse({"role": role, "user": USER, "name": "Mara Holt", "teams": list(self.hello.teams)})

    async def _leave(self, request: Request) -> None:
        self._sessions.pop(request.cookies.get(COOKIE, ""), None)

    async def _ways(self) -> dict[str, bool]:
        return {"oidc": self.oidc}

    async def _users(self) -> list[dict[str, Any]]:
        return self.users

    async def _teams(self) -> list[str]:
        return self.teams

    async def _invite(self, request: Request) -> dict[str, Any]:
        await self.posted.put(("invite", await request.json()))
        expires = (now() + timedelta(days=7)).isoformat()
        return {"link": f"{self.board}#i=once", "expires_at": expires}

    async def _look(self, request: Request) -> Response:
        if (await request.json())["token"] != "once":
            return JSONResponse({"code": "token-used", "message": "this link was used already"}, 401)
        return JSONResponse({"role": "agent", "team": "Front desk", "user": "", "by": "Mara Holt", "expires_at": None})

    async def _accept(self, request: Request) -> Response:
        body = await request.json()
        await self.posted.put(("accept", body))
        if body["user"] == "taken":
            return JSONResponse({"code": "user-exists", "message": "taken"}, 409)
        return self._session("agent")

    async def _elsewhere(self, request: Request) -> Response:
        """The organisation's login, which comes back at once with a new agent."""
        await self.posted.put(("elsewhere", await request.json()))
        answer = self._session("agent")
        back = JSONResponse({"url": f"{self.board}#j=1"}, 200)
        back.raw_headers += [header for header in answer.raw_headers if header[0] == b"set-cookie"]
        return back

    async def _trend(self, team: str, days: Annotated[int, "days"]) -> dict[str, Any]:
        await self.posted.put(("trend", {"team": team, "days": days}))
        return self.trend

    async def _ws(self, socket: WebSocket) -> None:
        await socket.accept()
        hello = parse(await socket.receive_text())
        assert isinstance(hello, wire.ClientHello)
        if socket.cookies.get(COOKIE, "") not in self._sessions:
            await socket.close(1008)
            return
        for message in (self.hello, self._whole(), *self.alerts.values()):
            await socket.send_text(dump(message))
        self._sockets.add(socket)
        try:
            while True:
                await self._take(parse(await socket.receive_text()), socket)
        except WebSocketDisconnect:
            pass
        finally:
            self._sockets.discard(socket)

    async def _take(self, command: wire.FromClient, socket: WebSocket) -> None:
        if isinstance(command, wire.Subscribe) and command.call in self.snapshots:
            await socket.send_text(dump(self.snapshots[command.call]))
        await self.commands.put(command)
