"""Says the phrases that latency is measured on: `python -m benchmarks.make_phrases`.

Each phrase is trimmed to what is louder than -40 dBFS, so that its last sample is the end that figures count from; the
marks tell it, and where each word ends. The micro model knows all of their words.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import av
import numpy as np

from models.micro.voices import RATE, VOICES, Utterance, say

FOLDER = Path(__file__).with_name("phrases")
FLOOR = 10 ** (-40 / 20)
PHRASES = {
    "refusal": (
        "No, we can't do that.",
        "We cannot match that price.",
        "That's not possible.",
        "No, it's against our policy.",
        "We can't refund the ticket.",
        "I can't help you with that.",
    ),
    "no": ("No.",),
    "other": (
        "No problem. I will do it today.",
        "I can't wait to help you.",
        "No, you won't be charged for the order.",
        "I will give you a credit on Thursday.",
        "Is the number lost?",
    ),
}


def main() -> None:
    """Writes a FLAC a phrase and voice, and marks.csv."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.flac"):
        old.unlink()
    marks = io.StringIO()
    table = csv.writer(marks, lineterminator="\n")
    table.writerow(("clip", "end", "kind", "text", "word_ends"))
    for kind, texts in PHRASES.items():
        for number, text in enumerate(texts):
            for voice in VOICES:
                utterance = say(text, voice)
                sound, start = trimmed(utterance)
                name = f"{kind}-{number}-{voice}.flac"
                write(FOLDER / name, sound)
                last = len(sound) / RATE
                ends = [min(word.end - start, last) for word in utterance.words[:-1]] + [last]
                table.writerow((name, f"{last:.5f}", kind, text, " ".join(f"{end:.5f}" for end in ends)))
    (FOLDER / "marks.csv").write_text(marks.getvalue(), "utf-8")


def trimmed(utterance: Utterance) -> tuple[np.ndarray, float]:
    """The sound from its first loud sample to its last, and the second at which that begins."""
    loud = np.flatnonzero(np.abs(utterance.samples / 32768) > FLOOR)
    return utterance.samples[loud[0] : loud[-1] + 1], loud[0] / RATE


def write(path: Path, sound: np.ndarray) -> None:
    """Write int16 sound as FLAC."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(sound[None], format="s16", layout="mono")
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


if __name__ == "__main__":
    main()
