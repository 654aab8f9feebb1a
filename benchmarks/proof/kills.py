"""Hubs, brokers, databases and agents' machines killed in the middle of calls: what is lost, doubled or wrong then."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.proof.balance import balancing
from benchmarks.proof.board import Board
from benchmarks.proof.card import Reckoned, face
from benchmarks.proof.figures import Claim, Shown, Spread, at_most, none
from benchmarks.proof.hub import free_port
from benchmarks.proof.ledger import Sent, audit
from benchmarks.proof.machine import AgentMachine
from benchmarks.proof.people import Person
from benchmarks.proof.rig import Plan, Rig, rig
from benchmarks.proof.script import PACE, call

RIGHT_WITHIN = 5.0
_SLACK = 1.0
"""Seconds that a card may be behind what was said last: the fold, the way, and a machine that does other things."""
_BEFORE, _AFTER = (1.0, 3.0), 9.0
"""Seconds before a kill, by chance, and after what was killed is back."""
_GONE = 1.0
"""Seconds that what was killed stays away."""
_LEFT = 60.0
_PLAN = Plan(agents=12, supervisors=3, teams=3, words=True)


@dataclass(slots=True)
class Watch:
    """Holds boards against what was said. `wrong_at`: when a board was last wrong, and in what."""

    reckoned: dict[str, Reckoned]
    teams: dict[str, set[str]]
    """The agents of each team."""
    told_at: dict[str, float] = field(default_factory=dict[str, float])
    wrong_at: float = 0.0
    wrong_in: str = ""
    wrong_seconds: float = 0.0
    checks: int = 0

    def hear(self, board: Board, message: dict[str, Any]) -> None:
        """A board was told something."""
        if message["type"] == "wall":
            self.told_at[board.person.user] = time.monotonic()

    async def run(self, boards: list[Board]) -> None:
        """Look at the boards ten times a second, until cancelled."""
        looked = time.monotonic()
        while True:
            before, looked = looked, time.monotonic()
            if not self.look(boards):
                self.wrong_seconds += looked - before
            await asyncio.sleep(0.1)

    def look(self, boards: list[Board]) -> bool:
        """Look once; tells whether all is right."""
        now = time.monotonic()
        self.checks += 1
        for board in boards:
            for agent in self.teams[board.person.team]:
                card = board.cards.get(agent)
                shown = None if board.line is None or card is None else face(card)
                if shown is None or not self.reckoned[agent].was(shown, now - _SLACK):
                    self.wrong_at = now
                    self.wrong_in = f"{agent}: {shown} for {self.reckoned[agent].past[-1][1]}"
        self._read_along(boards)
        return self.wrong_at != now

    @staticmethod
    def _read_along(boards: list[Board]) -> None:
        """Each board reads along with a call, and with another one once that is over."""
        for board in boards:
            if board.opened is None:
                calls = [card["call"] for card in board.cards.values() if card["call"]]
                if calls:
                    board.open(calls[0])


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill: the seconds until what was killed was back, until boards were right from then on, and from the kill on.

    Who is never wrong is right after 0 s.
    """

    away: float
    right: float
    since: float
    wrong_in: str

    @classmethod
    def of(cls, watch: Watch, began: float, back: float) -> Kill:
        """What a watch saw since `began`."""
        wrong = watch.wrong_at
        return cls(back - began, max(0.0, wrong - back), max(0.0, wrong - began), watch.wrong_in)


@asynccontextmanager
async def floor(made: Rig, address: int, agents: list[AgentMachine], watch: Watch) -> AsyncGenerator[list[Board], None]:
    """Agents who publish and boards that look, through one address."""
    boards = [Board(person, watch.hear) for person in made.people.supervisors]
    async with asyncio.TaskGroup() as tasks:
        staying = [tasks.create_task(board.stay(lambda: f"http://127.0.0.1:{address}")) for board in boards]
        publishing = [tasks.create_task(agent.publisher.run()) for agent in agents]
        yield boards
        for task in (*staying, *publishing):
            task.cancel()
    for agent in agents:
        await asyncio.to_thread(agent.outbox.close)


