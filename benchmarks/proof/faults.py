"""A disk that is full, and a clock that jumps, under a hub at work."""

from __future__ import annotations

import asyncio
import shutil
import struct
import subprocess
import tempfile
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.proof.balance import balancing
from benchmarks.proof.board import Board
from benchmarks.proof.figures import Claim, Shown, at_most, none
from benchmarks.proof.gauge import status
from benchmarks.proof.hub import free_port
from benchmarks.proof.kills import RIGHT_WITHIN, Watch, drained, floor, teams_of
from benchmarks.proof.ledger import Sent, audit
from benchmarks.proof.machine import AgentMachine
from benchmarks.proof.rig import Plan, Rig, rig

PLAN = Plan(agents=6, supervisors=2, teams=2, words=True)
_DISK = 12 << 20
_NOTICED = 15.0
_CHECKED = 75.0
"""Seconds within which a hub has asked again whether its visitors may stay."""
_OK, _AWAY = 200, 503
_NEAR = 5.0


@dataclass(frozen=True, slots=True)
class Talk:
    """Agents that talk on a rig, and boards that are watched."""

    made: Rig
    agents: list[AgentMachine]
    boards: list[Board]
    watch: Watch

    @property
    def acked(self) -> int:
        """Events acknowledged so far."""
        return sum(said.acked for agent in self.agents for said in agent.sent.values())

    async def end(self) -> int:
        """End all calls; tells how many events the hub does not have after a while."""
        for agent in self.agents:
            await agent.finish()
        return await drained(self.agents)


@asynccontextmanager
async def talking(made: Rig, work: Path, address: int) -> AsyncGenerator[Talk, None]:
    """Let agents with real outboxes talk within the block; their machines' disk is another one."""
    agents = [AgentMachine(f"ws://127.0.0.1:{address}/ws", work, person) for person in made.people.agents]
    watch = Watch({a.person.user: a.reckoned for a in agents}, teams_of(made.people.agents))
    async with floor(made, address, agents, watch) as boards:
        tasks = [asyncio.create_task(agent.work()) for agent in agents]
        looking = asyncio.create_task(watch.run(boards))
        await asyncio.sleep(5.0)
        watch.wrong_seconds = 0.0
        yield Talk(made, agents, boards, watch)
        for task in (*tasks, looking):
            task.cancel()
        await asyncio.wait([*tasks, looking])


