"""An agent's machine as it really is: an outbox on disk and a publisher. In this process, or in one to be killed.

    python -m benchmarks.proof.machine HUB FOLDER USER RUN PACE     with the machine's key on standard input

As a process it says on standard output, as JSON lines, what it put, what its disk has, and what was acknowledged.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.proof.card import Reckoned
from benchmarks.proof.ledger import Sent
from benchmarks.proof.people import Person
from benchmarks.proof.script import PACE, Message, call
from voiceassist.uplink.address import HubAddress
from voiceassist.uplink.client import HubClient
from voiceassist.uplink.machine import Machine, MachineSessions
from voiceassist.uplink.outbox import Outbox
from voiceassist.uplink.publisher import Publisher

Note = Callable[[str, str, int], None]
"""Hears what became of a message: `acked`, its call, its number."""


class NotedOutbox(Outbox):
    """An outbox that tells what was acknowledged before it deletes it."""

    note: Note = staticmethod(lambda _what, _call, _seq: None)

    def acked(self, call: str, seq: int) -> None:
        self.note("acked", call, seq)
        super().acked(call, seq)


class AgentMachine:
    """One agent with a real outbox and publisher, who has call after call while `work` runs. `sent` tells what of."""

    def __init__(self, hub: str, folder: Path, person: Person, *, run: int = 0, note: Note | None = None) -> None:
        self.person = person
        self.sent: dict[str, Sent] = {}
        self.reckoned = Reckoned()
        address = HubAddress.parse(hub)
        machine = Machine(hub=address.websocket, user=person.user, key=person.key)
        self.outbox = NotedOutbox.open(folder / person.user, machine.outbox)
        self.outbox.note = note or self._acked
        self.publisher = Publisher(
            address,
            MachineSessions(HubClient(address), machine),
            self.outbox,
            lambda _message: None,
            lambda _link: None,
        )
        chance = random.Random(f"{person.user} {run}")  # noqa: S311 - the same calls in every run
        self._calls = (
            call(person.user, 1000 * run + number, chance.randint(60, 150), alerts=True)
            for number in itertools.count(1)
        )
        self._messages = (message for made in self._calls for message in made.messages)
        self.call: str | None = None
        """The call that is on."""

    def put(self) -> Message:
        """The next message goes into the outbox."""
        message = next(self._messages)
        self.call = None if message["type"] == "call_ended" else message["call"]
        self.sent.setdefault(message["call"], Sent(self.person.user)).messages.append(message)
        self.reckoned.send(message, time.monotonic())
        self.outbox.put(message["call"], message["seq"], json.dumps(message))
        return message

    async def work(self, pace: float = PACE) -> None:
        """Publish messages at this pace, until cancelled."""
        began = time.monotonic()
        for number in itertools.count():
            if (ahead := began + number / pace - time.monotonic()) > 0:
                await asyncio.sleep(ahead)
            self.put()

    async def finish(self) -> None:
        """Go on to the end of the call that is on."""
        while self.call is not None:
            self.put()
            await asyncio.sleep(0)

    def _acked(self, _what: str, call_: str, seq: int) -> None:
        said = self.sent.get(call_)
        if said is not None:
            said.acked = max(said.acked, seq)


async def _main(hub: str, folder: str, user: str, run: str, pace: str) -> None:
    """Publish until killed; at the end of the input, end the call and leave once the hub has all."""

    def say(what: str, call_: str, seq: int) -> None:
        sys.stdout.write(json.dumps([what, call_, seq]) + "\n")
        sys.stdout.flush()

    key = sys.stdin.readline().strip()
    machine = AgentMachine(hub, Path(folder), Person(user, "", "", key), run=int(run), note=say)
    end: asyncio.Future[Any] = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    publishing = asyncio.create_task(machine.publisher.run())

    async def put() -> None:
        message = machine.put()
        say("put", message["call"], message["seq"])
        if await asyncio.wrap_future(machine.outbox.kept()):
            say("kept", message["call"], message["seq"])

    began = time.monotonic()
    for number in itertools.count():
        await put()
        if end.done() and machine.call is None:
            break
        with suppress(TimeoutError):
            ahead = 0.0 if end.done() else began + number / float(pace) - time.monotonic()
            await asyncio.wait_for(asyncio.shield(end), max(ahead, 0.001))
    while machine.outbox.waiting:
        await asyncio.sleep(0.05)
        await asyncio.wrap_future(machine.outbox.kept())
    publishing.cancel()
    await asyncio.wait([publishing])
    machine.outbox.close()


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
