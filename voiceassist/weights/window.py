"""The shortest window that a Whisper model has earned: a file beside its weights, for exactly those weights.

Published weights break in short windows, others do not: `voiceassist bench accuracy` finds out, and writes the file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FILE = "voiceassist-window.json"
_READ = 1 << 20


class EarnedWindow(BaseModel):
    """What the gate wrote: the floor in frames of 10 ms, over how many clips it was measured, and for which weights."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    floor: int = Field(ge=100, le=3000)
    clips: int = Field(ge=1)
    weights: str


def earned_floor(folder: Path) -> int | None:
    """The floor that the model in `folder` has earned, None where it has none, or other weights earned it."""
    try:
        earned = EarnedWindow.model_validate_json((folder / FILE).read_bytes())
    except (OSError, ValidationError):
        return None
    return earned.floor if earned.weights == fingerprint(folder) else None


def keep_floor(folder: Path, floor: int, clips: int) -> Path:
    """Write down that the model in `folder` has earned a floor. Raises OSError where the folder takes no file."""
    earned = EarnedWindow(floor=floor, clips=clips, weights=fingerprint(folder))
    path = folder / FILE
    path.write_text(earned.model_dump_json(indent=1) + "\n", "utf-8")
    return path


def forget_floor(folder: Path) -> None:
    """Take back what the model in `folder` may have earned before. Raises OSError."""
    (folder / FILE).unlink(missing_ok=True)


def fingerprint(folder: Path) -> str:
    """What tells weights from others at a glance: their length, and the SHA-256 of their last million bytes."""
    path = folder / "model.bin"
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _READ))
        return f"{size}-{hashlib.sha256(file.read()).hexdigest()}"
