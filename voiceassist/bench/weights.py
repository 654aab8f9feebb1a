"""With which weights a benchmark runs: those of the settings, or a scripted model of a published shape."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from voiceassist import app
from voiceassist.bench.shape import SHAPES, write
from voiceassist.engines.base import Transcriber
from voiceassist.engines.choose import choose_transcriber, pick_transcriber
from voiceassist.engines.faster_whisper import FasterWhisperTranscriber
from voiceassist.errors import UsageError
from voiceassist.settings import Settings

SAID = "No, we can't do that for you today ."
"""What a scripted model says: about as many tokens as a phrase has."""


class ShapeName(StrEnum):
    """The published shapes."""

    TINY = "tiny.en"
    BASE = "base.en"
    SMALL = "small.en"


class Weighed(NamedTuple):
    """The engines, which weights they run, and whether the words are told instead of recognised."""

    assistant: app.Assistant
    weights: str
    told: bool


@contextmanager
def weighed(settings: Settings, shape: ShapeName | None, floor: int | None, workers: int = 1) -> Generator[Weighed]:
    """Load the engines. Raises UsageError for a floor without Whisper, and what loading raises."""
    if shape is None:
        transcriber = _transcriber(settings, floor, workers)
        with app.assistant(settings, transcriber=transcriber, workers=workers) as assistant:
            yield Weighed(assistant, _weights(transcriber), told=False)
        return
    with tempfile.TemporaryDirectory() as folder:
        model = write(Path(folder, shape), SHAPES[shape], SAID.split())
        transcriber = FasterWhisperTranscriber(model, device=settings.transcriber.device, workers=workers, floor=floor)
        transcriber.name = f"faster-whisper, scripted {shape} shape"
        with app.assistant(settings, transcriber=transcriber, workers=workers) as assistant:
            yield Weighed(assistant, f"none: a scripted model of {shape}'s shape, {_floor(transcriber)}", told=True)


def _transcriber(settings: Settings, floor: int | None, workers: int) -> Transcriber:
    wanted = settings.transcriber
    picked = pick_transcriber(wanted.name, wanted.model or None)
    if picked.name == "faster-whisper" and picked.model is not None:
        return FasterWhisperTranscriber(picked.model, device=wanted.device, workers=workers, floor=floor)
    if floor is not None:
        raise UsageError(f"{picked.name} has no window: --floor is for Whisper (--model, or --shape tiny.en)")
    return choose_transcriber(pick=picked, device=wanted.device)


def _weights(transcriber: Transcriber) -> str:
    if isinstance(transcriber, FasterWhisperTranscriber):
        return f"{transcriber.folder.name}, {_floor(transcriber)}"
    return transcriber.name


def _floor(transcriber: FasterWhisperTranscriber) -> str:
    return f"windows of {transcriber.floor / 100:g} s and more"
