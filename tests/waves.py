"""What noises are made of: shaped noise, resonances, pulses of a larynx, clicks, and their places in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from voiceassist.core.types import SAMPLE_RATE

Sound: TypeAlias = npt.NDArray[np.float64]
Rng: TypeAlias = np.random.Generator
Maker: TypeAlias = Callable[[float, Rng], Sound]


def samples_in(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE)


def times(seconds: float) -> Sound:
    return np.arange(samples_in(seconds)) / SAMPLE_RATE


def shaped_noise(seconds: float, rng: Rng, curve: Callable[[Sound], Sound]) -> Sound:
    """Noise of unit power whose amplitude follows `curve` over the frequency in Hz."""
    count = max(2, samples_in(seconds))
    spectrum = np.fft.rfft(rng.normal(0, 1, count))
    sound = np.fft.irfft(spectrum * curve(np.fft.rfftfreq(count, 1 / SAMPLE_RATE)), count)
    return sound / (np.std(sound) or 1.0)


def band(low: float, high: float, slope: float = 0.0) -> Callable[[Sound], Sound]:
    """A band in Hz with soft edges, falling by `slope` powers of the frequency within."""
    return lambda f: np.maximum(f, 20.0) ** -slope / ((1 + (low / np.maximum(f, 1)) ** 4) * (1 + (f / high) ** 4))


def resonant(*peaks: tuple[float, float, float]) -> Callable[[Sound], Sound]:
    """Peaks of (frequency, bandwidth, gain), as a mouth or a box has them."""

    def curve(f: Sound) -> Sound:
        out = np.full_like(f, 0.01)
        for at, width, gain in peaks:
            out += gain / (1 + ((f - at) / (width / 2)) ** 2)
        return out

    return curve


def filtered(sound: Sound, curve: Callable[[Sound], Sound]) -> Sound:
    spectrum = np.fft.rfft(sound) * curve(np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE))
    return np.fft.irfft(spectrum, len(sound))


def swell(seconds: float, rng: Rng, rate: float, depth: float) -> Sound:
    """A level that wanders around 1, `rate` turns a second."""
    turns = max(2, round(seconds * rate) + 2)
    points = np.exp(depth * rng.normal(0, 1, turns))
    return np.interp(np.linspace(0, turns - 1, samples_in(seconds)), np.arange(turns), points)


def rise_and_fall(seconds: float, attack: float, decay: float) -> Sound:
    time = times(seconds)
    return np.minimum(1, time / attack) * np.exp(-np.maximum(0, time - attack) / decay)


def peaking(sound: Sound, level: float) -> Sound:
    return sound * (level / (np.abs(sound).max(initial=0.0) or 1.0))


def placed(seconds: float, events: Iterable[tuple[float, Sound]]) -> Sound:
    """Sounds at their times, added up."""
    out = np.zeros(samples_in(seconds))
    for at, sound in events:
        start = samples_in(at)
        part = sound[: max(0, len(out) - start)]
        out[start : start + len(part)] += part
    return out


def now_and_then(seconds: float, rng: Rng, every: float, make: Callable[[], Sound], start: float = 0.4) -> Sound:
    """What `make` makes, at irregular times about `every` seconds apart, the first after `start`."""
    times: list[float] = []
    at = start
    while at < seconds:
        times.append(at)
        at += every * rng.uniform(0.6, 1.4)
    return placed(seconds, ((time, make()) for time in times))


def larynx(seconds: float, rng: Rng, pitch: Callable[[Sound], Sound], roughness: float) -> Sound:
    """Pulses of a larynx at `pitch` Hz over the course from 0 to 1, uneven by `roughness`."""
    count = samples_in(seconds)
    course = pitch(np.linspace(0, 1, count))
    jitter = np.interp(np.linspace(0, 1, count), np.linspace(0, 1, 60), rng.normal(0, roughness, 60))
    phase = np.cumsum(course * (1 + jitter)) / SAMPLE_RATE
    saw = 1 - 2 * (phase % 1.0)
    return saw * (1 + roughness * rng.normal(0, 1, count))


def quiet_room(seconds: float, rng: Rng, level: float = 1e-3) -> Sound:
    """The room that everything else happens in: pink noise and a little mains hum."""
    hum = sum(np.sin(2 * np.pi * 50 * k * times(seconds) + k) / k**2 for k in (1, 2, 3, 5))
    return level * (shaped_noise(seconds, rng, band(20, 7000, 0.5))[: samples_in(seconds)] + 0.3 * hum)


def one_click(rng: Rng, level: float, low: float = 1200, high: float = 6000, decay: float = 0.006) -> Sound:
    length = 8 * decay
    return peaking(shaped_noise(length, rng, band(low, high)) * rise_and_fall(length, 0.0005, decay), level)
