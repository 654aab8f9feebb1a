"""Music on hold, made up as it goes: chords, melody, bass and drums, heard through a telephone."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from voiceassist.core.types import SAMPLE_RATE

Sound: TypeAlias = npt.NDArray[np.float64]
Rng: TypeAlias = np.random.Generator
Instrument: TypeAlias = Callable[[float, float, Rng], Sound]

_CHORDS = ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14))
_SCALE = (0, 2, 4, 5, 7, 9, 11, 12, 14, 16)


def _time(length: float) -> Sound:
    return np.arange(round(length * SAMPLE_RATE)) / SAMPLE_RATE


def _hertz(note: float) -> float:
    return 220.0 * 2 ** (note / 12)


def _harmonics(phase: Sound, highest: int, fall: float) -> Sound:
    return sum((np.sin(k * phase) / k**fall for k in range(1, highest + 1)), np.zeros_like(phase))


def _vibrato(pitch: float, time: Sound, depth: float) -> Sound:
    return 2 * np.pi * pitch * (time - depth * np.cos(2 * np.pi * 5.5 * time) / (2 * np.pi * 5.5))


def _strings(pitch: float, length: float, rng: Rng) -> Sound:
    time = _time(length)
    players = (_harmonics(_vibrato(pitch * rng.normal(1, 0.002), time, 0.006), 12, 1.1) for _ in range(3))
    return sum(players, np.zeros_like(time)) * np.minimum(1, time / 0.25) * np.minimum(1, (length - time) / 0.15)


def _piano(pitch: float, length: float, rng: Rng) -> Sound:
    time = _time(length)
    return sum(
        (
            np.sin(2 * np.pi * pitch * k * (1 + 3e-4 * k * k) * time) * np.exp(-time * (1.5 + 0.8 * k)) / k**1.3
            for k in range(1, 9)
        ),
        np.zeros_like(time),
    ) * rng.uniform(0.6, 1.0)


def _guitar(pitch: float, length: float, rng: Rng) -> Sound:
    """A plucked string: a burst of noise that goes round in a loop and grows dull."""
    count, period = round(length * SAMPLE_RATE), max(2, round(SAMPLE_RATE / pitch))
    loop, rounds = rng.uniform(-1, 1, period), []
    for _ in range(count // period + 1):
        rounds.append(loop)
        loop = 0.497 * (loop + np.roll(loop, 1))
    return 2 * np.concatenate(rounds)[:count]


def _brass(pitch: float, length: float, rng: Rng) -> Sound:
    time = _time(length)
    bright = np.minimum(1, time / 0.06) * np.minimum(1, (length - time) / 0.08)
    phase = _vibrato(pitch, time, 0.003) + rng.uniform(0, 6)
    return bright * sum((np.sin(k * phase) * bright**k * np.exp(-((k - 4) ** 2) / 18) for k in range(1, 14)), 0 * time)


def _choir(pitch: float, length: float, rng: Rng) -> Sound:
    """People who sing "aah": harmonics under a mouth's formants, no word."""
    time = _time(length)
    out = np.zeros_like(time)
    for _ in range(3):
        phase = _vibrato(pitch * rng.normal(1, 0.004), time, 0.01) + rng.uniform(0, 6)
        for k in range(1, int(3600 / pitch)):
            mouth = sum(g / (1 + ((k * pitch - f) / 90) ** 2) for f, g in ((700, 1.0), (1150, 0.6), (2700, 0.3)))
            out += mouth * np.sin(k * phase)
    return out * np.minimum(1, time / 0.2) * np.minimum(1, (length - time) / 0.15)


def _bass(pitch: float, length: float, rng: Rng) -> Sound:
    time = _time(length)
    return _harmonics(2 * np.pi * pitch / 2 * time + rng.uniform(0, 1), 5, 1.0) * np.exp(-time * 3)


def _kick(rng: Rng) -> Sound:
    time = _time(0.25)
    return rng.uniform(0.8, 1) * np.sin(2 * np.pi * (50 * time + 4 * (1 - np.exp(-time * 30)))) * np.exp(-time * 14)


def _snare(rng: Rng) -> Sound:
    time = _time(0.2)
    return (rng.normal(0, 0.5, len(time)) + 0.5 * np.sin(2 * np.pi * 190 * time)) * np.exp(-time * 20)


def _hat(rng: Rng) -> Sound:
    time = _time(0.06)
    return np.diff(rng.normal(0, 0.3, len(time) + 1)) * np.exp(-time * 60)


# style: pad, melody, beats a minute, notes of the melody a beat, drums?
_STYLES: dict[str, tuple[Instrument, Instrument, float, int, bool]] = {
    "strings": (_strings, _strings, 66, 1, False),
    "beat": (_piano, _brass, 118, 2, True),
    "piano": (_piano, _piano, 92, 2, False),
    "guitar": (_guitar, _guitar, 104, 2, True),
    "brass": (_strings, _brass, 96, 1, True),
    "choir": (_strings, _choir, 60, 1, False),
}


def music(style: str, seconds: float, rng: Rng) -> Sound:
    """`seconds` of a tune in that style, its peak at 1."""
    pad, lead, tempo, notes, drums = _STYLES[style]
    beat, key = 60 / tempo, float(rng.integers(-5, 6))
    out = np.zeros(round((seconds + 5 * beat) * SAMPLE_RATE))

    def put(at: float, sound: Sound, level: float) -> None:
        start = round(at * SAMPLE_RATE)
        out[start : start + len(sound)] += level * sound[: len(out) - start]

    step = int(rng.integers(0, 8))
    for bar in range(int(seconds / (4 * beat)) + 1):
        chord = _CHORDS[bar % 4]
        for note in chord:
            put(4 * beat * bar, pad(_hertz(key + note), 4 * beat, rng), 0.25)
        for quarter in range(4):
            at = beat * (4 * bar + quarter)
            put(at, _bass(_hertz(key + chord[0] - 12), beat, rng), 0.3 * drums)
            for part in range(notes):
                step = int(np.clip(step + rng.integers(-2, 3), 0, len(_SCALE) - 1))
                if rng.random() < 0.8:
                    length = beat / notes * rng.uniform(0.9, 1.8)
                    put(at + part * beat / notes, lead(_hertz(key + _SCALE[step]), length, rng), 0.5)
            if drums:
                put(at, _snare(rng) if quarter % 2 else _kick(rng), 0.8)
                put(at + beat / 2, _hat(rng), 0.6)
    out = out[: round(seconds * SAMPLE_RATE)]
    return out / (np.abs(out).max(initial=0.0) or 1.0)


def telephone(sound: Sound, level: float = 0.35) -> Sound:
    """Sound as a telephone carries it: 300 to 3400 Hz, eight bits on a logarithmic scale."""
    spectrum = np.fft.rfft(sound)
    f = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    band = 1 / ((1 + (300 / np.maximum(f, 1)) ** 8) * (1 + (f / 3400) ** 16))
    narrow = np.fft.irfft(spectrum * band, len(sound))
    narrow *= level / (np.abs(narrow).max(initial=0.0) or 1.0)
    steps = np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256)
    return np.sign(steps) * (256 ** np.abs(np.round(steps * 127) / 127) - 1) / 255
