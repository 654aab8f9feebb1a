"""The process that captures one device and sends its sound over standard output; with `--list` it tells what is there.

A message is a little-endian header (`HEADER`: its tag, the size of its body) and its body. The process ends after
`Tag.FAILED`, and when nobody reads any more; it says `Tag.BEAT` while there is nothing else to say.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from importlib import import_module
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO, NoReturn

from voiceassist.audio.devices import PULSE, Device, Kind, choose, substitute
from voiceassist.audio.pulse import PulseServer
from voiceassist.errors import AudioError

HEADER = struct.Struct("<BI")
STREAM = struct.Struct("<IH")
"""Before the device in `Tag.STARTED`: the rate (Hz) and the channels of the sound that follows."""
BLOCK = struct.Struct("<dIB")
"""Before the samples of `Tag.SOUND`: the monotonic time of its end, frames that were lost before it, overflow."""
BEAT = 0.25
"""Seconds after which a process that has nothing to say tells that it lives."""

_RATE = 16_000
_BLOCK = 0.016
_QUEUED = 256
_FORMAT, _RATE_REFUSED, _CHANNELS_REFUSED, _IN_USE = -9994, -9997, -9998, -9985
_PORTAUDIO = {
    "linux": "sudo apt-get install libportaudio2",
    "darwin": "brew install portaudio",
}


class Tag(IntEnum):
    """What a message says."""

    BEAT = 0
    SOUND = 1
    """Interleaved float32 samples in native order."""
    STARTED = 2
    """Sound comes from this device from now on."""
    MOVED = 3
    """The sound server moved the stream to this device."""
    WAITING = 4
    """There is no such device; its coming is awaited."""
    FAILED = 5
    """The error's code, a space, and its line."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to capture: the device that `name` means, or (again) `known`, for which another of its kind may stand in."""

    name: str | None
    kind: Kind
    known: Device | None = None

    def to_json(self) -> str:
        return json.dumps([self.name, self.kind, self.known and self.known.to_json()])

    @classmethod
    def from_json(cls, text: str) -> Request:
        name, kind, known = json.loads(text)
        return cls(name, Kind(kind), known and Device.from_json(known))


class Outbox:
    """Messages on their way out, by a thread of their own: whoever has something to say never waits."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._messages: SimpleQueue[tuple[Tag, bytes]] = SimpleQueue()
        self._lost = 0
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def put(self, tag: Tag, body: bytes | str = b"") -> None:
        self._messages.put((tag, body.encode() if isinstance(body, str) else body))

    def put_sound(self, sound: Any, frames: int, _time: Any, status: Any) -> None:
        """PortAudio's callback: copy and leave. Where the reader is too slow, blocks are dropped and counted."""
        stamp = time.monotonic()
        if self._messages.qsize() >= _QUEUED:
            self._lost += frames
            return
        lost, self._lost = self._lost, 0
        self._messages.put((Tag.SOUND, BLOCK.pack(stamp, lost, bool(status.input_overflow)) + bytes(sound)))

    def fail(self, error: AudioError) -> None:
        """Say why, and end the process."""
        self.put(Tag.FAILED, f"{error.code} {error}")

    def run_out(self) -> NoReturn:
        """Wait for the end of the process."""
        self._thread.join()
        os._exit(0)

    def _write(self) -> None:
        tag = Tag.BEAT
        body = b""
        with contextlib.suppress(OSError):
            while tag is not Tag.FAILED:
                self._pipe.write(HEADER.pack(tag, len(body)) + body)
                self._pipe.flush()
                try:
                    tag, body = self._messages.get(timeout=BEAT)
                except Empty:
                    tag, body = Tag.BEAT, b""
            self._pipe.write(HEADER.pack(tag, len(body)) + body)
            self._pipe.flush()
        # Nobody reads, or the last word is said: other threads may hang in the sound system.
        os._exit(0)


def portaudio() -> Any:
    """The library, its list of devices fresh. Raises AudioError (`portaudio-missing`)."""
    try:
        return import_module("sounddevice")
    except OSError as error:
        advice = _PORTAUDIO.get(sys.platform, "install PortAudio")
        raise AudioError(f"PortAudio is missing: {advice}", code="portaudio-missing") from error
    except ImportError as error:
        raise AudioError("sounddevice is missing: pip install sounddevice", code="portaudio-missing") from error


def native_devices(library: Any) -> list[Device]:
    """What PortAudio finds to capture from."""
    hosts = library.query_hostapis()
    return [
        Device(
            name=device["name"],
            host=hosts[device["hostapi"]]["name"],
            id=device["name"],
            channels=device["max_input_channels"],
            rate=round(device["default_samplerate"]),
            default=device["index"] == hosts[device["hostapi"]]["default_input_device"],
            # So WASAPI calls what an output plays.
            kind=Kind.MONITOR if device["name"].endswith("[Loopback]") else Kind.MICROPHONE,
        )
        for device in library.query_devices()
        if device["max_input_channels"] > 0
    ]


def present(server: PulseServer | None) -> list[Device]:
    """Every device that is there now. Raises AudioError (`portaudio-missing`)."""
    native = native_devices(portaudio())
    if server is None:
        return native
    # These two are the server by another name.
    return server.devices() + [device for device in native if device.name not in {"pulse", "default"}]


def select(request: Request, server: PulseServer | None, outbox: Outbox) -> Device:
    """The device to capture. Raises AudioError; once the device was known, it waits for one to come instead."""
    known = request.known
    if known is None:
        return choose(present(server), request.name, request.kind)
    if known.host != PULSE:
        same_host = [device for device in native_devices(portaudio()) if device.host == known.host]
        if request.name is None:
            return choose(same_host, None, known.kind)
        return choose(same_host, known.id)
    if server is None:
        raise AudioError("PulseAudio does not answer: start it anew", code="device-missing")
    # Loaded now, it need not be when the device comes; what it needs to know of the server does not change.
    portaudio()
    for _ in server.changes():
        found = standing_in(request, server.devices())
        if found is not None:
            return found
        outbox.put(Tag.WAITING)
    raise AssertionError("a server's changes never end")


