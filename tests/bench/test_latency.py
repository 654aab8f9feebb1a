"""`bench latency` and `bench load` as an engineer runs them: real calls at real pace, a real page."""

import json
from pathlib import Path

import numpy as np
import pytest
from commands import run
from hub import micro
from jsonschema import Draft202012Validator
from needs import needs
from sound import record, spoken

from voiceassist.bench.documents import LatencyDocument, Level, LoadDocument, Machine, schema_text
from voiceassist.bench.figures import Figure
from voiceassist.bench.machine import Load
from voiceassist.core.types import SAMPLE_RATE

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> Path:
    """A refusal and what is none, with their ends as they are heard here."""
    folder = tmp_path_factory.mktemp("clips")
    marks = ["clip,end,kind,text"]
    for name, kind, text in (("no", "refusal", "No, we can't do that."), ("yes", "other", "No problem.")):
        sound = spoken(text)[SAMPLE_RATE:-SAMPLE_RATE]
        record(folder / f"{name}.wav", sound[:, None], SAMPLE_RATE)
        end = np.flatnonzero(np.abs(sound) > 0.01)[-1] + 1
        marks.append(f'{name}.wav,{end / SAMPLE_RATE},{kind},"{text}"')
    (folder / "marks.csv").write_text("\n".join(marks) + "\n")
    return folder


def bench(*arguments: object) -> object:
    return run("bench", *map(str, arguments))


def test_a_refusal_is_timed_to_the_painted_page(clips: Path, tmp_path: Path) -> None:
    needs("chromium", "chromium")
    file, page = tmp_path / "found.json", tmp_path / "page"
    command = ("latency", "--clips", clips, "--model", micro(), "--to", "paint", "--busy")
    done = bench(*command, "--json", file, "--page", page)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text("utf-8"))
    Draft202012Validator(json.loads(schema_text())).validate(found)
    assert {"vad", "decode", "classify", "send", "paint"} <= found["stages"].keys()
    assert (found["bench"], found["to"], found["phrases"], found["calls"]) == ("latency", "paint", 2, 1)
    refusal, other = found["rows"]
    assert refusal["cue"] == pytest.approx(refusal["wait"] + refusal["compute"] + refusal["paint"], abs=0.1)
    assert refusal["nudged"]
    assert refusal["paint"] >= 0
    assert other["cue"] is None
    assert found["false_cues"] == 0
    assert "whisper-micro" in found["weights"]
    text = (page / "index.html").read_text("utf-8")
    assert "painted after" in text
    assert "whisper-micro" in text
    assert "<svg" in text
    assert "refusal to cue" in done.stdout


def test_a_run_that_is_worse_than_an_earlier_one_fails(clips: Path, tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    command = ("latency", "--clips", clips, "--model", micro(), "--to", "client", "--busy")
    assert bench(*command, "--json", file).returncode == 0
    found = json.loads(file.read_text("utf-8"))
    for figure in found["figures"].values():
        figure.update(p50=0.1, p95=0.1)
    file.write_text(json.dumps(found))
    done = bench(*command, "--compare", file)
    assert done.returncode == 2
    assert done.stderr.startswith("voiceassist: error[regression]: worse than")
    assert "refusal to cue p50: 0.1 ms before" in done.stderr


def test_a_scripted_shape_is_told_the_words_and_says_so(clips: Path, tmp_path: Path) -> None:
    marks = tmp_path / "marks.csv"
    marks.write_text('clip,end,kind,text,word_ends\nno.wav,1.2,refusal,"No, we can\'t do that.",0.3 0.5 0.8 1 1.2\n')
    file = tmp_path / "found.json"
    (folder := tmp_path / "one").mkdir()
    (folder / "no.wav").write_bytes((clips / "no.wav").read_bytes())
    command = ("latency", "--clips", folder, "--marks", marks, "--shape", "tiny.en", "--floor", 300, "--to", "client")
    done = bench(*command, "--calls", 2, "--busy", "--json", file)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text("utf-8"))
    assert found["weights"] == "none: a scripted model of tiny.en's shape, windows of 3 s and more"
    assert found["words"].startswith("those that were said")
    assert [row["cue"] is not None for row in found["rows"]] == [True, True]


def test_documents_fit_their_schema_and_nothing_else_does() -> None:
    about = {"version": "1", "weights": "w", "transcriber": "t", "words": "as recognised"}
    about["machine"] = Machine(platform="p", python="3", cores=2, load=None)
    level = Level(
        calls=1, phrases=3, cue=Figure.of([1, None]), load=Load(0.1, 0.2, 0.01), cpu_seconds_a_phrase=0.1, lagged=0
    )
    found = LoadDocument(in_time_ms=500, calls_in_time=1, levels=(level,), **about).document()
    schema = Draft202012Validator(json.loads(schema_text()))
    schema.validate(json.loads(json.dumps(found)))
    assert not schema.is_valid(found | {"bench": "latency"})
    assert not schema.is_valid(found | {"schema": 1})
    assert not schema.is_valid({name: value for name, value in found.items() if name != "levels"})
    assert LatencyDocument.model_fields.keys() > {"stages", "rows"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("latency", "--clips", "nowhere"), "marks.csv cannot be read"),
        (("latency", "--to", "paint", "--calls", "2"), "a page shows one call"),
        (("latency", "--transcriber", "pocketsphinx", "--floor", "300", "--to", "client"), "has no window"),
        (("latency", "--compare", "nowhere.json"), "cannot be compared with"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_line(arguments: tuple[str, ...], message: str) -> None:
    done = bench(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("voiceassist: error[")
    assert len(done.stderr.strip().splitlines()) == 1
    assert message in done.stderr
