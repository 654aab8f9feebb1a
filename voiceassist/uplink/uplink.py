"""What an agent's machine tells a hub: its calls, and the agent's answers to nudges, numbered in one row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from voiceassist.server import messages as wire
from voiceassist.uplink.sending import Sending

_CALLS = 50
"""Calls whose numbers are remembered: thumbs may come after the end."""


def _now() -> datetime:
    return datetime.now(UTC)


class Uplink:
    """Takes every message of the calls, and every answer to a nudge, and sends what is for the hub.

    The hub, which may hear of a call later, is told when it began and what recognises its words (`transcriber`).
    There events have numbers of their own: a thumb, which no call tells of, is then an event like any other.
    """

    def __init__(self, sending: Sending, *, transcriber: str = "", now: Callable[[], datetime] = _now) -> None:
        self._sending = sending
        self._transcriber = transcriber
        self._now = now
        self._numbers: dict[str, int] = {}

    def take(self, message: wire.CallEvent | wire.Command) -> None:
        """Send it, if it is for the hub. Never waits."""
        match message:
            case wire.Feedback(id=nudge, helpful=helpful):
                call = nudge.rpartition("-n")[0]
                if call in self._numbers:
                    self._send(wire.Thumb(id=nudge, helpful=helpful), call)
            case wire.CallStarted(call=str(call)):
                said = {"started_at": self._now(), "transcriber": self._transcriber}
                self._send(message.model_copy(update=said), call)
            case wire.Outgoing(call=str(call), seq=int()):
                self._send(message, call)
            case _:
                pass

    def _send(self, message: wire.CallEvent, call: str) -> None:
        number = self._numbers.pop(call, 0) + 1
        self._numbers[call] = number
        if len(self._numbers) > _CALLS:
            del self._numbers[next(iter(self._numbers))]
        self._sending.take(message.model_copy(update={"call": call, "seq": number}))
