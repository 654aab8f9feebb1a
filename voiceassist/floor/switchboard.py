"""The lines of agents whose sound comes in at the hub: which worker each is at, and which page.

Sound is passed on as it came. Nothing here looks into it, and nothing of it is kept.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from voiceassist.errors import ServerError
from voiceassist.floor.member import Member
from voiceassist.floor.port import Port
from voiceassist.server import messages as wire
from voiceassist.server.codec import dump

LINGER = 5.0
"""Seconds for which an agent's line stays open when the page is gone: it may only be loaded anew."""
SILENCE = 6.0
"""Seconds without a word from a worker after which its lines go to another one; a third more at most."""
AGAIN = 1.0
"""Seconds until a line that broke is begun anew."""
LATE = 2.0
"""Seconds of a line's sound that may wait for its worker."""
BUSY = "All recognisers are busy. You are not heard yet; that begins by itself as soon as one is free."
ABSENT = "No recogniser is at work. You are not heard yet; that begins by itself as soon as there is one."
UNKEPT = "What you say cannot be kept now, so this call was cut off. Hearing begins anew by itself."

_LOOKS = 3
"""Looks at a worker within SILENCE. Time is told by them: one look is due, however long this process stood still."""
_SAMPLE = 2
"""Bytes of one sample of one channel."""


class Page(Protocol):
    """A page of an agent, or a program that stands in for one."""

    def tell(self, text: str) -> None:
        """Say a message to it."""
        ...

    def give_way(self) -> None:
        """Another page of the agent has taken its place."""
        ...


@dataclass(eq=False, slots=True)
class Line:
    """One agent's line. `worker` is None while no worker has room for it, `page` while the agent's page is gone.

    `call` is the one that is on; `sent` counts the samples of each channel that came. `cut`: the worker was told to end
    it since what comes of it cannot be kept.
    """

    number: int
    member: Member
    sound: wire.AudioStart
    after: str | None
    page: Page | None
    pages: int = 1
    worker: Port | None = None
    call: str | None = None
    sent: int = 0
    late: bool = False
    cut: bool = False
    freeing: asyncio.TimerHandle | None = field(default=None, repr=False)

    @property
    def block(self) -> int:
        """Bytes of one sample of all channels."""
        return _SAMPLE * len(self.sound.channels)


