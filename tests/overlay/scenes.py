"""What a call says in each state of the overlay: lists of wire messages."""

from __future__ import annotations

from typing import Any

from voiceassist.core.types import AudioState, Channel, ClearedWhy, MarkKind, MomentState, NudgeKind
from voiceassist.server import messages as wire

CALL = "call-1"
LONG = 3_600.0
TEXTS = {
    NudgeKind.OFFER_ALTERNATIVE: "Say what you can do instead",
    NudgeKind.ACKNOWLEDGE: "Show them you heard the feeling",
    NudgeKind.GIVE_REASON: "Tell them why",
    NudgeKind.LET_THEM_FINISH: "Let them finish first",
}


def started() -> wire.CallStarted:
    return wire.CallStarted(call=CALL)


def audio(state: str, at: float = 0.0) -> wire.Audio:
    return wire.Audio(call=CALL, at=at, state=AudioState(state), device="Blackwire 5220 Analog Stereo")


def said(channel: str, start: float, text: str, *, final: bool = True) -> wire.Transcript:
    end = start + 1.5
    return wire.Transcript(call=CALL, at=end, channel=Channel(channel), start=start, end=end, text=text, final=final)


def moment(state: str = "open", id_: str = "call-1-m1", *lit: str, **more: Any) -> wire.Moment:
    parts = wire.Parts(**dict.fromkeys(lit, True))
    fields = {"quote": "No, we can't do two.", "asked": "Could I have two of those?", **more}
    return wire.Moment(call=CALL, at=14.0, id=id_, state=MomentState(state), parts=parts, **fields)


def nudge(kind: str = "offer_alternative", id_: str = "call-1-n1", *, stays: float = 10.0, **more: Any) -> wire.Nudge:
    fields = {"moment": "call-1-m1", "text": TEXTS[NudgeKind(kind)], "quote": "No, we can't do two.", **more}
    return wire.Nudge(call=CALL, at=15.2, id=id_, kind=NudgeKind(kind), expires_at=15.2 + stays, **fields)


def cleared(why: str, id_: str = "call-1-n1") -> wire.NudgeCleared:
    return wire.NudgeCleared(call=CALL, at=20.0, id=id_, why=ClearedWhy(why))


def praise(text: str = "Nicely turned around.") -> wire.Praise:
    return wire.Praise(call=CALL, at=20.0, moment="call-1-m1", text=text)


def mark(kind: str, quote: str = "", id_: str | None = None, *, at: float = 16.0, note: str = "") -> wire.Mark:
    return wire.Mark(call=CALL, at=at, kind=MarkKind(kind), quote=quote, moment=id_, note=note)


def no(id_: str, quote: str, state: str, *parts: str, nudges: tuple[NudgeKind, ...] = ()) -> wire.No:
    heard = tuple(wire.PartHeard(part=part, at=15.0 + i, words="what I can do is") for i, part in enumerate(parts))
    return wire.No(
        id=id_,
        at=14.0,
        quote=quote,
        asked="Could I have two of those?",
        state=MomentState(state),
        unsure=False,
        withheld=None,
        noes=1,
        nudges=nudges,
        parts=heard,
    )


def ended() -> wire.CallEnded:
    counts = wire.Counts(noes=3, repaired=1, recovered=1, expired=1, withdrawn=0, nudges=2, well_said=1)
    noes = (
        no("m1", "No, we can't do two.", "recovered", "reason", "alternative", nudges=(NudgeKind.OFFER_ALTERNATIVE,)),
        no("m2", "I'm afraid that room is taken.", "repaired", "acknowledgement", "reason", "alternative", "buy_in"),
        no("m3", "No.", "expired"),
    )
    marks = tuple(wire.MarkHeard(kind=m.kind, at=m.at, quote=m.quote, note=m.note) for m in noted())
    card = wire.Scorecard(
        counts=counts,
        well_redirected=1,
        closing=True,
        noes=noes,
        marks=marks,
        buy_ins=1,
        clarified=2,
        promises=1,
        gracious=True,
    )
    return wire.CallEnded(call=CALL, at=191.0, scorecard=card)


