"""Which agents can be reached, on whichever process of the hub their machines hang."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from pydantic import TypeAdapter

from voiceassist.floor.member import Member

BEAT = 2.0
"""Seconds after which each process says again who hangs on it."""
SILENT = 5.0
"""Seconds without a word after which a process is taken for dead, and its agents for away."""
LINGER = 3.0
"""Seconds that an agent counts as here after its line is gone: it comes back with a new token now and then."""

_MEMBERS: TypeAdapter[tuple[Member, ...]] = TypeAdapter(tuple[Member, ...])


class Presence:
    """What the process `own` and the others say of their agents; `clock` counts seconds and never goes back."""

    def __init__(self, own: str, clock: Callable[[], float]) -> None:
        self._own = own
        self._clock = clock
        self._here: Counter[Member] = Counter()
        self._left: dict[Member, float] = {}
        self._others: dict[str, tuple[float, frozenset[Member]]] = {}

    def arrive(self, member: Member) -> None:
        """An agent's machine hangs on this process; one may do so twice, while its old line is not yet known dead."""
        self._here[member] += 1

    def leave(self, member: Member) -> None:
        """One line of an agent's machine is gone."""
        self._here[member] -= 1
        if self._here[member] <= 0:
            del self._here[member]
            self._left[member] = self._clock()

    def said(self) -> str:
        """What this process tells the others."""
        return _MEMBERS.dump_json(tuple(self._own_members())).decode()

    def receive(self, origin: str, text: str) -> None:
        """What a process said."""
        if origin != self._own:
            self._others[origin] = (self._clock(), frozenset(_MEMBERS.validate_json(text)))

    def members(self) -> set[Member]:
        """All who can be reached."""
        now = self._clock()
        self._others = {origin: said for origin, said in self._others.items() if now - said[0] < SILENT}
        return self._own_members().union(*(members for _, members in self._others.values()))

    def _own_members(self) -> set[Member]:
        now = self._clock()
        self._left = {member: at for member, at in self._left.items() if now - at < LINGER}
        return {*self._here, *self._left}
