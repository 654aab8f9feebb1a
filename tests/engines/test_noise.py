"""Noise gives no words, no moment and no nudge, for as long as it lasts; and speech is not taken for noise."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from needs import ROOT, shared
from noises import KINDS, babble, noise
from sound import all_of, breath, room, spoken, tone

from voiceassist import assets
from voiceassist.audio.file import FileSource, Pace
from voiceassist.audio.frames import Framer
from voiceassist.core.events import EngineFailed, Event, MomentChanged, NudgeSent, Transcript
from voiceassist.core.policy import Hearing
from voiceassist.core.segmenter import Segmenter, SpeechPaused
from voiceassist.core.session import CallSession
from voiceassist.core.types import FRAME, SAMPLE_RATE, AudioFrame, Channel, Samples
from voiceassist.driver import Driver, Engines
from voiceassist.engines import evidence
from voiceassist.engines.base import Transcriber
from voiceassist.engines.faster_whisper import FasterWhisperTranscriber
from voiceassist.engines.pocketsphinx import PocketsphinxTranscriber
from voiceassist.engines.refusal import RefusalClassifier
from voiceassist.engines.silero import SileroVad
from voiceassist.recogniser import Recogniser

VOICES = ["rms", "awb", "slt", "kal16"]
WORDLESS = [kind for kind in KINDS if kind != "laughing"]
"""Laughter is a voice: the small recogniser finds a word in it now and then."""


class Playing:
    """A source that plays pieces of sound one after the other, the agent's."""

    channels = (Channel.AGENT,)

    def __init__(self, pieces: Iterator[Samples], at: Callable[[int], None] = lambda _: None) -> None:
        self.pieces, self.at = pieces, at

    async def __aiter__(self) -> AsyncIterator[AudioFrame]:
        framer = Framer(Channel.AGENT)
        for piece in self.pieces:
            for frame in framer.push(piece):
                self.at(frame.start)
                yield frame

    async def aclose(self) -> None:
        pass


@pytest.fixture(scope="module")
def engines() -> Iterator[Engines]:
    transcriber, classifier = PocketsphinxTranscriber(), RefusalClassifier(assets.refusal_model())
    with Recogniser(transcriber) as words, ThreadPoolExecutor(1) as scores:
        words.warm_up()
        classifier.warm_up()
        yield Engines(words, classifier, scores, SileroVad)
        transcriber.close()


async def heard(engines: Engines, source: Playing) -> list[Event]:
    """What a call of this sound tells, save its beginning and end."""
    events: list[Event] = []
    await Driver(CallSession("noise", source.channels), engines, events.append, patient=True).play(source)
    return [event for event in events if isinstance(event, Transcript | MomentChanged | NudgeSent | EngineFailed)]


# --- through the whole path -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WORDLESS)
async def test_a_noise_is_not_heard_by_a_call(engines, kind):
    sound = noise(kind, 12, seed=3)
    pieces = [sound, 0.2 * sound, noise("room", 1)]
    assert await heard(engines, Playing(iter(pieces))) == []


async def test_the_voices_of_a_crowded_floor_are_not_heard(engines):
    for level in (-50, -40, -30):
        assert await heard(engines, Playing(iter([babble(12, level), noise("room", 1)]))) == []


async def test_laughter_is_no_refusal(engines):
    events = await heard(engines, Playing(iter([noise("laughing", 30, seed=5), noise("room", 1)])))
    assert all(isinstance(event, Transcript) for event in events)


async def test_what_is_said_amid_noises_is_heard(engines):
    no = spoken("No, we can't do that.")
    pieces = [noise("cough, double", 4), no, noise("typing", 3), noise("music, strings", 4)]
    events = await heard(engines, Playing(iter([piece.astype(np.float32) for piece in pieces])))
    finals = [event.utterance.text for event in events if isinstance(event, Transcript) and event.utterance.final]
    assert finals == ["no we can't do that"]
    assert any(isinstance(event, MomentChanged) for event in events)


@dataclass(frozen=True)
class Footprint:
    """What the process and the recogniser's process hold on to."""

    resident: int
    recogniser: int
    threads: int
    files: int
    tasks: int

    @classmethod
    def now(cls, recogniser: int) -> Footprint:
        threads, files = (sum(1 for _ in Path(f"/proc/self/{what}").iterdir()) for what in ("task", "fd"))
        return cls(_resident("self"), _resident(recogniser), threads, files, len(asyncio.all_tasks()))


