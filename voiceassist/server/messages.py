"""The wire messages between server and client: JSON text over a WebSocket, version 1.

Times are seconds of the call, to the millisecond. `codec` makes these from core events and text, and text from these.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, BaseModel, Field

from voiceassist.core import types as core

Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]
Seconds: TypeAlias = float
Role: TypeAlias = Literal["agent", "supervisor"]
SnoozeFor: TypeAlias = Annotated[float, Field(ge=0, le=86_400)] | Literal["call", "today"]


class Shape(BaseModel, frozen=True):
    """What all messages and their parts share: they do not change once made.

    A listener passes over fields it does not know, so that a newer server may say more.
    """


class Outgoing(Shape, frozen=True):
    """The envelope of what the server says.

    `call`: the call's id, null where no call is meant. `at`: seconds since the call began. `seq` counts per call and is
    set by the call's owner; null where a message is no event of a call. `cursor`: opaque; a client that comes back with
    the last one it saw misses nothing.
    """

    type: str
    call: str | None = None
    at: Seconds = 0.0
    v: Literal[1] = 1
    seq: int | None = None
    cursor: str | None = None


# --- from the server --------------------------------------------------------------------------------------------------


class Hello(Outgoing, frozen=True):
    """The first message of a connection: who recognises, and how well.

    `limited`: accuracy is limited, `notice` says why and what to do. `privacy`: what is heard, kept, and seen by whom.
    `pulse`: in a call an `audio` message comes at least every so many seconds, 0 where that is not promised.
    `kept`: calls are kept, and may be reviewed once they are over.
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
    resumed: bool = False


class CallStarted(Outgoing, frozen=True):
    """A call began: its clock stands at 0. In the `silent_arm` of a comparison it is judged and never nudged."""

    type: Literal["call_started"] = "call_started"
    silent_arm: bool = False


class Transcript(Outgoing, frozen=True):
    """What one side said, from `start` to `end` (seconds). Until `final`, the channel's next one replaces it."""

    type: Literal["transcript"] = "transcript"
    channel: core.Channel
    start: Seconds
    end: Seconds
    text: str
    final: bool


class Parts(Shape, frozen=True):
    """The four marks of a well-said no."""

    acknowledgement: bool = False
    reason: bool = False
    alternative: bool = False
    buy_in: bool = False


class Moment(Outgoing, frozen=True):
    """One refusal and its repair as it stands now; a later one with the same `id` replaces it.

    `asked`: what was refused, empty where not heard. `withheld`: why no nudge comes. `holding`: a promise to look
    holds the judgement.
    """

    type: Literal["moment"] = "moment"
    id: str
    state: core.MomentState
    quote: str
    asked: str = ""
    parts: Parts = Parts()
    unsure: bool = False
    holding: bool = False
    withheld: core.Withheld | None = None


class Nudge(Outgoing, frozen=True):
    """At most eight words to show until `expires_at` (seconds, as `at`); the same `id` again renews it."""

    type: Literal["nudge"] = "nudge"
    id: str
    moment: str | None
    kind: core.NudgeKind
    text: str
    quote: str
    suggestions: tuple[str, ...] = ()
    expires_at: Seconds


class NudgeCleared(Outgoing, frozen=True):
    """The nudge `id` leaves the screen."""

    type: Literal["nudge_cleared"] = "nudge_cleared"
    id: str
    why: core.ClearedWhy


class Praise(Outgoing, frozen=True):
    """A no was said well, or a nudge was taken up: `text` says so."""

    type: Literal["praise"] = "praise"
    moment: str
    text: str


class Mark(Outgoing, frozen=True):
    """Something noted for the review, quietly. `note`: what the playbook says of it. `moment`: the no it belongs to."""

    type: Literal["mark"] = "mark"
    kind: core.MarkKind
    quote: str
    moment: str | None = None
    note: str = ""


class KindMuted(Outgoing, frozen=True):
    """Nudges of this kind stay away from now on: of their thumbs too few were `up`."""

    type: Literal["kind_muted"] = "kind_muted"
    kind: core.NudgeKind
    up: int
    down: int


class Audio(Outgoing, frozen=True):
    """How the sound of a channel is. Only `listening`, `restored` and `changed` mean that it is heard.

    `device`: the one that it comes from, or came from until it was lost; empty where it comes from a file. `lost`:
    seconds of sound that did not come through so far. Between calls `call` is null.
    """

    type: Literal["audio"] = "audio"
    state: core.AudioState
    channel: core.Channel = core.Channel.AGENT
    device: str = ""
    lost: Seconds = 0.0


