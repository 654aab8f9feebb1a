"""Digits as they are said and written in a call, read into figures that may belong to one number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias


class Link(IntEnum):
    """How closely a figure stands to the one before it."""

    TIGHT = 0
    COMMA = 1
    """With a comma between, though not each is a single digit."""
    LOOSE = 2
    """With a comma or a word like "and" between: two numbers, or one that is read slowly."""
    AGAIN = 3
    """With words like "no, sorry" between: a part said again, and right this time."""
    APART = 4


@dataclass(frozen=True, slots=True)
class Figure:
    """Digits said or written as one ("41", "forty one", "double four") in the places [start, end) of a text."""

    start: int
    end: int
    digits: str
    link: Link
    price: bool = False
    """It is written as an amount ("1,250", "19.99"): it stands alone."""


_UNITS: dict[str, str] = {w: str(n) for n, w in enumerate("zero one two three four five six seven eight nine".split())}
_UNITS.update({"oh": "0", "o": "0", "nought": "0", "naught": "0", "nil": "0", "niner": "9"})
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = _UNITS | {word: str(n) for n, word in enumerate(_TEENS, 10)} | {w: f"{n}0" for n, w in enumerate(_TENS, 2)}
_TIMES = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
# What a recogniser writes for a digit: taken for one only between two spoken digits.
_SOUNDS_LIKE = {"to": "2", "too": "2", "for": "4", "won": "1", "ate": "8"}
_SPOKEN = _WORDS.keys() | _TIMES.keys() | _SOUNDS_LIKE.keys()
_FILLERS: dict[str, Link] = dict.fromkeys(["um", "uh", "er", "erm", "dash", "hyphen", "space", "slash"], Link.TIGHT)
_FILLERS.update(dict.fromkeys(["and", "then", "okay", "ok", "so", "yeah", "yes", "that's", "it's"], Link.LOOSE))
_FILLERS.update(dict.fromkeys("no not sorry wait actually rather correction i mean meant again".split(), Link.AGAIN))
_MOST_FILLERS = 4

_CURRENCIES = "$£€¥₹"
_DAY, _YEAR = r"(?:0?[1-9]|[12][0-9]|3[01])", r"(?:19|20)[0-9]{2}"
_TOKEN = re.compile(
    rf"""
      (?P<date> (?<![0-9]) (?<![0-9][/.-]) (?: {_DAY}([/.-]){_DAY}\2{_YEAR} | {_YEAR}([/.-]){_DAY}\3{_DAY} )
        (?! [/.-]?[0-9] ) )
    | (?P<price>
        [{_CURRENCIES}]\ ? [0-9]{{1,3}} (?:,?[0-9]{{3}}){{0,2}} (?:\.[0-9]{{1,2}})? (?! [\ .,-]?[0-9] )
      | (?<![0-9]) (?<![0-9][.,-])
        (?: [0-9]{{1,3}} (?:,[0-9]{{3}}){{1,2}} (?:\.[0-9]{{1,2}})? (?! [\ .,-]?[0-9] )
          | [0-9]{{1,6}} \.[0-9]{{2}} (?! [.-]?[0-9] )
          | [0-9]{{7,9}} (?= \ (?:dollars|pounds|euros|units|pieces|items)\b ) ) )
    | (?P<ordinal> [0-9]{{1,9}} (?:st|nd|rd|th)\b )
    | (?P<digits> [0-9]+ )
    | (?P<word> [^\W\d_]+ (?:'[^\W\d_]+)? )
    """,
    re.VERBOSE,
)
_Tokens: TypeAlias = list[re.Match[str]]


def chains(plain: str) -> Iterator[list[Figure]]:
    """The figures of a text in lower case with ASCII digits; those that may belong together in one list, never empty.

    Dates and ordinals are no figures; a price is a list of its own.
    """
    tokens = list(_TOKEN.finditer(plain))
    chain: list[Figure] = []
    link, fillers, end, index = Link.APART, 0, 0, 0
    while index < len(tokens):
        token = tokens[index]
        if link is not Link.APART:
            link = max(link, _link(plain[end : token.start()]))
        digits, used = _read(tokens, index, plain)
        end = tokens[index + used - 1].end()
        index += used
        if not digits:
            fillers += 1
            link = max(link, _FILLERS.get(token.group(), Link.APART) if fillers <= _MOST_FILLERS else Link.APART)
            if token.lastgroup == "price":
                yield [_price(token)]
            continue
        if link is Link.COMMA and chain and len(chain[-1].digits) == len(digits) == 1:
            link = Link.TIGHT  # "4, 1, 1, 1" is one number read slowly, "8, 10, 12" may be sizes
        if link is Link.APART and chain:
            yield chain
            chain = []
        chain.append(Figure(token.start(), end, digits, link))
        link, fillers = Link.TIGHT, 0
    if chain:
        yield chain


def _price(token: re.Match[str]) -> Figure:
    amount = token.group().lstrip(_CURRENCIES + " ")
    digits = re.sub("[^0-9]", "", amount)
    return Figure(token.end() - len(amount), token.end(), digits, Link.APART, price=True)


_PAUSES = {"?", ";", "…", ".", "..."}
_WITHIN = re.compile(r"[-./()_*·•]{0,3}")


def _link(gap: str) -> Link:
    """How closely two words stand, by what is written between them."""
    marks = "".join(gap.split())
    if marks == ",":
        return Link.COMMA
    if marks in _PAUSES and gap != ".":  # "555.1234" is one number
        return Link.LOOSE
    return Link.TIGHT if _WITHIN.fullmatch(marks) else Link.APART


def _read(tokens: _Tokens, index: int, plain: str) -> tuple[str, int]:
    """The digits that begin at a token, "" where none do, and how many tokens they take."""
    token, word = tokens[index], tokens[index].group()
    if token.lastgroup != "digits" and word not in _SPOKEN:
        return "", 1
    before = tokens[index - 1].group() if index and _touch(tokens, index - 1, plain) else ""
    after = tokens[index + 1].group() if _touch(tokens, index, plain) else ""
    digits, used = _below_100(tokens, index, plain)
    if token.lastgroup == "digits":
        digits = word
    elif word in _TIMES and (repeated := _UNITS.get(after) or (after if after.isdigit() else "")):
        digits, used = repeated[0] * _TIMES[word] + repeated[1:], 2
    elif word in _SOUNDS_LIKE and before in _UNITS and after in _UNITS:
        digits = _SOUNDS_LIKE[word]
    if len(digits) in {1, 2} and _touch(tokens, index + used - 1, plain) and tokens[index + used].group() == "hundred":
        return digits + "00", used + 1
    if word == "two" and after == "thousand" and _touch(tokens, index + 1, plain):  # the year two thousand nineteen
        year, more = _below_100(tokens, index + 2, plain)
        return (f"20{year:0>2}", 2 + more) if year else (digits, used)
    return digits, used


def _below_100(tokens: _Tokens, index: int, plain: str) -> tuple[str, int]:
    """The digits of a number word like "four" or "forty one", "" where there is none, and how many tokens it takes."""
    word = tokens[index].group()
    if word in _TENS and _touch(tokens, index, plain) and (unit := _UNITS.get(tokens[index + 1].group(), "0")) != "0":
        return _WORDS[word][0] + unit, 2
    return _WORDS.get(word, ""), 1


def _touch(tokens: _Tokens, index: int, plain: str) -> bool:
    """True when only a space or a hyphen stands between a token and the next."""
    return index + 1 < len(tokens) and plain[tokens[index].end() : tokens[index + 1].start()] in {" ", "-", "  "}
