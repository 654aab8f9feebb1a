"""The recogniser for real work: Whisper by faster-whisper, from a folder or the hub's cache on this machine."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from voiceassist.core.types import SAMPLE_RATE, Channel, Samples, SpeechSegment, Word
from voiceassist.engines.cuda import Device, cuda
from voiceassist.engines.evidence import LEAST_LIKENESS, speech_evidence
from voiceassist.errors import EngineError, ModelError
from voiceassist.weights.cache import find_model

_WINDOW = 30.0
_TOKENS_PER_SECOND, _SPARE_TOKENS = 8, 8
_CLEAR = 0.9
"""From this evidence on the sound is clearly speech; where it is less so, Whisper must be the surer of its words."""

# Whisper loops (well compressible text), guesses (little belief) and invents words for noise (it says so itself).
_MOST_COMPRESSION = 2.4
_LEAST_LOGPROB = -1.0
_DOUBTED_NO_SPEECH, _DOUBTED_LOGPROB = 0.6, -0.5
_SURE_NO_SPEECH = 0.9
_INVENTED = re.compile(
    r"(thank(s| you)( all| guys)?( (so|very) much)? for (watching|viewing)\b.*"
    r"|((please|and|like|comment|share|hit the bell|don't forget to|make sure to)\b,? ?)*subscribe( (to|for)\b.*)?"
    r"|((i'll|i will|we'll) )?see you( all| guys)? (in )?(the |my |our )?next (video|episode)"
    r"|(subtitles|captions|transcription|translation|subtitled|captioned|transcribed|translated)( \w+)? by\b.*"
    r"|.*\bamara\.org\b.*|(https?://|www\.)\S+|[\[(*♪].*[\])*♪]|[♪ ]+)",
    re.IGNORECASE,
)
"""What films end with. "Thank you for listening" is not among it: agents say that."""


class FasterWhisperTranscriber:
    """Words by Whisper. Raises ModelError (`model-missing`, `model-damaged`, `model-format`).

    `model` is a folder, a model's name, or `owner/repository`. `compute_type` is by default int8 on a processor and the
    fastest that the device knows elsewhere. The weights are loaded when first needed. `notice` is a line for the user
    once a graphics card is there and cannot be used, else empty.
    """

    limited = False

    def __init__(
        self,
        model: str | Path,
        *,
        device: Device = "auto",
        compute_type: str | None = None,
        threads: int | None = None,
    ) -> None:
        self._folder = find_model(model)
        self.name = f"faster-whisper {self._folder.name if Path(model).is_dir() else model}"
        self.notice = ""
        self._device: Device = device
        self._compute_type = compute_type
        self._threads = threads or min(4, os.cpu_count() or 1)
        self._loaded: Any = None

    def warm_up(self) -> None:
        """Load the weights and run them once; where a graphics card fails at that, and none was asked for, do without.

        Raises ModelError (`model-damaged`) or EngineError (`engine-failed`, `cuda-unusable`).
        """
        noise = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
        segment = SpeechSegment(Channel.AGENT, 0, len(noise), 0, len(noise))
        chosen = self._device
        try:
            self._decode(noise, segment, evidence=1.0)
        except (EngineError, ModelError) as error:
            if chosen != "auto" or self._device != "cuda":
                raise
            self.close()
            self._device, self._compute_type = "cpu", None
            self._decode(noise, segment, evidence=1.0)
            self.notice = f"the graphics card failed, Whisper runs on the processor: {error}"

    def transcribe(self, samples: Samples, segment: SpeechSegment) -> list[Word]:
        """The words of `segment`, spread evenly over its speech: Whisper is not asked for the time of each.

        Raises EngineError (`engine-failed`) and ModelError (`model-damaged`).
        """
        evidence = speech_evidence(samples)
        return self._decode(samples, segment, evidence) if evidence >= LEAST_LIKENESS else []

    def _decode(self, samples: Samples, segment: SpeechSegment, evidence: float) -> list[Word]:
        seconds = min(_WINDOW, len(samples) / SAMPLE_RATE)
        model = self._model()
        try:
            pieces, _ = model.transcribe(
                samples,
                language="en",
                beam_size=1,
                temperature=0.0,
                condition_on_previous_text=False,
                without_timestamps=True,
                max_new_tokens=math.ceil(_TOKENS_PER_SECOND * seconds) + _SPARE_TOKENS,
            )
            return [word for piece in pieces if _is_speech(piece, evidence) for word in _spread(piece, segment)]
        except (RuntimeError, ValueError) as error:
            raise EngineError(
                f"{self.name} failed: {_brief(error)}; try the device cpu, or another model", code="engine-failed"
            ) from error

    def close(self) -> None:
        """Give back the weights' memory. Safe to call twice; they are loaded anew if words are asked for again."""
        self._loaded = None

    def _model(self) -> Any:
        if self._loaded is None:
            self._decide()
            # Importing takes a second, which only those pay who chose this engine.
            library = import_module("faster_whisper")
            try:
                self._loaded = library.WhisperModel(
                    str(self._folder),
                    device=self._device,
                    compute_type=self._compute_type or ("int8" if self._device == "cpu" else "auto"),
                    cpu_threads=self._threads,
                    local_files_only=True,
                )
            except (RuntimeError, ValueError) as error:
                raise ModelError(
                    f"{self._folder} does not hold a Whisper model that can be loaded: {_brief(error)}",
                    code="model-damaged",
                ) from error
        return self._loaded

    def _decide(self) -> None:
        """Settle on a device. Raises EngineError (`cuda-unusable`)."""
        if self._device == "cpu":
            return
        found = cuda()
        if found.usable:
            self._device = "cuda"
        elif self._device == "cuda":
            raise EngineError(
                f"CUDA cannot be used: {found.reason}; the device auto or cpu does without", code="cuda-unusable"
            )
        else:
            self._device = "cpu"
            self.notice = f"the graphics card is not used: {found.reason}" if found.devices else ""


def _brief(error: Exception) -> str:
    """The first sentence of a library's message, which may be long."""
    return str(error).partition(". ")[0]


def _is_speech(piece: Any, evidence: float = 1.0) -> bool:
    return not (
        piece.compression_ratio > _MOST_COMPRESSION
        or piece.avg_logprob < _LEAST_LOGPROB + max(0.0, _CLEAR - evidence)
        or piece.no_speech_prob > _SURE_NO_SPEECH
        or (piece.no_speech_prob > _DOUBTED_NO_SPEECH and piece.avg_logprob < _DOUBTED_LOGPROB)
        or _INVENTED.fullmatch(piece.text.strip(" .!,"))
    )


def _spread(piece: Any, segment: SpeechSegment) -> Iterator[Word]:
    """The words of a piece, a window of at most 30 s, each as long as the others."""
    texts = piece.text.split()
    begin = max(segment.onset, segment.start + round(piece.start * SAMPLE_RATE))
    end = max(begin, min(segment.offset, segment.start + round(piece.end * SAMPLE_RATE)))
    belief = min(1.0, math.exp(piece.avg_logprob))
    for index, text in enumerate(texts):
        first, last = (begin + (end - begin) * at // len(texts) for at in (index, index + 1))
        yield Word(first, last, text, belief)
