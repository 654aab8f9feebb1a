"""The recogniser for real work: Whisper by faster-whisper, from a folder or the hub's cache on this machine."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np

from voiceassist.core.types import SAMPLE_RATE, Channel, Samples, SpeechSegment, Word
from voiceassist.engines.cuda import Device, cuda
from voiceassist.engines.evidence import LEAST_LIKENESS, speech_evidence
from voiceassist.engines.whisper import (
    FRAMES_PER_SECOND,
    FULL,
    STOCK_FLOOR,
    Decoding,
    Whisper,
    window_for,
)
from voiceassist.errors import EngineError, ModelError
from voiceassist.weights.cache import find_model
from voiceassist.weights.window import earned_floor

_LONGEST = 30 * SAMPLE_RATE
_TOKENS_PER_SECOND, _TOKEN_STEP = 8, 16
_TOGETHER_CPU, _TOGETHER_CUDA = 8, 32
QUICK = 0.4
"""Seconds for a phrase, beyond which guesses at it would only stand in each other's way."""
_PHRASE = 10
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


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Up to 30 s of the sound number `index`, from the sample `start` of the call."""

    index: int
    samples: Samples
    segment: SpeechSegment
    start: int
    evidence: float


class FasterWhisperTranscriber:
    """Words by Whisper. Raises ModelError (`model-missing`, `model-damaged`, `model-format`).

    `model` is a folder, a model's name, or `owner/repository`. `compute_type` is by default int8 on a processor and the
    fastest that the device knows elsewhere. The weights are loaded when first needed. `notice` is a line for the user
    once a graphics card is there and cannot be used, else empty. `floor` is the shortest window (frames of 10 ms) that
    sound is decoded in: by default what the model has earned, else what the published weights stand. `workers` threads
    may ask at once, and share the weights.
    """

    limited = False

    def __init__(  # noqa: PLR0913 - each is one thing that a machine decides
        self,
        model: str | Path,
        *,
        device: Device = "auto",
        compute_type: str | None = None,
        threads: int = 1,
        workers: int = 1,
        floor: int | None = None,
    ) -> None:
        self.folder = find_model(model)
        self.name = f"faster-whisper {self.folder.name if Path(model).is_dir() else model}"
        self.notice = ""
        self.quick = False
        """Whether a phrase is decoded within `QUICK` seconds here; known after `warm_up`."""
        self._device: Device = device
        self._compute_type = compute_type
        self._threads = threads
        self._workers = workers
        self.floor = floor or earned_floor(self.folder) or STOCK_FLOOR
        self.decodes = 0
        """Sounds that were decoded, each counted once."""
        self.fallbacks = 0
        """Those of them that were decoded once more in a full window, since the text could not be believed."""
        self.dropped = 0
        """Those whose text could not be believed then either."""
        self._counting = threading.Lock()
        self._loaded: Whisper | None = None

    def warm_up(self) -> None:
        """Load the weights and run them once; where a graphics card fails at that, and none was asked for, do without.

        Raises ModelError (`model-damaged`) or EngineError (`engine-failed`, `cuda-unusable`).
        """
        noise = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
        segment = SpeechSegment(Channel.AGENT, 0, len(noise), 0, len(noise))
        chosen = self._device
        try:
            self._decode([_Part(0, noise, segment, 0, 1.0)], 1)
        except (EngineError, ModelError) as error:
            if chosen != "auto" or self._device != "cuda":
                raise
            self.close()
            self._device, self._compute_type = "cpu", None
            self._decode([_Part(0, noise, segment, 0, 1.0)], 1)
            self.notice = f"the graphics card failed, Whisper runs on the processor: {error}"
        self.quick = self._seconds_for(noise) <= QUICK

    def _seconds_for(self, samples: Samples) -> float:
        """How long it takes to decode a sound into as many tokens as a phrase has."""
        with self._failing():
            whisper = self._whisper()
            began = time.perf_counter()
            whisper.decode([whisper.features(samples)], self._form(len(samples))[0], most=_PHRASE)
            return time.perf_counter() - began

    def transcribe(self, samples: Samples, segment: SpeechSegment) -> list[Word]:
        """The words of `segment`, spread evenly over its speech: Whisper is not asked for the time of each.

        Raises EngineError (`engine-failed`) and ModelError (`model-damaged`).
        """
        return self.transcribe_all([(samples, segment)])[0]

    def form(self, segment: SpeechSegment) -> tuple[int, int]:
        """The window (frames) that the segment is decoded in, and how many tokens it may have."""
        return self._form(segment.end - segment.start)

    def _form(self, length: int) -> tuple[int, int]:
        return window_for(length * FRAMES_PER_SECOND // SAMPLE_RATE, self.floor), _most_tokens(length)

    @property
    def together(self) -> int:
        """A graphics card computes many sounds in the time of one, a processor a few in less than their sum."""
        return _TOGETHER_CUDA if self._device == "cuda" else _TOGETHER_CPU

    def transcribe_all(self, sounds: Sequence[tuple[Samples, SpeechSegment]]) -> list[list[Word]]:
        """The words of each, those of one window decoded together. Raises as `transcribe` does."""
        parts: list[_Part] = []
        for index, (samples, segment) in enumerate(sounds):
            evidence = speech_evidence(samples)
            if evidence >= LEAST_LIKENESS:
                parts += _parts(index, samples, segment, evidence)
        return self._decode(parts, len(sounds))

    def decode(self, samples: Samples) -> str:
        """The text of up to 30 s in a full window, whatever it sounds like. Raises as `transcribe` does."""
        with self._failing():
            whisper = self._whisper()
            [decoding] = whisper.decode([whisper.features(samples)], FULL, most=_most_tokens(len(samples)))
        return decoding.text

    def _decode(self, parts: Sequence[_Part], count: int) -> list[list[Word]]:
        """The words of `count` sounds from their parts."""
        words: list[list[Word]] = [[] for _ in range(count)]
        with self._failing():
            for part, (text, belief) in zip(parts, self._hear(parts), strict=True):
                words[part.index] += _spread(text, belief, part.segment, part.start, part.start + len(part.samples))
        return words

    @contextmanager
    def _failing(self) -> Generator[None]:
        """Turn what CTranslate2 raises into an error of ours."""
        try:
            yield
        except (RuntimeError, ValueError) as error:
            raise EngineError(
                f"{self.name} failed: {_brief(error)}; try the device cpu, or another model", code="engine-failed"
            ) from error

    def _hear(self, parts: Sequence[_Part]) -> list[tuple[str, float]]:
        """The text of each part, and the belief in it."""
        if not parts:
            return []
        whisper = self._whisper()
        sounds = [whisper.features(part.samples) for part in parts]
        forms = [self._form(len(part.samples)) for part in parts]
        decodings: dict[int, Decoding] = {}

        def decode(which: Sequence[int], window: int, most: int) -> None:
            found = whisper.decode([sounds[at] for at in which], window, most=most)
            decodings.update(zip(which, found, strict=True))

        for form in dict.fromkeys(forms):
            decode([at for at, other in enumerate(forms) if other == form], *form)
        # It may be the short window that is to blame.
        doubted = [at for at, part in enumerate(parts) if not _is_speech(decodings[at], part.evidence)]
        again = [at for at in doubted if forms[at][0] < FULL]
        for at in again:
            decode([at], FULL, forms[at][1])
        lost = [at for at in doubted if not _is_speech(decodings[at], parts[at].evidence)]
        with self._counting:
            self.decodes += len(parts)
            self.fallbacks += len(again)
            self.dropped += sum(decodings[at].text != "" for at in lost)
        return [
            ("", 0.0) if at in lost else (decodings[at].text, min(1.0, math.exp(decodings[at].avg_logprob)))
            for at in range(len(parts))
        ]

    def close(self) -> None:
        """Give back the weights' memory. Safe to call twice; they are loaded anew if words are asked for again."""
        self._loaded = None

    def _whisper(self) -> Whisper:
        if self._loaded is None:
            self._decide()
            # Importing takes a second, which only those pay who chose this engine.
            library = import_module("faster_whisper")
            try:
                model = library.WhisperModel(
                    str(self.folder),
                    device=self._device,
                    compute_type=self._compute_type or ("int8" if self._device == "cpu" else "auto"),
                    cpu_threads=self._threads,
                    num_workers=self._workers,
                    local_files_only=True,
                )
                self._loaded = Whisper(model)
            except (RuntimeError, ValueError) as error:
                raise ModelError(
                    f"{self.folder} does not hold a Whisper model that can be loaded: {_brief(error)}",
                    code="model-damaged",
                ) from error
        assert self._loaded is not None
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


