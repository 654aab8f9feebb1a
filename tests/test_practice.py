"""`practice`: customers who ring, answers that are judged like any call, and what is kept of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from commands import refused, run
from needs import ROOT, hear_ctrl_c, needs
from playbook_files import GOOD
from pulse import PulseServer
from rich.console import Console
from sound import breath, record, room, spoken
from test_listen import Tape, headset

from voiceassist import app, assets, playbooks
from voiceassist.audio.file import FileSource, Pace
from voiceassist.cli.stage import AGAIN, NEXT, STOP, TerminalStage
from voiceassist.core.customer import is_request
from voiceassist.core.policy import Hearing
from voiceassist.core.segmenter import Segmenter, SpeechPaused
from voiceassist.core.types import FRAME, SAMPLE_RATE, Channel, NudgeKind, Samples, samples
from voiceassist.engines.silero import SileroVad
from voiceassist.errors import PlaybookError, StoreError
from voiceassist.practice import scenario
from voiceassist.practice.customer import HalfKnown, sound_of, words_of
from voiceassist.practice.loop import TRIES, Attempt, Outcome, Result
from voiceassist.practice.progress import Progress
from voiceassist.practice.scenario import FILE, Cue, Exercise, Temper
from voiceassist.server import messages as wire
from voiceassist.settings import load
from voiceassist.turns import Turn, TurnsCall

NO = "No, we can't do that."
WELL = (
    "I understand why you ask for that. We cannot take the late fee off because the payment came nine days late, "
    "but I could send you a credit on Saturday."
)
MENDS = "It was booked nine days late. What I can do is move your due date behind your payday."
REDIRECTS = "What I can do is move your due date behind your payday."
FEE = "first-late-fee"
DAY = date(2026, 11, 23)
POCKET = ("--transcriber", "pocketsphinx")


def recording(folder: Path, name: str, *parts: Samples | float) -> Path:
    """A recorded answer: speech, and seconds of a quiet room."""
    sound = np.concatenate([room(part) if isinstance(part, float) else part for part in parts])
    return record(folder / f"{name}.wav", sound[:, np.newaxis], SAMPLE_RATE)


@pytest.fixture(scope="module")
def exercise() -> Exercise:
    return scenario.named(scenario.exercises(scenario.bundled(), None), FEE)


@pytest.fixture(scope="module")
def coach() -> Iterator[app.Assistant]:
    with app.assistant(load({}, {"transcriber.name": "pocketsphinx", "playbook.file": "telecom"})) as assistant:
        yield assistant


# --- the scenarios ----------------------------------------------------------------------------------------------------


def test_there_are_customers_of_all_tempers_from_every_playbook() -> None:
    found = scenario.bundled()
    assert len(found) >= 8
    assert {one.temper for one in found} == set(Temper)
    assert {one.playbook for one in found} == set(playbooks.bundled())
    assert len({one.voice for one in found}) >= 3
    for one in scenario.exercises(found, None):
        assert is_request(one.scenario.lines[Cue.OPENING]), "what is no request is never well redirected"
        assert one.offers(" ".join(one.scenario.lines.values()), datetime(2026, 11, 23, 10, 0)), one.scenario.id  # noqa: DTZ001


def test_every_line_is_spoken_as_it_is_written() -> None:
    folder = assets.practice()
    clips = {one.clip(cue): text for one in scenario.bundled() for cue, text in one.lines.items()}
    assert {path.name for path in folder.glob("*.ogg")} == set(clips)
    assert sum((folder / name).stat().st_size for name in clips) < 2_000_000
    for name, text in clips.items():
        with av.open(str(folder / name)) as container:
            [stream] = container.streams.audio
            assert stream.metadata["title"] == text, "python models/practice/speak.py speaks it again"
            assert stream.codec_context.channels == 1


@pytest.mark.parametrize("one", scenario.bundled(), ids=lambda one: one.id)
async def test_every_word_of_the_lines_is_heard_in_its_place(coach: app.Assistant, one: scenario.Scenario) -> None:
    for cue, text in one.lines.items():
        sound = np.concatenate([np.zeros(SAMPLE_RATE, np.float32), await sound_of(assets.practice() / one.clip(cue))])
        words = words_of(text, sound, 0)
        sound = np.pad(sound, (0, SAMPLE_RATE))
        half, vad, ear = (
            HalfKnown(coach.engines.recogniser.transcriber, words),
            SileroVad(),
            Segmenter(Channel.CUSTOMER, Hearing()),
        )
        heard: list[str] = []
        for end in range(FRAME, len(sound), FRAME):
            for event in ear.push(end, vad.probability(sound[end - FRAME : end])):
                if isinstance(event, SpeechPaused):
                    assert half.transcribe(sound, event.segment), "a breath without words"
                    heard += [word.text for word in half.transcribe(sound, event.segment)]  # asked twice, told the same
        assert " ".join(heard) == text
        assert 0.3 < len(sound) / SAMPLE_RATE - 2 < 12.0


def test_the_wheel_carries_the_scenarios_and_their_clips(wheel: Path) -> None:
    names = {Path(name).name for name in zipfile.ZipFile(wheel).namelist() if "models/practice/" in name}
    assert names == {FILE, *(one.clip(cue) for one in scenario.bundled() for cue in one.lines)}


def test_the_clips_can_be_made_again(tmp_path: Path) -> None:
    needs("flite", "flite")
    script = ROOT / "models" / "practice" / "speak.py"
    done = subprocess.run([sys.executable, script, FEE, "--out", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {path.name for path in assets.practice().glob(f"{FEE}-*.ogg")}


def test_a_bundled_playbook_has_its_own_customers() -> None:
    for name in playbooks.bundled():
        found = scenario.exercises(scenario.bundled(), name)
        assert len(found) >= 2
        assert {(one.playbook, one.scenario.playbook) for one in found} == {(name, name)}


def test_a_team_s_playbook_leaves_out_what_it_has_no_situation_for(tmp_path: Path) -> None:
    shop = tmp_path / "shop.yaml"
    shop.write_text(GOOD, "utf-8")
    [only] = scenario.exercises(scenario.bundled(), str(shop))
    assert (only.scenario.id, only.situation.title) == (FEE, "Late fee")
    now = datetime(2026, 11, 23, 10, 0)  # noqa: DTZ001
    assert [offer.id for offer in only.offers("take it off", now)] == ["plan"]
    assert [offer.id for offer in only.offers("It was the first time!", now)] == ["credit", "plan"]
    by_settings = run("practice", "--list", "--json", env={"VOICEASSIST_PLAYBOOK__FILE": str(shop)})
    assert [json.loads(line)["id"] for line in by_settings.stdout.splitlines()] == [FEE]


SCENARIO = """\
scenarios:
  late:
    playbook: telecom
    situation: late-fee
    temper: calm
    voice: slt
    no: The fee stays.
    opening: Can you take it off?
    no_reason: Why not?
    good: Say why.
