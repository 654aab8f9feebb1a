"""Redaction of what somebody said: it runs before words are logged, stored or sent to a page.

Card numbers become `[CARD]`, codes said after "security code", "CVV" or "PIN" `[CODE]`, e-mail addresses `[EMAIL]`, any
other run of seven digits or more (phone, account, IBAN), and of four or more after words like "account number",
`[NUMBER]`; digits count alike whether written, in any script, or spoken ("double four", "oh", "forty one eleven"). A
card's expiry date goes with it, and of a number that is corrected ("no, sorry, four") every part.

Not covered: names and addresses; fewer than seven digits without a word that announces them (the last four of a card, a
code that answers a question asked on the other channel); a number said over several utterances, or of which a quote
holds one breath only; the first six digits while the rest is still being said; letters spelled one by one, save in an
e-mail address; digits that were misheard as other words; number words of other languages than English. A pause of the
recognition is the only safe way to take a payment. A long list of plain figures may be taken for a number.

Bounded time: a pattern repeats a bounded number of times from any place, or takes whole words and never gives them
back; digits are read in one pass over the words. A text of any length is redacted as a whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain as joined
from itertools import pairwise, takewhile
from typing import TypeAlias

from voiceassist.core.events import (
    Alerted,
    CallEnded,
    EngineFailed,
    Event,
    Marked,
    MomentChanged,
    NudgeSent,
    Transcript,
)
from voiceassist.core.scorecard import NoRecord, PartHeard
from voiceassist.core.types import Mark, Moment
from voiceassist.digits import Figure, Link, chains

CARD, CODE, NUMBER, EMAIL = "[CARD]", "[CODE]", "[NUMBER]", "[EMAIL]"

Span: TypeAlias = tuple[int, int, str]
"""Where a text is redacted, from `start` up to `end`, and the mark that takes its place."""

_MARK = re.compile(r"(\[(?:CARD|CODE|NUMBER|EMAIL)\])")
_LEAST = 7
_LEAST_OF_PIECE = 3
_LEAST_LOOSE = 10
"""Digits that make a number when words or commas stand between them: "10 30 and 11 45" are eight and two times."""


_further: list[Callable[[str], Iterator[Span]]] = []


def redact(text: str) -> str:
    """The text with everything private in it replaced by its mark. Redacting it again changes nothing."""
    return _redacted(text, (_emails, _ibans, _all_numbers))


def redact_piece(text: str) -> str:
    """`redact` for a text that may be a piece of more, as a breath is: any three digits together are blanked, too."""
    return _redacted(text, (_emails, _ibans, _all_numbers, _few_digits))


def look_further(find: Callable[[str], Iterator[Span]]) -> None:
    """Redact what `find` sees, too, from now on in this process; it is handed texts in lower case."""
    _further[:] = [find]


def redact_event(event: Event) -> Event:
    """The event with every text redacted that holds what somebody said."""
    match event:
        case Transcript(utterance=said):
            event = replace(event, utterance=replace(said, text=redact(said.text)))
        case MomentChanged(moment=moment) | Alerted(moment=moment):
            event = replace(event, moment=_moment(moment))
        case NudgeSent(nudge=nudge):
            event = replace(event, nudge=replace(nudge, quote=redact(nudge.quote)))
        case Marked(mark=mark):
            event = replace(event, mark=_mark(mark))
        case EngineFailed(message=message):  # a library may quote what it was given
            event = replace(event, message=redact(message))
        case CallEnded(scorecard=card):
            noes = tuple(_record(record) for record in card.noes)
            marks = tuple(replace(record, mark=_mark(record.mark)) for record in card.marks)
            event = replace(event, scorecard=replace(card, noes=noes, marks=marks))
        case _:
            pass
    return event


def _moment(moment: Moment) -> Moment:
    return replace(moment, quote=redact(moment.quote), asked=redact(moment.asked))


def _mark(mark: Mark) -> Mark:
    return replace(mark, quote=redact(mark.quote))


def _record(record: NoRecord) -> NoRecord:
    parts = tuple(PartHeard(part.part, part.at, redact(part.words)) for part in record.parts)
    return replace(record, moment=_moment(record.moment), parts=parts)


def _replaced(text: str, find: Callable[[str], Iterator[Span]]) -> str:
    """The text with the spans that `find` sees in it replaced; of spans that overlap, the first names them all."""
    pieces: list[str] = []
    done = 0
    for start, end, mark in sorted(find(_plain(text))):
        if start >= done:
            pieces += [text[done:start], mark]
        done = max(done, end)
    return "".join([*pieces, text[done:]])


def _plain(text: str) -> str:
    """The text in lower case with ASCII digits, dashes and spaces, character for character: places stay the same."""
    return text.lower() if text.isascii() else "".join(map(_plain_character, text))


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character).lower()
    folded = folded if len(folded) == 1 else character
    digit = unicodedata.digit(folded, -1)
    category = unicodedata.category(folded)
    if digit >= 0:
        return str(digit)
    if category == "Pd" or folded == "−":
        return "-"
    if category in {"Cf", "Me", "Zs"} or folded in "\ufe0e\ufe0f":  # what stands unseen between or on digits
        return " "
    return "'" if folded == "’" else folded


# --- e-mail addresses and IBANs ---------------------------------------------------------------------------------------

_WRITTEN = re.compile(r"[^\s@,;:<>()\[\]\"]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,63}")

_PIECE = r"[^\W_]++(?:'[^\W_]++)?+"
_DOT = r"(?:\.|\s{1,3}(?:dot|period|point)\s{1,3})"
_JOINT = r"(?:[._+-]|\s{1,3}(?:dot|period|point|underscore|dash|hyphen|minus|plus)\s{1,3})"
_DIGIT_WORD = r"zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w{3,5}teen|\w{3,5}ty"
_LABEL = rf"{_PIECE}(?:-{_PIECE}){{0,4}}"
_DOMAIN = (
    r"\s{0,3}(?:@|\bat\b)\s{0,3}(?!(?:a|an|the|this|that|our|your|their|home)\b|[0-9]{1,63}\b)"
    rf"(?:{_PIECE}\s{{1,3}}){{0,2}}{_LABEL}(?:{_DOT}{_LABEL}){{0,4}}{_DOT}[^\W\d_]{{2,63}}\b"
)
# "look at example dot com" is a place to look at, no address.
_NO_NAME = (
    r"(?:i|you|he|she|it|we|they|us|me|him|her|them|is|are|was|were|be|been|am|it's|that's|there|here|and|or|but|so|to"
    r"|my|the|(?:e-?)?mail(?:'s)?|address"
    r"|then|look|looks|looking|looked|online|available|shop|shopping|store|buy|bought|order|ordered|ordering|find"
    r"|found|see|saw|seen|check|checked|arrive|arrived|page|site|website|price|prices|sale|sold|one|ones|live|work)"
)
_FOR = rf"(?<=[a-z])(?<!\w[a-z])\s{{1,3}}(?:for|as\sin)\s{{1,3}}{_PIECE}"  # "s for sierra"
_SPOKEN = re.compile(
    rf"(?<![\w'])(?!{_NO_NAME}\b){_PIECE}"
    rf"(?:{_JOINT}{_PIECE}|{_FOR}|,?\s{{1,3}}(?:[a-z]|zed|zee|[0-9]{{1,9}}|{_DIGIT_WORD})\b){{0,24}}{_DOMAIN}"
)
_TOLD = re.compile(
    rf"\be-?mail(?: address)?(?: is|'s|:)? {{0,3}}((?:{_PIECE}(?:{_JOINT}|\s{{1,3}})){{0,8}}{_PIECE}{_DOMAIN})"
)
_IBAN = re.compile(r"(?<![^\W\d_])[a-z]{2}[0-9]{2}(?:[ -]?[a-z0-9]{4}){2,7}(?:[ -]?[a-z0-9]{1,3})?(?![^\W\d_])")


def _emails(plain: str) -> Iterator[Span]:
    if "@" in plain:
        yield from ((*found.span(), EMAIL) for found in _WRITTEN.finditer(plain))
    if "@" in plain or " at " in plain:
        yield from ((*found.span(), EMAIL) for found in _SPOKEN.finditer(plain))
        yield from ((*found.span(1), EMAIL) for found in _TOLD.finditer(plain))


def _ibans(plain: str) -> Iterator[Span]:
    for found in _IBAN.finditer(plain):
        if sum(character.isdigit() for character in found.group()) > _LEAST:
            yield *found.span(), NUMBER


# --- numbers and codes ------------------------------------------------------------------------------------------------

_BETWEEN = (
    r"(?:[\s:,.=#?-]{1,3}(?:is|it's|its|are|was|be|been|would|will|should|has|have|came|come|number(?:'s)?|code|no|the|my|of|[a-z]{1,2}"
    r"|that's|um|uh|er|for|on|at|back|front|signature|strip|card|this|here|please|says|said|reads|i|you|they|we|me|us"
    r"|got|get|gave|sent|by|text|texted|mailed|think|believe|okay|so|yeah|now|just)\b){0,8}[\s:,.=#?-]{0,4}$"
)
_CODE_BEFORE = re.compile(
    r"(?<![^\W\d_])(?:(?:security|verification|validation|access|one[ -]time|digit)"
    r" (?:code|number|pass ?code|value|pin)"
    r"|c\W{0,2}v\W{0,2}[vcn](?:\W?2)?|c\W{0,2}s\W{0,2}c|otp|pin|pass ?code|(?:a|the|my|this|that|your) code"
    rf"|(?:digits|numbers?) (?:on|at|from) the (?:back|front|signature))(?:'s)?\b{_BETWEEN}"
)
_CODE_AFTER = re.compile(r"[\s,.]{1,3}(?:is )?(?:on|from|at) the (?:back|front of|signature)\b")
_CODE_ALONE = range(3, 5)
_BESIDE_CARD = re.compile(
    r"(?<![^\W\d_])(?:exp|expir(?:y|es|ing|ation)|valid|good|date|code|digits)"
    rf"(?: (?:date|until|till|thru|through|to|in))?\b{_BETWEEN}"
)
_ACCOUNT_BEFORE = re.compile(
    r"(?<![^\W\d_])(?:(?:account|customer|member|membership|client|policy|routing|passport|licen[cs]e|security|insurance"
    rf"|tax|phone|telephone|mobile|cell|card) (?:number|no\b)|sort code|iban|social|ssn)(?:'s)?\b{_BETWEEN}"
)
_ACCOUNT_LEAST = 4
_REACH = 120
"""Characters before a number in which it is announced."""
_CODE_SIZES = range(3, 7)
_CARD_SIZES = range(12, 20)
_CARD_SIZES_WITHIN = {15: ("34", "37"), 16: ("2", "3", "4", "5", "6")}
"""Sizes of the usual cards and their first digits: only these are looked for among other figures."""

_DAY, _YEAR = r"(?:0?[1-9]|[12][0-9]|3[01])", r"(?:19|20)[0-9]{2}"
_SPACED_DATE = re.compile(rf"{_DAY} {_DAY} {_YEAR}|{_YEAR} {_DAY} {_DAY}")
_YEARS = re.compile(rf"(?:{_YEAR})+")
_NEIGHBOUR_SIZES, _NEAR = range(3, 7), 100
_SPACED_TIME = re.compile(r"(?:[01]?[0-9]|2[0-4]) [0-5][0-9]")


def _all_numbers(plain: str) -> Iterator[Span]:
    yield from _numbers(plain)
    for find in _further:  # with the others, so that neither takes a piece out of what the other would find
        yield from find(plain)


def _numbers(plain: str) -> Iterator[Span]:
    found = [(chain, _runs(chain)) for chain in chains(plain)]
    cards = [_holds_card(chain, runs) for chain, runs in found]
    paid = any(cards)
    for (chain, runs), is_card in zip(found, cards, strict=True):
        # The expiry date goes, too, whether it is read in one breath with the card or announced.
        if is_card or (paid and not chain[0].price and _is_announced(_BESIDE_CARD, plain, chain)):
            yield _span(chain, plain, CARD)
        else:
            yield from _judged(chain, runs, plain)


def _redacted(text: str, finders: Sequence[Callable[[str], Iterator[Span]]]) -> str:
    for find in finders:
        text = "".join(
            part if part.startswith("[") and _MARK.fullmatch(part) else _replaced(part, find)
            for part in _MARK.split(text)
        )
    return text


def _few_digits(plain: str) -> Iterator[Span]:
    for chain in chains(plain):
        if len(_digits(chain)) >= _LEAST_OF_PIECE and not chain[0].price:
            yield _span(chain, plain, NUMBER)


def _judged(chain: list[Figure], runs: list[list[Figure]], plain: str) -> Iterator[Span]:
    """What is private in figures that may belong together and hold no card; all, where it was said again."""
    found = list(_private(chain, runs, plain))
    if found and any(figure.link is Link.AGAIN for figure in chain):
        found = [_span(chain, plain, found[0][2])]
    yield from found


def _private(chain: list[Figure], runs: list[list[Figure]], plain: str) -> Iterator[Span]:
    """A code or a number that was announced, each long run, and many figures that stand loosely."""
    first, *others = runs
    if _is_code(first, plain) or (not others and _is_code_after(first, plain)):
        yield _span(first, plain, CODE)
        runs = others
    elif not first[0].price and _is_announced(_ACCOUNT_BEFORE, plain, chain):
        said = [first, *takewhile(lambda run: run[0].link is Link.COMMA, others)]
        whole = list(joined.from_iterable(said))
        if len(_digits(whole)) >= _ACCOUNT_LEAST:
            yield _span(whole, plain, NUMBER)
            runs = runs[len(said) :]
    rest: list[Figure] = []
    for run in [*runs, None]:
        if run is not None and (len(_digits(run)) < _LEAST or _is_harmless(run)):
            rest += run
            continue
        if len(_digits(rest)) >= _LEAST_LOOSE and not _is_harmless(rest):
            yield _span(rest, plain, NUMBER)
        rest = []
        if run is not None:
            yield _span(run, plain, NUMBER)


def _runs(chain: list[Figure]) -> list[list[Figure]]:
    """The figures that stand tightly together."""
    runs = [chain[:1]]
    for figure in chain[1:]:
        if figure.link is Link.TIGHT:
            runs[-1].append(figure)
        else:
            runs.append([figure])
    return runs


def _digits(figures: list[Figure]) -> str:
    return "".join(figure.digits for figure in figures)


def _span(figures: list[Figure], plain: str, mark: str) -> Span:
    start, end = figures[0].start, figures[-1].end
    if plain[start - 1 : start] == "(" and ")" in plain[start:end]:
        start -= 1
    if plain[start - 1 : start] == "+":
        start -= 1
    return start, end, mark


def _is_announced(words: re.Pattern[str], plain: str, figures: list[Figure]) -> bool:
    """True where such words lead to the figures."""
    end = figures[0].start
    return words.search(plain, max(end - _REACH, 0), end) is not None


def _is_code(run: list[Figure], plain: str) -> bool:
    return len(_digits(run)) in _CODE_SIZES and _is_announced(_CODE_BEFORE, plain, run)


def _is_code_after(run: list[Figure], plain: str) -> bool:
    """True for "391 on the back"."""
    return len(_digits(run)) in _CODE_ALONE and _CODE_AFTER.match(plain, run[-1].end) is not None


def _holds_card(chain: list[Figure], runs: list[list[Figure]]) -> bool:
    """True for the number of a card, also where other figures stand before or after it."""
    if _is_harmless(chain):
        return False
    return any(_is_card(_digits(figures)) for figures in [chain, *runs]) or any(map(_is_card, _usual_sizes(chain)))


def _usual_sizes(chain: list[Figure]) -> Iterator[str]:
    """The digits of every stretch of figures that has the size and the first digits of a usual card."""
    longest = max(_CARD_SIZES_WITHIN)
    for first in range(len(chain)):
        said = ""
        for figure in chain[first : first + longest]:
            said += figure.digits
            if len(said) > longest:
                break
            if said.startswith(_CARD_SIZES_WITHIN.get(len(said), ())):
                yield said


def _is_card(digits: str) -> bool:
    """True for 12 to 19 digits whose last is right by the Luhn rule."""
    if len(digits) not in _CARD_SIZES:
        return False
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(int(digit) for digit in digits[-1::-2])) % 10 == 0


def _is_harmless(figures: list[Figure]) -> bool:
    """True for a price, a date, times, and lists that rise: of years, of round figures, of small ones set apart."""
    said = [figure.digits for figure in figures]
    sizes = {len(digits) for digits in said}
    if (figures and figures[0].price) or _are_neighbours(figures):
        return True
    if not sizes <= {1, 2, 3, 4}:
        return False
    times = (" ".join(figure.digits for figure in run) for run in _runs(figures))
    if _SPACED_DATE.fullmatch(" ".join(said)) or all(map(_SPACED_TIME.fullmatch, times)):
        return True
    whole = "".join(said)
    if sizes <= {2, 4} and _YEARS.fullmatch(whole):
        said = [whole[at : at + 4] for at in range(0, len(whole), 4)]
        return _rises(said)
    is_round = 1 not in sizes and all(digits.endswith("0") for digits in said)
    is_apart = sizes <= {1, 2, 3} and all(figure.link is not Link.TIGHT for figure in figures[1:])
    return len(said[2:]) > 0 and (is_round or is_apart) and _rises(said)


def _are_neighbours(figures: list[Figure]) -> bool:
    """True for "1201, 1202 and 1203": numbers of one size, each its own, that rise by little."""
    said = [figure.digits for figure in figures]
    is_apart = all(figure.link is not Link.TIGHT for figure in figures[1:])
    if not said[1:] or not is_apart or {len(digits) for digits in said} != {len(said[0])}:
        return False
    return len(said[0]) in _NEIGHBOUR_SIZES and _rises(said) and int(said[-1]) - int(said[0]) < _NEAR


def _rises(said: list[str]) -> bool:
    return all(int(a) < int(b) for a, b in pairwise(said))
