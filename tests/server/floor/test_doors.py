"""Every door of the hub, and who may go through it: nobody's, an old, a closed and a foreign token among them.

A call of another team is 403, and so is one that there is not: only who may read all calls is told 404.
"""

from __future__ import annotations

import asyncio
import typing
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from floor.told import alert, moment, started
from server.floor.conftest import PASSWORD, Socket, Town
from sqlalchemy import update
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from voiceassist import assets
from voiceassist.accounts.tokens import digest
from voiceassist.accounts.visitor import CONSOLE
from voiceassist.server import messages as wire
from voiceassist.server.floor.app import create_floor_app
from voiceassist.store import offers
from voiceassist.store.people import TokenRow
from voiceassist.store.search import EVERYBODY
from voiceassist.store.tables import CallRow, MomentRow

NO = {"opened": 1.0, "quote": "No.", "asked": "", "unsure": False}
NEW_PASSWORD = "tall blue hat on a goat"
OUTSIDERS = ("nobody", "expired", "closed", "disabled", "machine", "link", "invite", "made up")
"""Those who bring no token, or one that opens no door: the last ones are good for something else."""
INSIDERS = ("ada", "eve", "ben", "sam", "kim", "root")
"""Ada and Eve are agents, and Sam supervises them; so do Ben and Kim in another team. Root is an admin."""


@dataclass(frozen=True, slots=True)
class Door:
    """A door for each of INSIDERS: the status; `out` is that of OUTSIDERS. `body` is made of what there is to name."""

    method: str
    path: str
    ada: int
    eve: int
    ben: int
    sam: int
    kim: int
    root: int
    out: int = 401
    body: Callable[[dict[str, str]], dict[str, Any]] | None = None
    query: str = ""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def offered(named: dict[str, str]) -> dict[str, str]:
    """A proposal from a call of ada's."""
    return {"call": named["call"], "moment": named["moment"], "text": "spread it over two months"}


def everybody(method: str, path: str, status: int, **more: Any) -> Door:
    return Door(method, path, *([status] * len(INSIDERS)), **more)


DOORS = [
    # open: what somebody may ask who is not in yet
    everybody("GET", "/healthz", 200, out=200),
    everybody("GET", "/readyz", 200, out=200),
    everybody("GET", "/api/login", 200, out=200),
    everybody("GET", "/{name:path}", 200, out=200),
    everybody("POST", "/api/session", 401, body=lambda _: {"token": "x"}),
    everybody("POST", "/api/invites/look", 401, body=lambda _: {"token": "x"}),
    everybody(
        "POST",
        "/api/invites/accept",
        401,
        body=lambda _: {"token": "x", "user": "new", "name": "New", "password": NEW_PASSWORD},
    ),
    everybody("POST", "/api/invites/oidc", 404, out=404, body=lambda _: {"token": "x"}),  # no provider is set
    everybody("DELETE", "/api/session", 204, out=204),
    everybody("GET", "/login/oidc", 404, out=404),  # no provider is set
    everybody("GET", "/login/oidc/return", 404, out=404),
    # one's own
    everybody("GET", "/api/session", 200),
    everybody("PUT", "/api/password", 200, body=lambda _: {"old": PASSWORD, "new": NEW_PASSWORD}),
    everybody("GET", "/api/calls", 200),
    everybody("GET", "/api/offers", 200),
    everybody("GET", "/api/users", 200),
    everybody("GET", "/api/teams", 200),
    everybody("GET", "/api/invites", 200),
    everybody("GET", "/api/machines", 200),
    everybody("GET", "/openapi.json", 200),
    Door("POST", "/api/machines/link", 201, 201, 201, 403, 403, 201),
    Door("POST", "/api/machines", 201, 201, 201, 422, 422, 422, body=lambda _: {"name": "laptop"}),
    # somebody's: ada's
    Door("GET", "/api/calls/{id}", 200, 403, 403, 200, 403, 200),
    Door("GET", "/api/calls/{id}/review", 200, 403, 403, 200, 403, 200),
    Door("GET", "/review/{id}", 200, 403, 403, 200, 403, 200),
    Door("DELETE", "/api/calls/{id}", 403, 403, 403, 204, 403, 204),
    Door("DELETE", "/api/machines/{id}", 204, 403, 403, 204, 403, 204),
    Door("POST", "/api/offers", 201, *[403] * 5, body=offered),
    Door("POST", "/api/offers/{number}/reject", 403, 403, 403, 200, 403, 200),
    # a team's: that of ada, eve and sam
    Door("GET", "/api/floor/trend", 403, 403, 403, 200, 403, 200, query="?team=Refunds"),
    Door("POST", "/api/invites", 403, 403, 403, 201, 403, 201, body=lambda _: {"team": "Refunds"}),
    Door("DELETE", "/api/invites/{id}", 403, 403, 403, 204, 403, 204),
    # the admins'
    Door("GET", "/api/audit", 403, 403, 403, 403, 403, 200),
    Door("GET", "/metrics", 403, 403, 403, 403, 403, 200),
]


