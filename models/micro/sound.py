"""Sounds that are no words, what a line and a room do to a voice, and the log-mel spectrum that Whisper hears."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.random import Generator
from torch import Tensor

from models.micro.voices import RATE

Sound = np.ndarray
"""(n,) float32 at 16 kHz in [-1, 1]."""

HOP, WINDOW = 160, 400


def noise(length: int, slope: float, rng: Generator) -> Sound:
    """Noise of standard deviation 1 whose power falls with frequency ** (2 * slope): white 0, pink 0.5, brown 1."""
    size = 1 << max(1, length - 1).bit_length()
    spectrum = np.fft.rfft(rng.standard_normal(size, np.float32))
    spectrum *= (np.fft.rfftfreq(size, 1 / RATE) + 30) ** -slope
    sound = np.fft.irfft(spectrum, size)[:length]
    return (sound / (sound.std() + 1e-9)).astype(np.float32)


def band(sound: Sound, low: float, high: float) -> Sound:
    """What a line lets through: softly from `low` to `high` Hz."""
    size = 1 << max(1, len(sound) - 1).bit_length()
    frequency = np.fft.rfftfreq(size, 1 / RATE)
    passed = 1 / (1 + np.exp(np.clip((low - frequency) / 25, -50, 50)))
    passed /= 1 + np.exp(np.clip((frequency - high) / 60, -50, 50))
    return np.fft.irfft(np.fft.rfft(sound, size) * passed, size)[: len(sound)].astype(np.float32)


def telephone(sound: Sound) -> Sound:
    """300 to 3,400 Hz in the 8 bits of G.711 (mu-law)."""
    heard = np.clip(band(sound, 300, 3400), -1, 1)
    coded = np.round(np.sign(heard) * np.log1p(255 * np.abs(heard)) / np.log(256) * 127.5) / 127.5
    return (np.sign(coded) * (256 ** np.abs(coded) - 1) / 255).astype(np.float32)


def _time(length: int) -> Sound:
    return np.arange(length, dtype=np.float32) / RATE


def silence(length: int, rng: Generator) -> Sound:
    """Nothing, or nearly."""
    return rng.standard_normal(length, np.float32) * np.float32(rng.choice((0.0, 1e-5, 1e-4)))


def hiss(length: int, rng: Generator) -> Sound:
    """Noise of a room or a line."""
    stock = _noises()[rng.integers(3)]
    at = rng.integers(len(stock) - length) if length < len(stock) else 0
    return np.resize(stock[at : at + length], length)


@cache
def _noises() -> list[Sound]:
    """A minute of each colour: to make it anew for every sample takes longer than all else."""
    return [noise(60 * RATE, slope, np.random.default_rng(0)) for slope in (0.0, 0.5, 1.0)]


def hum(length: int, rng: Generator) -> Sound:
    """Mains hum with its harmonics."""
    base, time = rng.choice((50.0, 60.0)), _time(length)
    waves = [np.sin(2 * np.pi * base * n * time) * rng.uniform(0, 1 / n) for n in range(1, 8)]
    return np.sum(waves, 0, dtype=np.float32)


def tone(length: int, rng: Generator) -> Sound:
    """One steady tone, or one that glides."""
    start = np.exp(rng.uniform(np.log(90), np.log(4000)))
    end = start if rng.random() < 0.7 else np.exp(rng.uniform(np.log(90), np.log(4000)))
    phase = np.cumsum(np.linspace(start, end, length) / RATE)
    wave = np.sin(2 * np.pi * phase)
    return (np.sign(wave) * np.abs(wave) ** rng.choice((1.0, 1.0, 0.4))).astype(np.float32)


def signal(length: int, rng: Generator) -> Sound:
    """Two tones at once, switched on and off: ring-back, busy, the keys of a telephone."""
    low, high = rng.choice(((440, 480), (400, 450), (425, 425), (480, 620), (350, 440), (697, 1209), (852, 1477)))
    time = _time(length)
    on, off = rng.choice(((2.0, 4.0), (1.0, 4.0), (0.4, 0.2), (0.5, 0.5), (0.25, 0.25), (0.1, 0.1)))
    gate = (time + rng.uniform(0, on)) % (on + off) < on
    return ((np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time)) * gate * 0.5).astype(np.float32)


def music(length: int, rng: Generator) -> Sound:
    """Notes of a scale, plucked or held, alone or in chords, with or without a drum."""
    sound = np.zeros(length, np.float32)
    scale = 110 * 2 ** (rng.integers(0, 24) / 12) * 2 ** (np.array((0, 2, 4, 5, 7, 9, 11, 12, 14, 16)) / 12)
    beat = rng.uniform(0.12, 0.7)
    decay = rng.choice((0.0, 2.0, 6.0))
    overtones = rng.uniform(0, 1, 6) ** 2 / np.arange(1, 7)
    chord = int(rng.choice((1, 1, 2, 3)))
    drum = rng.random() < 0.4
    for at in range(0, length, max(1, round(beat * RATE))):
        size = min(length - at, round(beat * RATE * rng.choice((1.0, 1.0, 2.0))))
        time = _time(size)
        envelope = np.exp(-decay * time) * np.minimum(1, time / 0.01) * np.minimum(1, (time[-1] - time) / 0.02)
        for note in rng.choice(scale, chord):
            waves = (share * np.sin(2 * np.pi * note * n * time) for n, share in enumerate(overtones, 1))
            sound[at : at + size] += np.sum(list(waves), 0) * envelope
        if drum:
            size = min(size, 2400)
            sound[at : at + size] += rng.standard_normal(size, np.float32) * np.exp(-_time(size) * 40) * 0.7
    return sound


def keys(length: int, rng: Generator) -> Sound:
    """A keyboard or a mouse: short clicks, each of its own colour."""
    sound = np.zeros(length, np.float32)
    at = int(rng.uniform(0, 0.3) * RATE)
    while at < length - 1:
        size = min(length - at, int(rng.uniform(0.01, 0.06) * RATE))
        click = rng.standard_normal(size, np.float32) * np.exp(-_time(size) * rng.uniform(60, 400))
        ring = np.sin(2 * np.pi * rng.uniform(300, 5000) * _time(size)) * np.exp(-_time(size) * 150)
        sound[at : at + size] += (click + ring * rng.uniform(0, 1)) * rng.uniform(0.3, 1)
        at += int(rng.uniform(0.06, 0.45) * RATE)
    return sound


def cough(length: int, rng: Generator) -> Sound:
    """Coughs, breaths and knocks: bursts of coloured noise, some with a rough voice under them."""
    sound = np.zeros(length, np.float32)
    at = int(rng.uniform(0, 0.5) * RATE)
    while at < length - 1:
        size = min(length - at, int(rng.uniform(0.08, 0.6) * RATE))
        time = _time(size)
        burst = noise(size, rng.uniform(0.0, 0.8), rng)
        burst = band(burst, rng.uniform(100, 700), rng.uniform(1200, 5000))
        envelope = np.minimum(1, time / rng.uniform(0.003, 0.15)) * np.exp(-time * rng.uniform(4, 25))
        if rng.random() < 0.4:
            pitch = np.cumsum(rng.uniform(90, 300) * (1 + 0.15 * noise(size, 1.0, rng)) / RATE)
            burst += np.maximum(0, np.sin(2 * np.pi * pitch)) ** 4 * rng.uniform(0, 1.5)
        sound[at : at + size] += burst * envelope * rng.uniform(0.4, 1)
        at += int(rng.uniform(0.2, 1.8) * RATE)
    return sound


KINDS: dict[str, Callable[[int, Generator], Sound]] = {
    "silence": silence, "hiss": hiss, "hum": hum, "tone": tone, "signal": signal, "music": music, "keys": keys,
    "cough": cough,
}  # fmt: skip


def without_words(length: int, rng: Generator) -> Sound:
    """A sound of any of the kinds, its peak at 1 unless it is silent."""
    sound = KINDS[str(rng.choice(list(KINDS)))](length, rng)
    peak = np.abs(sound).max(initial=0)
    return sound / peak if peak > 1e-3 else sound


def transmitted(sound: Sound, rng: Generator) -> Sound:
    """The sound at some level, in some noise, over some line."""
    loudness = max(float(np.sqrt(np.mean(sound**2))), 1e-4)
    kind = rng.random()
    if kind < 0.75:
        sound = sound + hiss(len(sound), rng) * np.float32(loudness * 10 ** (-rng.uniform(8, 42) / 20))
    elif kind < 0.9:
        sound = sound + rng.standard_normal(len(sound), np.float32) * np.float32(10 ** rng.uniform(-5, -3))
    kind = rng.random()
    if kind < 0.3:
        sound = telephone(sound)
    elif kind < 0.45:
        sound = band(sound, rng.choice((20, 60, 150)), rng.uniform(3400, 7000))
    return np.clip(sound, -1, 1)


class LogMel:
    """Whisper's log-mel spectrum of a batch, each sound padded by zeros as faster-whisper pads it."""

    def __init__(self) -> None:
        self._filters = torch.from_numpy(FeatureExtractor().mel_filters)
        self._window = torch.from_numpy(np.hanning(WINDOW + 1)[:-1].astype(np.float32))

    def __call__(self, sounds: list[Sound], frames: int = 0) -> tuple[Tensor, list[int]]:
        """(batch, 80, frames) with at least `frames`, an even number, and how many frames of each are sound."""
        lengths = [len(sound) // HOP + 1 for sound in sounds]
        batch = torch.zeros(len(sounds), (max(lengths) + 2) * HOP)
        for row, sound in zip(batch, sounds, strict=True):
            row[: len(sound)] = torch.from_numpy(np.ascontiguousarray(sound, np.float32))
        power = torch.stft(batch, WINDOW, HOP, window=self._window, return_complex=True)[..., :-1].abs() ** 2
        levels = (self._filters @ power).clamp_min(1e-10).log10()
        frames = max(frames, *lengths)
        mel = torch.zeros(len(sounds), len(self._filters), frames + frames % 2)
        for row, level, length in zip(mel, levels, lengths, strict=True):
            heard = level[:, :length]
            row[:, :length] = (torch.maximum(heard, heard.max() - 8) + 4) / 4
        return mel, lengths
