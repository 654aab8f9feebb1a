"""The decoder before whatever comes: a message, or a refusal that is one line and repeats nothing of what was sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from floor.told import ADA, alert, cleared, ended, moment, nudge, said, sound, started
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.errors import ServerError
from voiceassist.floor.published import Published, stamped
from voiceassist.server import messages as wire
from voiceassist.server.codec import dump, parse

SECRET = "hunter2"
CODES = {"bad-json", "unknown-type", "bad-message"}
EVENTS: list[wire.CallEvent] = [
    *(started(), moment(2), nudge(3), cleared(4), said(5), sound(6, "lost"), alert(7), ended(8)),
    wire.Thumb(call="c", seq=9, id="c-n1", helpful=True),
    wire.KindMuted(call="c", seq=10, kind=wire.core.NudgeKind.OFFER_ALTERNATIVE, up=1, down=9),
    wire.Whisper(call="c", seq=11, text="psst"),
]
VALID: list[dict[str, Any]] = [
    *({"type": "publish", "message": json.loads(dump(event))} for event in EVENTS),
    {"type": "hello", "token": "t", "role": "agent", "cursor": "x-1"},
    {"type": "subscribe", "call": "c"},
    {"type": "whisper", "call": "c", "text": "psst"},
    {"type": "snooze", "for": 60},
    {"type": "alert_snooze", "id": "c-a1", "for": "call"},
    {"type": "alert_assign", "id": "c-a1", "to": "sam"},
    {"type": "audio_start", "rate": 16_000, "channels": ["agent", "customer"]},
]
NASTY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        [
            *(
                10**400,
                -(2**63) - 1,
                2**53,
                1e308,
                float("nan"),
                float("inf"),
                "nan",
                "Infinity",
                "\0",
                "\x1e",
                "\u202e",
            ),
            *([], {}, [[]], SECRET, {SECRET: SECRET}, [SECRET] * 100, "9999-12-31T23:59:59-23:59", "x" * 60_000),
        ]
    ),
)


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything that lies within a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, within in items:
        yield (*way, key)
        yield from places(within, (*way, key))


@st.composite
def altered(draw: st.DrawFn) -> str:
    """A message that is one, save for some of its values, or some that it lacks or has besides."""
    message: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(VALID))))
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from([*places(message)]))
        holder: Any = message
        for key in way:
            holder = holder[key]
        match draw(st.sampled_from(["set", "drop", "add"])):
            case "drop":
                del holder[last]
            case "add" if isinstance(holder, dict):
                holder[SECRET] = deepcopy(draw(NASTY))
            case _:
                holder[last] = deepcopy(draw(NASTY))
        if not message:
            break
    return json.dumps(message)


def refusal(what: Callable[[], object]) -> ServerError | None:
    """Why it is refused, None where it is not."""
    try:
        what()
    except ServerError as error:
        return error
    return None


def decoded(text: str) -> wire.FromClient | None:
    """What it is; where it is refused, the refusal is fit to be told and logged."""
    error = refusal(lambda: parse(text))
    if error is None:
        return parse(text)
    assert error.code in CODES
    assert "\n" not in str(error)
    assert len(str(error)) < 400
    assert SECRET not in str(error)
    return None


@given(altered())
def test_an_altered_message_is_a_message_or_refused_and_passes_on_or_does_not(text: str) -> None:
    message = decoded(text)
    if message is None:
        return
    assert parse(dump(message)) == message
    if isinstance(message, wire.Publish):
        error = refusal(lambda: stamped(message.message, ADA, datetime.now(UTC)))
        if error is not None:
            assert (error.code, SECRET in str(error)) == ("bad-event", False)
            return
        # Whoever follows the bus can read it: one event that cannot be read would be lost to all boards.
        published = Published(member=ADA, message=stamped(message.message, ADA, datetime.now(UTC)))
        assert Published.model_validate_json(published.model_dump_json()) == published


@given(st.one_of(st.binary(max_size=300).map(lambda data: data.decode("latin-1")), st.text(max_size=300)))
def test_whatever_comes_is_a_message_or_refused(text: str) -> None:
    decoded(text)


DEEP = 10_000
CRUEL = {
    "deep lists": "[" * DEEP,
    "deep objects": '{"a":' * DEEP,
    "deep and whole": "[" * DEEP + "]" * DEEP,
    "deep within a message": '{"type":"publish","message":' + "[" * DEEP + "]" * DEEP + "}",
    "a long number": '{"type":"ack","seq":' + "9" * 60_000 + "}",
    "a longer float": '{"type":"snooze","for":1e' + "9" * 5_000 + "}",
    "not a number": '{"type":"snooze","for":NaN}',
    "infinite": '{"type":"snooze","for":-Infinity}',
    "infinite as text": '{"type":"snooze","for":"Infinity"}',
    "many elements": '{"type":"audio_start","channels":[' + ",".join("1" * 30_000) + "]}",
    "many keys": "{" + ",".join(f'"{number}":1' for number in range(5_000)) + "}",
    "a key twice": '{"type":"dismiss","id":"a","type":"nothing"}',
    "half a character": '{"type":"dismiss","id":"\\ud800"}',
    "no end": '{"type":"dismiss","id":"a"',
    "more after the end": '{"type":"dismiss","id":"a"}{}',
    "a mark before": '\ufeff{"type":"dismiss","id":"a"}',
    "nothing": "",
    "null": "null",
    "a lone character": "\ud800",
}


@pytest.mark.parametrize("text", CRUEL.values(), ids=CRUEL)
def test_what_is_cruel_to_a_parser_is_refused(text: str) -> None:
    assert decoded(text) is None


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", '"nan"', '"-inf"'])
def test_no_event_brings_a_number_that_json_cannot_say(number: str) -> None:
    message = json.dumps(VALID[2]).replace('"expires_at": 13.0', f'"expires_at": {number}')
    assert number in message
    assert decoded(message) is None
