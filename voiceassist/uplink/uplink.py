"""One machine's line to a hub: what goes there is numbered and put into the outbox, and the publisher brings it."""

from __future__ import annotations

from voiceassist.server import messages as wire
from voiceassist.uplink.outbox import Outbox
from voiceassist.uplink.sending import fitting, leaves

_CALLS = 50
"""Calls whose numbers are remembered: thumbs may come after the end."""


class Uplink:
    """Takes every message of the calls as it is published, and every answer to a nudge; `words`: also what was said.

    What goes to the hub has numbers of its own, so that a thumb given after a call is an event of it like any other.
    """

    def __init__(self, outbox: Outbox, *, words: bool) -> None:
        self._outbox = outbox
        self._words = words
        self._numbers: dict[str, int] = {}

    def take(self, message: wire.CallEvent | wire.Command) -> None:
        """Send it, if it is for the hub. Never waits."""
        match message:
            case wire.Feedback(id=nudge, helpful=helpful):
                call = nudge.rpartition("-n")[0]
                if call in self._numbers:
                    self._send(wire.Thumb(call=call, seq=0, id=nudge, helpful=helpful), call)
            case wire.Outgoing(call=str(call)) if leaves(message, words=self._words):
                self._send(message, call)
            case _:
                pass

    def _send(self, message: wire.CallEvent, call: str) -> None:
        number = self._numbers.pop(call, 0) + 1
        self._numbers[call] = number
        if len(self._numbers) > _CALLS:
            del self._numbers[next(iter(self._numbers))]
        text = fitting(message.model_copy(update={"seq": number}))
        if text is not None:
            self._outbox.put(call, number, text)
