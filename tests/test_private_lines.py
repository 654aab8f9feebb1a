"""How much of what is private in lines that were held out the redaction finds, and what harmless words it takes."""

import pytest
from needs import ROOT
from private_lines import Line, Score, lines, measure

from voiceassist.privacy import redact

FIRST = Score(hidden=139, private=142, spoiled=1, lines=216)
"""The set that the redaction was mended by. Before that it was 108, and 5 spoiled."""
SECOND = Score(hidden=44, private=49, spoiled=2, lines=73)
"""The set that nothing was mended by. Before it was 34, and 2 spoiled."""


def test_the_sets_are_as_large_as_the_documentation_says() -> None:
    harmless = [line for line in lines() if not line.private]
    assert len(list(lines())) == FIRST.lines + SECOND.lines
    assert len(harmless) >= 100
    assert len({line.text for line in lines()}) == FIRST.lines + SECOND.lines


@pytest.mark.parametrize("floor", [FIRST, SECOND], ids=["first", "second"])
def test_no_less_is_hidden_and_no_more_is_taken_than_was_measured(floor: Score) -> None:
    score, wrong = measure(redact, second=floor is SECOND)
    assert (score.private, score.lines) == (floor.private, floor.lines)
    assert score.hidden >= floor.hidden, "\n".join(wrong)
    assert score.spoiled <= floor.spoiled, "\n".join(wrong)


def test_the_page_on_privacy_gives_these_figures() -> None:
    page = (ROOT / "docs" / "explanation" / "privacy.md").read_text("utf-8")
    for score in (FIRST, SECOND):
        assert f"{score.hidden} of {score.private}" in page
        assert f"{score.spoiled} of {score.lines}" in page


def test_the_measure_finds_what_was_left_and_what_was_taken() -> None:
    line = Line("phone", "call 555 0142 819 at ten", ((5, 17),))
    assert line.left("call [NUMBER] at ten") == [""]
    assert line.left("call 555 [NUMBER] at ten") == ["555"]
    assert line.left(line.text) == ["555 0142 819"]
    assert line.taken("call [NUMBER] at ten") == []
    assert line.taken("[NUMBER] at [CODE]") == ["call", "ten"]


def test_nothing_is_hidden_where_nothing_is_redacted() -> None:
    score, _ = measure(lambda text: text, second=False)
    assert (score.hidden, score.spoiled) == (0, 0)
