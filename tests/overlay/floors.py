"""Floors for tests and pictures: agents in calls, open noes and alerts, as the hub would tell them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from overlay.floor_stage import FloorStage, now

from overlay import scenes
from voiceassist.core.types import AlertWhy, AudioState, Channel, ClearedWhy, MomentState, NudgeKind
from voiceassist.server import messages as wire

FIRST = (
    *("Ana", "Ben", "Carla", "David", "Elif", "Femi", "Grace", "Hugo", "Ines", "Jonas", "Kaya", "Liam", "Mina"),
    *("Noor", "Oskar", "Paula", "Quinn", "Rosa", "Samir", "Tessa", "Uma", "Viktor", "Wanda", "Yara", "Zeno"),
)
LAST = (
    *("Silva", "Okafor", "Meyer", "Tanaka", "Rossi", "Novak", "Larsen", "Costa", "Dubois", "Khan", "Weiss", "Moreau"),
    *("Lindqvist", "Adeyemi", "Petrov", "Castellanos", "Byrne", "Haddad", "Ivanova", "Jansen"),
)
TEAMS = ("Front desk", "Billing", "Orders", "Returns", "Groups", "Night", "Loyalty", "Corporate", "Travel", "Care")
QUOTES = (
    ("No, we can't do two rooms on that rate.", "Could I have a second room on the same rate?"),
    ("No, that is not possible.", "Can you send it back to the old address?"),
    ("I can't refund that.", "I would like my money back for the night."),
    ("We don't do that here.", "Can I pay the deposit on arrival?"),
)


def card(number: int, team: str = TEAMS[0], state: str = "on", **more: Any) -> wire.Card:
    """Agent `number` of the floor, in a call since a while unless told otherwise."""
    first, last = FIRST[number % len(FIRST)], LAST[(number * 7 + number // len(FIRST)) % len(LAST)]
    since = now() - timedelta(seconds=40 + (number * 97) % 900)
    on = state in {"on", "paused", "unheard"}
    fields = {
        "agent": f"agent-{number}",
        "name": f"{first} {last}",
        "team": team,
        "state": state,
        "since": since,
        "call": f"call-{number}" if on else None,
        "call_since": since if on else None,
        **more,
    }
    return wire.Card(**fields)


def no(number: int, *missing: str, state: str = "open") -> wire.CardMoment:
    quote, asked = QUOTES[number % len(QUOTES)]
    return wire.CardMoment(
        id=f"call-{number}-m1", state=MomentState(state), quote=quote, asked=asked, missing=missing, since=now()
    )


def hint(kind: str = "offer_alternative", why: str | None = None) -> wire.CardNudge:
    kind_ = NudgeKind(kind)
    return wire.CardNudge(kind=kind_, text=scenes.TEXTS[kind_], at=now(), why=ClearedWhy(why) if why else None)


def alert(
    number: int, why: str = "asked_for_manager", *, team: str = TEAMS[0], ago: float = 5, **more: Any
) -> wire.Alert:
    """An alert of agent `number`, raised so many seconds ago."""
    quote, asked = QUOTES[number % len(QUOTES)]
    fields: dict[str, Any] = {
        "call": f"call-{number}",
        "id": f"call-{number}-a1",
        "agent": f"agent-{number}",
        "team": team,
        "why": AlertWhy(why),
        "moment": f"call-{number}-m1",
        "quote": quote,
        "asked": asked,
        "missing": ("reason", "alternative"),
        "raised_at": now() - timedelta(seconds=ago),
        **more,
    }
    return wire.Alert(**fields)


def floor(agents: int, teams: int) -> list[wire.Card]:
    """So many agents in so many teams: most in calls, some with a no, some ready, away or paused."""
    cards = []
    for number in range(agents):
        team = TEAMS[number * teams // agents]
        state = {3: "ready", 7: "ready", 11: "paused", 16: "away", 23: "ready"}.get(number % 26, "on")
        more: dict[str, Any] = {}
        if state == "on" and number % 5 == 1:
            more = {"nudge": hint("give_reason", "recovered"), "noes": 1}
        if state == "on" and number % 9 == 4:
            more = {"moment": no(number, "reason", "alternative", "buy_in"), "noes": 1}
        if state == "on" and number % 17 == 5:
            more = {
                "moment": no(number, "alternative", "acknowledgement", "buy_in", state="nudged"),
                "nudge": hint(),
                "noes": 2,
                "unrepaired": 1,
            }
        cards.append(card(number, team, state, **more))
    return cards


def set_floor(stage: FloorStage, agents: int, teams: int, *, alerts: int = 3) -> None:
    """Put a floor on the stage, with the first alerts of these: one of each kind."""
    cards = floor(agents, teams)
    stage.put(*cards)
    on = [(number, one) for number, one in enumerate(cards) if one.state == "on" and number % 3 == 2][:alerts]
    kinds = ("wants_to_cancel", "asked_for_manager", "second_unrepaired")
    for turn, (number, one) in enumerate(on):
        raised = alert(number, kinds[turn % 3], team=one.team, ago=20 + 95 * turn)
        stage.alerts[raised.id] = raised
        moment = no(number, "reason", "alternative", "buy_in", state="nudged")
        stage.put(one.model_copy(update={"moment": moment, "nudge": hint(), "noes": 2, "unrepaired": 2}))


def handled(stage: FloorStage) -> None:
    """Alerts that somebody took care of already."""
    for number, more in (
        (1, {"state": "acknowledged", "by": "Jon Reed"}),
        (4, {"state": "assigned", "by": "Mara Holt", "to": "jon.reed"}),
        (6, {"state": "snoozed", "by": "Mara Holt", "until": now() + timedelta(minutes=4)}),
    ):
        one = alert(number, "second_unrepaired", ago=600 + number, **more)
        stage.alerts[one.id] = one


def snapshot(number: int, *events: wire.CallEvent, started: datetime | None = None) -> wire.Snapshot:
    """The call of agent `number`, as one who opens it is told: a no with its nudge, and words of both sides."""
    call = f"call-{number}"

    def here(message: Any) -> Any:
        return message.model_copy(update={"call": call})

    moment = here(scenes.moment("nudged", f"{call}-m1", "acknowledgement"))
    nudge = here(scenes.nudge(id_=f"{call}-n1", moment=f"{call}-m1", stays=scenes.LONG))
    words = (
        ("agent", 0.8, "Thanks for calling Harbour Stays, this is Ana. How can I help?"),
        ("customer", 4.2, "Hi, I booked a room for Friday and I'd like to add a second one on the same rate."),
        ("agent", 11.0, "No, we can't do two rooms on that rate."),
        ("customer", 14.4, "Then let me speak to somebody who can, please."),
    )
    transcripts = tuple(
        wire.Transcript(
            call=call, at=start + 2, channel=Channel(who), start=start, end=start + 2, text=text, final=True
        )
        for who, start, text in words
    )
    return wire.Snapshot(
        call=call,
        at=24.0,
        live=True,
        started_at=started or now() - timedelta(seconds=24),
        audio=AudioState.LISTENING,
        moments=(moment, *(event for event in events if isinstance(event, wire.Moment))),
        nudge=nudge,
        history=(),
        transcripts=transcripts,
    )


def trend(days: int = 30) -> dict[str, Any]:
    """A team that learns: fewer noes are left bare, and they are mended sooner. One day without calls."""
    points = []
    for day in range(days):
        at = now().date() - timedelta(days=days - day)
        noes = 0 if day == days // 2 else 12 + (day * 7) % 9
        points.append(
            {
                "day": at.isoformat(),
                "calls": noes * 3,
                "noes": noes,
                "unrepaired": round(noes * (0.42 - 0.007 * day + 0.03 * ((day * 5) % 4 - 1.5) / 2)),
                "repair_seconds_p50": None if noes == 0 else round(9.5 - 0.12 * day + ((day * 3) % 5) * 0.4, 1),
            }
        )
    return {"points": points, "n": sum(point["noes"] for point in points)}