def standing_in(request: Request, devices: list[Device]) -> Device | None:
    """The known device where it was asked for and is there, else another of its kind."""
    assert request.known is not None
    same = (device for device in devices if device.id == request.known.id)
    return (request.name and next(same, None)) or substitute(devices, request.known.kind)


def opened(library: Any, device: Device, outbox: Outbox) -> tuple[Any, int, int]:
    """An open stream of the device, its rate and its channels. Raises AudioError."""
    name, host = ("pulse", "ALSA") if device.host == PULSE else (device.id, device.host)
    hosts = [api["name"] for api in library.query_hostapis()]
    same = (d["index"] for d in library.query_devices() if d["name"] == name and hosts[d["hostapi"]] == host)
    index = next(same, None)
    if index is None:
        if device.host == PULSE:
            raise AudioError(
                "PulseAudio cannot be reached through ALSA: sudo apt-get install libasound2-plugins",
                code="portaudio-missing",
            )
        raise AudioError(f"{device.name} is not there any more", code="device-missing")
    refused: Any = None
    for rate, channels in _forms(library.query_devices(index)):
        try:
            stream = library.RawInputStream(
                device=index,
                samplerate=rate,
                channels=channels,
                blocksize=round(rate * _BLOCK),
                dtype="float32",
                latency="low",
                callback=outbox.put_sound,
                finished_callback=lambda: outbox.fail(
                    AudioError(f"{device.name} stopped: plug it in again", code="device-lost")
                ),
            )
        except library.PortAudioError as error:
            refused = error
            if _code(error) not in {_FORMAT, _RATE_REFUSED, _CHANNELS_REFUSED}:
                break
        else:
            return stream, rate, channels
    raise _refusal(device, refused)


def stay(request: Request, server: PulseServer, device: Device, outbox: Outbox) -> None:
    """Watch where the sound server takes the stream from; runs until the server is gone or no device is left.

    When the last microphone goes, PulseAudio moves its streams to the monitor of an output: the customer would be
    heard as the agent. So a stream goes only to a device of its own kind. Back to the device that was asked for it
    goes when that one had been away, not when somebody moved the stream by hand.
    """
    asked = request.known if request.known and request.name is not None else device
    away = asked.id != device.id
    for _ in server.changes():
        now = server.heard()
        if now is None:
            continue
        devices = server.devices()
        is_there = any(other.id == asked.id for other in devices)
        if request.name is not None and is_there and away and now.id != asked.id:
            server.move(asked)
        elif now.kind is not asked.kind:
            other = substitute(devices, asked.kind)
            if other is None:
                raise AudioError(f"{device.name} is gone, and there is no other {asked.kind.value}", code="device-lost")
            server.move(other)
        elif now.id != device.id:
            device = now
            outbox.put(Tag.MOVED, device.to_json())
        away = not is_there


def capture(request: Request, outbox: Outbox) -> NoReturn:
    """Capture until the device is lost. Raises AudioError."""
    server = PulseServer.connect()
    if server is not None and request.name is None:
        # Who set this for the program chose a source, too.
        request = replace(request, name=os.environ.get("PULSE_SOURCE"))
    device = select(request, server, outbox)
    if device.host == PULSE and not (request.name is None and device.default):
        # Without it the stream follows the server's default, also when that is changed.
        os.environ["PULSE_SOURCE"] = device.id
    stream, rate, channels = opened(portaudio(), device, outbox)
    outbox.put(Tag.STARTED, STREAM.pack(rate, channels) + device.to_json().encode())
    stream.start()
    if server is not None and device.host == PULSE:
        stay(request, server, device, outbox)
    outbox.run_out()


def main() -> None:
    """Capture what the one argument asks for, or list what is there."""
    # Ctrl-C reaches the whole console; the caller ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if sys.argv[1] == "--list":
        pipe.write("\n".join(listing()).encode())
        pipe.close()
        return
    outbox = Outbox(pipe)
    try:
        capture(Request.from_json(sys.argv[1]), outbox)
    except AudioError as error:
        outbox.fail(error)
        outbox.run_out()


def listing() -> Iterator[str]:
    """A line that says `devices` and one a device, or a line with an error's code and text."""
    try:
        devices = present(PulseServer.connect())
    except AudioError as error:
        yield f"{error.code} {error}"
        return
    yield "devices"
    for device in devices:
        yield device.to_json()


def _forms(found: Any) -> list[tuple[int, int]]:
    """Rates and channels to ask for, the best first: not every device converts."""
    rate, channels = round(found["default_samplerate"]), found["max_input_channels"]
    return list(dict.fromkeys([(_RATE, 1), (rate, 1), (_RATE, channels), (rate, channels)]))


def _code(error: Any) -> int:
    return error.args[1] if len(error.args) > 1 else 0


def _refusal(device: Device, error: Any) -> AudioError:
    code = _code(error)
    if code == _IN_USE:
        return AudioError(f"{device.name} is used by another program: close that one", code="device-in-use")
    if code in {_FORMAT, _RATE_REFUSED, _CHANNELS_REFUSED}:
        return AudioError(
            f"{device.name} delivers sound in no form that can be heard here: name another", code="device-rate"
        )
    return AudioError(f"{device.name} cannot be opened ({error.args[0]}): plug it in again", code="device-failed")


if __name__ == "__main__":
    main()