# --- disk -------------------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path) -> Generator[Path, None, None]:
    """A disk of some megabytes, as root; raises CalledProcessError where nothing may be mounted."""
    folder.mkdir()
    subprocess.run([_program("mount"), "-t", "tmpfs", "-o", f"size={_DISK}", "none", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run([_program("umount"), "-l", str(folder)], check=True)


async def disk_full(name: str, *, short: bool) -> Shown:
    """Fill the disk that the hub's store lies on, and make room again."""
    full = 8.0 if short else 30.0
    address = free_port()
    with tempfile.TemporaryDirectory() as work, small_disk(Path(work, "disk")) as disk:
        async with rig(PLAN, folder=disk, names=f"127.0.0.1:{address}") as made:
            [hub] = made.hubs
            async with balancing(address, lambda: [hub.port]), talking(made, Path(work), address) as talk:
                ready = await status(hub.url, "/readyz")
                _fill(disk / "ballast")
                noticed = await _until(hub.url, 503)
                acked = await _no_more_acks(talk)
                await asyncio.sleep(full)
                gained = talk.acked - acked
                while_full = await status(hub.url, "/readyz"), await status(hub.url, "/healthz")
                wrong = max(0.0, talk.watch.wrong_at - (time.monotonic() - full))
                found_full = await asyncio.to_thread(audit, made.where, _sent(talk))
                (disk / "ballast").unlink()
                again = await _until(hub.url, 200)
                left = await talk.end()
            found = await asyncio.to_thread(audit, made.where, _sent(talk))
    return Shown(
        name,
        (
            Claim(
                "/readyz before, and while full",
                f"{ready}, {while_full[0]}",
                "200, 503",
                (ready, while_full[0]) == (200, 503),
            ),
            Claim("/healthz while full", str(while_full[1]), "200", while_full[1] == _OK),
            Claim("acknowledged while full", str(gained), "0", gained == 0),
            none("acknowledged events that are not kept while full", found_full.lost, found_full.acked),
            at_most("ready again once there is room, after", again, 10.0, "s"),
            Claim("left in outboxes at the end", str(left), "0", left == 0),
            none("acknowledged events lost", found.lost, found.acked),
            none("rows that are not as sent, or there twice", found.wrong, found.events),
        ),
        {
            "of": f"{PLAN}; a disk of {_DISK >> 20} MiB, full for {full + noticed:.0f} s; {found.events} events",
            "noticed after, s": noticed,
            "boards wrong while full, s before its end": round(wrong, 1),
        },
        (*found.lost[:5], *found.wrong[:5]),
    )


def _fill(file: Path) -> None:
    """Write until nothing more fits."""
    with file.open("wb", buffering=0) as ballast:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while ballast.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise FileNotFoundError(f"{name} is missing")
    return found


async def _until(url: str, wanted: int) -> float:
    """Seconds until /readyz answers so, at most a while."""
    began = time.monotonic()
    while await status(url, "/readyz") != wanted and time.monotonic() - began < _NOTICED:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    return round(time.monotonic() - began, 1)


async def _no_more_acks(talk: Talk) -> int:
    """What was acknowledged by the time when what was on its way has come."""
    await asyncio.sleep(1.0)
    return talk.acked


def _sent(talk: Talk) -> dict[str, Sent]:
    return {call: said for agent in talk.agents for call, said in agent.sent.items()}


# --- clock ------------------------------------------------------------------------------------------------------------


def _clock(folder: Path) -> Path:
    """A folder with the library that sets a program's clock, and the offset that it reads."""
    source = Path(__file__).with_name("clock.c")
    subprocess.run(
        [_program("cc"), "-shared", "-fPIC", "-O2", "-o", str(folder / "clock.so"), str(source), "-ldl"], check=True
    )
    (folder / "offset").write_bytes(struct.pack("d", 0.0))
    return folder


def _set(folder: Path, offset: float) -> None:
    with (folder / "offset").open("r+b") as file:
        file.write(struct.pack("d", offset))


async def clock_jump(name: str, *, short: bool) -> Shown:
    """Set the hub's clock, and only that one, forward and back while it works; its seconds stay seconds."""
    jumps = (("as it is", 0.0), ("an hour back", -3600.0), ("two hours ahead", 7200.0), ("right again", 0.0))
    lasts = 8.0 if short else 20.0
    address = free_port()
    claims: list[Claim] = []
    with tempfile.TemporaryDirectory() as work:
        clock = _clock(Path(work))
        faked = {"LD_PRELOAD": str(clock / "clock.so"), "PROOF_CLOCK": str(clock / "offset")}
        async with rig(PLAN, names=f"127.0.0.1:{address}", environment=faked) as made:
            [hub] = made.hubs
            async with balancing(address, lambda: [hub.port]), talking(made, Path(work), address) as talk:
                before = [board.lines for board in talk.boards]
                for said, offset in jumps:
                    acked, wrong = talk.acked, talk.watch.wrong_seconds
                    _set(clock, offset)
                    await asyncio.sleep(_CHECKED if offset > 0 and not short else lasts)
                    off = [board.clock.timestamp() - time.time() for board in talk.boards if board.clock]
                    jumped = all(abs(o - offset) < _NEAR for o in off)
                    wrong = talk.watch.wrong_seconds - wrong
                    went_on, ready = talk.acked - acked, await status(hub.url, "/readyz")
                    claims += [
                        Claim(f"{said}: so says the hub", f"{[round(o) for o in off]} s", f"{offset:.0f} s", jumped),
                        at_most(f"{said}: boards wrong for", round(wrong, 1), RIGHT_WITHIN, "s"),
                        Claim(f"{said}: events acknowledged", str(went_on), "> 0", went_on > 0),
                        Claim(f"{said}: /readyz", str(ready), "200", ready == _OK),
                    ]
                thrown_out = sum(board.lines for board in talk.boards) - sum(before)
                left = await talk.end()
            found = await asyncio.to_thread(audit, made.where, _sent(talk))
    return Shown(
        name,
        (
            *claims,
            Claim("boards that had to come in again", str(thrown_out), "0", thrown_out == 0),
            Claim("left in outboxes at the end", str(left), "0", left == 0),
            none("acknowledged events lost", found.lost, found.acked),
            none("rows that are not as sent, or there twice", found.wrong, found.events),
        ),
        {"of": f"{PLAN}; the hub's own clock set, {lasts:.0f} s each or more; {found.events} events"},
        (*found.lost[:5], *found.wrong[:5]),
    )
