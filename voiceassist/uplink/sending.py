"""What of a call goes to the hub: news that has a number, in final words or none, and small enough to be taken."""

from __future__ import annotations

from typing import Protocol

from voiceassist.server import messages as wire
from voiceassist.server.codec import dump
from voiceassist.server.messages import core
from voiceassist.server.messages.unsaid import without_words

MAX_BYTES = 60 * 1024
"""A message may have 64 KiB on the wire, with what is put around it."""
_SHORT = 7 * 1024
"""One that is neither words nor the end of a call has less: the hub takes no long one."""
_WORDS = ("quote", "asked", "text", "note")
_LENGTHS = (400, 100, 30, 0)
"""Characters that are left of each quote, tried in this order, where a message is too big."""


class Putting(Protocol):
    """Where what is for the hub is put."""

    def put(self, call: str, seq: int, text: str) -> object:
        """Take one event of a call, as text. Never waits."""
        ...


class Sending:
    """Takes what happens in calls, already redacted, and puts into the outbox what of it is for the hub.

    `words` is whether what was said is; what was said in a no, which its alert needs, is in any case.
    """

    def __init__(self, outbox: Putting, *, words: bool) -> None:
        self._outbox = outbox
        self._words = words
        self._heard: dict[core.Channel, tuple[str | None, str, str]] = {}

    def take(self, message: wire.CallEvent) -> None:
        """Put the message, if it is for the hub and can be made to fit. Never waits."""
        if not (leaves(message, words=self._words) and self._is_news(message)):
            return
        text = fitting(message if self._words else without_words(message))
        if text is not None and message.call is not None and message.seq is not None:
            self._outbox.put(message.call, message.seq, text)

    def _is_news(self, message: wire.CallEvent) -> bool:
        """Whether it says more than that a channel is heard as before."""
        if not isinstance(message, wire.Audio):
            return True
        told, known = (message.call, message.state, message.device), self._heard.get(message.channel)
        self._heard[message.channel] = told
        return told != known


def leaves(message: wire.CallEvent, *, words: bool) -> bool:
    """Whether the message is one for the hub; `words` is whether what was said is. Words not yet final never are."""
    match message:
        case wire.Outgoing(call=None) | wire.Outgoing(seq=None):
            return False
        case wire.Transcript(final=final):
            return words and final
        case (
            wire.CallStarted()
            | wire.Moment()
            | wire.Nudge()
            | wire.NudgeCleared()
            | wire.Praise()
            | wire.Mark()
            | wire.Audio()
            | wire.Alert()
            | wire.Thumb()
            | wire.CallEnded()
        ):
            return True
        case _:
            return False


def fitting(message: wire.CallEvent) -> str | None:
    """The message as text that the hub will take; None where it cannot be made so small.

    Of a scorecard that is too long first the words are shortened, then the single noes and marks go; its counts stay.
    """
    text = dump(message)
    limit = MAX_BYTES if isinstance(message, wire.Transcript | wire.CallEnded) else _SHORT
    if _fits(text, limit):
        return text
    match message:
        case wire.CallEnded():
            tried = [message.model_copy(update={"scorecard": _shortened(message.scorecard, n)}) for n in _LENGTHS]
            bare = message.scorecard.model_copy(update={"noes": (), "marks": ()})
            tried.append(message.model_copy(update={"scorecard": bare}))
        case wire.Transcript():
            tried = [message.model_copy(update={"text": message.text[:length]}) for length in (8_000, 2_000)]
        case _:
            tried = [_cut(message, length) for length in _LENGTHS]
    return next((text for text in map(dump, tried) if _fits(text, limit)), None)


def _fits(text: str, limit: int) -> bool:
    return len(text.encode()) <= limit


def _cut(message: wire.CallEvent, length: int) -> wire.CallEvent:
    """The same with shorter words, and without what could be offered."""
    words = {name: value[:length] for name, value in message if name in _WORDS}
    offers = {"suggestions": ()} if isinstance(message, wire.Nudge) else {}
    return message.model_copy(update={**words, **offers})


def _shortened(card: wire.Scorecard, length: int) -> wire.Scorecard:
    return card.model_copy(
        update={
            "noes": tuple(_no(no, length) for no in card.noes),
            "marks": tuple(_mark(mark, length) for mark in card.marks),
        },
    )


def _no(no: wire.No, length: int) -> wire.No:
    parts = tuple(_part(part, length) for part in no.parts)
    return no.model_copy(update={"quote": no.quote[:length], "asked": no.asked[:length], "parts": parts})


def _part(part: wire.PartHeard, length: int) -> wire.PartHeard:
    return part.model_copy(update={"words": part.words[:length]})


def _mark(mark: wire.MarkHeard, length: int) -> wire.MarkHeard:
    return mark.model_copy(update={"quote": mark.quote[:length], "note": mark.note[:length]})
