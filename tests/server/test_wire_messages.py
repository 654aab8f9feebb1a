"""Every message survives the wire, fits its schema, and says what the core said."""

import contextlib
import json
import types
import typing
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import AwareDatetime, BaseModel

from voiceassist.core import events, scorecard
from voiceassist.core import types as core
from voiceassist.errors import ServerError
from voiceassist.server import messages as wire
from voiceassist.server import reference
from voiceassist.server.codec import dump, parse, parse_outgoing, to_wire

FROM_SERVER = typing.get_args(typing.get_args(wire.FromServer)[0])
FROM_CLIENT = typing.get_args(typing.get_args(wire.FromClient)[0])
REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
SCHEMA = reference.json_schema()


def values(annotation: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - a table, one row a kind of type
    """Values of a field's type; the numbers and strings lie within every bound that a field sets."""
    origin, arms = typing.get_origin(annotation), typing.get_args(annotation)
    simple = {
        str: st.text(min_size=1, max_size=20),
        float: st.floats(0.5, 80_000),
        int: st.integers(8_000, 48_000),
        bool: st.booleans(),
        types.NoneType: st.none(),
        AwareDatetime: st.datetimes(timezones=st.just(UTC)),
    }
    if annotation in simple:
        return simple[annotation]
    if origin is typing.Annotated:
        return values(arms[0])
    if origin is typing.Literal:
        return st.sampled_from(arms)
    if origin in {typing.Union, types.UnionType}:
        return st.one_of(*map(values, arms))
    if origin is tuple:
        return st.lists(values(arms[0]), max_size=3).map(tuple)
    if issubclass(annotation, BaseModel):
        return models(annotation)
    return st.sampled_from(list(annotation))


def models(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    fields = {name: values(field.annotation) for name, field in model.model_fields.items()}
    return st.builds(model, **fields)


def conforms(text: str, direction: str) -> bool:
    schema = {**SCHEMA["$defs"][direction], "$defs": SCHEMA["$defs"]}
    return Draft202012Validator(schema).is_valid(json.loads(text))


@pytest.mark.parametrize("model", FROM_SERVER, ids=lambda model: model.__name__)
def test_what_the_server_says_survives_the_wire(model):
    @settings(max_examples=30)
    @given(models(model))
    def check(message):
        text = dump(message)
        assert parse_outgoing(text) == message
        assert list(json.loads(text))[:3] == ["type", "call", "at"]
        assert "\n" not in text
        assert conforms(text, "FromServer")

    check()


@pytest.mark.parametrize("model", FROM_CLIENT, ids=lambda model: model.__name__)
def test_what_a_client_says_survives_the_wire(model):
    @settings(max_examples=30)
    @given(models(model))
    def check(message):
        text = dump(message)
        assert parse(text) == message
        assert conforms(text, "FromClient")

    check()


def test_the_schema_refuses_what_the_parser_refuses():
    for text in ('{"type":"painted"}', '{"type":"painted","id":"a","x":1}', '{"type":"nothing"}'):
        assert not conforms(text, "FromClient")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad-json"),
        ("{", "bad-json"),
        ("nan", "bad-json"),
        ("[" * 60_000, "bad-json"),
        ('{"type":"painted","id":' + "[" * 1_000 + "]" * 1_000 + "}", "bad-json"),
        ("[]", "bad-message"),
        ("null", "bad-message"),
        ("{}", "unknown-type"),
        ('{"type":7}', "unknown-type"),
        ('{"type":"nudge"}', "unknown-type"),
        ('{"type":"painted"}', "bad-message"),
        ('{"type":"painted","id":""}', "bad-message"),
        ('{"type":"painted","id":"a","extra":1}', "bad-message"),
        ('{"type":"pause","v":2}', "bad-message"),
        ('{"type":"snooze","for":-1}', "bad-message"),
        ('{"type":"snooze","for":"ever"}', "bad-message"),
        ('{"type":"snooze","for_":10}', "bad-message"),
    ],
)
def test_what_is_no_message_is_refused_with_a_reason(text, code):
    with pytest.raises(ServerError) as refused:
        parse(text)
    assert refused.value.code == code
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_listener_passes_over_what_it_does_not_know():
    text = '{"type":"audio","state":"lost","newer":1}'
    assert parse_outgoing(text) == wire.Audio(state="lost")
    assert conforms(text[:-1] + ',"call":null,"at":0,"v":1,"seq":1,"cursor":null}', "FromServer")


def test_a_refusal_repeats_no_value():
    with pytest.raises(ServerError) as refused:
        parse('{"type":"hello","token":["hunter2"]}')
    assert "hunter2" not in str(refused.value)


@given(st.text(max_size=200))
def test_any_text_is_a_message_or_refused(text):
    with contextlib.suppress(ServerError):
        parse(text)


# --- from the core ----------------------------------------------------------------------------------------------------

MOMENT = core.Moment(
    id="c-1",
    state=core.MomentState.NUDGED,
    quote="No, we can't.",
    asked="Can I have two?",
    parts=core.Parts(reason=True),
    unsure=True,
    holding=True,
    withheld=core.Withheld.CAP,
)
NUDGE = core.Nudge("c-n1", "c-1", core.NudgeKind.GIVE_REASON, "Say why", "No", 192_000, ("A", "B"))
RECORD = scorecard.NoRecord(
    MOMENT, 8_000, (scorecard.PartHeard("reason", 16_008, "because"),), 2, (core.NudgeKind.GIVE_REASON,)
)

