"""What noise gets through, and what speech is lost: `python benchmarks/noise.py [--seconds 60] [RECORDING…]`.

Every kind of noise is played to the voice activity detector; of the breaths it opens, and of all the noise cut into
pieces of two seconds, those are counted that hold speech by the evidence and those that the embedded recogniser finds
words in. The breaths of the RECORDINGs, and lone words by the voices of Debian's flite, quiet and amid noise, show what
each kind of evidence leaves of speech.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from noises import KINDS, babble, noise
from sound import all_of, spoken

from voiceassist.audio.file import FileSource, Pace
from voiceassist.core.policy import Hearing
from voiceassist.core.segmenter import Segmenter, SpeechPaused
from voiceassist.core.types import FRAME, SAMPLE_RATE, AudioFrame, Channel, Samples
from voiceassist.engines import evidence
from voiceassist.engines.pocketsphinx import PocketsphinxTranscriber
from voiceassist.engines.silero import SileroVad

VOICES = ("rms", "awb", "slt", "kal16")
LINES = ("No.", "Nope.", "Never.", "I can't.", "Why?", "Yes.")
LEVELS = (0, -20, -40)
BEHIND = ((None, 0), ("room", 15), ("fan", 15), ("fan", 10))
PIECE = 2 * SAMPLE_RATE


def breaths(sound: Samples) -> list[Samples]:
    """The breaths that a call would ask words for."""
    segmenter, detector = Segmenter(Channel.AGENT, Hearing()), SileroVad()
    found = [
        event
        for at in range(0, len(sound) - FRAME + 1, FRAME)
        for event in segmenter.push(at + FRAME, detector.probability(sound[at : at + FRAME]))
    ]
    segments = [event.segment for event in (*found, *segmenter.finish()) if isinstance(event, SpeechPaused)]
    return [sound[segment.start : segment.end] for segment in segments]


def worded(engine: PocketsphinxTranscriber, sounds: Iterable[Samples]) -> int:
    """How many of the sounds the recogniser finds words in."""
    return sum(bool(engine.transcribe(sound, all_of(sound))) for sound in sounds)


def show_noise(engine: PocketsphinxTranscriber, name: str, sound: Samples) -> None:
    """Print a line about a noise."""
    opened = breaths(sound)
    pieces = [sound[at : at + PIECE] for at in range(0, len(sound) - PIECE + 1, PIECE)]
    columns = [
        f"{len(group):4} {sum(map(evidence.holds_speech, group)):4} {worded(engine, group):4}"
        for group in (opened, pieces)
    ]
    print(f"{name:24} {columns[0]}   {columns[1]}", flush=True)


def show_speech(name: str, sounds: list[Samples]) -> None:
    """Print a line about breaths of speech."""
    if not sounds:
        print(f"{name:24} no breath")
        return
    measured = np.array([(evidence.depth(s), evidence.voicing(s), evidence.likeness(s)) for s in sounds])
    least = evidence.LEAST_DEPTH, evidence.LEAST_VOICING, evidence.LEAST_LIKENESS
    lowest = "  ".join(f"{value:5.2f}" for value in measured.min(axis=0))
    print(f"{name:24} {len(sounds):4} {int((measured < least).any(axis=1).sum()):4}   {lowest}", flush=True)


def lone_words(level: int, behind: str | None, above: int) -> list[Samples]:
    """The breaths of short lines whose peak is at `level` dBFS, `above` dB over a noise."""
    out: list[Samples] = []
    for voice in VOICES:
        for line in LINES:
            sound = spoken(line, voice)
            sound = sound * np.float32(10 ** (level / 20) / np.abs(sound).max())
            if behind:
                around = noise(behind, len(sound) / SAMPLE_RATE, seed=len(out))
                voiced = sound[SAMPLE_RATE:-SAMPLE_RATE]
                sound = sound + around * np.sqrt(
                    np.square(voiced).mean() / np.square(around).mean() / 10 ** (above / 10)
                )
            out += breaths(np.clip(sound, -1, 1).astype(np.float32))
    return out


async def recorded(file: Path) -> Samples:
    """The first channel of a recording."""
    source = FileSource(file, pace=Pace.FAST)
    sound = [
        heard.samples async for heard in source if isinstance(heard, AudioFrame) and heard.channel is Channel.AGENT
    ]
    await source.aclose()
    return np.concatenate(sound)


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", nargs="*", type=Path, metavar="RECORDING")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=100)
    arguments = parser.parse_args()
    engine = PocketsphinxTranscriber()
    print(
        f"{'noise':24} {'breaths opened':14}   {'all of it':14}\n{'':24} {'all held word':>14}   {'all held word':>14}"
    )
    for kind in KINDS:
        show_noise(engine, kind, noise(kind, arguments.seconds, arguments.seed))
    for level in (-50, -40, -30):
        show_noise(engine, f"babble, {level} dBFS", babble(arguments.seconds, level, arguments.seed))
    engine.close()
    print(f"\n{'speech':24} {'all':>4} {'lost':>4}   depth  voice  alike (least)")
    for level in LEVELS:
        for behind, above in BEHIND:
            name = f"{level} dBFS" + (f", {above} dB over {behind}" if behind else "")
            show_speech(name, lone_words(level, behind, above))
    for file in arguments.recordings:
        show_speech(file.stem[:24], breaths(asyncio.run(recorded(file))))


if __name__ == "__main__":
    main()
