"""A stored call to its review: pure functions, one for each thing that a review says."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import islice

from voiceassist.core.types import PARTS, WELL_SAID, AudioState, Channel, MarkKind, MomentState
from voiceassist.report.document import (
    Breath,
    Counted,
    Instead,
    Missing,
    No,
    Noted,
    Nudged,
    Review,
    Seconds,
    Span,
    Step,
    StepHeard,
    Unheard,
)
from voiceassist.report.rephrase import instead, refusing_lines
from voiceassist.report.tone import limits as limits_of
from voiceassist.report.tone import next_time, praise
from voiceassist.server import messages as wire
from voiceassist.store.records import Call, Mark, Moment, Nudge, Sound, Utterance

_MISSING = {
    "acknowledgement": "The feeling behind it was not met.",
    "reason": "No specific reason was given.",
    "alternative": "Nothing was named that they can have or do instead.",
    "buy_in": "No question let them choose.",
}
_NOTED = {
    MarkKind.PARROTED: "In your own words it shows that you took it in.",
    MarkKind.INTERRUPTED: "A breath later they had finished.",
    MarkKind.UNACKNOWLEDGED: "A word on how it is for them fits here.",
    MarkKind.RULED_OUT: "Better a true no than a kind word that breaks.",
}
_OUT_OF_ORDER = "The way on came before the feeling was met: the other way round it is easier to hear."
_LISTENED = 1.5
"""Seconds from which a customer's turn is more than a "mm-hm"."""
_MOST_LINES = 3
_DEAF = frozenset({AudioState.PAUSED, AudioState.LOST, AudioState.SILENT})
_HEARS = frozenset({AudioState.LISTENING, AudioState.RESTORED, AudioState.CHANGED})


def review(call: Call) -> Review:
    """Look at the call."""
    heard = any(utterance.channel is Channel.CUSTOMER for utterance in call.utterances)
    counted = {no.id: no for no in call.scorecard.noes} if call.scorecard else {}
    real = [moment for moment in call.moments if moment.state is not MomentState.WITHDRAWN]
    noes = tuple(
        _no(number, moment, counted.get(moment.id), call, said)
        for number, (moment, said) in enumerate(zip(real, _said_in(real, call.utterances), strict=True), 1)
    )
    owned = {moment.id for moment in real}
    return Review(
        call=call.info,
        customer_heard=heard,
        limits=limits_of(call, customer_heard=heard),
        praise=praise(call, noes, customer_heard=heard),
        next_time=next_time(call, noes),
        counted=None if call.scorecard is None else Counted.model_validate(call.scorecard),
        noes=noes,
        marks=tuple(_noted(mark) for mark in call.marks if mark.moment not in owned),
        nudges=tuple(nudged for nudged, moment in _nudged(call.nudges) if moment not in owned),
        unheard=tuple(_unheard(call.sounds, call.info.seconds)),
        utterances=call.utterances,
    )


def _said_in(noes: Sequence[Moment], utterances: Sequence[Utterance]) -> Iterator[Sequence[Utterance]]:
    """What the agent said in each no: from its own words up to its end, or to the next no."""
    agent = [said for said in utterances if said.channel is Channel.AGENT]
    starts = [said.start for said in agent]
    begun = [max(0, bisect_right(starts, no.opened) - 1) for no in noes]
    for no, first, after in zip(noes, begun, [*begun, len(agent)][1:], strict=True):
        end = float("inf") if no.settled is None else no.settled
        yield [said for said in agent[first:after] if said.start <= end]


def _no(number: int, moment: Moment, counted: wire.No | None, call: Call, said: Sequence[Utterance]) -> No:
    parts = _parts(moment, counted, call.utterances)
    marks = [mark for mark in call.marks if mark.moment == moment.id]
    nudges = [nudged for nudged, owner in _nudged(call.nudges) if owner == moment.id]
    lit = {heard.part for heard in parts}
    return No(
        number=number,
        id=moment.id,
        at=moment.opened,
        quote=moment.quote,
        asked=moment.asked,
        state=moment.state,
        unsure=moment.unsure,
        withheld=moment.withheld,
        noes=counted.noes if counted else 1,
        well_said=lit.issuperset(WELL_SAID),
        grace=_grace(moment),
        settled=moment.settled,
        breaths=_breaths(moment, parts, call.utterances, marks),
        missing=tuple(Missing(part=part, text=_MISSING[part]) for part in PARTS if part not in lit),
        order=_OUT_OF_ORDER if _is_out_of_order(parts) else "",
        instead=tuple(_instead(said, parts, nudges)),
        nudges=tuple(nudges),
        marks=tuple(_noted(mark) for mark in marks),
    )


