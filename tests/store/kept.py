"""Calls as the core tells them, put into a store the way the program does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, cast

from calls import AGENT, CUSTOMER, Turn, hear, play
from sqlalchemy import CursorResult, text

from voiceassist.core.types import AlertWhy, Channel, MarkKind, MomentState, NudgeKind
from voiceassist.privacy import redact_event
from voiceassist.server import messages as wire
from voiceassist.server.codec import to_wire
from voiceassist.store.database import Store
from voiceassist.store.recorder import Recorder

# A bare no, nudged; the reason and the alternative come after the customer's answer.
RECOVERED: list[Turn] = [
    (CUSTOMER, 0, 2, "can i have a refund"),
    (AGENT, 2.5, 3.5, "no we can't"),
    (CUSTOMER, 5, 8, "but the box was broken when it came"),
    (AGENT, 9, 11, "i understand that is frustrating"),
    (AGENT, 11.7, 14, "because it is sold out"),
    (AGENT, 14.7, 17, "i can send you another one which colour"),
    (CUSTOMER, 18, 20, "the blue one please"),
    (AGENT, 21, 23, "done is there anything else"),
]


def told(turns: Iterable[Turn], call: str = "c") -> list[wire.CallEvent]:
    """What the program publishes of a call of turns."""
    events = play(turns, ear=lambda prev, text: hear(prev.lower(), text.lower()))
    return [to_wire(redact_event(event), call, number) for number, event in enumerate(events, 1)]


def keep(store: Store, *messages: wire.CallEvent | wire.Command, agent: str = "", transcriber: str = "") -> None:
    """Put messages into the store, to the last one."""
    with Recorder(store, agent=agent, transcriber=transcriber) as recorder:
        for message in messages:
            recorder.take(message)
    assert (recorder.dropped, recorder.trouble) == (0, None)


def mine(*messages: wire.CallEvent, call: str = "c", first: int = 1) -> list[wire.CallEvent]:
    """The messages as an agent's machine publishes them: of this call, numbered from `first` on."""
    return [message.model_copy(update={"call": call, "seq": seq}) for seq, message in enumerate(messages, first)]


def started(call: str = "c") -> wire.CallStarted:
    return wire.CallStarted(call=call)


def said(
    text: str, at: float = 1.0, *, call: str = "c", channel: Channel = AGENT, length: float = 1.0
) -> wire.Transcript:
    return wire.Transcript(call=call, at=at + length, channel=channel, start=at, end=at + length, text=text, final=True)


def moment(  # noqa: PLR0913 - each is one thing that a moment has
    state: MomentState,
    at: float,
    quote: str = "No.",
    *,
    id_: str = "c-m1",
    parts: wire.Parts | None = None,
    unsure: bool = False,
    call: str = "c",
) -> wire.Moment:
    return wire.Moment(call=call, at=at, id=id_, state=state, quote=quote, parts=parts or wire.Parts(), unsure=unsure)


def nudge(  # noqa: PLR0913 - each is one thing that a nudge has
    at: float = 5.0,
    *,
    id_: str = "c-n1",
    call: str = "c",
    of: str | None = "c-m1",
    kind: NudgeKind = NudgeKind.OFFER_ALTERNATIVE,
    suggestions: Sequence[str] = (),
) -> wire.Nudge:
    return wire.Nudge(
        call=call,
        at=at,
        id=id_,
        moment=of,
        kind=kind,
        text="Say what you can do",
        quote="No.",
        suggestions=tuple(suggestions),
        expires_at=at + 10,
    )


def alert(at: float, *, id_: str | None = None, call: str = "c", quote: str = "No.") -> wire.Alert:
    why, missing = AlertWhy.SECOND_UNREPAIRED, ("reason",)
    return wire.Alert(
        call=call, at=at, id=id_ or f"{call}-a1", why=why, moment=f"{call}-m1", quote=quote, missing=missing
    )


def mark(kind: MarkKind, at: float, quote: str = "", *, of: str | None = None, note: str = "") -> wire.Mark:
    return wire.Mark(call="c", at=at, kind=kind, quote=quote, moment=of, note=note)


def card(**fields: object) -> wire.Scorecard:
    """A scorecard without noes, with these fields."""
    counts = wire.Counts(noes=0, repaired=0, recovered=0, expired=0, withdrawn=0, nudges=0, well_said=0)
    return wire.Scorecard.model_validate(
        {"counts": counts, "well_redirected": 0, "closing": False, "noes": (), **fields}
    )


def ended(at: float = 60.0, *, call: str = "c", **fields: object) -> wire.CallEnded:
    return wire.CallEnded(call=call, at=at, scorecard=card(**fields))


def statements(store: Store, *texts: str) -> list[tuple[object, ...]]:
    """Run statements on the store's database, past what it knows; the rows of the last."""
    with store.writing() as session:
        rows: list[tuple[object, ...]] = []
        for statement in texts:
            result = cast("CursorResult[Any]", session.execute(text(statement)))
            rows = [tuple(row) for row in result] if result.returns_rows else []
        return rows


def sql(path: Path, *statements: str) -> list[tuple[object, ...]]:
    """Run statements on the file, past the program; the rows of the last."""
    with closing(sqlite3.connect(path)) as connection:
        rows: list[tuple[object, ...]] = []
        for statement in statements:
            rows = connection.execute(statement).fetchall()
        connection.commit()
        return rows
