"""The words that a review opens and closes with: praise first, then what the next call can have, never a grade."""

from __future__ import annotations

from collections.abc import Sequence

from voiceassist.core.types import Channel, MarkKind, MomentState
from voiceassist.report.document import No, Seconds
from voiceassist.server import messages as wire
from voiceassist.store.records import Call, CallState

_TURNS = 3
_LEAST_TURN = 1.0
"""So many turns of the customer, of so many seconds, and it says something that nobody talked over them."""
_LEAST_LOST = 0.1
_QUIET = "Nothing had to be refused in this call."
_HARD = "You stayed with a hard call. The lines below make the next one easier."
_NO_QUESTION = "No clarifying question was heard: one before the no shows what they really need."
_NO_CLOSE = "No warm close was heard: an offer of further help, or thanks, is enough."
_ALONE = (
    "Only the agent was heard: what was asked, how the customer took it and whether they could finish is not known."
)


def clock(seconds: Seconds) -> str:
    """Seconds as minutes and seconds, hours where there are any: 0:57, 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def praise(call: Call, noes: Sequence[No], *, customer_heard: bool) -> tuple[str, ...]:
    """What went well, the rarest first; never empty."""
    card = call.scorecard
    well = sum(no.well_said for no in noes)
    repaired = sum(no.state is MomentState.REPAIRED and not no.well_said for no in noes)
    recovered = sum(no.state is MomentState.RECOVERED for no in noes)
    said = [
        _if(well, f"{_of(well, noes)} with feeling, reason and a way on."),
        _if(recovered, f"You took up the nudge and turned {_times(recovered, 'a no', 'noes')} around."),
        _if(repaired, f"You mended {_times(repaired, 'a no', 'noes')} by yourself, before any nudge."),
    ]
    if card is not None:
        said += _manners(card)
    if customer_heard and not any(mark.kind is MarkKind.INTERRUPTED for mark in call.marks):
        turns = sum(u.channel is Channel.CUSTOMER and u.end - u.start >= _LEAST_TURN for u in call.utterances)
        said.append(_if(turns >= _TURNS, "You let them finish, every time."))
    found = tuple(line for line in said if line)
    if found:
        return found
    return (_HARD if noes else _QUIET,)


def _manners(card: wire.Scorecard) -> list[str]:
    redirected, asked, clarified, told = card.well_redirected, card.buy_ins, card.clarified, card.promises
    return [
        _if(
            redirected, f"You met {_times(redirected, 'a request', 'requests')} with what can be done, without any no."
        ),
        _if(asked, f"You asked what would work for them{_again(asked)}."),
        _if(clarified, f"You asked until the matter was clear{_again(clarified)}."),
        _if(told, f"You said what you were about to do{_again(told)}."),
        _if(card.gracious, "A customer who was leaving got a kind word from you."),
        _if(card.closing, "You closed warmly."),
    ]


def next_time(call: Call, noes: Sequence[No]) -> tuple[str, ...]:
    """What was missing in the call as a whole."""
    card = call.scorecard
    if card is None:
        return ()
    lines = (_if(noes and not card.clarified, _NO_QUESTION), _if(not card.closing, _NO_CLOSE))
    return tuple(line for line in lines if line)


def limits(call: Call, *, customer_heard: bool) -> tuple[str, ...]:
    """What the review cannot know."""
    info = call.info
    state = {
        CallState.CUT_OFF: f"The record was cut off at {clock(info.seconds)}: what came after is not here.",
        CallState.ON: "The call is still on: this is what was heard so far.",
    }
    lines = (
        state.get(info.state, ""),
        _if(not customer_heard and call.utterances, _ALONE),
        _if(info.silent_arm, "This call was judged in silence, to compare with: no nudge was to come."),
        _if(info.lost >= _LEAST_LOST, f"{info.lost:.1f} s of sound did not come through."),
        _if(info.dropped, f"{_times(info.dropped, 'one message', 'messages')} could not be kept."),
    )
    return tuple(line for line in lines if line)


def _if(holds: object, line: str) -> str:
    return line if holds else ""


def _of(well: int, noes: Sequence[No]) -> str:
    if len(noes) == 1:
        return "You said your one no well,"
    return f"You said {'all' if well == len(noes) else f'{well} of'} {len(noes)} noes well,"


def _times(count: int, one: str, many: str) -> str:
    return one if count == 1 else f"{count} {many}"


def _again(count: int) -> str:
    return "" if count == 1 else ", twice" if count == 2 else f", {count} times"  # noqa: PLR2004 - two is "twice"
