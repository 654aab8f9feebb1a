"""Reads a journal: decides its call again, and tells where the time of each breath went."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
from pydantic import ValidationError

from voiceassist.core.playbook import Playbook
from voiceassist.core.session import CallSession
from voiceassist.core.types import SAMPLE_RATE, AudioState, Channel, Scores, Word
from voiceassist.errors import UsageError
from voiceassist.journal.writing import FORMAT, HEARING, POLICY, question, told

_SAME = 0.02
"""Seconds by which the ends of a breath and of its words as told may differ."""
_DRIFT = 6.4e-6
"""Seconds a frame that a device's clock may lose against this machine's."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A journal as it lies in its file: the first line, and all others."""

    head: Mapping[str, Any]
    lines: list[dict[str, Any]]

    @property
    def began(self) -> datetime:
        """When the call began. Raises UsageError."""
        try:
            return datetime.fromisoformat(self.head["began"])
        except (KeyError, TypeError, ValueError):
            raise UsageError("the journal does not say when its call began") from None

    @property
    def told(self) -> list[dict[str, Any]]:
        """What the call told, in order."""
        return [line["told"] for line in self.lines if "told" in line]


@dataclass(slots=True)
class Span:
    """A breath: seconds of audio, and when each stage was done, in milliseconds after its last sound; None: never.

    `cue` and `nudge` are those of the moment that it opened.
    """

    channel: str
    onset: float
    offset: float
    text: str = ""
    heard: bool = False
    """Whether words were there for it; they may be none."""
    asked: float | None = None
    words: float | None = None
    scores: float | None = None
    told: float | None = None
    cue: float | None = None
    nudge: float | None = None
    painted: float | None = None


def read(path: Path) -> Recorded:
    """The journal in a file; a last line that was cut is left out. Raises UsageError naming file and line."""
    try:
        rows = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    lines: list[dict[str, Any]] = []
    for number, row in enumerate(rows, 1):
        try:
            line = json.loads(row)
        except json.JSONDecodeError:
            if number == len(rows) > 1:  # the program was ended while it wrote
                break
            raise UsageError(f"{path}:{number} is no line of a journal") from None
        if not isinstance(line, dict):
            raise UsageError(f"{path}:{number} is no line of a journal")
        lines.append(cast("dict[str, Any]", line))
    if not lines or lines[0].get("journal") != FORMAT:
        raise UsageError(f"{path} is no journal, or one of another version of this program")
    return Recorded(lines[0], lines[1:])


def decide(recorded: Recorded, playbook: Playbook) -> Iterator[dict[str, Any]]:
    """What this program tells of the same inputs, message by message. Raises UsageError for lines it cannot take in."""
    head = recorded.head
    try:
        channels = [Channel(channel) for channel in head["channels"]]
        policy, hearing = POLICY.validate_python(head["policy"]), HEARING.validate_python(head["hearing"])
        again = _Again(CallSession(head["call"], channels, policy=policy, hearing=hearing, playbook=playbook))
        yield from again.drained()
        for line in recorded.lines:
            for _ in again.take_in(line):
                yield from again.drained()
        if any("end" in line for line in recorded.lines):
            yield from again.finish()
    except (KeyError, TypeError, ValueError, AssertionError, ValidationError) as error:
        raise UsageError(f"the journal holds a line that cannot be taken in: {error!r}") from None


class _Again:
    """A session that hears a journal. Its requests have numbers of their own: answers go to those that ask the same.

    An answer for which nobody has asked yet waits for who will.
    """

    def __init__(self, session: CallSession) -> None:
        self._session = session
        self._asked: dict[int, Hashable] = {}
        self._open: dict[Hashable, int] = {}
        self._early: dict[Hashable, Callable[[int], None]] = {}

    def drained(self) -> Iterator[dict[str, Any]]:
        """What the session tells."""
        yield from (told(event) for event in self._session.events())
        for request in self._session.requests():
            key = question(request)
            if (answer := self._early.pop(key, None)) is None:
                self._open[key] = request.id
            else:
                answer(request.id)
                yield from self.drained()

    def finish(self) -> Iterator[dict[str, Any]]:
        """Tell what was asked, and was not when the journal was written, that no answer will come."""
        while self._open:
            _, request = self._open.popitem()
            if self._session.ended:
                return
            self._session.receive_failure(request, "not-recorded", "the journal holds no answer to this")
            yield from self.drained()

    def _answer(self, recorded: int, answer: Callable[[int], None]) -> None:
        key = self._asked.get(recorded)
        if (request := self._open.pop(key, None)) is not None:
            answer(request)
        else:
            self._early[key] = answer

    def take_in(self, line: Mapping[str, Any]) -> Iterator[None]:  # noqa: C901, PLR0912 - a table
        """Let the call hear what a line holds, input by input."""
        session = self._session
        for channel, end, probability in line.get("frames", ()):
            session.receive_audio(Channel(channel), end, probability)
            yield
        match line:
            case {"gap": told}:
                session.receive_gap(Channel(told["channel"]), told["start"], told["end"], lost=told["lost"])
            case {"source": told}:
                session.receive_source(Channel(told["channel"]), AudioState(told["state"]), told["device"])
            case {"load": told}:
                session.receive_load(overloaded=told["overloaded"])
            case {"affirm": _}:
                session.affirm()
            case {"turn": told}:
                session.receive_turn(Channel(told["channel"]), told["start"], told["end"], told["text"])
            case {"time": told}:
                session.receive_time(told["at"])
            case {"words": told}:
                words = [Word(start, end, text) for start, end, text in told["words"]]
                self._answer(told["id"], partial(session.receive_words, words=words))
            case {"scores": told}:
                vector = np.frombuffer(base64.b64decode(told["vector"]), "<f2").astype(np.float32)
                scores = Scores.of(told, language=told["language"], vector=vector)
                self._answer(told["id"], partial(session.receive_scores, scores=scores))
            case {"nothing": told}:
                self._answer(told["id"], session.receive_nothing)
            case {"failure": told}:
                failed = partial(session.receive_failure, code=told["code"], message=told["message"])
                self._answer(told["id"], failed)
            case {"dismiss": told}:
                session.dismiss(told["nudge"])
            case {"snooze": told}:
                session.snooze(told["duration"])
            case {"vote": told}:
                session.vote(told["nudge"], helpful=told["helpful"])
            case {"pause": _}:
                session.pause()
            case {"resume": _}:
                session.resume()
            case {"end": _}:
                session.end()
            case {"asked": asked}:
                self._asked[asked["id"]] = tuple(asked["of"])
                return
            case _:  # what the call told, or what was painted
                return
        yield


