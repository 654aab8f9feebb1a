"""Which messages are under way to the hub, and what an answer means for them. Nothing here waits or sends."""

from __future__ import annotations

from collections import deque

from voiceassist.uplink.file import Entry

SIZE = 256
"""Messages that may be under way at once."""


class Window:
    """The messages sent and not yet acknowledged, oldest first. `begin` it for every connection.

    `position` is the place of the last message sent: what follows it is next. Where a message was refused and the hub
    did not say which, those that were under way are sent again one at a time, until the bad one is found.
    """

    def __init__(self, size: int = SIZE) -> None:
        self.position = 0
        self._size = size
        self._under_way: deque[Entry] = deque()
        self._sent: dict[str, int] = {}
        self._one_at_a_time_to = 0

    @property
    def room(self) -> int:
        """How many more messages may be sent now."""
        first = self._under_way[0].position if self._under_way else self.position + 1
        return (1 if first <= self._one_at_a_time_to else self._size) - len(self._under_way)

    @property
    def oldest(self) -> Entry | None:
        """The message that has waited longest for its acknowledgement."""
        return self._under_way[0] if self._under_way else None

    def begin(self) -> None:
        """A new connection: all that is not acknowledged goes again, from the first."""
        self.position = 0
        self._under_way.clear()

    def sent(self, entry: Entry) -> None:
        """The message goes out now."""
        self.position = entry.position
        self._under_way.append(entry)
        self._sent[entry.call] = max(entry.seq, self._sent.get(entry.call, 0))

    def acked(self, call: str, seq: int) -> int | None:
        """The hub has all of `call` up to `seq`; returns up to where it may be deleted, None where nothing may be.

        What was never sent cannot have arrived, whatever the hub says.
        """
        sent = self._sent.get(call)
        if sent is None:
            return None
        if seq >= sent:
            del self._sent[call]
        self._under_way = deque(one for one in self._under_way if one.call != call or one.seq > seq)
        return min(seq, sent)

    def refused(self, call: str | None, seq: int | None) -> Entry | None:
        """The hub refused this message, or one that it did not name; returns it where it is known.

        Where it is not, the connection is to be begun again.
        """
        if call is None or seq is None:
            found = self._under_way[0] if len(self._under_way) == 1 else None
            if found is None and self._under_way:
                self._one_at_a_time_to = max(self._one_at_a_time_to, self._under_way[-1].position)
        else:
            found = next((one for one in self._under_way if (one.call, one.seq) == (call, seq)), None)
        if found is not None:
            self._under_way.remove(found)
        return found
