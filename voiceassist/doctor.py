"""What is there, what is missing, and how to get it."""

from __future__ import annotations

import os
import platform
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from voiceassist import __version__, assets
from voiceassist.audio.devices import Kind, list_devices, substitute
from voiceassist.engines.choose import pick_transcriber
from voiceassist.engines.cuda import cuda
from voiceassist.engines.refusal import RefusalClassifier
from voiceassist.engines.silero import SileroVad
from voiceassist.errors import AudioError, VoiceassistError
from voiceassist.settings import Settings
from voiceassist.weights.cache import cached_models

Health = Literal["ok", "limited", "missing"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `advice` says how to get what is missing, empty where nothing is to be done."""

    name: str
    health: Health
    found: str
    advice: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything that a call needs. Nothing is changed, downloaded or left running."""
    yield Finding("voiceassist", "ok", f"{__version__}, Python {platform.python_version()}, {platform.platform()}")
    yield _needed(
        "voice activity", lambda: SileroVad() and "Silero VAD", "pip install --force-reinstall faster-whisper"
    )
    yield _needed("ear", _ear, "install voiceassist again")
    yield _recogniser(settings)
    models = ", ".join(cached_models())
    advice = "" if models else "voiceassist models pull base.en gets one"
    yield Finding("whisper models", "ok" if models else "limited", models or "none on this machine", advice)
    yield _card(settings)
    yield _needed(
        "overlay", lambda: f"{len(list(assets.overlay().rglob('*.js')))} modules", "install voiceassist again"
    )
    yield _needed("bundled call", lambda: assets.demo_call().name and "there", "install voiceassist again")
    yield from _sound()
    yield _display()
    yield _port(settings)


def has_display() -> bool:
    """Whether a browser window can be opened here."""
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _needed(name: str, look: Callable[[], str], advice: str) -> Finding:
    try:
        return Finding(name, "ok", look())
    except VoiceassistError as error:
        return Finding(name, "missing", str(error), advice)


def _ear() -> str:
    RefusalClassifier(assets.refusal_model()).warm_up()
    return "the refusal model is whole and answers"


def _recogniser(settings: Settings) -> Finding:
    wanted = settings.transcriber
    try:
        pick = pick_transcriber(wanted.name, wanted.model or None)
    except VoiceassistError as error:
        return Finding("recogniser", "missing", str(error), "choose another with --transcriber")
    embedded = pick.name == "pocketsphinx"
    return Finding("recogniser", "limited" if embedded else "ok", pick.reason)


def _card(settings: Settings) -> Finding:
    """Where Whisper computes; no card is no fault, one that cannot be used is a pity, one that is asked for a must."""
    card, wanted = cuda(), settings.transcriber.device
    if card.usable or not (card.devices or wanted == "cuda"):
        return Finding("graphics card", "ok", card.reason if card.usable else f"the processor does it: {card.reason}")
    return Finding("graphics card", "missing" if wanted == "cuda" else "limited", card.reason)


def _sound() -> Iterator[Finding]:
    """PortAudio, and what can be listened to through it."""
    try:
        devices = list_devices()
    except AudioError as error:
        yield Finding("sound system", "missing", str(error), "only listen and check need it")
        return
    hosts = ", ".join(dict.fromkeys(device.host for device in devices))
    yield Finding("sound system", "ok", f"PortAudio, by way of {hosts}" if hosts else "PortAudio")
    for kind, name, advice in (
        (Kind.MICROPHONE, "microphone", "plug a headset in; voiceassist check tries it"),
        (Kind.MONITOR, "customer's side", "calls are heard with the agent alone; see voiceassist listen --help"),
    ):
        found = substitute(devices, kind)
        count = sum(device.kind is kind for device in devices)
        if found is None:
            yield Finding(name, "limited", "none", advice)
        else:
            yield Finding(name, "ok", found.name + (f", one of {count}" if count > 1 else ""))


def _display() -> Finding:
    if has_display():
        return Finding("display", "ok", "the overlay opens by itself")
    return Finding("display", "limited", "none", "open the printed address in a browser of this machine")


def _port(settings: Settings) -> Finding:
    host, port = settings.server.host, settings.server.port
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return Finding("port", "limited", f"{port} is taken", "the next free one is used; --port names another")
    except OSError:
        return Finding("port", "ok", f"{port} is free")
