"""Views of a labelled row as a live call brings it: without punctuation or `prev`, joined, cut short, misheard."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from models.refusal.confusions import Confusions, lost_its_no
from models.refusal.hearings import Hearing
from models.refusal.rows import LABELS, Row
from models.refusal.spoken import spoken

REFUSAL, ACKNOWLEDGEMENT, REASON, ALTERNATIVE, BUY_IN, CLOSING, COMPLETE, PROMISE = range(8)

# Rows of these categories are single breaths of one answer to one request, so they may be joined, in this order.
JOIN_ORDER = ("part-acknowledgement", "part-no", "part-reason", "part-promise", "part-alternative", "part-buy-in")

EXPLICIT = re.compile(
    r"\b(can't|cannot|can not|couldn't|won't|unable|not able|not possible|isn't possible|impossible|not allowed"
    r"|unfortunately|afraid|don't (do|have|offer|take|sell|carry|accept|give|make|ship|deliver|cover|allow|provide"
    r"|stock|issue|refund|price)|doesn't (cover|include|allow|come)|no way|nothing i can"
    r"|not (going to|something|eligible|available|covered|included)|not without|out of (stock|the question)|sold out"
    r"|fully booked|have to (decline|say no)|against)\b"
)
BARE_NO = re.compile(
    r"(no|nope|nah|no no|no sir|no ma'am|no sorry( no)?|sorry no|(i'm )?afraid not|not (really|today)|i can't|we don't)"
)
# After one of these words no clause can end.
DANGLING = frozenset(
    (
        "the a an to is are was because but and so i we they what of for with in on at your our my their that if can "
        "could will would it's that's i'm there's we're you're they're or as from by into than which who when while "
        "since until about can't don't won't couldn't doesn't isn't not no unfortunately only really very just have "
        "has had be been need want let me actually even any some this these those every"
    ).split()
)
# Cut here, the rest may still turn it: "no" into "no problem", "i can't" into "i can't believe it".
OPEN_ENDED = frozenset(
    ("no but", "no i", "no we", "no the", "no that's", "i can't", "we can't", "you can't", "i don't", "we don't")
)
# "no we can't" may be the whole answer or its beginning.
SHORT_ANSWER = re.compile(r"no \w+ (is|are|was|can't|couldn't|don't|doesn't|isn't|won't|not)")
OPENERS = ("um", "uh", "so", "yeah", "okay so", "right", "well", "okay", "yeah so", "mm", "alright", "oh", "look")
NEUTRAL = (
    "it's just coming up here.",
    "okay, I have your account open.",
    "thank you for the order number.",
    "I can see it here on the screen.",
    "so I'm looking at the booking now.",
    "that was placed on the fourteenth.",
    "give me one second, it's loading.",
    "right, I've got your details in front of me.",
    "it says here two adults and a child.",
    "the system is a little slow today.",
    "you're on the standard plan at the moment.",
    "yes, I found it.",
    "okay, so that's the blue one.",
    "I've read through the notes.",
    "that's under your name.",
)
CLOSINGS = (
    "Is there anything else I can help you with?",
    "Anything else I can do for you today?",
    "Thanks so much for your patience.",
    "Thank you for calling, have a lovely day.",
    "Was there anything else today?",
    "Thanks for bearing with me.",
    "Have a great rest of your afternoon.",
    "Thank you for being a customer with us.",
    "What else can I help you with?",
)
# How often a view is joined, cut, without `prev`, opened by a filler, as a recogniser heard the row, with stumbles,
# misheard, and written as live.
JOINED, CUT, BLANK, OPENED, HEARD, STUMBLED, MISHEARD, LIVE = 0.6, 0.15, 0.45, 0.12, 0.35, 0.2, 0.3, 0.62
SORRY = re.compile(r"(oh )*(no )?(i'm |i am )?((so|very|really) )?sorry( to hear| about)( that| it| this)?")


def is_explicit(text: str) -> bool:
    """True where the words alone show a refusal, whatever was asked."""
    return EXPLICIT.search(spoken(text)) is not None


def without_prev(row: Row) -> Row:
    """The row as it is heard when only the agent is: what the words alone cannot show becomes a soft target."""
    said, targets = spoken(row.text), list(row.targets)
    if row.alone is not None:
        targets[REFUSAL] = row.alone
    elif BARE_NO.fullmatch(said):
        targets[REFUSAL] = 0.5
    elif row.targets[REFUSAL] is not None:
        targets[REFUSAL] = 0.62 if row.targets[REFUSAL] else 0.38
    if row.targets[REASON] and row.alone != 1:
        targets[REASON] = None
    if SORRY.fullmatch(said):
        targets[ACKNOWLEDGEMENT] = 0.0
    return replace(row, prev="", targets=tuple(targets))


def joined(parts: Sequence[Row]) -> Row:
    """Breaths of one answer as one: a label holds where it holds in one of them; a reason needs the refusal."""
    targets = [max(part.targets[index] or 0.0 for part in parts) for index in range(len(LABELS))]
    targets[COMPLETE] = parts[-1].targets[COMPLETE] or 0.0
    alone = [part.alone for part in parts]
    return replace(
        parts[0],
        category="joined",
        text=" ".join(part.text for part in parts),
        targets=tuple(targets),
        alone=1.0 if 1 in alone else None if None in alone else 0.0,
    )


def cut(row: Row, chance: random.Random) -> Row | None:
    """The row cut in mid-clause; None where it has no place for that. What the rest may still turn becomes unsure."""
    words = row.text.split()
    places = [n for n in range(1, len(words)) if spoken(words[n - 1]) in DANGLING and words[n - 1][-1] not in ".?!;"]
    # A lone "no" is a whole turn.
    places = [n for n in places if spoken(" ".join(words[:n])) != "no"]
    if not places:
        return None
    text = " ".join(words[: chance.choice(places)]).rstrip(",")
    targets: list[float | None] = [None if value else value for value in row.targets]
    said = spoken(text)
    targets[COMPLETE] = None if SHORT_ANSWER.fullmatch(said) else 0.0
    if said in OPEN_ENDED:
        targets[REFUSAL] = 0.5 if row.targets[REFUSAL] else 0.4
    elif row.targets[REFUSAL] and is_explicit(said):
        targets[REFUSAL] = 0.9
    return replace(row, category="cut", text=text, targets=tuple(targets), alone=targets[REFUSAL])


def stumbled(text: str, chance: random.Random, rate: float = 0.07) -> str:
    """The text with small words dropped, words said twice, and fillers."""
    words: list[str] = []
    for word in text.split():
        draw = chance.random() / rate
        if draw < 0.25 and spoken(word) in {"the", "a", "to", "of", "is", "so", "that", "and", "just"}:
            continue
        if draw < 0.6:
            words += [word, word]
        elif draw < 1.0:
            words += [chance.choice(("um", "uh", "like", "you know")), word]
        else:
            words.append(word)
    return " ".join(words)


def misheard(row: Row, text: str) -> Row:
    """The row with `text` in place of its words; where a no got lost or came in, its refusal is unsure."""
    targets = list(row.targets)
    if targets[REFUSAL] is not None and lost_its_no(row.text, text):
        targets[REFUSAL] = 0.3 + 0.4 * targets[REFUSAL]
        targets[REASON] = None if targets[REASON] else targets[REASON]
    return replace(row, text=text or row.text, targets=tuple(targets))


class Views:
    """Draws one random view of a row at a time; the same seed draws the same views."""

    def __init__(
        self, rows: Sequence[Row], seed: int, hearings: Iterable[Hearing] = (), *, blank: float = BLANK
    ) -> None:
        self._chance = random.Random(seed)
        self._blank = blank
        self._parts: dict[tuple[str, str], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            if row.category in JOIN_ORDER:
                self._parts[row.family, row.prev][row.category].append(row)
        known = {row.id: row for row in rows}
        self._heard: dict[str, list[str]] = defaultdict(list)
        for hearing in hearings:
            if hearing.id in known:
                self._heard[hearing.id].append(hearing.text)
        self.confusions = Confusions((known[name].text, text) for name, texts in self._heard.items() for text in texts)

    def draw(self, row: Row) -> Row:
        """A view of the row."""
        chance = self._chance
        if row.id in self._heard and chance.random() < HEARD:
            row = misheard(row, chance.choice(self._heard[row.id]))
            return without_prev(row) if chance.random() < self._blank else replace(row, prev=spoken(row.prev))
        if row.category in JOIN_ORDER and chance.random() < JOINED:
            row = self._join(row)
        row = self._surround(row)
        if chance.random() < CUT:
            row = cut(row, chance) or row
        if chance.random() < self._blank:
            row = without_prev(row)
        if chance.random() < OPENED:
            row = replace(row, text=f"{chance.choice(OPENERS)} {row.text}")
        if chance.random() < STUMBLED:
            row = replace(row, text=stumbled(row.text, chance), prev=stumbled(row.prev, chance))
        live = chance.random() < LIVE
        if live and chance.random() < MISHEARD:
            row = misheard(row, self.confusions.mishear(spoken(row.text), chance))
            row = replace(row, prev=self.confusions.mishear(spoken(row.prev), chance))
        return replace(row, text=spoken(row.text), prev=spoken(row.prev)) if live else row

    def _join(self, row: Row) -> Row:
        chance, parts = self._chance, self._parts[row.family, row.prev]
        chosen = [row]
        others = [category for category in JOIN_ORDER if category != row.category and category in parts]
        chosen += [chance.choice(parts[category]) for category in others if chance.random() < 0.4]
        if chance.random() < 0.8:
            chosen.sort(key=lambda part: JOIN_ORDER.index(part.category))
        else:
            chance.shuffle(chosen)
        return joined(chosen)

    def _surround(self, row: Row) -> Row:
        chance, draw = self._chance, self._chance.random()
        if len(row.text.split()) < 3 or row.targets[COMPLETE] == 0:
            return row
        if draw < 0.06:
            return replace(row, text=f"{chance.choice(NEUTRAL)} {row.text}")
        if draw < 0.1:
            return replace(row, text=f"{row.text} {chance.choice(NEUTRAL)}")
        if draw < 0.15:
            targets = list(row.targets)
            targets[CLOSING] = 1.0
            return replace(row, text=f"{row.text} {chance.choice(CLOSINGS)}", targets=tuple(targets))
        return row
