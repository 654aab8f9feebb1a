"""Whisper models of a published shape that cost what it costs and say what they are told: for timing without weights.

Every matrix has the size that it has in the published model and is filled with noise, so that encoder and decoder
compute as much. What the decoder says hangs on the position alone: the words given, then the end. Nothing about
accuracy can be learned from them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers

_MELS, _AUDIO, _TEXT = 80, 1500, 448
_TOKENS = 51_864
_FIRST_SPECIAL = 50_256
_LANGUAGES = 99
_UNKNOWN = "<unk>"
_LOUD, _FAINT, _SURE = 8.0, 1e-3, 20.0


@dataclass(frozen=True, slots=True)
class Shape:
    """What a published model's size is made of; encoder and decoder have as many layers and heads."""

    width: int
    layers: int
    heads: int


SHAPES = {"tiny.en": Shape(384, 4, 6), "base.en": Shape(512, 6, 8), "small.en": Shape(768, 12, 12)}


def write(folder: Path, shape: Shape, words: Sequence[str]) -> Path:
    """Write a model of `shape` in 8 bits that always says `words` into a new folder, which is returned."""
    rng = np.random.default_rng(0)
    spec: Any = import_module("ctranslate2.specs").WhisperSpec(shape.layers, shape.heads, shape.layers, shape.heads)
    _encoder(spec.encoder, shape, rng)
    _decoder(spec.decoder, shape, len(words), rng)
    names = _names(words)
    # The words stand first in the vocabulary, after the one for what is unknown.
    spec.config.suppress_ids, spec.config.suppress_ids_begin, spec.config.lang_ids = [], [], []
    spec.config.alignment_heads = [[shape.layers - 1, head] for head in range(shape.heads)]
    spec.register_vocabulary(names)
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True)
    spec.save(str(folder))
    _tokenizer(names).save(str(folder / "tokenizer.json"))
    features = {"feature_size": _MELS, "sampling_rate": 16000, "hop_length": 160, "chunk_length": 30, "n_fft": 400}
    (folder / "preprocessor_config.json").write_text(json.dumps(features), "utf-8")
    return folder


def _encoder(spec: Any, shape: Shape, rng: np.random.Generator) -> None:
    width = shape.width
    for convolution, channels in ((spec.conv1, _MELS), (spec.conv2, width)):
        convolution.weight, convolution.bias = _noise(rng, width, channels, 3), _zeros(width)
    spec.position_encodings.encodings = _noise(rng, _AUDIO, width)
    _norm(spec.layer_norm, width)
    for layer in spec.layer:
        _attention(layer.self_attention, (3 * width, width), width, rng)
        _feed_forward(layer.ffn, width, rng)


def _decoder(spec: Any, shape: Shape, words: int, rng: np.random.Generator) -> None:
    width = shape.width
    positions = _faint(rng, _TEXT, width)
    said = _faint(rng, _TOKENS, width)
    # The first position is the start's; the one after it is the last of the prompt, or a time where those are wanted.
    # After the words comes the time at which they end, as whoever asks for times expects it, and then the end.
    script = [*range(1, words + 1), _TOKENS - 1, _FIRST_SPECIAL]
    for position, token in enumerate(script):
        positions[position + 1, position] = _LOUD
        said[token, position] = _SURE / math.sqrt(width)  # the norm before it gives the position the length sqrt(width)
    spec.embeddings.weight, spec.projection.weight = _faint(rng, _TOKENS, width), said
    spec.position_encodings.encodings = positions
    _norm(spec.layer_norm, width)
    for layer in spec.layer:
        _attention(layer.self_attention, (3 * width, width), width, rng)
        _attention(layer.attention, (width, 2 * width, width), width, rng)
        _feed_forward(layer.ffn, width, rng)


def _attention(spec: Any, rows: Sequence[int], width: int, rng: np.random.Generator) -> None:
    _norm(spec.layer_norm, width)
    for linear, count in zip(spec.linear, rows, strict=True):
        make = _faint if linear is spec.linear[-1] else _noise  # what a layer adds must not drown the position
        linear.weight, linear.bias = make(rng, count, width), _zeros(count)


def _feed_forward(spec: Any, width: int, rng: np.random.Generator) -> None:
    _norm(spec.layer_norm, width)
    spec.linear_0.weight, spec.linear_0.bias = _noise(rng, 4 * width, width), _zeros(4 * width)
    spec.linear_1.weight, spec.linear_1.bias = _faint(rng, width, 4 * width), _zeros(width)


def _norm(spec: Any, width: int) -> None:
    spec.gamma, spec.beta = np.ones(width, np.float32), _zeros(width)


def _noise(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(0, 0.05, shape).astype(np.float32)


def _faint(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(0, _FAINT, shape).astype(np.float32)


def _zeros(length: int) -> np.ndarray:
    return np.zeros(length, np.float32)


def _names(words: Sequence[str]) -> list[str]:
    """The vocabulary of the English models: as many tokens, and the special ones at their places."""
    special = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|language{number}|>" for number in range(_LANGUAGES))]
    special += ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>"]
    special += ["<|notimestamps|>"]
    times = [f"<|{0.02 * number:.2f}|>" for number in range(_TOKENS - _FIRST_SPECIAL - len(special))]
    plain = [_UNKNOWN, *words]
    plain += [f"<{number}>" for number in range(len(plain), _FIRST_SPECIAL)]
    return plain + special + times


def _tokenizer(names: Sequence[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.WordLevel({name: number for number, name in enumerate(names)}, unk_token=_UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens([*names[_FIRST_SPECIAL:]])  # pyright: ignore[reportUnknownMemberType]
    return tokenizer
