"""Two calls for each practice through the real ear: one that shows it, and one near to it that must stay silent."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from calls import play
from needs import ROOT

from voiceassist import assets, playbooks
from voiceassist.core.customer import spoken
from voiceassist.core.events import CallEnded, Event, Marked, MomentChanged, NudgeSent, Praised
from voiceassist.core.playbook import Playbook
from voiceassist.core.scorecard import Scorecard
from voiceassist.core.types import Channel, Nudge, seconds
from voiceassist.engines.refusal import RefusalClassifier
from voiceassist.turns import TurnsCall, read

FOLDER = ROOT / "tests" / "golden"
NOW = datetime(2026, 11, 23, 10, 0)  # noqa: DTZ001 - a Monday, by the clock on the wall
KEYS = {"id", "playbook", "turns", "expect", "states", "steps", "praised", "marks", "credits"}


@dataclass(frozen=True)
class Golden:
    """A call, and what its file says should come of it.

    Beside the keys of every turns file: `playbook` (general where absent), `states` of the moments in order, `marks`
    ([turn, kind] each), `praised` (turns after which praise is heard), `credits` of the scorecard, `steps` of each
    no ([part, the turn that holds its words] each, in the order in which they came). A row of `expect` may say how
    the nudge's text opens (`text_opens`) and what one of its suggestions holds (`suggests`).
    """

    call: TurnsCall
    written: dict[str, Any]


def golden(path: Path) -> Golden:
    [call] = read(path)
    return Golden(call, json.loads(path.read_text()))


GOLDEN = [golden(path) for path in sorted(FOLDER.glob("practice-*.json"))]


@cache
def ear() -> RefusalClassifier:
    return RefusalClassifier(assets.refusal_model())


@cache
def playbook(name: str) -> Playbook:
    return playbooks.load(name, ear().embed, now=NOW)


def events(one: Golden) -> list[Event]:
    turns = [(t.speaker, seconds(t.start), seconds(t.end), t.text) for t in one.call.turns]
    book = playbook(one.written.get("playbook", "general"))
    return play(turns, ear=ear().classify, playbook=book, tail=12)


# --- the files --------------------------------------------------------------------------------------------------------


def test_each_practice_has_a_call_that_shows_it_and_one_that_stays_silent() -> None:
    text = (ROOT / "docs" / "explanation" / "practices.md").read_text()
    practices = [int(number) for number in re.findall(r"^\| (\d+)\.", text, re.MULTILINE)]
    assert practices == list(range(1, 16))
    named: dict[int, list[str]] = {}
    for path in FOLDER.glob("practice-*.json"):
        number, name = path.stem.removeprefix("practice-").split("-", 1)
        named.setdefault(int(number), []).append(name)
    assert sorted(named) == practices
    for shows, silent in map(sorted, named.values()):
        assert silent == f"{shows}-silent"


@pytest.mark.parametrize("one", GOLDEN, ids=lambda one: one.call.id)
def test_a_call_says_what_should_come_of_each_turn_of_the_agent(one: Golden) -> None:
    call, written = one.call, one.written
    assert set(written) <= KEYS
    assert len(call.turns) == len(written["turns"])
    assert 6 <= len(call.turns) <= 14
    assert sorted(call.expect) == [i for i, turn in enumerate(call.turns) if turn.speaker is Channel.AGENT]
    assert call.channels == tuple(Channel)
    if call.id.endswith("-silent"):
        assert set(call.expect.values()) == {"none"}
        assert written["marks"] == []


# --- what comes of them -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", GOLDEN, ids=lambda one: one.call.id)
def test_a_call_of_a_practice_is_judged_as_it_says(one: Golden) -> None:
    happened = events(one)
    nudges = list(first_sent(happened))
    assert judged(one, happened, nudges) == wanted(one)
    by_turn = {turn_before(one.call, at): nudge for at, nudge in nudges}
    for row in one.written["expect"]:
        nudge = by_turn.get(row["after_turn"])
        assert nudge is None or nudge.text.startswith(row.get("text_opens", ""))
        if "suggests" in row:
            assert nudge is not None
            assert any(row["suggests"] in offer for offer in nudge.suggestions), nudge.suggestions


def wanted(one: Golden) -> dict[str, Any]:
    """What the file says, as far as it says it."""
    nudges = [[turn, kind] for turn, kind in one.call.expect.items() if kind != "none"]
    rest = {key: one.written[key] for key in ("states", "steps", "praised", "marks", "credits") if key in one.written}
    return {"nudges": nudges, **rest}


def judged(one: Golden, happened: list[Event], nudges: list[tuple[int, Nudge]]) -> dict[str, Any]:
    """The same of what happened."""
    call, written = one.call, one.written
    [card] = [event.scorecard for event in happened if isinstance(event, CallEnded)]
    states = {e.moment.id: e.moment.state.value for e in happened if isinstance(e, MomentChanged)}
    all_of_it: dict[str, Any] = {
        "nudges": [[turn_before(call, at), nudge.kind.value] for at, nudge in nudges],
        "states": list(states.values()),
        "steps": steps(call, card),
        "praised": [turn_before(call, e.at) for e in happened if isinstance(e, Praised)],
        "marks": [[turn_before(call, e.at), e.mark.kind.value] for e in happened if isinstance(e, Marked)],
        "credits": {name: getattr(card, name) for name in written.get("credits", ())},
    }
    return {key: value for key, value in all_of_it.items() if key in wanted(one)}


def first_sent(happened: Iterable[Event]) -> Iterable[tuple[int, Nudge]]:
    """The nudges with their times, those that were only renewed once."""
    known: set[str] = set()
    for event in happened:
        if isinstance(event, NudgeSent) and event.nudge.id not in known:
            known.add(event.nudge.id)
            yield event.at, event.nudge


def turn_before(call: TurnsCall, at: int) -> int:
    """The last turn of the agent that had ended by then."""
    return max(i for i, t in enumerate(call.turns) if t.speaker is Channel.AGENT and t.end <= at)


def steps(call: TurnsCall, card: Scorecard) -> list[list[list[object]]]:
    """The parts of each no in their order, each with the turn that its words are."""
    texts = [turn.text for turn in call.turns]
    return [[[heard.part, texts.index(heard.words)] for heard in record.parts] for record in card.noes]


# --- what holds for every nudge ---------------------------------------------------------------------------------------


def test_no_text_of_a_nudge_comes_twice_in_a_call() -> None:
    again = 0
    for one in GOLDEN:
        nudges = [nudge for _, nudge in first_sent(events(one))]
        kinds = Counter(nudge.kind for nudge in nudges)
        again += max(kinds.values(), default=0) > 1
        assert len({nudge.text for nudge in nudges}) == len(nudges), one.call.id
    assert again, "no call has two nudges of one kind"


def test_a_nudge_is_a_beginning_of_eight_words_at_most_and_says_what_was_heard() -> None:
    shown = [(one, at, nudge) for one in GOLDEN for at, nudge in first_sent(events(one))]
    assert shown
    for one, at, nudge in shown:
        assert all(len(spoken(text).split()) <= 8 for text in (nudge.text, *nudge.suggestions)), nudge
        assert nudge.quote == one.call.turns[turn_before(one.call, at)].text


def test_no_nudge_comes_while_the_agent_speaks() -> None:
    for one in GOLDEN:
        speech = [(t.start, t.end) for t in one.call.turns if t.speaker is Channel.AGENT]
        for at in (event.at for event in events(one) if isinstance(event, NudgeSent)):
            assert not any(start < at < end for start, end in speech), (one.call.id, seconds(at))
