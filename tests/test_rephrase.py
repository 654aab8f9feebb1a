"""“We can't” lines: which they are, and how they are said as what can be done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.report.rephrase import STARTER, Source, instead, refusing_lines

CANNOT = [
    ("No, we can't refund it.", ["No, we can't refund it."]),
    ("I'm sorry. We just don't do that. Anything else?", ["We just don't do that."]),
    ("i cannot waive it", ["i cannot waive it"]),
    ("We're unable to change it!", ["We're unable to change it!"]),
    ("You can’t.", ["You can’t."]),
    ("We won't have it, and I am not able to order it.", ["We won't have it, and I am not able to order it."]),
]
CAN = [
    "",
    "No.",
    "I can't believe they did that to you.",
    "I don't know yet, one moment.",
    "I can't see it yet.",
    "Don't worry, that's fine.",
    "You don't have to pay for that.",
    "I don't want you to wait.",
    "I understand, you don't want to leave him alone.",
    "We can do that.",
    "Can't you try tomorrow?",
    "I can't wait to see it.",
]


@pytest.mark.parametrize(("text", "lines"), CANNOT)
def test_what_cannot_be(text: str, lines: list[str]) -> None:
    assert list(refusing_lines(text)) == lines


@pytest.mark.parametrize("text", CAN)
def test_what_is_no_refusal(text: str) -> None:
    assert list(refusing_lines(text)) == []


def test_a_line_without_full_stops_is_cut_to_what_matters() -> None:
    before = "so i had a look at your order here and the thing with this one is that " * 2
    [line] = refusing_lines(f"{before} we can't take it back at all {before}")
    assert line.startswith("we can't take it back at all")
    assert line.endswith(" …")
    assert len(line.split()) == 13


@pytest.mark.parametrize(
    ("said", "other"),
    [
        ("We don't ship before Friday.", "From Friday on, we can ship"),
        ("Sorry, we can't open it until the third.", "From the third on, we can open it"),
        ("I can't refund it until we have the parcel back.", "As soon as we have the parcel back, I can refund it"),
        ("We can't exchange it without a receipt.", "With a receipt, we can exchange it"),
        ("You can't fly without a passport!", "With a passport, you can fly"),
        ("We're unable to change it unless you call the bank.", "As soon as you call the bank, we can change it"),
        ("We can't send it before the fifteenth, no.", "From the fifteenth on, we can send it"),
        ("We cannot send it till you've paid.", "As soon as you've paid, we can send it"),
    ],
)
def test_a_fact_is_turned_round(said: str, other: str) -> None:
    assert instead(said) == (other, Source.TURNED)


@pytest.mark.parametrize(
    "said",
    [
        "We can't do anything without your date of birth.",  # "we can do anything" is no better
        "We can't do it without asking.",
        "We can't take it off because the bank booked it before Friday.",  # what stands in the way is no way on
        "We don't do that unless there's a fault.",
        "We can't.",
    ],
)
def test_what_cannot_be_turned_gets_a_beginning(said: str) -> None:
    assert instead(said) == (STARTER, Source.STARTER)


def test_the_agents_own_words_come_first_then_the_playbooks() -> None:
    own = "Yours was sold at a third because it can't come back. What I can do is move it. Would Friday suit?"
    said = "We can't refund it without a receipt."
    assert instead(said, own, ["pause it"]) == ("What I can do is move it.", Source.OWN)
    assert instead("We can't.", "", ["pause it", "end it"]) == ("What I can do is pause it", Source.OFFER)
    assert instead("We can't.", "", ["I can hold it"]) == ("I can hold it", Source.OFFER)


def test_the_way_on_is_taken_out_of_the_line_that_refuses() -> None:
    said = "I can't do it by phone because the law wants a signature, but you could drop in at Fifth Street."
    assert instead(said, said) == ("You could drop in at Fifth Street.", Source.OWN)


def test_an_alternative_without_a_can_is_still_the_agents_own() -> None:
    assert instead("We don't have it.", "no. the shop on fifth street has it") == (
        "The shop on fifth street has it",
        Source.OWN,
    )


@given(st.text(max_size=400) | st.lists(st.sampled_from("we can't don't until before . i you".split())).map(" ".join))
def test_anything_said_is_taken(text: str) -> None:
    for line in refusing_lines(text):
        assert 0 < len(line.split()) <= 25
        other, _ = instead(line, text, [text])
        assert other.strip()
