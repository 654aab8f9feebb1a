import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from sound import all_of, breath, room, spoken

from voiceassist.engines import pocketsphinx
from voiceassist.engines.pocketsphinx import PocketsphinxTranscriber
from voiceassist.errors import EngineError


@pytest.fixture(scope="module")
def engine():
    made = PocketsphinxTranscriber()
    yield made
    made.close()


def words(engine: PocketsphinxTranscriber, sound: np.ndarray) -> list[str]:
    segment = breath(sound)
    return [word.text for word in engine.transcribe(sound[segment.start : segment.end], segment)]


@pytest.mark.parametrize("voice", ["rms", "awb", "kal16"])
def test_a_lone_no_is_heard(engine, voice):
    assert words(engine, spoken("No.", voice)) == ["no"]


@pytest.mark.parametrize("gain", [0.02, 0.1, 1.0])
def test_quiet_speech_is_heard_like_loud_speech(engine, gain):
    loud = spoken("No, we can't do that.")
    segment = breath(loud)
    quiet = (loud * gain)[segment.start : segment.end].astype(np.float32)
    assert [word.text for word in engine.transcribe(quiet, segment)] == ["no", "we", "can't", "do", "that"]


def coughs() -> np.ndarray:
    """Two short bursts of noise with a little voice in them."""
    rng = np.random.default_rng(9)
    time_ = np.arange(4000)
    noise = rng.normal(0, 1, 4000) * np.exp(-time_ / 1500) * np.minimum(1, time_ / 80)
    burst = np.convolve(noise, np.hanning(12), "same")
    burst += 0.3 * np.abs(burst).max() * np.sin(2 * np.pi * 200 * time_ / 16000) * np.exp(-time_ / 2500)
    burst = np.pad(0.5 * burst / np.abs(burst).max(), (4800, 3200)).astype(np.float32)
    return burst + room(0.75)


def test_a_cough_is_no_word(engine):
    assert list(engine.transcribe(coughs(), all_of(coughs()))) == []


def test_a_word_begins_where_it_is_said(engine):
    sound = spoken("No.")
    segment = breath(sound)
    (no,) = engine.transcribe(sound[segment.start : segment.end], segment)
    assert abs(no.start - segment.onset) < 0.1 * 16000
    assert abs(no.end - segment.offset) < 0.15 * 16000


def test_a_process_that_died_is_said_and_started_again(engine):
    sound = spoken("No.")
    assert words(engine, sound) == ["no"]
    assert engine._worker is not None
    first = engine._worker._process
    first.kill()
    with pytest.raises(EngineError, match="ended unexpectedly") as died:
        words(engine, sound)
    assert died.value.code == "engine-died"
    assert words(engine, sound) == ["no"]
    assert engine._worker._process.pid != first.pid


@pytest.mark.skipif(sys.platform == "win32", reason="a process is stopped by a signal")
def test_a_process_that_hangs_is_ended_and_started_again(engine, monkeypatch):
    engine.warm_up()
    os.kill(engine._worker._process.pid, signal.SIGSTOP)
    monkeypatch.setattr(pocketsphinx, "_BASE_LIMIT", 0.2)
    with pytest.raises(EngineError, match="in time") as hung:
        words(engine, spoken("No."))
    assert hung.value.code == "engine-died"
    monkeypatch.undo()
    assert words(engine, spoken("No.")) == ["no"]


def test_closing_ends_the_process_and_frees_who_waits_for_it():
    engine = PocketsphinxTranscriber()
    engine.warm_up()
    process = engine._worker._process
    talk = np.tile(spoken("No, we can't do that."), 6)
    raised: list[str] = []

    def ask() -> None:
        try:
            engine.transcribe(talk, all_of(talk))
        except EngineError as error:
            raised.append(error.code)

    asking = threading.Thread(target=ask)
    asking.start()
    engine.close()
    asking.join(30)
    assert process.poll() is not None
    assert raised in (["engine-died"], ["engine-closed"])
    with pytest.raises(EngineError) as closed:
        engine.warm_up()
    assert closed.value.code == "engine-closed"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_process_is_left_behind_when_the_caller_is_killed():
    script = (
        "from voiceassist.engines.pocketsphinx import PocketsphinxTranscriber as T\n"
        "t = T(); t.warm_up(); print(t._worker._process.pid, flush=True); input()"
    )
    caller = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child = int(caller.stdout.readline())
    caller.kill()
    caller.communicate()
    for _ in range(1000):
        try:
            state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        # Dead, and not yet taken note of by whoever inherited it.
        if state == "Z":
            return
        time.sleep(0.01)
    pytest.fail("the recogniser's process outlived its caller")


@pytest.mark.skipif(sys.platform == "win32", reason="a signal")
def test_ctrl_c_leaves_the_process_to_its_caller(engine):
    engine.warm_up()
    os.kill(engine._worker._process.pid, signal.SIGINT)
    assert words(engine, spoken("No.")) == ["no"]
