"""What Whisper says of noise must not pass for words."""

import numpy as np
import pytest
from needs import ROOT
from sound import all_of, room

from voiceassist.core.types import Channel, SpeechSegment
from voiceassist.engines.faster_whisper import FasterWhisperTranscriber, _is_speech, _spread
from voiceassist.engines.whisper import Decoding


def piece(text: str, *, logprob: float = -0.3, no_speech: float = 0.05, compression: float = 1.0) -> Decoding:
    return Decoding(text, logprob, no_speech, compression)


@pytest.mark.parametrize(
    "invention",
    [
        piece("Thanks for watching!"),
        piece("Thank you for watching."),
        piece("Subtitles by the community"),
        piece("you", no_speech=0.95),
        piece("Thank you.", no_speech=0.7, logprob=-0.6),
        piece("the the the the the", compression=3.0),
        piece("murmur", logprob=-1.2),
    ],
)
def test_what_is_invented_is_dropped(invention):
    assert not _is_speech(invention)


@pytest.mark.parametrize(
    "said",
    [
        piece("No."),
        piece("Thank you."),
        piece("No.", logprob=-0.9),
        piece("No, we can't.", no_speech=0.7),
        piece("Thanks for waiting."),
    ],
)
def test_what_is_said_is_kept(said):
    assert _is_speech(said)


def test_words_are_spread_over_the_speech_that_was_heard():
    segment = SpeechSegment(Channel.AGENT, 16000, 48000, 20000, 44000)
    words = list(_spread("No, sorry, we're closed", 0.7, segment, 16000, 48000))
    assert [(word.start, word.end) for word in words] == [
        (20000, 26000),
        (26000, 32000),
        (32000, 38000),
        (38000, 44000),
    ]
    assert [word.text for word in words] == ["No,", "sorry,", "we're", "closed"]


def test_a_piece_of_a_long_segment_keeps_to_its_window():
    segment = SpeechSegment(Channel.AGENT, 0, 64000, 4000, 60000)
    words = list(_spread("one two", 0.7, segment, 0, 32000))
    assert (words[0].start, words[-1].end) == (4000, 32000)


def test_a_graphics_card_is_given_more_sounds_at_once():
    micro = ROOT / "models" / "micro" / "whisper-micro"
    on_processor, on_card = (FasterWhisperTranscriber(micro, device=device).together for device in ("cpu", "cuda"))
    assert 1 < on_processor < on_card


def test_noise_of_any_length_gives_no_words():
    engine = FasterWhisperTranscriber(ROOT / "models" / "micro" / "whisper-micro", device="cpu", threads=1)
    for sound in (np.zeros(40 * 16000, np.float32), room(0.1, 0.05), room(3.0, 0.05)):
        assert engine.transcribe(sound, all_of(sound)) == []
    engine.close()
