"""Simulated agents for a look at the board: written calls, spoken at the pace of speech, judged like real ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from voiceassist.core.types import Channel, samples
from voiceassist.floor.member import Member
from voiceassist.turns import Turn, TurnsCall

WORDS_A_SECOND = 2.7
_BEGIN = 0.8
_PAUSE = 0.8
_ANSWER = 1.6
"""Seconds of silence between two turns, and before a customer's answer: long enough for a nudge to be due."""
_SHORTEST = 0.9


@dataclass(frozen=True, slots=True)
class SampleAgent:
    """One simulated agent: the calls one has, over and over, and the seconds before the first and between them."""

    member: Member
    calls: tuple[TurnsCall, ...]
    first: float
    between: float

    def shift(self) -> Iterator[TurnsCall]:
        """The calls without end, each with an id of its own."""
        number = 0
        while True:
            for call in self.calls:
                number += 1
                yield TurnsCall(f"{self.member.user}-{number}", call.turns, {})


def agents(file: Path) -> tuple[SampleAgent, ...]:
    """The simulated agents of a file: `agents` and `teams` by name, `calls` as lists of speaker and text.

    The first agent begins at once with the first call, which ends in an alert; each other begins elsewhere.
    """
    document = json.loads(file.read_text("utf-8"))
    teams, names = document["teams"], document["agents"]
    calls = [_spoken(name, turns) for name, turns in document["calls"]]
    return tuple(
        SampleAgent(
            member=Member(f"sample-{number:02}", name, teams[number % len(teams)], sample=True),
            calls=tuple(calls[number % len(calls) :] + calls[: number % len(calls)]),
            first=1.5 * number,
            between=4.0 + number,
        )
        for number, name in enumerate(names)
    )


def _spoken(name: str, turns: Sequence[Sequence[str]]) -> TurnsCall:
    """The turns with the times at which they are spoken."""
    at, spoken, before = _BEGIN, list[Turn](), Channel.AGENT
    for speaker, text in turns:
        channel = Channel(speaker)
        at += _ANSWER if (before, channel) == (Channel.AGENT, Channel.CUSTOMER) else _PAUSE
        end = at + max(_SHORTEST, len(text.split()) / WORDS_A_SECOND)
        spoken.append(Turn(channel, text, samples(at), samples(end)))
        at, before = end, channel
    return TurnsCall(name, tuple(spoken), {})
