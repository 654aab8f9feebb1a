"""Every command as a person types it: what it prints, and the one line when it cannot."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commands import LINE, refused, run
from needs import ROOT, hear_ctrl_c
from sound import record, room

DEMO = ROOT / "voiceassist" / "demo"


@pytest.mark.parametrize("command", ["demo", "replay", "classify", "doctor", "bench", "bench latency", "bench quality"])
def test_every_command_has_help_and_refuses_a_bad_flag(command: str) -> None:
    words = command.split()
    done = run(*words, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout
    assert "--no-such-flag" in refused(run(*words, "--no-such-flag"))


@pytest.mark.parametrize("command", ["models", "user", "playbook", "bench"])
def test_a_command_of_commands_tells_of_them(command: str) -> None:
    done = run(command)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "Usage" in done.stdout
    assert "Name one of these commands. See" in done.stderr


def test_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, "voiceassist 0.1.0\n")


def test_an_unknown_command_is_refused() -> None:
    assert "frobnicate" in refused(run("frobnicate"))


@pytest.mark.parametrize(
    ("args", "env", "words"),
    [
        (["replay", "nowhere.wav"], {}, "nowhere.wav"),
        (["replay", "."], {}, "."),
        (["replay", "x.wav", "--transcriber", "sphynx"], {}, "sphynx"),
        (["replay", "x.wav", "--pace", "slow"], {}, "slow"),
        (["replay", "x.wav", "--agent-channel", "-1"], {}, "--agent-channel"),
        (["replay", "x.wav", "--agent-channel", "1"], {}, "same channel"),
        (["replay", "x.wav", "--transcriber", "faster-whisper", "--model", "/no/such/folder"], {}, "/no/such/folder"),
        (["demo", "--port", "99999"], {}, "port"),
        (["demo", "--host", "0.0.0.0"], {}, "--tls-cert"),
        (["replay", "x.wav"], {"VOICEASSIST_COACH__GRACE": "99"}, "coach.grace"),
        (["replay", "x.wav"], {"VOICEASSIST_COACH__GRACES": "1"}, "did you mean 'coach.grace'"),
        (["doctor"], {"VOICEASSIST_NONSENSE": "1"}, "nonsense"),
        (["classify"], {"VOICEASSIST_SERVER__PORT": "x"}, "server.port"),
        (["bench", "latency", "--repeat", "0"], {}, "--repeat"),
        (["bench", "quality", "nowhere.jsonl"], {}, "nowhere.jsonl"),
        (["bench", "quality", "--ear", "/no/such/folder"], {}, "/no/such/folder"),
        (["join", "http://127.0.0.1:9/#i=once"], {}, "127.0.0.1:9 cannot be reached"),
    ],
)
def test_what_is_refused_is_named(args: list[str], env: dict[str, str], words: str) -> None:
    assert words in refused(run(*args, env=env))


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"RIFF\x00\x00\x00\x00WAVEfmt ", bytes(2000), b"\x7fELF" + bytes(500)]
)
def test_what_is_no_sound_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sound.wav"
    path.write_bytes(content)
    assert "sound.wav" in refused(run("replay", str(path)))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"turns": 3}', '{"turns": [{"speaker": "bot"}]}'])
def test_a_malformed_turns_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "call.json"
    path.write_text(content)
    assert "call.json" in refused(run("replay", "--json", str(path)))


def test_silence_gives_no_words_and_no_moments(tmp_path: Path) -> None:
    path = record(tmp_path / "quiet.wav", room(20)[:, None], 16_000)
    done = run("replay", "--json", str(path), "--transcriber", "pocketsphinx")
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert [m["type"] for m in messages] == ["call_started", "audio", "call_ended"]
    assert messages[-1]["call"] == "quiet"


def test_replay_of_turns_prints_messages_as_json_lines() -> None:
    done = run("replay", "--json", str(DEMO / "call.json"))
    assert done.returncode == 0
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert messages[0]["type"] == "call_started"
    assert messages[-1]["type"] == "call_ended"
    assert [m["seq"] for m in messages] == list(range(1, len(messages) + 1))
    assert {m["call"] for m in messages} == {"demo"}
    assert all(m["v"] == 1 and isinstance(m["at"], int | float) for m in messages)


def test_replay_of_turns_for_people() -> None:
    done = run("replay", str(DEMO / "call.json"))
    assert done.returncode == 0
    assert "scorecard" in done.stdout
    assert "nudge" in done.stdout


def test_two_files_are_two_calls(tmp_path: Path) -> None:
    row = {"turns": [{"speaker": "agent", "text": "no we can't do that", "start": 1, "end": 2}]}
    (tmp_path / "one.json").write_text(json.dumps(row))
    (tmp_path / "two.jsonl").write_text(json.dumps(row | {"id": "a"}) + "\n" + json.dumps(row | {"id": "b"}) + "\n")
    done = run("replay", "--json", str(tmp_path / "one.json"), str(tmp_path / "two.jsonl"))
    ended = [json.loads(line)["call"] for line in done.stdout.splitlines() if '"call_ended"' in line]
    assert ended == ["one", "a", "b"]


def test_classify_answers_line_by_line() -> None:
    rows = [
        {"id": "1", "prev": "can i get a refund", "text": "no, we can't do that"},
        {"id": "2", "prev": "", "text": "no problem at all"},
        {"id": "3", "text": "Lo siento mucho, pero no podemos hacer nada por usted"},
        {"id": "4", "prev": "", "text": ""},
    ]
    done = run("classify", "--json", stdin="".join(json.dumps(row) + "\n" for row in rows))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["id"] for a in answers] == ["1", "2", "3", "4"]
    assert [a["labels"]["refusal"] for a in answers] == [1, 0, 0, 0]
    assert answers[2]["language"] == "other"
    names = ["refusal", "acknowledgement", "reason", "alternative", "buy_in", "closing", "complete", "promise"]
    assert all(list(a["scores"]) == list(a["labels"]) == names for a in answers)
    assert all(0 <= score <= 1 for a in answers for score in a["scores"].values())


@pytest.mark.parametrize(
    "line",
    ["", "hello", "[]", "3", '{"id": "1"}', '{"id": 1, "text": "no"}', '{"id": "1", "prev": null, "text": "no"}'],
)
def test_classify_names_the_line_it_cannot_read(line: str) -> None:
    good = json.dumps({"id": "1", "prev": "", "text": "no"})
    done = run("classify", "--json", stdin=f"{good}\n{line}\n{good}\n")
    assert done.returncode == 2
    assert LINE.match(done.stderr)
    assert "line 2" in done.stderr


def test_doctor_tells_what_is_there() -> None:
    done = run("doctor", "--json")
    findings = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0
    assert findings["ear"]["health"] == "ok"
    assert all(row["advice"] for row in findings.values() if row["health"] == "missing")


@pytest.mark.parametrize("flags", ["--json", ""])
def test_an_output_that_is_closed_is_no_fault(flags: str) -> None:
    replay = f'"{sys.executable}" -m voiceassist replay {flags} "{DEMO / "call.json"}"'
    command = f"{replay} | head -n 1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_demo_ends_cleanly_when_told_to(number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-m", "voiceassist", "demo", "--headless", "--port", "0"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, preexec_fn=hear_ctrl_c, **pipes) as demo:  # noqa: PLW1509
        assert demo.stderr is not None
        assert "overlay: http://127.0.0.1:" in demo.stderr.readline()
        time.sleep(1)
        demo.send_signal(number)
        _, errors = demo.communicate(timeout=30)
    assert demo.returncode == code
    assert "Traceback" not in errors
