"""How the runner speaks with a system under test: sound comes on standard input, words go out on standard output.

In: messages of one letter, a length (four bytes, little-endian) and so many bytes: `c` a clip begins (its number),
`s` sound (16 bit, 16 kHz, mono), `e` the clip is over. Out: a line of JSON each, `{"ready": true}` once, `{"open": n}`
when clip n may be said, `{"closed": n}` after it, and `{"final": "...", "partial": "..."}` whenever either changes:
all words of the clip so far that will not change, and all that are shown.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from queue import SimpleQueue

RATE = 16_000


class Pipe:
    """The system's end. Whatever else a system prints goes to standard error."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._lock = threading.Lock()
        self._messages: SimpleQueue[tuple[str, bytes]] = SimpleQueue()
        self._told: tuple[str, str] | None = None
        threading.Thread(target=self._read, daemon=True).start()

    def ready(self) -> None:
        """The model is loaded and warm."""
        self._say({"ready": True})

    def open(self, clip: int) -> None:
        """The clip may be said."""
        self._told = None
        self._say({"open": clip})

    def closed(self, clip: int) -> None:
        """Nothing more comes of it."""
        self._say({"closed": clip})

    def words(self, final: str, shown: str) -> None:
        """All words of the clip so far: those that stay as they are, and those that a person sees."""
        if self._told != (final, shown):
            self._told = final, shown
            self._say({"final": final, "partial": shown})

    def clips(self) -> Iterator[int]:
        """The number of each clip that is to be said, until the runner has no more."""
        while True:
            kind, payload = self._messages.get()
            if kind == "":
                return
            if kind == "c":
                yield int(payload)

    def sound(self) -> Iterator[bytes]:
        """The sound of the clip at hand, block by block."""
        while True:
            kind, payload = self._messages.get()
            if kind != "s":
                return
            yield payload

    def _say(self, message: dict[str, object]) -> None:
        with self._lock:
            self._out.write(json.dumps(message) + "\n")
            self._out.flush()

    def _read(self) -> None:
        while header := sys.stdin.buffer.read(5):
            kind, length = struct.unpack("<cI", header)
            self._messages.put((kind.decode(), sys.stdin.buffer.read(length)))
        self._messages.put(("", b""))


def free_port() -> int:
    """A port on which a server of this machine may listen."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def options() -> tuple[str, dict[str, object]]:
    """The model's folder and the system's own options, from the command line."""
    return sys.argv[1], json.loads(sys.argv[2])
