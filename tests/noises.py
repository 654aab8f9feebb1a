"""Noises of rooms, desks, bodies and telephone lines, made when they are needed: seeded, of any length, without files.

`noise(kind, seconds, seed)` gives one of `KINDS` at the level that a headset's microphone would hear it at.
"""

from __future__ import annotations

import bodies
import numpy as np
from sound import spoken
from tunes import music, telephone
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

from voiceassist.core.types import SAMPLE_RATE, Samples


def noise(kind: str, seconds: float, seed: int = 0) -> Samples:
    """`seconds` of a kind of noise, float32 in [-1, 1]; the same seed gives the same noise."""
    # Not hash(): that differs from run to run.
    rng = np.random.default_rng([seed, *kind.encode()])
    sound = KINDS[kind](seconds, rng)
    return np.clip(sound[: samples_in(seconds)], -1, 1).astype(np.float32)


# --- rooms ------------------------------------------------------------------------------------------------------------


def _room(seconds: float, rng: Rng) -> Sound:
    """A room with air conditioning that comes and goes."""
    air = shaped_noise(seconds, rng, band(60, 900, 0.8)) * swell(seconds, rng, 0.3, 0.7)
    return quiet_room(seconds, rng) + 0.008 * air


def _fan(seconds: float, rng: Rng) -> Sound:
    """A fan beside the microphone: blades, motor and a rush of air."""
    time, turn = times(seconds), rng.uniform(22, 45)
    blades = 1 + 0.4 * np.sin(2 * np.pi * turn * time)
    motor = sum(np.sin(2 * np.pi * turn * k * time + k) / k for k in range(1, 9))
    return 0.04 * blades * shaped_noise(seconds, rng, band(80, 2500, 0.5)) + 0.01 * motor


def _traffic(seconds: float, rng: Rng) -> Sound:
    """A street behind an open window: a rumble, cars that pass, now and then a horn."""
    rumble = 0.02 * shaped_noise(seconds, rng, band(30, 400, 0.7)) * swell(seconds, rng, 0.5, 0.5)

    def car() -> Sound:
        length = rng.uniform(2, 5)
        passing = np.exp(-(((np.linspace(-1, 1, samples_in(length))) / 0.35) ** 2))
        engine = larynx(length, rng, lambda c: 90 - 20 * c, 0.02)
        return passing * (0.05 * shaped_noise(length, rng, band(100, 1500, 0.5)) + 0.02 * engine)

    def horn() -> Sound:
        time = times(rng.uniform(0.3, 1.0))
        chord = sum(np.sin(2 * np.pi * f * k * time) / k for f in (415, 523) for k in (1, 2, 3, 4))
        return peaking(chord, 0.05) * np.minimum(1, time / 0.02)

    return (
        rumble + now_and_then(seconds, rng, 3, car) + now_and_then(seconds, rng, 9, horn, 3) + quiet_room(seconds, rng)
    )


def _rain(seconds: float, rng: Rng) -> Sound:
    drops = (rng.random(samples_in(seconds)) < 0.006) * rng.exponential(1, samples_in(seconds))
    return 0.02 * shaped_noise(seconds, rng, band(400, 7000)) + 0.15 * filtered(drops, resonant((2500, 3000, 1.0)))


def _siren(seconds: float, rng: Rng) -> Sound:
    time = times(seconds)
    pitch = 900 + 450 * np.sin(2 * np.pi * rng.uniform(0.2, 0.4) * time)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    return 0.06 * sum(np.sin(k * phase) / k for k in (1, 2, 3)) + quiet_room(seconds, rng)


def _dog(seconds: float, rng: Rng) -> Sound:
    """Barks in the next room."""

    def bark() -> Sound:
        length, base = rng.uniform(0.12, 0.22), rng.uniform(280, 480)
        rough = larynx(length, rng, lambda c: base * (1 + 0.5 * np.sin(np.pi * c)), 0.15)
        mixed = rough + 0.5 * rng.normal(0, 1, len(rough))
        shaped = filtered(mixed, resonant((700, 300, 1.0), (1500, 500, 0.6), (2900, 800, 0.2)))
        return peaking(shaped * rise_and_fall(length, 0.02, 0.07), rng.uniform(0.05, 0.3))

    def barks() -> Sound:
        return placed(1.6, ((0.45 * k, bark()) for k in range(int(rng.integers(1, 4)))))

    return now_and_then(seconds, rng, 3, barks) + quiet_room(seconds, rng)


