"""Who reads along with which call, on whichever process of the hub their boards hang."""

from __future__ import annotations

from collections.abc import Callable, Collection

from voiceassist.floor.presence import SILENT
from voiceassist.server import messages as wire


class Watching:
    """Puts together what each process says of its own supervisors; `clock` counts seconds and never goes back.

    Each process says it again and again: what another one says no more is over. `own` is this process.
    """

    def __init__(self, own: str, clock: Callable[[], float]) -> None:
        self._own = own
        self._clock = clock
        self._by: dict[str, dict[str, tuple[float, tuple[str, ...]]]] = {}
        """Of each call, what each process said, and when."""

    def of(self, call: str) -> wire.Watched:
        """Who reads along with this call."""
        names = {name for _, names in self._by.get(call, {}).values() for name in names}
        return wire.Watched(call=call, by=tuple(sorted(names)))

    def receive(self, origin: str, said: wire.Watched) -> wire.Watched | None:
        """What a process said of a call; tells what holds of it now, None where that is as before."""
        call = said.call or ""
        before = self.of(call)
        self._by.setdefault(call, {})[origin] = self._clock(), said.by
        if not said.by:
            self._drop(call, origin)
        return None if self.of(call) == before else self.of(call)

    def silent(self, here: Collection[str]) -> tuple[wire.Watched, ...]:
        """Forget what is over without a word: what others say no more, and of this process all but the calls `here`.

        Tells what holds of these calls now.
        """
        now = self._clock()
        gone = [
            (call, origin)
            for call, of_call in self._by.items()
            for origin, (at, _) in of_call.items()
            if (call not in here if origin == self._own else now - at >= SILENT)
        ]
        before = {call: self.of(call) for call, _ in gone}
        for call, origin in gone:
            self._drop(call, origin)
        return tuple(self.of(call) for call, was in before.items() if self.of(call) != was)

    def _drop(self, call: str, origin: str) -> None:
        del self._by[call][origin]
        if not self._by[call]:
            del self._by[call]
