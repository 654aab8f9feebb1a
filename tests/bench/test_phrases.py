"""Clips that are timed: their marks, what is wrong with them, and the room they are said in."""

from pathlib import Path

import numpy as np
import pytest
from sound import record, tone

from voiceassist import assets
from voiceassist.bench.phrases import MARKS, Phrase, PhraseKind, quick, read_phrases
from voiceassist.bench.room import Room
from voiceassist.core.types import FRAME, SAMPLE_RATE, AudioFrame, Word
from voiceassist.errors import UsageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    record(tmp_path / "a.wav", tone(1.0)[:, None], SAMPLE_RATE)
    (tmp_path / MARKS).write_text("clip,end,kind,text,word_ends\na.wav,0.75,no,No sir.,0.5 0.75\n")
    return tmp_path


def test_a_clip_is_what_its_mark_says(folder: Path) -> None:
    [phrase] = read_phrases(folder)
    assert (phrase.name, phrase.end, phrase.kind, phrase.text) == ("a.wav", 12_000, PhraseKind.LONE_NO, "No sir.")
    assert phrase.words == (Word(0, 8_000, "No"), Word(8_000, 12_000, "sir."))


def test_marks_may_lie_elsewhere_and_need_two_columns_only(folder: Path, tmp_path_factory) -> None:
    marks = tmp_path_factory.mktemp("marks") / "mine.csv"
    marks.write_text("clip,end\na.wav,1.0\n")
    [phrase] = read_phrases(folder, marks)
    assert (phrase.end, phrase.kind, phrase.text, phrase.words) == (16_000, PhraseKind.REFUSAL, "", ())


@pytest.mark.parametrize(
    ("marks", "message"),
    [
        ("clip,end\nb.wav,1.0\n", r"marks\.csv:2: there is no clip 'b\.wav'"),
        ("clip,end\na.wav,soon\n", r"marks\.csv:2: end is 'soon', which is no number"),
        ("clip,end\na.wav\n", r"marks\.csv:2: end is None"),
        ("clip,end\na.wav,1.5\n", r"end is 1\.5 s, but a\.wav is 1\.\d+ s long"),
        ("clip,end\na.wav,0\n", "end is 0 s"),
        ("clip,end,kind\na.wav,1,maybe\n", "kind is 'maybe': choose one of refusal, no, other"),
        ("clip,end,kind,text,word_ends\na.wav,1,no,No sir.,0.5\n", "word_ends has 1 times for 2 words"),
        ("clip,end,kind,text,word_ends\na.wav,1,no,No sir.,0.9 0.5\n", "do not rise"),
        ("clip,end\n", "marks no clip"),
    ],
)
def test_what_is_wrong_with_a_mark_is_said_with_its_row(folder: Path, marks: str, message: str) -> None:
    (folder / MARKS).write_text(marks)
    with pytest.raises(UsageError, match=message):
        read_phrases(folder)


def test_a_clip_without_a_mark_cannot_be_timed(folder: Path) -> None:
    record(folder / "b.wav", tone(1.0)[:, None], SAMPLE_RATE)
    with pytest.raises(UsageError, match=r"b\.wav has no mark in .*marks\.csv"):
        read_phrases(folder)


def test_a_folder_without_marks_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"marks\.csv cannot be read: No such file"):
        read_phrases(tmp_path)


def test_the_bundled_phrases_end_with_their_last_loud_sample() -> None:
    phrases = read_phrases(assets.phrases())
    loud = 10 ** (-40 / 20)
    for phrase in phrases:
        assert abs(phrase.sound[phrase.end - 1]) > 0.9 * loud, phrase.name
        assert not np.any(np.abs(phrase.sound[phrase.end :]) > loud), phrase.name
        assert phrase.words[-1].end == phrase.end
        assert " ".join(word.text for word in phrase.words) == phrase.text
    short = quick(phrases)
    assert len({phrase.text for phrase in phrases}) == len(short) == 12
    assert len({phrase.name.rsplit("-", 1)[1] for phrase in short}) == 4


async def test_a_room_says_phrases_where_it_says_it_does_and_keeps_its_pace() -> None:
    phrase = Phrase("a", tone(0.256), 4096, PhraseKind.REFUSAL, "No.", (Word(0, 4096, "No."),))
    room = Room([phrase, phrase], [FRAME, 2 * FRAME], 3 * FRAME)
    frames = [frame async for frame in room if isinstance(frame, AudioFrame)]
    sound = np.concatenate([frame.samples for frame in frames])
    assert room.starts == [FRAME, FRAME + 4096 + 3 * FRAME + 2 * FRAME]
    for start in room.starts:
        assert np.sqrt(np.mean(sound[start : start + 4096] ** 2)) > 0.3
        assert 0 < np.sqrt(np.mean(sound[start - FRAME : start] ** 2)) < 0.002
    assert [(word.start, word.end) for word in room.words] == [(start, start + 4096) for start in room.starts]
    assert len(room.late) == len(frames) == len(sound) // FRAME
    assert min(room.late) > -1e-3