"""
FAULTS = [
    ("", "1:1: the file is empty; it has scenarios"),
    ("- a\n", "1:1: keys with values are wanted here"),
    ("scenario: {}\n", "1:1: scenario: there is no such key; did you mean 'scenarios'?"),
    ("scenarios: {}\n", "1:12: scenarios: the names of scenarios with their keys are wanted here"),
    ("scenarios: [1,\nb: 2\n", "3:1: this is no YAML: "),
    (SCENARIO.replace("late:", "Late Fee:"), "2:3: scenarios.Late Fee: a name is small letters, digits and hyphens"),
    (SCENARIO.replace("openin", "opnin"), "8:5: scenarios.late.opning: there is no such key; did you mean 'opening'?"),
    (SCENARIO.replace("    good: Say why.\n", ""), "3:5: scenarios.late: the key 'good' is missing"),
    (SCENARIO.replace("    no_reason: Why not?\n", ""), "3:5: scenarios.late: one of no_reason and no_alternative"),
    (SCENARIO.replace("telecom", "telekom"), "3:15: scenarios.late.playbook: there is no playbook 'telekom'; did you"),
    (SCENARIO.replace("late-fee", "late-fees"), "4:16: scenarios.late.situation: there is no situation 'late-fees'; d"),
    (SCENARIO.replace("calm", "clam"), "5:13: scenarios.late.temper: there is no temper 'clam'; did you mean 'calm'?"),
    (SCENARIO.replace("slt", "kal"), "6:12: scenarios.late.voice: there is no voice 'kal'; did you mean 'kal16'?"),
    (SCENARIO.replace("The fee stays.", "12"), "7:9: scenarios.late.no: '12' is no text"),
    (SCENARIO.replace("The fee stays.", "[a]"), "7:9: scenarios.late.no: a text is wanted here"),
    (SCENARIO.replace("Say why.", "x" * 201), "10:11: scenarios.late.good: 201 characters, and 200 are the most"),
    (SCENARIO + "    good: Again.\n", "11:5: good: the key stands twice, first in line 10"),
]


@pytest.mark.parametrize(("content", "said"), FAULTS, ids=[said for _, said in FAULTS])
def test_a_fault_in_the_scenarios_is_told_with_its_place(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / FILE
    path.write_text(content, "utf-8")
    with pytest.raises(PlaybookError) as fault:
        scenario.read(path)
    assert str(fault.value).startswith(f"{path}:{said}")


def test_scenarios_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(PlaybookError, match=FILE):
        scenario.read(tmp_path / FILE)


# --- a try ------------------------------------------------------------------------------------------------------------


async def answer(
    coach: app.Assistant, exercise: Exercise, file: Path, number: int = 1
) -> tuple[Result, list[wire.CallEvent], list[Cue]]:
    """What a try with this recorded answer comes to, the call's messages, and the lines of the customer."""
    messages: list[wire.CallEvent] = []
    cues: list[Cue] = []
    attempt = Attempt(exercise, number, tuple(offer.can for offer in exercise.situation.offers))
    source = FileSource(file, customer_channel=-1, tail=60.0)
    await app.practise(coach, attempt, source, messages.append, lambda cue, _: cues.append(cue), recorded=True)
    return attempt.result(), messages, cues


