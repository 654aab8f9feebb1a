"""The recogniser for real work: Whisper by faster-whisper, from a folder or the hub's cache on this machine."""

from __future__ import annotations

import math
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import numpy as np

from voiceassist.core.types import SAMPLE_RATE, Channel, Samples, SpeechSegment, Word
from voiceassist.engines.cuda import Device, cuda
from voiceassist.engines.evidence import LEAST_LIKENESS, speech_evidence
from voiceassist.engines.whisper import FULL, STOCK_FLOOR, Decoding, Whisper, window_for
from voiceassist.errors import EngineError, ModelError
from voiceassist.weights.cache import find_model
from voiceassist.weights.window import earned_floor

_LONGEST = 30 * SAMPLE_RATE
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
    once a graphics card is there and cannot be used, else empty. `floor` is the shortest window (frames of 10 ms) that
    sound is decoded in: by default what the model has earned, else what the published weights stand.
    """

    limited = False
    quick = True

    def __init__(
        self,
        model: str | Path,
        *,
        device: Device = "auto",
        compute_type: str | None = None,
        threads: int = 1,
        floor: int | None = None,
    ) -> None:
        self.folder = find_model(model)
        self.name = f"faster-whisper {self.folder.name if Path(model).is_dir() else model}"
        self.notice = ""
        self._device: Device = device
        self._compute_type = compute_type
        self._threads = threads
        self.floor = floor or earned_floor(self.folder) or STOCK_FLOOR
        self.decodes = 0
        """Sounds that were decoded, each counted once."""
        self.fallbacks = 0
        """Those of them that were decoded once more in a full window, since the text could not be believed."""
        self.dropped = 0
        """Those whose text could not be believed then either."""
        self._loaded: Whisper | None = None

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

    def decode(self, samples: Samples) -> str:
        """The text of up to 30 s in a full window, whatever it sounds like. Raises as `transcribe` does."""
        with self._failing():
            whisper = self._whisper()
            [decoding] = whisper.decode([whisper.features(samples)], FULL, most=_most_tokens(len(samples)))
        return decoding.text

    def _decode(self, samples: Samples, segment: SpeechSegment, evidence: float) -> list[Word]:
        words: list[Word] = []
        with self._failing():
            whisper = self._whisper()
            for at in range(0, len(samples), _LONGEST):
                part = samples[at : at + _LONGEST]
                text, belief = self._hear(whisper, part, evidence)
                words += _spread(text, belief, segment, segment.start + at, segment.start + at + len(part))
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

    def _hear(self, whisper: Whisper, samples: Samples, evidence: float) -> tuple[str, float]:
        """The text of up to 30 s, and the belief in it."""
        sound = whisper.features(samples)
        most = _most_tokens(len(samples))
        window = window_for(sound.shape[1], self.floor)
        [decoding] = whisper.decode([sound], window, most=most)
        self.decodes += 1
        if window < FULL and not _is_speech(decoding, evidence):
            # It may be the short window that is to blame.
            self.fallbacks += 1
            [decoding] = whisper.decode([sound], FULL, most=most)
        if not _is_speech(decoding, evidence):
            self.dropped += decoding.text != ""
            return "", 0.0
        return decoding.text, min(1.0, math.exp(decoding.avg_logprob))

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


def _brief(error: Exception) -> str:
    """The first sentence of a library's message, which may be long."""
    return str(error).partition(". ")[0]


def _most_tokens(length: int) -> int:
    """More tokens than anybody says in so many samples."""
    return math.ceil(_TOKENS_PER_SECOND * length / SAMPLE_RATE) + _SPARE_TOKENS


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
