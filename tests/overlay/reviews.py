"""Calls to review: one with everything in it, one of the agent alone, one of four hours, one that wants to do harm."""

from __future__ import annotations

from pathlib import Path

from calls import AGENT, CUSTOMER, Turn
from store.kept import ended, keep, mark, moment, nudge, said, started, told

from voiceassist.core.types import AudioState, MarkKind, MomentState
from voiceassist.report.page import render
from voiceassist.server import messages as wire
from voiceassist.store.database import Store

HOSTILE = "</script><img src=x onerror=alert(1)> \u202eevil\u202c \u2028 &amp; 👩🏽\u200d🚀 \"' <!-- ]]>"
SETTLED = (
    "I understand you want it settled. I can't do it by phone, because the law wants her signature, "
    "but you could both drop in at Fifth Street. Which day would suit?"
)
TURNS: list[Turn] = [
    (AGENT, 0.4, 3.2, "Good morning, this is Sam, how may I help you?"),
    (CUSTOMER, 3.8, 9.5, "Hi. I was charged a late fee, and I was only two days over. Can I have it back?"),
    (AGENT, 10.2, 11.6, "No, we can't do that."),
    (CUSTOMER, 13.4, 21.0, "But I have been with you for nine years and this has never happened before."),
    (AGENT, 21.8, 25.0, "I understand, nine years and then this letter, that is frustrating."),
    (AGENT, 25.8, 30.4, "I am unable to take it off because the bank that collects it has booked it on Friday."),
    (AGENT, 31.2, 35.5, "What I can do is spread it over three months. Which day of the month suits you?"),
    (CUSTOMER, 36.4, 39.0, "The first, I suppose. That does help."),
    (AGENT, 39.8, 43.0, "Done, let me see that it comes by mail as well."),
    (CUSTOMER, 50.0, 54.8, "And can I have the paper statement again? Mine never arrives before the twentieth."),
    (AGENT, 55.6, 58.9, "We can't send it before the fifteenth, no."),
    (CUSTOMER, 61.0, 63.5, "Well, that is no use to me then."),
    (AGENT, 64.5, 67.0, "No, sorry."),
    (CUSTOMER, 90.0, 95.0, "One more thing. Can I change the name on the account to my daughter's?"),
    (AGENT, 95.8, 106.0, SETTLED),
    (CUSTOMER, 106.8, 109.5, "Thursday. Thank you, that is kind."),
    (AGENT, 110.2, 113.0, "Is there anything else I can do for you?"),
    (CUSTOMER, 113.6, 115.0, "No, that was all. Bye."),
]


def full() -> list[wire.CallEvent]:
    """Three noes, one of each outcome, with marks, offers, a thumb and a stretch that was not heard."""
    *messages, end = told(TURNS)
    offers = [
        message.model_copy(update={"suggestions": ("spread it over three months", "waive the next one")})
        if isinstance(message, wire.Nudge)
        else message
        for message in messages
    ]
    return [
        *offers,
        wire.Audio(call="c", at=70.0, state=AudioState.PAUSED),
        wire.Audio(call="c", at=84.0, state=AudioState.LISTENING),
        mark(MarkKind.RULED_OUT, 43.0, "it comes by mail as well", note="Letters take up to ten days."),
        end,
    ]


def alone() -> list[wire.CallEvent]:
    """Only the agent, in a call that was cut off."""
    return [
        started(),
        said("No, we don't do that.", 4.0),
        moment(MomentState.EXPIRED, 5.0, "No, we don't do that."),
    ]


def long() -> list[wire.CallEvent]:
    """Four hours: 10,000 utterances and 60 noes."""
    words = "well let me look at that for you it says here that the parcel left our warehouse on tuesday morning"
    step = 4 * 3600 / 10_000
    talk = [
        said(f"{words} {n}", n * step, channel=CUSTOMER if n % 2 else AGENT, length=step * 0.8) for n in range(10_000)
    ]
    noes = [moment(MomentState.EXPIRED, 230.0 * n + 3, "No, we can't.", id_=f"c-m{n}") for n in range(60)]
    return [started(), *talk, *noes, ended(4 * 3600.0)]


def hostile() -> list[wire.CallEvent]:
    """What was said is markup, turns round and closes what it can."""
    return [
        started(HOSTILE),
        said(HOSTILE, call=HOSTILE),
        moment(MomentState.EXPIRED, 2.0, HOSTILE, call=HOSTILE),
        nudge(call=HOSTILE, suggestions=[HOSTILE]),
        ended(call=HOSTILE),
    ]


def write(folder: Path, messages: list[wire.CallEvent], name: str = "review.html") -> Path:
    """The review of a call that these messages tell, as a file in `folder`."""
    with Store.open(folder / f"{name}.sqlite3") as store:
        keep(store, *messages, agent="Sam", transcriber="base.en")
        page = folder / name
        page.write_text(render(store.call("last")), encoding="utf-8")
    return page
