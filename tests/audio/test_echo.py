"""The far end leaking into the microphone is never taken for the agent, and the agent never for the far end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from echoes import ANSWERS, REQUESTS, Path, covered, lateness, listen, mixed, noise, said
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from needs import ROOT
from sound import record, tone

from voiceassist.audio.echo import EchoGuard
from voiceassist.audio.file import FileSource
from voiceassist.core.events import Event, Transcript
from voiceassist.core.session import CallSession
from voiceassist.core.transcript import spread
from voiceassist.core.types import FRAME, SAMPLE_RATE, AudioFrame, Channel, Samples, Scores
from voiceassist.driver import Driver, Engines
from voiceassist.engines.scripted import ScriptedClassifier, ScriptedTranscriber
from voiceassist.engines.silero import SileroVad
from voiceassist.recogniser import Recogniser

REFUSAL = ("No, we can't do that, because the driver is off.",)
ROOMS = {
    "headset": Path(level=-40, delay=0.02, reverb=0.05, direct=10),
    "desk": Path(level=-20, delay=0.08),
    "near the loudspeaker": Path(level=-3, delay=0.0),
    "far and late": Path(level=-30, delay=0.3, direct=0, reverb=0.3),
    "bare walls": Path(level=-15, direct=0, reverb=0.4),
    "laptop": Path(level=-12, delay=0.15, band=(400, 3500), distortion=0.5),
    "telephone's tinny loudspeaker": Path(level=-20, band=(600, 5000), distortion=1, direct=3, reverb=0.2),
    "two clocks, the microphone's faster": Path(level=-20, drift=100),
    "two clocks, the microphone's slower": Path(level=-20, drift=-100),
}
VOICES = ("slt", "kal16", "awb")


def leak(path: Path, far: Samples, *, room: float = -75.0) -> tuple[Samples, Samples]:
    """The far end with the noise of its line, and a microphone that hears nothing else."""
    return far + noise(len(far), -75.0, 9), path.carry(far) + noise(len(far), room)


@pytest.mark.parametrize("name", ROOMS)
def test_a_leak_never_opens_a_breath(name: str) -> None:
    heard = listen(*leak(ROOMS[name], said("slt", REQUESTS)))
    assert heard.heard > 5, "without the guard it is taken for the agent"
    assert heard.breaths == []


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize("room", [-60.0, -50.0])
def test_nor_does_it_in_a_noisy_room(voice: str, room: float) -> None:
    heard = listen(*leak(Path(level=-20), said(voice, REQUESTS), room=room))
    assert heard.heard > 5
    assert heard.breaths == []


@settings(max_examples=25, derandomize=True, phases=[Phase.generate])  # to shrink sound takes minutes
@given(
    voice=st.sampled_from(VOICES),
    line=st.sampled_from(REQUESTS),
    path=st.builds(
        Path,
        level=st.floats(-50, -3),
        delay=st.floats(0, 0.3),
        reverb=st.floats(0.02, 0.3),
        direct=st.floats(0, 12),
        band=st.tuples(st.floats(50, 500), st.floats(3000, 7500)),
        drift=st.floats(-100, 100),
        distortion=st.floats(0, 0.5),
        seed=st.integers(1, 5),
    ),
    room=st.floats(-80, -60),
)
def test_first_words_are_caught_in_any_room(voice: str, line: str, path: Path, room: float) -> None:
    """Nothing is known of the room yet. A rare pair of frames (64 ms, no word) may pass."""
    assert listen(*leak(path, said(voice, (line,)), room=room)).spoken <= 0.1


@pytest.mark.parametrize(("delay", "passes"), [(-0.02, 0.1), (-0.04, 0.5)])
def test_a_monitor_that_is_captured_late_lets_little_pass(delay: float, passes: float) -> None:
    heard = listen(*leak(Path(level=-15, delay=delay), said("slt", REQUESTS)))
    assert heard.heard > 8
    assert heard.spoken <= passes


def test_another_device_in_mid_call_is_learned() -> None:
    far = said("slt", REQUESTS)
    half = len(far) // 2
    before, after = Path(level=-35, delay=0.02, direct=10), Path(level=-6, delay=0.22, direct=0, reverb=0.3)
    mic = np.concatenate([before.carry(far)[:half], after.carry(far)[half:]]) + noise(len(far))
    heard = listen(far + noise(len(far), -75.0, 9), mic)
    assert heard.heard > 8
    assert heard.spoken <= 0.2


@pytest.mark.parametrize("customer", ["nobody", "noise", "music"])
def test_an_agent_alone_is_never_an_echo(customer: str) -> None:
    agent = mixed((0.5, said("rms", ANSWERS)), seconds=9)
    chord = sum(tone(9, frequency, level=0.1) for frequency in (220.0, 277.2, 329.6, 440.0))
    far = {
        "nobody": np.zeros(len(agent), np.float32),
        "noise": noise(len(agent), -30.0, 9),
        "music": chord * (1 + tone(9, 2.0)) / 2 + noise(len(agent), -70.0, 9),
    }[customer]
    heard = listen(np.asarray(far, np.float32), agent)
    assert len(heard.breaths) >= 3
    assert heard.breaths == heard.plain


@pytest.mark.parametrize("level", [-30.0, -15.0, -10.0])
@pytest.mark.parametrize("voice", VOICES)
def test_an_agent_who_speaks_over_a_softer_leak_is_kept(voice: str, level: float) -> None:
    far = said(voice, REQUESTS)
    agent = mixed((3.0, said("rms", REFUSAL)), (9.5, said("rms", ANSWERS[1:2])), seconds=len(far) / SAMPLE_RATE)
    alone = listen(np.zeros_like(far), agent).breaths
    found = listen(far + noise(len(far), -75.0, 9), agent + Path(level=level).carry(far)).breaths
    assert covered(alone, found) >= 0.9
    assert lateness(alone, found) <= 0.2
    assert sum(b - a for a, b in found) - sum(b - a for a, b in alone) <= 1.0, "what was added is no more than tails"


def test_two_sides_without_a_leak_are_left_alone() -> None:
    """Even where the agent says the customer's words after the customer, or with the customer."""
    words = REQUESTS[:2]
    far = mixed((0.0, said("slt", words)), seconds=12)
    for at in (0.0, 0.2, 5.0):
        heard = listen(far, mixed((at, said("rms", words)), seconds=12))
        assert len(heard.breaths) >= 2
        assert covered(heard.plain, heard.breaths) >= 0.99


