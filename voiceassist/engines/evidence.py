"""What speaks for speech in a breath's sound: a recogniser that is asked for words where there are none invents some.

Three things that every spoken word has and noises lack, each another one: a voice stands out of what is behind it, a
vowel is periodic, and the voice activity model still hears speech when the sound is raised to full level.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voiceassist.core.types import SAMPLE_RATE, Samples
from voiceassist.engines.silero import probabilities

# Each threshold lies under what 1,082 spoken breaths showed (read and telephone speech, and synthetic voices down to
# -40 dBFS and to 10 dB above noise), not just above what noises showed: benchmarks/noise.py measures both anew.
LEAST_DEPTH = 10.0
"""dB. Speech showed 12 and more (18 where it is 15 dB above noise), a floor of many voices 4 to 11."""
LEAST_VOICING = 0.7
"""Speech showed 0.76 and more, coughs and cleared throats mostly under 0.67."""
LEAST_LIKENESS = 0.4
"""Speech showed 0.45 and more, save two stray sounds of telephone and reader; ringing, knocks, most music less."""

_LOUD = 0.5
_MOST_GAIN = 20.0
_DEPTH_FRAME = SAMPLE_RATE // 50
_RATE = SAMPLE_RATE // 4
"""The rate that voicing is read at: a voice's lower harmonics lie under 1 kHz."""
_BAND = 70.0, 1000.0
_BLOCK = 4096
_WINDOW, _HOP = round(0.048 * _RATE), _RATE // 100
_LAGS = np.arange(_RATE // 400, round(_RATE / 70))
_TRANSFORM = 256
_AUDIBLE = 0.01
_VOICED_FRAMES = 6
_HEARD_FRAMES = 2


def speech_evidence(samples: Samples) -> float:
    """How sure it is, from 0 to 1, that a breath (float32 mono, 16 kHz, with what lies around it) holds words.

    0 where a voice is missing: whispering counts as none. Raises ModelError (`model-missing`).
    """
    # The cheapest first.
    return likeness(samples) if depth(samples) >= LEAST_DEPTH and voicing(samples) >= LEAST_VOICING else 0.0


def holds_speech(samples: Samples) -> bool:
    """Tell whether a breath can hold words at all. Raises ModelError (`model-missing`)."""
    return speech_evidence(samples) >= LEAST_LIKENESS


def raised(samples: Samples) -> Samples:
    """The sound with its peak at half scale; what is very quiet is raised at most twentyfold."""
    peak = float(np.abs(samples).max(initial=0.0))
    return samples * np.float32(min(_LOUD / peak, _MOST_GAIN) if peak else 1.0)


def depth(samples: Samples) -> float:
    """How far the loud parts stand above the quiet ones, in dB."""
    frames = samples[: len(samples) // _DEPTH_FRAME * _DEPTH_FRAME].reshape(-1, _DEPTH_FRAME)
    if not len(frames):
        return 0.0
    quiet, loud = np.percentile(10 * np.log10(np.square(frames).mean(axis=1) + 1e-9), (10, 90))
    return float(loud - quiet)


def voicing(samples: Samples) -> float:
    """How periodic the six most periodic of the audible 48 ms windows are at least, from 0 to 1."""
    low = _low_band(samples)
    if len(low) < _WINDOW + _VOICED_FRAMES * _HOP:
        return 0.0
    frames = np.lib.stride_tricks.sliding_window_view(low, _WINDOW)[::_HOP]
    powers = np.square(frames).cumsum(axis=1)
    audible = powers[:, -1] > _AUDIBLE * powers[:, -1].max()
    frames, powers = frames[audible], powers[audible]
    if len(frames) < _VOICED_FRAMES:
        return 0.0
    spectra = np.fft.rfft(frames, _TRANSFORM)
    products = np.fft.irfft(np.square(np.abs(spectra)), _TRANSFORM)[:, _LAGS]
    # Each lag compares the window's beginning with its end, so it is judged by the powers of these.
    ends = powers[:, -1:] - powers[:, _LAGS - 1]
    likenesses = products / np.sqrt(np.maximum(powers[:, _WINDOW - 1 - _LAGS] * ends, 1e-12))
    middle = likenesses[:, 1:-1]
    # Any low sound is like itself a moment later: only a peak is a period.
    peaks = np.where((middle >= likenesses[:, :-2]) & (middle >= likenesses[:, 2:]), middle, 0.0).max(axis=1)
    return float(np.sort(peaks)[-_VOICED_FRAMES])


def likeness(samples: Samples) -> float:
    """The probability of speech that two frames reach at full level."""
    heard = probabilities(raised(samples))
    return float(np.sort(heard)[-_HEARD_FRAMES]) if len(heard) >= _HEARD_FRAMES else 0.0


def _low_band(samples: Samples) -> npt.NDArray[np.float64]:
    """The sound from 70 Hz to 1 kHz, at 4 kHz."""
    count = -(-len(samples) // _BLOCK) * _BLOCK
    spectrum = np.fft.rfft(samples, count)
    frequencies = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    spectrum[(frequencies < _BAND[0]) | (frequencies > _BAND[1])] = 0
    kept = count // 4
    return np.fft.irfft(spectrum[: kept // 2 + 1], kept)[: len(samples) // 4] / 4
