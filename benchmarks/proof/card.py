"""What a card of the wall must show after each message of an agent: reckoned here, past the program that is tried."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from benchmarks.proof.script import Message

_UNSETTLED = {"open", "nudged"}
_MENDED = {"repaired", "recovered", "withdrawn"}


@dataclass(frozen=True, slots=True)
class Face:
    """What stands on a card, without its times."""

    state: str = "ready"
    call: str | None = None
    moment: str | None = None
    moment_state: str | None = None
    quote: str | None = None
    nudge: str | None = None
    why: str | None = None
    noes: int = 0
    unrepaired: int = 0


def face(card: dict[str, Any]) -> Face:
    """What a card shows that a board was told."""
    moment, nudge = card["moment"] or {}, card["nudge"] or {}
    return Face(
        card["state"],
        card["call"],
        moment.get("id"),
        moment.get("state"),
        moment.get("quote"),
        nudge.get("text"),
        nudge.get("why"),
        card["noes"],
        card["unrepaired"],
    )


@dataclass(slots=True)
class Reckoned:
    """One agent's faces in the order in which they were sent, with the second from which on each was true."""

    past: deque[tuple[float, Face]] = field(default_factory=lambda: deque([(0.0, Face())], maxlen=400))
    call: str | None = None
    deaf: bool = False
    moments: dict[str, Message] = field(default_factory=dict[str, Message])
    nudge: Message | None = None
    why: str | None = None

    def send(self, message: Message, now: float) -> None:
        """The agent published this."""
        match message["type"]:
            case "call_started":
                self.call, self.nudge, self.why = message["call"], None, None
                self.moments.clear()
            case "call_ended":
                self.call, self.nudge, self.why = None, None, None
                self.moments.clear()
            case "audio" if message["channel"] == "agent":
                self.deaf = message["state"] == "silent"
            case "moment":
                self.moments[message["id"]] = message
            case "nudge":
                self.nudge, self.why = message, None
            case "nudge_cleared" if self.nudge is not None and message["id"] == self.nudge["id"]:
                self.why = message["why"]
            case _:
                return
        shown = self._face()
        if shown != self.past[-1][1]:
            self.past.append((now, shown))

    def cut_off(self, now: float) -> None:
        """The agent's machine died: nothing more comes of its call."""
        self.past.append((now, self.past[-1][1]))

    def was(self, shown: Face, since: float) -> bool:
        """Whether an agent's card could be like this at some time from `since` on."""
        until = float("inf")
        for began, then in reversed(self.past):
            if until < since:
                return False
            if shown == then:
                return True
            until = began
        return False

    def _face(self) -> Face:
        open_ = [m for m in self.moments.values() if m["state"] in _UNSETTLED]
        newest: Message = open_[-1] if open_ else {}
        return Face(
            state="unheard" if self.deaf else "ready" if self.call is None else "on",
            call=self.call,
            moment=newest.get("id"),
            moment_state=newest.get("state"),
            quote=newest.get("quote"),
            nudge=None if self.nudge is None else self.nudge["text"],
            why=self.why,
            noes=sum(m["state"] != "withdrawn" for m in self.moments.values()),
            unrepaired=sum(m["state"] not in _MENDED and m["state"] != "open" for m in self.moments.values()),
        )