def test_what_hums_on_both_lines_is_no_echo() -> None:
    hum = sum(tone(12, 50.0 * n, level=0.01 / n) for n in range(1, 12))
    shared = np.asarray(hum + noise(12 * SAMPLE_RATE, -50.0, 3), np.float32)
    far = mixed((0.0, said("slt", REQUESTS)), seconds=12) + shared
    heard = listen(far, mixed((0.4, said("rms", ANSWERS)), seconds=12) + shared)
    assert len(heard.breaths) >= 3
    assert covered(heard.plain, heard.breaths) >= 0.99


@pytest.mark.parametrize("back", [-0.03, 0.0, 0.03, 0.25])
def test_an_agent_who_is_heard_back_in_the_monitor_is_no_echo(back: float) -> None:
    """The side tone of a headset, and the agent's voice thrown back by the far end."""
    agent = mixed((0.5, said("rms", ANSWERS)), seconds=10)
    heard = listen(Path(level=-12, delay=back).carry(agent) + noise(len(agent), -75.0, 9), agent)
    assert len(heard.breaths) >= 3
    assert heard.breaths == heard.plain


async def test_the_demo_call_is_heard_as_without_a_guard() -> None:
    guard, vad = EchoGuard(), SileroVad()
    taken: list[float] = []
    spoken = 0
    frames: dict[Channel, AudioFrame] = {}
    async for frame in FileSource(ROOT / "voiceassist" / "demo" / "call.flac", tail=0):
        frames[frame.channel] = frame
        if len(frames) == len(Channel):
            guard.hear(frames[Channel.CUSTOMER])
            speech = vad.probability(frames[Channel.AGENT].samples) >= 0.35
            spoken += speech
            if guard.is_echo(frames[Channel.AGENT]) and speech:
                taken.append(frames[Channel.AGENT].start / SAMPLE_RATE)
            frames.clear()
    assert spoken > 500
    assert taken == []


def test_gaps_and_frames_that_begin_elsewhere_move_nothing() -> None:
    """Each side has its own frames: what counts is the sample that they begin at."""
    far, mic = leak(Path(level=-15, delay=0.1), said("slt", REQUESTS[:2]))
    lost, shift = range(200, 240), 100
    guard, vad = EchoGuard(), SileroVad()
    passed = speech = 0
    for index in range(len(far) // FRAME - 1):
        start = index * FRAME
        if index not in lost:
            guard.hear(AudioFrame(Channel.CUSTOMER, start + shift, far[start + shift : start + shift + FRAME]))
            frame = AudioFrame(Channel.AGENT, start, mic[start : start + FRAME])
            echo = guard.is_echo(frame)
            if vad.probability(frame.samples) >= 0.5:
                speech += 1
                passed += not echo
    assert speech > 150
    assert passed <= 5


async def test_a_call_with_a_leak_has_words_of_the_customer_only(tmp_path) -> None:
    """Whatever is taken for speech gets words, so that a leak taken for the agent would show."""
    far, mic = leak(Path(level=-12, delay=0.1), said("slt", REQUESTS[:2]))
    recording = record(tmp_path / "call.wav", np.stack([mic, far], axis=1), SAMPLE_RATE)
    words = spread(0, len(far), "and " * 60)
    events: list[Event] = []
    with ThreadPoolExecutor(1) as thread:
        transcriber = ScriptedTranscriber(dict.fromkeys(Channel, words))
        scripted = ScriptedClassifier(lambda _prev, _text: Scores.of({}))
        engines = Engines(Recogniser(transcriber), scripted, thread, SileroVad)
        session = CallSession("c", tuple(Channel))
        await Driver(session, engines, events.append, patient=True).play(FileSource(recording, tail=2))
    assert {event.utterance.channel for event in events if isinstance(event, Transcript)} == {Channel.CUSTOMER}
