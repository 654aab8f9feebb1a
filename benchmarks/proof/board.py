"""A supervisor's board, as far as a program needs one: the wall as it was told, the alerts, an opened call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from benchmarks.proof.line import Line, connect
from benchmarks.proof.people import Person

Heard = Callable[["Board", dict[str, Any]], None]


class Board:
    """One supervisor. `heard` is told each message after it was taken in."""

    def __init__(self, person: Person, heard: Heard) -> None:
        self.person = person
        self.cards: dict[str, dict[str, Any]] = {}
        self.alerts: dict[str, int] = {}
        """How often each alert was told."""
        self.clock: datetime | None = None
        """The hub's, as its last wall told it."""
        self.line: Line | None = None
        self.bytes = self.messages = 0
        self.lines = 0
        """Connections so far."""
        self.opened: str | None = None
        self.disorder: list[str] = []
        """Messages of an opened call that came after a later one."""
        self.followed = 0
        self._last = 0
        self._heard = heard

    async def connect(self, url: str) -> Line:
        """Come in. Raises OSError and TimeoutError."""
        self.cards.clear()
        self.opened, self.lines = None, self.lines + 1
        self.line = await connect(url, self.person.token, self._take)
        return self.line

    async def stay(self, urls: Callable[[], str]) -> None:
        """Come in, and again whenever the line is lost, until cancelled."""
        while True:
            try:
                line = await self.connect(urls())
                await line.lost
            except (OSError, TimeoutError):
                pass
            self.line = None
            await asyncio.sleep(0.25)

    def open(self, call: str) -> None:
        """Read along with a call."""
        if self.line is not None:
            self.opened, self._last = call, 0
            self.line.send(json.dumps({"type": "subscribe", "call": call}).encode())

    def _take(self, text: str) -> None:
        self.bytes += len(text)
        self.messages += 1
        message = json.loads(text)
        match message["type"]:
            case "wall":
                self._wall(message)
            case "alert":
                self.alerts[message["id"]] = self.alerts.get(message["id"], 0) + 1
            case "error" if message["code"] == "unknown-call":
                self.opened = None
            case _:
                pass
        if message.get("seq") is not None and message["call"] == self.opened and message["type"] != "alert":
            self.followed += 1
            if message["seq"] <= self._last:
                self.disorder.append(f"{self.opened}: {message['seq']} after {self._last}")
            self._last = message["seq"]
            if message["type"] == "call_ended":
                self.opened = None
        self._heard(self, message)

    def _wall(self, message: dict[str, Any]) -> None:
        self.clock = datetime.fromisoformat(message["now"])
        if message["whole"]:
            self.cards.clear()
        for team in message["teams"]:
            for card in team["cards"]:
                self.cards[card["agent"]] = card
            for gone in team["gone"]:
                self.cards.pop(gone, None)
