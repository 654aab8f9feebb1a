"""Writes the held-out sentences as clips for `voiceassist bench`: `python -m models.micro.clips FOLDER`.

A WAV a sentence and voice, between two short pauses, and its words beside it. Only the combinations: of other
structures the model loses words in a full window too, and a window is judged by what it loses more.
"""

from __future__ import annotations

import argparse
import wave
from pathlib import Path

import numpy as np

from models.micro import texts
from models.micro.voices import RATE, VOICES, say

_AROUND = RATE // 10, RATE // 5


def write(folder: Path) -> int:
    """Write all clips and return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = [(number, text, voice) for number, text in enumerate(texts.held_out("combinations")) for voice in VOICES]
    for number, text, voice in pairs:
        path = folder / f"{number:02}-{voice}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(np.pad(say(text, voice).samples, _AROUND).tobytes())
        path.with_suffix(".txt").write_text(text + "\n", "utf-8")
    return len(pairs)


def main() -> None:
    """Writes them where the one argument says."""
    parser = argparse.ArgumentParser(description="Writes the held-out sentences as clips.")
    parser.add_argument("folder", type=Path)
    print(f"{write(parser.parse_args().folder)} clips")


if __name__ == "__main__":
    main()
