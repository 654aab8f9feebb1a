"""Many agents at their pace, as cheap as they can be made: each message is known beforehand and sent at its time."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import Iterator, Sequence

from benchmarks.proof.card import Reckoned
from benchmarks.proof.line import Line, connect
from benchmarks.proof.people import Person
from benchmarks.proof.script import PACE, ScriptedCall, call, shows

_SLOTS = 20
"""Groups in which agents speak, evenly over the time between two messages of one."""
_LATEST = 45
"""Messages that an agent lets pass at most before its first call: calls do not begin all at once."""
_AT_ONCE = 20
"""Agents that come in at the same time."""


class Agent:
    """One agent on a line of its own. Its calls have so many messages, the first one may have fewer."""

    def __init__(self, person: Person, seed: int, *, shortest: int = 150, longest: int = 300) -> None:
        self.person = person
        self.sent = self.acked = self.refused = 0
        self.ack_seconds: list[float] = []
        self.sent_at: dict[str, list[float]] = {}
        """Of each call the seconds at which its messages were sent, by number less one."""
        self.shown: dict[str, list[int]] = {}
        """Of each call the numbers of the messages that a card tells of."""
        self.alerts: dict[str, float] = {}
        self.reckoned: Reckoned | None = None
        self.done: dict[str, int] = {}
        """Of each call the number up to which it was acknowledged."""
        self.line: Line | None = None
        chance = random.Random(seed)  # noqa: S311 - the same calls in every run
        lengths = itertools.chain([chance.randint(20, longest)], iter(lambda: chance.randint(shortest, longest), None))
        self._calls = (call(person.user, number, length) for number, length in enumerate(lengths, 1))
        self._call: ScriptedCall
        self._rest: Iterator[tuple[int, bytes]] = iter(())
        self._silent = chance.randrange(_LATEST)

    async def connect(self, url: str) -> None:
        """Come in. Raises OSError and TimeoutError."""
        self.line = await connect(url, self.person.token, self._take)

    @property
    def outstanding(self) -> int:
        """Messages that were sent and not acknowledged yet."""
        return self.sent - self.acked

    def send(self) -> None:
        """Publish the next message; each agent begins when its first customer calls."""
        assert self.line is not None
        if self._silent:
            self._silent -= 1
            return
        seq, text = next(self._rest, None) or self._next_call()
        now = time.monotonic()
        message = self._call.messages[seq - 1]
        self.sent_at[self._call.id].append(now)
        self.sent += 1
        if message["type"] == "alert":
            self.alerts[message["id"]] = now
        if self.reckoned is not None:
            self.reckoned.send(message, now)
        self.line.send(text)

    def _next_call(self) -> tuple[int, bytes]:
        self._call = next(self._calls)
        self._rest = enumerate(self._call.texts, 1)
        self.sent_at[self._call.id] = []
        self.shown[self._call.id] = [m["seq"] for m in self._call.messages if shows(m)]
        for old in [*self.sent_at][:-3]:
            del self.sent_at[old], self.shown[old]
        return next(self._rest)

    def _take(self, text: str) -> None:
        message = json.loads(text)
        if message["type"] == "ack":
            now, call_, seq = time.monotonic(), message["call"], message["seq"]
            before = self.done.get(call_, 0)
            if seq > before:
                self.done[call_] = seq
                self.acked += seq - before
                times = self.sent_at.get(call_)
                if times is not None:
                    self.ack_seconds += [now - at for at in times[before:seq]]
        elif message["type"] == "error":
            self.refused += 1


class Crowd:
    """Agents who publish at one pace between them."""

    def __init__(self, people: Sequence[Person], *, shortest: int = 150, longest: int = 300) -> None:
        self.agents = [Agent(p, seed, shortest=shortest, longest=longest) for seed, p in enumerate(people)]
        self.of = {agent.person.user: agent for agent in self.agents}
        self.late: list[float] = []
        """Seconds that each group spoke later than it should have."""

    async def connect(self, urls: Sequence[str]) -> None:
        """Come in, spread over the hubs."""
        waiting = iter(list(zip(self.agents, itertools.cycle(urls), strict=False)))

        async def some() -> None:
            for agent, url in waiting:
                await agent.connect(url)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(_AT_ONCE):
                tasks.create_task(some())

    async def speak(self, seconds: float, pace: float = PACE) -> None:
        """Publish for so long, each agent `pace` messages a second."""
        began = time.monotonic()
        for turn in itertools.count():
            due = began + turn / (pace * _SLOTS)
            if due - began >= seconds:
                return
            if (ahead := due - time.monotonic()) > 0:
                await asyncio.sleep(ahead)
            self.late.append(time.monotonic() - due)
            for agent in self.agents[turn % _SLOTS :: _SLOTS]:
                if agent.line is not None:
                    agent.send()

    async def settled(self, seconds: float) -> bool:
        """Wait until all is acknowledged, so long at most; tells whether it is."""
        until = time.monotonic() + seconds
        while any(agent.outstanding for agent in self.agents) and time.monotonic() < until:  # noqa: ASYNC110 - it is seldom
            await asyncio.sleep(0.1)
        return not any(agent.outstanding for agent in self.agents)

    @property
    def outstanding(self) -> int:
        return sum(agent.outstanding for agent in self.agents)