@dataclass
class Doors:
    """A town, whom it shuts out, and what its doors lead to."""

    town: Town
    outsiders: dict[str, str]
    client: httpx.AsyncClient
    _calls: int = 0

    def token(self, who: str) -> dict[str, str]:
        """What one brings along; the session of one who is in is not over, whatever was asked before."""
        token = self.outsiders.get(who) or self.town.tokens.get(who)
        house = self.town.hub.house
        if who in INSIDERS and (token is None or house.door.check(token) is None):
            token = self.town.tokens[who] = house.door.open_session(house.office.link(CONSOLE, who).token).token
        return {} if token is None else {"Authorization": f"Bearer {token}"}

    def named(self, path: str) -> dict[str, str]:
        """What a path names, of its own for each who asks: the first one may delete it."""
        house = self.town.hub.house
        if path.startswith("/api/machines"):
            ada = house.door.check(self.town.tokens["ada"])
            assert ada is not None
            return {"id": house.office.add_machine(ada, "laptop").key.id}
        if path.startswith("/api/invites"):
            sam = house.door.check(self.town.tokens["sam"])
            assert sam is not None
            return {"id": house.office.invite(sam, "agent", "Refunds").key.id}
        self._calls += 1
        id_ = f"kept-{self._calls}"
        with house.store.writing() as db:
            now = datetime.now(UTC)
            row = CallRow(id=id_, owner="ada", team="Refunds", agent="Ada", started_at=now)
            row.scorecard = None
            db.add(row)
        if not path.startswith("/api/offers"):
            return {"id": id_}
        no = {"call": id_, "moment": f"{id_}-m1"}
        with house.store.writing() as db:
            db.add(MomentRow(call=id_, id=no["moment"], state="repaired", alternative=2.0, **NO))
        if "{number}" not in path:
            return no
        made = offers.propose(house.store, EVERYBODY, **no, text="spread it over two months", by="ada")
        return {"number": str(made.number)}

    async def knock(self, door: Door, who: str, **named: str) -> int:
        token = await asyncio.to_thread(self.token, who)
        if not named and ("{id}" in door.path or door.path.startswith("/api/offers")):
            named = await asyncio.to_thread(self.named, door.path)
        things = {"name:path": "board", **named}
        path = door.path
        for name, value in things.items():
            path = path.replace(f"{{{name}}}", value)
        body = None if door.body is None else door.body(things)
        answer = await self.client.request(door.method, path + door.query, headers=token, json=body)
        if answer.status_code >= 400:
            assert set(answer.json()) == {"code", "message"}
        assert answer.headers["cache-control"] == "no-store"
        return answer.status_code


@pytest.fixture(name="doors")
async def town_with_outsiders(town: Town) -> AsyncIterator[Doors]:
    async with town.http() as client:
        yield Doors(town, await asyncio.to_thread(_shut_out, town), client)


def _shut_out(town: Town) -> dict[str, str]:
    """The tokens of those who are not in any more, or whose token is for something else."""
    house = town.hub.house
    office, door = house.office, house.door
    for user in ("eve", "old", "gone", "out"):
        office.add_user(CONSOLE, user, teams=["Refunds"])
    town.tokens["eve"] = door.open_session(office.link(CONSOLE, "eve").token).token
    expired, closed, disabled = (
        door.open_session(office.link(CONSOLE, user).token).token for user in ("old", "gone", "out")
    )
    with house.store.writing() as db:
        past = datetime.now(UTC) - timedelta(seconds=1)
        db.execute(update(TokenRow).where(TokenRow.digest == digest(expired)).values(expires_at=past))
    door.close(closed)
    office.disable(CONSOLE, "out")
    ada = door.check(town.tokens["ada"])
    assert ada is not None
    return {
        "expired": expired,
        "closed": closed,
        "disabled": disabled,
        "machine": office.add_machine(ada, "laptop").token,
        "link": office.link(CONSOLE, "root").token,
        "invite": office.invite(CONSOLE, "agent", "Refunds").token,
        "made up": "x" * 43,
    }


