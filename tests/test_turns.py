"""Turns files: good ones in every form, and one line of error for each that is not one."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from voiceassist.core.types import Channel
from voiceassist.errors import TurnsError
from voiceassist.turns import Turn, TurnsCall, read

AGENT = {"speaker": "agent", "text": "No, we can't do that.", "start": 2.5, "end": 4}
CUSTOMER = {"speaker": "customer", "text": "Can I get a refund?", "start": 0.5, "end": 2}
CALL = {"turns": [CUSTOMER, AGENT]}
HEARD = (
    Turn(Channel.CUSTOMER, "Can I get a refund?", 8_000, 32_000),
    Turn(Channel.AGENT, "No, we can't do that.", 40_000, 64_000),
)


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(content: object, name: str = "call.json") -> Path:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write


# --- good files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("call.json", json.dumps(CALL)),
        ("call.json", json.dumps(CALL, indent=2)),
        ("call.json", "\n\n" + json.dumps(CALL) + "\n\n"),
        ("call.json", "\ufeff" + json.dumps(CALL)),
        ("call.json", json.dumps(CALL).replace(', "', ',\r\n"')),
        ("call.jsonl", json.dumps(CALL)),
        ("call.jsonl", json.dumps(CALL) + "\r\n\r\n"),
        ("call.JSONL", json.dumps(CALL) + "\n"),
    ],
)
def test_one_call_in_any_form(file: Callable[..., Path], name: str, content: str) -> None:
    assert read(file(content, name)) == [TurnsCall("call", HEARD, {})]


@pytest.mark.parametrize("name", ["calls.jsonl", "calls.json"])
def test_one_call_a_line(file: Callable[..., Path], name: str) -> None:
    first, second = {**CALL, "id": "a"}, {"turns": [AGENT]}
    path = file(f"{json.dumps(first)}\n\n{json.dumps(second)}\n", name)
    assert read(path) == [TurnsCall("a", HEARD, {}), TurnsCall("calls", HEARD[1:], {})]


def test_text_may_hold_what_some_take_for_the_end_of_a_line(file: Callable[..., Path]) -> None:
    text = "no\u2028we\u0085can't\x0bdo\u2029that"
    call = json.dumps({"turns": [{**AGENT, "text": text}]}, ensure_ascii=False)
    (first, second) = read(file(f"{call}\n{call}", "calls.jsonl"))
    assert first.turns[0].text == second.turns[0].text == "no we can't do that"


def test_unknown_keys_are_ignored(file: Callable[..., Path]) -> None:
    call = {"turns": [{**CUSTOMER, "mood": "angry"}, {**AGENT, "x": [1, {"y": None}]}], "language": "en", "v": 3}
    assert read(file(call)) == [TurnsCall("call", HEARD, {})]


def test_turns_without_words_are_speech_and_those_without_length_are_not(file: Callable[..., Path]) -> None:
    turns = [{**CUSTOMER, "end": 0.5}, {**CUSTOMER, "text": "  "}, {**AGENT, "end": 2.5}, AGENT]
    (call,) = read(file({"turns": turns}))
    assert call.turns == (Turn(Channel.CUSTOMER, "", 8_000, 32_000), HEARD[1])


def test_turns_may_overlap_and_begin_together(file: Callable[..., Path]) -> None:
    turns = [{**AGENT, "start": 1, "end": 5}, {**CUSTOMER, "start": 1, "end": 2}, {**AGENT, "start": 1.5, "end": 3}]
    (call,) = read(file({"turns": turns}))
    assert [(turn.start, turn.end) for turn in call.turns] == [(16_000, 80_000), (16_000, 32_000), (24_000, 48_000)]


def test_a_call_may_hold_no_turn(file: Callable[..., Path]) -> None:
    (call,) = read(file({"turns": []}))
    assert call == TurnsCall("call", (), {})
    assert call.channels == (Channel.AGENT,)


def test_the_agent_is_always_heard(file: Callable[..., Path]) -> None:
    (both,), (alone,) = read(file({"turns": [CUSTOMER]})), read(file({"turns": [AGENT]}))
    assert both.channels == (Channel.AGENT, Channel.CUSTOMER)
    assert alone.channels == (Channel.AGENT,)


def test_expectations_follow_their_turns(file: Callable[..., Path]) -> None:
    silent = {**CUSTOMER, "end": 0.5}
    rows: list[object] = [
        {"after_turn": 0, "nudge": "none"},  # of a skipped turn at the beginning: after no turn
        {"after_turn": 1, "nudge": "none"},
        {"after_turn": 3, "nudge": "give_reason", "why": "asked"},
        {"after_turn": 9, "nudge": "none"},
        {"after_turn": -1, "nudge": "none"},
        {"after_turn": "2"},
        "later",
    ]
    call = {"turns": [silent, CUSTOMER, {**AGENT, "end": 2.5}, AGENT], "expect": rows}
    assert read(file(call))[0].expect == {0: "none", 1: "give_reason"}
    assert read(file({**CALL, "expect": "none"}))[0].expect == {}


def test_half_characters_are_replaced(file: Callable[..., Path]) -> None:
    (call,) = read(
        file('{"id": "a\\ud800", "turns": [{"speaker": "agent", "text": "n\\udfffo", "start": 0, "end": 1}]}')
    )
    assert (call.id, call.turns[0].text) == ("a?", "n?o")


# --- bad files: one line that names file and place --------------------------------------------------------------------


def turn(**changes: object) -> dict[str, object]:
    return {"turns": [CUSTOMER, {**AGENT, **changes}]}


def without(key: str) -> dict[str, object]:
    return {"turns": [CUSTOMER, {k: v for k, v in AGENT.items() if k != key}]}


DEEP = "[" * 100_000
MALFORMED: list[tuple[str, object, str]] = [
    # the file
    ("call.json", "", "call.json: the file holds no call"),
    ("call.jsonl", " \n\n", "call.jsonl: the file holds no call"),
    ("call.json", b"\xff\xfe\x00\x00", "call.json: this is no text"),
    ("call.json", b"RIFF\x24\x08\x00\x00WAVEfmt \x80", "call.json: this is no text"),
    ("call.json", "hello", "call.json:1:1: not JSON"),
    ("call.json", '{\n "turns": [\n', "call.json:3:1: not JSON"),
    ("call.json", '{"turns": []}}', "call.json:1:14: not JSON: Extra data"),
    ("call.jsonl", f"{json.dumps(CALL)}\n{{'turns': []}}", "call.jsonl:2:2: not JSON"),
    ("call.json", f"{json.dumps(CALL)}\nhello", "call.json:2:1: not JSON"),
    ("call.json", DEEP, "call.json: the JSON is nested too deeply"),
    ("call.jsonl", f"{json.dumps(CALL)}\n{DEEP}", "call.jsonl:2: the JSON is nested too deeply"),
    ("call.json", '{"turns": [{"start": ' + "9" * 5_000 + "}]}", "call.json: a number has too many digits"),
    # a call
    ("call.json", "null", "call.json: expected an object, not NoneType"),
    ("call.json", [CALL], "call.json: expected an object, not list"),
    ("call.json", {}, 'call.json: a call needs "turns", a list'),
    ("call.json", {"turns": {"0": AGENT}}, 'call.json: a call needs "turns", a list'),
    ("call.jsonl", f'{json.dumps(CALL)}\n\n{{"turns": 3}}', 'call.jsonl:3: a call needs "turns", a list'),
    ("call.json", {**CALL, "id": ""}, 'call.json: "id" is a text that is not empty'),
    ("call.json", {**CALL, "id": 7}, 'call.json: "id" is a text that is not empty'),
    # a turn
    ("call.json", {"turns": [CUSTOMER, "no"]}, "call.json: turn 1: expected an object, not str"),
    ("call.json", turn(speaker="boss"), 'call.json: turn 1: "speaker" is "agent" or "customer", not "boss"'),
    ("call.json", turn(speaker=["agent"]), 'turn 1: "speaker" is "agent" or "customer", not a list'),
    ("call.json", turn(speaker="x" * 999), "xxx…"),
    ("call.json", without("speaker"), 'turn 1: "speaker" is "agent" or "customer", not null'),
    ("call.json", without("text"), 'turn 1: "text" is missing or no text'),
    ("call.json", turn(text=5), 'turn 1: "text" is missing or no text'),
    ("call.json", turn(end=2.4), "turn 1 ends at 2.4 s, before its start (2.5 s)"),
    ("call.json", turn(start=0.4), "turn 1 starts at 0.4 s, before the turn above it (0.5 s)"),
    ("call.json", turn(start=0.4, end=0.4), "turn 1 starts at 0.4 s, before the turn above it (0.5 s)"),
    # a time
    *(
        ("call.json", without(name), f'call.json: turn 1: "{name}" is a number of seconds from 0 to 86400, not null')
        for name in ("start", "end")
    ),
    *(
        ("call.json", turn(**{name: value}), f'call.json: turn 1: "{name}" is a number of seconds from 0 to 86400, not')
        for name in ("start", "end")
        for value in ("3", True, False, [], {}, -1, -0.001, float("nan"), float("inf"), -float("inf"), 1e308, 10**400)
    ),
]


@pytest.mark.parametrize(("name", "content", "said"), MALFORMED)
def test_what_is_wrong_is_said_in_one_line(file: Callable[..., Path], name: str, content: object, said: str) -> None:
    path = file(content, name)
    with pytest.raises(TurnsError) as refused:
        read(path)
    line = str(refused.value)
    assert said in line
    assert line.startswith(str(path))
    assert line.isprintable()
    assert len(line) < len(str(path)) + 200
    assert refused.value.code == "turns"


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(TurnsError, match=r"no\.json: No such file"):
        read(tmp_path / "no.json")
    with pytest.raises(TurnsError):
        read(tmp_path)


# --- anything at all --------------------------------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner), max_leaves=8
)
TIMES = st.floats() | st.integers() | st.integers(0, 100) | st.floats(0, 100) | JSON
TURNS = st.fixed_dictionaries(
    {
        "speaker": st.sampled_from(["agent", "customer"]) | JSON,
        "text": st.text(max_size=9) | JSON,
        "start": TIMES,
        "end": TIMES,
    }
)
CALLS = st.fixed_dictionaries(
    {"turns": st.lists(TURNS | JSON, max_size=4) | JSON}, optional={"id": JSON, "expect": st.lists(JSON) | JSON}
)
LINES = st.lists((CALLS | JSON).map(json.dumps) | st.text(max_size=20), max_size=3).map("\n".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(
    st.binary(max_size=60) | LINES.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(["json", "jsonl"]),
)
@example(b"", "json")
@example(json.dumps(CALL).encode("utf-16"), "jsonl")
def test_any_file_is_read_or_refused(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"any.{suffix}"
    path.write_bytes(content)
    calls, refusal = read_or_refusal(path)
    assert bool(calls) != bool(refusal)
    assert not refusal or (refusal.startswith(str(path)) and "\n" not in refusal)
    for call in calls:
        assert call.id
        starts = [turn.start for turn in call.turns]
        assert starts == sorted(starts)
        assert all(0 <= turn.start < turn.end for turn in call.turns)
        assert all(0 <= index < len(call.turns) for index in call.expect)
        assert json.dumps([call.id, [turn.text for turn in call.turns]], ensure_ascii=False).encode()


def read_or_refusal(path: Path) -> tuple[list[TurnsCall], str]:
    try:
        return read(path), ""
    except TurnsError as error:
        return [], str(error)


VALID = st.lists(
    st.tuples(
        st.sampled_from(list(Channel)),
        st.text(st.characters(codec="utf-8"), max_size=20),
        st.floats(0, 9),
        st.floats(0, 9),
    ),
    max_size=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALID)
def test_what_was_written_is_what_is_read(tmp_path: Path, drawn: list[tuple[Channel, str, float, float]]) -> None:
    rows, start = [], 0.0
    for speaker, text, wait, length in drawn:
        start += wait
        rows.append({"speaker": speaker.value, "text": text, "start": start, "end": start + length})
    path = tmp_path / "call.jsonl"
    path.write_text(json.dumps({"turns": rows}), encoding="utf-8")
    expected = [
        Turn(
            Channel(row["speaker"]),
            " ".join(str(row["text"]).split()),
            round(row["start"] * 16_000),
            round(row["end"] * 16_000),
        )
        for row in rows
    ]
    assert list(read(path)[0].turns) == [turn for turn in expected if turn.end > turn.start]