def _parts(index: int, samples: Samples, segment: SpeechSegment, evidence: float) -> Iterator[_Part]:
    for at in range(0, len(samples), _LONGEST):
        yield _Part(index, samples[at : at + _LONGEST], segment, segment.start + at, evidence)


def _brief(error: Exception) -> str:
    """The first sentence of a library's message, which may be long."""
    return str(error).partition(". ")[0]


def _most_tokens(length: int) -> int:
    """More tokens than anybody says in so many samples; few numbers, so that sounds can be decoded together."""
    return (math.ceil(_TOKENS_PER_SECOND * length / SAMPLE_RATE / _TOKEN_STEP) + 1) * _TOKEN_STEP


def _is_speech(decoding: Decoding, evidence: float = 1.0) -> bool:
    return decoding.text != "" and not (
        decoding.compression_ratio > _MOST_COMPRESSION
        or decoding.avg_logprob < _LEAST_LOGPROB + max(0.0, _CLEAR - evidence)
        or decoding.no_speech_prob > _SURE_NO_SPEECH
        or (decoding.no_speech_prob > _DOUBTED_NO_SPEECH and decoding.avg_logprob < _DOUBTED_LOGPROB)
        or _INVENTED.fullmatch(decoding.text.strip(" .!,"))
    )


def _spread(text: str, belief: float, segment: SpeechSegment, start: int, end: int) -> Iterator[Word]:
    """The words of the sound from `start` to `end` over the speech in it, each as long as the others."""
    texts = text.split()
    begin = max(segment.onset, start)
    length = max(0, min(segment.offset, end) - begin)
    for index, word in enumerate(texts):
        first, last = (begin + length * at // len(texts) for at in (index, index + 1))
        yield Word(first, last, word, belief)
