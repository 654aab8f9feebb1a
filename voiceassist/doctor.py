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
from voiceassist.engines.choose import pick_transcriber
from voiceassist.engines.refusal import RefusalClassifier
from voiceassist.engines.silero import SileroVad
from voiceassist.engines.weights import cached_models
from voiceassist.errors import VoiceassistError
from voiceassist.settings import Settings

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
    advice = "" if models else "copy a faster-whisper model here and give its folder with --model"
    yield Finding("whisper models", "ok" if models else "limited", models or "none on this machine", advice)
    yield _needed(
        "overlay", lambda: f"{len(list(assets.overlay().rglob('*.js')))} modules", "install voiceassist again"
    )
    yield _needed("bundled call", lambda: assets.demo_call().name and "there", "install voiceassist again")
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
