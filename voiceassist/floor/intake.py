"""What agents publish comes in: kept by the store, passed on by the bus, and acknowledged once both have it.

An event's identity is (call, seq). A machine sends the events of a call in rising order and again from the first that
was not acknowledged, so what is not above the last one is known.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Protocol, TypeAlias

from voiceassist.bus.base import Bus
from voiceassist.errors import ServerError
from voiceassist.floor.member import Member
from voiceassist.floor.published import Published, stamped
from voiceassist.server import messages as wire

EVENTS = "events"
"""The kind of the bus's entries that hold published events."""
ACK_SECONDS = 0.5
"""How often acknowledgements are told at most."""
GATHER_SECONDS = 0.02
"""What comes within it is passed on as one entry: a bus, and all who follow it, are woken so much less often."""
_ROOM = 8 << 20
"""Characters that may wait for the bus, less than it lets wait; then the machines that send them wait."""

AT_ONCE = 256
"""Events of an agent that are heard from one telling of acknowledgements to the next, as many as a machine sends by
itself; then the line waits."""
UNDER_WAY = 4 * AT_ONCE
"""Events of an agent that may be under way at once: a machine never has so many, other programs may."""
WEIGHT = 1 << 20
"""Characters of an agent that may be under way at once."""
BEGUN = WEIGHT // 16
"""What the first event of a call weighs more: the store is asked for each, and writes a row for it."""
OPEN = 32
"""Calls that an agent has open and that are remembered here; beyond it those that rest are asked for again."""
LONGEST = 8 * 1024
"""Characters of an event, but for words and the end of a call, which may have as many as a message."""

Tell: TypeAlias = Callable[[wire.Acked], None]


class Keeping(Protocol):
    """What keeps events, in a thread of its own."""

    def take(self, message: wire.CallEvent, *, owner: str | None, team: str | None, agent: str) -> bool:
        """Keep it; false where there is no room now."""
        ...

    def forget(self, call: str) -> None:
        """Another process may keep the call from now on."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a call: whose it is, its last event, the team it began in; or that it was deleted."""

    owner: str | None
    seq: int
    deleted: bool = False
    team: str | None = None


class _Line:
    """What one agent sends by one line, and what of it is under way: taken, and not acknowledged yet."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.calls = 0
        self._heard = 0
        self._events = 0
        self._weight = 0
        self._room = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether the line must wait until more has been acknowledged."""
        return self._heard >= AT_ONCE or self._events >= UNDER_WAY or self._weight >= WEIGHT

    async def room(self) -> None:
        """Return once it need not."""
        while self.full:
            self._room.clear()
            await self._room.wait()

    def hear(self) -> None:
        """One event more came, be it news or not."""
        self._heard += 1

    def take(self, events: int, weight: int) -> None:
        """So much more is under way, or less where it is negative."""
        self._events += events
        self._weight += weight

    def go_on(self) -> None:
        """What there was to acknowledge is acknowledged."""
        self._heard = 0
        self._room.set()


@dataclass(slots=True)
class _Call:
    """A call that comes in here. `last` is the highest event taken, the others say how far each of its ways is.

    What the store knew before is taken again: the process that had it may have died before it was passed on.
    `under_way` has the number and weight of each event that is not acknowledged. What comes of a call that was
    `deleted` is acknowledged, and goes nowhere.
    """

    owner: str
    team: str
    kept: int
    line: _Line
    last: int = 0
    passed: int = 0
    acked: int = 0
    ended: bool = False
    deleted: bool = False
    under_way: deque[tuple[int, int]] = field(default_factory=deque[tuple[int, int]])

    def take(self, seq: int, weight: int) -> None:
        """Note that this event is under way."""
        self.under_way.append((seq, weight))
        self.line.take(1, weight)

    def acknowledge(self, done: int) -> None:
        """All events up to this number have arrived."""
        self.acked = done
        events = weight = 0
        while self.under_way and self.under_way[0][0] <= done:
            weight += self.under_way.popleft()[1]
            events += 1
        self.line.take(-events, -weight)

    def leave(self) -> None:
        """It comes in by its line no more."""
        self.line.calls -= 1
        self.line.take(-len(self.under_way), -sum(weight for _, weight in self.under_way))

    def move(self, line: _Line) -> None:
        """It comes in by another line now, which hears all acknowledgements again."""
        self.leave()
        self.line = line
        line.calls += 1
        line.take(len(self.under_way), sum(weight for _, weight in self.under_way))
        self.acked = 0