async def test_a_bare_no_is_nudged_and_the_customer_asks_why(coach, exercise: Exercise, tmp_path: Path) -> None:
    result, messages, cues = await answer(coach, exercise, recording(tmp_path, "no", spoken(NO)))
    [nudge] = [message for message in messages if isinstance(message, wire.Nudge)]
    assert (result.outcome, result.nudge) == (Outcome.LEFT, NudgeKind.OFFER_ALTERNATIVE)
    assert result.nudge_text == nudge.text
    assert result.suggestion == nudge.suggestions[0]
    assert result.suggestion in {offer.can for offer in exercise.situation.offers}
    assert (result.parts, result.missing) == ((), ("acknowledgement", "reason", "alternative"))
    assert re.search(r"can't do that", result.heard)
    assert cues == [Cue.OPENING, Cue.NO_REASON]
    said = [m for m in messages if isinstance(m, wire.Transcript) and m.channel is Channel.CUSTOMER and m.final]
    assert [line.text for line in said] == [exercise.scenario.lines[cue] for cue in cues]
    assert said[1].start > nudge.at
    assert messages[-1].type == "call_ended"


async def test_every_customer_gets_the_offers_of_the_own_situation(coach: app.Assistant) -> None:
    coaches = {name: coach.with_playbook(load({}, {"playbook.file": name})) for name in playbooks.bundled()}
    for one in scenario.exercises(scenario.bundled(), None):
        nudges: list[wire.Nudge] = []

        def keep(message: wire.CallEvent, nudges: list[wire.Nudge] = nudges) -> None:
            nudges += [message] if isinstance(message, wire.Nudge) else []

        turns = (
            Turn(Channel.CUSTOMER, one.scenario.lines[Cue.OPENING], 0, samples(5.0)),
            Turn(Channel.AGENT, NO, samples(6.0), samples(7.5)),
        )
        await app.play_turns(coaches[one.playbook], TurnsCall(one.scenario.id, turns, {}), keep, pace=Pace.FAST)
        [nudge] = nudges
        assert set(nudge.suggestions) <= {offer.can for offer in one.situation.offers}, one.scenario.id
        assert nudge.suggestions or nudge.kind is NudgeKind.GIVE_REASON