def _resident(process: int | str) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.timeout(600)
async def test_an_hour_of_noise_leaves_nothing_behind(engines):
    # Twelve seconds of each kind, then all of them again in another order, from elsewhere on and at another level.
    rng = np.random.default_rng(8)
    kinds = {kind: noise(kind, 12, seed=4) for kind in WORDLESS}
    hour = 3600 * SAMPLE_RATE
    rounds = -(-3600 // (12 * len(kinds)))

    def pieces() -> Iterator[Samples]:
        for _ in range(rounds):
            for kind in rng.permutation(WORDLESS):
                sound = np.roll(kinds[kind], rng.integers(len(kinds[kind])))
                yield np.clip(sound * 10 ** (rng.uniform(-25, 6) / 20), -1, 1).astype(np.float32)

    worker = engines.recogniser.transcriber._worker._process.pid
    marks: dict[int, Footprint] = {}

    def look(at: int) -> None:
        if at in (hour // 10 // FRAME * FRAME, hour // FRAME * FRAME):
            marks[at] = Footprint.now(worker)

    assert await heard(engines, Playing(pieces(), look)) == []
    early, late = marks.values()
    assert late.resident - early.resident < 12 << 20
    assert late.recogniser - early.recogniser < 12 << 20
    assert (late.threads, late.files, late.tasks) == (early.threads, early.files, early.tasks)


# --- the recognisers alone --------------------------------------------------------------------------------------------


def windows(kind: str, length: float = 2.0) -> list[Samples]:
    """Twelve seconds of a noise in pieces, as if the voice activity detector had let all of it through."""
    sound = noise(kind, 12, seed=6)
    return list(sound.reshape(-1, round(length * SAMPLE_RATE)))


def words(engine: Transcriber, sounds: Sequence[Samples]) -> list[str]:
    """The words of each sound that has any."""
    heard = [" ".join(word.text for word in engine.transcribe(sound, all_of(sound))) for sound in sounds]
    return [text for text in heard if text]


@pytest.mark.parametrize("kind", ["cough", "cough, double", "cough, fit", "throat", "music, strings", "music, choir"])
def test_what_slipped_through_the_detector_is_no_word_either(engines, kind):
    assert words(engines.recogniser.transcriber, windows(kind)) == []


def test_few_of_the_noises_that_slip_through_are_taken_for_speech():
    sounds = [sound for kind in WORDLESS if kind != "humming" for sound in windows(kind)]
    assert sum(evidence.holds_speech(sound) for sound in sounds) <= 0.05 * len(sounds)


@pytest.fixture(scope="module")
def whisper() -> Iterator[FasterWhisperTranscriber]:
    engine = FasterWhisperTranscriber(ROOT / "models" / "micro" / "whisper-micro", device="cpu", threads=1)
    yield engine
    engine.close()


@pytest.mark.parametrize("kind", WORDLESS)
def test_whisper_invents_nothing_for_noise(whisper, kind):
    assert words(whisper, windows(kind)) == []


# --- what speaks for speech -------------------------------------------------------------------------------------------


def test_each_kind_of_evidence_misses_where_it_should():
    said = spoken("No.")[SAMPLE_RATE // 2 : -SAMPLE_RATE // 2]
    assert evidence.holds_speech(said)
    assert evidence.depth(room(2.0, 0.1)) < evidence.LEAST_DEPTH < 30 < evidence.depth(said)
    hiss = np.pad(room(0.5, 0.1), 6000) + room(0.5 + 12000 / SAMPLE_RATE)
    assert evidence.depth(hiss) > evidence.LEAST_DEPTH
    assert evidence.voicing(hiss) < evidence.LEAST_VOICING < 0.9 < evidence.voicing(said)
    beep = np.pad(tone(0.5, 300), 6000) + room(0.5 + 12000 / SAMPLE_RATE)
    assert evidence.voicing(beep) > 0.95
    assert evidence.likeness(beep) < evidence.LEAST_LIKENESS < 0.8 < evidence.likeness(said)
    for sound in (hiss, beep, np.zeros(0, np.float32), np.zeros(100, np.float32), np.zeros(32000, np.float32)):
        assert not evidence.holds_speech(sound)


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("level", [0, -20, -40])
@pytest.mark.parametrize("behind", ["nothing", "room", "fan"])
def test_a_lone_no_is_kept(engines, voice, level, behind):
    sound = spoken("No.", voice)
    segment = breath(sound)
    gain = 10 ** (level / 20) / np.abs(sound).max()
    if behind != "nothing":
        around = noise(behind, len(sound) / SAMPLE_RATE, seed=2)
        power = np.square(sound[segment.onset : segment.offset]).mean()
        sound = sound + around * np.sqrt(power / np.square(around).mean() / 10**1.5)
    part = np.clip(gain * sound, -1, 1).astype(np.float32)[segment.start : segment.end]
    assert [word.text for word in engines.recogniser.transcriber.transcribe(part, segment)] == ["no"]


@pytest.mark.parametrize(
    "name", ["jfk", "ms_beckett", "librispeech_1272-128104-0004-8k", "gcp_commercial_mono", "lca_auto_repairs_40_agent"]
)
async def test_no_breath_of_a_recording_is_taken_for_noise(name):
    file = shared() / "audio" / f"{name}.flac"
    source = FileSource(file, pace=Pace.FAST)
    sound = np.concatenate([f.samples async for f in source if f.channel is Channel.AGENT and hasattr(f, "samples")])
    await source.aclose()
    segmenter, vad = Segmenter(Channel.AGENT, Hearing()), SileroVad()
    breaths = [
        event.segment
        for at in range(0, len(sound) - FRAME + 1, FRAME)
        for event in segmenter.push(at + FRAME, vad.probability(sound[at : at + FRAME]))
        if isinstance(event, SpeechPaused)
    ]
    assert breaths
    assert all(evidence.holds_speech(sound[segment.start : segment.end]) for segment in breaths)
