"""Noises that people and animals make without words: breath, coughs, laughter, humming."""

from __future__ import annotations

import numpy as np
from waves import (
    Maker,
    Rng,
    Sound,
    band,
    filtered,
    larynx,
    now_and_then,
    one_click,
    peaking,
    placed,
    quiet_room,
    resonant,
    rise_and_fall,
    samples_in,
    shaped_noise,
    swell,
    times,
)

_OPEN = ((650, 250, 1.0), (1250, 350, 0.7), (2600, 500, 0.35), (3800, 900, 0.2))
"""An open mouth; noise through it is a breath or a cough, pulses through it an "uh"."""


def breathing(seconds: float, rng: Rng) -> Sound:
    """In and out, into the microphone: the wind of it below, the mouth above."""

    def breath() -> Sound:
        length = rng.uniform(0.6, 1.4)
        bell = np.sin(np.pi * np.linspace(0, 1, samples_in(length))) ** 1.5
        mouth = shaped_noise(length, rng, resonant(*_OPEN))
        wind = shaped_noise(length, rng, band(30, 200, 0.5)) * rng.uniform(0, 2)
        return peaking(bell * (mouth + wind), rng.uniform(0.03, 0.4))

    return now_and_then(seconds, rng, 1.9, breath) + quiet_room(seconds, rng)


def _one_cough(rng: Rng, level: float) -> Sound:
    """A burst as the larynx opens, a rush of air through the open mouth, often a voiced end."""
    rush, end = rng.uniform(0.12, 0.3), rng.uniform(0.08, 0.25)
    shift = rng.uniform(0.85, 1.25)
    mouth = resonant(*((at * shift, width, gain) for at, width, gain in _OPEN))
    burst = shaped_noise(0.05, rng, band(300, 6000)) * rise_and_fall(0.05, 0.003, 0.02)
    air = shaped_noise(rush, rng, mouth) * rise_and_fall(rush, 0.01, rush / 2)
    base = rng.uniform(180, 420)
    voiced = filtered(larynx(end, rng, lambda c: base * (1 - 0.4 * c), 0.1), mouth)
    voiced = peaking(voiced * rise_and_fall(end, 0.02, end / 3), rng.uniform(0, 1.2))
    return peaking(placed(0.8, [(0, 1.5 * burst), (0.03, air), (0.03 + rush * 0.7, voiced)]), level)


def coughing(number: tuple[int, int], every: float) -> Maker:
    def make(seconds: float, rng: Rng) -> Sound:
        def coughs() -> Sound:
            level, gap = rng.uniform(0.1, 0.9), rng.uniform(0.3, 0.5)
            times = (gap * k for k in range(int(rng.integers(*number))))
            return placed(5.0, [(at, _one_cough(rng, level * rng.uniform(0.6, 1))) for at in times])

        return now_and_then(seconds, rng, every, coughs) + quiet_room(seconds, rng)

    return make


def sneeze(seconds: float, rng: Rng) -> Sound:
    """A breath drawn with a little voice, then the sneeze: a hiss of all that a mouth can hiss."""

    def one() -> Sound:
        gasp = shaped_noise(0.5, rng, resonant(*_OPEN)) * np.linspace(0, 1, samples_in(0.5)) ** 2
        hiss = shaped_noise(0.4, rng, band(1500, 7000)) * rise_and_fall(0.4, 0.02, 0.12)
        voiced = filtered(larynx(0.25, rng, lambda c: 380 - 150 * c, 0.06), resonant(*_OPEN))
        return placed(
            1.4,
            [
                (0, peaking(gasp, 0.1)),
                (0.55, peaking(hiss, rng.uniform(0.2, 0.9))),
                (0.6, peaking(voiced * rise_and_fall(0.25, 0.02, 0.08), rng.uniform(0, 0.3))),
            ],
        )

    return now_and_then(seconds, rng, 3, one) + quiet_room(seconds, rng)


def throat(seconds: float, rng: Rng) -> Sound:
    """Throats cleared: a rough low voice behind closed lips."""

    def one() -> Sound:
        length, base = rng.uniform(0.25, 0.6), rng.uniform(70, 140)
        rough = larynx(length, rng, lambda c: base * (1.2 - 0.4 * c), 0.25)
        mixed = rough + 0.7 * rng.normal(0, 1, len(rough))
        shaped = filtered(mixed, resonant((450, 250, 1.0), (1400, 400, 0.3), (2500, 600, 0.1)))
        clear = shaped * swell(length, rng, 18, 0.5) * rise_and_fall(length, 0.05, length)
        return peaking(clear, rng.uniform(0.05, 0.4))

    def twice() -> Sound:
        return placed(1.6, [(0, one()), *[(0.7, one())] * int(rng.integers(0, 2))])

    return now_and_then(seconds, rng, 2.2, twice) + quiet_room(seconds, rng)


