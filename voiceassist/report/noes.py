"""What customers are refused: noes put together by what was asked, with how they ended and what was offered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from pydantic import AwareDatetime

from voiceassist.core.types import MomentState, Samples
from voiceassist.report.document import Shape
from voiceassist.report.grouping import central, group
from voiceassist.store.lines import NoLine

Embed: TypeAlias = Callable[[str], Samples]
"""Turns a text into a unit vector, float32 (width,)."""
NoKey: TypeAlias = tuple[str, str]
"""A no by its call and its id."""
Known: TypeAlias = Callable[[Samples, str], str]
"""Names the playbook's situation that a vector and its text are about; empty where it is none of them."""
Wordings: TypeAlias = Callable[[Sequence[NoKey]], Mapping[NoKey, str]]
"""Finds the words in which the agent offered something else, where they are kept."""

_MOST_OFFERED, _MOST_WORDS, _MOST_EXAMPLES = 5, 3, 4
_LOOKED_AT = 10
"""Noes of a group whose words are looked up, the newest."""


class Offered(Shape, frozen=True):
    """What the playbook suggested, and at how many noes."""

    text: str
    count: int


class Matter(Shape, frozen=True):
    """Noes that were said to one matter. `name`: what was asked, in the words that are nearest to all others.

    Where nobody was heard asking, it is what was said instead. `situation`: the playbook's, empty where it knows none
    for it. `suggested`: by the playbook, the most frequent first; `alternatives`: in the agents' own words, of the
    newest noes that ended well; `examples`: other ways of asking.
    """

    name: str
    situation: str
    noes: int
    calls: int
    repaired: int
    recovered: int
    expired: int
    suggested: tuple[Offered, ...]
    alternatives: tuple[str, ...]
    examples: tuple[str, ...]


class Refusals(Shape, frozen=True):
    """The matters of a period, the most frequent first. `noes` were looked at, the newest; `more`: there are others.

    `others`: noes of matters that came up more seldom than is told.
    """

    since: AwareDatetime | None
    until: AwareDatetime | None
    team: str
    noes: int
    more: bool
    matters: tuple[Matter, ...]
    others: int


def refusals(  # noqa: PLR0913 - what it is made of
    noes: Sequence[NoLine],
    suggested: Mapping[NoKey, Sequence[str]],
    *,
    embed: Embed,
    known: Known,
    wordings: Wordings,
    least: int = 2,
    more: bool = False,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    team: str = "",
) -> Refusals:
    """Put the noes (the newest first) together; matters with fewer than `least` are only counted.

    `suggested` is what the playbook showed for each no. What the playbook knows is one matter for each situation, what
    it does not is put together by how alike it is. A text takes `embed` about a millisecond.
    """
    asked: dict[str, list[NoLine]] = {}
    for no in noes:
        asked.setdefault(_key(no), []).append(no)
    groups = _grouped(asked, embed, known)
    told = [[no for text in texts for no in asked[text]] for _, texts in groups]
    large = [place for place, found in enumerate(told) if len(found) >= least]
    large.sort(key=lambda place: -len(told[place]))
    return Refusals(
        since=since,
        until=until,
        team=team,
        noes=len(noes),
        more=more,
        matters=tuple(_matter(*groups[place], asked, told[place], suggested, wordings) for place in large),
        others=len(noes) - sum(len(told[place]) for place in large),
    )


def _key(no: NoLine) -> str:
    """What was asked, else what was said, however it is written."""
    return " ".join((no.asked or no.quote).lower().split())


def _grouped(asked: Mapping[str, Sequence[NoLine]], embed: Embed, known: Known) -> list[tuple[str, list[str]]]:
    """The texts by matter, with its situation, in each the text that is nearest to all others first."""
    texts = list(asked)
    if not texts:
        return []
    vectors, weights = np.stack([embed(text) for text in texts]), [len(asked[text]) for text in texts]
    situations: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        situations.setdefault(known(vectors[place], text), []).append(place)
    rest = situations.pop("", [])
    found = [*situations.items()]
    alike = group(vectors[rest], [weights[place] for place in rest])
    found += [("", [rest[one] for one in places]) for places in alike]
    return [(name, [texts[place] for place in central(vectors, weights, places)]) for name, places in found]


def _matter(  # noqa: PLR0913, PLR0917 - what it is made of
    situation: str,
    texts: Sequence[str],
    asked: Mapping[str, Sequence[NoLine]],
    noes: Iterable[NoLine],
    suggested: Mapping[NoKey, Sequence[str]],
    wordings: Wordings,
) -> Matter:
    newest = sorted(noes, key=lambda no: no.started_at, reverse=True)
    ends = Counter(no.state for no in newest)
    offers = Counter(offer for no in newest for offer in dict.fromkeys(suggested.get((no.call, no.no), ())))
    names = [_named(text, asked) for text in texts]
    return Matter(
        name=names[0],
        situation=situation,
        noes=len(newest),
        calls=len({no.call for no in newest}),
        repaired=ends[MomentState.REPAIRED],
        recovered=ends[MomentState.RECOVERED],
        expired=ends[MomentState.EXPIRED],
        suggested=tuple(Offered(text=text, count=count) for text, count in offers.most_common(_MOST_OFFERED)),
        alternatives=tuple(_alternatives(newest, wordings)),
        examples=tuple(names[1 : _MOST_EXAMPLES + 1]),
    )


def _named(text: str, asked: Mapping[str, Sequence[NoLine]]) -> str:
    """The text as it was written first; what was only said by the agent comes in the agent's words."""
    no = asked[text][0]
    return no.asked or no.quote


def _alternatives(newest: Sequence[NoLine], wordings: Wordings) -> Sequence[str]:
    """What agents offered by themselves where it ended well, each once."""
    mended = (MomentState.REPAIRED, MomentState.RECOVERED)
    keys = [(no.call, no.no) for no in newest if no.alternative is not None and no.state in mended][:_LOOKED_AT]
    found: Mapping[NoKey, str] = wordings(keys) if keys else {}
    words = dict.fromkeys(words for key in keys if (words := found.get(key, "").strip()))
    return [*words][:_MOST_WORDS]
