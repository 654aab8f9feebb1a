"""The sentences that the model learns: lines of a call, and more without sense, so that it listens and does not recite.

Only the words of grammar.json and of the demo call can ever be heard.
"""

from __future__ import annotations

import json
import random
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

SHARES = {"refusal": 0.28, "answer": 0.26, "yes": 0.24, "call": 0.22}
"""How often each kind of line is drawn."""

_FOLDER = Path(__file__).parent
_GRAMMAR: dict[str, Any] = json.loads((_FOLDER / "grammar.json").read_text(encoding="utf-8"))
LINES: dict[str, list[str]] = _GRAMMAR["lines"]
SLOTS: dict[str, list[str]] = _GRAMMAR["slots"]
PROPER = frozenset(_GRAMMAR["proper"])
# Out of context nobody can tell these from words that sound the same, and "no" must not become "know".
SAME_SOUND = frozenset(_GRAMMAR["same sound"])
# Nothing but the sound decides between these.
TWINS = {
    "can": "can't", "can't": "can", "will": "won't", "won't": "will", "is": "isn't", "isn't": "is", "do": "don't",
    "don't": "do", "could": "couldn't", "couldn't": "could", "was": "wasn't", "wasn't": "was",
}  # fmt: skip
_HELD_OUT: dict[str, list[str]] = json.loads((_FOLDER / "heldout.json").read_text(encoding="utf-8"))


def plain(text: str) -> list[str]:
    """The words of `text` in small letters, without punctuation: what recognition is measured by."""
    return re.sub(r"[^a-z' ]", " ", text.lower()).split()


def held_out(kind: str) -> list[str]:
    """Sentences that are never trained on: unseen `combinations` of the lines, or of unseen `structures`."""
    return list(_HELD_OUT[kind])


def demo() -> list[str]:
    """The turns of the bundled demo call, and each of their sentences."""
    turns = json.loads(files("voiceassist.demo").joinpath("call.json").read_text(encoding="utf-8"))["turns"]
    return [part for turn in turns for part in (turn["text"], *re.split(r"(?<=[.?]) ", turn["text"]))]


@cache
def words() -> tuple[str, ...]:
    """Every word that the lines can hold, as it is written in mid-sentence."""
    parts = [*(line for lines in LINES.values() for line in lines), *(v for values in SLOTS.values() for v in values)]
    found = re.findall(
        r"[A-Za-z']+", re.sub(r"\{\w+\}s?", " ", " ".join([*parts, *_GRAMMAR["loose"], *demo(), *TWINS]))
    )
    return tuple(sorted({word if word in PROPER else word.lower() for word in found}))


def line(chance: random.Random) -> str:
    """A line of a call."""
    kind = chance.choices(list(SHARES), list(SHARES.values()))[0]
    return _fill(chance.choice(LINES[kind]), chance)


def draw(chance: random.Random) -> str:
    """A text to learn: more often one without sense than a line of a call."""
    make = chance.choices((line, _demo_line, _random_words, _swapped, _fragments), (0.3, 0.03, 0.32, 0.2, 0.15))[0]
    return make(chance)


def corpus(count: int, seed: int = 0) -> list[str]:
    """`count` texts to train on, none of them held out."""
    chance = random.Random(seed)
    banned = {tuple(plain(text)) for texts in _HELD_OUT.values() for text in texts}
    texts: list[str] = []
    while len(texts) < count:
        text = draw(chance)
        if tuple(plain(text)) not in banned:
            texts.append(text)
    return texts


def _fill(template: str, chance: random.Random) -> str:
    while "{" in template:
        template = re.sub(r"\{(\w+)\}", lambda match: _choose(match[1], chance), template)
    return template[0].upper() + template[1:]


def _choose(slot: str, chance: random.Random) -> str:
    value = chance.choice(SLOTS[slot.lower()])
    return value[0].upper() + value[1:] if slot[0].isupper() else value


def _demo_line(chance: random.Random) -> str:
    return chance.choice(demo())


@cache
def _loose_words() -> tuple[list[str], list[float]]:
    chosen = [word for word in words() if word not in SAME_SOUND]
    return chosen, [3.0 if word in {"can", "can't"} else 1.5 if word in TWINS else 1.0 for word in chosen]


def _random_words(chance: random.Random) -> str:
    chosen, weights = _loose_words()
    return _sentence(chance.choices(chosen, weights, k=chance.choice((1, 2, 3, 4, 4, 5, 5, 6, 7, 8))))


def _swapped(chance: random.Random) -> str:
    """A line some of whose words became others; can and can't change places half the time."""
    chosen, weights = _loose_words()
    changed: list[str] = []
    for word in _middle(line(chance)):
        if word in TWINS and chance.random() < 0.5:
            changed.append(TWINS[word])
        elif chance.random() < 0.3:
            changed.append(chance.choices(chosen, weights)[0])
        else:
            changed.append(word)
    if chance.random() < 0.2:
        chance.shuffle(changed)
    return _sentence(changed)


def _fragments(chance: random.Random) -> str:
    """Pieces of lines, one after the other."""
    pieces: list[str] = []
    for _ in range(chance.randint(2, 3)):
        said = _middle(line(chance))
        begin = chance.randrange(len(said))
        pieces += said[begin : begin + chance.randint(1, 4)]
    return _sentence(pieces)


def _middle(text: str) -> list[str]:
    """The words of a line as they are written in mid-sentence."""
    bare = re.findall(r"[A-Za-z']+", text)
    return [word if word in PROPER else word.lower() for word in bare]


def _sentence(chosen: list[str]) -> str:
    text = " ".join(chosen)
    return f"{text[0].upper()}{text[1:]}."
