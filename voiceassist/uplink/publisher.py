"""Publishes what waits in the outbox: one connection after the other, for as long as the program runs."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import NoReturn, Protocol

from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from voiceassist.errors import HubError, ServerError
from voiceassist.server import messages as wire
from voiceassist.server.codec import dump, parse_outgoing
from voiceassist.uplink.address import HubAddress
from voiceassist.uplink.client import unreachable
from voiceassist.uplink.connection import Watched, open_connection
from voiceassist.uplink.ending import NEVER, UNREAD, VIOLATION, Again, BrokenError, again_after, refused_with
from voiceassist.uplink.file import Entry
from voiceassist.uplink.link import Backoff, Link, LinkState, Patience
from voiceassist.uplink.outbox import Outbox
from voiceassist.uplink.window import Window


class Credentials(Protocol):
    """What lets this machine in."""

    async def token(self) -> str:
        """The token of a session that is good for a while. Raises HubError."""
        ...

    def forget(self) -> None:
        """The hub did not take the token."""
        ...


class Publisher:
    """Brings the outbox to the hub: `run` it once. Each message goes in order, again until it is acknowledged.

    `hear` is told what the hub says, save its acknowledgements; `state`, how the line stands whenever that changes.
    Both are called in the event loop. `draw` gives a number between two others.
    """

    def __init__(  # noqa: PLR0913 - where to, what, and who is told
        self,
        address: HubAddress,
        credentials: Credentials,
        outbox: Outbox,
        hear: Callable[[wire.FromServer], None],
        state: Callable[[Link], None],
        *,
        tls: ssl.SSLContext | None = None,
        patience: Patience = Patience(),  # noqa: B008 - it does not change
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._address = address
        self._credentials = credentials
        self._outbox = outbox
        self._hear = hear
        self._state = state
        self._tls = tls
        self._patience = patience
        self._backoff = Backoff(patience, draw)
        self._window = Window()
        self._work = asyncio.Event()
        self._answer = asyncio.timeout(None)
        self._token = ""
        self._welcome_at: float | None = None
        self._last_error: wire.Error | None = None
        self._refused = 0
        self._link = Link(LinkState.CONNECTING, _now())

    @property
    def link(self) -> Link:
        """How the line stands now."""
        return Link(
            self._link.state,
            self._link.since,
            waiting=self._outbox.waiting,
            dropped=self._outbox.dropped,
            refused=self._refused,
            code=self._link.code,
            reason=self._link.reason,
            trouble="" if self._outbox.trouble is None else str(self._outbox.trouble),
        )

    async def run(self) -> None:
        """Publish until cancelled."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody is left to wake
                loop.call_soon_threadsafe(self._work.set)

        self._outbox.on_change(wake)
        try:
            self._say(LinkState.CONNECTING)
            while True:  # noqa: ASYNC110 - a pause between tries; nothing is waited for
                await asyncio.sleep(await self._try())
        finally:
            self._outbox.on_change(None)

    async def _try(self) -> float:
        """One connection, from its making to its end; returns how many seconds to wait for the next."""
        self._welcome_at = self._last_error = None
        # A task of its own: a connection that breaks at the moment in which this one is cancelled would else hide that.
        broken = await asyncio.create_task(self._connect())
        own = asyncio.current_task()
        if own is not None and own.cancelling():
            raise asyncio.CancelledError
        lasted = self._welcome_at is not None and _time() - self._welcome_at >= self._patience.lasting
        if lasted:
            self._backoff.reset()
        if broken.again is Again.NOW and (lasted or self._welcome_at is None):
            return 0
        if broken.again is Again.RARELY:
            self._say(LinkState.REFUSED, broken.code, str(broken))
            return self._backoff.rare()
        self._say(LinkState.WAITING, broken.code, str(broken))
        return self._backoff.pause()

    # --- one connection -----------------------------------------------------------------------------------------------

    async def _connect(self) -> BrokenError:
        """Make a connection and publish over it, until it is over; tells why."""
        try:
            token = await self._credentials.token()
            connection = await self._open()
        except HubError as error:
            return BrokenError(error.code, str(error), again_after(error.code))
        try:
            await self._greet(connection, token)
            await self._talk(connection)
        except BrokenError as broken:
            connection.transport.abort()
            return broken
        except ConnectionClosed as closed:
            return self._closed(closed, silent=connection.went_silent)
        finally:
            await connection.leave()

    async def _open(self) -> Watched:
        """A connection that nothing was said over. Raises HubError."""
        try:
            return await open_connection(self._address, self._tls, self._patience)
        except InvalidStatus as error:
            raise refused_with(self._address.netloc, error.response.status_code) from None
        except (OSError, WebSocketException) as error:
            raise unreachable(self._address.netloc, error) from None

    async def _greet(self, connection: Watched, token: str) -> None:
        """Say hello, and hear who the hub is. Raises ConnectionClosed and BrokenError."""
        known, self._token = token == self._token, token
        await connection.send(dump(wire.ClientHello(token=token, role="agent")))
        try:
            async with asyncio.timeout(self._patience.open):
                text = await connection.recv()
        except TimeoutError:
            raise BrokenError("hub-offline", f"{self._address.netloc} does not answer in time") from None
        match _parsed(text):
            case wire.Hello() as hello:
                self._welcome_at = _time()
                self._hear(hello)
                self._say(LinkState.CONNECTED)
            case wire.Error(code="unauthorized") as error:
                # A token that was good before may be over; where a new one is not good either, nothing else will help.
                self._credentials.forget()
                self._token = ""
                raise BrokenError(error.code, error.message, Again.NOW if known else Again.RARELY)
            case wire.Error() as error:
                raise BrokenError(error.code, error.message, again_after(error.code))
            case _:
                raise BrokenError("hub-odd", f"{self._address.netloc} does not answer as a hub does")

    async def _talk(self, connection: Watched) -> NoReturn:
        """Send what waits and take what comes. Raises ConnectionClosed and BrokenError."""
        self._window.begin()
        self._answer = asyncio.timeout(None)
        try:
            async with self._answer, asyncio.TaskGroup() as tasks:
                tasks.create_task(self._send(connection))
                tasks.create_task(self._receive(connection))
        except TimeoutError:
            raise BrokenError("no-answer", f"{self._address.netloc} acknowledges nothing") from None
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        raise AssertionError("neither of them ends by itself")

    async def _send(self, connection: Watched) -> None:
        while True:
            self._work.clear()
            room = self._window.room
            entries = await asyncio.wrap_future(self._outbox.after(self._window.position, room)) if room > 0 else []
            for entry in entries:
                first = self._window.oldest is None
                self._window.sent(entry)
                if first:
                    self._expect_answer()
                await connection.send(f'{{"type":"publish","message":{entry.text}}}')
            if not entries:
                await self._work.wait()

    async def _receive(self, connection: Watched) -> None:
        while True:
            match _parsed(await connection.recv()):
                case wire.Acked(call=str(call), seq=int(seq)):
                    self._take_ack(call, seq)
                case None | wire.Acked():  # of a newer version, perhaps: nothing that must be understood
                    continue
                case wire.Error() as error:
                    self._hear(error)
                    self._take_refusal(error)
                case message:
                    self._hear(message)

    # --- answers ------------------------------------------------------------------------------------------------------

    def _take_ack(self, call: str, seq: int) -> None:
        before = self._window.oldest
        done = self._window.acked(call, seq)
        if done is not None:
            self._outbox.acked(call, done)
        if self._window.oldest is not before:
            self._expect_answer()
        self._work.set()

    def _take_refusal(self, message: wire.Error) -> None:
        """A message that the hub will never take is given up, so that those behind it are not held up."""
        self._last_error = message
        if message.code not in NEVER:
            return
        entry = self._window.refused(message.call, message.seq)
        if entry is not None:
            self._give_up(entry)
            self._expect_answer()
            self._work.set()
        elif message.seq is None and self._window.oldest is not None:
            raise BrokenError(message.code, "the hub does not take a message, and does not say which")

    def _give_up(self, entry: Entry) -> None:
        self._outbox.refuse(entry)
        self._refused += 1
        self._state(self.link)

    def _expect_answer(self) -> None:
        """Give the hub its time for the oldest message under way."""
        if not self._answer.expired():
            self._answer.reschedule(None if self._window.oldest is None else _time() + self._patience.answer)

    def _closed(self, closed: ConnectionClosed, *, silent: bool) -> BrokenError:
        """Why the connection was closed, and when to try again."""
        host = self._address.netloc
        if silent:
            return BrokenError("hub-silent", f"nothing comes from {host} any more")
        if closed.rcvd is None:
            return BrokenError("hub-lost", f"the line to {host} broke")
        code, said = closed.rcvd.code, "".join(c for c in closed.rcvd.reason if c.isprintable())
        last = self._last_error if self._last_error is not None and self._last_error.code == said else None
        if code in UNREAD and last is None:
            entry = self._window.refused(None, None)
            if entry is not None:
                self._give_up(entry)
        if code != VIOLATION:
            return BrokenError("hub-closed", f"{host} closed the line: {code} {said}".rstrip())
        self._credentials.forget()
        reason = f"{host} closed the line: {said}" if last is None else last.message
        return BrokenError(said or "violation", reason, again_after(said))

    def _say(self, state: LinkState, code: str = "", reason: str = "") -> None:
        before, up = self._link, state is LinkState.CONNECTED
        if up and before.state is state:  # it came back at once: nobody noticed
            return
        since = _now() if up or before.state is LinkState.CONNECTED else before.since
        self._link = Link(state, since, code=code, reason=reason)
        self._state(self.link)


def _parsed(text: str | bytes) -> wire.FromServer | None:
    """The message, None where it is not one that this version knows."""
    try:
        return parse_outgoing(text) if isinstance(text, str) else None
    except ServerError:
        return None


def _now() -> datetime:
    return datetime.now(UTC)


def _time() -> float:
    return asyncio.get_running_loop().time()
