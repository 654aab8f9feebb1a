"""How the line to the hub stands, for the agent's page; and how long to wait between two tries."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LinkState(StrEnum):
    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"
    """The line is down, and tried again soon."""
    REFUSED = "refused"
    """The hub does not let this machine in; that is asked again now and then."""


@dataclass(frozen=True, slots=True)
class Link:
    """How the line to the hub stands, and `since` when; a line that is down is so since it broke.

    `waiting`: messages that the hub does not have yet. `dropped`: those that were given up here, `refused`: those that
    the hub would not take. `code` and `reason` say in one line why it is down; `trouble`, what the disk refused.
    """

    state: LinkState
    since: datetime
    waiting: int = 0
    dropped: int = 0
    refused: int = 0
    code: str = ""
    reason: str = ""
    trouble: str = ""


class Trouble:
    """Tells why nothing gets to the `hub`, once where it is away and once where it refuses; and when it does again.

    That it takes no event of some kind, or call, is told once.
    """

    def __init__(self, hub: str, tell: Callable[[str], None]) -> None:
        self._hub = hub
        self._tell = tell
        self._told: set[LinkState] = set()
        self._refused = False

    def hear(self, link: Link) -> None:
        """The line stands so now."""
        if link.refused and not self._refused:
            self._refused = True
            self._tell(f"{self._hub} does not take everything: what it refused stays on this computer alone")
        if link.state is LinkState.CONNECTED:
            if self._told:
                self._tell(f"calls are passed on to {self._hub} again")
            self._told.clear()
        elif link.state in {LinkState.WAITING, LinkState.REFUSED} and link.state not in self._told:
            self._told.add(link.state)
            self._tell(f"calls wait on this computer: {link.reason}")


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. `open`: for a connection to be made, and for each answer while it is. `ping`: between two signs of life.

    `silence`: without any from the hub, until the line is given up. `answer`: without an acknowledgement, until another
    connection is tried. `first` and `most`: the shortest and longest span out of which the pause between two tries is
    drawn, `rare`: that pause where the hub refused. `lasting`: how long a connection holds to count as a good one.
    """

    open: float = 5.0
    ping: float = 2.5
    silence: float = 8.0
    answer: float = 30.0
    first: float = 0.25
    most: float = 3.0
    rare: float = 60.0
    lasting: float = 10.0


class Backoff:
    """The pauses between tries: drawn from all of a span that doubles, so that many machines do not come back at once.

    `draw` gives a number between two others.
    """

    def __init__(self, patience: Patience, draw: Callable[[float, float], float] = random.uniform) -> None:
        self._patience = patience
        self._draw = draw
        self._span = patience.first

    def pause(self) -> float:
        """Seconds to wait before the next try."""
        pause = self._draw(0, self._span)
        self._span = min(2 * self._span, self._patience.most)
        return pause

    def rare(self) -> float:
        """Seconds to wait where the hub has refused; nothing is to be hoped for soon."""
        return self._draw(0.75 * self._patience.rare, 1.25 * self._patience.rare)

    def reset(self) -> None:
        """The line was good: begin anew."""
        self._span = self._patience.first