async def test_a_no_well_said_is_praised(coach, exercise: Exercise, tmp_path: Path) -> None:
    result, messages, cues = await answer(coach, exercise, recording(tmp_path, "well", spoken(WELL)))
    assert (result.outcome, result.nudge, result.missing) == (Outcome.WELL_SAID, None, ())
    assert result.praise
    assert result.praise in [message.text for message in messages if isinstance(message, wire.Praise)]
    assert result.suggestion
    assert cues == [Cue.OPENING]


async def test_an_offer_without_a_no_is_well_redirected(coach, exercise: Exercise, tmp_path: Path) -> None:
    result, _, cues = await answer(coach, exercise, recording(tmp_path, "can", spoken(REDIRECTS)), number=2)
    assert (result.outcome, result.missing, cues) == (Outcome.REDIRECTED, (), [Cue.OPENING])
    assert exercise.situation.offers[1].can in REDIRECTS, "what was offered need not be suggested"
    assert result.suggestion == exercise.situation.offers[2].can


async def test_a_no_that_is_mended_after_the_nudge_is_turned_around(coach, exercise: Exercise, tmp_path: Path) -> None:
    file = recording(tmp_path, "mended", spoken(NO), 4.0, spoken(MENDS))
    result, _, cues = await answer(coach, exercise, file)
    assert result.outcome is Outcome.RECOVERED
    assert "alternative" in result.parts
    assert result.nudge is not None
    assert cues[:2] == [Cue.OPENING, Cue.NO_REASON]


async def test_silence_is_told_and_ends(coach, exercise: Exercise, tmp_path: Path) -> None:
    result, messages, cues = await answer(coach, exercise, recording(tmp_path, "silence", 2.0))
    assert (result.outcome, result.heard, cues) == (Outcome.UNHEARD, "", [Cue.OPENING])
    assert messages[-1].at < 40


async def test_the_same_answer_comes_to_the_same_again(coach, exercise: Exercise, tmp_path: Path) -> None:
    file = recording(tmp_path, "no", spoken(NO))
    first, again = [(await answer(coach, exercise, file))[1] for _ in range(2)]
    assert [message.model_dump_json() for message in first] == [message.model_dump_json() for message in again]


async def test_only_the_left_channel_of_a_recording_is_the_agent(coach, exercise: Exercise, tmp_path: Path) -> None:
    line, other = spoken(NO), spoken(WELL)
    both = np.stack([np.pad(line, (0, len(other) - len(line))), other], axis=1)
    result, _, _ = await answer(coach, exercise, record(tmp_path / "both.wav", both, SAMPLE_RATE))
    assert result.outcome is Outcome.LEFT


def test_the_agent_is_heard_by_the_recogniser(coach: app.Assistant) -> None:
    half = HalfKnown(coach.engines.recogniser.transcriber, [])
    assert "do that" in " ".join(word.text for word in half.transcribe(spoken(NO), breath(spoken(NO))))
    assert (half.name, half.limited) == (coach.engines.recogniser.transcriber.name, True)


# --- progress ---------------------------------------------------------------------------------------------------------