class Switchboard:
    """One for each process of the hub. `hello` is what pages are told of it."""

    def __init__(self, hello: wire.Hello) -> None:
        self.hello = hello
        self._lines: dict[int, Line] = {}
        """Those that a worker has, also while it ends them, and those that wait."""
        self._of_agent: dict[str, Line] = {}
        self._workers: dict[Port, asyncio.TimerHandle] = {}
        self._numbers = 0

    @property
    def waiting(self) -> int:
        """Lines that no worker has room for."""
        return sum(line.worker is None for line in self._of_agent.values())

    # --- pages --------------------------------------------------------------------------------------------------------

    def open(self, member: Member, page: Page, sound: wire.AudioStart, after: str | None = None) -> Line:
        """A page of this agent begins to send; an older one gives way, and a line of the same channels goes on."""
        line = self._of_agent.get(member.user)
        if line is not None and line.page is not None and line.page is not page:
            line.page.tell(dump(wire.LineState(state="taken")))
            line.page.give_way()
        if line is not None and (line.member, line.sound.channels) != (member, sound.channels):
            self._free(line)
            line = None
        if line is None:
            self._numbers += 1
            line = Line(self._numbers, member, sound, after, page)
            self._lines[line.number] = self._of_agent[member.user] = line
        else:
            if line.freeing is not None:
                line.freeing.cancel()
                line.freeing = None
            line.page, line.sound, line.after = page, sound, after
            line.pages += 1
        if line.worker is None:
            self._assign()
        elif not line.cut:
            self._introduce(line)
        if line.worker is None:
            self._say_waiting(line)
        return line

    def leave(self, line: Line, page: Page) -> None:
        """The page is gone. Where no other one comes soon, the line is freed, and its call ends."""
        if line.page is page:
            line.page = None
            line.freeing = asyncio.get_running_loop().call_later(LINGER, self._free, line)

    def hear(self, line: Line, page: Page, block: bytes) -> None:
        """Pass the page's sound on; where the worker does not keep up, the oldest that waits is dropped."""
        if line.page is not page or line.sound.paused:
            return
        at, line.sent = line.sent, line.sent + len(block) // line.block
        if line.worker is None:
            return
        most = int(LATE * line.sound.rate) * line.block
        kept = line.worker.send(line.number, wire.HEAD.pack(line.number, at) + block, most)
        if not kept and not line.late:
            page.tell(dump(wire.Audio(call=line.call, state=wire.core.AudioState.LAGGING)))
        line.late = not kept

    def command(self, line: Line, page: Page, command: wire.Command) -> None:
        """Something was pressed on the page. Raises `ServerError` (`no-worker`) where nobody could do it."""
        if line.page is not page:
            return
        if isinstance(command, wire.Pause | wire.Resume):
            line.sound = line.sound.model_copy(update={"paused": isinstance(command, wire.Pause)})
            if line.worker is not None and line.sound.paused:
                line.worker.forget(line.number)
        elif line.worker is None:
            raise ServerError(self._why_waiting, code="no-worker")
        if line.worker is not None:
            line.worker.say(wire.LineCommand(line=line.number, command=command))

    def tell(self, line: Line, message: wire.Whisper | wire.Watched) -> None:
        """Somebody says something to the agent; what concerns a call that is over is not said."""
        if line.worker is not None and message.call == line.call:
            line.worker.say(wire.LineTell(line=line.number, message=message))

    # --- workers ------------------------------------------------------------------------------------------------------

    def ready(self, worker: Port, lines: int) -> None:
        """A worker takes so many lines, and gives signs of life from now on."""
        if worker not in self._workers:
            self._look_again(worker)
        if worker.lines != lines:
            worker.lines = lines
            self._assign()

    def live(self, worker: Port) -> None:
        """A worker has said something, whatever it was."""
        worker.quiet = 0

    def lose(self, worker: Port) -> None:
        """A worker is gone: the calls of its lines are cut off, and the lines go to others."""
        if (timer := self._workers.pop(worker, None)) is not None:
            timer.cancel()
        for line in [line for line in self._lines.values() if line.worker is worker]:
            self._release(line)
        self._assign()
        for line in self._of_agent.values():
            if line.worker is None:
                self._say_waiting(line)

    def say(self, worker: Port, said: wire.LineSaid) -> None:
        """The worker has something to say to a page of its line."""
        line = self._at(worker, said.line)
        if line is not None and line.page is not None and line.pages == said.page:
            line.page.tell(said.text)

    def published(self, worker: Port, event: wire.LinePublish) -> Member | None:
        """Whose event it is, None for what is not to be kept: it comes of a line that was cut off.

        Raises `ServerError` (`unknown-line`) for a line that is not the worker's.
        """
        line = self._at(worker, event.line)
        if line is None:
            raise ServerError("that line is not this worker's", code="unknown-line")
        match event.message:
            case wire.CallStarted(call=call):
                line.call = call
            case wire.CallEnded():
                line.call = None
            case _:
                pass
        return None if line.cut else line.member

    def cut_off(self, worker: Port, number: int) -> None:
        """What comes of a line can be kept no more: the worker is to end it, and it begins anew after a pause."""
        line = self._at(worker, number)
        if line is None or line.cut:
            return
        line.cut = True
        if line.page is not None:
            line.page.tell(dump(wire.Error(code="store", message=UNKEPT)))
        worker.forget(number)
        worker.say(wire.LineClose(line=number))

    def closed(self, worker: Port, closed: wire.LineClosed) -> None:
        """The worker has ended a line; one that is still wanted begins anew, after a pause where it was a fault."""
        line = self._at(worker, closed.line)
        if line is None:
            return
        broke = line.cut or closed.error is not None
        self._release(line)
        if not broke:
            self._assign()
            return
        if line.page is not None and closed.error is not None:
            line.page.tell(dump(closed.error))
        asyncio.get_running_loop().call_later(AGAIN, self._assign)

    # --- who has room -------------------------------------------------------------------------------------------------

    @property
    def _why_waiting(self) -> str:
        return BUSY if self._workers else ABSENT

    def _look_again(self, worker: Port) -> None:
        timer = asyncio.get_running_loop().call_later(SILENCE / _LOOKS, self._look, worker)
        self._workers[worker] = timer

    def _look(self, worker: Port) -> None:
        """Close a worker that has been silent for too long."""
        worker.quiet += 1
        if worker.quiet > _LOOKS:
            worker.close(1011, "silent")
        else:
            self._look_again(worker)

    def _release(self, line: Line) -> None:
        """No worker has the line; where nobody is at it either, it is over."""
        line.worker = line.call = line.after = None
        line.cut = False
        if self._of_agent.get(line.member.user) is not line:
            del self._lines[line.number]

    def _at(self, worker: Port, number: int) -> Line | None:
        line = self._lines.get(number)
        return line if line is not None and line.worker is worker else None

    def _assign(self) -> None:
        """Give the lines that wait, in the order in which they came, to the workers that have most room."""
        rooms = {worker: worker.lines for worker in self._workers if worker.closed is None}
        for line in self._lines.values():
            if line.worker in rooms:
                rooms[line.worker] -= 1
        for line in self._of_agent.values():
            if line.worker is not None or line.page is None:
                continue
            worker = max(rooms, key=lambda worker: rooms[worker], default=None)
            if worker is None or rooms[worker] <= 0:
                return
            rooms[worker] -= 1
            line.worker, line.late = worker, False
            self._introduce(line)

    def _introduce(self, line: Line) -> None:
        """Tell the worker of the page that is at its line now."""
        assert line.worker is not None
        line.worker.forget(line.number)
        if line.page is not None:
            line.page.tell(dump(wire.LineState(state="open")))
        line.worker.say(
            wire.LinePage(
                line=line.number,
                page=line.pages,
                rate=line.sound.rate,
                channels=line.sound.channels,
                device=line.sound.device,
                paused=line.sound.paused,
                after=line.after,
                hello=self.hello,
            )
        )

    def _say_waiting(self, line: Line) -> None:
        if line.page is not None:
            line.page.tell(dump(wire.LineState(state="waiting", reason=self._why_waiting)))

    def _free(self, line: Line) -> None:
        """Nobody is at the line: its worker ends it."""
        if line.freeing is not None:
            line.freeing.cancel()
        del self._of_agent[line.member.user]
        line.page = None
        if line.worker is None:
            del self._lines[line.number]
        else:
            line.worker.forget(line.number)
            line.worker.say(wire.LineClose(line=line.number))
