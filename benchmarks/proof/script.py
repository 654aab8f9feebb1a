"""What simulated agents publish: calls as real ones go, every message known beforehand.

A no comes about every fifth of a call's twenty messages: a cue, a nudge, words in between, its end. The quote of a
moment and the text of a nudge end in the number of their message, so that who sees a card knows how far it is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

PACE = 5.0
"""Messages that an agent publishes in a second."""
_CYCLE = 20
_ALERTS = 4
"""The no that ends in an alert where these are rare."""
_MARK = re.compile(r"#(\d+)$")
_NO = "No, we can't do that before the end of the month"
_WORDS = "I understand, but there is nothing else that I could book for you on that day"

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ScriptedCall:
    """One call: its messages in order, the last of which ends it, each as it is published."""

    id: str
    messages: tuple[Message, ...]

    @property
    def texts(self) -> list[bytes]:
        """The messages as they go over a WebSocket."""
        return [b'{"type":"publish","message":%b}' % json.dumps(m).encode() for m in self.messages]


def mark(text: str) -> int:
    """The number of the message that a quote or a nudge came in, 0 where it tells none."""
    found = _MARK.search(text)
    return 0 if found is None else int(found[1])


def shows(message: Message) -> bool:
    """Whether a card that tells its number comes of the message."""
    kind = message["type"]
    if kind == "nudge":
        return mark(message["text"]) == message["seq"]  # one that is renewed looks as before
    return kind == "call_started" or (kind == "moment" and message["state"] in {"open", "nudged"})


def call(user: str, number: int, length: int, *, alerts: bool = False) -> ScriptedCall:
    """A call of `length` messages, at least two.

    With `alerts` each second no ends in one, else one no in four calls.
    """
    id_ = f"{user}-{number}"
    made: list[Message] = [{"type": "call_started"}]
    while len(made) < length - 1:
        no = (len(made) - 1) // _CYCLE
        alert = alerts or (no == _ALERTS and (number + sum(user.encode())) % 4 == 0)
        made.append(_message(id_, len(made) - 1, len(made) + 1, alert=alert))
    noes = len({message["id"] for message in made if message["type"] == "moment"})
    made.append({"type": "call_ended", "scorecard": _scorecard(noes)})
    head = {"call": id_, "v": 1}
    numbered = [{**m, **head, "seq": n, "at": round((n - 1) / PACE, 3)} for n, m in enumerate(made, 1)]
    return ScriptedCall(id_, tuple(numbered))


def _message(call_: str, place: int, seq: int, *, alert: bool) -> Message:  # noqa: C901, PLR0911, PLR0912 - a table
    """The message at a place of the call, in twenties of one no each."""
    number, step = divmod(place, _CYCLE)
    no, nudge = f"{call_}-m{number}", f"{call_}-n{number}"
    mended = number % 2 == 1
    match step:
        case 2:
            return _moment(no, "open", seq)
        case 4:
            return _moment(no, "nudged", seq)
        case 5 | 10:  # sent, and renewed
            return _nudge(nudge, no, seq, first=seq - step + 5)
        case 7:
            return {"type": "mark", "kind": "parroted", "quote": f"{_NO} #{seq}", "moment": no}
        case 9:
            return _moment(no, "nudged", seq, acknowledgement=True)
        case 0:
            return {"type": "audio", "state": "listening", "channel": "agent"}
        case 12:  # now and then an agent is not heard for some seconds
            return {"type": "audio", "state": "silent", "channel": "agent" if number % 3 == 1 else "customer"}
        case 18:
            return {"type": "audio", "state": "restored", "channel": "customer"}
        case 14:
            return _moment(no, "recovered" if mended else "expired", seq, acknowledgement=True, alternative=mended)
        case 15:
            return {"type": "nudge_cleared", "id": nudge, "why": "recovered" if mended else "expired"}
        case 16 if mended:
            return {"type": "praise", "moment": no, "text": "Well said"}
        case 16 if alert:
            return _alert(f"{call_}-a{number}", no, seq)
        case 17:
            return {"type": "thumb", "id": nudge, "helpful": mended}
        case _:
            return _transcript("customer" if step % 3 == 0 else "agent", seq)


def _moment(id_: str, state: str, seq: int, **parts: bool) -> Message:
    return {"type": "moment", "id": id_, "state": state, "quote": f"{_NO} #{seq}", "asked": "a refund", "parts": parts}


def _nudge(id_: str, no: str, seq: int, *, first: int) -> Message:
    return {
        "type": "nudge",
        "id": id_,
        "moment": no,
        "kind": "offer_alternative",
        "text": f"Say what you can do #{first}",
        "quote": _NO,
        "suggestions": ["a voucher", "another day", "a call back"],
        "expires_at": seq / PACE + 10,
    }


def _alert(id_: str, no: str, seq: int) -> Message:
    return {
        "type": "alert",
        "id": id_,
        "why": "second_unrepaired",
        "moment": no,
        "quote": f"{_NO} #{seq}",
        "missing": ["alternative"],
    }


def _transcript(channel: str, seq: int) -> Message:
    start = seq / PACE
    return {
        "type": "transcript",
        "channel": channel,
        "start": start,
        "end": start + 0.2,
        "text": f"{_WORDS} #{seq}",
        "final": True,
    }


def _scorecard(noes: int) -> Message:
    counts = dict.fromkeys(("repaired", "expired", "withdrawn"), 0)
    return {
        "counts": {"noes": noes, "recovered": noes, "nudges": noes, "well_said": 0, **counts},
        "well_redirected": 0,
        "closing": True,
        "noes": [],
    }
