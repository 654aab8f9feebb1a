"""A process of a hub as the store sees it: what it takes, and what it is told to be durable."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from voiceassist.server import messages as wire
from voiceassist.store.database import Store
from voiceassist.store.recorder import Recorder

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


class Hub:
    """A process of a hub: what it takes, and what it was told to be durable."""

    def __init__(self, store: Store, **options: Any) -> None:
        self.kept: dict[str, int] = {}
        self._told = threading.Condition()
        self.recorder = Recorder(store, patient=True, on_kept=self._note, now=lambda: NOW, **options)

    def take(self, messages: Sequence[wire.CallEvent], *, owner: str = "ann") -> None:
        for message in messages:
            assert self.recorder.take(message, owner=owner, team="red", agent="Ann")

    def stop(self) -> None:
        self.recorder.close()

    def wait_for(self, call: str, seq: int) -> None:
        """Wait until this event of the call is durable."""
        with self._told:
            assert self._told.wait_for(lambda: self.kept.get(call, 0) >= seq, timeout=30)

    def _note(self, kept: Mapping[str, int]) -> None:
        with self._told:
            self.kept.update(kept)
            self._told.notify_all()