def spans(recorded: Recorded) -> list[Span]:
    """The breaths of the call whose words were recognised, in the order in which they ended.

    They have times only where the call was live: a replay does not wait for its own sound. Raises UsageError.
    """
    reading = _Spans(live=bool(recorded.head.get("live", True)))
    try:
        for line in recorded.lines:
            reading.read(line)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UsageError(f"the journal holds a line that cannot be read: {error!r}") from None
    found = [span for span in reading.breaths.values() if span.heard]
    return sorted(found, key=lambda span: span.offset)


class _Spans:
    """Reads spans line by line. A breath is known by where it begins: speech that goes on asks for it anew."""

    def __init__(self, *, live: bool) -> None:
        self.breaths: dict[tuple[str, int], Span] = {}
        self._live = live
        self._began = float("inf")
        self._asked: dict[int, Span] = {}
        self._scored: dict[int, Span] = {}
        self._shown: dict[str, Span] = {}
        self._latest: Span | None = None  # the breath of the agent's whose words came last: what is scored next is it

    def read(self, line: Mapping[str, Any]) -> None:
        """The next line."""
        at: float = line.get("t", 0.0)
        match line:
            case {"frames": frames}:
                began = at - frames[-1][1] / SAMPLE_RATE
                self._began = min(began, self._began + _DRIFT * len(frames))
            case {"asked": asked}:
                self._note_asked(at, asked)
            case {"words": told} if (span := self._asked.get(told["id"])) is not None:
                span.heard, span.text = True, " ".join(text.strip() for _, _, text in told["words"])
                span.words = self._after(at, span)
                self._latest = span if span.channel == Channel.AGENT else self._latest
            case {"scores": told} if (span := self._scored.get(told["id"])) is not None:
                span.scores = self._after(at, span)
                self._latest = span
            case {"told": told}:
                self._note_told(at, told)
            case {"painted": told} if (span := self._shown.get(told["id"])) is not None:
                span.painted = span.painted or self._after(at, span)
            case _:
                pass

    def _note_asked(self, at: float, asked: Mapping[str, Any]) -> None:
        match asked["purpose"]:
            case "scores":
                if self._latest is not None:
                    self._scored[asked["id"]] = self._latest
            case "tick":
                pass
            case _:
                span = Span(asked["channel"], asked["onset"] / SAMPLE_RATE, asked["offset"] / SAMPLE_RATE)
                span.asked = self._after(at, span)
                self._asked[asked["id"]] = self.breaths[span.channel, asked["onset"]] = span

    def _note_told(self, at: float, told: Mapping[str, Any]) -> None:
        match told["type"]:
            case "transcript":
                for span in self.breaths.values():
                    if span.channel == told["channel"] and span.told is None and abs(span.offset - told["end"]) < _SAME:
                        span.told = self._after(at, span)
            case "moment" if told["state"] == "open" and self._latest is not None and told["id"] not in self._shown:
                self._shown[told["id"]] = self._latest
                self._latest.cue = self._after(at, self._latest)
            case "nudge" if told["id"] not in self._shown and (span := self._shown.get(told["moment"])) is not None:
                self._shown[told["id"]] = span
                span.nudge = self._after(at, span)
            case _:
                pass

    def _after(self, at: float, span: Span) -> float | None:
        return round(1000 * (at - self._began - span.offset), 1) if self._live else None
