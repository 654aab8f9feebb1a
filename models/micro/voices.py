"""Says a text with a voice of flite (Debian: libflite1), and tells when each word and phone was said."""

from __future__ import annotations

import ctypes
import re
from ctypes import POINTER, c_char_p, c_float, c_int, c_short, c_void_p
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import soxr

RATE = 16_000
VOICES = ("rms", "awb", "slt", "kal16")
UNSEEN_VOICES = ("kal",)
# The pitch of each voice in Hz.
PITCH = {"rms": 95.0, "awb": 130.0, "slt": 172.0, "kal16": 95.0, "kal": 95.0}
PAUSE = "pau"
PHONES = (
    f"{PAUSE} aa ae ah ao aw ax ay b ch d dh eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh t th uh uw v w y z zh"
).split()


@dataclass(frozen=True, slots=True)
class Span:
    """A word or a phone and when it is said, in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """A text said by a voice; `samples` is (n,) int16 at 16 kHz, `words` are those of the text as it is written."""

    text: str
    voice: str
    samples: np.ndarray
    words: tuple[Span, ...]
    phones: tuple[Span, ...]


class _Wave(ctypes.Structure):
    _fields_ = (
        ("type", c_char_p),
        ("rate", c_int),
        ("length", c_int),
        ("channels", c_int),
        ("samples", POINTER(c_short)),
    )


class _Voice(ctypes.Structure):
    _fields_ = (("name", c_char_p), ("features", c_void_p))


def say(text: str, voice: str, *, stretch: float = 1.0, pitch: float = 1.0, size: float = 1.0) -> Utterance:
    """Say `text`: `stretch` times as slow, `pitch` times as high, by a speaker `size` times as large.

    Raises OSError where flite is missing, and ValueError where it reads the text as other words than are written.
    """
    flite = _flite()
    registered, features = _voice(voice)
    flite.flite_feat_set_float(features, b"duration_stretch", stretch / size)
    flite.flite_feat_set_float(features, b"int_f0_target_mean", PITCH[voice] * pitch * size)
    utterance = flite.flite_synth_text(text.encode(), registered)
    wave = flite.utt_wave(utterance).contents
    rate, samples = wave.rate, np.ctypeslib.as_array(wave.samples, (wave.length,)).copy()
    phones, tokens = _spans(utterance, len(samples) / rate)
    flite.delete_utterance(utterance)
    # Played slower, a voice is that of a larger speaker: the formants sink too.
    if rate != RATE or size != 1.0:
        samples = soxr.resample(samples, rate, RATE * size, "HQ")
    return Utterance(text, voice, samples, tuple(_scaled(_written(text, tokens), size)), tuple(_scaled(phones, size)))


def _scaled(spans: list[Span], factor: float) -> list[Span]:
    return [Span(span.text, span.start * factor, span.end * factor) for span in spans]


def _spans(utterance: int, length: float) -> tuple[list[Span], list[Span]]:
    """The phones of an utterance, and the words as flite reads them."""
    flite = _flite()
    phones: list[Span] = []
    words: list[Span] = []
    above, start = None, 0.0
    item = flite.relation_head(flite.utt_relation(utterance, b"Segment"))
    while item:
        end = min(flite.ffeature_float(item, b"end"), length)
        phones.append(Span(flite.ffeature_string(item, b"name").decode(), start, end))
        word = flite.path_to_item(item, b"R:SylStructure.parent.parent")
        if word and word == above:
            words[-1] = Span(words[-1].text, words[-1].start, end)
        elif word:
            words.append(Span(flite.ffeature_string(item, b"R:SylStructure.parent.parent.name").decode(), start, end))
        above, start = word, end
        item = flite.item_next(item)
    return phones, words


def _written(text: str, spoken: list[Span]) -> list[Span]:
    """The words of the text as they are written; flite may read one of them as several ("can" and "'t")."""
    written: list[Span] = []
    rest = iter(spoken)
    for word in text.split():
        heard, spans = "", list[Span]()
        while len(heard) < len(_letters(word)) and (span := next(rest, None)):
            heard += _letters(span.text)
            spans.append(span)
        if heard != _letters(word):
            raise ValueError(f"flite reads {text!r} in words of its own")
        written.append(Span(word, spans[0].start, spans[-1].end))
    return written


def _letters(word: str) -> str:
    return re.sub(r"[^a-z]", "", word.lower())


@cache
def _flite() -> Any:
    library = ctypes.CDLL("libflite.so.1", mode=ctypes.RTLD_GLOBAL)
    for part in ("usenglish", "cmulex"):
        ctypes.CDLL(f"libflite_{part}.so.1", mode=ctypes.RTLD_GLOBAL)
    pointer = c_void_p
    for name, result, arguments in (
        ("flite_synth_text", pointer, (c_char_p, pointer)),
        ("flite_feat_set_float", None, (pointer, c_char_p, c_float)),
        ("utt_wave", POINTER(_Wave), (pointer,)),
        ("utt_relation", pointer, (pointer, c_char_p)),
        ("relation_head", pointer, (pointer,)),
        ("item_next", pointer, (pointer,)),
        ("path_to_item", pointer, (pointer, c_char_p)),
        ("ffeature_string", c_char_p, (pointer, c_char_p)),
        ("ffeature_float", c_float, (pointer, c_char_p)),
        ("delete_utterance", None, (pointer,)),
    ):
        function = getattr(library, name)
        function.restype = result
        function.argtypes = list(arguments)
    library.flite_init()
    return library


@cache
def _voice(name: str) -> tuple[int, int]:
    """A voice and its features, as flite's pointers."""
    _flite()
    library = ctypes.CDLL(f"libflite_cmu_us_{name}.so.1", mode=ctypes.RTLD_GLOBAL)
    register = getattr(library, f"register_cmu_us_{name}")
    register.restype, register.argtypes = c_void_p, [c_char_p]
    registered = register(None)
    return registered, ctypes.cast(registered, POINTER(_Voice)).contents.features
