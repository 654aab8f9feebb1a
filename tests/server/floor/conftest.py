"""A real hub on the loopback, with users of three roles in two teams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from voiceassist import serving
from voiceassist.accounts.office import Office
from voiceassist.accounts.passwords import Passwords
from voiceassist.accounts.visitor import CONSOLE, Role
from voiceassist.server import messages as wire
from voiceassist.server.codec import dump
from voiceassist.settings import load
from voiceassist.store.database import Store

PASSWORD = "correct horse battery"
_PEOPLE: tuple[tuple[str, Role, tuple[str, ...]], ...] = (
    ("root", "admin", ()),
    ("sam", "supervisor", ("Refunds",)),
    ("kim", "supervisor", ("Bookings",)),
    ("ada", "agent", ("Refunds",)),
    ("ben", "agent", ("Bookings",)),
)


@dataclass
class Town:
    """A hub, and the tokens of those who were let in: ada and ben are agents, sam and kim supervise one team each."""

    hub: serving.Hub
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.hub.server.url

    def http(self, who: str | None = None, **options: Any) -> httpx.AsyncClient:
        """A program of this user's."""
        headers = {} if who is None else {"Authorization": f"Bearer {self.tokens[who]}"}
        return httpx.AsyncClient(base_url=self.url, timeout=20, verify=False, headers=headers, **options)

    @asynccontextmanager
    async def connect(self, who: str) -> AsyncIterator[Socket]:
        """A program of this user's that has said hello."""
        async with connect(self.url.replace("http", "ws", 1) + "/ws", compression=None, max_size=None) as socket:
            peer = Socket(socket)
            await peer.say(type="hello", token=self.tokens[who])
            assert (await peer.hear("hello"))["user"] == who
            yield peer


@dataclass
class Socket:
    """The other end of a connection to the hub."""

    socket: ClientConnection

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def publish(self, *messages: wire.CallEvent) -> None:
        for message in messages:
            await self.socket.send(json.dumps({"type": "publish", "message": json.loads(dump(message))}))

    async def hear(self, *kinds: str) -> dict[str, Any]:
        """The next message of one of these kinds."""
        async with asyncio.timeout(45):
            while True:
                message = json.loads(await self.socket.recv())
                if message["type"] in kinds:
                    return message

    async def card(self, agent: str, **wanted: object) -> dict[str, Any]:
        """The card of an agent, once it is as wanted."""
        async with asyncio.timeout(45):  # a wall comes every other second, with news or without
            while True:
                for team in (await self.hear("wall"))["teams"]:
                    for card in team["cards"]:
                        if card["agent"] == agent and wanted.items() <= card.items():
                            return card

    async def acked(self, call: str, seq: int) -> None:
        while True:
            ack = await self.hear("ack")
            if (ack["call"], ack["seq"]) == (call, seq):
                return


@asynccontextmanager
async def running(folder: Path, flags: dict[str, object] | None = None) -> AsyncIterator[Town]:
    """A hub with these flags, its file in the folder."""
    file = folder / "hub" / "hub.sqlite3"
    file.parent.mkdir(mode=0o700, parents=True)
    file.write_bytes(await asyncio.to_thread(_settled))
    wanted: dict[str, object] = {"serve.port": 0, "store.path": str(file), **(flags or {})}
    async with serving.serve(load({}, wanted)) as hub:
        town = Town(hub)
        await asyncio.to_thread(_let_in, town)
        yield town


@pytest.fixture(name="town")
async def running_town(tmp_path: Path) -> AsyncIterator[Town]:
    async with running(tmp_path) as town:
        yield town


@cache
def _settled() -> bytes:
    """A store with these users, to be copied: making one takes as long as many a test."""
    with TemporaryDirectory(prefix="voiceassist-town-") as folder:
        file = Path(folder) / "hub.sqlite3"
        with Store.open(file) as store:
            office = Office(store, Passwords())
            for user, role, teams in _PEOPLE:
                office.add_user(CONSOLE, user, name=user.title(), role=role, teams=teams)
        return file.read_bytes()


def _let_in(town: Town) -> None:
    """Sessions of their own for each test: they are short."""
    office, door = town.hub.house.office, town.hub.house.door
    for user, _, _ in _PEOPLE:
        town.tokens[user] = door.open_session(office.link(CONSOLE, user).token).token
