"""The devices that sound can be captured from, and how one is chosen: by its name, never by a number."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from voiceassist.errors import AudioError

PULSE = "PulseAudio"
"""The host API of what a PulseAudio server, or PipeWire in its place, offers."""
WORKER = [sys.executable, "-P", "-m", "voiceassist.audio.capture_worker"]
"""The process that touches PortAudio: its list of devices is as old as the process that asks."""

# The same microphone comes by several of them: the first that has it is taken. MME cuts names at 31 characters.
_RANK = (PULSE, "Windows WASAPI", "Core Audio", "ALSA", "Windows DirectSound", "MME", "Windows WDM-KS")
_CUT = 31
_LIST_LIMIT = 20.0


class Kind(StrEnum):
    """What a device lets hear: who speaks into it, or what an output plays (the customer's side of a call)."""

    MICROPHONE = "microphone"
    MONITOR = "monitor"


@dataclass(frozen=True, slots=True)
class Device:
    """A device that sound can be captured from.

    `name` is what people call it, `id` what its `host` API does; `default` marks the host's default of its kind.
    `channels` and `rate` (Hz) are its own; the rate is 0 where the host converts to any.
    """

    name: str
    host: str
    id: str
    channels: int
    rate: int
    default: bool = False
    kind: Kind = Kind.MICROPHONE

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Device:
        values: dict[str, Any] = json.loads(text)
        values["kind"] = Kind(values["kind"])
        return cls(**values)


def list_devices() -> list[Device]:
    """The devices that are there now, the best way to each first. Blocks for some tenths of a second.

    Raises AudioError (`portaudio-missing`, `device-failed`).
    """
    try:
        done = subprocess.run(  # noqa: S603
            [*WORKER, "--list"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_LIST_LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise AudioError("the sound system does not answer: start it anew", code="device-failed") from error
    head, *lines = done.stdout.decode().splitlines() or [""]
    if head != "devices":
        code, _, message = head.partition(" ")
        raise AudioError(message or "the sound devices cannot be listed", code=code or "device-failed")
    return without_twins([Device.from_json(line) for line in lines])


def find(name: str | None = None) -> Device:
    """The device that `name` means, as `choose` says, among those that are there now. Blocks like `list_devices`."""
    return choose(list_devices(), name)


def without_twins(devices: Sequence[Device]) -> list[Device]:
    """The devices in the order of their host APIs; one that a better API has under the same name is left out."""
    kept: list[Device] = []
    for device in sorted(devices, key=_rank):
        better = [other for other in kept if other.host != device.host]
        if not any(other.name[:_CUT] == device.name[:_CUT] for other in better):
            kept.append(device)
    return kept


def choose(devices: Sequence[Device], name: str | None, kind: Kind = Kind.MICROPHONE) -> Device:
    """The device of that name, else the only one with `name` in its name; `Host API: name` names the way, too.

    Case does not matter. A headset's microphone and its output bear one name: `kind` tells which is meant. Without a
    name it is the default of that kind. Raises AudioError (`no-device`, `device-missing`, `device-ambiguous`).
    """
    if name is None:
        best = substitute(devices, kind)
        if best is None:
            raise AudioError(f"there is no {kind.value} to listen to: plug a headset in", code="no-device")
        return best
    for host in sorted({device.host for device in devices}, key=_host_rank):
        found = _named(name.strip().casefold(), [device for device in devices if device.host == host])
        if len(found) > 1:
            of_kind = [device for device in found if device.kind is kind]
            found = of_kind if len(of_kind) == 1 else found
        if len(found) > 1:
            raise AudioError(f"{name!r} may be any of {_names(found)}: give more of the name", code="device-ambiguous")
        if found:
            return found[0]
    there = f"there is {_names(devices)}" if devices else "there is none, plug one in"
    raise AudioError(f"no sound device is named {name!r}: {there}", code="device-missing")


def substitute(devices: Sequence[Device], kind: Kind) -> Device | None:
    """The default device of that kind, else the first; None where there is none."""
    ranked = sorted(devices, key=lambda device: (_rank(device), not device.default))
    return next((device for device in ranked if device.kind is kind), None)


def _named(wanted: str, devices: Sequence[Device]) -> list[Device]:
    """Those of one host API's devices that are named so, else those with the name in theirs."""
    wanted = wanted.removeprefix(f"{devices[0].host.casefold()}:").lstrip()
    names = [(device, (device.name.casefold(), device.id.casefold())) for device in devices]
    exact = [device for device, both in names if wanted in both]
    return exact or [device for device, both in names if any(wanted in text for text in both)]


def _names(devices: Sequence[Device]) -> str:
    # Of two with one name, the id tells which.
    names = [device.name for device in devices]
    return ", ".join(repr(d.name if names.count(d.name) == 1 else d.id) for d in devices)


def _rank(device: Device) -> int:
    return _host_rank(device.host)


def _host_rank(host: str) -> int:
    return _RANK.index(host) if host in _RANK else len(_RANK)
