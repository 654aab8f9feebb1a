"""What an agent's pages show of a call, and what is pressed on them: fanned out here, whoever serves the pages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Protocol

from voiceassist.core.session import CallSession
from voiceassist.errors import ServerError
from voiceassist.metrics import Metrics, Stage
from voiceassist.server import messages as wire
from voiceassist.server.hub import Hub

_UNPAINTED = 32
"""Cues and nudges whose painting is waited for: a page that is hidden never paints."""


class Buttons(Protocol):
    """What the page's buttons act on: a call, or a line on which calls come and go."""

    def stop(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def command(self, act: Callable[[CallSession], None]) -> None: ...


class Panel:
    """Calls publish to its hub, which fans out, and hear what is pressed while they are `showing`.

    `apart`: they are passed on, and get ids that no other call has.
    """

    def __init__(self, metrics: Metrics | None = None, *, apart: bool = False) -> None:
        self.hub = Hub(self._command, apart=apart)
        self._shown: Buttons | None = None
        self._start: Callable[[str | None], None] = _no_start
        self._note: Callable[[wire.Command], None] = _no_note
        self._snoozed_on: date | None = None
        self._metrics = metrics or Metrics()
        self._unpainted: dict[str, float] = {}

    @property
    def paused(self) -> bool:
        """Whether what it shows hears nothing now, at the agent's wish."""
        return self.hub.paused

    def publish(self, message: wire.CallEvent) -> None:
        """Tell everybody who may hear it."""
        with self._metrics.timing(Stage.SEND):
            self.hub.publish(message)
        if isinstance(message, wire.Nudge | wire.Moment):
            while len(self._unpainted) >= _UNPAINTED:
                del self._unpainted[next(iter(self._unpainted))]
            self._unpainted.setdefault(message.id, time.monotonic())

    @contextmanager
    def showing(
        self,
        shown: Buttons,
        start: Callable[[str | None], None] | None = None,
        note: Callable[[wire.Command], None] | None = None,
    ) -> Generator[None]:
        """The page's buttons act on `shown` meanwhile; `start` begins a call, of the given id if there is one.

        `note` keeps what was pressed.
        """
        self._shown, self._start, self._note = shown, start or _no_start, note or _no_note
        try:
            yield
        finally:
            self._shown, self._start, self._note = None, _no_start, _no_note

    def admit(self, call: Buttons) -> None:
        """A call begins: what was asked for the whole day holds for it too."""
        if self._snoozed_on == _today():
            call.command(lambda session: session.snooze(None))

    async def call_asked_for(self) -> str | None:
        """Wait until the page or a program asks for a call; tells the id that it is to have, if any."""
        asked: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

        def start(call: str | None) -> None:
            if not asked.done():
                asked.set_result(call)

        self._start = start
        try:
            return await asked
        finally:
            self._start = _no_start

    def _command(self, command: wire.Command) -> None:
        self._note(command)
        match command:
            case wire.CallStart(call=call):
                self._start(call)
            case wire.Snooze(for_=duration):
                self._snoozed_on = _today() if duration == "today" else None
                span = float(duration) if isinstance(duration, int | float) else None
                self._act(lambda session: session.snooze(span))
            case wire.Dismiss(id=nudge):
                self._act(lambda session: session.dismiss(nudge))
            case wire.Feedback(id=nudge, helpful=helpful):
                self._act(lambda session: session.vote(nudge, helpful=helpful))
            case wire.Pause() if self._shown is not None:
                self._shown.pause()
            case wire.Resume() if self._shown is not None:
                self._shown.resume()
            case wire.CallEnd() if self._shown is not None:
                self._shown.stop()
            case wire.Painted(id=shown):
                if (since := self._unpainted.pop(shown, None)) is not None:
                    self._metrics.observe(Stage.PAINT, time.monotonic() - since)
            case _:
                pass

    def _act(self, act: Callable[[CallSession], None]) -> None:
        if self._shown is not None:
            self._shown.command(act)


def _no_start(_call: str | None) -> None:
    raise ServerError("no call can be started now: this one comes from a file", code="not-served")


def _no_note(_command: wire.Command) -> None:
    """Nothing is kept."""


def _today() -> date:
    return datetime.now().astimezone().date()
