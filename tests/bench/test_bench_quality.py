"""`bench quality` from the command line, with the real ear over a few lines."""

import json

import pytest
from commands import refused, run

from voiceassist.core.types import Label

ROWS = [
    {"prev": "can i get a refund", "text": "no, we can't do that", "labels": {"refusal": 1, "alternative": 0}},
    {"prev": "can i get a refund", "text": "yes, of course", "labels": {"refusal": 0, "alternative": 0}, "pair": "p"},
    {"text": "I'm afraid we don't offer that.", "labels": {"refusal": 1, "alternative": 0}, "category": "bare"},
    {"text": "no problem at all", "labels": {"refusal": 0}, "category": "no [bold]problem"},
    {"id": "wrong", "text": "no, we never do that", "labels": {"refusal": 0}, "category": "no [bold]problem"},
    {"text": "what I can do is book you for Tuesday", "labels": {"alternative": 1, "reason": None}},
]


@pytest.fixture
def calls(tmp_path):
    path = tmp_path / "calls.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


def test_the_whole_way(calls, tmp_path):
    written, pictures = tmp_path / "quality.json", tmp_path / "pictures"
    done = run("bench", "quality", str(calls), "--json", str(written), "--pictures", str(pictures))
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"pictures: {pictures}\n"
    for words in ("6 lines", "with the customer's words", "alone", "no [bold]problem", "false refusal", "wrong", "—"):
        assert words in done.stdout
    assert len(list(pictures.iterdir())) == 6
    document = json.loads(written.read_text("utf-8"))
    assert list(document) == [
        *("bench", "schema", "version", "machine", "files", "ear", "milliseconds_a_line"),
        *("rows", "with_prev", "prev_blanked", "worst"),
    ]
    assert (document["bench"], document["schema"], document["files"]) == ("quality", 1, ["calls.jsonl"])
    assert set(document["ear"]) == {"version", "bytes", "seconds_to_load"}
    assert set(document["milliseconds_a_line"]) == {"lines", "p50", "p95", "max"}
    assert document["rows"] == document["milliseconds_a_line"]["lines"] == 6
    for form, known in (("with_prev", 5), ("prev_blanked", 3)):
        figures = document[form]
        assert set(figures) == {"labels", "bare", "alternative", "false_refusals", "pairs", "categories"}
        assert list(figures["labels"]) == [label.value for label in Label]
        refusal = figures["labels"]["refusal"]
        assert refusal["found"]["rows"] == known
        assert len(refusal["calibration"]["bins"]) == 10
    refusal = document["with_prev"]["labels"]["refusal"]["found"]
    assert (refusal["hit"], refusal["missed"], refusal["false"], refusal["right"]) == (2, 0, 1, 2)
    assert document["worst"][0]["id"] == "wrong"
    assert set(document["worst"][0]) == {"id", "label", "expected", "score", "prev", "text"}


def test_a_bad_line_is_named(calls):
    calls.write_text(calls.read_text() + '{"text": "no", "labels": {"refusal": 3}}\n')
    assert 'calls.jsonl, line 7: "refusal" is neither 0 nor 1' in refused(run("bench", "quality", str(calls)))


def test_what_cannot_be_written_is_refused(calls, tmp_path):
    (tmp_path / "file").write_text("")
    for flag in ("--json", "--pictures"):
        assert "file" in refused(run("bench", "quality", str(calls), flag, str(tmp_path / "file" / "deeper")))