def test_the_best_try_is_kept_and_every_try_counts(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "practice.json"
    progress = Progress(path)
    for outcome in (Outcome.RECOVERED, Outcome.WELL_SAID, Outcome.LEFT):
        progress.record(FEE, outcome, DAY)
    again = Progress(path)
    assert not again.spoiled
    assert again.standings == progress.standings
    assert json.loads(path.read_text("utf-8")) == {FEE: {"tries": 3, "best": "well_said", "date": "2026-11-23"}}
    assert [file.name for file in path.parent.iterdir()] == ["practice.json"]
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0


def test_two_programs_count_both(tmp_path: Path) -> None:
    path = tmp_path / "practice.json"
    one, other = Progress(path), Progress(path)
    one.record(FEE, Outcome.LEFT, DAY)
    other.record("cheaper-now", Outcome.LEFT, DAY)
    assert one.record(FEE, Outcome.LEFT, DAY).tries == 2
    assert set(Progress(path).standings) == {FEE, "cheaper-now"}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"a": 1}', b'{"a": {"tries": 0, "best": "left", "date": "2026-11-23"}}'],
)
def test_a_spoiled_file_is_passed_over_and_begun_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "practice.json"
    path.write_bytes(content)
    progress = Progress(path)
    assert progress.spoiled
    assert progress.standings == {}
    progress.record(FEE, Outcome.LEFT, DAY)
    assert not Progress(path).spoiled


def test_where_nothing_is_kept_progress_is_not_kept_either(tmp_path: Path) -> None:
    assert Progress(None).record(FEE, Outcome.LEFT, DAY).tries == 1
    (tmp_path / "file").touch()
    blocked = Progress(tmp_path / "file" / "practice.json")
    with pytest.raises(StoreError, match="progress cannot be kept"):
        blocked.record(FEE, Outcome.LEFT, DAY)
    assert blocked.standings[FEE].tries == 1


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def practice(tmp_path: Path):
    """The command, with a store of its own."""
    return partial(run, "practice", env={"VOICEASSIST_STORE__PATH": str(tmp_path / "calls.sqlite3"), "COLUMNS": "100"})


def test_list_shows_who_rings_and_how_far_one_has_come(practice, tmp_path: Path) -> None:
    Progress(tmp_path / "practice.json").record(FEE, Outcome.WELL_SAID, DAY)
    done = practice("--list")
    assert (done.returncode, done.stderr) == (0, "")
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert {one.id for one in scenario.bundled()} < set(lines)
    assert re.search(r"chatty +Late payment fee +well said +1 try, 2026-11-23", lines[FEE])
    rows = [json.loads(line) for line in practice("--list", "--json", "--playbook", "telecom").stdout.splitlines()]
    assert {row["playbook"] for row in rows} == {"telecom"}
    assert {row["id"]: row["best"] for row in rows}[FEE] == "well_said"


def test_a_spoiled_progress_is_told_once(practice, tmp_path: Path) -> None:
    (tmp_path / "practice.json").write_text("no", "utf-8")
    done = practice("--list")
    assert done.returncode == 0
    assert done.stderr == "the progress that was kept cannot be read: it begins anew\n"


def test_as_json_a_try_is_its_call_and_one_line_more(practice, tmp_path: Path) -> None:
    bad, good = recording(tmp_path, "bad", spoken(NO)), recording(tmp_path, "good", spoken(WELL))
    done = practice(FEE, "--json", "--wav", str(bad), "--wav", str(good), "--wav", str(bad), *POCKET)
    assert done.returncode == 0, done.stderr
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    tries = [message for message in messages if message["type"] == "practice"]
    assert [(one["attempt"], one["outcome"]) for one in tries] == [(1, "left"), (2, "well_said")]
    assert [message["call"] for message in messages if message["type"] == "call_ended"] == [
        one["call"] for one in tries
    ]
    assert [m["type"] for m in messages if m["type"] in {"nudge", "praise"}] == ["nudge", "praise"]
    assert done.stderr.endswith("not needed: bad.wav\n")
    kept = json.loads((tmp_path / "practice.json").read_text("utf-8"))
    assert {name: (one["tries"], one["best"]) for name, one in kept.items()} == {FEE: (2, "well_said")}
    assert set(kept[FEE]) == {"tries", "best", "date"}
    assert not (tmp_path / "calls.sqlite3").exists()


