"""Who reads along with which call, on whichever process of the hub their boards hang."""

from __future__ import annotations

from voiceassist.server import messages as wire


class Watching:
    """Puts together what each process says of its own supervisors."""

    def __init__(self) -> None:
        self._by: dict[str, dict[str, tuple[str, ...]]] = {}

    def receive(self, origin: str, said: wire.Watched) -> wire.Watched:
        """What a process said of a call; tells what holds of it now."""
        call = said.call or ""
        of_call = self._by.setdefault(call, {})
        if said.by:
            of_call[origin] = said.by
        else:
            of_call.pop(origin, None)
        if not of_call:
            del self._by[call]
        return said.model_copy(update={"by": tuple(sorted({name for names in of_call.values() for name in names}))})