class Intake:
    """One for each process of the hub: `receive` from the event loop, `kept` from any thread, `run` once.

    `look` tells what the store knows of a call, None where nothing; it may block.
    """

    def __init__(self, keeping: Keeping, look: Callable[[str], Known | None], bus: Bus) -> None:
        self.taken = 0
        """Events that came in here, each once."""
        self.known = 0
        """Events that came again."""
        self._keeping = keeping
        self._look = look
        self._bus = bus
        self._loop = asyncio.get_running_loop()
        self._calls: dict[str, _Call] = {}
        self._lines: dict[tuple[Tell, str], _Line] = {}
        """By who hears of it, and the agent: a worker's line brings those of many."""
        self._waiting: list[tuple[str, int, str]] = []
        self._length = 0
        self._work = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._progress = asyncio.Event()
        self._relief = asyncio.Event()

    async def receive(self, member: Member, message: wire.CallEvent, tell: Tell) -> None:
        """Take an event of this agent; `tell` hears the acknowledgements of its call from now on.

        Waits where store or bus cannot take more, or as long as much of this line is under way. Raises ServerError
        (`bad-event`, `forbidden`, `too-big`).
        """
        line = self._lines.get((tell, member.user))
        if line is None:
            line = self._lines[tell, member.user] = _Line(tell)
        elif line.full:
            self._progress.set()
            await line.room()
        line.hear()
        message = stamped(message, member, datetime.now(UTC))
        id_, seq = message.call, message.seq
        assert id_ is not None
        assert seq is not None
        call = await self._call(member, id_, line)
        if seq <= call.last:
            self.known += 1
            self._progress.set()
            return
        if call.deleted:
            call.last = call.kept = call.passed = seq
            self._progress.set()
            return
        if member.team != call.team:  # the agent was moved: the call stays with those who saw it begin
            member = replace(member, team=call.team)
            message = stamped(message, member, datetime.now(UTC))
        text = Published.model_construct(member=member, message=message).model_dump_json()  # both were checked
        if len(text) > LONGEST and not isinstance(message, wire.Transcript | wire.CallEnded):
            raise ServerError("the event is longer than any of its kind", code="too-big")
        self.taken += 1
        call.take(seq, len(text) + (0 if call.last else BEGUN))
        call.last = seq
        call.ended = isinstance(message, wire.CallEnded)
        while not self._keeping.take(message, owner=member.user, team=member.team, agent=member.name):
            self._relief.clear()
            await self._relief.wait()
        await self._room.wait()
        self._waiting.append((id_, seq, text))
        self._length += len(text)
        if self._length >= _ROOM:
            self._room.clear()
        self._work.set()

    def leave(self, tell: Tell) -> None:
        """A machine's line is gone; its calls may come in by another process of the hub."""
        gone = [key for key in self._lines if key[0] == tell]  # a method is another object each time it is asked for
        lines = {self._lines.pop(key) for key in gone}
        for id_, call in tuple(self._calls.items()):
            if call.line in lines:
                self._forget(id_)

    def kept(self, seqs: Mapping[str, int]) -> None:
        """The store has committed all events of these calls up to these numbers."""
        self._loop.call_soon_threadsafe(self._note_kept, dict(seqs))

    @property
    def unacknowledged(self) -> int:
        """Calls of which an event was taken and not acknowledged yet."""
        return sum(call.acked < call.last for call in self._calls.values())

    async def run(self) -> None:
        """Pass on and acknowledge, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pass_on())
            tasks.create_task(self._acknowledge())

    def _forget(self, id_: str) -> None:
        self._calls.pop(id_).leave()
        self._keeping.forget(id_)

    def _make_room(self, line: _Line) -> None:
        """Forget calls of this line of which all has arrived, the oldest first: they are asked for again if need be."""
        for id_, call in tuple(self._calls.items()):
            if line.calls < OPEN:
                return
            if call.line is line and not call.under_way:
                self._forget(id_)

    async def _call(self, member: Member, id_: str, line: _Line) -> _Call:
        call = self._calls.get(id_)
        if call is None:
            known = await asyncio.to_thread(self._look, id_)
            call = self._calls.get(id_)  # it may have come meanwhile
            if call is None:
                if known is None or known.deleted:
                    call = _Call(member.user, member.team, 0, line, deleted=known is not None)
                else:
                    call = _Call(known.owner or "", known.team or member.team, known.seq, line)
                if call.owner == member.user:
                    self._make_room(line)
                    self._calls[id_] = call
                    line.calls += 1
        if call.owner != member.user:
            raise ServerError("that call is somebody else's", code="forbidden")
        if call.line is not line:
            call.move(line)
        return call

    async def _pass_on(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            batch, self._waiting, self._length = self._waiting, [], 0
            self._room.set()
            await self._bus.append(EVENTS, [text for _, _, text in batch])
            for id_, seq, _ in batch:
                if (call := self._calls.get(id_)) is not None:
                    call.passed = max(call.passed, seq)
            self._progress.set()
            await asyncio.sleep(GATHER_SECONDS)

    def _note_kept(self, seqs: Mapping[str, int]) -> None:
        for id_, seq in seqs.items():
            if (call := self._calls.get(id_)) is not None:
                call.kept = max(call.kept, seq)
        self._progress.set()
        self._relief.set()

    async def _acknowledge(self) -> None:
        while True:
            await self._progress.wait()
            self._progress.clear()
            for id_, call in tuple(self._calls.items()):
                done = min(call.kept, call.passed)
                if done > call.acked:
                    call.acknowledge(done)
                    call.line.tell(wire.Acked(call=id_, seq=done))
                if call.ended and call.acked >= call.last:
                    self._forget(id_)
            for line in self._lines.values():
                line.go_on()
            await asyncio.sleep(ACK_SECONDS)