def test_a_person_reads_what_was_heard_and_what_is_missing(practice, tmp_path: Path) -> None:
    done = practice(FEE, "--wav", str(recording(tmp_path, "bad", spoken(NO))), *POCKET)
    assert done.returncode == 0, done.stderr
    for said in (
        "the customer is chatty",
        "The fee cannot be deleted.",
        "“Hello there, lovely morning.",
        "nudge",
        "Oh. And why is that?",
        "Try 1 of 3: not there yet",
        "give the specific reason",
        "“What I can do is ",
        "Be as warm as the customer",
    ):
        assert said in done.stdout, done.stdout
    assert "%" not in done.stdout
    assert "scorecard" not in done.stdout


def test_after_three_tries_the_next_customer_rings(practice, tmp_path: Path) -> None:
    Progress(tmp_path / "practice.json").record("one-day-late", Outcome.REDIRECTED, DAY)
    silence = recording(tmp_path, "silence", 1.0)
    done = practice("--json", "--playbook", "general", *(TRIES + 1) * ("--wav", str(silence)), *POCKET)
    assert done.returncode == 0, done.stderr
    tries = [message for line in done.stdout.splitlines() if (message := json.loads(line))["type"] == "practice"]
    expected = [
        ("nobody-called-back", 1),
        ("nobody-called-back", 2),
        ("nobody-called-back", 3),
        ("before-the-weekend", 1),
    ]
    assert [(one["scenario"], one["attempt"]) for one in tries] == expected, "what went well comes last"
    assert {one["outcome"] for one in tries} == {"unheard"}


def test_progress_that_cannot_be_kept_is_told_once_and_stops_nothing(practice, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    silence = str(recording(tmp_path, "silence", 1.0))
    store = {"VOICEASSIST_STORE__PATH": str(tmp_path / "file" / "calls.sqlite3")}
    done = practice(FEE, "--json", "--wav", silence, "--wav", silence, *POCKET, env=store)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("progress cannot be kept in ") == 1
    assert done.stdout.count('"type":"practice"') == 2


def test_who_sits_at_a_terminal_is_asked_before_each_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("\nwhat\nn\nq\n"))
    shown = StringIO()
    stage = TerminalStage(Console(file=shown), asks=True)
    assert [stage.ask(number) for number in (1, 2, 2, 3)] == [AGAIN, NEXT, STOP, STOP], "at the end of input it stops"
    assert "Enter to answer" in shown.getvalue()
    assert "Enter to try again" in shown.getvalue()
    assert TerminalStage(Console(file=shown), asks=False).ask(1) == AGAIN


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["first-late-fe"], "there is no scenario 'first-late-fe' here; did you mean 'first-late-fee'?"),
        (["xyz"], "known are one-day-late"),
        (["--playbook", "telekom"], "did you mean 'telecom'?"),
        (["--playbook", "nowhere.yaml"], "nowhere.yaml"),
        ([FEE, "--playbook", "retail"], "there is no scenario 'first-late-fee' here"),
        (["--wav", "nowhere.wav"], "nowhere.wav does not exist"),
        (["--wav", str(ROOT / "LICENSE")], "LICENSE is not a recording"),
    ],
)
def test_what_cannot_be_is_refused(practice, args: list[str], said: str) -> None:
    assert said in refused(practice(*args))


# --- with a microphone ------------------------------------------------------------------------------------------------

live = [
    pytest.mark.skipif(sys.platform != "linux", reason="PulseAudio's virtual devices are Linux's"),
    pytest.mark.timeout(600),
]


