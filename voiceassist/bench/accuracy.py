"""Which windows a Whisper model stands: every clip in a full window and in shorter ones, and the gate to earn one.

A floor is earned over the clips that it would shorten. Their words must be as right as in a full window, the ear must
decide the same about a refusal, and few may need a full window after all. A model that says of noise what it says of
speech has no floor: its words do not depend on the sound.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from voiceassist import __version__
from voiceassist.bench import machine
from voiceassist.bench.clips import Clip
from voiceassist.core.types import SAMPLE_RATE, Channel, Label, Samples, SpeechSegment
from voiceassist.engines.base import Classifier
from voiceassist.engines.choose import choose_transcriber
from voiceassist.engines.faster_whisper import FasterWhisperTranscriber
from voiceassist.engines.whisper import FRAMES_PER_SECOND, FULL, STOCK_FLOOR, WINDOWS, window_for
from voiceassist.errors import ModelError, UsageError
from voiceassist.settings import Settings
from voiceassist.weights.window import forget_floor, keep_floor

SCHEMA = 1
LEAST_CLIPS = 50
"""Fewer that a floor shortens do not tell one error in a hundred from none."""
MOST_LOSS, LEAST_SAME, MOST_FALLBACKS = 0.01, 0.99, 0.03
"""Words lost against a full window, the same decisions about a refusal, decodings done once more: shares."""
_NOISES = 20
_MOST_DEAF = 0.5


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one clip in one window: its words, whether the ear holds them for a refusal, milliseconds."""

    text: str
    refusal: bool
    milliseconds: float
    fallback: bool


@dataclass(frozen=True, slots=True)
class Floor:
    """One floor (frames of 10 ms) over the `clips` that it shortens; word error rates are None without any such clip.

    `wer` is against the words that were said, or those of a full window where nobody wrote them down; `full_wer` is the
    full window's on the same clips.
    """

    floor: int
    clips: int
    wer: float | None
    full_wer: float | None
    same_decision: float
    fallbacks: float
    p50: float | None
    full_p50: float | None

    @property
    def passes(self) -> bool:
        """Whether a model has earned this floor, if there are clips enough."""
        return (
            self.wer is not None
            and self.full_wer is not None
            and self.wer - self.full_wer <= MOST_LOSS
            and self.same_decision >= LEAST_SAME
            and self.fallbacks <= MOST_FALLBACKS
        )


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A model's floors, the shortest that it earned (None: that of published weights stays), and on what that rests."""

    model: str
    clips: int
    with_words: bool
    floors: tuple[Floor, ...]
    earned: int | None

    @property
    def enough(self) -> bool:
        """Whether there are clips enough to earn anything."""
        return any(floor.clips >= LEAST_CLIPS for floor in self.floors if floor.floor < STOCK_FLOOR)

    def keep(self, folder: Path) -> str:
        """Write what was earned beside the weights in `folder`, and say so in a line.

        Raises ModelError (`model-readonly`) where nothing can be written there.
        """
        stock = f"windows stay at {_seconds(STOCK_FLOOR)}"
        if not self.enough:
            return f"{stock}: {LEAST_CLIPS} clips that a shorter one would shorten are needed to earn it"
        try:
            if self.earned is None:
                forget_floor(folder)
                return f"{stock}: no shorter one hears as well"
            path = keep_floor(folder, self.earned, self.clips)
        except OSError as error:
            raise ModelError(
                f"{folder} takes no file ({error.strerror}): copy the model to a folder of your own",
                code="model-readonly",
            ) from None
        return f"earned windows from {_seconds(self.earned)} on, kept in {path}"

    def document(self) -> dict[str, Any]:
        """What `bench accuracy --json` writes."""
        return {
            "bench": "accuracy",
            "schema": SCHEMA,
            "version": __version__,
            "machine": machine.describe(),
            "model": self.model,
            "clips": self.clips,
            "against": "the words that were said" if self.with_words else "the words of a full window",
            "gate": {
                "least_clips": LEAST_CLIPS,
                "most_loss": MOST_LOSS,
                "least_same_decision": LEAST_SAME,
                "most_fallbacks": MOST_FALLBACKS,
            },
            "floors": [{**asdict(floor), "passes": floor.passes} for floor in self.floors],
            "earned": self.earned,
        }


def require() -> None:
    """Raise UsageError (`jiwer-missing`) where there is nothing to count words with."""
    if find_spec("jiwer") is None:
        raise UsageError("words are compared with jiwer: pip install 'voiceassist[bench]'", code="jiwer-missing")


@contextmanager
def whisper(settings: Settings) -> Generator[FasterWhisperTranscriber]:
    """The Whisper model that the settings name, given back afterwards.

    Raises UsageError where they name none, and what loading raises.
    """
    wanted = settings.transcriber
    engine = choose_transcriber(wanted.name, wanted.model or None, device=wanted.device)
    if not isinstance(engine, FasterWhisperTranscriber):
        raise UsageError("only Whisper hears in windows: name a model with --model", code="no-whisper")
    engine.warm_up()
    try:
        yield engine
    finally:
        engine.close()


