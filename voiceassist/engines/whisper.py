"""Whisper's network, asked for one window about as long as the sound.

faster-whisper's `transcribe` always asks for 30 s, of which a breath fills two or three; the encoder's cost grows
faster than its window, so nearly all of the time goes into silence. Here its parts are asked one by one: the same
features, the same prompt and the same suppressed tokens, in fewer frames. Cut to the length of the sound the published
weights break, so a window has a floor, and a margin beyond the sound.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from voiceassist.core.types import SAMPLE_RATE, Samples

FRAMES_PER_SECOND = 100
FULL = 3000
"""Frames of the window that every Whisper was trained with."""
STOCK_FLOOR = 1000
"""Frames of the shortest window that the published weights stand."""
WINDOWS = (300, 400, 500, 750, 1000, 1500, 2000, FULL)
"""Few lengths, so that what waits together can be decoded together."""
_MARGIN, _STOCK_MARGIN = 100, 200

Features: TypeAlias = np.ndarray
"""The logarithm of a sound's mel spectrum: float32, (mels, frames)."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """What Whisper made of one window, with how far it believes it; the names are faster-whisper's."""

    text: str
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float


def window_for(frames: int, floor: int) -> int:
    """The window (frames) in which a sound of `frames` is decoded by weights that stand no shorter one than `floor`."""
    wanted = max(floor, frames + (_MARGIN if floor < STOCK_FLOOR else _STOCK_MARGIN))
    return next((window for window in WINDOWS if window >= wanted), FULL)


class Whisper:
    """Features, encoder and decoder of a loaded `faster_whisper.WhisperModel`, for English; stateless between calls."""

    def __init__(self, model: Any) -> None:
        self._model = model
        tokenizer = import_module("faster_whisper.tokenizer").Tokenizer(
            model.hf_tokenizer, model.model.is_multilingual, task="transcribe", language="en"
        )
        self._tokenizer = tokenizer
        self._prompt = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        self._suppressed = [*import_module("faster_whisper.transcribe").get_suppressed_tokens(tokenizer, [-1])]

    def features(self, samples: Samples) -> Features:
        """The features of up to 30 s of sound (float32, 16 kHz)."""
        sound = self._model.feature_extractor(samples[: FULL // FRAMES_PER_SECOND * SAMPLE_RATE])
        return sound[:, :-1]  # the last one lies beyond the sound

    def decode(self, sounds: Sequence[Features], window: int, *, most: int) -> list[Decoding]:
        """Decode sounds together, each in a window of so many frames, into at most `most` tokens each.

        Greedy and without times. Raises what CTranslate2 raises: RuntimeError, ValueError.
        """
        batch = np.stack([_fitted(sound, window) for sound in sounds])
        results = self._model.model.generate(
            self._model.encode(batch),
            [self._prompt] * len(sounds),
            beam_size=1,
            max_length=min(self._model.max_length, len(self._prompt) + most),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=self._suppressed,
        )
        return [self._decoding(result) for result in results]

    def _decoding(self, result: Any) -> Decoding:
        tokens = result.sequences_ids[0]
        text = self._tokenizer.decode(tokens).strip()
        # CTranslate2 gives the mean over the tokens; Whisper's counts the end of the text, too.
        belief = result.scores[0] * len(tokens) / (len(tokens) + 1)
        plain = text.encode()
        return Decoding(text, belief, result.no_speech_prob, len(plain) / len(zlib.compress(plain)))


def _fitted(sound: Features, window: int) -> Features:
    """The sound in exactly `window` frames."""
    sound = sound[:, :window]
    return np.pad(sound, ((0, 0), (0, window - sound.shape[1])))
