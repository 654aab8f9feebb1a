"""The journal of a call: decided again it is the same call, nothing private is in it, and it tells where time went."""

import asyncio
import json
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from calls import AGENT, CUSTOMER, Turn, hear
from commands import run
from needs import ROOT
from tones import LoudVad, Tones

from voiceassist import assets
from voiceassist.core.playbook import EMPTY
from voiceassist.core.policy import Hearing, Policy
from voiceassist.core.session import CallSession
from voiceassist.core.transcript import spread
from voiceassist.core.types import Channel, samples
from voiceassist.driver import Driver, Engines
from voiceassist.engines.refusal import RefusalClassifier
from voiceassist.engines.scripted import ScriptedClassifier, ScriptedTranscriber
from voiceassist.errors import UsageError
from voiceassist.journal.reading import Recorded, decide, read, spans
from voiceassist.journal.writing import ENDING, Journals
from voiceassist.recogniser import Recogniser
from voiceassist.server import messages as wire
from voiceassist.turns import read as read_turns

CALL: list[Turn] = [
    (CUSTOMER, 0.3, 2, "can i have a refund"),
    (AGENT, 2.5, 3.2, "no we can't"),
    (AGENT, 8, 10, "because the seal is broken but i can give you credit"),
]
CARD: list[Turn] = [
    (CUSTOMER, 0.3, 4, "it is four one one one one one one one one one one one one one one one"),
    (AGENT, 5, 6, "no we can't take 4111 1111 1111 1111"),
]


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., Driver]]:
    """Makes a patient driver whose call is noted in a journal."""
    journals = Journals(tmp_path)
    with ThreadPoolExecutor(1) as ear:

        def build(turns: list[Turn], *, hearing: Hearing | None = None, policy: Policy | None = None) -> Driver:
            words = {
                channel: [w for c, a, b, text in turns if c is channel for w in spread(samples(a), samples(b), text)]
                for channel in Channel
            }
            engines = Engines(Recogniser(ScriptedTranscriber(words)), ScriptedClassifier(hear), ear, LoudVad)
            session = journals.session(
                "c", tuple(Channel), policy=policy or Policy(), hearing=hearing or Hearing(), playbook=EMPTY
            )
            return Driver(session, engines, lambda _: None, patient=True)

        yield build
    journals.close()


def journal(folder: Path) -> Recorded:
    return read(folder / f"c{ENDING}")


def told(recorded: Recorded) -> list[str]:
    return [message["type"] for message in recorded.told]


@pytest.mark.parametrize("by_words", [False, True])
async def test_a_call_decided_again_tells_the_same(play, tmp_path: Path, *, by_words: bool) -> None:
    driver = play(CALL, hearing=Hearing(ahead=True, by_words=by_words))
    await driver.play(Tones(CALL))
    recorded = journal(tmp_path)
    assert {"call_started", "transcript", "moment", "nudge", "call_ended"} <= {*told(recorded)}
    assert [*decide(recorded, EMPTY)] == recorded.told


async def test_a_call_decided_with_other_rules_tells_something_else(play, tmp_path: Path) -> None:
    await play(CALL).play(Tones(CALL))
    recorded = journal(tmp_path)
    other = replace(recorded, head=recorded.head | {"policy": recorded.head["policy"] | {"cap": 0}})
    again = [message["type"] for message in decide(other, EMPTY)]
    assert "nudge" in told(recorded)
    assert "nudge" not in again


async def test_what_a_person_pressed_is_decided_again_too(play, tmp_path: Path) -> None:
    driver = play(CALL)

    driver.command(lambda session: session.snooze(60))
    await driver.play(Tones(CALL))
    recorded = journal(tmp_path)
    assert "nudge" not in told(recorded)
    assert [*decide(recorded, EMPTY)] == recorded.told


async def test_nothing_is_noted_of_what_is_said_in_a_pause(play, tmp_path: Path) -> None:
    driver = play(CALL)
    tones = Tones(CALL)
    playing = asyncio.create_task(driver.play(tones))
    while tones.played < samples(2.8):  # in the middle of the no
        await asyncio.sleep(0)
    driver.pause()
    while tones.played < samples(6):
        await asyncio.sleep(0)
    driver.resume()
    await playing
    recorded = journal(tmp_path)
    words = [line["words"]["words"] for line in recorded.lines if "words" in line]
    assert "can't" not in str(words)
    assert "paused" in [message.get("state") for message in recorded.told]
    frames = [frame for line in recorded.lines for frame in line.get("frames", ())]
    assert all(heard == 0 for channel, end, heard in frames if channel == "agent" and samples(3) < end < samples(5))
    assert [*decide(recorded, EMPTY)] == recorded.told


async def test_nothing_private_is_written(play, tmp_path: Path) -> None:
    await play(CARD).play(Tones(CARD))
    text = (tmp_path / f"c{ENDING}").read_text()
    said = [line["words"]["words"] for line in map(json.loads, text.splitlines()) if "words" in line]
    assert len(said) == 2
    assert "4111" not in text
    assert "one one one" not in text
    assert [*decide(journal(tmp_path), EMPTY)] == journal(tmp_path).told


