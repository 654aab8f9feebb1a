import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from models.refusal.augment import cut, is_explicit, joined, spoken, without_prev
from models.refusal.rows import LABELS, Row, read_rows

ROOT = Path(__file__).parents[2]
DATA = ROOT / "models" / "refusal" / "data"
TRAINED = ("refusals.jsonl", "negatives.jsonl", "joins.jsonl")
FILES = (*TRAINED, "heldout.jsonl")


def rows_of(*names: str) -> list[Row]:
    return list(read_rows(DATA / name for name in names))


def plain(text: str) -> str:
    return spoken(text).replace("'", "")


@pytest.mark.parametrize("name", FILES)
def test_every_row_is_whole(name: str):
    for line in (DATA / name).read_text("utf-8").splitlines():
        row = json.loads(line)
        assert set(row) == {"id", "family", "origin", "category", "prev", "text", "labels"}
        assert set(row["labels"]) == set(LABELS)
        assert all(value in (0, 1) for value in row["labels"].values()), row["id"]
        assert row["text"].strip(), row["id"]


def test_no_id_names_two_rows():
    counts = Counter(row.id for row in rows_of(*FILES))
    assert [row for row, count in counts.items() if count > 1] == []


def test_a_reason_explains_a_refusal():
    assert [row.id for row in rows_of(*FILES) if row.target("reason") == 1 and row.target("refusal") == 0] == []


def test_what_is_tested_was_not_trained_on():
    trained = {(plain(row.prev), plain(row.text)) for row in rows_of(*TRAINED)}
    assert [row.id for row in rows_of("heldout.jsonl") if (plain(row.prev), plain(row.text)) in trained] == []


def test_the_bundled_call_was_not_trained_on():
    calls = sorted((ROOT / "voiceassist" / "demo").glob("*.json"))
    assert calls, "the bundled call is missing"
    said = {
        plain(turn["text"])
        for call in calls
        for turn in json.loads(call.read_text("utf-8")).get("turns", [])
        if len(turn["text"].split()) >= 4
    }
    assert said
    assert [row.id for row in rows_of(*TRAINED) if plain(row.text) in said] == []


def test_there_is_enough_of_each_kind():
    rows = rows_of("refusals.jsonl")
    assert len(rows) >= 450
    for label in ("refusal", "acknowledgement", "reason", "alternative", "buy_in"):
        assert sum(row.target(label) == 1 for row in rows) >= 70, label


def test_a_row_that_is_not_well_formed_is_named_by_its_line(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "x"}\n', "utf-8")
    with pytest.raises(ValueError, match=re.escape("rows.jsonl, line 1")):
        list(read_rows([path]))


def row(text: str, *, category: str = "x", prev: str = "Can I?", **labels: float) -> Row:
    return Row("x", "x", category, prev, text, tuple(labels.get(label, 0.0) for label in LABELS))


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("No, we CAN'T — sorry!", "no we can't sorry"),
        ("It's $30, or 20%.", "it's thirty or twenty percent"),
        ("Gate 112 at 9:40", "gate one hundred twelve at nine forty"),
        ("order 44190", "order four four one nine zero"),
    ],
)
def test_a_recogniser_writes_words_alone(written: str, heard: str):
    assert spoken(written) == heard


def test_without_the_request_a_lone_no_may_answer_anything():
    blank = without_prev(row("No.", refusal=1.0))
    assert (blank.prev, blank.target("refusal")) == ("", 0.5)
    assert without_prev(row("No, we can't do that.", refusal=1.0)).target("refusal") == 1.0


def test_breaths_joined_hold_what_each_held():
    both = joined([row("No.", refusal=1.0, complete=1.0), row("what I can do is", alternative=1.0)])
    assert both.text == "No. what I can do is"
    assert [both.target(label) for label in ("refusal", "alternative", "complete")] == [1.0, 1.0, 0.0]


def test_a_cut_row_is_not_complete_and_knows_only_what_it_says():
    for seed in range(20):
        short = cut(
            row("No, we can't do that because the van is full.", refusal=1.0, reason=1.0, complete=1.0),
            random.Random(seed),
        )
        assert short is not None
        assert short.text != "No,"
        assert short.target("complete") == (None if short.text == "No, we can't" else 0.0)
        assert short.target("reason") is None
        assert short.text in "No, we can't do that because the van is full."
    assert cut(row("Sold out.", refusal=1.0), random.Random(1)) is None


def test_explicit_means_that_the_words_alone_refuse():
    assert is_explicit("We don't do that.")
    assert not is_explicit("It's past the thirty days.")
