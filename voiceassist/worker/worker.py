"""A worker's connection to its hub: lines are given over it, and what comes of them goes back."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections import deque
from collections.abc import Callable
from typing import NoReturn, Protocol

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from voiceassist.errors import HubError, ServerError
from voiceassist.server import messages as wire
from voiceassist.server.codec import dump, parse_to_worker
from voiceassist.uplink.address import HubAddress
from voiceassist.uplink.client import unreachable
from voiceassist.uplink.connection import Watched, open_connection
from voiceassist.uplink.ending import VIOLATION, Again, BrokenError, again_after, refused_with
from voiceassist.uplink.link import Backoff, Patience
from voiceassist.uplink.publisher import Credentials

BEAT = 2.0
"""Seconds between two signs of life."""
_GOODBYE = 5.0
"""Seconds in which lines end and what comes of that is sent, when the worker is stopped."""


class Lead(Protocol):
    """A line as the worker serves it."""

    def greet(self, page: wire.LinePage) -> None:
        """Another page is at the line, and is to be told how it stands."""
        ...

    def hear(self, block: bytes, at: int) -> None:
        """Take a block of sound, which begins at sample `at` of what the hub was sent."""
        ...

    def command(self, command: wire.Command) -> None:
        """Something was pressed on the page."""
        ...

    def tell(self, message: wire.Whisper | wire.Watched) -> None:
        """Somebody says something to the agent."""
        ...

    async def run(self) -> None:
        """Serve the line until it is closed. Raises what breaks it."""
        ...

    async def close(self) -> None:
        """End the line, and its call."""
        ...


class Outlet:
    """What comes of one line goes back by it, as text, for as long as the connection holds that the line came by."""

    def __init__(self, line: int, send: Callable[[str], None]) -> None:
        self._line = line
        self._send = send

    def say(self, page: int, text: str) -> None:
        """Say a message to a page of the line."""
        self._send(dump(wire.LineSaid(line=self._line, page=page, text=text)))

    def put(self, call: str, seq: int, text: str) -> None:  # noqa: ARG002 - they stand in the text
        """Publish an event of the line's call."""
        self._send(f'{{"type":"line_publish","line":{self._line},"message":{text}}}')