def examine(engine: FasterWhisperTranscriber, ear: Classifier, clips: Sequence[Clip]) -> Accuracy:
    """Hear all clips in every window; leaves the engine with the floor that it had.

    Raises ModelError (`model-deaf`) where the words do not depend on the sound.
    """
    before = engine.floor
    try:
        full = [_hear(engine, ear, clip.sound, FULL) for clip in clips]
        _refuse_deaf(engine, clips, full)
        floors = tuple(_floor(engine, ear, clips, full, floor) for floor in WINDOWS if floor <= STOCK_FLOOR)
    finally:
        engine.floor = before
    with_words = all(clip.text is not None for clip in clips)
    return Accuracy(engine.name, len(clips), with_words, floors, _earned(floors))


def _earned(floors: Sequence[Floor]) -> int | None:
    """The shortest floor that passes along with all between it and that of published weights."""
    earned = None
    for floor in reversed([floor for floor in floors if floor.floor < STOCK_FLOOR]):
        if floor.clips < LEAST_CLIPS or not floor.passes:
            break
        earned = floor.floor
    return earned


def _floor(
    engine: FasterWhisperTranscriber, ear: Classifier, clips: Sequence[Clip], full: Sequence[Heard], floor: int
) -> Floor:
    longer = FULL if floor == STOCK_FLOOR else STOCK_FLOOR
    both = [
        (clip, whole)
        for clip, whole in zip(clips, full, strict=True)
        if _window(clip.sound, floor) < _window(clip.sound, longer)
    ]
    if not both:
        return Floor(floor, 0, None, None, 0.0, 0.0, None, None)
    heard = [_hear(engine, ear, clip.sound, floor) for clip, _ in both]
    said = [whole.text if clip.text is None else clip.text for clip, whole in both]
    return Floor(
        floor,
        len(both),
        word_error_rate(said, [one.text for one in heard]),
        word_error_rate(said, [whole.text for _, whole in both]),
        statistics.mean(one.refusal == whole.refusal for one, (_, whole) in zip(heard, both, strict=True)),
        statistics.mean(one.fallback for one in heard),
        round(statistics.median(one.milliseconds for one in heard), 1),
        round(statistics.median(whole.milliseconds for _, whole in both), 1),
    )


def word_error_rate(said: Sequence[str], heard: Sequence[str]) -> float | None:
    """Words wrong, missing or too many over the words said, without regard to case and punctuation; None for no words.

    Texts without a word in them are left out.
    """
    import jiwer  # noqa: PLC0415 - an extra; only who measures needs it

    plain = [(_plain(a), _plain(b)) for a, b in zip(said, heard, strict=True)]
    counted = [pair for pair in plain if pair[0]]
    if not counted:
        return None
    return round(jiwer.wer([pair[0] for pair in counted], [pair[1] for pair in counted]), 4)


def _plain(text: str) -> str:
    kept = "".join(letter if letter.isalnum() or letter == "'" else " " for letter in text.lower().replace("’", "'"))
    return " ".join(kept.split())


def _hear(engine: FasterWhisperTranscriber, ear: Classifier, sound: Samples, floor: int) -> Heard:
    engine.floor = floor
    before = engine.fallbacks
    began = time.perf_counter()
    words = engine.transcribe(sound, SpeechSegment(Channel.AGENT, 0, len(sound), 0, len(sound)))
    milliseconds = 1000 * (time.perf_counter() - began)
    text = " ".join(word.text for word in words)
    refusal = bool(text) and ear.classify("", text).has(Label.REFUSAL)
    return Heard(text, refusal, milliseconds, engine.fallbacks > before)


def _refuse_deaf(engine: FasterWhisperTranscriber, clips: Sequence[Clip], full: Sequence[Heard]) -> None:
    """Raise ModelError where noise as loud as the clips is heard as the same words."""
    spoken = [(clip, whole) for clip, whole in zip(clips, full, strict=True) if whole.text][:_NOISES]
    if not spoken:
        raise ModelError(f"{engine.name} heard no word in any clip: give clips of clear speech", code="model-deaf")
    random = np.random.default_rng(0)
    same = 0
    for clip, whole in spoken:
        noise = random.normal(0, np.sqrt(np.mean(np.square(clip.sound))), len(clip.sound)).astype(np.float32)
        same += engine.decode(noise) == whole.text
    if same > _MOST_DEAF * len(spoken):
        raise ModelError(
            f"{engine.name} says the same of noise as of speech ({same} of {len(spoken)} clips): it hears nothing, and "
            "no window can be earned",
            code="model-deaf",
        )


def _window(sound: Samples, floor: int) -> int:
    return window_for(len(sound) * FRAMES_PER_SECOND // SAMPLE_RATE, floor)


def _seconds(frames: int) -> str:
    return f"{frames / FRAMES_PER_SECOND:g} s"
