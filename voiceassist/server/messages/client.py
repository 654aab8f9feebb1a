"""What a client says: a page, an agent's machine, a softphone or another program."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from voiceassist.core import types as core
from voiceassist.server.messages.call import CallEvent
from voiceassist.server.messages.shape import Id, Incoming, Role, SnoozeFor


class ClientHello(Incoming, frozen=True):
    """Must come first. `token`: for programs; a page has its cookie. `cursor`: of the last message seen."""

    type: Literal["hello"] = "hello"
    token: Annotated[str, Field(max_length=500)] | None = None
    role: Role | None = None
    cursor: Annotated[str, Field(max_length=100)] | None = None


class Subscribe(Incoming, frozen=True):
    """Hear the call named in `call`."""

    type: Literal["subscribe"] = "subscribe"


class CallStart(Incoming, frozen=True):
    """Begin a call; `call` may bring its id."""

    type: Literal["call_start"] = "call_start"


class CallEnd(Incoming, frozen=True):
    """End the call."""

    type: Literal["call_end"] = "call_end"


class Painted(Incoming, frozen=True):
    """The nudge `id` stands on the screen: for the latency figure."""

    type: Literal["painted"] = "painted"
    id: Id


class Dismiss(Incoming, frozen=True):
    """Take the nudge `id` off the screen."""

    type: Literal["dismiss"] = "dismiss"
    id: Id


class Feedback(Incoming, frozen=True):
    """Whether the nudge `id` helped."""

    type: Literal["feedback"] = "feedback"
    id: Id
    helpful: bool


class Snooze(Incoming, frozen=True, populate_by_name=True, serialize_by_alias=True):
    """No nudges `for` so many seconds, for the `call` or for `today`."""

    type: Literal["snooze"] = "snooze"
    for_: SnoozeFor = Field(alias="for")


class Pause(Incoming, frozen=True):
    """Hear nothing until `resume`."""

    type: Literal["pause"] = "pause"


class Resume(Incoming, frozen=True):
    """Listen again."""

    type: Literal["resume"] = "resume"


class SendWhisper(Incoming, frozen=True):
    """A supervisor's words to the agent of `call`; the `whisper` that is told then has the same `id`."""

    type: Literal["whisper"] = "whisper"
    id: Annotated[str, Field(max_length=200)] = ""
    text: Annotated[str, Field(min_length=1, max_length=500)]


class AlertAck(Incoming, frozen=True):
    """The alert `id` was seen."""

    type: Literal["alert_ack"] = "alert_ack"
    id: Id


class AlertSnooze(Incoming, frozen=True, populate_by_name=True, serialize_by_alias=True):
    """The alert `id` may wait `for` so many seconds, for the `call` or for `today`."""

    type: Literal["alert_snooze"] = "alert_snooze"
    id: Id
    for_: SnoozeFor = Field(alias="for")


class AlertAssign(Incoming, frozen=True):
    """The alert `id` goes to the supervisor named in `to`."""

    type: Literal["alert_assign"] = "alert_assign"
    id: Id
    to: Id


class Publish(Incoming, frozen=True):
    """An agent's machine passes on an event of its call."""

    type: Literal["publish"] = "publish"
    message: Annotated[CallEvent, Field(discriminator="type")]


class Ack(Incoming, frozen=True):
    """All events of `call` up to `seq` have arrived."""

    type: Literal["ack"] = "ack"
    seq: Annotated[int, Field(ge=0)]


class AudioStart(Incoming, frozen=True):
    """A thin client is about to send its sound: binary messages of 20 ms, the int16 of all channels interleaved.

    `device`: what it is captured by. `paused`: nothing is to be heard until `resume`.
    """

    type: Literal["audio_start"] = "audio_start"
    rate: Annotated[int, Field(ge=8_000, le=48_000)] = core.SAMPLE_RATE
    channels: tuple[core.Channel, ...] = (core.Channel.AGENT,)
    device: Annotated[str, Field(max_length=200)] = ""
    paused: bool = False


AlertCommand: TypeAlias = AlertAck | AlertSnooze | AlertAssign
"""What a supervisor may do about an alert."""

Command: TypeAlias = CallStart | CallEnd | Painted | Dismiss | Feedback | Snooze | Pause | Resume
"""What a client may ask of a call; who serves none answers with the error `not-served`."""

FromClient: TypeAlias = Annotated[
    ClientHello | Command | Subscribe | SendWhisper | AlertAck | AlertSnooze | AlertAssign | Publish | Ack | AudioStart,
    Field(discriminator="type"),
]