def _parts(moment: Moment, counted: wire.No | None, utterances: Sequence[Utterance]) -> tuple[wire.PartHeard, ...]:
    """The parts in the order in which they came; of a call that was cut off, the utterance around each is its words."""
    if counted is not None:
        return counted.parts
    times = ((part, getattr(moment, part)) for part in PARTS)
    heard = [wire.PartHeard(part=part, at=at, words=_words_at(utterances, at)) for part, at in times if at is not None]
    return tuple(sorted(heard, key=lambda part: part.at))


def _words_at(utterances: Sequence[Utterance], at: Seconds) -> str:
    said = [said for said in utterances if said.channel is Channel.AGENT and said.start < at]
    return said[-1].text if said else ""


def _breaths(
    moment: Moment, parts: Sequence[wire.PartHeard], utterances: Sequence[Utterance], marks: Sequence[Mark]
) -> tuple[Breath, ...]:
    """The parts as steps, and the customer's first answer to the no where nobody talked over it, in order.

    An acknowledgement after that answer is another step than the empathy that comes with the no.
    """
    end = moment.settled if moment.settled is not None else float("inf")
    answers = [
        said
        for said in utterances
        if said.channel is Channel.CUSTOMER and moment.opened <= said.start < end and said.end - said.start >= _LISTENED
    ]
    breaths: dict[tuple[Seconds, str], list[StepHeard]] = {}
    for heard in parts:
        match heard.part:
            case "acknowledgement":
                answered = any(answer.end <= heard.at for answer in answers)
                step = Step.ACKNOWLEDGING if answered else Step.EMPATHY
            case "buy_in":
                step = Step.LISTENING
            case _:
                step = Step.SOLVING
        breaths.setdefault((heard.at, heard.words), []).append(StepHeard(step=step, part=heard.part))
    interrupted = [mark.at for mark in marks if mark.kind is MarkKind.INTERRUPTED]
    for answer in answers[:1]:
        if not any(answer.start <= at <= answer.end + 1 for at in interrupted):
            breaths.setdefault((answer.end, answer.text), []).append(StepHeard(step=Step.LISTENING, part=None))
    return tuple(Breath(at=at, words=words, steps=tuple(steps)) for (at, words), steps in sorted(breaths.items()))


def _is_out_of_order(parts: Sequence[wire.PartHeard]) -> bool:
    at = {part.part: part.at for part in parts}
    return "alternative" in at and at["alternative"] < at.get("acknowledgement", 0.0)


def _grace(moment: Moment) -> Span | None:
    end = moment.judged if moment.judged is not None else moment.settled
    mended = moment.judged is not None or moment.state is MomentState.REPAIRED
    return Span(start=moment.opened, end=end) if mended and end is not None and end > moment.opened else None


def _instead(said: Sequence[Utterance], parts: Sequence[wire.PartHeard], nudges: Sequence[Nudged]) -> Iterator[Instead]:
    """What was said as what cannot be, and how it is said as what can."""
    own = next((part.words for part in parts if part.part == "alternative"), "")
    offers = [offer for nudge in nudges for offer in nudge.suggestions]
    lines = ((words.start, line, *instead(line, own, offers)) for words in said for line in refusing_lines(words.text))
    found: dict[str, Instead] = {}  # said once, however many lines it stands for
    for at, line, other, source in lines:
        found.setdefault(other, Instead(at=at, said=line, instead=other, source=source))
    yield from islice(found.values(), _MOST_LINES)


def _nudged(nudges: Sequence[Nudge]) -> Iterator[tuple[Nudged, str | None]]:
    """Every time that a nudge was sent, with the no that it was for."""
    for nudge in nudges:
        for place, sending in enumerate(nudge.sendings):
            yield (
                Nudged(
                    id=nudge.id,
                    at=sending.at,
                    kind=nudge.kind,
                    text=nudge.text,
                    suggestions=nudge.suggestions,
                    renewed=place > 0,
                    cleared_at=nudge.cleared_at,
                    why=nudge.why,
                    helpful=nudge.helpful,
                ),
                sending.moment,
            )


def _noted(mark: Mark) -> Noted:
    return Noted(at=mark.at, kind=mark.kind, quote=mark.quote, text=_NOTED[mark.kind], note=mark.note)


def _unheard(sounds: Sequence[Sound], end: Seconds) -> Iterator[Unheard]:
    """Stretches that nobody heard. A pause is one of both sides."""
    since: dict[Channel, Sound] = {}
    for sound in sounds:
        if sound.state in _DEAF:
            since.setdefault(sound.channel, sound)
        elif sound.state in _HEARS and (began := since.pop(sound.channel, None)) is not None:
            yield _stretch(began, sound.at)
    for began in since.values():
        yield _stretch(began, end)


def _stretch(began: Sound, end: Seconds) -> Unheard:
    channel = None if began.state is AudioState.PAUSED else began.channel
    return Unheard(start=began.at, end=max(began.at, end), channel=channel, why=began.state.value)
