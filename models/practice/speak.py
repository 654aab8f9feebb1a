"""Speaks the customers to practise on: `python models/practice/speak.py [NAME …]`; without names, all of them.

Writes a clip for each line of scenarios.yaml beside it: Ogg Opus, 16 kHz mono, with the words as its title. Needs the
`flite` of Debian or Ubuntu (`apt-get install flite`); the same flite and encoder make the same clips, byte for byte.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import wave
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

from voiceassist.practice.scenario import FILE, Scenario, Temper, read

Sound = npt.NDArray[np.float32]

HERE = Path(__file__).parent
RATE = 16_000
WINDOW = RATE // 100
SPEECH = 10 ** (-40 / 20)
LOUDNESS = 10 ** (-20 / 20)
BIT_RATE = 24_000
PITCH = {"awb": 120.0, "kal16": 105.0, "rms": 95.0, "slt": 170.0}
"""The mean of each voice, in Hz."""
# How slowly each temper speaks, how high, and how much the pitch moves (Hz).
MANNER: dict[Temper, tuple[float, float, float]] = {
    Temper.CALM: (1.0, 1.0, 12.0),
    Temper.HURRIED: (0.8, 1.06, 14.0),
    Temper.ANGRY: (0.9, 1.15, 28.0),
    Temper.UPSET: (1.03, 1.08, 20.0),
    Temper.DISBELIEVING: (1.02, 1.1, 30.0),
    Temper.CHATTY: (0.92, 1.05, 24.0),
    Temper.SARCASTIC: (1.15, 0.95, 32.0),
    Temper.TEARFUL: (1.18, 1.1, 8.0),
}
SLOW = {"rms": 0.9}
"""Voices that speak slowly: each of their sounds is shortened."""


def speak(text: str, voice: str, temper: Temper) -> Sound:
    """The text from its first loud window to its last, at the loudness of a call."""
    stretch, pitch, range_ = MANNER[temper]
    features = {
        "duration_stretch": stretch * SLOW.get(voice, 1.0),
        "int_f0_target_mean": PITCH[voice] * pitch,
        "int_f0_target_stddev": range_,
    }
    flags = [part for name, value in features.items() for part in ("--setf", f"{name}={value:.3f}")]
    with tempfile.TemporaryDirectory() as scratch:
        wav = Path(scratch, "line.wav")
        subprocess.run(["flite", "-voice", voice, *flags, "-t", text, "-o", str(wav)], check=True)  # noqa: S603, S607
        with wave.open(str(wav)) as spoken:
            if spoken.getframerate() != RATE:
                raise ValueError(f"the voice {voice} speaks at {spoken.getframerate()} Hz, not {RATE}")
            pcm = np.frombuffer(spoken.readframes(spoken.getnframes()), np.int16)
    sound = pcm.astype(np.float32) / 32768
    for _ in range(3):  # what is loud depends on the gain, the gain on what is loud
        loud = np.repeat(is_loud(sound), WINDOW)
        sound = sound * (LOUDNESS / np.sqrt(np.mean(np.square(sound[: len(loud)][loud]))))
    windows = np.flatnonzero(is_loud(sound))
    return np.clip(sound[windows[0] * WINDOW : (windows[-1] + 1) * WINDOW], -1, 1)


def is_loud(sound: Sound) -> npt.NDArray[np.bool_]:
    """For each whole 10 ms of the sound: True where it lies above -40 dBFS."""
    whole = len(sound) // WINDOW * WINDOW
    return np.sqrt(np.mean(np.square(sound[:whole].reshape(-1, WINDOW)), axis=1)) > SPEECH


def write(sound: Sound, title: str, path: Path) -> None:
    """Write the sound as a clip that bears the words as its title."""
    pcm = np.round(sound * 32767).astype(np.int16).reshape(1, -1)
    # Without the flag the container gets a random number, so that no two are the same.
    with av.open(str(path), "w", format="ogg", container_options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libopus", rate=RATE, layout="mono", options={"application": "voip"})
        stream.bit_rate = BIT_RATE
        stream.metadata["title"] = title
        size = RATE // 50
        for at in range(0, pcm.shape[1], size):
            frame = av.AudioFrame.from_ndarray(pcm[:, at : at + size].copy(), format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def speak_all(scenario: Scenario, folder: Path) -> None:
    """Write every line of the scenario."""
    for cue, text in scenario.lines.items():
        write(speak(text, scenario.voice, scenario.temper), text, folder / scenario.clip(cue))


def main() -> None:
    """Make the clips; exit 2 where flite is missing or no scenario bears a name that is given."""
    parser = argparse.ArgumentParser(description="Speaks the customers to practise on.")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--out", type=Path, default=HERE)
    given = parser.parse_args()
    scenarios = {scenario.id: scenario for scenario in read(HERE / FILE)}
    if shutil.which("flite") is None:
        parser.error("flite is not installed: apt-get install flite")
    if unknown := set(given.names) - set(scenarios):
        parser.error(f"there is no scenario {', '.join(sorted(unknown))}")
    given.out.mkdir(parents=True, exist_ok=True)
    for name in given.names or scenarios:
        speak_all(scenarios[name], given.out)


if __name__ == "__main__":
    main()
