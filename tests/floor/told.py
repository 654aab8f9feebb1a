"""What an agent's machine publishes of a call, for tests of the floor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from voiceassist.core.types import AudioState, ClearedWhy, MomentState, NudgeKind
from voiceassist.floor.member import Member
from voiceassist.server import messages as wire

ADA = Member("ada", "Ada Brook", "Refunds")
BEN = Member("ben", "Ben Castell", "Bookings")
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def started(call: str = "c", seq: int = 1) -> wire.CallStarted:
    return wire.CallStarted(call=call, seq=seq, at=0)


def moment(seq: int, state: str = "open", *, id_: str = "c-m1", call: str = "c", **fields: Any) -> wire.Moment:
    fields = {"at": float(seq), "quote": "No.", "asked": "a refund", **fields}
    return wire.Moment(call=call, seq=seq, id=id_, state=MomentState(state), **fields)


def nudge(seq: int, *, id_: str = "c-n1", call: str = "c", **fields: Any) -> wire.Nudge:
    fields = {"at": float(seq), "moment": "c-m1", "text": "Say what you can do", "quote": "No.", **fields}
    return wire.Nudge(
        call=call, seq=seq, id=id_, kind=NudgeKind.OFFER_ALTERNATIVE, expires_at=fields["at"] + 10, **fields
    )


def cleared(seq: int, why: str = "expired", *, id_: str = "c-n1", call: str = "c") -> wire.NudgeCleared:
    return wire.NudgeCleared(call=call, seq=seq, at=float(seq), id=id_, why=ClearedWhy(why))


def said(seq: int, text: str = "hello", *, call: str = "c", final: bool = True) -> wire.Transcript:
    return wire.Transcript(
        call=call, seq=seq, at=float(seq), channel="agent", start=seq - 1, end=seq, text=text, final=final
    )


def sound(seq: int, state: str, *, call: str = "c") -> wire.Audio:
    return wire.Audio(call=call, seq=seq, at=float(seq), state=AudioState(state))


def alert(seq: int, *, id_: str = "c-a1", call: str = "c", **fields: Any) -> wire.Alert:
    fields = {"at": float(seq), "why": "second_unrepaired", "moment": "c-m1", "quote": "No.", **fields}
    return wire.Alert(call=call, seq=seq, id=id_, **fields)


def thumb(seq: int, *, call: str = "c") -> wire.Thumb:
    return wire.Thumb(call=call, seq=seq, id=f"{call}-n1", helpful=True)


def ended(seq: int, *, call: str = "c") -> wire.CallEnded:
    counts = wire.Counts(noes=0, repaired=0, recovered=0, expired=0, withdrawn=0, nudges=0, well_said=0)
    card = wire.Scorecard(counts=counts, well_redirected=0, closing=False, noes=())
    return wire.CallEnded(call=call, seq=seq, at=float(seq), scorecard=card)
