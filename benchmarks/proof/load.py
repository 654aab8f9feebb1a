"""Five hundred agents and fifty supervisors at work: how late a board sees what an agent's machine has said."""

from __future__ import annotations

import asyncio
import bisect
import itertools
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.proof.board import Board
from benchmarks.proof.crowd import Crowd
from benchmarks.proof.figures import Claim, Shown, Spread, at_most
from benchmarks.proof.gauge import gauging
from benchmarks.proof.rig import Plan, Rig, rig
from benchmarks.proof.script import PACE, mark

LATEST, MOST_MEMORY = 500.0, 1024.0
"""Milliseconds from agent to board (p95), MiB of all processes of the hub."""
WARM_UP = 10.0
_DRAIN = 30.0


@dataclass(slots=True)
class Arrivals:
    """When boards saw what agents had said. A change that another one covered has arrived with that one."""

    crowd: Crowd
    on: bool = False
    walls: list[float] = field(default_factory=list[float])
    alerts: list[float] = field(default_factory=list[float])
    _seen: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict[tuple[str, str], tuple[str, int]])

    def hear(self, board: Board, message: dict[str, Any]) -> None:
        """A board was told this."""
        now = time.monotonic()
        if message["type"] == "wall":
            for team in message["teams"]:
                for card in team["cards"]:
                    self._card(board, card, now)
        elif message["type"] == "alert" and self.on:
            sent = self.crowd.of[message["agent"]].alerts.get(message["id"])
            if sent is not None:
                self.alerts.append(now - sent)

    def _card(self, board: Board, card: dict[str, Any], now: float) -> None:
        call, agent = card["call"], self.crowd.of[card["agent"]]
        if call not in agent.sent_at:
            return
        moment, nudge = card["moment"], card["nudge"]
        reached = max(1, mark(moment["quote"]) if moment else 0, mark(nudge["text"]) if nudge else 0)
        key = board.person.user, agent.person.user
        before, last = self._seen.get(key, ("", 0))
        if before != call:
            last = 0
        if reached > last:
            self._seen[key] = call, reached
            if self.on:
                shown, sent = agent.shown[call], agent.sent_at[call]
                first, end = bisect.bisect_right(shown, last), bisect.bisect_right(shown, reached)
                self.walls += [now - sent[seq - 1] for seq in shown[first:end]]


@dataclass(frozen=True, slots=True)
class Work:
    """Agents and supervisors at work on a rig."""

    plan: Plan
    made: Rig
    crowd: Crowd
    boards: list[Board]
    arrivals: Arrivals

    def begin(self) -> None:
        """What was timed so far does not count."""
        self.arrivals.walls.clear()
        self.arrivals.alerts.clear()
        self.crowd.late.clear()
        for agent in self.crowd.agents:
            agent.ack_seconds.clear()
        self.arrivals.on = True

    @property
    def lost(self) -> int:
        """Lines of agents and boards that are gone."""
        lines = [agent.line for agent in self.crowd.agents] + [board.line for board in self.boards]
        return sum(1 for line in lines if line is None or line.lost.done())


@asynccontextmanager
async def working(plan: Plan) -> AsyncGenerator[Work, None]:
    """All of them come in; nobody has spoken yet."""
    async with rig(plan) as made:
        crowd = Crowd(made.people.agents)
        arrivals = Arrivals(crowd)
        boards = [Board(person, arrivals.hear) for person in made.people.supervisors]
        await crowd.connect(made.urls)
        for board, url in zip(boards, itertools.cycle(made.urls), strict=False):
            await board.connect(url)
        yield Work(plan, made, crowd, boards, arrivals)


async def load(plan: Plan, *, seconds: float, warm_up: float, name: str, latest: float = LATEST) -> Shown:
    """Let all of them work for so long, and tell how it was; `latest`: milliseconds that a board may be behind."""
    async with working(plan) as work:
        await work.crowd.speak(warm_up)
        return await _measure(work, seconds, name, latest)


async def _measure(work: Work, seconds: float, name: str, latest: float) -> Shown:
    plan, crowd, boards, arrivals, made = work.plan, work.crowd, work.boards, work.arrivals, work.made
    waiting: list[int] = []
    sent, bytes_ = sum(agent.sent for agent in crowd.agents), sum(board.bytes for board in boards)
    work.begin()
    async with gauging(made.processes, made.urls) as gauge:
        count = asyncio.create_task(_count(crowd, waiting))
        began = time.monotonic()
        await crowd.speak(seconds)
        took = time.monotonic() - began
        count.cancel()
    arrivals.on = False
    events = sum(agent.sent for agent in crowd.agents) - sent
    told = sum(board.bytes for board in boards) - bytes_
    settled = await crowd.settled(_DRAIN)
    refused = sum(agent.refused for agent in crowd.agents)
    wall, alerts = Spread.of(arrivals.walls), Spread.of(arrivals.alerts)
    wanted = PACE * plan.agents
    return Shown(
        name,
        (
            at_most("agent to board, p95 of what a wall shows", wall.p95, latest, "ms"),
            *([at_most("agent to board, p95 of alerts", alerts.p95, latest, "ms")] if alerts.n else []),
            at_most("memory of all processes of the hub", gauge.memory, MOST_MEMORY, "MiB"),
            Claim("events a second", f"{events / took:.0f}", f">= {0.98 * wanted:.0f}", events / took >= 0.98 * wanted),
            Claim("all acknowledged at the end", f"{crowd.outstanding} open", "0 open", settled),
            Claim("lines lost, events refused", f"{work.lost}, {refused}", "0, 0", not work.lost and not refused),
        ),
        {
            "of": f"{plan}; {plan.agents} agents, {plan.supervisors} supervisors, {plan.teams} teams, {took:.0f} s",
            "agent to board, wall": wall,
            "agent to board, alerts": alerts,
            "acknowledged": Spread.of(s for agent in crowd.agents for s in agent.ack_seconds),
            "not acknowledged, p95": sorted(waiting)[round(0.95 * (len(waiting) - 1))] if waiting else None,
            "not acknowledged, most": max(waiting, default=None),
            "told to boards, MB a second": round(told / took / 1e6, 2),
            "load generator later than it should be": Spread.of(crowd.late),
            **gauge.figures(),
        },
    )


async def _count(crowd: Crowd, waiting: list[int]) -> None:
    while True:
        waiting.append(crowd.outstanding)
        await asyncio.sleep(1.0)