def talk() -> list[wire.CallEvent]:
    """A call that goes well so far."""
    return [
        started(),
        audio("listening"),
        said("agent", 0.8, "Thanks for calling Harbour Stays, this is Nia. How can I help?"),
        said("customer", 4.2, "Hi, I booked a room for Friday and I'd like to add a second one."),
        said("agent", 8.9, "Sure, let me look at that for you."),
        said("customer", 11.6, "It has to be on the same floor, my parents come along."),
    ]


def refused() -> list[wire.CallEvent]:
    return [*talk(), said("agent", 14.0, "No, we can't do two."), moment()]


def nudged(kind: str = "offer_alternative", **more: Any) -> list[wire.CallEvent]:
    return [*refused(), moment("nudged"), nudge(kind, stays=LONG, **more)]


def eventful() -> list[wire.CallEvent]:
    """Three noes: one recovered, one repaired by itself, one that lives."""
    return [
        *nudged(suggestions=("A twin room on the 3rd floor",)),
        said("agent", 17.0, "What I can do is a twin room, because the third floor has one left."),
        moment("recovered", "call-1-m1", "reason", "alternative"),
        cleared("recovered"),
        moment("repaired", "call-1-m2", "acknowledgement", "reason", "alternative", quote="I'm afraid that's taken."),
        moment("nudged", "call-1-m3", "acknowledgement", quote="No, not on Fridays."),
        nudge("give_reason", "call-1-n2", moment="call-1-m3", quote="No, not on Fridays.", stays=LONG),
        nudge("give_reason", "call-1-n2", moment="call-1-m3", quote="No, not on Fridays.", stays=LONG),
        cleared("expired", "call-1-n2"),
    ]


OFFERS = ("a twin room on the third floor", "two rooms from Sunday on", "a place on the waiting list")


def noted() -> list[wire.Mark]:
    """Of each kind of quiet mark one: two of a no, two of none."""
    return [
        mark("parroted", "It has to be on the same floor, right.", at=13.5),
        mark("interrupted", "but my parents", "call-1-m1"),
        mark("unacknowledged", "I have been ringing about this all week long.", "call-1-m1"),
        mark("ruled_out", "You get it back today.", at=18.0, note="Refunds take three to five days."),
    ]


STATES: dict[str, list[wire.CallEvent]] = {
    "idle": [],
    "listening": [*talk(), said("agent", 14.0, "Let me see whether the third floor", final=False)],
    "cue": [*refused(), moment("open", "call-1-m1", "acknowledgement")],
    "hold": [*refused(), moment("open", "call-1-m1", "reason", holding=True)],
    "unsure": [*refused(), moment("open", "call-1-m1", unsure=True)],
    "nudge-alternative": nudged(suggestions=OFFERS),
    "nudge-acknowledge": nudged("acknowledge"),
    "nudge-reason": [*nudged("give_reason"), moment("nudged", "call-1-m1", "alternative")],
    "nudge-finish": nudged("let_them_finish"),
    "praise": [
        *nudged(),
        moment("recovered", "call-1-m1", "reason", "alternative"),
        cleared("recovered"),
        praise(),
    ],
    "lost": [*talk(), audio("lost", 13.0)],
    "changed": [*talk(), audio("changed", 13.0)],
    "silent": [*talk(), audio("silent", 13.0)],
    "lagging": [*talk(), audio("lagging", 13.0)],
    "paused": [*talk(), audio("paused", 13.0)],
    "history": eventful(),
    "marks": [*eventful(), *noted()],
    "muted": [*talk(), wire.KindMuted(call=CALL, at=13.0, kind=NudgeKind.ACKNOWLEDGE, up=1, down=4)],
    "whisper": [*talk(), wire.Whisper(call=CALL, at=13.0, text="You may waive the fee on this one.")],
    "watched": [
        *talk(),
        wire.HubLink(state="waiting", waiting=12),
        wire.Watched(call=CALL, at=13.0, by=("Sam Sample",)),
    ],
    "error": [*talk(), wire.Error(call=CALL, at=13.0, code="engine", message="Some words may be missing.")],
    "ended": [*talk(), ended()],
}