async def test_a_number_read_in_groups_is_private_too(play, tmp_path: Path) -> None:
    groups = [(CUSTOMER, 1.0 + at, 1.6 + at, text) for at, text in enumerate(["4111", "one one one one", "it's 1111"])]
    await play(groups).play(Tones(groups))
    said = [line["words"]["words"] for line in journal(tmp_path).lines if "words" in line]
    assert [words[0][2] for words in said] == ["[NUMBER]", "[NUMBER]", "it's [NUMBER]"]


def test_words_that_nobody_waits_for_are_not_noted(tmp_path: Path) -> None:
    journals = Journals(tmp_path)
    session = journals.session("c", (AGENT,), policy=Policy(), hearing=Hearing(), playbook=EMPTY)
    session.receive_words(7, spread(0, 16000, "never mind that"))
    journals.close()
    assert [line["words"]["words"] for line in journal(tmp_path).lines] == [[]]


async def test_answers_go_to_those_who_ask_the_same(play, tmp_path: Path) -> None:
    await play(CALL, hearing=Hearing(ahead=True, by_words=True)).play(Tones(CALL))
    recorded = journal(tmp_path)
    head = recorded.head | {"hearing": recorded.head["hearing"] | {"ahead": False, "by_words": False}}
    again = [*decide(replace(recorded, head=head), EMPTY)]

    def heard(messages: list[dict[str, object]]) -> list[object]:
        return [message["text"] for message in messages if message["type"] == "transcript" and message["final"]]

    assert heard(again) == heard(recorded.told) == [text for *_, text in CALL]
    assert again[-1]["type"] == "call_ended"


async def test_a_journal_is_its_owners_alone(play, tmp_path: Path) -> None:
    await play(CALL).play(Tones(CALL))
    assert stat.S_IMODE((tmp_path / f"c{ENDING}").stat().st_mode) == 0o600


async def test_spans_tell_when_each_stage_of_a_breath_was_done(play, tmp_path: Path) -> None:
    await play(CALL).play(Tones(CALL))
    recorded = journal(tmp_path)
    found = spans(recorded)
    assert [(span.channel, span.text) for span in found] == [(c, text) for c, _, _, text in CALL]
    no = found[1]
    stages = [no.asked, no.words, no.scores, no.cue]
    assert None not in stages
    assert stages == sorted(stages)  # one after the other
    assert no.nudge is not None
    assert no.told is not None
    assert found[0].cue is None
    assert found[0].scores is None
    fast = spans(replace(recorded, head=recorded.head | {"live": False}))
    assert [(span.text, span.words) for span in fast] == [(text, None) for *_, text in CALL]


async def test_a_breath_that_was_asked_for_several_times_is_one_span(play, tmp_path: Path) -> None:
    falters = [(AGENT, 1.0, 2.0, "we are"), (AGENT, 2.1, 3.0, "sorry but"), (AGENT, 3.1, 4.0, "no we can't")]
    await play(falters, hearing=Hearing(ahead=True)).play(Tones(falters))
    recorded = journal(tmp_path)
    assert sum(line.get("asked", {}).get("purpose") == "guess" for line in recorded.lines) > 1
    assert [(span.onset, span.text) for span in spans(recorded)] == [
        (pytest.approx(1.0, abs=0.05), "we are sorry but no we can't")
    ]


def test_what_a_page_painted_belongs_to_its_breath() -> None:
    head = {"journal": 1, "call": "c", "channels": ["agent"]}
    asked = {"id": 1, "purpose": "pause", "channel": "agent", "start": 0, "end": 16000, "onset": 0, "offset": 16000}
    lines = [
        {"t": 1.0, "frames": [["agent", 16000, 0.9]]},
        {"t": 1.2, "asked": asked},
        {"t": 1.25, "words": {"id": 1, "words": [[0, 16000, "no"]]}},
        {"t": 1.26, "told": {"type": "moment", "state": "open", "id": "m1"}},
        {"t": 1.27, "painted": {"id": "m1"}},
        {"t": 2.5, "told": {"type": "nudge", "id": "n1", "moment": "m1"}},
    ]
    (span,) = spans(Recorded(head, lines))
    assert (span.asked, span.words, span.cue, span.painted, span.nudge) == (200, 250, 260, 270, 1500)


def test_a_painted_cue_is_noted_in_its_calls_journal(tmp_path: Path) -> None:
    journals = Journals(tmp_path)
    journals.session("c", (AGENT,), policy=Policy(), hearing=Hearing(), playbook=EMPTY)
    journals.note(wire.Painted(id="c-m1"))  # as a page says it
    journals.note(wire.Painted(call="c", id="c-n1"))
    journals.note(wire.Painted(id="other-m1"))
    journals.close()
    assert [line["painted"]["id"] for line in journal(tmp_path).lines] == ["c-m1", "c-n1"]