@asynccontextmanager
async def practising(*flags: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `practice` until the block is left, then interrupt it; it must end cleanly."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "voiceassist", "practice", FEE, *POCKET, *flags),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "VOICEASSIST_STORE__PATH": str(folder / "calls.sqlite3")},
        preexec_fn=hear_ctrl_c,
    )
    try:
        async with asyncio.timeout(120):
            yield process
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(30):
            _, errors = await process.communicate()
        assert process.returncode == 130, errors.decode()
        assert "Traceback" not in errors.decode()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def until(process: asyncio.subprocess.Process, kind: str, **wanted: object) -> dict[str, Any]:
    """The next message of that kind which holds all that is wanted."""
    assert process.stdout is not None
    while line := await process.stdout.readline():
        message: dict[str, Any] = json.loads(line)
        if message["type"] == kind and wanted.items() <= message.items():
            return message
    raise AssertionError("it ended")


async def notes(process: asyncio.subprocess.Process, last: str) -> list[str]:
    """What it notes, up to the line that begins so."""
    assert process.stderr is not None
    told: list[str] = []
    while not told or not told[-1].startswith(last):
        line = await process.stderr.readline()
        assert line, told
        told.append(line.decode().rstrip())
    return told


class TestLive:
    pytestmark = live

    async def test_a_customer_is_heard_answered_and_asks_back(self, pulse: PulseServer, tmp_path: Path) -> None:
        _, tape = headset(pulse)
        pulse.output("Earphones")
        for number in range(4):
            folder = tmp_path / str(number)
            folder.mkdir()
            outcome, lost = await self._answered(tape, folder)
            # Words that a busy machine never delivered are no fault of what was made of the others.
            if outcome == "recovered" or not lost:
                break
        assert outcome == "recovered"
        assert json.loads((folder / "practice.json").read_text("utf-8"))[FEE]["tries"] == 1

    async def _answered(self, tape: Tape, folder: Path) -> tuple[str, float]:
        """A try in which the customer is refused and then helped: what came of it, and seconds of sound lost."""
        async with practising("--json", folder=folder) as process:
            listener = await asyncio.create_subprocess_exec(
                *("parec", "--device=earphones.monitor", "--format=float32le", "--rate=16000", "--channels=1"),
                stdout=asyncio.subprocess.PIPE,
            )
            told = await notes(process, "customer: Hello there")
            assert not [line for line in told if "no output" in line]
            assert listener.stdout is not None
            played = np.zeros(1, np.float32)
            while np.abs(played).max() < 0.05:  # until the line is played
                played = np.frombuffer(await listener.stdout.readexactly(4 * SAMPLE_RATE), np.float32)
            listener.kill()
            await listener.communicate()
            await until(process, "transcript", channel="customer", final=True)
            for _ in range(3):  # a busy machine may swallow a word of it
                tape.play(spoken(NO))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(10):
                        await until(process, "nudge")
                        break
            await notes(process, "customer: Oh.")
            await until(process, "transcript", channel="customer", final=True)
            tape.play(spoken(MENDS))
            ended = await until(process, "call_ended")
            result = await until(process, "practice")
            return result["outcome"], ended["lost"]

    async def test_without_an_output_the_lines_are_only_written(self, pulse: PulseServer, tmp_path: Path) -> None:
        headset(pulse)
        assert pulse.pactl("list", "short", "sinks") == ""
        async with practising(folder=tmp_path) as process:
            told = await notes(process, "there is no output")
            assert len([line for line in told if "only written" in line]) == 1
            assert process.stdout is not None
            while "Hello there" not in (await process.stdout.readline()).decode():
                pass
        assert not (tmp_path / "practice.json").exists(), "a try that was broken off is none"

    def test_without_a_microphone_there_is_one_line(self, pulse: PulseServer) -> None:
        assert pulse.pactl("list", "short", "sources") == ""
        said = refused(run("practice", FEE, *POCKET))
        assert said.startswith("voiceassist: error[no-device]: ")
