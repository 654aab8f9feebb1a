"""What leaves the machine, and that it is small enough to be taken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store.kept import RECOVERED, told

from voiceassist.core.types import AudioState, MarkKind, MomentState, NudgeKind
from voiceassist.floor.intake import LONGEST
from voiceassist.server import messages as wire
from voiceassist.server.codec import dump, parse
from voiceassist.server.guard import MAX_BYTES as HUB_TAKES
from voiceassist.server.messages import core
from voiceassist.uplink.outbox import Outbox
from voiceassist.uplink.sending import MAX_BYTES, Sending, fitting, leaves


def said(text: str = "hello", *, final: bool = True) -> wire.Transcript:
    return wire.Transcript(call="c", seq=1, channel="agent", start=0, end=1, text=text, final=final)


def test_final_words_leave_where_words_may() -> None:
    assert leaves(said(), words=True)
    assert not leaves(said(), words=False)
    assert not leaves(said(final=False), words=True)


def test_a_call_is_told_without_its_words_where_they_may_not() -> None:
    everything = told(RECOVERED)
    kinds = {message.type for message in everything if leaves(message, words=True)}
    assert kinds == {"call_started", "transcript", "audio", "moment", "nudge", "nudge_cleared", "praise", "call_ended"}
    assert {message.type for message in everything if leaves(message, words=False)} == kinds - {"transcript"}


@pytest.mark.parametrize(
    "message",
    [
        wire.Mark(call="c", seq=1, kind=MarkKind.PARROTED, quote="q"),
        wire.Audio(call="c", seq=1, state=AudioState.LOST),
        wire.Alert(call="c", seq=1, id="c-1", why="second_unrepaired", moment="c-1", quote="no"),
        wire.Thumb(call="c", seq=1, id="c-1", helpful=True),
    ],
)
def test_marks_alerts_thumbs_and_sound_leave(message: wire.CallEvent) -> None:
    assert leaves(message, words=False)


@pytest.mark.parametrize(
    "message",
    [
        wire.Whisper(call="c", seq=1, text="offer the voucher"),
        wire.Watched(call="c", seq=1, by=("Bea",)),
        wire.KindMuted(call="c", seq=1, kind=NudgeKind.OFFER_ALTERNATIVE, up=0, down=9),
        wire.Error(call="c", seq=1, code="engine", message="broke"),
        wire.Audio(state=AudioState.PAUSED),
        wire.Thumb(call="c", id="c-1", helpful=True),
    ],
)
def test_what_is_for_the_agent_alone_or_has_no_number_stays(message: wire.CallEvent) -> None:
    assert not leaves(message, words=True)


def test_a_call_is_put_into_the_outbox_in_its_order(outbox: Outbox) -> None:
    everything = told(RECOVERED)
    sending = Sending(outbox, words=True)
    for message in everything:
        sending.take(message)
    entries = outbox.after(0, 1_000).result()
    assert [(entry.seq, entry.text) for entry in entries] == [
        (message.seq, dump(message)) for message in everything if leaves(message, words=True)
    ]
    assert {entry.call for entry in entries} == {"c"}


def test_without_words_no_mark_and_no_nudge_brings_what_was_said_outside_of_a_no(outbox: Outbox) -> None:
    owned = wire.MarkHeard(kind=MarkKind.UNACKNOWLEDGED, at=4, quote="in a no", moment="c-m1")
    loose = wire.MarkHeard(kind=MarkKind.RULED_OUT, at=5, quote="secret", note="only within 30 days")
    counts = wire.Counts(noes=1, repaired=0, recovered=0, expired=1, withdrawn=0, nudges=1, well_said=0)
    scorecard = wire.Scorecard(counts=counts, well_redirected=0, closing=False, noes=(), marks=(owned, loose))
    finish = {"kind": NudgeKind.LET_THEM_FINISH, "text": "let them finish", "quote": "secret", "expires_at": 9}
    messages: list[wire.CallEvent] = [
        *(
            wire.Mark(call="c", seq=seq, kind=kind, quote="secret", note="only within 30 days")
            for seq, kind in enumerate((MarkKind.RULED_OUT, MarkKind.INTERRUPTED, MarkKind.PARROTED), 1)
        ),
        wire.Mark(call="c", seq=4, kind=MarkKind.UNACKNOWLEDGED, quote="in a no", moment="c-m1"),
        wire.Nudge.model_validate({"call": "c", "seq": 5, "id": "c-n1", "moment": None, **finish}),
        wire.Nudge.model_validate(
            {"call": "c", "seq": 6, "id": "c-n2", "moment": "c-m1", **finish, "quote": "in a no"}
        ),
        wire.CallEnded(call="c", seq=7, scorecard=scorecard),
    ]
    for words in (False, True):
        sending = Sending(outbox, words=words)
        for message in messages:
            sending.take(message.model_copy(update={"call": str(words)}))
    entries = outbox.after(0, 100).result()
    bare, whole = ([entry.text for entry in entries if entry.call == str(words)] for words in (False, True))
    assert len(bare) == len(whole) == 7
    assert ["secret" in text for text in bare] == [False] * 7
    assert ["in a no" in text for text in bare] == [False, False, False, True, False, True, True]
    assert ["secret" in text for text in whole] == [True, True, True, False, True, False, True]
    assert sum("only within 30 days" in text for text in bare) == 4  # the playbook's own words


def test_that_a_channel_is_heard_as_before_is_no_news(outbox: Outbox) -> None:
    sending = Sending(outbox, words=True)
    states = [AudioState.LISTENING, AudioState.LISTENING, AudioState.LOST, AudioState.LOST, AudioState.LISTENING]
    for seq, state in enumerate(states, 1):
        sending.take(wire.Audio(call="c", seq=seq, state=state))
        sending.take(wire.Audio(call="c", seq=seq + 10, state=AudioState.LISTENING, channel=core.Channel.CUSTOMER))
    sending.take(wire.Audio(call="d", seq=1, state=AudioState.LISTENING))
    kept = [(entry.call, entry.seq) for entry in outbox.after(0, 100).result()]
    assert kept == [("c", 1), ("c", 11), ("c", 3), ("c", 5), ("d", 1)]


def test_what_fits_goes_as_it_is() -> None:
    assert fitting(said()) == dump(said())


def card(noes: int, words: int, letter: str = "x") -> wire.CallEnded:
    text = letter * words
    no = wire.No(
        id="c-1",
        at=1,
        quote=text,
        asked=text,
        state=MomentState.EXPIRED,
        unsure=False,
        withheld=None,
        noes=1,
        nudges=(NudgeKind.OFFER_ALTERNATIVE,),
        parts=(wire.PartHeard(part="reason", at=1, words=text),),
    )
    counts = wire.Counts(noes=noes, repaired=0, recovered=0, expired=noes, withdrawn=0, nudges=noes, well_said=0)
    mark = wire.MarkHeard(kind=MarkKind.PARROTED, at=1, quote=text, note=text)
    scorecard = wire.Scorecard(counts=counts, well_redirected=0, closing=True, noes=(no,) * noes, marks=(mark,) * noes)
    return wire.CallEnded(call="c", seq=9, scorecard=scorecard)


@settings(max_examples=25)
@given(st.integers(0, 600), st.integers(0, 3_000), st.sampled_from("xé\U0001f680\x01"))
def test_the_end_of_a_call_always_fits(noes: int, words: int, letter: str) -> None:
    ended = card(noes, words, letter)
    text = fitting(ended)
    assert text is not None
    publish = f'{{"type":"publish","message":{text}}}'
    assert len(publish.encode()) <= MAX_BYTES + 100 < HUB_TAKES
    sent = parse(publish)
    assert isinstance(sent, wire.Publish)
    assert isinstance(sent.message, wire.CallEnded)
    assert sent.message.scorecard.counts == ended.scorecard.counts


def test_words_are_shortened_before_anything_is_left_out() -> None:
    text = fitting(card(60, 3_000))
    assert text is not None
    sent = wire.CallEnded.model_validate_json(text)
    assert [len(no.quote) for no in sent.scorecard.noes] == [100] * 60
    assert len(sent.scorecard.marks) == 60


def test_a_long_utterance_is_cut() -> None:
    text = fitting(said("word " * 50_000))
    assert text is not None
    assert wire.Transcript.model_validate_json(text).text == ("word " * 1_600)


@pytest.mark.parametrize(
    "message",
    [
        wire.Mark(call="c", seq=1, kind=MarkKind.PARROTED, quote="x" * 70_000),
        wire.Moment(call="c", seq=1, id="c-m1", state=MomentState.OPEN, quote="no " * 9_000, asked="\u00e9" * 9_000),
        wire.Praise(call="c", seq=1, moment="c-m1", text="x" * 9_000),
        wire.Nudge(
            call="c",
            seq=1,
            id="c-n1",
            moment="c-m1",
            kind=NudgeKind.OFFER_ALTERNATIVE,
            text="Say what you can do",
            quote="No.",
            suggestions=("x" * 5_000,) * 3,
            expires_at=10,
        ),
    ],
    ids=lambda message: message.type,
)
def test_what_is_longer_than_the_hub_takes_of_its_kind_is_cut(message: wire.CallEvent) -> None:
    text = fitting(message)
    assert text is not None
    assert len(text) < LONGEST - 500
    sent = json.loads(text)
    whole = message.model_dump(mode="json")
    assert {name for name, value in sent.items() if value != whole[name]} <= {"quote", "asked", "text", "suggestions"}


def test_what_cannot_be_made_to_fit_is_left_out() -> None:
    assert fitting(wire.Mark(call="c", seq=1, kind=MarkKind.PARROTED, quote="q", moment="x" * 70_000)) is None
