"""“We can't” said as what can be done: rules over single sentences of the agent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum

_MOST_WORDS = 25
_CLAUSE_WORDS = 12
"""A recogniser that hears no full stops makes sentences without end: of those only the words that matter are shown."""

_SENTENCE = re.compile(r"[^.!?…]+[.!?…]*")
_NOT = (
    r"(?:can['’]?t|cannot|can\s+not|don['’]?t|do\s+not|won['’]?t|will\s+not|couldn['’]?t|could\s+not"
    r"|(?:are|am)\s+not\s+able\s+to|aren['’]?t\s+able\s+to|(?:are|am)\s+unable\s+to)"
)
_JUST = r"(?:(?:just|simply|really|actually|also|unfortunately)\s+)?"
_CANNOT = re.compile(
    rf"\b(?:(?P<who>we|i)\s+{_JUST}{_NOT}|(?P<you>you)\s+{_JUST}(?:can['’]?t|cannot|can\s+not)"
    r"|(?P<short>we|i)['’](?:re|m)\s+(?:not\s+able|unable)\s+to)\b(?:\s+(?P<what>.*))?",
    re.IGNORECASE | re.DOTALL,
)
# Said with "can't" or "don't", and no refusal.
_HARMLESS = re.compile(
    r"(?:believe|imagine|wait|thank|go\s+wrong|know|think|mind|see\b|want|worry|blame|have\s+to|need\s+to|hesitate"
    r"|hear\s+you|like\s+that\s+either|be\s+charged|lose|miss)",
    re.IGNORECASE,
)
_BOUND = re.compile(r"^(?P<what>.+?)\s+(?P<bound>until|till|before|unless|without)\s+(?P<rest>.+)$", re.IGNORECASE)
_CLAUSE = re.compile(r"(?:we|you|it|they|he|she|i|somebody|someone)(?:['’]\w+)?\s", re.IGNORECASE)
_CAN = re.compile(
    r"\b(?:can(?!['’]t)|could(?!n)|would\s+you\s+like|let\s+me|(?:i|we)['’]ll|instead|available|offer|(?:how|what)\s+about)\b",
    re.IGNORECASE,
)
_BUT = re.compile(r"[,;]?\s+\bbut\b\s+|;\s+", re.IGNORECASE)
_AFTER = re.compile(r"[,;]|\s+(?:because|but|so|and|no)\b", re.IGNORECASE)
_NEGATED = re.compile(r"n['’]t\b|\b(?:not|cannot|no|unable)\b", re.IGNORECASE)
_ANY = re.compile(r"\bany", re.IGNORECASE)
_BEGUN = re.compile(r"(?:what\s+)?(?:i|we|you)\s+(?:can|could)\b|(?:how|what)\s+about\b|let\s+me\b", re.IGNORECASE)

STARTER = "What I can do is …"


class Source(StrEnum):
    """Where the other wording comes from."""

    OWN = "own"
    """The agent's own words, later on."""
    TURNED = "turned"
    """The same fact, turned round."""
    OFFER = "offer"
    """A suggestion of the playbook."""
    STARTER = "starter"
    """Only a way to begin."""


def refusing_lines(text: str) -> Iterator[str]:
    """The sentences of the agent that say what cannot be ("we can't", "we don't"), long ones cut to what matters."""
    for match in _SENTENCE.finditer(text):
        sentence = match.group().strip()
        if (cannot := _cannot(sentence)) is not None:
            words = sentence.split()
            if len(words) > _MOST_WORDS:
                words = sentence[cannot.start() :].split()
            yield " ".join(words) if len(words) <= _MOST_WORDS else " ".join(words[:_CLAUSE_WORDS]) + " …"


def instead(said: str, own: str = "", offers: Sequence[str] = ()) -> tuple[str, Source]:
    """The line `said` as what can be done.

    `own`: the words in which the agent named an alternative, empty where there were none. `offers`: what the playbook
    suggested, each the end of "what I can do is".
    """
    if (found := _own(own)) is not None:
        return found, Source.OWN
    if (turned := _turned(said)) is not None:
        return turned, Source.TURNED
    if offers:
        offer = offers[0].strip()
        return (offer if _BEGUN.match(offer) else f"What I can do is {offer}"), Source.OFFER
    return STARTER, Source.STARTER


def _cannot(sentence: str) -> re.Match[str] | None:
    """Where the sentence says what cannot be; None where it does not."""
    for match in _CANNOT.finditer(sentence):
        if not _HARMLESS.match(match["what"] or ""):
            return match
    return None


def _own(words: str) -> str | None:
    """The clause in which the agent named the alternative: one with "can" in it, else the last without a "not"."""
    clauses = [clause.strip(" ,;") for match in _SENTENCE.finditer(words) for clause in _BUT.split(match.group())]
    kind = [said for said in clauses if said and not _NEGATED.search(said) and len(said.split()) <= _MOST_WORDS]
    found = next((said for said in kind if _CAN.search(said)), kind[-1] if kind else None)
    return None if found is None else found[0].upper() + found[1:]


def _turned(said: str) -> str | None:
    """“We can't ship before Friday” as “From Friday on, we can ship”."""
    cannot = _cannot(said)
    if cannot is None or (bound := _BOUND.match((cannot["what"] or "").rstrip(" .!?…"))) is None:
        return None
    what, rest = bound["what"], _AFTER.split(bound["rest"])[0].strip()
    if not rest or _AFTER.search(what):
        return None
    match bound["bound"].lower():
        case "without" if not rest.split()[0].endswith("ing"):
            way = f"With {rest}"
        case "until" | "till" | "before" | "unless" if _CLAUSE.match(rest):
            way = f"As soon as {rest}"
        case "until" | "till" | "before":
            way = f"From {rest} on"
        case _:
            return None
    who = (cannot["who"] or cannot["short"] or "you").lower()
    return None if _ANY.search(what) else f"{way}, {'I' if who == 'i' else who} can {what}"