# --- desks ------------------------------------------------------------------------------------------------------------


def _typing(rate: float, level: float) -> Maker:
    """Keys, `rate` a second in bursts: each is a press with the desk's thud below, and a softer release."""

    def make(seconds: float, rng: Rng) -> Sound:
        def key() -> Sound:
            strong = level * rng.uniform(0.4, 1.0)
            thud = one_click(rng, 0.5 * strong, 80, 500, 0.02)
            return placed(
                0.3, [(0, one_click(rng, strong)), (0, thud), (rng.uniform(0.06, 0.11), one_click(rng, 0.4 * strong))]
            )

        def burst() -> Sound:
            length = rng.uniform(1, 4)
            return now_and_then(length, rng, 1 / rate, key, 0.01)

        return now_and_then(seconds, rng, 3.5, burst) + quiet_room(seconds, rng)

    return make


def _mouse(seconds: float, rng: Rng) -> Sound:
    def click() -> Sound:
        level = rng.uniform(0.01, 0.06)
        double = [(0.18, one_click(rng, level, 2000, 7000, 0.002))] * int(rng.integers(0, 2))
        return placed(
            0.4,
            [
                (0, one_click(rng, level, 2000, 7000, 0.002)),
                (0.09, one_click(rng, level / 2, 2000, 7000, 0.002)),
                *double,
            ],
        )

    slide = 0.003 * shaped_noise(seconds, rng, band(500, 5000)) * (swell(seconds, rng, 2, 1.0) > 1.5)
    return now_and_then(seconds, rng, 1.2, click) + slide + quiet_room(seconds, rng)


def _thump(seconds: float, rng: Rng) -> Sound:
    """A hand, a cup, a drawer on the desk."""

    def hit() -> Sound:
        level = rng.uniform(0.1, 0.8)
        box = filtered(
            np.pad(one_click(rng, 1.0, 40, 800, 0.01), (0, samples_in(0.3))),
            resonant((rng.uniform(70, 160), 40, 1.0), (rng.uniform(250, 500), 80, 0.3)),
        )
        return placed(0.5, [(0, peaking(box, level)), (0, one_click(rng, 0.3 * level, 500, 3000))])

    return now_and_then(seconds, rng, 1.5, hit) + quiet_room(seconds, rng)


def _door(seconds: float, rng: Rng) -> Sound:
    """Hinges, a latch, a slam; and chairs that squeak."""

    def slam() -> Sound:
        squeak = _squeak(rng)
        bang = shaped_noise(0.6, rng, band(40, 1200, 0.6)) * rise_and_fall(0.6, 0.003, 0.09)
        return placed(
            2.2, [(0, squeak), (0.9, one_click(rng, 0.1, 800, 4000, 0.01)), (1.1, peaking(bang, rng.uniform(0.2, 0.9)))]
        )

    return now_and_then(seconds, rng, 4, slam) + quiet_room(seconds, rng)


def _squeak(rng: Rng) -> Sound:
    length, base = rng.uniform(0.2, 0.7), rng.uniform(400, 1400)
    creak = larynx(length, rng, lambda c: base * (1 + rng.uniform(-0.3, 0.5) * c), 0.03)
    shaped = filtered(creak, resonant((base * 2, 600, 1.0), (3000, 800, 0.5)))
    return peaking(shaped * np.sin(np.pi * np.linspace(0, 1, len(shaped))) ** 2, rng.uniform(0.02, 0.15))


def _chair(seconds: float, rng: Rng) -> Sound:
    return now_and_then(seconds, rng, 1.6, lambda: _squeak(rng)) + quiet_room(seconds, rng)


def _paper(seconds: float, rng: Rng) -> Sound:
    """Pages turned and crumpled near the microphone."""

    def page() -> Sound:
        length = rng.uniform(0.3, 1.2)
        crackle = swell(length, rng, 60, 1.2)
        return peaking(shaped_noise(length, rng, band(1000, 7500)) * crackle, rng.uniform(0.03, 0.3))

    return now_and_then(seconds, rng, 1.5, page) + quiet_room(seconds, rng)