def test_without_a_folder_nothing_is_written() -> None:
    session = Journals(None).session("c", (AGENT,), policy=Policy(), hearing=Hearing(), playbook=EMPTY)
    assert type(session) is CallSession


def test_a_folder_that_cannot_be_written_to_is_said_once_and_the_call_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    journals = Journals(tmp_path / "file")
    session = journals.session("c", (AGENT,), policy=Policy(), hearing=Hearing(), playbook=EMPTY)
    assert type(session) is CallSession
    trouble = journals.trouble()
    assert trouble is not None
    assert trouble.code == "journal-failed"
    assert "journal.folder" in str(trouble)
    assert journals.trouble() is None


def test_calls_of_one_name_have_a_journal_each(tmp_path: Path) -> None:
    for _ in range(3):
        journals = Journals(tmp_path)
        journals.session("c", (AGENT,), policy=Policy(), hearing=Hearing(), playbook=EMPTY)
        journals.close()
    assert {path.name for path in tmp_path.iterdir()} == {f"c{end}{ENDING}" for end in ("", "-2", "-3")}


def test_a_call_that_goes_on_keeps_its_journal_however_many_begin(tmp_path: Path) -> None:
    journals = Journals(tmp_path)
    calls = [journals.session(f"c{n}", (AGENT,), policy=Policy(), hearing=Hearing(), playbook=EMPTY) for n in range(9)]
    for session in calls:
        session.affirm()
    journals.close()
    for path in tmp_path.iterdir():
        assert [*read(path).lines[0]] == ["t", "affirm"]


@pytest.mark.parametrize("name", ["../../outside", "a/b", "", "...", "x" * 300, "naïve call\n"])
def test_any_calls_name_makes_a_file_in_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "journals"
    journals = Journals(folder)
    journals.session(name, (AGENT,), policy=Policy(), hearing=Hearing(), playbook=EMPTY)
    journals.close()
    (path,) = folder.iterdir()
    assert path.name.endswith(ENDING)
    assert [*tmp_path.iterdir()] == [folder]


def test_a_disk_that_fails_ends_the_journal_and_not_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journals = Journals(tmp_path)
    session = journals.session("c", (AGENT,), policy=Policy(), hearing=Hearing(), playbook=EMPTY)
    file = session.journal._file
    monkeypatch.setattr(session.journal, "_file", Full(file))
    session.receive_audio(AGENT, 512, 0.1)
    session.affirm()
    assert session.events()
    journals.close()


class Full:
    """A disk with no room."""

    closed = False

    def __init__(self, file) -> None:
        self.file = file

    def write(self, _text: str) -> None:
        raise OSError(28, "No space left on device")

    def close(self) -> None:
        self.closed = True
        self.file.close()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is no journal"),
        ("not json\n{}\n", ":1 is no line"),
        ('{"journal":99}\n', "another version"),
        ('{"journal":1}\n[1]\n{}\n', ":2 is no line"),
    ],
)
def test_a_file_that_is_no_journal_is_refused(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with pytest.raises(UsageError, match=why):
        read(path)


def test_a_last_line_that_was_cut_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"journal":1}\n{"t":1,"affirm":{}}\n{"t":2,"fra')
    assert read(path).lines == [{"t": 1, "affirm": {}}]


def test_a_line_that_cannot_be_taken_in_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be taken in"):
        [*decide(Recorded({"journal": 1, "call": "c"}, []), EMPTY)]


def test_a_replayed_call_is_looked_into_from_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICEASSIST_JOURNAL__FOLDER", str(tmp_path))
    call = ROOT / "tests" / "golden" / "bank-late-fee.json"
    assert run("replay", str(call)).returncode == 0
    (path,) = tmp_path.glob(f"*{ENDING}")
    looked = run("journal", str(path))
    assert looked.returncode == 0, looked.stderr
    assert "the same" in looked.stderr


def test_a_golden_call_is_decided_again_with_the_vectors_that_were_noted(tmp_path: Path) -> None:
    ear = RefusalClassifier(assets.refusal_model())
    (call,) = read_turns(ROOT / "tests" / "golden" / "hotel-late-checkout.json")
    journals = Journals(tmp_path)
    session = journals.session("c", call.channels, policy=Policy(), hearing=Hearing(), playbook=EMPTY)

    def answer() -> None:
        session.events()
        for request in session.requests():
            session.receive_scores(request.id, ear.classify(request.prev, request.text))
            answer()

    for turn in call.turns:
        session.receive_time(turn.start)
        answer()
        session.receive_turn(turn.speaker, turn.start, turn.end, turn.text)
        answer()
    session.receive_time(call.turns[-1].end + samples(20))
    answer()
    session.end()
    answer()
    journals.close()
    recorded = journal(tmp_path)
    assert "moment" in told(recorded)
    assert [*decide(recorded, EMPTY)] == recorded.told
