"""What happens in a call, as an agent's machine tells it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import AwareDatetime, Field

from voiceassist.core import types as core
from voiceassist.server.messages.shape import Outgoing, Seconds, Shape


class CallStarted(Outgoing, frozen=True):
    """A call began: its clock stands at 0. In the `silent_arm` of a comparison it is judged and never nudged.

    To a hub, which may hear of it later: `started_at`, and the `transcriber` that recognises its words.
    """

    type: Literal["call_started"] = "call_started"
    silent_arm: bool = False
    started_at: AwareDatetime | None = None
    transcriber: Annotated[str, Field(max_length=200)] = ""


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
    """To supervisors: an agent may need help. `missing`: the parts of the no that were not heard.

    `agent` and `team` are set by the hub. `by`: who acknowledged it, snoozed it `until` then, or assigned it `to`
    somebody.
    """

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
    raised_at: AwareDatetime | None = None
    by: str = ""
    to: str = ""
    until: AwareDatetime | None = None


class Whisper(Outgoing, frozen=True):
    """A supervisor's words to the agent; `by`: the supervisor's name."""

    type: Literal["whisper"] = "whisper"
    id: str = ""
    text: str
    by: str = ""


class Watched(Outgoing, frozen=True):
    """To the agent: the supervisors who read along with the call, by name; nobody any more where `by` is empty."""

    type: Literal["watched"] = "watched"
    by: tuple[str, ...] = ()


class HubLink(Outgoing, frozen=True):
    """To the agent's own page: how the line to the hub stands.

    `waiting`: events that the hub does not have yet. `refused`: those that it did not take, and never will.
    `reason`: in one line, why the line is down.
    """

    type: Literal["hub"] = "hub"
    state: Literal["connecting", "connected", "waiting", "refused"]
    waiting: int = 0
    refused: int = 0
    reason: str = ""


class Thumb(Outgoing, frozen=True):
    """The agent's answer to the nudge `id`: whether it helped. A later one replaces it."""

    type: Literal["thumb"] = "thumb"
    id: str
    helpful: bool


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
    | Watched
    | HubLink
    | Thumb
    | CallEnded
    | Error
)
"""What happens in a call: what an agent's machine publishes."""