def _rustle(seconds: float, rng: Rng) -> Sound:
    """A headset put right: cloth on the foam, the cable knocking."""

    def grip() -> Sound:
        length = rng.uniform(0.2, 1.0)
        rub = shaped_noise(length, rng, band(60, 2500, 0.5)) * swell(length, rng, 25, 0.9)
        knocks = now_and_then(length, rng, 0.15, lambda: one_click(rng, 3.0, 40, 300, 0.02), 0.01)
        return peaking(rub + knocks, rng.uniform(0.1, 0.8))

    return now_and_then(seconds, rng, 1.7, grip) + quiet_room(seconds, rng)


# --- lines ------------------------------------------------------------------------------------------------------------


def _tones(*beats: tuple[tuple[float, ...], float], level: float = 0.15) -> Maker:
    """Frequencies that sound together, each for a time, over and over; none is a pause."""

    def make(seconds: float, rng: Rng) -> Sound:
        beat = np.concatenate(
            [
                sum((np.sin(2 * np.pi * f * times(length)) for f in tones), np.zeros(samples_in(length)))
                for tones, length in beats
            ]
        )
        return level * rng.uniform(0.5, 1.5) * np.resize(beat, samples_in(seconds)) + quiet_room(seconds, rng)

    return make


def _digits(seconds: float, rng: Rng) -> Sound:
    """A number dialled."""

    def key() -> Sound:
        row, column = rng.choice([697, 770, 852, 941]), rng.choice([1209, 1336, 1477])
        time = times(rng.uniform(0.08, 0.25))
        return 0.12 * (np.sin(2 * np.pi * row * time) + np.sin(2 * np.pi * column * time))

    return now_and_then(seconds, rng, 0.3, key) + quiet_room(seconds, rng)


def _bell(seconds: float, rng: Rng) -> Sound:
    """A telephone on the next desk: the warble of two tones, a second on, two off."""
    time, (low, high) = times(seconds), sorted(rng.uniform(700, 1900, 2))
    tone = np.where((time * 20).astype(int) % 2 == 0, low, high)
    phase = 2 * np.pi * np.cumsum(tone) / SAMPLE_RATE
    ring = np.sin(phase) + 0.4 * np.sin(2 * phase) + 0.2 * np.sin(3 * phase)
    return 0.08 * ring * (time % 3 < 1) + quiet_room(seconds, rng)


def _sweep(seconds: float, rng: Rng) -> Sound:
    time, length = times(seconds), rng.uniform(2, 6)
    pitch = 80 * 60 ** ((time % length) / length)
    return 0.2 * np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE) + quiet_room(seconds, rng)


def _clipping(seconds: float, rng: Rng) -> Sound:
    """An input driven far too hard, in bursts: hum and wind cut off at full scale."""
    hum = 3 * np.sin(2 * np.pi * 50 * times(seconds)) + shaped_noise(seconds, rng, band(30, 1500, 0.6))
    return np.clip(4 * hum, -1, 1) * (swell(seconds, rng, 1.5, 1) > 1.4) + quiet_room(seconds, rng)


def _glitches(seconds: float, rng: Rng) -> Sound:
    """A broken digital line: clicks, stuck and repeated blocks, holes."""
    out = quiet_room(seconds, rng, 5e-3)
    at = 0
    while (at := at + samples_in(rng.uniform(0.1, 0.8))) < len(out):
        block = rng.normal(0, rng.uniform(0.05, 0.6), int(rng.integers(20, 320)))
        stuck = [
            np.tile(block, int(rng.integers(2, 30))),
            np.zeros(samples_in(0.05)),
            rng.choice([-1.0, 1.0]) * np.ones(int(rng.integers(1, 60))),
        ][int(rng.integers(3))]
        part = stuck[: len(out) - at]
        out[at : at + len(part)] = part
    return out


def _held(style: str) -> Maker:
    return lambda seconds, rng: telephone(music(style, seconds, rng)) + quiet_room(seconds, rng, 3e-4)