async def kills(name: str, plan: Plan, count: int, kill: Callable[[Rig, int], Awaitable[float]]) -> Shown:
    """Kill something so many times while agents talk. `kill` ends and restarts it; tells when it was back."""
    plan = replace(plan, agents=_PLAN.agents, supervisors=_PLAN.supervisors, teams=_PLAN.teams, words=True)
    address = free_port()
    chance = random.Random(11)  # noqa: S311 - the same in every run
    done: list[Kill] = []
    faults: list[str] = []
    async with rig(plan, names=f"127.0.0.1:{address}") as made, balancing(address, lambda: _ports(made)):
        agents = [AgentMachine(f"ws://127.0.0.1:{address}/ws", made.folder, p) for p in made.people.agents]
        watch = Watch({a.person.user: a.reckoned for a in agents}, teams_of(made.people.agents))
        async with floor(made, address, agents, watch) as boards:
            talking = [asyncio.create_task(agent.work()) for agent in agents]
            looking = asyncio.create_task(watch.run(boards))
            await asyncio.sleep(5.0)
            before = time.monotonic() - watch.wrong_at
            for number in range(count):
                await asyncio.sleep(chance.uniform(*_BEFORE))
                began = time.monotonic()
                back = await kill(made, number)
                await asyncio.sleep(_AFTER)
                done.append(Kill.of(watch, began, back))
                print(f"{name} {number + 1}: {done[-1]}", file=sys.stderr, flush=True)
            for task in talking:
                task.cancel()
            await asyncio.wait(talking)
            for agent in agents:
                await agent.finish()
            left = await drained(agents)
            watch.look(boards)
            looking.cancel()
            faults += [f"{user} has a disk that refused: {t}" for user, t in _troubles(agents)]
        found = await asyncio.to_thread(audit, made.where, {k: v for agent in agents for k, v in agent.sent.items()})
        for said in (s for agent in agents for s in agent.sent.values()):
            if said.acked < said.messages[-1]["seq"]:
                faults.append(f"not acknowledged to its end: {said.messages[0]['call']}")
        alerts = _alerts(agents, boards)
    disorder = [line for board in boards for line in board.disorder]
    return Shown(
        name,
        (
            Claim("killed", f"{len(done)} times", f"{count} times", len(done) == count),
            none("acknowledged events lost", found.lost, found.acked),
            none("rows that are not as sent, or there twice", found.wrong, found.events),
            none("messages of an opened call out of order", disorder, sum(board.followed for board in boards)),
            none("alerts that a board was not told", alerts, sum(len(board.alerts) for board in boards)),
            at_most("boards right again, after it was back", max(k.right for k in done), RIGHT_WITHIN, "s"),
            Claim("left in outboxes at the end", str(left), "0", left == 0),
            Claim("boards right before the first kill, for", f"{before:.1f} s", "> 1 s", before > _SLACK, timed=True),
        ),
        {
            "of": f"{plan}; {plan.agents} agents with real outboxes, {found.calls} calls, {found.events} events",
            "back after": Spread.of(k.away for k in done),
            "boards right, after it was back": Spread.of(k.right for k in done),
            "boards right, after the kill": Spread.of(k.since for k in done),
            "boards looked at": watch.checks,
            "boards came in": [board.lines for board in boards],
        },
        (*faults, *found.lost[:5], *found.wrong[:5], *disorder[:5], *alerts[:5]),
    )


# --- what is killed ---------------------------------------------------------------------------------------------------


async def kill_hub(made: Rig, number: int) -> float:
    """A hub, another one each time."""
    hub = made.hubs[number % len(made.hubs)]
    await hub.kill()
    await hub.start()
    return time.monotonic()


async def kill_redis(made: Rig, _number: int) -> float:
    """The broker."""
    assert made.redis is not None
    await asyncio.to_thread(made.redis.kill)
    await asyncio.sleep(_GONE)
    await asyncio.to_thread(made.redis.start)
    return time.monotonic()


async def kill_postgres(made: Rig, _number: int) -> float:
    """The database, with all its processes."""
    assert made.postgres is not None
    await asyncio.to_thread(made.postgres.kill)
    await asyncio.sleep(_GONE)
    await asyncio.to_thread(made.postgres.start)
    return time.monotonic()


