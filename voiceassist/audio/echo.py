"""Tells the far end's leak in the agent's microphone from the agent: a test of correlation, then one of level.

The correlation finds which stretch of the far end the microphone's newest quarter of a second is most like. The level
is what remains of the microphone when the best short path from there has been taken away: of a pure leak little, of
the agent, who speaks over it, most. Both look at the sound alone, so a leak's first words are judged like all others.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from voiceassist.core.types import FRAME, SAMPLE_RATE, AudioFrame

_Sound: TypeAlias = npt.NDArray[np.floating[Any]]

ALIKE = 0.28
"""The correlation from which the microphone may hold the far end: two voices in the same moment seldom reach 0.25."""
AUDIBLE = 10.0
"""How far above its own noise the far end must be to be heard in the microphone, in power."""
LOUDEST = 2.0
"""No leak is louder than this against the far end, in power: what is, is the agent, sent back to the agent's ear."""
BASE, SPREAD, MOST = 0.25, 2.0, 0.62
"""It is a leak when no more remains than `BASE` and `SPREAD` times what is usual in this room, at most `MOST`."""
USUAL, SOONER, LATER = 0.15, 0.1, 0.004
"""What is usual before a leak was heard; how fast less is believed, and how slowly more: that may be the agent."""
DOUBT, LOUDER, QUIETER, FADE = 2, 4.0, 0.25, 0.75
"""For so many frames after a leak only what is `LOUDER` than it was, in power, is the agent, then what is not `QUIETER`
than its end, which fades by so much a frame."""