# --- requests ---------------------------------------------------------------------------------------------------------


def routes(among: Iterable[Any]) -> Iterator[str]:
    """Every route by method and path, those of included routers too."""
    for route in among:
        if hasattr(route, "original_router"):
            yield from routes(route.original_router.routes)
        elif not isinstance(route, WebSocketRoute):
            yield from (f"{method} {route.path}" for method in route.methods if method != "HEAD")


async def test_every_door_has_a_row(town: Town) -> None:
    app = create_floor_app(town.hub.house, assets.overlay(), metrics=lambda: "")
    assert sorted(routes(app.routes)) == sorted(door.name for door in DOORS)
    assert [route.path for route in app.routes if isinstance(route, WebSocketRoute)] == ["/ws"]


async def test_a_door_opens_for_whom_it_should(doors: Doors) -> None:
    found: dict[str, dict[str, int]] = {}
    for door in DOORS:
        found[door.name] = {who: await doors.knock(door, who) for who in (*OUTSIDERS, *INSIDERS)}
    assert found == {
        door.name: dict.fromkeys(OUTSIDERS, door.out) | {who: getattr(door, who) for who in INSIDERS} for door in DOORS
    }


# --- messages ---------------------------------------------------------------------------------------------------------

EVENT = moment(9, id_="c-m9").model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class Said:
    """A message, and the code with which it is refused to each of INSIDERS; empty where it is taken."""

    ada: str
    eve: str
    ben: str
    sam: str
    kim: str
    root: str
    fields: dict[str, Any]


def of_agents(code: str, **fields: Any) -> Said:
    return Said(code, code, code, *["not-served"] * 3, fields)


def of_supervisors(**fields: Any) -> Said:
    """What is done about ada's call."""
    return Said(*["not-served"] * 3, "", "forbidden", "", fields)


SAID = {
    "hello": Said(*["twice"] * 6, {"token": "x"}),
    "publish": Said("", "forbidden", "forbidden", *["not-served"] * 3, {"message": EVENT}),
    "ack": of_agents("", call="c", seq=1),
    "audio_start": of_agents("", rate=16_000),
    # what an agent's page asks of a line, which a machine has not
    "call_start": of_agents("not-served"),
    "call_end": of_agents("not-served"),
    "painted": of_agents("not-served", id="c-n1"),
    "dismiss": of_agents("not-served", id="c-n1"),
    "feedback": of_agents("not-served", id="c-n1", helpful=True),
    "snooze": of_agents("not-served", **{"for": "call"}),
    "pause": of_agents("not-served"),
    "resume": of_agents("not-served"),
    "subscribe": of_supervisors(call="c"),
    "whisper": of_supervisors(call="c", text="psst"),
    "alert_ack": of_supervisors(id="c-a1"),
    "alert_snooze": of_supervisors(id="c-a1", **{"for": 60}),
    "alert_assign": of_supervisors(id="c-a1", to="sam"),
}


def test_every_message_has_a_row() -> None:
    messages = typing.get_args(typing.get_args(wire.FromClient)[0])
    assert {message.model_fields["type"].default for message in messages} == set(SAID)


async def test_a_message_is_taken_from_whom_it_should_be(doors: Doors) -> None:
    found: dict[str, dict[str, str]] = {kind: {} for kind in SAID}
    async with doors.town.connect("ada") as machine, doors.town.connect("root") as board:
        await machine.publish(started(), alert(2))
        await board.hear("alert")
        await machine.acked("c", 2)  # what is kept can be changed
        for kind, row in SAID.items():
            for who in INSIDERS:
                async with doors.town.connect(who) as socket:
                    await socket.say(type=kind, **row.fields)
                    found[kind][who] = await refusal(socket)
    assert found == {kind: {who: getattr(row, who) for who in INSIDERS} for kind, row in SAID.items()}


async def refusal(socket: Socket) -> str:
    """With which code the last message was refused; what nobody knows is said after it, and refused at any rate."""
    await socket.say(type="nothing")
    code = (await socket.hear("error"))["code"]
    return "" if code == "unknown-type" else code