# --- an agent's machine -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Killed:
    """An agent's machine in a process of its own, and what it said of its messages."""

    person: Person
    folder: Path
    hub: str
    sent: dict[str, Sent] = field(default_factory=dict[str, Sent])
    reckoned: Reckoned = field(default_factory=Reckoned)
    on: str | None = None

    async def start(self, run: int) -> asyncio.subprocess.Process:
        """Start it; returns once it talks."""
        command = [sys.executable, "-m", "benchmarks.proof.machine", self.hub, str(self.folder), self.person.user]
        process = await asyncio.create_subprocess_exec(
            *command, str(run), str(4 * PACE), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{self.person.key}\n".encode())
        await process.stdin.drain()
        self.note(await process.stdout.readline(), run)
        return process

    async def listen(self, process: asyncio.subprocess.Process, run: int) -> None:
        """Note what it says, to its end."""
        assert process.stdout is not None
        async for line in process.stdout:
            self.note(line, run)

    def note(self, line: bytes, run: int) -> None:
        """One line of what it said; one that was cut short was not said."""
        with suppress(ValueError):
            what, call_, seq = json.loads(line)
            said = self.sent.get(call_)
            match what:
                case "put":
                    if said is None:
                        said = self.sent[call_] = Sent(self.person.user)
                    message = _message(self.person.user, run, call_, seq)
                    said.messages.append(message)
                    self.on = None if message["type"] == "call_ended" else call_
                    self.reckoned.send(message, time.monotonic())
                case "kept" if said is not None:
                    said.kept = max(said.kept, seq)
                case "acked" if said is not None:
                    said.acked = max(said.acked, seq)
                case _:
                    pass


_SCRIPTS: dict[tuple[str, int], tuple[random.Random, dict[str, tuple[dict[str, Any], ...]]]] = {}


def _message(user: str, run: int, call_: str, seq: int) -> dict[str, Any]:
    """The message that the machine makes of the same script."""
    chance, calls = _SCRIPTS.setdefault((user, run), (random.Random(f"{user} {run}"), {}))  # noqa: S311 - a script
    while call_ not in calls:
        made = call(user, 1000 * run + len(calls) + 1, chance.randint(60, 150), alerts=True)
        calls[made.id] = made.messages
    return calls[call_][seq - 1]


async def kill_agents(name: str, count: int) -> Shown:
    """Kill an agent's machine in the middle of a call, and start it again on what its disk has."""
    chance = random.Random(12)  # noqa: S311 - the same in every run
    done: list[Kill] = []
    faults: list[str] = []
    plan = replace(_PLAN, agents=1, supervisors=1, teams=1)
    async with rig(plan) as made:
        [hub] = made.hubs
        agent = Killed(made.people.agents[0], made.folder, f"ws://127.0.0.1:{hub.port}/ws")
        watch = Watch({agent.person.user: agent.reckoned}, teams_of(made.people.agents))
        board = Board(made.people.supervisors[0], watch.hear)
        staying = asyncio.create_task(board.stay(lambda: hub.url))
        looking = asyncio.create_task(watch.run([board]))
        began = time.monotonic()
        for number in range(count + 1):
            process = await agent.start(number)
            back = time.monotonic()
            listening = asyncio.create_task(agent.listen(process, number))
            await asyncio.sleep(chance.uniform(*_BEFORE) + (_AFTER if number else 0))
            if number:
                done.append(Kill.of(watch, began, back))
                print(f"{name} {number}: {done[-1]}", file=sys.stderr, flush=True)
            if number == count:
                break
            began = time.monotonic()
            process.kill()
            await process.wait()
            await listening
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(_LEFT):
            await listening
        faults += [f"the last machine ended with {code}"] if (code := await process.wait()) else []
        for task in (staying, looking):
            task.cancel()
        found = await asyncio.to_thread(audit, made.where, agent.sent)
    kept = sum(max(said.kept, said.acked) for said in agent.sent.values())
    ahead = sum(max(0, said.kept - said.acked) for said in agent.sent.values())
    return Shown(
        name,
        (
            Claim("killed", f"{len(done)} times", f"{count} times", len(done) == count),
            none("events lost that its disk had, acknowledged or not", found.lost, kept),
            none("rows that are not as sent, or there twice", found.wrong, found.events),
            none("messages of an opened call out of order", board.disorder, board.followed),
            at_most("boards right again, after it was back", max(k.right for k in done), RIGHT_WITHIN, "s"),
        ),
        {
            "of": f"{plan}; one agent at {4 * PACE:.0f} messages a second, {found.calls} calls, {found.events} events",
            "acknowledged by what was killed": found.acked,
            "on its disk only, when it was killed": ahead,
            "back after": Spread.of(k.away for k in done),
            "boards right, after it was back": Spread.of(k.right for k in done),
            "boards right, after the kill": Spread.of(k.since for k in done),
        },
        (*faults, *found.lost[:5], *found.wrong[:5], *board.disorder[:5]),
    )


def _ports(made: Rig) -> list[int]:
    return [hub.port for hub in made.hubs]


def teams_of(people: tuple[Person, ...]) -> dict[str, set[str]]:
    """The agents of each team."""
    return {team: {p.user for p in people if p.team == team} for team in {p.team for p in people}}


def _troubles(agents: list[AgentMachine]) -> list[tuple[str, str]]:
    return [(agent.person.user, str(agent.outbox.trouble)) for agent in agents if agent.outbox.trouble is not None]


def _alerts(agents: list[AgentMachine], boards: list[Board]) -> list[str]:
    """The alerts that a board of their team was never told."""
    missing: list[str] = []
    for board in boards:
        for agent in agents:
            if agent.person.team == board.person.team:
                raised = [m["id"] for said in agent.sent.values() for m in said.messages if m["type"] == "alert"]
                missing += [id_ for id_ in raised if id_ not in board.alerts]
    return missing


async def drained(agents: list[AgentMachine]) -> int:
    """Wait until the hub has all, so long at most; tells how many messages it does not have."""
    until = time.monotonic() + _LEFT
    while (left := sum(agent.outbox.waiting for agent in agents)) and time.monotonic() < until:  # noqa: ASYNC110 - seen from outside
        await asyncio.sleep(0.1)
    return left
