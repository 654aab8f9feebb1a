"""Core events put into wire messages, and wire messages put into text and back."""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from voiceassist.core import events, scorecard
from voiceassist.core import types as core
from voiceassist.core.types import seconds
from voiceassist.errors import ServerError
from voiceassist.server import messages as wire

FROM_SERVER: TypeAdapter[wire.FromServer] = TypeAdapter(wire.FromServer)
FROM_CLIENT: TypeAdapter[wire.FromClient] = TypeAdapter(wire.FromClient)
FROM_WORKER: TypeAdapter[wire.FromWorker] = TypeAdapter(wire.FromWorker)
TO_WORKER: TypeAdapter[wire.ToWorker] = TypeAdapter(wire.ToWorker)


def dump(message: wire.Outgoing | wire.Incoming) -> str:
    """The message as one line of JSON, `type`, `call` and `at` first."""
    return message.model_dump_json()


def parse(text: str) -> wire.FromClient:
    """What a client said. Raises `ServerError` with code `bad-json`, `unknown-type` or `bad-message`."""
    try:
        return FROM_CLIENT.validate_json(text, by_alias=True, by_name=False)
    except ValidationError as error:
        raise _refusal(error) from None


def parse_outgoing(text: str) -> wire.FromServer:
    """What a server said, for programs that listen. Raises `ServerError` as `parse` does."""
    try:
        return FROM_SERVER.validate_json(text)
    except ValidationError as error:
        raise _refusal(error) from None


def parse_from_worker(text: str) -> wire.FromWorker:
    """What a worker said to the hub. Raises `ServerError` as `parse` does."""
    try:
        return FROM_WORKER.validate_json(text, by_alias=True, by_name=False)
    except ValidationError as error:
        raise _refusal(error) from None


def parse_to_worker(text: str) -> wire.ToWorker:
    """What the hub said to a worker. Raises `ServerError` as `parse` does."""
    try:
        return TO_WORKER.validate_json(text, by_alias=True, by_name=False)
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> ServerError:
    """One line that names the place but repeats no value that was sent: it may be private, or huge."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    match first["type"]:
        case "json_invalid":
            return ServerError("a message must be JSON text", code="bad-json")
        case "union_tag_invalid" | "union_tag_not_found":
            return ServerError("a message must have a known `type`", code="unknown-type")
        case _:
            # The last part of an unknown field's place is its name, which was made up by who sent it.
            place = first["loc"][:-1] if first["type"] == "extra_forbidden" else first["loc"]
            where = ".".join(str(part)[:40] for part in place) or "message"
            return ServerError(f"{where}: {first['msg'][:200]}", code="bad-message")


def to_wire(event: events.Event, call: str | None, seq: int | None) -> wire.CallEvent:  # noqa: C901, PLR0911, PLR0912 - a table, one row an event
    """The message of `event`, number `seq` of the call with the id `call`; samples become seconds.

    Between calls, how the sound is has neither.
    """
    at = seconds(event.at)
    match event:
        case events.CallStarted(silent_arm=silent):
            return wire.CallStarted(call=call, at=at, seq=seq, silent_arm=silent)
        case events.Transcript(utterance=said):
            return wire.Transcript(
                call=call,
                at=at,
                seq=seq,
                channel=said.channel,
                start=seconds(said.start),
                end=seconds(said.end),
                text=said.text,
                final=said.final,
            )
        case events.MomentChanged(moment=moment):
            return wire.Moment(
                call=call,
                at=at,
                seq=seq,
                id=moment.id,
                state=moment.state,
                quote=moment.quote,
                asked=moment.asked,
                parts=_parts(moment.parts),
                unsure=moment.unsure,
                holding=moment.holding,
                withheld=moment.withheld,
            )
        case events.NudgeSent(nudge=nudge):
            return wire.Nudge(
                call=call,
                at=at,
                seq=seq,
                id=nudge.id,
                moment=nudge.moment,
                kind=nudge.kind,
                text=nudge.text,
                quote=nudge.quote,
                suggestions=nudge.suggestions,
                expires_at=seconds(nudge.expires_at),
            )
        case events.NudgeCleared(id=id_, why=why):
            return wire.NudgeCleared(call=call, at=at, seq=seq, id=id_, why=why)
        case events.Praised(moment=moment, text=text):
            return wire.Praise(call=call, at=at, seq=seq, moment=moment, text=text)
        case events.Marked(mark=mark):
            return wire.Mark(
                call=call, at=at, seq=seq, kind=mark.kind, quote=mark.quote, moment=mark.moment, note=mark.note
            )
        case events.KindMuted(kind=kind, up=up, down=down):
            return wire.KindMuted(call=call, at=at, seq=seq, kind=kind, up=up, down=down)
        case events.AudioChanged(state=state, channel=channel, device=device, lost=lost):
            return wire.Audio(
                call=call, at=at, seq=seq, state=state, channel=channel, device=device, lost=seconds(lost)
            )
        case events.Alerted(id=id_, why=why, moment=moment, missing=missing):
            return wire.Alert(
                call=call,
                at=at,
                seq=seq,
                id=id_,
                why=why,
                moment=moment.id,
                quote=moment.quote,
                asked=moment.asked,
                missing=missing,
            )
        case events.EngineFailed(code=code, message=message):
            return wire.Error(call=call, at=at, seq=seq, code=code, message=message)
        case events.LanguageOther():
            return wire.Error(
                call=call,
                at=at,
                seq=seq,
                code="language-other",
                message="This does not sound like English: nothing is judged for now.",
            )
        case events.CallEnded(scorecard=card, lost=lost):
            return wire.CallEnded(call=call, at=at, seq=seq, scorecard=_scorecard(card), lost=seconds(lost))


def _parts(parts: core.Parts) -> wire.Parts:
    return wire.Parts(
        acknowledgement=parts.acknowledgement,
        reason=parts.reason,
        alternative=parts.alternative,
        buy_in=parts.buy_in,
    )


def _scorecard(card: scorecard.Scorecard) -> wire.Scorecard:
    return wire.Scorecard(
        counts=wire.Counts(
            noes=len(card.noes),
            repaired=card.count(core.MomentState.REPAIRED),
            recovered=card.count(core.MomentState.RECOVERED),
            expired=card.count(core.MomentState.EXPIRED),
            withdrawn=card.count(core.MomentState.WITHDRAWN),
            nudges=card.nudges,
            well_said=card.well_said,
        ),
        well_redirected=card.well_redirected,
        closing=card.closing,
        noes=tuple(_no(record) for record in card.noes),
        marks=tuple(_mark(record) for record in card.marks),
        buy_ins=card.buy_ins,
        clarified=card.clarified,
        promises=card.promises,
        gracious=card.gracious,
    )


def _mark(record: scorecard.MarkRecord) -> wire.MarkHeard:
    mark = record.mark
    return wire.MarkHeard(kind=mark.kind, at=seconds(record.at), quote=mark.quote, moment=mark.moment, note=mark.note)


def _no(record: scorecard.NoRecord) -> wire.No:
    moment = record.moment
    return wire.No(
        id=moment.id,
        at=seconds(record.at),
        quote=moment.quote,
        asked=moment.asked,
        state=moment.state,
        unsure=moment.unsure,
        withheld=moment.withheld,
        noes=record.noes,
        nudges=record.nudges,
        parts=tuple(wire.PartHeard(part=p.part, at=seconds(p.at), words=p.words) for p in record.parts),
    )
