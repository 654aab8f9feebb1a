import json
import random
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from models.refusal import public
from models.refusal.augment import Views, cut, is_explicit, joined, misheard, without_prev
from models.refusal.confusions import Confusions, lost_its_no
from models.refusal.hearings import HEARD, HEARD_TEST, Hearing, read_heard
from models.refusal.rows import DATA, LABELS, Row, read_rows
from models.refusal.splits import DEV_TRADES, FILES, TEST_TRADES, read_corpus, split
from models.refusal.spoken import spoken

ROOT = Path(__file__).parents[2]
# What everybody says on the phone, again and again.
STOCK = (
    "is there anything else i can do for you today what else can i help you with",
    "anything else i can help you with",
    "let me see what i can do",
    "let me see what i can find",
    "what i can do is",
    "what i can do for you",
    "we can't do that",
)
KEYS = {"id", "family", "origin", "category", "trade", "prev", "text", "labels"}


def grams(text: str, size: int) -> set[tuple[str, ...]]:
    words = spoken(text).split()
    return {tuple(words[start : start + size]) for start in range(len(words) - size + 1)}


def plain(text: str) -> str:
    return spoken(text).replace("'", "")


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(read_rows(DATA / f"{name}.jsonl" for name in FILES))


def likeness(ours: list[set[tuple[str, ...]]], theirs: list[set[tuple[str, ...]]]) -> np.ndarray:
    """The Jaccard index of every two sets."""
    known = {gram: place for place, gram in enumerate(sorted(set().union(*ours)))}

    def table(sets: list[set[tuple[str, ...]]]) -> np.ndarray:
        found = np.zeros((len(sets), max(1, len(known))), np.float32)
        for place, grams_of in enumerate(sets):
            found[place, [known[gram] for gram in grams_of if gram in known]] = 1
        return found

    shared = table(ours) @ table(theirs).T
    sizes = np.array([len(s) for s in ours])[:, None] + np.array([len(s) for s in theirs])[None]
    return shared / np.maximum(sizes - shared, 1)


def pieces(rows: list[Row], size: int = 400) -> list[list[Row]]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


