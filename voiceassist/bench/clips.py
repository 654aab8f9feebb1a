"""Clips to measure with: one phrase each, of any common audio format, with the words that are said where known."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voiceassist import assets
from voiceassist.audio.file import FileSource
from voiceassist.core.types import FRAME, SAMPLE_RATE, Channel, Samples
from voiceassist.errors import UsageError
from voiceassist.turns import read

LONGEST = 30 * SAMPLE_RATE
"""Samples: no recogniser takes more at once."""
_AROUND = round(0.3 * SAMPLE_RATE)
_SOUND = frozenset({".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".mp4", ".webm", ".aac", ".aif", ".aiff"})


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Sound (float32, 16 kHz), and the words in it; None where nobody wrote them down."""

    name: str
    sound: Samples
    text: str | None = None


def read_clips(folder: Path) -> list[Clip]:
    """The recordings in a folder, by name; the words of `NAME.wav` are those of `NAME.txt`, where it is there.

    Raises UsageError where there are none or one is too long, AudioError where one cannot be read.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SOUND) if folder.is_dir() else []
    if not paths:
        raise UsageError(f"{folder} holds no recordings: give a folder of WAV or FLAC files, a phrase each")
    return [Clip(path.name, read_clip(path), _words(path.with_suffix(".txt"))) for path in paths]


def demo_clips() -> list[Clip]:
    """The turns of the bundled call, both sides of it."""
    folder = assets.demo_call()
    sides = _read(folder / "call.flac")
    return [
        Clip(f"turn {number}", sides[turn.speaker][max(0, turn.start - _AROUND) : turn.end + _AROUND], turn.text)
        for number, turn in enumerate(read(folder / "call.json")[0].turns)
    ]


def read_clip(path: Path) -> Samples:
    """The agent's side of a recording of up to 30 s. Raises UsageError for a longer one, AudioError."""
    sound = _read(path)[Channel.AGENT]
    if len(sound) > LONGEST + FRAME:
        raise UsageError(f"{path} is longer than 30 s: cut it into phrases")
    return sound


def _read(path: Path) -> dict[Channel, Samples]:
    async def frames() -> dict[Channel, list[Samples]]:
        source = FileSource(path, tail=0.0)
        heard: dict[Channel, list[Samples]] = {channel: [] for channel in source.channels}
        try:
            async for frame in source:
                heard[frame.channel].append(frame.samples)
        finally:
            await source.aclose()
        return heard

    return {channel: np.concatenate(parts) for channel, parts in asyncio.run(frames()).items()}


def _words(path: Path) -> str | None:
    try:
        return path.read_text("utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as text: {error}") from None
