"""Who hears what: a message is serialised once, logged for those who come back, and queued for each client."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from voiceassist.errors import ServerError
from voiceassist.server import messages as wire
from voiceassist.server.callstate import CallState
from voiceassist.server.client import Client
from voiceassist.server.codec import dump

LOG = 4_000
"""Messages kept for those who come back: some ten minutes of lively talk."""
CLIENTS = 64
CALLS = 50
_GIVEN = 190
"""Characters of an id that a program gave that are left where it gets a part of its own: an id has 200 at most."""

_HEARD_BY: dict[wire.Role, frozenset[str]] = {
    "agent": frozenset(
        {
            *("call_started", "transcript", "moment", "nudge", "nudge_cleared", "praise", "audio", "whisper"),
            *("mark", "kind_muted", "watched", "hub"),
            *("call_ended", "error"),
        },
    ),
    "supervisor": frozenset({"call_started", "moment", "nudge", "nudge_cleared", "alert", "call_ended"}),
    "admin": frozenset(),
    "worker": frozenset(),
}


@dataclass(frozen=True, slots=True)
class _Logged:
    number: int
    kind: str
    text: str


class Hub:
    """Fans messages out to clients and hands their commands on.

    `on_command` is called with each command of an agent; a `VoiceassistError` that it raises is told to that client.
    `clock` counts seconds and never goes back. Where its calls go on to a hub of many agents they are told `apart`: the
    id that a program gives to one may be that of another there, as in a transfer, and so gets a part of its own. All is
    done within one event loop, and nothing here waits.
    """

    def __init__(
        self,
        on_command: Callable[[wire.Command], None],
        clock: Callable[[], float] = time.monotonic,
        *,
        apart: bool = False,
    ) -> None:
        self._on_command = on_command
        self._clock = clock
        self._epoch = secrets.token_hex(4)
        self._number = 0
        self._log: deque[_Logged] = deque(maxlen=LOG)
        self._clients: set[Client] = set()
        self.joined = asyncio.Event()
        """Set once somebody has joined."""
        self._calls: dict[str, CallState] = {}
        self._newest: CallState | None = None
        self._apart = apart
        self._given = self._own = ""
        """The id that a program gave to the call it began last, and the one that it got."""
        self._heard_at = 0.0
        self._audio: dict[wire.core.Channel, wire.Audio] = {}
        self._paused = False
        self._line: wire.HubLink | None = None
        self._snooze = _Snooze()

    # --- out ----------------------------------------------------------------------------------------------------------

    def publish(self, message: wire.CallEvent) -> None:
        """Tell everybody who may hear it. Never waits: who cannot keep up is dropped."""
        self._number += 1
        message = message.model_copy(update={"cursor": self._cursor(self._number)})
        self._fold(message)
        logged = _Logged(self._number, message.type, dump(message))
        self._log.append(logged)
        for client in tuple(self._clients):
            if logged.kind in _HEARD_BY[client.role]:
                client.tell(logged.text)
                if client.closed is not None:
                    self._clients.discard(client)

    def join(self, role: wire.Role, cursor: str | None = None) -> Client:
        """A new client that hears everything from now on, and first what it missed.

        That is every message after `cursor`, or a snapshot where the cursor is none of ours or too old. Raises
        `ServerError` when there are too many clients.
        """
        if len(self._clients) >= CLIENTS:
            raise ServerError("too many clients: close a page or a program that is not needed", code="full")
        seen = self._seen(cursor)
        if seen is None:
            missed = [dump(self.snapshot(role))]
        else:
            missed = [past.text for past in self._log if past.number > seen and past.kind in _HEARD_BY[role]]
        client = Client(role, resumed=seen is not None, missed=missed)
        self._clients.add(client)
        self.joined.set()
        return client

    def leave(self, client: Client) -> None:
        """Forget a client. Safe to call twice."""
        self._clients.discard(client)

    @property
    def clients(self) -> int:
        return len(self._clients)

    # --- state --------------------------------------------------------------------------------------------------------

    @property
    def live(self) -> str | None:
        """The id of the call that is on."""
        return self._newest.call if self._newest is not None and self._newest.live else None

    @property
    def paused(self) -> bool:
        """Whether the agent is not heard now, as was wished."""
        return self._paused

    @property
    def calls(self) -> tuple[CallState, ...]:
        """The latest calls, oldest first."""
        return tuple(self._calls.values())

    def snapshot(self, role: wire.Role, call: str | None = None) -> wire.Snapshot:
        """What `role` may know of `call`, or of the newest one. Raises `ServerError` when there is no such call."""
        state = self._newest if call is None else self._call(call)
        cursor, now = self._cursor(self._number), self._clock()
        if state is None:
            shot = wire.Snapshot()
        elif state is self._newest and state.live:
            shot = state.snapshot(role, at=round(state.at + now - self._heard_at, 3))
        else:
            shot = state.snapshot(role, at=state.at)
        until = self._snooze.left(self.live, now)
        audio, customer = (self._audio.get(channel) for channel in wire.core.Channel)
        return shot.model_copy(
            update={
                "cursor": cursor,
                "audio": audio and audio.state,
                "customer_audio": customer and customer.state,
                "device": audio.device if audio else "",
                "paused": self._paused,
                "hub": self._line if role == "agent" else None,
                "snoozed": until is not None,
                "snoozed_until": round(shot.at + until, 3) if until else None,
            },
        )

    def _fold(self, message: wire.CallEvent) -> None:
        if isinstance(message, wire.Audio):
            self._audio[message.channel] = message
            if message.channel is wire.core.Channel.AGENT and message.state is not wire.core.AudioState.LOST:
                self._paused = message.state is wire.core.AudioState.PAUSED
        if isinstance(message, wire.HubLink):
            self._line = message
        if message.call is None:
            return
        state = self._calls.get(message.call)
        if state is None:
            state = self._calls[message.call] = self._newest = CallState(message.call, datetime.now(UTC))
            if len(self._calls) > CALLS:
                del self._calls[next(iter(self._calls))]
        state.receive(message)
        if state is self._newest:
            self._heard_at = self._clock()

    def _call(self, call: str) -> CallState:
        try:
            return self._calls[self._named(call)]
        except KeyError:
            raise ServerError("there is no such call", code="unknown-call") from None

    def _named(self, call: str) -> str:
        """The id of the call that a program may know by the one that it gave."""
        return self._own if call == self._given else call

    def _cursor(self, number: int) -> str:
        return f"{self._epoch}-{number}"

    def _seen(self, cursor: str | None) -> int | None:
        """The number of the last message seen, None where the messages after it are not all known."""
        epoch, _, digits = (cursor or "").partition("-")
        if epoch != self._epoch or not (digits.isascii() and digits.isdigit()):
            return None
        number = int(digits[:18])
        oldest = self._log[0].number if self._log else self._number + 1
        return number if oldest - 1 <= number <= self._number else None

    # --- in -----------------------------------------------------------------------------------------------------------

    def command(self, command: wire.Command) -> wire.Command:
        """Hand an agent's command on, and tell it as it is meant: a call that begins may get another id than was given.

        Raises `ServerError` when it cannot be meant, and what `on_command` raises.
        """
        match command:
            case wire.CallStart() if self.live is not None:
                raise ServerError("a call is on: end it first", code="call-live")
            case wire.CallEnd() if self.live is None:
                raise ServerError("no call is on", code="no-call")
            case wire.CallEnd(call=str(call)) if self._named(call) != self.live:
                raise ServerError("that call is not on", code="unknown-call")
            case wire.CallStart(call=str(given)) if self._apart:
                own = f"{given[:_GIVEN]}-{secrets.token_hex(4)}"
                command = command.model_copy(update={"call": own})
                self._on_command(command)
                self._given, self._own = given, own
            case _:
                self._on_command(command)
        if isinstance(command, wire.Snooze):
            self._snooze = _Snooze.begin(command.for_, self.live, self._clock())
        return command


@dataclass(frozen=True, slots=True)
class _Snooze:
    """Until when nudges are snoozed: a time of the hub's clock, the end of a call, or the end of a day."""

    until: float = 0.0
    call: str | None = None
    day: date | None = None

    @classmethod
    def begin(cls, for_: wire.SnoozeFor, live: str | None, now: float) -> _Snooze:
        match for_:
            case "call":
                return cls(call=live)
            case "today":
                return cls(day=_today())
            case _:
                return cls(until=now + for_)

    def left(self, live: str | None, now: float) -> float | None:
        """The seconds left, 0.0 for an end that is no time, None where nothing is snoozed."""
        if self.until > now:
            return self.until - now
        lasting = (self.call is not None and self.call == live) or self.day == _today()
        return 0.0 if lasting else None


def _today() -> date:
    return datetime.now().astimezone().date()
