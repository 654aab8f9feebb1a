"""One agent on the wall: what is published of the agent's calls, folded into a card."""

from __future__ import annotations

from datetime import datetime, timedelta

from voiceassist.core.types import PARTS, AudioState, Channel, MomentState
from voiceassist.floor.member import Member
from voiceassist.server import messages as wire

_OPEN = frozenset({MomentState.OPEN, MomentState.NUDGED})
_MENDED = frozenset({MomentState.REPAIRED, MomentState.RECOVERED, MomentState.WITHDRAWN})
_DEAF = frozenset({AudioState.LOST, AudioState.SILENT})
NOES = 200
"""Noes of a call that are remembered singly, the newest; of older ones only how many they were."""
_SHOWN = (wire.CallStarted, wire.CallEnded, wire.Moment, wire.Nudge, wire.NudgeCleared)
"""What a card tells of; of the rest only that a call is on."""


class AgentCard:
    """Folds the messages of one agent. `here` is whether the agent's machine can be reached."""

    def __init__(self, member: Member, since: datetime) -> None:
        self.member = member
        self.since = since
        self._here = False
        self._call: _Call | None = None
        self._audio: AudioState | None = None

    @property
    def here(self) -> bool:
        return self._here

    @property
    def call(self) -> str | None:
        """The call that is on."""
        return None if self._call is None else self._call.id

    @property
    def state(self) -> wire.AgentState:
        """What the agent is at."""
        if not self._here:
            return "away"
        if self._audio is AudioState.PAUSED:
            return "paused"
        if self._audio in _DEAF:
            return "unheard"
        return "ready" if self._call is None else "on"

    def arrive(self, now: datetime, *, here: bool) -> None:
        """The agent's machine came, or left."""
        before = self.state
        self._here = here
        self._note(before, now)

    def receive(self, message: wire.CallEvent, now: datetime) -> bool:
        """Take in the next message of the agent's calls; tells whether the card may look otherwise now."""
        before, call = self.state, self.call
        match message:
            case wire.Audio(channel=Channel.AGENT, state=state):
                self._audio = state
            case wire.CallEnded(call=call) if call == self.call:
                self._call = None
            case wire.CallEnded() | wire.Thumb():  # a thumb may come long after its call
                pass
            case wire.Outgoing(call=str(call)):
                if self._call is None or (self._call.id != call and isinstance(message, wire.CallStarted)):
                    self._call = _Call(call)
                if self._call.id == call:
                    self._call.receive(message, now)
            case _:
                pass
        self._note(before, now)
        return isinstance(message, _SHOWN) or self.state != before or self.call != call

    def forget(self, call: str, now: datetime) -> bool:
        """Show nothing more of this call; tells whether it was the one that is on."""
        if call != self.call:
            return False
        before, self._call = self.state, None
        self._note(before, now)
        return True

    def show(self) -> wire.Card:
        """The card as it stands now."""
        call = self._call
        return wire.Card(
            agent=self.member.user,
            name=self.member.name,
            team=self.member.team,
            state=self.state,
            since=self.since,
            call=self.call,
            call_since=None if call is None else call.since,
            moment=None if call is None else call.open,
            nudge=None if call is None else call.nudge,
            noes=0 if call is None else call.noes,
            unrepaired=0 if call is None else call.unrepaired,
            sample=self.member.sample,
        )

    def _note(self, before: wire.AgentState, now: datetime) -> None:
        if self.state != before:
            self.since = now


class _Call:
    """The call that is on. Its beginning is reckoned from the promptest message: others may have waited on the way."""

    def __init__(self, id_: str) -> None:
        self.id = id_
        self.since: datetime | None = None
        self.nudge: wire.CardNudge | None = None
        self._nudge_id = ""
        self._moments: dict[str, wire.Moment] = {}
        self._opened: dict[str, float] = {}
        self._noes_before = 0
        self._unrepaired_before = 0

    def receive(self, message: wire.Outgoing, now: datetime) -> None:
        began = now - timedelta(seconds=message.at)
        self.since = began if self.since is None else min(self.since, began)
        match message:
            case wire.Moment():
                self._opened.setdefault(message.id, message.at)
                self._moments[message.id] = message
                if len(self._moments) > NOES:
                    self._count_oldest()
            case wire.Nudge():
                self._nudge_id = message.id
                self.nudge = wire.CardNudge(kind=message.kind, text=message.text, at=self._instant(message.at))
            case wire.NudgeCleared(id=id_, why=why) if id_ == self._nudge_id and self.nudge is not None:
                self.nudge = self.nudge.model_copy(update={"why": why})
            case _:
                pass

    @property
    def noes(self) -> int:
        return self._noes_before + sum(map(_is_no, self._moments.values()))

    @property
    def unrepaired(self) -> int:
        """The noes that were judged and not mended so far; one that is still open is none yet."""
        return self._unrepaired_before + sum(map(_is_unrepaired, self._moments.values()))

    @property
    def open(self) -> wire.CardMoment | None:
        """The newest no that is not settled."""
        for moment in reversed(self._moments.values()):
            if moment.state in _OPEN:
                return wire.CardMoment(
                    id=moment.id,
                    state=moment.state,
                    quote=moment.quote,
                    asked=moment.asked,
                    missing=tuple(part for part in PARTS if not getattr(moment.parts, part)),
                    since=self._instant(self._opened[moment.id]),
                )
        return None

    def _count_oldest(self) -> None:
        oldest = self._moments.pop(next(iter(self._moments)))
        del self._opened[oldest.id]
        self._noes_before += _is_no(oldest)
        self._unrepaired_before += _is_unrepaired(oldest)

    def _instant(self, at: float) -> datetime:
        assert self.since is not None
        return self.since + timedelta(seconds=at)


def _is_no(moment: wire.Moment) -> bool:
    return moment.state is not MomentState.WITHDRAWN


def _is_unrepaired(moment: wire.Moment) -> bool:
    judged = moment.state is not MomentState.OPEN or moment.withheld is not None
    return judged and moment.state not in _MENDED and not moment.unsure
