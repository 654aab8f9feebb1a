"""What agents publish comes in: kept by the store, passed on by the bus, and acknowledged once both have it.

An event's identity is (call, seq). A machine sends the events of a call in rising order and again from the first that
was not acknowledged, so what is not above the last one is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
    """What the store knows of a call: whose it is, and its last event."""

    owner: str | None
    seq: int


@dataclass(slots=True)
class _Call:
    """A call that comes in here. `last` is the highest event taken, the others say how far each of its ways is.

    What the store knew before is taken again: the process that had it may have died before it was passed on.
    """

    owner: str
    kept: int
    tell: Tell
    last: int = 0
    passed: int = 0
    acked: int = 0
    ended: bool = False


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
        self._waiting: list[tuple[str, int, str]] = []
        self._length = 0
        self._work = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._progress = asyncio.Event()
        self._relief = asyncio.Event()

    async def receive(self, member: Member, message: wire.CallEvent, tell: Tell) -> None:
        """Take an event of this agent; `tell` hears the acknowledgements of its call from now on.

        Waits where store or bus cannot take more. Raises ServerError (`bad-event`, `forbidden`).
        """
        message = stamped(message, member, datetime.now(UTC))
        assert message.call is not None
        assert message.seq is not None
        call = await self._call(member, message.call, tell)
        if message.seq <= call.last:
            self.known += 1
            self._progress.set()
            return
        self.taken += 1
        call.last = message.seq
        call.ended = isinstance(message, wire.CallEnded)
        while not self._keeping.take(message, owner=member.user, team=member.team, agent=member.name):
            self._relief.clear()
            await self._relief.wait()
        await self._room.wait()
        text = Published.model_construct(member=member, message=message).model_dump_json()  # both were checked
        self._waiting.append((message.call, message.seq, text))
        self._length += len(text)
        if self._length >= _ROOM:
            self._room.clear()
        self._work.set()

    def leave(self, tell: Tell) -> None:
        """A machine's line is gone; its calls may come in by another process of the hub."""
        for id_, call in tuple(self._calls.items()):
            if call.tell == tell:  # a method of an object is another one each time it is asked for
                del self._calls[id_]
                self._keeping.forget(id_)

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

    async def _call(self, member: Member, id_: str, tell: Tell) -> _Call:
        call = self._calls.get(id_)
        if call is None:
            known = await asyncio.to_thread(self._look, id_)
            call = self._calls.get(id_)  # it may have come meanwhile
            if call is None:
                owner, seq = (member.user, 0) if known is None else (known.owner, known.seq)
                call = _Call(owner or "", seq, tell)
                if call.owner == member.user:
                    self._calls[id_] = call
        if call.owner != member.user:
            raise ServerError("that call is somebody else's", code="forbidden")
        if call.tell != tell:
            call.tell, call.acked = tell, 0
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
                    call.acked = done
                    call.tell(wire.Acked(call=id_, seq=done))
                if call.ended and call.acked >= call.last:
                    del self._calls[id_]
                    self._keeping.forget(id_)
            await asyncio.sleep(ACK_SECONDS)
