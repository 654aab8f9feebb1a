"""Labelled lines as they are read from files, and as they are where the customer is not heard."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judges import example

from voiceassist.bench.examples import read_examples
from voiceassist.core.types import Label
from voiceassist.errors import UsageError

GOOD = {"text": "no", "labels": {"refusal": 1}}


def write(path, *rows, start: bytes = b""):
    lines = (row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows)
    path.write_bytes(start + b"\n".join(lines) + b"\n")
    return path


def test_everything_of_a_line_is_read(tmp_path):
    row = {
        "id": "x-1",
        "prev": "can i have it",
        "text": "no, but tomorrow",
        "labels": {"refusal": 1, "alternative": True, "reason": 0, "closing": None, "mood": "warm"},
        "category": "bare",
        "pair": 7,
        "alone": 0,
        "agent": {"ignored": True},
    }
    [read] = read_examples([write(tmp_path / "a.jsonl", row)])
    assert (read.id, read.prev, read.text) == ("x-1", "can i have it", "no, but tomorrow")
    assert read.labels == {Label.REFUSAL: True, Label.ALTERNATIVE: True, Label.REASON: False}
    assert (read.category, read.pair, read.alone) == ("bare", "7", False)


def test_what_may_be_left_out(tmp_path):
    rows = [GOOD, b"", b"  \r", {**GOOD, "prev": None, "id": None, "pair": None, "category": None}]
    first, second = read_examples([write(tmp_path / "a.jsonl", *rows, start=b"\xef\xbb\xbf")])
    assert (first.id, second.id) == ("a.jsonl:1", "a.jsonl:4")
    assert (second.prev, second.category, second.pair) == ("", "", None)


@pytest.mark.parametrize(
    ("more", "alone"),
    [
        ({}, True),
        ({"prev": " "}, True),
        ({"prev": "can i"}, None),
        ({"prev": "can i", "alone": 1}, True),
        ({"prev": "can i", "alone": 0}, False),
        ({"alone": None}, None),
        ({"labels": {"closing": 1}}, None),
    ],
)
def test_what_a_line_is_alone(tmp_path, more, alone):
    [read] = read_examples([write(tmp_path / "a.jsonl", GOOD | more)])
    assert read.alone is alone


def test_files_follow_each_other(tmp_path):
    files = [write(tmp_path / f"{name}.jsonl", GOOD | {"id": name}) for name in "ba"]
    assert [read.id for read in read_examples(files)] == ["b", "a"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"text": "caf\xe9"}', "is not UTF-8"),
        ([], "no JSON object"),
        ("no", "no JSON object"),
        ({"labels": {}}, '"text" is missing'),
        ({"text": " ", "labels": {}}, '"text" is missing or empty'),
        ({"text": 3, "labels": {}}, '"text" is no text'),
        ({"text": "\ud800", "labels": {}}, '"text" has half a character'),
        ({"text": "no"}, '"labels" is missing'),
        ({"text": "no", "labels": [1]}, '"labels" is missing or no object'),
        ({"text": "no", "labels": {"refusal": 2}}, '"refusal" is neither 0 nor 1'),
        ({"text": "no", "labels": {"refusal": "yes"}}, '"refusal" is neither 0 nor 1'),
        ({"text": "no", "labels": {"reason": [1]}}, '"reason" is neither 0 nor 1'),
        (GOOD | {"alone": "maybe"}, '"alone" is neither 0 nor 1'),
        (GOOD | {"prev": 1}, '"prev" is no text'),
        (GOOD | {"id": 1.5}, '"id" is no text'),
        (GOOD | {"pair": True}, '"pair" is no text'),
        (GOOD | {"category": ["a"]}, '"category" is no text'),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_line_that_is_none_is_named(tmp_path, line, says):
    path = write(tmp_path / "calls.jsonl", GOOD, b"", line, GOOD)
    with pytest.raises(UsageError, match=re.escape(f"{path}, line 3: ") + ".*" + re.escape(says)):
        read_examples([path])


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "has no lines"),
        ([b"", b" "], "has no lines"),
        ([{"text": "no", "labels": {"refusal": None}}, {"text": "yes", "labels": {"mood": 1}}], "no line is labelled"),
    ],
)
def test_a_file_without_labelled_lines_is_refused(tmp_path, rows, says):
    with pytest.raises(UsageError, match=says):
        read_examples([write(tmp_path / "good.jsonl", GOOD), write(tmp_path / "bad.jsonl", *rows)])


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(UsageError, match=re.escape(str(path))):
            read_examples([path])


@pytest.mark.parametrize(
    ("prev", "refusal", "alone", "left"),
    [
        ("", 1, True, {"refusal": True, "closing": True}),
        ("can i", 1, True, {"refusal": True, "closing": True}),
        ("can i", 1, False, {"refusal": False}),
        ("can i", 0, None, {}),
        ("can i", None, None, {}),
        ("can i", None, True, {"refusal": True}),
        ("", None, None, {"closing": True}),
    ],
)
def test_what_is_known_without_the_customer(prev, refusal, alone, left):
    labels = {"closing": 1} if refusal is None else {"closing": 1, "refusal": refusal}
    blanked = example("no", prev, labels=labels, alone=alone).blanked()
    assert blanked.labels == left
    assert blanked.prev == ""


truths = st.sampled_from([True, False, None])


@given(st.sampled_from(["", "can i"]), truths, truths, truths)
def test_blanking_twice_is_blanking_once(prev, refusal, closing, alone):
    given_ = {"refusal": refusal, "closing": closing}
    labels = {name: value for name, value in given_.items() if value is not None}
    once = example("no", prev, labels=labels, alone=alone).blanked()
    assert once.blanked() == once
