"""What one who joins is told first: who the server is, and how the call stands."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime

from voiceassist.core import types as core
from voiceassist.server.messages.call import (
    Alert,
    HubLink,
    KindMuted,
    Mark,
    Moment,
    Nudge,
    Praise,
    Scorecard,
    Transcript,
    Watched,
)
from voiceassist.server.messages.shape import Outgoing, Role, Seconds, Shape


class Hello(Outgoing, frozen=True):
    """The first message of a connection: who recognises, and how well.

    `limited`: accuracy is limited, `notice` says why and what to do. `privacy`: what is heard, kept, and seen by whom.
    `pulse`: in a call an `audio` message comes at least every so many seconds, 0 where that is not promised.
    `kept`: calls are kept, and may be reviewed once they are over.
    `user`, `name`, `teams`: who the server takes the client for, on a hub. `sample`: the agents are simulated.
    `resumed`: what was missed since the client's cursor follows; otherwise a `snapshot` follows.
    """

    type: Literal["hello"] = "hello"
    transcriber: str
    limited: bool
    notice: str = ""
    language: str = "en"
    privacy: str = ""
    pulse: Seconds = 0
    kept: bool = False
    version: str
    role: Role = "agent"
    user: str = ""
    name: str = ""
    teams: tuple[str, ...] = ()
    sample: bool = False
    resumed: bool = False


class PastNudge(Shape, frozen=True):
    """A nudge that left the screen, why and when (seconds)."""

    nudge: Nudge
    why: core.ClearedWhy
    cleared_at: Seconds


class Snapshot(Outgoing, frozen=True):
    """All that a late joiner must know of the newest call; `call` is null before the first.

    `at`: seconds of the call by now. `live`: the call is on; if not, `scorecard` tells how it was. `moments`, `nudge`
    (the standing one), `history`, `praises`: as last sent. `transcripts`: the latest final ones. `snoozed_until`:
    seconds of the call; null while snoozed for the call or the day. `device`: what the agent is heard on. `hub`: how
    the line to the hub stands, null where there is none. `watched`: who reads along with the call.
    """

    type: Literal["snapshot"] = "snapshot"
    live: bool = False
    started_at: AwareDatetime | None = None
    audio: core.AudioState | None = None
    customer_audio: core.AudioState | None = None
    device: str = ""
    paused: bool = False
    snoozed: bool = False
    snoozed_until: Seconds | None = None
    moments: tuple[Moment, ...] = ()
    nudge: Nudge | None = None
    history: tuple[PastNudge, ...] = ()
    transcripts: tuple[Transcript, ...] = ()
    praises: tuple[Praise, ...] = ()
    marks: tuple[Mark, ...] = ()
    muted: tuple[KindMuted, ...] = ()
    alerts: tuple[Alert, ...] = ()
    scorecard: Scorecard | None = None
    hub: HubLink | None = None
    watched: Watched | None = None
