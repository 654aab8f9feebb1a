"""What supervisors see of the floor, and what the hub answers to an agent's machine."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import AwareDatetime

from voiceassist.core import types as core
from voiceassist.server.messages.shape import Outgoing, Shape

AgentState: TypeAlias = Literal["ready", "on", "paused", "unheard", "away"]


class CardMoment(Shape, frozen=True):
    """The no that is open in a call, since when, and the parts of it that were not heard yet."""

    id: str
    state: core.MomentState
    quote: str
    asked: str = ""
    missing: tuple[str, ...] = ()
    since: AwareDatetime


class CardNudge(Shape, frozen=True):
    """The last nudge of a call; `why` it left the agent's screen, null while it stands there."""

    kind: core.NudgeKind
    text: str
    at: AwareDatetime
    why: core.ClearedWhy | None = None


class Card(Shape, frozen=True):
    """One agent on the wall.

    `state`: `ready` between calls, `on` a call, `paused` by the agent, `unheard` where the sound is lost, `away` where
    the agent's machine cannot be reached. `since`: when that began. `noes` of the call so far, and those `unrepaired`.
    `sample`: nobody real.
    """

    agent: str
    name: str
    team: str
    state: AgentState
    since: AwareDatetime
    call: str | None = None
    call_since: AwareDatetime | None = None
    moment: CardMoment | None = None
    nudge: CardNudge | None = None
    noes: int = 0
    unrepaired: int = 0
    sample: bool = False


class TeamCards(Shape, frozen=True):
    """The cards of a team that changed, and the agents that are `gone` from it."""

    team: str
    cards: tuple[Card, ...] = ()
    gone: tuple[str, ...] = ()


class Wall(Outgoing, frozen=True):
    """What changed on the wall, at most five times a second; `whole`: all of it, in place of what was known.

    `now`: the server's clock, against which the other times are to be read.
    """

    type: Literal["wall"] = "wall"
    now: AwareDatetime
    whole: bool = False
    teams: tuple[TeamCards, ...] = ()


class Acked(Outgoing, frozen=True):
    """To an agent's machine: all events of `call` up to `seq` are kept and passed on; none needs to be sent again."""

    type: Literal["ack"] = "ack"


class LineState(Outgoing, frozen=True):
    """To a page whose sound comes in at the hub: how its line stands.

    `open`: a worker recognises what comes. `waiting`: none has room, `reason` says so in words; one is given as soon as
    there is. `taken`: another page of the agent is at the line now, and this one is told no more.
    """

    type: Literal["line"] = "line"
    state: Literal["waiting", "open", "taken"]
    reason: str = ""
