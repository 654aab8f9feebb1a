"""What a PulseAudio server, or PipeWire in its place, tells a program about its sources and the program's own stream.

For use in a process of its own: calls block, and belong in one thread.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from voiceassist.audio.devices import PULSE, Device, Kind
from voiceassist.errors import AudioError


class PulseServer:
    """A connection to the user's sound server. Its calls raise AudioError (`device-lost`) once the server is gone."""

    def __init__(self, library: Any, client: Any) -> None:
        self._library = library
        self._client = client
        self._changed = True
        client.event_callback_set(self._note)
        with self._while_there():
            client.event_mask_set("source", "source_output", "server")

    @classmethod
    def connect(cls) -> PulseServer | None:
        """Connect; None where no server runs, or this machine knows no PulseAudio."""
        try:
            library: Any = import_module("pulsectl")
        except (ImportError, OSError):
            return None
        client = library.Pulse("voiceassist", connect=False)
        try:
            # With its `timeout` it would always take that long.
            client.connect()
        except library.PulseError:
            return None
        return cls(library, client)

    def devices(self) -> list[Device]:
        """The sources that are there now; the default monitor is that of the default output."""
        with self._while_there():
            server = self._client.server_info()
            sources = self._client.source_list()
        defaults = (server.default_source_name, f"{server.default_sink_name}.monitor")
        return [_device(source, default=source.name in defaults) for source in sources]

    def heard(self) -> Device | None:
        """The source that this process's stream records from; None where it has no stream."""
        own = self._own_stream()
        if own is None:
            return None
        with self._while_there():
            sources = self._client.source_list()
        return next((_device(source) for source in sources if source.index == own.source), None)

    def move(self, device: Device) -> None:
        """Let this process's stream record from `device`; where either is gone, nothing happens."""
        own = self._own_stream()
        with self._while_there():
            for source in self._client.source_list() if own else ():
                if source.name == device.id:
                    self._client.source_output_move(own.index, source.index)

    def changes(self) -> Iterator[None]:
        """Yield at once, and then whenever a source, a stream or the server's defaults have changed."""
        while True:
            while not self._changed:
                with self._while_there():
                    self._client.event_listen()
            # Reset before the caller looks: what changes while it looks makes it look again.
            self._changed = False
            yield

    def _note(self, _event: Any) -> None:
        self._changed = True
        raise self._library.PulseLoopStop

    @contextmanager
    def _while_there(self) -> Generator[None]:
        library = self._library
        try:
            yield
        except (library.PulseError, library.PulseDisconnected, library._pulsectl.pa.CallError) as error:  # noqa: SLF001
            raise AudioError("PulseAudio has gone: it is looked for again", code="device-lost") from error

    def _own_stream(self) -> Any:
        with self._while_there():
            streams = self._client.source_output_list()
        own = [s for s in streams if s.proplist.get("application.process.id") == str(os.getpid())]
        return own[-1] if own else None


def _device(source: Any, *, default: bool = False) -> Device:
    monitor = source.monitor_of_sink_name is not None
    return Device(
        name=source.description or source.name,
        host=PULSE,
        id=source.name,
        channels=source.channel_count,
        # The library hands out the rate as a view of memory that is gone by now, and the server converts to any.
        rate=0,
        default=default,
        kind=Kind.MONITOR if monitor else Kind.MICROPHONE,
    )
