"""Speaks the bundled demo call again: `python benchmarks/make_demo_call.py [--out voiceassist/demo]`.

Writes call.flac (16 kHz stereo, agent left, customer right) and call.json (its turns, measured from the sound, and the
nudge expected after each turn of the agent). Needs the package's own dependencies and the `flite` of Debian or Ubuntu
(`apt-get install flite`); the same flite makes the same turns, byte for byte.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
import wave
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float32]

RATE = 16_000
WINDOW = RATE // 100  # loudness is measured over 10 ms
SPEECH = 10 ** (-40 / 20)
LOUDNESS = 10 ** (-20 / 20)
ROOM = 10 ** (-65 / 20)
TURN_PAUSE, BREATH_PAUSE = 0.6, 0.4
LEAD_IN, LEAD_OUT = 0.5, 1.0

AGENT, CUSTOMER = "agent", "customer"
VOICES = {AGENT: "rms", CUSTOMER: "kal16"}
PACES = {AGENT: 0.92, CUSTOMER: 1.0}  # rms speaks slowly: each of its sounds is shortened
NOISE_SEEDS = 20, 21


@dataclass(frozen=True, slots=True)
class Line:
    """One turn: `gap` seconds of silence after the turn before it, and the nudge that is right after it.

    A bar in `text` is a pause to breathe within the turn.
    """

    speaker: str
    gap: float
    text: str
    nudge: str = "none"


# A line may stand here only if the embedded recogniser keeps its decision: from this agent's voice "we can't bring it"
# comes back as "we can to bring it", "I can't do it" as "I can do it", and "thank you" as "sam you".
CALL = (
    Line(AGENT, 0.0, "Hill Street Bikes, what can I do for you?"),
    Line(CUSTOMER, 0.5, "Hello. Can you put a bell on my new bike?"),
    Line(AGENT, 0.4, "No problem. I will put one on today."),
    Line(CUSTOMER, 0.5, "Is there a charge for that?"),
    Line(AGENT, 0.4, "No, you won't be charged for the bell."),
    Line(CUSTOMER, 0.6, "Could you bring the bike to my house on Sunday?"),
    # Said well: the wish is met, the cause is named, another day is offered.
    Line(
        AGENT,
        0.6,
        "I understand why you want to ride it this weekend. | We cannot bring it on Sunday because our driver is off, "
        "| but I could send it on Saturday.",
    ),
    Line(CUSTOMER, 0.5, "That would be great. Can I still get the helmet for free?"),
    # Mended in time: a bare no, a breath, then the cause and a way on.
    Line(AGENT, 0.5, "No, we can't give you a free helmet."),
    Line(AGENT, 0.9, "That offer ended in March. | What I can do is give you one at half price."),
    Line(CUSTOMER, 0.5, "That sounds fair. Do you have the blue jacket in a small?"),
    # Held: the promise to look keeps the moment open over the silence.
    Line(AGENT, 0.5, "No, we don't have a small one here. | Let me look and see what I can find."),
    Line(AGENT, 4.6, "I am back. | The small ones sold out on Monday, | but our shop at the station has one left."),
    Line(CUSTOMER, 0.5, "Perfect. And will you buy my old bike?"),
    # Left hanging: the one nudge of the call.
    Line(AGENT, 0.5, "No, we don't buy old bikes.", "offer_alternative"),
    Line(CUSTOMER, 2.4, "But I was really counting on that money."),
    Line(
        AGENT,
        0.8,
        "I understand you were counting on the money. | Our store room is full. | What I can do is give you the name "
        "of a shop that buys them.",
    ),
    Line(CUSTOMER, 0.5, "That would help. Thank you very much."),
    Line(AGENT, 0.4, "You are welcome. Is there anything else you need?"),
    Line(CUSTOMER, 0.5, "No, that was everything."),
    Line(AGENT, 0.4, "We hope you enjoy your bike. Have a very good day."),
)


def speak_line(line: Line, scratch: Path) -> Sound:
    """The whole line, with its pauses to breathe."""
    pause = np.zeros(round(BREATH_PAUSE * RATE), np.float32)
    sounds = [speak(line.speaker, words, scratch) for words in line.text.split("|")]
    return np.concatenate([part for sound in sounds for part in (pause, sound)][1:])


def speak(speaker: str, words: str, scratch: Path) -> Sound:
    """The words in the speaker's voice, from the first loud window to the last, at the call's loudness."""
    wav = scratch / "words.wav"
    pace = f"duration_stretch={PACES[speaker]}"
    command = ["flite", "-voice", VOICES[speaker], "--setf", pace, "-t", words.strip(), "-o", str(wav)]
    subprocess.run(command, check=True)
    with wave.open(str(wav)) as spoken:
        if spoken.getframerate() != RATE:
            raise ValueError(f"the voice {VOICES[speaker]} speaks at {spoken.getframerate()} Hz, not {RATE}")
        pcm = np.frombuffer(spoken.readframes(spoken.getnframes()), np.int16)
    sound = pcm.astype(np.float32) / 32768
    for _ in range(3):  # what is loud depends on the gain, the gain on what is loud
        loud = np.repeat(is_loud(sound), WINDOW)
        sound = sound * (LOUDNESS / np.sqrt(np.mean(np.square(sound[: len(loud)][loud]))))
    windows = np.flatnonzero(is_loud(sound))
    return sound[windows[0] * WINDOW : (windows[-1] + 1) * WINDOW]


def is_loud(sound: Sound) -> npt.NDArray[np.bool_]:
    """For each whole 10 ms of the sound: True where it lies above -40 dBFS."""
    whole = len(sound) // WINDOW * WINDOW
    return np.sqrt(np.mean(np.square(sound[:whole].reshape(-1, WINDOW)), axis=1)) > SPEECH


def room_noise(length: int, seed: int) -> Sound:
    """Noise that falls by 6 dB an octave from 60 Hz on, as a quiet room's does."""
    white = np.random.default_rng(seed).standard_normal(length)
    spectrum = np.fft.rfft(white) / np.maximum(np.fft.rfftfreq(length, 1 / RATE), 60)
    noise = np.fft.irfft(spectrum, length)
    return (noise * (ROOM / np.sqrt(np.mean(np.square(noise))))).astype(np.float32)


