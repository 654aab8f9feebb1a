"""Reads a journal: decides its call again, and tells where the time of each breath went."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
from pydantic import ValidationError

from voiceassist.core.playbook import Playbook
from voiceassist.core.session import CallSession
from voiceassist.core.types import SAMPLE_RATE, AudioState, Channel, Scores, Word
from voiceassist.errors import UsageError
from voiceassist.journal.writing import FORMAT, HEARING, POLICY
from voiceassist.privacy import redact_event
from voiceassist.server.codec import to_wire

_SAME = 0.02
"""Seconds by which the ends of a breath and of its words as told may differ."""


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

    `cue` and `nudge` are those that came of it alone or of it and the breaths before.
    """

    channel: str
    onset: float
    offset: float
    text: str = ""
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
        session = CallSession(head["call"], channels, policy=policy, hearing=hearing, playbook=playbook)
        yield from _drained(session)
        for line in recorded.lines:
            for _ in _take_in(session, line):
                yield from _drained(session)
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise UsageError(f"the journal holds a line that cannot be taken in: {error}") from None


def spans(recorded: Recorded) -> list[Span]:
    """The breaths of the call whose words were recognised, in the order in which they ended."""
    began = min(
        (line["t"] - line["frames"][-1][1] / SAMPLE_RATE for line in recorded.lines if line.get("frames")), default=0.0
    )
    breaths: dict[int, Span] = {}
    scored: dict[int, Span] = {}
    shown: dict[str, Span] = {}
    latest: Span | None = None
    for line in recorded.lines:
        at = line.get("t", 0.0) - began
        if (asked := line.get("asked")) is not None:
            if asked["purpose"] == "scores":
                if latest is not None:
                    scored[asked["id"]] = latest
            else:
                onset, offset = asked["onset"] / SAMPLE_RATE, asked["offset"] / SAMPLE_RATE
                breaths[asked["id"]] = Span(asked["channel"], onset, offset, asked=_after(at, offset))
        elif (words := line.get("words")) is not None and (latest := breaths.get(words["id"])) is not None:
            latest.text = " ".join(text.strip() for _, _, text in words["words"])
            latest.words = _after(at, latest.offset)
        elif (scores := line.get("scores")) is not None and (latest := scored.get(scores["id"])) is not None:
            latest.scores = _after(at, latest.offset)
        elif (told := line.get("told")) is not None:
            _note_told(told, at, latest, breaths, shown)
        elif (painted := line.get("painted")) is not None and (span := shown.get(painted["id"])) is not None:
            span.painted = span.painted or _after(at, span.offset)
    return sorted((span for span in breaths.values() if span.words is not None), key=lambda span: span.offset)


def _note_told(
    told: Mapping[str, Any], at: float, latest: Span | None, breaths: Mapping[int, Span], shown: dict[str, Span]
) -> None:
    match told["type"]:
        case "transcript":
            for span in breaths.values():
                if span.channel == told["channel"] and span.told is None and abs(span.offset - told["end"]) < _SAME:
                    span.told = _after(at, span.offset)
        case "moment" if told["state"] == "open" and latest is not None and told["id"] not in shown:
            shown[told["id"]] = latest
            latest.cue = _after(at, latest.offset)
        case "nudge" if latest is not None and told["id"] not in shown:
            shown[told["id"]] = latest
            latest.nudge = _after(at, latest.offset)
        case _:
            pass


def _after(at: float, offset: float) -> float:
    return round(1000 * (at - offset), 1)


def _drained(session: CallSession) -> Iterator[dict[str, Any]]:
    for event in session.events():
        yield to_wire(redact_event(event), session.call, None).model_dump(mode="json", exclude={"call", "seq"})
    session.requests()


def _take_in(session: CallSession, line: Mapping[str, Any]) -> Iterator[None]:  # noqa: C901, PLR0912 - a table
    """Let the call hear what a line holds, input by input."""
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
            session.receive_words(told["id"], [Word(start, end, text) for start, end, text in told["words"]])
        case {"scores": told}:
            vector = np.frombuffer(base64.b64decode(told["vector"]), "<f2").astype(np.float32)
            session.receive_scores(told["id"], Scores.of(told, language=told["language"], vector=vector))
        case {"nothing": told}:
            session.receive_nothing(told["id"])
        case {"failure": told}:
            session.receive_failure(told["id"], told["code"], told["message"])
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
        case _:  # what the call told or asked, or what was painted
            return
    yield
