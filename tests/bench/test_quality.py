"""The figures of a judge, each against a set small enough to count by hand."""

import json
import math
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judges import WrittenJudge, example

from voiceassist.bench.quality import BINS, WORST, Calibration, Detection, measure, time_lines
from voiceassist.core.types import Label

REFUSES, OFFERS = {"refusal": 1, "alternative": 0}, {"refusal": 1, "alternative": 1}
GRANTS = {"refusal": 0, "alternative": 0}


def judged(*rows):
    """Rows (example, scores with prev, scores alone), measured."""
    scores = {}
    for row, heard, *alone in rows:
        scores[row.prev, row.text] = heard
        scores.setdefault(("", row.text), alone[0] if alone else heard)
    return measure(WrittenJudge(scores), [row for row, *_ in rows])


def test_precision_recall_and_f1():
    quality = judged(
        (example("a", labels=REFUSES), {"refusal": 0.9}),
        (example("b", labels=REFUSES), {"refusal": 0.5}),
        (example("c", labels=REFUSES), {"refusal": 0.49}),
        (example("d", labels=GRANTS), {"refusal": 0.7}),
        (example("e", labels=GRANTS), {}),
        (example("f", labels={"closing": 1}), {"refusal": 1.0}),
    )
    found = quality.with_prev.labels[Label.REFUSAL].found
    assert found == Detection(5, 3, 2, 1, 1, 1, 2 / 3, 2 / 3, 2 / 3)
    assert quality.with_prev.false_refusals.share == 1 / 2
    assert quality.rows == 6
    assert quality.prev_blanked == quality.with_prev


@pytest.mark.parametrize(
    ("outcomes", "precision", "recall", "f1"),
    [
        ([], None, None, None),
        ([(None, True)], None, None, None),
        ([(False, False)], None, None, None),
        ([(True, False)], None, 0, 0),
        ([(False, True)], 0, None, 0),
        ([(True, True)], 1, 1, 1),
    ],
)
def test_a_figure_of_nothing_is_none(outcomes, precision, recall, f1):
    found = Detection.of(outcomes)
    assert (found.precision, found.recall, found.f1) == (precision, recall, f1)


def test_calibration_by_hand():
    # [0.2, 0.3): mean 0.25, share 1/2; the last bin, 1.0 in it: mean 0.95, share 2/2; 0.5 alone: share 0.
    outcomes = [(True, 0.2), (False, 0.3 - 1e-9), (True, 0.9), (True, 1.0), (False, 0.5), (None, 0.1)]
    calibration = Calibration.of(outcomes)
    assert calibration.error == pytest.approx((2 * 0.25 + 2 * 0.05 + 1 * 0.5) / 5)
    filled = {place: part for place, part in enumerate(calibration.bins) if part.rows}
    assert {place: part.rows for place, part in filled.items()} == {2: 2, 5: 1, 9: 2}
    assert (filled[9].score, filled[9].share) == (pytest.approx(0.95), 1.0)
    assert calibration.bins[0].score is None
    assert len(calibration.bins) == BINS


def test_calibration_of_nothing():
    assert Calibration.of([(None, 0.5)]).error is None


scored = st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=60)


@given(scored)
def test_calibration_error_is_a_weighted_distance(outcomes):
    calibration = Calibration.of(outcomes)
    assert sum(part.rows for part in calibration.bins) == len(outcomes)
    for part in calibration.bins:
        if part.score is not None:
            assert part.low - 1e-9 <= part.score <= part.high + 1e-9
    # Over bins, distances cancel only within a bin: never less than that of all rows taken as one.
    whole = abs(sum(score - there for there, score in outcomes)) / len(outcomes)
    assert whole - 1e-9 <= calibration.error <= 1


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_scores_that_know_are_calibrated(labels):
    assert Calibration.of([(there, float(there)) for there in labels]).error == 0


def test_bare_refusals_and_alternatives():
    quality = judged(
        (example("a", labels=REFUSES), {"refusal": 0.9}),
        (example("b", labels=REFUSES), {"refusal": 0.9, "alternative": 0.8}),
        (example("c", labels=OFFERS), {"refusal": 0.9}),
        (example("d", labels=OFFERS), {"refusal": 0.9, "alternative": 0.9}),
        (example("e", labels=OFFERS), {"alternative": 0.9}),
        (example("f", labels={"refusal": 0}), {"refusal": 0.9}),
        (example("g", labels={"alternative": 1}), {"refusal": 0.9, "alternative": 0.9}),
        (example("h", labels={"refusal": 1}), {"refusal": 0.9}),
        (example("i", labels={"alternative": 0}), {"alternative": 0.9}),
    )
    # Known: a and b are bare, c to g are not; h and i may be.
    bare = quality.with_prev.bare
    assert (bare.rows, bare.n, bare.hit, bare.missed, bare.false) == (7, 2, 1, 1, 2)
    assert (bare.precision, bare.recall, bare.f1) == (1 / 3, 1 / 2, 2 / 5)
    # Refusals with a known alternative: a to e.
    offered = quality.with_prev.alternative
    assert (offered.rows, offered.hit, offered.missed, offered.false, offered.f1) == (5, 2, 1, 1, 4 / 6)


