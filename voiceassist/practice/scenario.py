"""Calls to practise on: who rings, with what, what has to be turned down. Read from YAML, checked like a playbook."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from voiceassist import assets, playbooks
from voiceassist.core.customer import spoken
from voiceassist.core.playbook import Offer, Situation
from voiceassist.errors import PlaybookError, UsageError
from voiceassist.playbooks.document import MOST_BYTES, Node, Place, Table, Text, parse
from voiceassist.playbooks.draft import check_name

FILE = "scenarios.yaml"
VOICES = ("awb", "kal16", "rms", "slt")
"""The voices of flite that speak at 16 kHz."""
_KEYS = ("playbook", "situation", "temper", "voice", "no", "opening", "no_reason", "no_alternative", "good")
_LONGEST = 200
"""Characters of a text: more is not listened to, or read, before a call."""


class Temper(StrEnum):
    """How a customer is."""

    CALM = "calm"
    HURRIED = "hurried"
    ANGRY = "angry"
    UPSET = "upset"
    DISBELIEVING = "disbelieving"
    CHATTY = "chatty"
    SARCASTIC = "sarcastic"
    TEARFUL = "tearful"


class Cue(StrEnum):
    """When the customer says a line: first, or where the answer gave no reason or nothing else instead."""

    OPENING = "opening"
    NO_REASON = "no_reason"
    NO_ALTERNATIVE = "no_alternative"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A customer with a wish that has to be turned down. `no` says what and why, `good` what a good answer holds.

    `lines` are what the customer says at each cue; of the last two cues one may be missing.
    """

    id: str
    playbook: str
    situation: str
    temper: Temper
    voice: str
    no: str
    good: str
    lines: Mapping[Cue, str]

    def clip(self, cue: Cue) -> str:
        """The name of the file in which the line is spoken."""
        return f"{self.id}-{cue.value.replace('_', '-')}.ogg"


@dataclass(frozen=True, slots=True)
class Exercise:
    """A scenario with the playbook that it is practised with, and what is to offer there."""

    scenario: Scenario
    playbook: str
    situation: Situation

    def offers(self, said: str, now: datetime) -> tuple[Offer, ...]:
        """What can be offered at that time to a customer who said this, best first; of one call each is another."""
        heard = f" {spoken(said)} "
        day, minute = now.toordinal(), now.hour * 60 + now.minute
        return tuple(
            offer
            for offer in self.situation.offers
            if offer.fits(heard) and (offer.window is None or offer.window.holds(day, minute))
        )


def bundled() -> tuple[Scenario, ...]:
    """The scenarios that come with the program. Raises VoiceassistError where they are missing."""
    return read(assets.practice() / FILE)


def read(path: Path) -> tuple[Scenario, ...]:
    """The scenarios of a file. Raises PlaybookError with file:line:column and the key of the first fault."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise PlaybookError(f"{path}: {error.strerror or error}") from None
    root = parse(content, str(path))
    if root is None:
        raise Place(str(path), 1, 1).fault("", "the file is empty; it has scenarios")
    named = _values(root, "", ("scenarios",), needed=("scenarios",))["scenarios"]
    if not isinstance(named, Table) or not named.entries:
        raise named.place.fault("scenarios", "the names of scenarios with their keys are wanted here")
    known = {name: _situations(file) for name, file in playbooks.bundled().items()}
    return tuple(_scenario(key, node, known) for key, node in named.entries.values())


def exercises(scenarios: Sequence[Scenario], playbook: str | None) -> tuple[Exercise, ...]:
    """The scenarios whose situation is in the playbook (a path, or a bundled one's name); None: each with its own.

    Situations of one name in two bundled playbooks need not be the same: of those, each has its own scenarios. Raises
    PlaybookError where the playbook is none.
    """
    if playbook is None or playbook in playbooks.bundled():
        pairs = [(one, one.playbook) for one in scenarios if playbook in {None, one.playbook}]
    else:
        pairs = [(one, playbook) for one in scenarios]
    known = {name: _situations(playbooks.find(name)) for name in {playbook for _, playbook in pairs}}
    return tuple(Exercise(one, name, known[name][one.situation]) for one, name in pairs if one.situation in known[name])


def named(exercises: Sequence[Exercise], name: str) -> Exercise:
    """The exercise of that name. Raises UsageError, which tells the nearest one."""
    known = {exercise.scenario.id: exercise for exercise in exercises}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        meant = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        raise UsageError(f"there is no scenario {name!r} here; {meant}")
    return known[name]


def _situations(path: Path) -> dict[str, Situation]:
    return {situation.id: situation for situation in playbooks.read(path).situations}


def _scenario(key: Text, node: Node, known: Mapping[str, Mapping[str, Situation]]) -> Scenario:
    check_name(key, "scenarios")
    where = f"scenarios.{key.value}"
    optional = {Cue.NO_REASON.value, Cue.NO_ALTERNATIVE.value}
    values = _values(node, where, _KEYS, needed=tuple(name for name in _KEYS if name not in optional))
    texts = {name: _text(value, f"{where}.{name}") for name, value in values.items()}
    if not optional & set(texts):
        raise node.place.fault(where, f"one of {Cue.NO_REASON} and {Cue.NO_ALTERNATIVE} has to be there")
    playbook = _one_of(texts["playbook"], known, f"{where}.playbook", "playbook")
    return Scenario(
        id=key.value,
        playbook=playbook,
        situation=_one_of(texts["situation"], known[playbook], f"{where}.situation", "situation"),
        temper=Temper(_one_of(texts["temper"], [one.value for one in Temper], f"{where}.temper", "temper")),
        voice=_one_of(texts["voice"], VOICES, f"{where}.voice", "voice"),
        no=texts["no"].value,
        good=texts["good"].value,
        lines={cue: texts[cue.value].value for cue in Cue if cue.value in texts},
    )


def _values(node: Node, where: str, known: Sequence[str], *, needed: Sequence[str]) -> dict[str, Node]:
    """A table's values by their keys, all of which are known."""
    if not isinstance(node, Table):
        raise node.place.fault(where, "keys with values are wanted here")
    for key, _ in node.entries.values():
        if key.value not in known:
            name = f"{where}.{key.value}" if where else key.value
            raise key.place.fault(name, "there is no such key", key.value, known)
    for name in needed:
        if name not in node.entries:
            raise node.place.fault(where, f"the key {name!r} is missing")
    return {name: value for name, (_, value) in node.entries.items()}


def _text(node: Node, where: str) -> Text:
    if not isinstance(node, Text):
        raise node.place.fault(where, "a text is wanted here")
    value = " ".join(node.value.split())
    if not node.is_text or not spoken(value):
        raise node.place.fault(where, f"{node.value!r} is no text" if value else "a text is missing")
    if len(value) > _LONGEST:
        raise node.place.fault(where, f"{len(value)} characters, and {_LONGEST} are the most")
    return Text(node.place, value)


def _one_of(text: Text, known: Iterable[str], where: str, what: str) -> str:
    names = list(known)
    if text.value not in names:
        raise text.place.fault(where, f"there is no {what} {text.value!r}", text.value, names)
    return text.value
