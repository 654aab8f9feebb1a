"""The shell around the core: what a call does when its sound, its engines and its buttons do what they like."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from calls import AGENT, CUSTOMER, Turn, hear, play, story
from tones import LoudVad, Tones

from voiceassist.core.events import CallEnded, EngineFailed, Event, MomentChanged, NudgeSent, Transcript
from voiceassist.core.session import CallSession
from voiceassist.core.transcript import spread
from voiceassist.core.types import FRAME, AudioFrame, Channel, Gap, Samples, Scores, SpeechSegment, Word, samples
from voiceassist.driver import Driver, Engines
from voiceassist.engines.scripted import ScriptedClassifier, ScriptedTranscriber
from voiceassist.errors import AudioError, EngineError
from voiceassist.recogniser import Recogniser
from voiceassist.turns import Turn as FileTurn
from voiceassist.turns import TurnsCall

CALL: list[Turn] = [
    (CUSTOMER, 0.3, 2, "can i have a refund"),
    (AGENT, 2.5, 3.2, "no we can't"),
    (AGENT, 8, 10, "because the seal is broken but i can give you credit"),
]


class FailingTranscriber(ScriptedTranscriber):
    """Breaks on its first answers, each time with the next of these errors."""

    def __init__(self, words: dict[Channel, Sequence[Word]], errors: list[Exception]) -> None:
        super().__init__(words)
        self.errors = errors

    def transcribe(self, samples: Samples, segment: SpeechSegment) -> list[Word]:
        if self.errors:
            raise self.errors.pop(0)
        return super().transcribe(samples, segment)


def words(turns: Sequence[Turn]) -> dict[Channel, Sequence[Word]]:
    return {
        channel: [w for c, a, b, text in turns if c is channel for w in spread(samples(a), samples(b), text)]
        for channel in Channel
    }


@pytest.fixture
def make() -> Iterator[Callable[..., tuple[Driver, list[Event]]]]:
    """Makes a patient driver with scripted engines, and the list that its events go to."""
    with ThreadPoolExecutor(1) as ear:

        def build(
            turns: Sequence[Turn],
            transcriber: ScriptedTranscriber | None = None,
            classify: Callable[[str, str], Scores] = hear,
        ) -> tuple[Driver, list[Event]]:
            events: list[Event] = []
            recogniser = Recogniser(transcriber or ScriptedTranscriber(words(turns)))
            engines = Engines(recogniser, ScriptedClassifier(classify), ear, LoudVad)
            return Driver(CallSession("c", tuple(Channel)), engines, events.append, patient=True), events

        yield build


async def test_sound_becomes_the_same_story_as_turns(make) -> None:
    driver, events = make(CALL)
    await driver.play(Tones(CALL))
    kinds = [line.split(" ", 1)[1] for line in story(events)]
    assert kinds == [line.split(" ", 1)[1] for line in story(play(CALL))]
    assert [e.utterance.text for e in events if isinstance(e, Transcript) and e.utterance.final] == [t[3] for t in CALL]


async def test_turns_at_real_pace_tell_the_same_as_fast(make) -> None:
    call = TurnsCall("c", tuple(FileTurn(c, text, samples(a / 10), samples(b / 10)) for c, a, b, text in CALL), {})
    stories = []
    for realtime in (False, True):
        driver, events = make(CALL)
        await driver.play_turns(call, tail=1.0, realtime=realtime)
        stories.append(story(events))
    assert stories[0] == stories[1] != []


@pytest.mark.parametrize("error", [EngineError("it ended", code="engine-died"), ValueError("a fault of its own")])
async def test_a_recogniser_that_breaks_costs_its_breath_only(make, error: Exception) -> None:
    driver, events = make(CALL, FailingTranscriber(words(CALL), [error]))
    await driver.play(Tones(CALL))
    (failure,) = [e for e in events if isinstance(e, EngineFailed)]
    assert failure.code == ("engine-died" if isinstance(error, EngineError) else "engine-fault")
    assert "\n" not in failure.message
    assert [e.nudge.kind for e in events if isinstance(e, NudgeSent)] == ["offer_alternative"]


async def test_a_classifier_that_breaks_leaves_the_words(make) -> None:
    def broken(prev: str, text: str) -> Scores:
        raise RuntimeError(f"cannot score {text!r} after {prev!r}")

    driver, events = make(CALL, classify=broken)
    await driver.play(Tones(CALL))
    finals = [e.utterance.text for e in events if isinstance(e, Transcript) and e.utterance.final]
    assert finals == [t[3] for t in CALL]
    assert not [e for e in events if isinstance(e, MomentChanged)]
    assert isinstance(events[-1], CallEnded)


async def test_a_source_that_breaks_ends_the_call_with_its_own_error(make) -> None:
    driver, events = make(CALL)
    with pytest.raises(AudioError, match="the device is gone"):
        await driver.play(Tones(CALL, breaks_at=5))
    assert [e for e in events if isinstance(e, MomentChanged)]


async def test_stop_ends_the_call_where_it_is(make) -> None:
    driver, events = make(CALL)
    source = Tones(CALL)

    async def press() -> None:
        while not any(isinstance(e, MomentChanged) for e in events):
            await asyncio.sleep(0)
        driver.stop()

    await asyncio.gather(driver.play(source), press())
    assert isinstance(events[-1], CallEnded)
    assert source.played < samples(8)


async def test_a_pause_forgets_the_sound_too(make) -> None:
    driver, events = make(CALL)

    async def press() -> None:
        while driver.session.now < samples(2.6):
            await asyncio.sleep(0)
        driver.pause()
        while driver.session.now < samples(6):
            await asyncio.sleep(0)
        driver.command(CallSession.resume)

    await asyncio.gather(driver.play(Tones(CALL)), press())
    texts = {e.utterance.text for e in events if isinstance(e, Transcript)}
    assert "no we can't" not in texts
    assert CALL[-1][3] in texts


async def test_a_gap_in_the_sound_moves_time(make) -> None:
    turns: list[Turn] = [(AGENT, 0.5, 1.5, "no we can't")]
    driver, events = make(turns)

    class Gapped(Tones):
        async def __aiter__(self) -> AsyncIterator[AudioFrame | Gap]:
            async for frame in super().__aiter__():
                if frame.start < samples(3):
                    yield frame
            for channel in self.channels:
                yield Gap(channel, samples(3) // FRAME * FRAME + FRAME, samples(10))

    await driver.play(Gapped(turns))
    assert [e.nudge.kind for e in events if isinstance(e, NudgeSent)] == ["offer_alternative"]
    assert events[-1].at == samples(10)


async def test_a_call_that_has_ended_waits_for_no_words(make) -> None:
    """What nobody wants any more may take as long as it likes."""
    slow = threading.Event()
    asked = threading.Event()

    class Slow(ScriptedTranscriber):
        def transcribe(self, samples: Samples, segment: SpeechSegment) -> list[Word]:
            asked.set()
            slow.wait(20)
            return super().transcribe(samples, segment)

    driver, events = make(CALL, Slow(words(CALL)))
    playing = asyncio.create_task(driver.play(Tones(CALL)))
    assert await asyncio.to_thread(asked.wait, 20)
    driver.pause()
    driver.stop()
    async with asyncio.timeout(10):
        await playing
    assert isinstance(events[-1], CallEnded)
    slow.set()