def test_the_customer_blanked():
    quality = judged(
        # The words alone refuse, too.
        (example("a", "can i", labels=REFUSES, alone=True), {"refusal": 0.9}, {"refusal": 0.2}),
        # They do not: only that they do not refuse is known of them.
        (example("b", "can i", labels=OFFERS, alone=False), {"refusal": 0.9}, {"refusal": 0.8, "alternative": 0.9}),
        # They tell nothing.
        (example("c", "can i", labels=GRANTS), {}, {"refusal": 0.9, "alternative": 0.9}),
        (example("d", labels=GRANTS), {}),
    )
    heard, alone = quality.with_prev, quality.prev_blanked
    assert heard.labels[Label.REFUSAL].found == Detection(4, 2, 2, 0, 0, 2, 1.0, 1.0, 1.0)
    assert alone.labels[Label.REFUSAL].found == Detection(3, 1, 0, 1, 1, 1, 0.0, 0.0, 0.0)
    assert heard.labels[Label.ALTERNATIVE].found.rows == 4
    assert alone.labels[Label.ALTERNATIVE].found == Detection(2, 0, 0, 0, 0, 2, None, None, None)
    assert (alone.false_refusals.count, alone.false_refusals.of) == (1, 2)
    assert alone.bare.rows == 3


def test_a_pair_is_right_where_all_its_lines_are():
    def line(text, pair, refusal, score):
        labels = {} if refusal is None else {"refusal": refusal}
        return example(text, labels=labels, pair=pair), {"refusal": score}

    quality = judged(
        line("a", "right", 1, 0.9),
        line("b", "right", 0, 0.1),
        line("c", "half", 1, 0.9),
        line("d", "half", 0, 0.9),
        line("e", "three", 0, 0.1),
        line("f", "three", 0, 0.2),
        line("g", "three", 1, 0.6),
        line("h", "single", 1, 0.9),
        line("i", "unknown", 1, 0.9),
        line("j", "unknown", None, 0.1),
        line("k", None, 1, 0.1),
    )
    pairs = quality.with_prev.pairs
    assert (pairs.count, pairs.of, pairs.share) == (2, 3, 2 / 3)


def test_categories():
    quality = judged(
        (example("a", labels=REFUSES, category="bare"), {"refusal": 0.9}),
        (example("b", labels=REFUSES, category="bare"), {"refusal": 0.1}),
        (example("c", labels=GRANTS, category="fact"), {"refusal": 0.9}),
        (example("d", labels=GRANTS, category="fact"), {}),
        (example("e", labels={"closing": 1}, category="fact"), {"refusal": 0.9}),
        (example("f", labels={"closing": 1}, category="unknown"), {"refusal": 0.9}),
        (example("g", labels=GRANTS), {}),
    )
    categories = {name: tuple(asdict(figures).values()) for name, figures in quality.with_prev.categories.items()}
    assert categories == {"": (1, 0, 0, 0, 0.0), "bare": (2, 2, 1, 0, None), "fact": (2, 0, 0, 1, 0.5)}


def test_the_worst_lines_come_first_and_once():
    quality = judged(
        (example("a", "so", labels=REFUSES), {"refusal": 0.4}),
        (example("b", labels={"refusal": 1, "closing": 0}), {"refusal": 0.3, "closing": 0.95}),
        (example("c", labels=GRANTS), {"refusal": 0.0}),
        (example("d", labels={"reason": 0}), {"reason": 1.0}),
        (example("e", labels={"reason": 1, "refusal": 1}), {"reason": 0.0, "refusal": 0.6}),
    )
    assert [(worst.id, worst.label, worst.expected, worst.score) for worst in quality.worst] == [
        ("d", Label.REASON, False, 1.0),
        ("e", Label.REASON, True, 0.0),
        ("b", Label.CLOSING, False, 0.95),
        ("a", Label.REFUSAL, True, 0.4),
    ]
    assert (quality.worst[3].prev, quality.worst[3].text) == ("so", "a")


def test_no_more_than_the_worst():
    rows = [(example(f"{n}", labels=GRANTS), {"refusal": 0.5 + n / 100}) for n in range(WORST + 10)]
    worst = judged(*rows).worst
    assert [mistake.id for mistake in worst] == [str(n) for n in range(WORST + 9, 9, -1)]


lines = st.lists(
    st.tuples(
        st.sampled_from(["", "can i"]),
        st.dictionaries(st.sampled_from(["refusal", "alternative", "closing"]), st.booleans()),
        st.sampled_from([True, False, None]),
        st.dictionaries(st.sampled_from(["refusal", "alternative"]), st.floats(0, 1)),
    ),
    min_size=1,
    max_size=20,
)


@given(lines)
def test_the_order_of_the_lines_changes_no_count(rows):
    written = [
        (example(str(n), prev, labels=labels, alone=alone, category=str(n % 3), pair=str(n // 2)), scores)
        for n, (prev, labels, alone, scores) in enumerate(rows)
    ]
    one, other = judged(*written), judged(*reversed(written))
    for form, turned in ((one.with_prev, other.with_prev), (one.prev_blanked, other.prev_blanked)):
        assert form.bare == turned.bare
        assert form.pairs == turned.pairs
        assert form.categories == turned.categories
        assert form.alternative == turned.alternative
        for label in Label:
            assert form.labels[label].found == turned.labels[label].found
    assert one.with_prev.false_refusals.count == one.with_prev.labels[Label.REFUSAL].found.false


def test_the_figures_are_a_document():
    quality = judged((example("a", labels=REFUSES, category="bare"), {"refusal": 0.2}))
    document = json.loads(json.dumps(asdict(quality)))
    assert list(document) == ["rows", "with_prev", "prev_blanked", "worst"]
    assert list(document["with_prev"]["labels"]) == [label.value for label in Label]
    assert document["worst"][0]["label"] == "refusal"


def test_every_line_is_timed_once_after_one_that_is_not():
    asked = []

    class Listening(WrittenJudge):
        def score(self, prev, text):
            asked.append((prev, text))
            return super().score(prev, text)

    times = time_lines(Listening({}), [example("a", "so"), example("b")])
    assert asked[1:] == [("so", "a"), ("", "b")]
    assert times.lines == 2
    assert 0 <= times.p50 <= times.p95 <= times.max < math.inf