_STEP = 4
"""One sample in four is kept: below 2 kHz rooms and clocks change a voice least, and all costs a quarter."""
_RATE = SAMPLE_RATE // _STEP
_HOP = FRAME // _STEP
_WINDOW = 8 * _HOP
_AHEAD, _LATEST = round(0.04 * _RATE), round(0.32 * _RATE)
"""A leak is looked for from 40 ms before the far end, whose capture may be the slower one, to 320 ms after it."""
_PATH, _EARLY = 128, 16
"""A path is 32 ms long and begins 4 ms before the lag that is most alike."""
_SPAN = _PATH + _LATEST + _WINDOW + _AHEAD
_FFT = 2500
_BAND = slice(_FFT * 150 // _RATE, _FFT * 1850 // _RATE)
_TURNS, _RIDGE, _TINY = 12, 1.03, 1e-9

_TAPS = np.arange(-63, 64)
_LOWPASS = np.sinc(_TAPS / _STEP) / _STEP * np.hamming(len(_TAPS))
# What a voice loses towards its high tones is given back, so that its pitch does not decide everything.
_KERNEL = np.convolve(_LOWPASS, [1, *[0] * (_STEP - 1), -0.9]).astype(np.float32)


class EchoGuard:
    """Hears both sides of a call and tells which frames of the agent hold nothing but the far end.

    Of frames of the same time, give the far end's to `hear` before the agent's to `is_echo`; gaps need not be told.
    """

    def __init__(self) -> None:
        self._far = _Side(_SPAN)
        self._mic = _Side(_WINDOW)
        self._usual = USUAL
        self._leak = 0.0
        self._since = DOUBT

    def hear(self, frame: AudioFrame) -> None:
        """Take in a frame of the far end."""
        self._far.push(frame)

    def is_echo(self, frame: AudioFrame) -> bool:
        """Take in a frame of the agent's microphone; whether it holds the far end's leak and no agent."""
        self._mic.push(frame)
        self._leak *= FADE
        if self._is_leak():
            self._leak = max(self._leak, self._mic.power)
            self._since = 0
            return True
        self._since += 1
        louder = self._mic.power - self._mic.noise > self._leak * (LOUDER if self._since <= DOUBT else QUIETER)
        return self._leak > self._mic.noise and not louder

    def _is_leak(self) -> bool:
        mic = self._mic.until(self._mic.end)
        far = self._far.until(self._mic.end + _AHEAD)
        # Lags are counted backwards: the first is the latest, the last one is 40 ms ahead.
        heard = _energies(far[_PATH:])
        possible = (heard > AUDIBLE * _WINDOW * self._far.noise) & (heard * LOUDEST > _energy(mic))
        if not possible.any():
            return False
        alike = np.where(possible, _likeness(far[_PATH:], mic), 0)
        lag = int(np.argmax(alike))
        if alike[lag] < ALIKE:
            return False
        remains = self._remains(far, mic, lag)
        bar = min(BASE + SPREAD * self._usual, MOST)
        if remains <= MOST:
            self._usual += (SOONER if remains < self._usual else LATER) * (remains - self._usual)
        return remains <= bar

    def _remains(self, far: _Sound, mic: _Sound, lag: int) -> float:
        """The share of the microphone's power that no path from there explains."""
        first = lag + _EARLY
        # Of a leak that is ahead of the far end, the newest sound has nothing to be compared with yet.
        mic = mic[: _WINDOW - max(0, first - _LATEST)]
        source = far[first + 1 : first + _PATH + len(mic)]
        match = np.correlate(source, mic, "valid")[::-1]
        own = np.correlate(np.concatenate([source, np.zeros(_PATH - 1, np.float32)]), source, "valid")
        energy = _energy(mic)
        speech = max(energy - len(mic) * self._mic.noise, energy / 4, _TINY)
        return max(0.0, 1 - _explained(own, match) / speech)


class _Side:
    """The newest sound of one side, at a quarter of the rate; times are counted in its samples."""

    def __init__(self, span: int) -> None:
        self.end = 0
        self.power = 0.0
        """Power of the newest frame, a sample."""
        self.noise = 1e-6
        """Power of the quietest frame, rising by 20 dB in half a minute."""
        self._sound = np.zeros(span + _WINDOW, np.float32)
        self._edge = np.zeros(len(_KERNEL) - 1, np.float32)

    def push(self, frame: AudioFrame) -> None:
        if frame.start // _STEP > self.end:
            self._sound = self.until(frame.start // _STEP, len(self._sound))
        sound = np.concatenate([self._edge, frame.samples])
        self._edge = sound[1 - len(_KERNEL) :]
        newest = np.convolve(sound, _KERNEL, "valid")[::_STEP]
        self._sound = np.concatenate([self._sound[len(newest) :], newest])
        self.end = frame.start // _STEP + len(newest)
        self.power = _energy(newest) / len(newest)
        self.noise = min(self.power + _TINY, self.noise * 1.005)

    def until(self, end: int, span: int = 0) -> _Sound:
        """The sound up to `end`: silence where there is none yet."""
        span = span or len(self._sound) - _WINDOW
        late = min(max(end - self.end, 0), span)
        last = len(self._sound) - min(max(self.end - end, 0), _WINDOW)
        return np.concatenate([self._sound[last - span + late : last], np.zeros(late, np.float32)])


def _likeness(far: _Sound, mic: _Sound) -> _Sound:
    """How like `mic` is to each stretch of `far`, from 0 to 1."""
    x, y = _flat(far), _flat(mic)
    shared = np.fft.irfft(np.conj(y) * x, _FFT)[: len(far) - _WINDOW + 1]
    power = _energies(np.fft.irfft(x, _FFT)[: len(far)])
    mine = float(np.vdot(y, y).real) * 2 / _FFT
    return np.abs(shared) / np.sqrt(np.maximum(power, 0.05 * power.max()) * mine + _TINY)


def _flat(sound: _Sound) -> npt.NDArray[np.complex64]:
    """The spectrum of `sound` within the band, half as steep as it is: two tones alone make no likeness."""
    flat = np.zeros(_FFT // 2 + 1, np.complex64)
    band = np.fft.rfft(sound, _FFT)[_BAND]
    flat[_BAND] = band / np.sqrt(np.abs(band) + _TINY)
    return flat


def _energy(sound: _Sound) -> float:
    return float(np.vdot(sound, sound))


def _energies(sound: _Sound) -> _Sound:
    """The energy of every stretch of `_WINDOW` samples."""
    total = np.concatenate([np.zeros(1), np.cumsum(np.square(sound, dtype=np.float64))])
    return total[_WINDOW:] - total[:-_WINDOW]


def _explained(own: _Sound, match: _Sound) -> float:
    """The energy that the best filter explains: least squares by conjugate gradients, stopped early.

    `own` is the source's correlation with itself, `match` the one with what is to be explained, lag by lag.
    """
    matrix = np.concatenate([own[:0:-1], own])  # a Toeplitz matrix times a vector is a convolution
    matrix[len(own) - 1] *= _RIDGE
    path = np.zeros_like(match)
    rest = way = match
    size = _energy(rest)
    for _ in range(_TURNS):
        if size < _TINY:
            break
        image = np.convolve(matrix, way, "valid")
        step = size / max(float(np.vdot(way, image)), _TINY)
        path = path + step * way
        rest = rest - step * image
        last, size = size, _energy(rest)
        way = rest + size / last * way
    return float(np.vdot(path, match + rest))