class _Connected:
    """One connection to the hub: the lines that came by it, and what waits to be sent."""

    def __init__(self, begin: Callable[[wire.LinePage, Outlet], Lead]) -> None:
        self._begin = begin
        self._leads: dict[int, Lead] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: deque[str] = deque()
        self._work = asyncio.Event()

    def send(self, text: str) -> None:
        self._waiting.append(text)
        self._work.set()

    async def write(self, connection: Watched) -> NoReturn:
        while True:
            await self.flush(connection)
            self._work.clear()
            await self._work.wait()

    async def flush(self, connection: Watched) -> None:
        while self._waiting:
            await connection.send(self._waiting.popleft())

    def hear(self, block: bytes) -> None:
        """Take a block of sound; of a line that has ended it is passed over."""
        line, at = wire.HEAD.unpack_from(block)
        if (lead := self._leads.get(line)) is not None:
            lead.hear(block[wire.HEAD.size :], at)

    def take(self, message: wire.ToWorker) -> None:
        match message:
            case wire.LinePage(line=line):
                if line not in self._leads:
                    self._open(message)
                else:
                    self._leads[line].greet(message)
            case wire.LineCommand(line=line, command=command) if line in self._leads:
                self._leads[line].command(command)
            case wire.LineTell(line=line, message=told) if line in self._leads:
                self._leads[line].tell(told)
            case wire.LineClose(line=line) if line in self._leads:
                self._keep(asyncio.create_task(self._leads.pop(line).close()))
            case _:
                pass

    async def end(self) -> None:
        """End all lines, and wait until they are over."""
        for lead in tuple(self._leads.values()):
            self._keep(asyncio.create_task(lead.close()))
        self._leads.clear()
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _open(self, page: wire.LinePage) -> None:
        lead = self._begin(page, Outlet(page.line, self.send))
        self._leads[page.line] = lead
        self._keep(asyncio.create_task(self._serve(page.line, lead)))

    async def _serve(self, line: int, lead: Lead) -> None:
        error = None
        try:
            await lead.run()
        except Exception as fault:  # noqa: BLE001 - one line's fault is no other's
            code = getattr(fault, "code", "line-fault")
            error = wire.Error(code=code, message=f"this line broke and begins anew: {type(fault).__name__}")
        self._leads.pop(line, None)
        self.send(dump(wire.LineClosed(line=line, error=error)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Worker:
    """Serves so many `lines` of a hub: `run` it once. `begin` makes what serves one, which came with its first page.

    `tell` hears in one line how the connection stands, whenever that changes. A connection that breaks takes its lines
    with it: the hub gives them to another worker, and their calls are cut off.
    """

    def __init__(  # noqa: PLR0913 - where to, what, and who is told
        self,
        address: HubAddress,
        credentials: Credentials,
        lines: int,
        begin: Callable[[wire.LinePage, Outlet], Lead],
        tell: Callable[[str], None],
        *,
        tls: ssl.SSLContext | None = None,
        patience: Patience = Patience(),  # noqa: B008 - it does not change
    ) -> None:
        self._address = address
        self._credentials = credentials
        self._lines = lines
        self._begin = begin
        self._tell = tell
        self._tls = tls
        self._patience = patience
        self._backoff = Backoff(patience, random.uniform)
        self._said = ""

    async def run(self) -> NoReturn:
        """Serve until cancelled; the lines that are served then end first."""
        while True:
            broken = await self._try()
            self._say(str(broken))
            if broken.again is Again.RARELY:
                self._credentials.forget()
            await asyncio.sleep(self._backoff.rare() if broken.again is Again.RARELY else self._backoff.pause())

    async def _try(self) -> BrokenError:
        """One connection, until it is over; tells why."""
        try:
            token = await self._credentials.token()
            connection = await self._open()
        except HubError as error:
            return BrokenError(error.code, str(error), again_after(error.code))
        connected = _Connected(self._begin)
        try:
            await self._greet(connection, token)
            self._backoff.reset()
            self._say(f"connected to {self._address.netloc}")
            await self._talk(connection, connected)
        except BrokenError as broken:
            return broken
        except ConnectionClosed as closed:
            return self._closed(closed)
        except asyncio.CancelledError:
            await self._leave(connection, connected)
            raise
        finally:
            await connected.end()
            await connection.leave()

    async def _open(self) -> Watched:
        try:
            return await open_connection(self._address, self._tls, self._patience)
        except InvalidStatus as error:
            raise refused_with(self._address.netloc, error.response.status_code) from None
        except (OSError, WebSocketException) as error:
            raise unreachable(self._address.netloc, error) from None

    async def _greet(self, connection: Watched, token: str) -> None:
        await connection.send(dump(wire.ClientHello(token=token, role="worker")))
        try:
            async with asyncio.timeout(self._patience.open):
                said = _parsed(await connection.recv())
        except TimeoutError:
            raise BrokenError("hub-offline", f"{self._address.netloc} does not answer in time") from None
        match said:
            case wire.Hello():
                return
            case wire.Error(code="unauthorized", message=message):
                self._credentials.forget()
                raise BrokenError("unauthorized", message)
            case wire.Error(code=code, message=message):
                raise BrokenError(code, message, again_after(code))
            case _:
                raise BrokenError("hub-odd", f"{self._address.netloc} does not answer as a hub does")

    async def _talk(self, connection: Watched, connected: _Connected) -> NoReturn:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(connected.write(connection))
                tasks.create_task(self._beat(connected))
                while True:
                    heard = await connection.recv()
                    if isinstance(heard, bytes):
                        connected.hear(heard)
                    elif (message := _parsed(heard)) is not None:
                        connected.take(message)
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        raise AssertionError("none of them ends by itself")

    async def _beat(self, connected: _Connected) -> NoReturn:
        while True:
            connected.send(dump(wire.WorkerReady(lines=self._lines)))
            await asyncio.sleep(BEAT)

    async def _leave(self, connection: Watched, connected: _Connected) -> None:
        """Take no more lines, let those that are served end, and send what comes of that."""
        try:
            async with asyncio.timeout(_GOODBYE):
                connected.send(dump(wire.WorkerReady(lines=0)))
                await connected.end()
                await connected.flush(connection)
        except (TimeoutError, ConnectionClosed):
            pass

    def _closed(self, closed: ConnectionClosed) -> BrokenError:
        host = self._address.netloc
        if closed.rcvd is None:
            return BrokenError("hub-lost", f"the line to {host} broke")
        said = "".join(c for c in closed.rcvd.reason if c.isprintable())
        if closed.rcvd.code == VIOLATION:
            self._credentials.forget()
            return BrokenError(said or "violation", f"{host} closed the line: {said}", again_after(said))
        return BrokenError("hub-closed", f"{host} closed the line: {closed.rcvd.code} {said}".rstrip())

    def _say(self, said: str) -> None:
        if said != self._said:
            self._said = said
            self._tell(said)


def _parsed(text: str | bytes) -> wire.ToWorker | None:
    """The message, None where it is not one that this version knows."""
    try:
        return parse_to_worker(text) if isinstance(text, str) else None
    except ServerError:
        return None
