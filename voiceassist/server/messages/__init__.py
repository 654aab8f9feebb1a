"""The wire messages between server and client: JSON text over a WebSocket, version 1.

Times within a call are seconds of it, to the millisecond; others are instants with their zone. `codec` makes these from
core events and text, and text from these.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from voiceassist.core import types as core
from voiceassist.server.messages.call import (
    Alert,
    Audio,
    CallEnded,
    CallEvent,
    CallStarted,
    Counts,
    Error,
    KindMuted,
    Mark,
    MarkHeard,
    Moment,
    No,
    Nudge,
    NudgeCleared,
    PartHeard,
    Parts,
    Praise,
    Scorecard,
    Thumb,
    Transcript,
    Whisper,
)
from voiceassist.server.messages.client import (
    Ack,
    AlertAck,
    AlertAssign,
    AlertSnooze,
    AudioStart,
    CallEnd,
    CallStart,
    ClientHello,
    Command,
    Dismiss,
    Feedback,
    FromClient,
    Painted,
    Pause,
    Publish,
    Resume,
    SendWhisper,
    Snooze,
    Subscribe,
)
from voiceassist.server.messages.floor import (
    Acked,
    AgentState,
    Card,
    CardMoment,
    CardNudge,
    TeamCards,
    Wall,
)
from voiceassist.server.messages.joining import (
    Hello,
    PastNudge,
    Snapshot,
)
from voiceassist.server.messages.shape import (
    Id,
    Incoming,
    Outgoing,
    Role,
    Seconds,
    Shape,
    SnoozeFor,
)

FromServer: TypeAlias = Annotated[Hello | Snapshot | Wall | Acked | CallEvent, Field(discriminator="type")]

__all__ = [
    "Ack",
    "Acked",
    "AgentState",
    "Alert",
    "AlertAck",
    "AlertAssign",
    "AlertSnooze",
    "Audio",
    "AudioStart",
    "CallEnd",
    "CallEnded",
    "CallEvent",
    "CallStart",
    "CallStarted",
    "Card",
    "CardMoment",
    "CardNudge",
    "ClientHello",
    "Command",
    "Counts",
    "Dismiss",
    "Error",
    "Feedback",
    "FromClient",
    "FromServer",
    "Hello",
    "Id",
    "Incoming",
    "KindMuted",
    "Mark",
    "MarkHeard",
    "Moment",
    "No",
    "Nudge",
    "NudgeCleared",
    "Outgoing",
    "Painted",
    "PartHeard",
    "Parts",
    "PastNudge",
    "Pause",
    "Praise",
    "Publish",
    "Resume",
    "Role",
    "Scorecard",
    "Seconds",
    "SendWhisper",
    "Shape",
    "Snapshot",
    "Snooze",
    "SnoozeFor",
    "Subscribe",
    "TeamCards",
    "Thumb",
    "Transcript",
    "Wall",
    "Whisper",
    "core",
]
