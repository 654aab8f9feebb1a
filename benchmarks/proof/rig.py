"""What a scenario stands on: a store, a bus where there is one, hubs, and their people; all goes when it is over."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.proof.hub import HubProcess
from benchmarks.proof.people import People, add_people

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

from postgres import PostgresServer
from redis_server import RedisServer


@dataclass(frozen=True, slots=True)
class Plan:
    """How many of what: `hubs` processes (more than one have a Redis), the store in PostgreSQL or in a file."""

    hubs: int = 1
    redis: bool = False
    postgres: bool = False
    agents: int = 500
    supervisors: int = 50
    teams: int = 10
    words: bool = False

    def __str__(self) -> str:
        bus = "Redis" if self.redis else "no broker"
        return f"{self.hubs} hub{'s' * (self.hubs > 1)}, {bus}, {'PostgreSQL' if self.postgres else 'SQLite'}"


@dataclass(frozen=True, slots=True)
class Rig:
    """The running parts. `where`: the store's file or URL."""

    folder: Path
    where: Path | str
    people: People
    hubs: tuple[HubProcess, ...]
    redis: RedisServer | None
    postgres: PostgresServer | None

    @property
    def urls(self) -> list[str]:
        return [hub.url for hub in self.hubs]

    def processes(self) -> list[psutil.Process]:
        """The hubs that run."""
        return [hub.process for hub in self.hubs if hub.runs]


@asynccontextmanager
async def rig(
    plan: Plan,
    *,
    folder: Path | None = None,
    names: str = "",
    environment: Mapping[str, str] | None = None,
    durable: bool = False,
) -> AsyncGenerator[Rig, None]:
    """Set all up, with the hubs started; `folder`: where the store lies, on a disk of one's choice."""
    with tempfile.TemporaryDirectory(prefix="voiceassist-proof-") as made:
        work = folder or Path(made)
        redis = postgres = None
        hubs: tuple[HubProcess, ...] = ()
        try:
            if plan.redis:
                redis = RedisServer(work / "redis")
                redis.start()
            where: Path | str = work / "hub.sqlite3"
            if plan.postgres:
                postgres = PostgresServer(durable=durable)
                postgres.start()
                where = postgres.url(postgres.database())
            people = await asyncio.to_thread(
                add_people, where, agents=plan.agents, supervisors=plan.supervisors, teams=plan.teams
            )
            hubs = tuple(
                HubProcess(
                    where, redis=redis.url if redis else "", names=names, words=plan.words, environment=environment
                )
                for _ in range(plan.hubs)
            )
            for hub in hubs:
                await hub.start()
            yield Rig(work, where, people, hubs, redis, postgres)
        finally:
            for hub in hubs:
                await hub.kill()
            if redis is not None:
                redis.stop()
            if postgres is not None:
                postgres.remove()