class Alert(Outgoing, frozen=True):
    """To supervisors: an agent may need help. `missing`: the parts of the no that were not heard."""

    type: Literal["alert"] = "alert"
    id: str
    agent: str = ""
    team: str = ""
    why: core.AlertWhy
    moment: str
    quote: str
    asked: str = ""
    missing: tuple[str, ...] = ()
    state: Literal["open", "acknowledged", "snoozed", "assigned"] = "open"


class Whisper(Outgoing, frozen=True):
    """A supervisor's words to the agent."""

    type: Literal["whisper"] = "whisper"
    text: str


class PartHeard(Shape, frozen=True):
    """A part of a no: when it was first heard (seconds), and the words it was heard in."""

    part: str
    at: Seconds
    words: str


class No(Shape, frozen=True):
    """One no of the call: how many refusals make it, the nudges it got, its parts in the order in which they came."""

    id: str
    at: Seconds
    quote: str
    asked: str
    state: core.MomentState
    unsure: bool
    withheld: core.Withheld | None
    noes: int
    nudges: tuple[core.NudgeKind, ...]
    parts: tuple[PartHeard, ...]


class Counts(Shape, frozen=True):
    """The noes of a call by how they ended, the nudges, and the noes with acknowledgement, reason and alternative."""

    noes: int
    repaired: int
    recovered: int
    expired: int
    withdrawn: int
    nudges: int
    well_said: int


class MarkHeard(Shape, frozen=True):
    """A mark and when it was made (seconds)."""

    kind: core.MarkKind
    at: Seconds
    quote: str
    moment: str | None = None
    note: str = ""


class Scorecard(Shape, frozen=True):
    """How the noes of a call were said, and how the customer was heard.

    `well_redirected`: requests met with what can be done, without any no. Counted in breaths of the agent: `buy_ins`
    (questions that let the customer shape the way on), `clarified` (questions that make the matter clear), `promises`
    to look. `gracious`: a customer who was leaving got thanks or a kind word.
    """

    counts: Counts
    well_redirected: int
    closing: bool
    noes: tuple[No, ...]
    marks: tuple[MarkHeard, ...] = ()
    buy_ins: int = 0
    clarified: int = 0
    promises: int = 0
    gracious: bool = False


class CallEnded(Outgoing, frozen=True):
    """The call is over. `lost`: seconds of sound, of all channels, that did not come through."""

    type: Literal["call_ended"] = "call_ended"
    scorecard: Scorecard
    lost: Seconds = 0.0


class Error(Outgoing, frozen=True):
    """Something went wrong; the connection stays open unless it is closed right after. `code` is stable."""

    type: Literal["error"] = "error"
    code: str
    message: str


class PastNudge(Shape, frozen=True):
    """A nudge that left the screen, why and when (seconds)."""

    nudge: Nudge
    why: core.ClearedWhy
    cleared_at: Seconds


class Snapshot(Outgoing, frozen=True):
    """All that a late joiner must know of the newest call; `call` is null before the first.

    `at`: seconds of the call by now. `live`: the call is on; if not, `scorecard` tells how it was. `moments`, `nudge`
    (the standing one), `history`, `praises`: as last sent. `transcripts`: the latest final ones. `snoozed_until`:
    seconds of the call; null while snoozed for the call or the day. `device`: what the agent is heard on.
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


CallEvent: TypeAlias = (
    CallStarted
    | Transcript
    | Moment
    | Nudge
    | NudgeCleared
    | Praise
    | Mark
    | KindMuted
    | Audio
    | Alert
    | Whisper
    | CallEnded
    | Error
)
"""What happens in a call: what an agent's machine publishes."""

FromServer: TypeAlias = Annotated[Hello | Snapshot | CallEvent, Field(discriminator="type")]


# --- from a client ----------------------------------------------------------------------------------------------------


class Incoming(Shape, frozen=True, extra="forbid"):
    """The envelope of what a client says. `call`: the call that is meant; null for the one that is on."""

    type: str
    call: Id | None = None
    v: Literal[1] = 1


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
    """A supervisor's words to the agent of `call`."""

    type: Literal["whisper"] = "whisper"
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
    """A thin client is about to send binary audio frames."""

    type: Literal["audio_start"] = "audio_start"
    rate: Annotated[int, Field(ge=8_000, le=48_000)] = core.SAMPLE_RATE
    channels: tuple[core.Channel, ...] = (core.Channel.AGENT,)


Command: TypeAlias = CallStart | CallEnd | Painted | Dismiss | Feedback | Snooze | Pause | Resume
"""What a client may ask of a call in this version; the rest is answered with the error `not-served`."""

FromClient: TypeAlias = Annotated[
    ClientHello | Command | Subscribe | SendWhisper | AlertAck | AlertSnooze | AlertAssign | Publish | Ack | AudioStart,
    Field(discriminator="type"),
]