def _vacuum(seconds: float, rng: Rng) -> Sound:
    """A vacuum cleaner in the corridor: a howl that moves, and a roar."""
    pitch = 420 * swell(seconds, rng, 0.5, 0.04)
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    howl = sum(np.sin(k * phase) / k for k in range(1, 7))
    roar = shaped_noise(seconds, rng, band(150, 4000, 0.4))
    return (0.015 * howl + 0.04 * roar) * swell(seconds, rng, 0.5, 0.3)


def _crackle(seconds: float, rng: Rng) -> Sound:
    """A bad line: crackle, hum and a hiss that comes and goes."""
    spikes = (rng.random(samples_in(seconds)) < 4e-4) * rng.normal(0, 0.4, samples_in(seconds))
    hiss = 0.01 * shaped_noise(seconds, rng, band(300, 3400)) * swell(seconds, rng, 1, 0.8)
    return filtered(spikes, band(300, 3400)) + hiss + quiet_room(seconds, rng, 4e-3)


US_RINGBACK, UK_RINGBACK = (440.0, 480.0), (400.0, 450.0)
KINDS: dict[str, Maker] = {
    "room": _room,
    "fan": _fan,
    "vacuum": _vacuum,
    "traffic": _traffic,
    "rain": _rain,
    "siren": _siren,
    "dog": _dog,
    "typing": _typing(6, 0.1),
    "typing, slow and loud": _typing(2.5, 0.6),
    "typing, fast": _typing(12, 0.25),
    "mouse": _mouse,
    "thump": _thump,
    "door": _door,
    "chair": _chair,
    "paper": _paper,
    "rustle": _rustle,
    "breathing": bodies.breathing,
    "cough": bodies.coughing((1, 2), 1.8),
    "cough, double": bodies.coughing((2, 3), 2.5),
    "cough, fit": bodies.coughing((4, 9), 6),
    "sneeze": bodies.sneeze,
    "throat": bodies.throat,
    "laughing": bodies.laughing,
    "humming": bodies.humming,
    "baby": bodies.baby,
    "snoring": bodies.snoring,
    "lips": bodies.lips,
    "whistling": bodies.whistling,
    "bell": _bell,
    "ring-back": _tones((US_RINGBACK, 2.0), ((), 4.0)),
    "ring-back, double": _tones((UK_RINGBACK, 0.4), ((), 0.2), (UK_RINGBACK, 0.4), ((), 2.0)),
    "busy": _tones(((480, 620), 0.5), ((), 0.5)),
    "out of order": _tones(((950,), 0.33), ((1400,), 0.33), ((1800,), 0.33), ((), 1.0)),
    "dialling": _digits,
    "fax": _tones(((1100,), 0.5), ((), 1.5), ((2100,), 2.0), ((), 0.5)),
    "crackle": _crackle,
    "sweep": _sweep,
    "clipping": _clipping,
    "glitches": _glitches,
    "music, strings": _held("strings"),
    "music, beat": _held("beat"),
    "music, piano": _held("piano"),
    "music, guitar": _held("guitar"),
    "music, brass": _held("brass"),
    "music, choir": _held("choir"),
}


def babble(seconds: float, level: float, seed: int = 0, voices: int = 12) -> Samples:
    """A crowded floor: many voices at once, none of them to be understood, at `level` dBFS, under the room's noise."""
    rng = np.random.default_rng(seed)
    out = np.zeros(samples_in(seconds))
    for index in range(voices):
        at = -int(rng.integers(SAMPLE_RATE))
        while at < len(out):
            line = spoken(str(rng.choice(_TALK)), _SPEAKERS[index % len(_SPEAKERS)])[SAMPLE_RATE:-SAMPLE_RATE]
            part = line[max(0, -at) : len(out) - at] * (rng.uniform(0.5, 1) / line.std())
            out[max(0, at) : max(0, at) + len(part)] += part
            at += len(line) + int(rng.uniform(0.1, 0.6) * SAMPLE_RATE)
    talk = out * (10 ** (level / 20) / out.std())
    return np.clip(talk + _room(seconds, rng), -1, 1).astype(np.float32)


_SPEAKERS = ("rms", "awb", "slt", "kal16")
_TALK = (
    "Thank you for calling, how can I help you today?",
    "Let me look that up for you, one moment please.",
    "No, we can't do that, it is against our policy.",
    "Your order was sent on Tuesday and should arrive by the end of the week.",
    "I am sorry about that, may I have the number on your account?",
)