async def test_what_there_is_not_and_what_is_anothers_are_told_alike(doors: Doors) -> None:
    there = {"subscribe": {"call": "c"}, "whisper": {"call": "c", "text": "psst"}, "alert_ack": {"id": "c-a1"}}
    not_there = {"subscribe": {"call": "x"}, "whisper": {"call": "x", "text": "psst"}, "alert_ack": {"id": "x-a1"}}
    async with doors.town.connect("ada") as machine, doors.town.connect("root") as board:
        await machine.publish(started(), alert(2))
        await board.hear("alert")
        await machine.acked("c", 2)  # what is kept can be changed
        async with doors.town.connect("kim") as socket:
            told: dict[str, list[dict[str, Any]]] = {}
            for kind, fields_there in there.items():
                for fields in (fields_there, not_there[kind]):
                    await socket.say(type=kind, **fields)
                    told.setdefault(kind, []).append(await socket.hear("error"))
    for one, other in told.values():
        assert one == other


async def shown_out(town: Town, message: dict[str, Any]) -> tuple[str, int | None]:
    """The code that one is told who begins like this, and that of the close."""
    async with connect(town.url.replace("http", "ws", 1) + "/ws", compression=None) as socket:
        peer = Socket(socket)
        await peer.say(**message)
        code = (await peer.hear("hello", "error")).get("code", "")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        return code, socket.close_code


async def test_nobody_comes_in_by_a_token_that_is_for_something_else(doors: Doors) -> None:
    for who in OUTSIDERS:
        hello = {"type": "hello", "token": doors.outsiders.get(who)}
        assert await shown_out(doors.town, hello) == ("unauthorized", 1008), who


async def test_before_hello_nothing_is_taken(doors: Doors) -> None:
    for kind, row in SAID.items():
        if kind != "hello":
            assert await shown_out(doors.town, {"type": kind, **row.fields}) == ("no-hello", 1008), kind


# --- what must not be told --------------------------------------------------------------------------------------------


async def test_a_call_that_is_not_there_is_told_to_admins_only(doors: Doors) -> None:
    for door in DOORS:
        if door.path.endswith(("/calls/{id}", "/review", "/review/{id}")):
            for id_ in ("nothing", "last"):
                found = {who: await doors.knock(door, who, id=id_) for who in INSIDERS}
                assert found == {**dict.fromkeys(INSIDERS, 403), "root": 404}, door.name


async def test_lists_hold_what_is_ones_own(doors: Doors) -> None:
    kept = await asyncio.to_thread(doors.named, "")
    lists = {"/api/calls": dict[str, int](), "/api/users": dict[str, int]()}
    for path, found in lists.items():
        for who in INSIDERS:
            async with doors.town.http(who) as client:
                answer = (await client.get(path)).json()
            found[who] = len(answer["calls"] if path == "/api/calls" else answer)
    assert kept["id"] == "kept-1"
    assert lists["/api/calls"] == {"ada": 1, "eve": 0, "ben": 0, "sam": 1, "kim": 0, "root": 1}
    assert lists["/api/users"] == {"ada": 1, "eve": 1, "ben": 1, "sam": 6, "kim": 2, "root": 9}


async def test_a_worker_reads_nothing_of_anybody(doors: Doors) -> None:
    house = doors.town.hub.house
    await asyncio.to_thread(lambda: house.office.add_user(CONSOLE, "ears", role="worker"))
    link = await asyncio.to_thread(house.office.link, CONSOLE, "ears")
    doors.town.tokens["ears"] = (await asyncio.to_thread(house.door.open_session, link.token)).token
    kept = await asyncio.to_thread(doors.named, "")
    async with doors.town.http("ears") as client:
        for path, own in (("users", 1), ("teams", 0), ("invites", 0), ("machines", 0)):
            assert len((await client.get(f"/api/{path}")).json()) == own, path
        assert (await client.get("/api/calls")).json()["calls"] == []
    for door in DOORS:
        if door.ada == 403 or "/calls/{id}" in door.path:
            named = {"id": kept["id"]} if "/calls/" in door.path or door.path.startswith("/review") else {}
            assert await doors.knock(door, "ears", **named) == 403, door.name
    for kind, row in SAID.items():
        if kind != "hello":
            # It is trusted with what agents say: whatever it says wrongly ends its connection.
            async with doors.town.connect("ears") as socket:
                await socket.say(type=kind, **row.fields)
                assert (await socket.hear("error"))["code"] in {"unknown-type", "bad-message"}, kind
                with pytest.raises(ConnectionClosed):
                    await socket.socket.recv()