EVENTS: list[tuple[events.Event, dict[str, Any]]] = [
    (events.CallStarted(0), {"type": "call_started"}),
    (
        events.Transcript(16_000, core.Utterance(core.Channel.CUSTOMER, 8_000, 16_000, "Why?", final=True)),
        {"type": "transcript", "channel": "customer", "start": 0.5, "end": 1.0, "text": "Why?", "final": True},
    ),
    (
        events.MomentChanged(16_000, MOMENT),
        {
            "type": "moment",
            "id": "c-1",
            "state": "nudged",
            "quote": "No, we can't.",
            "asked": "Can I have two?",
            "parts": {"acknowledgement": False, "reason": True, "alternative": False, "buy_in": False},
            "unsure": True,
            "holding": True,
            "withheld": "cap",
        },
    ),
    (
        events.NudgeSent(32_000, NUDGE),
        {
            "type": "nudge",
            "at": 2.0,
            "id": "c-n1",
            "moment": "c-1",
            "kind": "give_reason",
            "text": "Say why",
            "quote": "No",
            "suggestions": ["A", "B"],
            "expires_at": 12.0,
        },
    ),
    (
        events.NudgeCleared(8, "c-n1", core.ClearedWhy.EXPIRED),
        {"type": "nudge_cleared", "at": 0.001, "id": "c-n1", "why": "expired"},
    ),
    (events.Praised(0, "c-1", "Well said"), {"type": "praise", "moment": "c-1", "text": "Well said"}),
    (events.AudioChanged(0, core.AudioState.LOST), {"type": "audio", "state": "lost"}),
    (
        events.Alerted(0, "c-a1", core.AlertWhy.ASKED_FOR_MANAGER, MOMENT, ("reason",)),
        {
            "type": "alert",
            "id": "c-a1",
            "why": "asked_for_manager",
            "moment": "c-1",
            "quote": "No, we can't.",
            "asked": "Can I have two?",
            "missing": ["reason"],
            "state": "open",
        },
    ),
    (events.EngineFailed(0, "engine", "it broke"), {"type": "error", "code": "engine", "message": "it broke"}),
    (events.LanguageOther(0), {"type": "error", "code": "language-other"}),
    (
        events.Marked(0, core.Mark(core.MarkKind.PARROTED, "you were charged twice", "c-1", "note")),
        {"type": "mark", "kind": "parroted", "quote": "you were charged twice", "moment": "c-1", "note": "note"},
    ),
    (
        events.KindMuted(0, core.NudgeKind.ACKNOWLEDGE, 1, 9),
        {"type": "kind_muted", "kind": "acknowledge", "up": 1, "down": 9},
    ),
    (
        events.CallEnded(
            0,
            scorecard.Scorecard(
                (RECORD,),
                nudges=1,
                well_redirected=3,
                closing=True,
                marks=(scorecard.MarkRecord(core.Mark(core.MarkKind.INTERRUPTED, "so what is"), 8_000),),
                buy_ins=1,
                clarified=2,
                promises=3,
                gracious=True,
            ),
        ),
        {
            "type": "call_ended",
            "scorecard": {
                "counts": {
                    "noes": 1,
                    "repaired": 0,
                    "recovered": 0,
                    "expired": 0,
                    "withdrawn": 0,
                    "nudges": 1,
                    "well_said": 0,
                },
                "well_redirected": 3,
                "closing": True,
                "noes": [
                    {
                        "id": "c-1",
                        "at": 0.5,
                        "quote": "No, we can't.",
                        "asked": "Can I have two?",
                        "state": "nudged",
                        "unsure": True,
                        "withheld": "cap",
                        "noes": 2,
                        "nudges": ["give_reason"],
                        "parts": [{"part": "reason", "at": 1.0, "words": "because"}],
                    },
                ],
                "marks": [{"kind": "interrupted", "at": 0.5, "quote": "so what is", "moment": None, "note": ""}],
                "buy_ins": 1,
                "clarified": 2,
                "promises": 3,
                "gracious": True,
            },
        },
    ),
]


@pytest.mark.parametrize(("event", "expected"), EVENTS, ids=lambda value: type(value).__name__)
def test_an_event_of_the_core_becomes_its_message(event, expected):
    said = json.loads(dump(to_wire(event, "c", 7)))
    assert (said["call"], said["seq"], said["v"], said["cursor"]) == ("c", 7, 1, None)
    assert {key: said[key] for key in expected} == expected
    assert conforms(json.dumps(said), "FromServer")


def test_no_event_of_the_core_is_forgotten():
    assert {type(event) for event, _ in EVENTS} == set(typing.get_args(events.Event))


# --- the reference ----------------------------------------------------------------------------------------------------


def test_the_committed_schema_is_the_code_s():
    Draft202012Validator.check_schema(SCHEMA)
    assert (REFERENCE / reference.SCHEMA_FILE).read_text(encoding="utf-8") == reference.schema_text()


def test_the_committed_page_is_the_code_s():
    page = reference.page_text()
    assert (REFERENCE / reference.PAGE_FILE).read_text(encoding="utf-8") == page
    for model in (*FROM_SERVER, *FROM_CLIENT):
        assert f"### `{model.model_fields['type'].default}`" in page


def test_the_writer_writes_what_is_committed(tmp_path):
    reference.write(tmp_path)
    assert (tmp_path / reference.PAGE_FILE).read_text(encoding="utf-8") == reference.page_text()
    assert json.loads((tmp_path / reference.SCHEMA_FILE).read_text(encoding="utf-8")) == SCHEMA
