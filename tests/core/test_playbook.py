"""What a playbook suggests, by examples and an embedding that are plain to read: a text's vector counts its letters."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import numpy as np
import pytest

from voiceassist.core.nearness import WORDS, Index
from voiceassist.core.playbook import (
    EMPTY,
    MATCH,
    Feeling,
    Forbidden,
    Offer,
    Playbook,
    Situation,
    Window,
)
from voiceassist.core.types import Samples

UNKNOWN = np.zeros(1, np.float32)


def embed(text: str) -> Samples:
    counts = Counter(text)
    vector = np.array([counts[letter] for letter in "abcdefghijklmnopqrstuvwxyz"], np.float32)
    return vector / np.float32(max(1e-6, float(np.linalg.norm(vector))))


def book(*situations: Situation, **more: Any) -> Playbook:
    texts = [(one.title, *one.asked) for one in situations]
    return Playbook("Test", situations, asks=Index.of(texts, texts, embed), **more)


def situation(name: str, asked: str, *offers: Offer) -> Situation:
    return Situation(name, name, tuple(asked.split(", ")), offers)


def ids(playbook: Playbook, ask: str, said: str = "") -> list[str]:
    return [offer.id for offer in playbook.suggest(embed(ask), ask, said or ask)]


ZOO = situation("zoo", "feed the zebra, buzzing zoo, zigzag", *(Offer(f"zoo-{n}", f"do {n}") for n in range(4)))
LILY = situation("lily", "lily pill, ill will, filly mill", Offer("lily-0", "plant"), Offer("lily-1", "dig"))


# --- nearness ---------------------------------------------------------------------------------------------------------


def test_nearness_is_the_mean_of_the_two_nearest_examples() -> None:
    index = Index.of([("aaa", "aab", "xyz"), ("only",)], [(), ()], embed)
    ask = embed("aa")
    first, second, _ = sorted((float(embed(text) @ ask) for text in ("aaa", "aab", "xyz")), reverse=True)
    assert index.meaning(ask).tolist() == pytest.approx([(first + second) / 2, float(embed("only") @ ask)])


def test_an_example_that_stands_twice_counts_twice() -> None:
    assert Index.of([("ab", "ab")], [()], embed).meaning(embed("ab")).tolist() == pytest.approx([1])


def test_a_vector_that_is_unknown_is_near_to_nothing() -> None:
    index = Index.of([("abc",), ("def",)], [("abc",), ("def",)], embed)
    assert index.meaning(UNKNOWN).tolist() == [0, 0]
    assert index.nearness(UNKNOWN, "abc").tolist() == pytest.approx([WORDS, 0])


def test_a_word_that_few_share_weighs_more() -> None:
    index = Index.of([("x",)] * 3, [("the fee",), ("the fox",), ("the fox the",)], embed)
    fee, fox, _ = index.shared("The FEE, please")
    assert fee > 5 * fox > 0
    assert index.shared("nothing known").tolist() == [0, 0, 0]
    assert index.shared("fee fee fee").tolist() == index.shared("fee").tolist()


def test_words_settle_what_meaning_leaves_open() -> None:
    near = Index.of([("abc",), ("cab",)], [("abc",), ("cab",)], embed).nearness(embed("bca"), "bca cab")
    assert near.tolist() == pytest.approx([1, 1 + WORDS], abs=1e-3)


def test_an_empty_index_is_near_to_nothing() -> None:
    assert EMPTY.asks.nearness(embed("a"), "a").shape == (0,)


# --- suggestions ------------------------------------------------------------------------------------------------------


def test_the_nearest_situations_offers_come_best_first_and_at_most_three() -> None:
    assert ids(book(ZOO, LILY), "zigzag zoo") == ["zoo-0", "zoo-1", "zoo-2"]


def test_what_is_near_to_nothing_gets_no_suggestion() -> None:
    assert ids(book(ZOO, LILY), "ttt kkk") == []
    assert EMPTY.suggest(embed("a"), "a", "a") == ()


def test_without_a_vector_nothing_is_suggested() -> None:
    assert book(ZOO).suggest(UNKNOWN, "feed the zebra", "feed the zebra") == ()


def test_a_situation_that_is_as_near_adds_its_first_offer() -> None:
    twin = Situation("twin", "zoo", ZOO.asked, (Offer("twin-0", "see"), Offer("twin-1", "go")))
    assert ids(book(ZOO, LILY, twin), "zigzag zoo") == ["zoo-0", "zoo-1", "twin-0"]


def test_an_offer_that_two_situations_share_comes_once() -> None:
    shared = Offer("zoo-0", "do 0")
    twin = Situation("twin", "zoo", ZOO.asked, (shared, Offer("twin-1", "go")))
    assert ids(book(ZOO, twin), "zigzag zoo") == ["zoo-0", "zoo-1", "zoo-2"]


def test_an_offer_comes_only_where_its_word_was_said_and_not_where_the_other_was() -> None:
    one = Offer("student", "a", if_said=("student", "at college"))
    two = Offer("voucher", "b", unless_said=("don't want a voucher",))
    playbook = book(situation("zoo", "zebra zoo, zigzag, buzz", one, two))
    assert ids(playbook, "zebra zoo") == ["voucher"]
    assert ids(playbook, "zebra zoo", "I am at College, you know.") == ["student", "voucher"]
    assert ids(playbook, "zebra zoo", "the students") == ["voucher"]
    assert ids(playbook, "zebra zoo", "I’m a student. I don’t want a voucher!") == ["student"]


def test_where_no_offer_of_the_nearest_holds_the_next_ones_count() -> None:
    never = Situation("twin", "zoo", ZOO.asked, (Offer("never", "x", if_said=("abracadabra",)),))
    assert ids(book(never, ZOO), "zigzag zoo") == ["zoo-0", "zoo-1", "zoo-2"]
    assert ids(book(never), "zigzag zoo") == []


def test_the_nearest_are_told_with_their_nearness() -> None:
    first, second = book(ZOO, LILY).nearest(embed("zigzag"), "zigzag")
    assert (first.situation, second.situation) == (ZOO, LILY)
    assert first.holds
    assert first.nearness >= MATCH > second.nearness
    assert not second.holds


# --- time -------------------------------------------------------------------------------------------------------------

MONDAY = date(2026, 11, 23)
NOON = 12 * 60


@pytest.mark.parametrize(
    ("window", "day", "minute", "holds"),
    [
        (Window(), MONDAY, 0, True),
        (Window(first=MONDAY.toordinal()), date(2026, 11, 22), NOON, False),
        (Window(first=MONDAY.toordinal()), MONDAY, NOON, True),
        (Window(last=MONDAY.toordinal()), MONDAY, 23 * 60 + 59, True),
        (Window(last=MONDAY.toordinal()), date(2026, 11, 24), 0, False),
        (Window(weekdays=frozenset({0})), MONDAY, NOON, True),
        (Window(weekdays=frozenset({6})), MONDAY, NOON, False),
        (Window(weekdays=frozenset({6})), date(2026, 11, 29), NOON, True),
        (Window(opens=8 * 60, closes=20 * 60), MONDAY, 8 * 60 - 1, False),
        (Window(opens=8 * 60, closes=20 * 60), MONDAY, 8 * 60, True),
        (Window(opens=8 * 60, closes=20 * 60), MONDAY, 20 * 60 - 1, True),
        (Window(opens=8 * 60, closes=20 * 60), MONDAY, 20 * 60, False),
    ],
)
def test_a_window_holds_within_its_days_and_hours(window: Window, day: date, minute: int, *, holds: bool) -> None:
    assert window.holds(day.toordinal(), minute) is holds
    playbook = book(situation("zoo", "zebra zoo, zigzag, buzz", Offer("timed", "x", window=window)))
    assert ids(playbook.at(day.toordinal(), minute), "zebra zoo") == (["timed"] if holds else [])


def test_judged_at_another_time_an_offer_comes_back() -> None:
    offer = Offer("timed", "x", window=Window(first=MONDAY.toordinal()))
    playbook = book(situation("zoo", "zebra zoo, zigzag, buzz", offer))
    before = playbook.at(MONDAY.toordinal() - 1, NOON)
    assert ids(before, "zebra zoo") == []
    assert ids(before.at(MONDAY.toordinal(), NOON), "zebra zoo") == ["timed"]
    assert ids(playbook, "zebra zoo") == ["timed"]


# --- feelings ---------------------------------------------------------------------------------------------------------


def test_a_feeling_is_met_where_it_is_clear() -> None:
    feelings = (Feeling("buzz", ZOO.asked, ("Zing",)), Feeling("ill", LILY.asked, ("Oh my",)))
    heard = [feeling.heard for feeling in feelings]
    playbook = Playbook(feelings=feelings, moods=Index.of(heard, heard, embed))
    assert playbook.feeling(embed("i will be ill"), "i will be ill") == ("Oh my",)
    assert playbook.felt(embed("zigzag"), "zigzag") == feelings[0]
    assert playbook.feeling(embed("ttt kkk"), "ttt kkk") == ()
    assert playbook.feeling(UNKNOWN, "i will be ill") == ()
    assert EMPTY.feeling(embed("a"), "a") == ()


# --- what must not be promised ----------------------------------------------------------------------------------------

PROMISES = Playbook(
    forbidden=(
        Forbidden("refund", ("refund today", "money back today"), "Three to five days."),
        Forbidden("never", ("won't happen again",), "It may."),
        Forbidden("long", ("full refund today",), "Not in full."),
    )
)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("You'll have your refund today.", "Three to five days."),
        ("i'll get you your MONEY BACK, today", "Three to five days."),
        ("No problem, you will see the refund today", "Three to five days."),
        ("It won’t happen again, I promise", "It may."),
        ("i can't take the card but i'll do the refund today", "Three to five days."),
        ("I can't do that. You get a refund today though", "Three to five days."),
        ("you get a full refund today", "Not in full."),
        ("I can't promise a refund today", None),
        ("we never pay a refund today", None),
        ("it isn't a refund today, it takes three days", None),
        ("that refund todays", None),
        ("a refund will come", None),
        ("", None),
    ],
)
def test_a_promise_that_is_ruled_out_is_found_and_its_denial_is_none(text: str, because: str | None) -> None:
    assert PROMISES.ruled_out(text) == because


def test_an_empty_playbook_has_nothing_to_say() -> None:
    assert EMPTY.is_empty
    assert not PROMISES.is_empty
    assert not book(ZOO).is_empty
    assert EMPTY.ruled_out("refund today") is None
    assert EMPTY.nearest(embed("a"), "a") == ()


def test_somebody_else_who_can_help_keeps_the_last_place() -> None:
    offers = [
        *(Offer(f"zoo-{n}", f"do {n}") for n in range(4)),
        Offer("next-door", "ask next door", elsewhere="Next Door"),
    ]
    zoo = book(situation("zoo", "feed the zebra, buzzing zoo", *offers))
    assert ids(zoo, "buzzing zebra zoo") == ["zoo-0", "zoo-1", "next-door"]
