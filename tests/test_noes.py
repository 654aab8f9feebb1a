"""What customers are refused, put together by what was asked: by vectors known beforehand, and by the ear's own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from store.kept import ended, keep, moment, nudge, started

from voiceassist import assets, playbooks
from voiceassist.cli import main
from voiceassist.core.types import MomentState, Samples
from voiceassist.engines.refusal import RefusalClassifier
from voiceassist.report import grouping
from voiceassist.report.grouping import ALIKE, central, group
from voiceassist.report.noes import NoKey, Refusals, refusals
from voiceassist.server import messages as wire
from voiceassist.store.database import Store
from voiceassist.store.lines import NoLine
from voiceassist.store.wordings import alternatives

NINE = datetime(2025, 11, 22, 9, tzinfo=UTC)


def unit(*rows: Sequence[float]) -> Samples:
    vectors = np.array(rows, np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


# --- groups -----------------------------------------------------------------------------------------------------------


def test_texts_that_are_alike_stand_together() -> None:
    vectors = unit([1, 0], [0, 1], [1, 0.1], [0.1, 1], [1, 0.2])
    assert group(vectors, [1, 1, 1, 1, 1], alike=0.9) == [[0, 2, 4], [1, 3]]
    assert group(vectors, [1, 9, 1, 1, 1], alike=0.9) == [[1, 3], [0, 2, 4]]
    assert group(vectors, [1] * 5, alike=-1) == [[0, 1, 2, 3, 4]]
    assert group(vectors, [1] * 5, alike=1.1) == [[0], [1], [2], [3], [4]]


def test_all_pairs_count_and_how_often_each_was_said() -> None:
    """0 and 1 are nearest; 2 is as near to 1 as it needs, but not to the many of 0."""
    vectors = unit([1, 0, 0], [1, 0.5, 0], [0.5, 1, 0])
    assert group(vectors, [1, 1, 1], alike=0.6) == [[0, 1, 2]]
    assert group(vectors, [9, 1, 1], alike=0.6) == [[0, 1], [2]]


def test_what_has_no_words_stands_alone() -> None:
    assert group(unit([0, 0], [1, 0], [0, 0]), [1, 1, 1], alike=0.3) == [[0], [1], [2]]
    assert group(np.zeros((0, 1), np.float32), []) == []
    assert group(unit([1, 0]), [3]) == [[0]]


def test_of_too_many_texts_the_rare_ones_join(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MOST", 2)
    vectors = unit([0, 1], [1, 0], [1, 0.1], [-1, 0], [0.1, 1])
    assert group(vectors, [5, 4, 3, 2, 1], alike=0.9) == [[1, 2], [0, 4], [3]]


def test_the_merging_is_that_of_the_whole_table() -> None:
    """Against the plain way, which looks at all pairs in each step."""

    def plain(vectors: Samples, alike: float) -> set[frozenset[int]]:
        groups = [[place] for place in range(len(vectors))]
        near = vectors.astype(np.float64) @ vectors.T
        while len(groups) > 1:
            means = {
                (one, other): near[np.ix_(groups[one], groups[other])].mean()
                for one in range(len(groups))
                for other in range(one)
            }
            (one, other), best = max(means.items(), key=lambda pair: pair[1])
            if best < alike:
                break
            groups[other] += groups.pop(one)
        return {frozenset(found) for found in groups}

    dice = np.random.default_rng(5)
    for _ in range(5):
        middles = dice.normal(size=(6, 8))
        vectors = unit(*(middles[dice.integers(0, 6, 40)] + dice.normal(size=(40, 8)) * 0.8))
        for alike in (0.2, 0.5):
            assert {frozenset(found) for found in group(vectors, [1] * 40, alike=alike)} == plain(vectors, alike)


def test_the_most_central_comes_first() -> None:
    vectors = unit([1, 0.6], [1, 0], [1, -0.5])
    assert central(vectors, [1, 1, 1], [0, 1, 2])[0] == 1
    assert central(vectors, [9, 1, 1], [0, 1, 2])[0] == 0


@pytest.mark.parametrize("name", ["general", "retail", "telecom", "travel"])
def test_examples_of_one_situation_are_found_together(name: str) -> None:
    """In words that were chosen to differ; models/playbooks/group.py shows more."""
    embed = RefusalClassifier(assets.refusal_model()).embed
    rows = [(text, one.id) for one in playbooks.read(playbooks.find(name)).situations for text in one.asked]
    groups = group(np.stack([embed(text) for text, _ in rows]), [1] * len(rows), alike=ALIKE)
    pure = [
        max(map([rows[place][1] for place in found].count, (rows[place][1] for place in found))) for found in groups
    ]
    assert sum(pure) / len(rows) > 0.6
    assert len(groups) < len(rows) / 1.9


# --- refusals ---------------------------------------------------------------------------------------------------------


def line(  # noqa: PLR0913 - each is one thing that a no has
    call: str, asked: str, state: str = "expired", *, quote: str = "No.", at: int = 0, offered: bool = False
) -> NoLine:
    return NoLine(
        *(call, None, "", NINE + timedelta(hours=at), False, f"{call}-m1", 1.0, 2.0, 3.0, state, None, False),
        *(asked, quote, None, None, 2.0 if offered else None, None),
    )


def by_first_word(text: str) -> Samples:
    names = ["refund", "sunday", "price"]
    return np.array([float(text.split(maxsplit=1)[0] == name) for name in names], np.float32)


def nothing(_vector: Samples, _text: str) -> str:
    return ""


def no_words(_keys: Sequence[NoKey]) -> Mapping[NoKey, str]:
    return {}


def test_noes_are_counted_by_matter() -> None:
    noes = [
        line("a", "Refund, please", "repaired"),
        line("b", "sunday delivery"),
        line("c", "refund my order", "recovered"),
        line("c", "refund  my ORDER", "expired"),
        line("d", "", quote="sunday is not possible"),
        line("e", "price"),
    ]
    noes[0] = noes[0]._replace(asked="refund please")
    found = refusals(noes, {}, embed=by_first_word, known=nothing, wordings=no_words)
    assert [(one.noes, one.calls, one.repaired, one.recovered, one.expired) for one in found.matters] == [
        (3, 2, 1, 1, 1),
        (2, 2, 0, 0, 2),
    ]
    refund, sunday = found.matters
    assert (refund.name, refund.examples) == ("refund my order", ("refund please",))
    assert {sunday.name, *sunday.examples} == {"sunday delivery", "sunday is not possible"}
    assert (found.noes, found.others, found.more) == (6, 1, False)
    assert len(refusals(noes, {}, embed=by_first_word, known=nothing, wordings=no_words, least=1).matters) == 3
    assert refusals([], {}, embed=by_first_word, known=nothing, wordings=no_words).matters == ()


def test_what_the_playbook_knows_is_one_matter_a_situation() -> None:
    """However unlike the words are; what it does not know stays apart from it."""
    noes = [line("a", "refund"), line("b", "price of it"), line("c", "refund now"), line("d", "sunday")]
    titles = {"refund": "Money", "price of it": "Money"}
    found = refusals(
        noes, {}, embed=by_first_word, known=lambda _, text: titles.get(text, ""), wordings=no_words, least=1
    )
    assert [(one.situation, one.noes) for one in found.matters] == [("Money", 2), ("", 1), ("", 1)]
    assert {one.name for one in found.matters[1:]} == {"refund now", "sunday"}


def test_what_was_offered_is_told() -> None:
    noes = [
        line("a", "refund", "recovered", at=1, offered=True),
        line("b", "refund", "repaired", at=3, offered=True),
        line("c", "refund", "expired", at=2, offered=True),
        line("d", "refund", "repaired"),
    ]
    asked_for: list[NoKey] = []

    def words(keys: Sequence[NoKey]) -> Mapping[NoKey, str]:
        asked_for.extend(keys)
        return {("a", "a-m1"): "I can swap it", ("b", "b-m1"): ""}

    suggested = {("a", "a-m1"): ("a voucher", "a swap"), ("c", "c-m1"): ("a swap", "a swap"), ("x", "x-m1"): ("no",)}
    [matter] = refusals(noes, suggested, embed=by_first_word, known=nothing, wordings=words).matters
    assert [(offer.text, offer.count) for offer in matter.suggested] == [("a swap", 2), ("a voucher", 1)]
    assert matter.alternatives == ("I can swap it",)
    assert asked_for == [("b", "b-m1"), ("a", "a-m1")]  # the newest that ended well


def test_the_order_of_the_calls_changes_nothing() -> None:
    embed = RefusalClassifier(assets.refusal_model()).embed
    texts = [text for one in playbooks.read(playbooks.find("retail")).situations[:6] for text in one.asked]
    noes = [line(f"c{place}", text) for place, text in enumerate(texts)]
    found = refusals(noes, {}, embed=embed, known=nothing, wordings=no_words)
    again = refusals(noes[::-1], {}, embed=embed, known=nothing, wordings=no_words)
    assert [(one.noes, {one.name, *one.examples}) for one in found.matters][:3]
    assert sorted(one.noes for one in found.matters) == sorted(one.noes for one in again.matters)
    assert refusals(noes, {}, embed=embed, known=nothing, wordings=no_words) == found


# --- the command ------------------------------------------------------------------------------------------------------


def refused(call: str, asked: str, state: MomentState, words: str = "") -> list[wire.CallEvent]:
    """A call with one no, whose alternative came in these words."""
    parts = wire.Parts(alternative=bool(words), reason=bool(words))
    no = moment(MomentState.OPEN, 1.0, call=call, id_=f"{call}-m1").model_copy(update={"asked": asked})
    heard = [wire.PartHeard(part="alternative", at=5.0, words=words)] if words else []
    said = {"id": no.id, "at": 1.0, "quote": "No.", "asked": asked, "state": state, "unsure": False, "withheld": None}
    record = wire.No.model_validate({**said, "noes": 1, "nudges": (), "parts": heard})
    return [
        started(call),
        no,
        nudge(2.0, call=call, id_=f"{call}-n1", of=no.id, suggestions=["move it to monday"]),
        no.model_copy(update={"at": 5.0, "state": state, "parts": parts}),
        ended(call=call, noes=(record,)),
    ]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "calls.sqlite3"
    calls = [
        ("a", "can you deliver it on sunday", MomentState.RECOVERED, "I can bring it on Monday"),
        ("b", "could it be delivered on a sunday please", MomentState.EXPIRED, ""),
        ("c", "i want my money back", MomentState.EXPIRED, ""),
        ("d", "give me my money back", MomentState.EXPIRED, ""),
        ("e", "i want the money back please", MomentState.EXPIRED, ""),
    ]
    with Store.open(path) as store:
        for call in calls:
            keep(store, *refused(*call))
        keep(store, started("u"), moment(MomentState.EXPIRED, 1.0, "money back", call="u", id_="u-m1", unsure=True))
    return path


@pytest.fixture
def command(
    path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.setenv("VOICEASSIST_STORE__PATH", str(path))
    monkeypatch.setenv("COLUMNS", "200")

    def typed(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["voiceassist", *words])
        with pytest.raises(SystemExit) as left:
            main()
        code = left.value.code
        assert isinstance(code, int)
        return code, *capfd.readouterr()

    return typed


def test_the_command_shows_what_is_refused(command: Callable[..., tuple[int, str, str]]) -> None:
    code, printed, beside = command("noes", "--json")
    assert (code, beside) == (0, "")
    money, sunday = map(json.loads, printed.splitlines())
    assert (money["noes"], money["expired"], money["suggested"]) == (3, 3, [{"text": "move it to monday", "count": 3}])
    assert "money back" in money["name"]
    assert money["situation"] == "Money back"
    assert (sunday["noes"], sunday["recovered"], sunday["alternatives"]) == (2, 1, ["I can bring it on Monday"])
    code, shown, beside = command("noes", "--min", "3")
    assert (code, beside) == (0, "")
    assert "5 noes" in shown
    assert "2 other noes" in shown
    assert "move it to monday (3)" in shown
    assert command("noes", "--since", "2100-01-01")[1].startswith("0 noes")


def test_words_of_alternatives_where_they_are_kept(path: Path) -> None:
    with Store.open(path) as store:
        assert alternatives(store, [("a", "a-m1"), ("b", "b-m1"), ("a", "x"), ("u", "u-m1")]) == {
            ("a", "a-m1"): "I can bring it on Monday"
        }


def test_the_document_can_be_read_back() -> None:
    found = refusals(
        [line("a", "refund"), line("b", "refund")], {}, embed=by_first_word, known=nothing, wordings=no_words
    )
    assert Refusals.model_validate_json(found.model_dump_json()) == found
