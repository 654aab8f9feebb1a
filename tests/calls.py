"""Drives a `CallSession` by turns and by speech probabilities, with words and scores known beforehand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from voiceassist.core.events import Event, MomentChanged, NudgeCleared, NudgeSent
from voiceassist.core.playbook import Playbook
from voiceassist.core.policy import Hearing, Policy
from voiceassist.core.session import CallSession
from voiceassist.core.transcript import spread
from voiceassist.core.types import FRAME, Channel, Classify, Scores, Transcribe, Word, samples, seconds
from voiceassist.turns import TurnsCall

AGENT, CUSTOMER = Channel.AGENT, Channel.CUSTOMER
Turn = tuple[Channel, float, float, str]

# What the plain words of these tests hold: a stand-in with a vocabulary of its own, so that the core is tested alone.
_RULES: dict[str, str] = {
    "refusal": r"\bno\b(?! problem| refund)|\bcan't\b|\bdon't do\b|\bunable\b",
    "reason": r"\bbecause\b|\bsold out\b",
    "alternative": r"\bi can\b|\bwe can\b(?!')|\byou could\b",
    "acknowledgement": r"\bunderstand\b|\bfrustrating\b",
    "buy_in": r"\bwhich\b",
    "closing": r"\banything else\b",
    "promise": r"\blet me see\b",
}


def hear(prev: str, text: str) -> Scores:
    """Scores by the rules above; "perhaps" makes a refusal unsure, "bonjour" is not English."""
    if "bonjour" in text:
        return Scores.of({}, language="other")
    values = {label: 0.95 * bool(re.search(rule, text)) for label, rule in _RULES.items()}
    if "perhaps" in text and values["refusal"]:
        values["refusal"] = 0.5
    values["complete"] = 0.0 if text.endswith((" but", "can't", "a")) else 1.0
    vector = np.zeros(32, np.float32)
    for word in set((prev or text).split()) - {"can", "i", "have", "a", "the", "you", "could"}:
        vector[sum(word.encode()) % 32] += 1
    return Scores.of(values, vector=vector / max(float(np.linalg.norm(vector)), 1e-6))


Ear = Callable[[str, str], Scores]


def answer(session: CallSession, ear: Ear = hear, words: Sequence[tuple[Channel, Word]] = ()) -> None:
    """Answer every request that is out, in order."""
    while requests := session.requests():
        for request in requests:
            match request:
                case Classify():
                    session.receive_scores(request.id, ear(request.prev, request.text))
                case Transcribe(segment=s):
                    mine = [w for c, w in words if c is s.channel and s.start <= (w.start + w.end) // 2 < s.end]
                    session.receive_words(request.id, mine)


def play(
    turns: Iterable[Turn],
    *,
    ear: Ear = hear,
    policy: Policy | None = None,
    playbook: Playbook | None = None,
    tail: float = 30.0,
) -> list[Event]:
    """The events of a call of turns, to its end, `tail` seconds of silence after the last one."""
    session = CallSession("c", tuple(Channel), policy=policy, playbook=playbook)
    end = 0
    for channel, start, stop, text in turns:
        session.receive_turn(channel, samples(start), samples(stop), text)
        answer(session, ear)
        end = max(end, samples(stop))
    step = samples(0.5)
    for at in range(end, end + samples(tail) + 1, step):
        session.receive_time(at)
        answer(session, ear)
    session.end()
    answer(session, ear)
    assert session.ended
    return session.events()


def play_sound(  # noqa: PLR0913 - each is one thing that a call must not depend on, or does
    breaths: Sequence[Turn],
    *,
    ear: Ear = hear,
    hearing: Hearing | None = None,
    tail: float = 15.0,
    delay: int = 0,
    customer_first: bool = False,
) -> list[Event]:
    """The events of the same call heard as sound: speech probabilities by frame; answers come `delay` frames late."""
    channels = tuple(dict.fromkeys([AGENT, *(b[0] for b in breaths)]))[:: -1 if customer_first else 1]
    session = CallSession("c", channels, hearing=hearing)
    words = [(c, w) for c, start, stop, text in breaths for w in spread(samples(start), samples(stop), text)]
    total = samples(max(b[2] for b in breaths) + tail) // FRAME
    for index in range(total):
        for channel in channels:
            middle = seconds(index * FRAME + FRAME // 2)
            speech = any(c is channel and start <= middle < stop for c, start, stop, _ in breaths)
            session.receive_audio(channel, (index + 1) * FRAME, 0.9 if speech else 0.02)
        if index % (delay + 1) == 0:
            answer(session, ear, words)
    session.end()
    answer(session, ear, words)
    assert session.ended
    return session.events()


def story(events: Iterable[Event]) -> list[str]:
    """Moments, nudges and how they were cleared, a line each: what the golden calls compare."""
    lines: list[str] = []
    for event in events:
        at = f"{seconds(event.at):.2f}"
        match event:
            case MomentChanged(moment=m):
                flags = [*m.parts, *(["holding"] if m.holding else []), *(["unsure"] if m.unsure else [])]
                flags += [f"withheld:{m.withheld}"] if m.withheld else []
                lines.append(" ".join([at, m.id, m.state, *flags]))
            case NudgeSent(nudge=n):
                lines.append(f"{at} {n.id} {n.kind} {n.moment}")
            case NudgeCleared():
                lines.append(f"{at} {event.id} cleared:{event.why}")
            case _:
                pass
    return lines


def nudges_by_turn(call: TurnsCall, sent: Iterable[tuple[float, str]]) -> dict[int, list[str]]:
    """The kinds of nudges, each after the last turn of the agent that had ended by then."""
    kinds: dict[int, list[str]] = {}
    for at, kind in sent:
        ended = [i for i, t in enumerate(call.turns) if t.speaker is Channel.AGENT and t.end <= samples(at)]
        kinds.setdefault(ended[-1], []).append(kind)
    return kinds


def check_nudges(call: TurnsCall, sent: Iterable[tuple[float, str]]) -> None:
    """Each turn got the nudge that the call expects after it."""
    kinds = nudges_by_turn(call, sent)
    for turn, wanted in call.expect.items():
        text = call.turns[turn].text
        assert set(kinds.get(turn, [])) == (set() if wanted == "none" else {wanted}), (text, wanted, kinds)
