"""However a device or a file cuts the sound into blocks, the call is the same."""

from __future__ import annotations

from functools import cache

import numpy as np
from calls import answer, story
from hypothesis import given, settings
from hypothesis import strategies as st
from sound import breath, room, spoken

from voiceassist.audio.frames import Framer
from voiceassist.core.session import CallSession
from voiceassist.core.transcript import spread
from voiceassist.core.types import FRAME, Channel, Samples, Word, samples
from voiceassist.engines.silero import SileroVad

LINES = ("no we can't", "because it is sold out but i can order it")


@cache
def call() -> tuple[Samples, tuple[tuple[Channel, Word], ...]]:
    """Two spoken lines with a silence between them, and their words where the speech lies."""
    sound, words = room(0.5), []
    for line in LINES:
        said = spoken(line)
        heard = breath(said)
        words += [(Channel.AGENT, word) for word in spread(len(sound) + heard.onset, len(sound) + heard.offset, line)]
        sound = np.concatenate([sound, said])
    return np.concatenate([sound, room(4)]), tuple(words)


def play(blocks: list[int]) -> list[str]:
    """The story of the call when its sound comes in blocks of these lengths, over and over."""
    sound, words = call()
    framer, vad, session = Framer(Channel.AGENT), SileroVad(), CallSession("c")
    at = turn = 0
    while at < len(sound):
        block = sound[at : at + blocks[turn % len(blocks)]]
        at, turn = at + len(block), turn + 1
        for frame in framer.push(block):
            session.receive_audio(frame.channel, frame.end, vad.probability(frame.samples))
            answer(session, words=words)
    for frame in framer.flush():
        session.receive_audio(frame.channel, frame.end, vad.probability(frame.samples))
    answer(session, words=words)
    session.end()
    answer(session, words=words)
    return story(session.events())


@cache
def in_frames() -> list[str]:
    return play([FRAME])


def test_the_call_has_a_story() -> None:
    assert next(line.split()[2] for line in in_frames() if " c-m1 " in line) == "open"
    assert len(call()[0]) > samples(5)


@settings(max_examples=15)
@given(st.lists(st.integers(1, 5000), min_size=1, max_size=6).filter(lambda sizes: max(sizes) >= 64))
def test_how_sound_is_cut_changes_nothing(blocks: list[int]) -> None:
    assert play(blocks) == in_frames()
