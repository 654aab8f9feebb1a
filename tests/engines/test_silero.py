import threading

import numpy as np
import pytest
from faster_whisper.vad import get_vad_model
from sound import room, spoken, tone

from voiceassist.core.types import FRAME
from voiceassist.engines import silero
from voiceassist.engines.silero import SileroVad
from voiceassist.errors import ModelError


def probabilities(vad: SileroVad, sound: np.ndarray) -> list[float]:
    return [vad.probability(sound[at : at + FRAME]) for at in range(0, len(sound) - FRAME + 1, FRAME)]


def test_frame_by_frame_it_hears_what_the_whole_batch_hears():
    sound = np.concatenate([room(1.0), tone(0.7, 200.0), room(2.0, 0.2), tone(0.5)])
    sound = sound[: len(sound) // FRAME * FRAME]
    batch = get_vad_model()(sound).reshape(-1)
    assert len(batch) > 100
    assert probabilities(SileroVad(), sound) == pytest.approx(batch.tolist(), abs=1e-5)


def test_speech_is_heard_and_silence_is_not():
    sound = spoken("No, we can't do that.")
    heard = probabilities(SileroVad(), sound)
    assert max(heard[: 16000 // FRAME]) < 0.2
    assert sum(probability >= 0.5 for probability in heard) > 0.6 * (len(sound) - 32000) / FRAME
    assert max(probabilities(SileroVad(), np.zeros(32000, np.float32))) < 0.2


def test_each_channel_keeps_a_state_of_its_own_and_reset_forgets_it():
    sound = np.concatenate([tone(0.5, 150.0), room(0.5, 0.1)])
    alone = probabilities(SileroVad(), sound)
    one, other = SileroVad(), SileroVad()
    mixed = []
    for at in range(0, len(sound) - FRAME + 1, FRAME):
        mixed.append(one.probability(sound[at : at + FRAME]))
        other.probability(room(FRAME / 16000, 0.3))
    assert mixed == alone
    assert probabilities(one, sound) != alone
    one.reset()
    assert probabilities(one, sound) == alone


def test_threads_share_the_model():
    sound = tone(1.0, 150.0)
    alone = probabilities(SileroVad(), sound)
    heard: list[list[float]] = []
    threads = [threading.Thread(target=lambda: heard.append(probabilities(SileroVad(), sound))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == [alone] * 4


def test_a_wheel_without_the_model_is_said(monkeypatch):
    silero._session.cache_clear()
    monkeypatch.setattr(silero, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="pip install") as missing:
        SileroVad()
    assert missing.value.code == "model-missing"