def laughing(seconds: float, rng: Rng) -> Sound:
    """Laughter at the next desk: short voiced bursts that fall in pitch, each with a puff of air before it."""

    def laugh() -> Sound:
        base, rate = rng.uniform(160, 380), rng.uniform(4, 5.5)
        parts: list[tuple[float, Sound]] = []
        for k in range(int(rng.integers(3, 8))):
            pitch = base * (1.3 - 0.06 * k)
            voiced = filtered(larynx(0.12, rng, lambda _, at=pitch: at + 0 * _, 0.04), resonant(*_OPEN))
            puff = shaped_noise(0.08, rng, resonant(*_OPEN)) * rise_and_fall(0.08, 0.03, 0.05)
            parts += [(k / rate, 0.2 * puff), (k / rate + 0.06, peaking(voiced * rise_and_fall(0.12, 0.02, 0.06), 1.0))]
        return peaking(placed(2.2, parts), rng.uniform(0.03, 0.2))

    return now_and_then(seconds, rng, 3.5, laugh) + quiet_room(seconds, rng)


def humming(seconds: float, rng: Rng) -> Sound:
    """A tune hummed behind closed lips."""

    def note() -> Sound:
        length, pitch = rng.uniform(0.3, 0.8), 140 * 2 ** (rng.choice([0, 2, 4, 5, 7]) / 12)
        hum = larynx(length, rng, lambda c: pitch * (1 + 0.01 * np.sin(30 * c)), 0.008)
        closed = filtered(hum, resonant((250, 120, 1.0), (1100, 400, 0.06), (2200, 500, 0.02)))
        return peaking(closed * np.minimum(1, 6 * np.sin(np.pi * np.linspace(0, 1, len(hum)))), 0.08)

    return now_and_then(seconds, rng, 0.6, note) + quiet_room(seconds, rng)


def baby(seconds: float, rng: Rng) -> Sound:
    """A baby that cries in the next room of a home office."""

    def cry() -> Sound:
        length, base = rng.uniform(0.6, 1.3), rng.uniform(380, 520)
        sound = larynx(length, rng, lambda c: base * (1 + 0.25 * np.sin(np.pi * c)), 0.03)
        shaped = filtered(sound, resonant((1100, 400, 1.0), (2300, 600, 0.7), (4200, 900, 0.3)))
        return peaking(shaped * np.sin(np.pi * np.linspace(0, 1, len(shaped))) ** 0.5, rng.uniform(0.02, 0.12))

    return now_and_then(seconds, rng, 1.6, cry) + quiet_room(seconds, rng)


def snoring(seconds: float, rng: Rng) -> Sound:
    """A pet, or somebody, asleep beside the desk."""

    def snore() -> Sound:
        length, base = rng.uniform(0.8, 1.5), rng.uniform(35, 70)
        rattle = larynx(length, rng, lambda c: base * (1 + 0.1 * c), 0.1) * rng.normal(0.6, 0.4, samples_in(length))
        shaped = filtered(rattle, resonant((300, 200, 1.0), (900, 400, 0.4), (2100, 600, 0.15)))
        return peaking(shaped * np.sin(np.pi * np.linspace(0, 1, len(shaped))), rng.uniform(0.02, 0.2))

    return now_and_then(seconds, rng, 2.6, snore) + quiet_room(seconds, rng)


def lips(seconds: float, rng: Rng) -> Sound:
    """Lips smacked, a sip, a swallow, close to the microphone."""

    def one() -> Sound:
        smack = one_click(rng, rng.uniform(0.02, 0.2), 700, 4500, 0.008)
        sip = shaped_noise(0.3, rng, band(1500, 6000)) * swell(0.3, rng, 30, 0.8) * rng.uniform(0, 0.05)
        gulp = filtered(one_click(rng, 1.0, 100, 900, 0.03), resonant((350, 150, 1.0)))
        return placed(0.9, [(0, smack), (0.1, sip), (0.5, peaking(gulp, rng.uniform(0, 0.1)))])

    return now_and_then(seconds, rng, 1.3, one) + quiet_room(seconds, rng)


def whistling(seconds: float, rng: Rng) -> Sound:
    def note() -> Sound:
        time = times(rng.uniform(0.2, 0.6))
        pitch = 1100 * 2 ** (rng.choice([0, 2, 4, 5, 7, 9]) / 12)
        wave = np.sin(2 * np.pi * pitch * time + 6 * np.sin(2 * np.pi * 5 * time))
        return 0.06 * (wave + 0.05 * rng.normal(0, 1, len(time))) * np.minimum(1, time / 0.03)

    return now_and_then(seconds, rng, 0.5, note) + quiet_room(seconds, rng)