@pytest.mark.parametrize("name", FILES)
def test_every_row_is_whole(name: str):
    for line in (DATA / f"{name}.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        assert row.keys() >= KEYS, row["id"]
        assert row.keys() <= KEYS | {"variety", "alone", "pair"}, row["id"]
        assert set(row["labels"]) == set(LABELS)
        assert all(value in (0, 1) for value in row["labels"].values()), row["id"]
        assert row.get("alone") in (None, 0, 1), row["id"]
        assert row["text"].strip(), row["id"]


def test_no_id_names_two_rows(rows: list[Row]):
    assert [row for row, count in Counter(row.id for row in rows).items() if count > 1] == []


def test_no_line_is_there_twice(rows: list[Row]):
    counts = Counter((plain(row.prev), plain(row.text)) for row in rows)
    assert [line for line, count in counts.items() if count > 1] == []


def test_a_reason_explains_a_refusal(rows: list[Row]):
    assert [row.id for row in rows if row.target("reason") == 1 and row.target("refusal") == 0] == []


def test_what_is_heard_alone_is_what_is_heard(rows: list[Row]):
    assert [row.id for row in rows if not row.prev and row.alone not in (None, row.target("refusal"))] == []


def test_the_lines_of_a_pair_say_the_same_and_mean_another_thing(rows: list[Row]):
    pairs: dict[str, list[Row]] = {}
    for row in rows:
        if row.pair:
            pairs.setdefault(row.pair, []).append(row)
    assert len(pairs) >= 250
    assert {name for name, lines in pairs.items() if len(lines) < 2} == set()
    apart = [name for name, lines in pairs.items() if len({row.target("refusal") for row in lines}) == 2]
    assert len(apart) >= 0.97 * len(pairs)


def test_there_is_enough_of_each_kind(rows: list[Row]):
    assert len(rows) >= 3000
    assert len({row.family for row in rows}) >= 400
    assert len({row.trade for row in rows}) >= 20
    joins = sum(row.id.startswith(("j-", "d-")) for row in rows)
    assert joins >= 600
    for label in LABELS:
        assert sum(row.target(label) == 1 for row in rows) >= 150, label
    assert sum(row.target("refusal") == 0 for row in rows) >= 0.4 * len(rows)


def test_no_turn_of_phrase_comes_back_too_often(rows: list[Row]):
    stock = set().union(*(grams(text, 4) for text in STOCK))
    counts = Counter(gram for row in rows for gram in grams(row.text, 4) - stock)
    assert [(gram, count) for gram, count in counts.items() if count > 0.005 * len(rows)] == []


def test_families_are_worded_apart(rows: list[Row]):
    words = [grams(row.text, 1) for row in rows]
    families = np.unique([row.family for row in rows], return_inverse=True)[1]
    nearest: list[float] = []
    # A sample says enough of the median.
    for chosen in pieces(random.Random(1).sample(range(len(rows)), 2000)):
        alike = likeness([words[place] for place in chosen], words)
        alike[families[chosen][:, None] == families[None]] = 0
        nearest += list(alike.max(1))
    assert np.median(nearest) <= 0.5


def test_no_trade_family_or_pair_is_in_two_splits(rows: list[Row]):
    parts = split(rows)
    splits = (parts.train, parts.dev, parts.test)
    assert sum(map(len, splits)) == len(rows)
    for key in ("family", "pair"):
        named = [{getattr(row, key) for row in part} - {None} for part in splits]
        assert not named[0] & named[1] | named[0] & named[2] | named[1] & named[2]
    assert not {row.trade for row in parts.train} & (DEV_TRADES | TEST_TRADES)
    assert not {row.trade for row in parts.dev} & TEST_TRADES
    assert len(parts.test) >= 450
    assert len(parts.dev) >= 400


def test_a_family_goes_where_its_strictest_trade_goes():
    def row(name: str, family: str, trade: str, pair: str | None = None) -> Row:
        return Row(name, family, "x", "", name, (0.0,) * 8, trade, None, pair)

    parts = split([
        row("a", "one", "bank"), row("b", "one", "ferry", "p"), row("c", "two", "hotel", "p"), row("d", "two", "vet"),
        row("e", "three", "vet"), row("f", "four", "bank"),
    ])  # fmt: skip
    assert [[row.id for row in part] for part in (parts.train, parts.dev, parts.test)] == [["f"], ["e"], list("abcd")]


def near_duplicates(ours: list[Row], theirs: list[Row]) -> list[tuple[str, str]]:
    """Rows that differ in a word or two: the same words, or the same turn with what was said before."""

    def turns(rows: list[Row]) -> list[set[tuple[str, ...]]]:
        return [set(pairwise(f"{spoken(row.prev)} / {spoken(row.text)}".split())) for row in rows]

    def words(rows: list[Row]) -> list[set[tuple[str, ...]]]:
        return [grams(row.text, 1) if len(spoken(row.text).split()) >= 5 else set() for row in rows]

    near: list[tuple[str, str]] = []
    for some in pieces(ours):
        found = (likeness(turns(some), turns(theirs)) >= 0.6) | (likeness(words(some), words(theirs)) >= 0.8)
        near += [(some[a].id, theirs[b].id) for a, b in np.argwhere(found)]
    return near


def test_nothing_that_judges_was_nearly_trained_on(rows: list[Row]):
    parts = split(rows)
    assert near_duplicates([*parts.dev, *parts.test], parts.train) == []
    assert near_duplicates(parts.dev, parts.test) == []
    assert near_duplicates([*parts.dev, *parts.test], public.read_plain()) == []


def test_a_near_duplicate_is_found():
    def row(name: str, prev: str, text: str) -> Row:
        return Row(name, name, "x", prev, text, (0.0,) * 8)

    ours = [row("a", "Can I bring the dog?", "No, not on the grass."), row("b", "", "we never ship that far north")]
    theirs = [row("c", "can i bring the dog", "no not on the grass"), row("d", "", "We never ship that far north!")]
    assert near_duplicates(ours, theirs) == [("a", "c"), ("b", "d")]


def test_the_bundled_call_was_not_trained_on(rows: list[Row]):
    calls = sorted((ROOT / "voiceassist" / "demo").glob("*.json"))
    assert calls, "the bundled call is missing"
    said = {
        plain(turn["text"])
        for call in calls
        for turn in json.loads(call.read_text("utf-8")).get("turns", [])
        if len(turn["text"].split()) >= 4
    }
    assert said
    assert [row.id for row in rows if plain(row.text) in said] == []


def test_a_second_reader_read_a_tenth_and_agrees(rows: list[Row]):
    trained = [row for row in rows if not row.id.startswith(("h1-", "h2-", "h3-", "h-"))]
    read = [json.loads(line) for line in (DATA / "second-reader.jsonl").read_text("utf-8").splitlines()]
    own = [line for line in read if not line["id"].startswith("public")]
    assert len(own) >= 0.09 * len(trained)
    assert {line["id"] for line in own} <= {row.id for row in rows}
    both = either = 0
    for line in read:
        second = line["second"]["refusal"]
        first = line.get("differs", {}).get("refusal", {}).get("first", second)
        both += first and second
        either += (first + second) / 2
    assert both / either >= 0.95


def test_what_was_settled_is_what_the_rows_say(rows: list[Row]):
    known = {row.id: row for row in rows}
    for line in (DATA / "second-reader.jsonl").read_text("utf-8").splitlines():
        read = json.loads(line)
        for label, reading in read.get("differs", {}).items():
            assert reading["first"] != reading["second"]
            if read["id"] in known:
                assert known[read["id"]].target(label) == reading["settled"], (read["id"], label)


def test_public_rows_hold_numbers_hashes_and_labels_alone():
    lines = [json.loads(line) for line in public.LABELLED.read_text("utf-8").splitlines()]
    assert len(lines) >= 1000
    for line in lines:
        assert set(line) == {"row", "sha256", "labels"}
        assert set(line["labels"]) == set(LABELS)
        assert re.fullmatch(r"[0-9a-f]{16}", line["sha256"])


def test_plain_rows_are_not_among_those_that_were_read_and_refuse_nothing():
    read, lines = [
        [json.loads(line) for line in path.read_text("utf-8").splitlines()] for path in (public.LABELLED, public.PLAIN)
    ]
    assert len(lines) >= 3000
    assert {line["row"] for line in read}.isdisjoint(line["row"] for line in lines)
    assert all(set(line) == {"row", "sha256"} for line in lines)
    if not public.dialogues().exists():
        pytest.skip("the public dialogues are not beside the project")
    plain_rows = public.read_plain()
    assert len(plain_rows) == len(lines)
    assert {row.targets for row in plain_rows} == {(0.0, *(None,) * 7)}
    assert {row.trade for row in plain_rows}.isdisjoint(DEV_TRADES | TEST_TRADES)


def test_without_the_dialogues_training_goes_on_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with caplog.at_level("WARNING"):
        assert public.read_public(tmp_path / "dialogues.jsonl") == []
    assert "dialogues.jsonl is absent" in caplog.text


def test_dialogues_that_are_not_those_that_were_labelled_are_refused(tmp_path: Path):
    last = max(json.loads(line)["row"] for line in public.LABELLED.read_text("utf-8").splitlines())
    path = tmp_path / "dialogues.jsonl"
    path.write_text('{"text": "hello", "prev": "", "source": "star", "domain": "bank"}\n' * (last + 1), "utf-8")
    with pytest.raises(ValueError, match="is not the one that was labelled"):
        public.read_public(path)


def test_the_public_rows_are_those_that_were_labelled():
    if not public.dialogues().exists():
        pytest.skip("the public dialogues are not beside the project")
    corpus = read_corpus()
    assert sum(row.id.startswith("public") for row in corpus.test) >= 150


@pytest.mark.parametrize("path", [HEARD, HEARD_TEST], ids=lambda path: path.stem)
def test_what_was_heard_belongs_to_rows_of_its_split(rows: list[Row], path: Path):
    parts = split(rows)
    known = {row.id for row in (parts.train if path == HEARD else parts.test)}
    hearings = list(read_heard(path))
    assert len(hearings) >= 300
    assert {hearing.id for hearing in hearings} <= known


def test_a_row_that_is_not_well_formed_is_named_by_its_line(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "x"}\n', "utf-8")
    with pytest.raises(ValueError, match=re.escape("rows.jsonl, line 1")):
        list(read_rows([path]))


def row(text: str, *, category: str = "x", prev: str = "Can I?", alone: float | None = None, **labels: float) -> Row:
    targets = tuple(labels.get(label, 0.0) for label in LABELS)
    return Row("x", "x", category, prev, text, targets, alone=alone)


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
    assert without_prev(row("No, we can't do that.", refusal=1.0, alone=1.0)).target("refusal") == 1.0
    assert without_prev(row("You can't.", refusal=1.0, alone=0.0)).target("refusal") == 0.0


def test_without_the_request_what_the_words_leave_open_stays_unsure():
    assert 0.5 < (without_prev(row("We close at five.", refusal=1.0)).target("refusal") or 0) < 0.7
    assert 0.3 < (without_prev(row("We close at five.", refusal=0.0)).target("refusal") or 0) < 0.5
    assert without_prev(row("We close at five.", refusal=1.0, reason=1.0)).target("reason") is None


def test_without_the_trouble_being_sorry_to_hear_it_names_nothing():
    sorry = row("I'm so sorry to hear that.", prev="My bag is gone.", acknowledgement=1.0)
    assert without_prev(sorry).target("acknowledgement") == 0.0
    assert without_prev(row("I'm so sorry about your bag.", acknowledgement=1.0)).target("acknowledgement") == 1.0


def test_breaths_joined_hold_what_each_held():
    both = joined([row("No.", refusal=1.0, complete=1.0), row("what I can do is", alternative=1.0, alone=1.0)])
    assert both.text == "No. what I can do is"
    assert [both.target(label) for label in ("refusal", "alternative", "complete")] == [1.0, 1.0, 0.0]
    assert both.alone == 1.0


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


@pytest.mark.parametrize("said", ["I can't believe they did that to you.", "I can't do that for you."])
def test_what_may_still_turn_is_unsure(said: str):
    refusal = 1.0 if "do that for" in said else 0.0
    shorts = (cut(row(said, refusal=refusal, complete=1.0), random.Random(seed)) for seed in range(40))
    targets = {short.target("refusal") for short in shorts if short and spoken(short.text) == "i can't"}
    assert targets == ({0.5} if refusal else {0.4})


def test_explicit_means_that_the_words_alone_refuse():
    assert is_explicit("We don't do that.")
    assert not is_explicit("It's past the thirty days.")


def test_confusions_are_learned_as_often_as_they_are_made():
    clips = [("No, we can't do that.", "now we can do that")] * 3 + [("We can't.", "we can't")]
    learned = Confusions(clips)
    assert learned.chance("can't") == pytest.approx(3 / 4)
    assert learned.chance("no") == 1.0
    assert learned.chance("that") == 0.0
    chance = random.Random(2)
    heard = Counter(learned.mishear("no we can't do that", chance) for _ in range(400))
    assert set(heard) == {"now we can do that", "now we can't do that"}
    assert 0.65 < heard["now we can do that"] / 400 < 0.85


def test_a_mistake_made_once_is_no_confusion():
    assert Confusions([("we ship today", "we sip today")]).mishear("ship", random.Random(0)) == "ship"


def test_a_lost_no_makes_the_refusal_unsure():
    assert lost_its_no("we can't do that", "we can do that")
    assert not lost_its_no("no we can't", "know we can't")
    unsure = misheard(row("We can't do that.", refusal=1.0, reason=1.0), "we can do that").target("refusal")
    assert unsure == pytest.approx(0.7)
    assert misheard(row("We can't do that.", refusal=1.0), "we can't do the").target("refusal") == 1.0


def test_the_same_seed_draws_the_same_views(rows: list[Row]):
    hearings = [Hearing(rows[0].id, "rms", False, "something else was heard")]
    first, second = (Views(rows[:200], 7, hearings) for _ in range(2))
    assert [first.draw(row) for row in rows[:200]] == [second.draw(row) for row in rows[:200]]
    seen = {first.draw(rows[0]).text for _ in range(60)}
    assert "something else was heard" in seen
