"""The ear: a small ONNX model that hears in the agent's words whether they refuse, and what else they do."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, cast

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field, ValidationError
from tokenizers import Tokenizer

from voiceassist.core.types import Label, Samples, Scores
from voiceassist.engines.language import is_foreign
from voiceassist.engines.onnx import runtime
from voiceassist.errors import ModelError

CARD, MODEL, TOKENIZER = "refusal.json", "refusal.onnx", "tokenizer.json"
TEXT_TOKENS, PREV_TOKENS = 92, 32
_LAST_WORDS, _LAST_CHARS = 90, 900
_VECTORS_KEPT = 256
# Letters, digits, spaces and plain punctuation of any script; control characters, emoji and joiners carry no words.
_NOISE = re.compile(r"[^\w\s.,;:!?'\"’‘“”$€£%&/()+@#-]|_")
_MARKS = re.compile(r"[^\w\s'$€£%&+@#]|(?<!\w)'|'(?!\w)")

Ids = npt.NDArray[np.int64]


def tidy(text: str) -> str:
    """The words of `text` that can be heard: noise stripped, at most the last 90 words."""
    # A multiple of what is kept bounds the time that a text of any length takes.
    words = _NOISE.sub(" ", text[-4 * _LAST_CHARS :]).split()
    return " ".join(words[-_LAST_WORDS:])[-_LAST_CHARS:]


def _bare(text: str) -> str:
    """A tidy text without case and punctuation: recognisers differ in them, and so would their vectors."""
    return " ".join(_MARKS.sub(" ", text.lower().replace("’", "'")).split()) or text


def encode(tokenizer: Tokenizer, prev: str, text: str) -> tuple[Ids, Ids]:
    """`[CLS] text [SEP] prev [SEP]` as token ids and types, each int64 (1, n): the last words count, n <= 127.

    The text stands first, so that a text alone is encoded as a sentence vector wants it. Both strings are tidy.
    """
    begin, end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    own = tokenizer.encode(text, add_special_tokens=False).ids[-TEXT_TOKENS:]
    before = tokenizer.encode(prev, add_special_tokens=False).ids[-PREV_TOKENS:] if prev else []
    ids = [begin, *own, end, *before]
    if before:
        ids.append(end)
    types = np.ones(len(ids), np.int64)
    types[: len(own) + 2] = 0
    return np.array([ids], np.int64), types[None, :]


class Calibration(BaseModel, frozen=True, extra="forbid"):
    """Turns one logit into a probability, and shifts it so that the label holds from 0.5 on."""

    scale: float
    offset: float
    threshold: Annotated[float, Field(gt=0, lt=1)]

    def score(self, logit: float) -> float:
        shifted = self.scale * logit + self.offset - math.log(self.threshold / (1 - self.threshold))
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, shifted))))


class Card(BaseModel, frozen=True, extra="forbid"):
    """refusal.json: what the other files must be, and how to read the model's outputs."""

    version: str
    labels: tuple[Label, ...]
    calibration: dict[Label, Calibration]
    sha256: dict[str, str]


class RefusalClassifier:
    """Scores one line at a time on one thread.

    Raises ModelError (`model-missing`, `model-damaged`) where a file of the folder is absent, cut short or altered.
    """

    def __init__(self, folder: Path) -> None:
        card = _read_card(folder)
        for name in (MODEL, TOKENIZER):
            _verify(folder / name, card.sha256[name])
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        providers = ["CPUExecutionProvider"]
        # This fusion makes of an addition and a fast normalisation a slow one: a tenth of the time of a line.
        slow = ["SkipLayerNormFusion"]
        self._session = runtime.InferenceSession(str(folder / MODEL), options, providers, disabled_optimizers=slow)
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._calibrations = [card.calibration[label] for label in Label]
        self.version = card.version
        self._width = int(self._session.get_outputs()[1].shape[-1])
        self._vector: Callable[[str], Samples] = lru_cache(_VECTORS_KEPT)(self._read_vector)

    def classify(self, prev: str, text: str) -> Scores:
        """Scores of the agent's `text` in the light of `prev`, with a vector; an empty text scores 0 throughout."""
        prev, text = tidy(prev), tidy(text)
        scores, vector = self._judge(prev, text)
        meant = _bare(prev or text)
        if prev or vector is None or meant != text:
            vector = self._vector(meant)
        return replace(scores, vector=vector)

    def score(self, prev: str, text: str) -> Scores:
        """The same without the vector, which costs as much again where `prev` is new.

        So it does where there is none and the text has capitals or punctuation.
        """
        return self._judge(tidy(prev), tidy(text))[0]

    def embed(self, text: str) -> Samples:
        """The unit float32 vector of a text, however it is written; zeros for a text without words."""
        return self._vector(_bare(tidy(text)))

    def warm_up(self) -> None:
        """Runs the longest input once, so that no later line pays for the first."""
        self.score("word " * PREV_TOKENS, "word " * TEXT_TOKENS)

    def _judge(self, prev: str, text: str) -> tuple[Scores, Samples | None]:
        """Scores of tidy texts, and the vector of `text` where the model was asked."""
        if not text:
            return Scores(), None
        if is_foreign(text):
            return Scores(language="other"), None
        logits, vector = self._run(prev, text)
        judged = zip(Label, self._calibrations, logits, strict=True)
        return Scores.of({label.value: calibration.score(float(logit)) for label, calibration, logit in judged}), vector

    def _run(self, prev: str, text: str) -> tuple[Samples, Samples]:
        if not text:
            return np.zeros(len(Label), np.float32), np.zeros(self._width, np.float32)
        ids, types = encode(self._tokenizer, prev, text)
        outputs = self._session.run(["logits", "vector"], {"ids": ids, "types": types})
        logits, vector = cast("tuple[Samples, Samples]", outputs)
        vector.setflags(write=False)
        return logits[0], vector[0]

    def _read_vector(self, text: str) -> Samples:
        return self._run("", text)[1]


def _read_card(folder: Path) -> Card:
    path = folder / CARD
    try:
        card = Card.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise ModelError(f"no {path}; the refusal model is not installed", code="model-missing") from error
    except (OSError, ValidationError) as error:
        raise ModelError(f"{path} cannot be read; install again", code="model-damaged") from error
    if card.labels != tuple(Label) or set(card.calibration) != set(Label) or set(card.sha256) != {MODEL, TOKENIZER}:
        raise ModelError(f"{path} belongs to another version; install again", code="model-damaged")
    return card


def _verify(path: Path, digest: str) -> None:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"no {path}; the refusal model is not complete", code="model-missing") from error
    except OSError as error:
        raise ModelError(f"{path} cannot be read; install again", code="model-damaged") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise ModelError(f"{path} is altered or cut short; install again", code="model-damaged")
