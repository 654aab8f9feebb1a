"""Sound that nobody can mistake, and the search for it in bytes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import soxr

from voiceassist.core.types import SAMPLE_RATE, Samples

_PIECE, _PIECES = 1024, 8
_RATES = (8_000, SAMPLE_RATE, 44_100, 48_000)
_ALIKE = 0.5
"""Noise that is another one is alike to 0.15 at most, with a thousand samples."""


def hiss(seconds: float = 2.0, level: float = 0.1) -> Samples:
    """Noise like no other, always the same: what is to be looked for."""
    return np.random.default_rng(4711).normal(0, level, round(seconds * SAMPLE_RATE)).astype(np.float32)


def holds(data: bytes, sound: Samples) -> bool:
    """Tell whether samples of the sound lie in the bytes: as int16 or float32, at any usual rate and any loudness.

    Half a second of the two that `hiss` lasts is found for certain.
    """
    return any(_holds(values, _at_rate(sound, rate)) for values in _readings(data) for rate in _RATES)


def _readings(data: bytes) -> Iterator[Samples]:
    """The bytes as samples of each kind, from each place at which the first one may begin."""
    for kind, scale in (("<i2", 32_768), ("<f4", 1)):
        size = np.dtype(kind).itemsize
        for start in range(size):
            rest = data[start:]
            values = np.frombuffer(rest[: len(rest) // size * size], kind)
            loud = ~(np.abs(values) <= 4 * scale)  # also what is no number
            yield np.where(loud, 0, values).astype(np.float32) / scale


def _at_rate(sound: Samples, rate: int) -> Samples:
    return sound if rate == SAMPLE_RATE else soxr.resample(sound, SAMPLE_RATE, rate)


def _holds(values: Samples, sound: Samples) -> bool:
    """Correlate pieces of the sound with every stretch of the values."""
    if len(values) < _PIECE:
        return False
    size = 1 << (len(values) + _PIECE - 1).bit_length()
    spectrum = np.fft.rfft(values, size)
    energy = np.cumsum(np.concatenate([[0.0], values.astype(np.float64) ** 2]))
    norm = np.sqrt(np.maximum(energy[_PIECE:] - energy[:-_PIECE], 0))
    for start in range(0, len(sound) - _PIECE, len(sound) // _PIECES):
        piece = sound[start : start + _PIECE]
        product = np.fft.irfft(spectrum * np.conj(np.fft.rfft(piece, size)), size)[: len(norm)]
        if np.any(np.abs(product) > _ALIKE * np.linalg.norm(piece) * np.maximum(norm, 1e-4)):
            return True
    return False
