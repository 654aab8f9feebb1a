import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.audio.frames import Framer
from voiceassist.core.types import FRAME, Channel


def cut(sound: np.ndarray, sizes: list[int]) -> list[tuple[int, bytes]]:
    framer = Framer(Channel.AGENT)
    frames = []
    at = 0
    for size in [*sizes, len(sound)]:
        frames += framer.push(sound[at : at + size])
        at = min(at + size, len(sound))
    frames += framer.flush()
    return [(frame.start, frame.samples.tobytes()) for frame in frames]


@given(st.integers(0, 5 * FRAME), st.lists(st.integers(0, 3 * FRAME), max_size=12))
def test_however_sound_is_cut_into_blocks_the_frames_are_the_same(length, sizes):
    sound = np.random.default_rng(length).uniform(-1, 1, length).astype(np.float32)
    whole = np.pad(sound, (0, -length % FRAME)).reshape(-1, FRAME)
    assert cut(sound, sizes) == [(index * FRAME, row.tobytes()) for index, row in enumerate(whole)]


def test_what_is_not_a_number_is_silence_and_what_is_too_loud_is_clipped():
    block = np.zeros(FRAME, np.float32)
    block[:6] = [np.nan, np.inf, -np.inf, 2.0, -3.0, 0.25]
    (frame,) = Framer(Channel.CUSTOMER).push(block)
    assert frame.channel is Channel.CUSTOMER
    assert frame.samples[:6].tolist() == [0, 0, 0, 1, -1, 0.25]


def test_frames_share_no_memory_with_the_block_they_came_from():
    block = np.full(FRAME, 0.5, np.float32)
    (frame,) = Framer(Channel.AGENT).push(block)
    block[:] = 0
    assert (frame.samples == 0.5).all()


def test_flush_fills_up_the_last_frame_once():
    framer = Framer(Channel.AGENT, start=1000)
    assert framer.push(np.ones(3, np.float32)) == []
    (last,) = framer.flush()
    assert (last.start, last.end, last.samples.sum()) == (1000, 1000 + FRAME, 3)
    assert framer.flush() == []