def mix(sounds: list[Sound]) -> Sound:
    """Both channels of the whole call, float32 (2, n), over the noise of a quiet room."""
    places: list[int] = []
    at = round(LEAD_IN * RATE / WINDOW) * WINDOW
    for line, sound in zip(CALL, sounds, strict=True):
        places.append(at + round(line.gap * RATE / WINDOW) * WINDOW)
        at = places[-1] + len(sound)
    mixed = np.stack([room_noise(at + round(LEAD_OUT * RATE), seed) for seed in NOISE_SEEDS])
    for line, sound, place in zip(CALL, sounds, places, strict=True):
        mixed[0 if line.speaker == AGENT else 1, place : place + len(sound)] += sound
    return np.clip(mixed, -1, 1)


def stretches(sound: Sound) -> list[tuple[float, float]]:
    """Start and end, in seconds, of each stretch of speech: a pause of 0.6 s parts two."""
    found: list[tuple[int, int]] = []
    for window in np.flatnonzero(is_loud(sound)).tolist():
        if found and (window - found[-1][1]) * WINDOW < TURN_PAUSE * RATE:
            found[-1] = (found[-1][0], window + 1)
        else:
            found.append((window, window + 1))
    return [(round(start * WINDOW / RATE, 2), round(end * WINDOW / RATE, 2)) for start, end in found]


def turns_file(mixed: Sound) -> str:
    """The turns file of the call, one turn a line. Raises ValueError where the sound does not fall into the lines."""
    measured = {AGENT: stretches(mixed[0]), CUSTOMER: stretches(mixed[1])}
    for speaker, found in measured.items():
        spoken = sum(line.speaker == speaker for line in CALL)
        if len(found) != spoken:
            raise ValueError(f"the {speaker} speaks {spoken} lines, but {len(found)} stretches of speech were measured")
    places = {speaker: iter(found) for speaker, found in measured.items()}
    turns = [
        {"speaker": line.speaker, "text": line.text.replace(" |", ""), "start": start, "end": end}
        for line, (start, end) in ((line, next(places[line.speaker])) for line in CALL)
    ]
    expect = [{"after_turn": i, "nudge": line.nudge} for i, line in enumerate(CALL) if line.speaker == AGENT]
    rows = [",\n".join(f"  {json.dumps(row)}" for row in part) for part in (turns, expect)]
    return f'{{\n "id": "demo",\n "turns": [\n{rows[0]}\n ],\n "expect": [\n{rows[1]}\n ]\n}}\n'


def write_flac(mixed: Sound, path: Path) -> None:
    """Writes the sound, float32 (2, n) in [-1, 1], as 13 bits in 16: finer steps only store the noise."""
    pcm = (np.clip(np.round(mixed.T * 4096), -4096, 4095) * 8).astype(np.int16)
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=RATE, layout="stereo", options={"compression_level": "8"})
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate = RATE
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)


def main() -> None:
    """Makes both files; exit 2 where flite is missing."""
    parser = argparse.ArgumentParser(description="Speaks the bundled demo call again.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "voiceassist" / "demo")
    out: Path = parser.parse_args().out
    if shutil.which("flite") is None:
        parser.error("flite is not installed: apt-get install flite")
    with tempfile.TemporaryDirectory() as scratch:
        mixed = mix([speak_line(line, Path(scratch)) for line in CALL])
    out.mkdir(parents=True, exist_ok=True)
    (out / "call.json").write_text(turns_file(mixed), "utf-8")
    write_flac(mixed, out / "call.flac")


if __name__ == "__main__":
    main()
