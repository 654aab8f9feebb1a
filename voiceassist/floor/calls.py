"""The calls of the floor: whose they are, how far each was heard, and what one who opens a call must know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from voiceassist.errors import ServerError
from voiceassist.floor.member import Member
from voiceassist.server import messages as wire
from voiceassist.server.callstate import CallState

ENDED = 200
"""Calls that are over, or that their agents have left for another one, and are still remembered."""
OWN = 20
"""How many of them may be one agent's: nobody pushes out those of others."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the store knows of a live call: its last event's number, and the messages that tell how it stands."""

    call: str
    member: Member
    seq: int
    began: datetime
    messages: tuple[wire.CallEvent, ...]


class _Call:
    def __init__(self, id_: str, member: Member, began: datetime) -> None:
        self.member = member
        self.seq = 0
        self.state = CallState(id_, began)


class Calls:
    """Folds each call's messages once: what is not above a call's last number is known."""

    def __init__(self) -> None:
        self._calls: dict[str, _Call] = {}

    def remember(self, known: Remembered) -> None:
        """A call as the store knows it."""
        call = self._add(known.call, known.member, known.began)
        for message in known.messages:
            call.state.receive(message)
        call.seq = known.seq

    def receive(self, member: Member, message: wire.CallEvent, now: datetime) -> bool:
        """Take in a message; tells whether it was news."""
        assert message.call is not None
        assert message.seq is not None
        call = self._calls.get(message.call)
        if call is None:
            if isinstance(message, wire.Thumb):  # it may come long after its call, and begins none
                return False
            call = self._add(message.call, member, now - timedelta(seconds=message.at))
        if message.seq <= call.seq:
            return False
        call.seq = message.seq
        call.state.receive(message)
        if not call.state.live:
            call.state.forget_words()
        return True

    def change(self, alert: wire.Alert) -> None:
        """Something was done about an alert."""
        if alert.call in self._calls:
            self._calls[alert.call].state.receive(alert)

    def knows(self, call: str) -> bool:
        """Whether the call is remembered."""
        return call in self._calls

    def on(self, user: str) -> str | None:
        """The newest call of the agent that has not ended."""
        calls = reversed(self._calls.items())
        return next((id_ for id_, call in calls if call.member.user == user and call.state.live), None)

    def over(self, call: str) -> bool:
        """Whether the call is known, and has ended."""
        return call in self._calls and not self._calls[call].state.live

    def member(self, call: str) -> Member:
        """Whose call it is. Raises `ServerError` (`unknown-call`)."""
        return self._find(call).member

    def snapshot(self, call: str) -> wire.Snapshot:
        """What a supervisor who opens the call must know of it. Raises `ServerError` (`unknown-call`)."""
        state = self._find(call).state
        return state.snapshot("supervisor", state.at, words=True)

    @property
    def ids(self) -> Collection[str]:
        """The calls that are remembered."""
        return self._calls.keys()

    def forget(self, id_: str) -> None:
        """Forget a call."""
        self._calls.pop(id_, None)

    def forget_words(self, gone: Callable[[str], bool]) -> None:
        """Forget what was said in the calls of agents who are gone."""
        for call in self._calls.values():
            if gone(call.member.user):
                call.state.forget_words()

    def _find(self, call: str) -> _Call:
        try:
            return self._calls[call]
        except KeyError:
            raise ServerError("there is no such call", code="unknown-call") from None

    def _add(self, id_: str, member: Member, began: datetime) -> _Call:
        call = self._calls[id_] = _Call(id_, member, began)
        self._forget_oldest()
        return call

    def _forget_oldest(self) -> None:
        """Of calls that are over, or were left for another one, the words go at once, and the oldest wholly."""
        on = {call.member.user: id_ for id_, call in self._calls.items() if call.state.live}
        over = [id_ for id_, call in self._calls.items() if on.get(call.member.user) != id_]
        own: Counter[str] = Counter()
        for place, id_ in enumerate(reversed(over)):
            self._calls[id_].state.forget_words()
            user = self._calls[id_].member.user
            own[user] += 1
            if own[user] > OWN or place >= ENDED:
                del self._calls[id_]
