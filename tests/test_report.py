"""The review of a call: what it praises, what it shows of each no, and the files and words it comes as."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from calls import AGENT, CUSTOMER, Turn
from commands import Command, typing
from hypothesis import given
from hypothesis import strategies as st
from store.kept import RECOVERED, card, ended, keep, mark, moment, nudge, said, started, told

from voiceassist.core.types import AudioState, Channel, MarkKind, MomentState
from voiceassist.report.document import Review, Span, Step
from voiceassist.report.review import review
from voiceassist.report.table import safe, to_csv
from voiceassist.server import messages as wire
from voiceassist.store.database import Store

BARE: list[Turn] = [(CUSTOMER, 0, 2, "can i have a refund"), (AGENT, 2.5, 3.5, "no we can't")]
WELL: list[Turn] = [
    (CUSTOMER, 0, 2, "can i have a refund"),
    (
        AGENT,
        2.5,
        8,
        "i understand but no i can't because it is sold out so i can send you another one which colour",
    ),
]
HOSTILE = "</script><img src=x onerror=alert(1)> \u202eevil\u202c \u2028 &amp; 👩🏽\u200d🚀 \"' =1+1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.sqlite3"


def seen(path: Path, *messages: wire.CallEvent, agent: str = "") -> Review:
    """The review of a call that these messages tell."""
    with Store.open(path) as store:
        keep(store, *messages, agent=agent)
        return review(store.call("c"))


# --- each no ----------------------------------------------------------------------------------------------------------


def test_a_no_shows_its_steps_in_the_order_in_which_they_came(path: Path) -> None:
    [no] = seen(path, *told(RECOVERED)).noes
    assert [(b.at, [s.step for s in b.steps], [s.part for s in b.steps]) for b in no.breaths] == [
        (8.0, [Step.LISTENING], [None]),
        (11.0, [Step.ACKNOWLEDGING], ["acknowledgement"]),
        (14.0, [Step.SOLVING], ["reason"]),
        (17.0, [Step.SOLVING, Step.LISTENING], ["alternative", "buy_in"]),
    ]
    assert no.breaths[0].words == "but the box was broken when it came"
    assert no.breaths[-1].words == "i can send you another one which colour"
    assert (no.missing, no.order, no.well_said, no.state) == ((), "", True, MomentState.RECOVERED)
    assert (no.asked, no.quote) == ("can i have a refund", "no we can't")
    assert no.grace == Span(start=no.at, end=no.nudges[0].at)


def test_what_was_missing_is_named(path: Path) -> None:
    [no] = seen(path, *told(BARE)).noes
    assert [missing.part for missing in no.missing] == ["acknowledgement", "reason", "alternative", "buy_in"]
    assert (no.breaths, no.well_said, no.settled) == ((), False, 23.5)
    assert all(missing.text.endswith(".") for missing in no.missing)


def test_a_no_in_one_breath_has_its_empathy_first(path: Path) -> None:
    [no] = seen(path, *told(WELL)).noes
    [breath] = no.breaths
    assert [s.step for s in breath.steps] == [Step.EMPATHY, Step.SOLVING, Step.SOLVING, Step.LISTENING]
    assert (no.grace, no.nudges, no.well_said) == (None, (), True)


def test_an_offer_before_the_feeling_is_said_to_be_out_of_order(path: Path) -> None:
    turns = [*BARE, (AGENT, 4, 6, "i can send you another one"), (AGENT, 7, 9, "i understand that is frustrating")]
    [no] = seen(path, *told(turns)).noes
    assert [s.part for b in no.breaths for s in b.steps] == ["alternative", "acknowledgement"]
    assert no.order


def test_a_customer_who_was_talked_over_was_not_listened_to(path: Path) -> None:
    messages = told(RECOVERED)
    over = mark(MarkKind.INTERRUPTED, 7.0, "i understand", of="c-m1")
    review_ = seen(path, *messages[:-1], over, messages[-1])
    [no] = review_.noes
    assert None not in [s.part for b in no.breaths for s in b.steps]
    assert [noted.kind for noted in no.marks] == [MarkKind.INTERRUPTED]
    assert "You let them finish, every time." not in review_.praise


def test_a_line_says_what_can_be_done_instead(path: Path) -> None:
    [no] = seen(path, *told(RECOVERED)).noes
    [line] = no.instead
    assert (line.at, line.said, line.instead) == (2.5, "no we can't", "I can send you another one which colour")


def test_the_playbooks_offer_is_taken_where_the_agent_named_none(path: Path) -> None:
    sent = nudge(3.0, suggestions=["hold it for you"])
    [no] = seen(path, started(), said("No, we can't.", 0.5), moment(MomentState.OPEN, 1.5), sent, ended()).noes
    assert [line.instead for line in no.instead] == ["What I can do is hold it for you"]


def test_the_same_other_wording_is_shown_once(path: Path) -> None:
    lines = [
        said("No, we can't.", 0.5),
        said("We really can't do that.", 3.0),
        said("We can't send it till Friday.", 6.0),
    ]
    [no] = seen(path, started(), *lines, moment(MomentState.OPEN, 1.5), ended()).noes
    assert [(line.said, line.instead) for line in no.instead] == [
        ("No, we can't.", "What I can do is …"),
        ("We can't send it till Friday.", "From Friday on, we can send it"),
    ]


def test_lines_belong_to_the_no_in_which_they_were_said(path: Path) -> None:
    turns = [
        *BARE,
        (CUSTOMER, 5, 7, "can i have a technician on sunday"),
        (AGENT, 8, 9.5, "no we don't do sundays"),
    ]
    noes = seen(path, *told(turns)).noes
    assert [[line.said for line in no.instead] for no in noes] == [["no we can't"], ["no we don't do sundays"]]
    assert [no.number for no in noes] == [1, 2]


def test_a_no_that_was_taken_back_is_no_no(path: Path) -> None:
    messages = [started(), moment(MomentState.OPEN, 1.0), moment(MomentState.WITHDRAWN, 2.0), ended()]
    assert seen(path, *messages).noes == ()


def test_a_renewed_nudge_stands_by_each_no_it_came_for(path: Path) -> None:
    messages = [
        started(),
        moment(MomentState.NUDGED, 1.0),
        nudge(2.0),
        moment(MomentState.NUDGED, 9.0, id_="c-m2"),
        nudge(10.0, of="c-m2"),
        ended(),
    ]
    assert [[(n.at, n.renewed) for n in no.nudges] for no in seen(path, *messages).noes] == [
        [(2.0, False)],
        [(10.0, True)],
    ]


# --- the call ---------------------------------------------------------------------------------------------------------


def test_praise_comes_first_and_is_never_missing(path: Path) -> None:
    fields = {"buy_ins": 2, "clarified": 1, "promises": 3, "gracious": True, "closing": True, "well_redirected": 2}
    praise = seen(path, *told(RECOVERED)[:-1], ended(**fields)).praise
    assert praise[0] == "You said your one no well, with feeling, reason and a way on."
    assert "You took up the nudge and turned a no around." in praise
    assert "You met 2 requests with what can be done, without any no." in praise
    assert "You asked what would work for them, twice." in praise
    assert "You asked until the matter was clear." in praise
    assert "You said what you were about to do, 3 times." in praise
    assert "A customer who was leaving got a kind word from you." in praise
    assert "You closed warmly." in praise
    assert len(seen(path, *told(BARE)[:-1], ended()).praise) == 1
    assert seen(path, started(), ended()).praise == ("Nothing had to be refused in this call.",)


def test_what_the_call_lacked(path: Path) -> None:
    question, close = seen(path, *told(BARE)[:-1], ended()).next_time
    assert "clarifying question" in question
    assert "warm close" in close
    assert seen(path, *told(BARE)[:-1], ended(clarified=1, closing=True)).next_time == ()
    assert seen(path, started(), ended(closing=True)).next_time == ()
    assert seen(path, started()).next_time == ()


def test_the_closing(path: Path) -> None:
    counted = [seen(path, started(), *end).counted for end in ([ended(closing=True)], [ended()], [])]
    closings = [whole and whole.closing for whole in counted]
    assert closings == [True, False, None]


def test_a_call_without_the_customer_says_so(path: Path) -> None:
    alone = seen(path, started(), said("No."), moment(MomentState.OPEN, 2.0), ended())
    assert not alone.customer_heard
    assert any("Only the agent was heard" in line for line in alone.limits)
    assert "You let them finish, every time." not in alone.praise
    assert seen(path, *told(RECOVERED)).limits == ()


def test_a_call_that_was_cut_off_says_so_and_still_shows_its_noes(path: Path) -> None:
    cut = seen(path, *told(RECOVERED)[:-1])
    assert any("cut off at 0:" in line for line in cut.limits)
    [no] = cut.noes
    assert [s.part for b in no.breaths for s in b.steps if s.part] == [
        "acknowledgement",
        "reason",
        "alternative",
        "buy_in",
    ]
    assert no.breaths[-1].words.endswith("i can send you another one which colour")


def test_what_was_lost_is_said(path: Path) -> None:
    end = wire.CallEnded(call="c", at=60.0, scorecard=card(), lost=2.5)
    assert seen(path, started(), end).limits == ("2.5 s of sound did not come through.",)


def sound(state: AudioState, at: float, channel: Channel = AGENT) -> wire.Audio:
    return wire.Audio(call="c", at=at, state=state, channel=channel)


def test_stretches_that_nobody_heard(path: Path) -> None:
    messages = [
        sound(AudioState.LISTENING, 0.0),
        sound(AudioState.PAUSED, 10.0),
        sound(AudioState.LISTENING, 20.0),
        sound(AudioState.LOST, 25.0, CUSTOMER),
        sound(AudioState.LAGGING, 26.0),
        sound(AudioState.SILENT, 30.0),
        sound(AudioState.RESTORED, 40.0, CUSTOMER),
    ]
    spans = seen(path, started(), *messages, ended(60.0)).unheard
    assert [(s.start, s.end, s.channel, s.why) for s in spans] == [
        (10.0, 20.0, None, "paused"),
        (25.0, 40.0, CUSTOMER, "lost"),
        (30.0, 60.0, AGENT, "silent"),
    ]


def test_marks_that_belong_to_no_no_stand_by_themselves(path: Path) -> None:
    told_so = mark(MarkKind.RULED_OUT, 3.0, "you get it today", note="It takes three days.")
    [noted] = seen(path, started(), told_so, ended()).marks
    assert (noted.quote, noted.note) == ("you get it today", "It takes three days.")
    assert noted.text


def test_no_number_of_merit_is_in_a_review(path: Path) -> None:
    document = seen(path, *told(RECOVERED)).model_dump(mode="json")
    assert not {key for key in (*document, *document["noes"][0]) if {"score", "grade", "points", "rating"} & {key}}


# --- the table --------------------------------------------------------------------------------------------------------


def test_the_table_has_a_row_a_no(path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(seen(path, *told(RECOVERED), agent="ann")))))
    assert [(r["no"], r["agent"], r["state"], r["reason"], r["well_said"]) for r in rows] == [
        ("1", "ann", "recovered", "14.0", "True")
    ]
    assert rows[0]["order"] == "listening > acknowledging > solving"
    assert datetime.fromisoformat(rows[0]["started_at"]) <= datetime.now(UTC)


def test_the_table_has_what_belongs_to_the_whole_call(path: Path) -> None:
    counts = {"well_redirected": 2, "buy_ins": 3, "clarified": 1, "promises": 4, "gracious": True, "closing": True}
    silent = wire.CallStarted(call="c", silent_arm=True)
    [row] = csv.DictReader(io.StringIO(to_csv(seen(path, silent, ended(**counts)))))
    assert {name: row[name] for name in counts} == {name: str(value) for name, value in counts.items()}
    assert (row["call"], row["silent_arm"], row["no"], row["quote"]) == ("c", "True", "", "")


def test_what_was_counted_of_a_call_that_was_cut_off_is_not_known(path: Path) -> None:
    [row] = csv.DictReader(io.StringIO(to_csv(seen(path, started(), moment(MomentState.OPEN, 1.0, "No.")))))
    assert (row["closing"], row["silent_arm"], row["no"]) == ("", "False", "1")


def test_a_call_of_the_silent_arm_says_so(path: Path) -> None:
    silent = seen(path, wire.CallStarted(call="c", silent_arm=True), ended())
    assert any("in silence" in line for line in silent.limits)
    assert not any("in silence" in line for line in seen(path, started(), ended()).limits)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", 'he said "no",\nand left', HOSTILE])
def test_a_cell_is_never_a_formula(path: Path, text: str) -> None:
    table = to_csv(seen(path, started(), moment(MomentState.OPEN, 1.0, text), ended()))
    [row] = csv.DictReader(io.StringIO(table))
    assert row["quote"].replace("'", "") == text.replace("'", "")
    assert not row["quote"].startswith(("=", "+", "-", "@", "\t"))


@given(st.text(alphabet="=+-@;\t\n\r \"',a", max_size=12))
def test_no_cell_is_a_formula_however_a_spreadsheet_parts_them(text: str) -> None:
    for sign in ";\t\n":
        assert not [cell for cell in str(safe(text)).split(sign) if cell.startswith(("=", "+", "-", "@"))]


def test_a_long_cell_is_looked_through_at_once() -> None:
    for text in (";" * 60_000, "\n" * 60_000, "; " * 30_000):
        assert safe(text) in {text, f"'{text}"}


# --- the commands -----------------------------------------------------------------------------------------------------


@pytest.fixture
def command(path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("VOICEASSIST_STORE__PATH", str(path))

    return typing(monkeypatch, capfd)


def test_the_commands_show_a_call(path: Path, command: Command) -> None:
    seen(path, *told(RECOVERED), agent="ann")
    code, listed, beside = command("calls")
    assert (code, "ann" in listed, beside) == (0, True, "")
    code, listed, _ = command("calls", "--json")
    assert json.loads(listed)["id"] == "c"
    code, shown, _ = command("report", "last")
    assert code == 0
    assert shown.index("You said your one no well") < shown.index("No 1")
    assert "but the box was broken" in shown


def test_a_mark_whose_words_were_not_kept_quotes_nothing(path: Path, command: Command) -> None:
    seen(path, started(), mark(MarkKind.RULED_OUT, 3.0, note="It takes three days."), ended())
    shown = command("report", "c")[1]
    assert ("It takes three days." in shown, "“”" in shown) == (True, False)


def test_the_commands_export_a_call(path: Path, command: Command, tmp_path: Path) -> None:
    seen(path, *told(RECOVERED))
    files = {flag: tmp_path / f"call.{flag}" for flag in ("html", "json", "csv")}
    code, printed, beside = command(
        "report", "c", *(w for flag, file in files.items() for w in (f"--{flag}", str(file)))
    )
    assert (code, printed, beside.count("written: ")) == (0, "", 3)
    assert files["html"].read_text("utf-8").startswith("<!doctype html>")
    assert files["csv"].read_bytes().startswith(b"\xef\xbb\xbfcall,")
    code, printed, beside = command("report", "c", "--json", "-")
    assert (code, beside) == (0, "")
    assert json.loads(printed) == json.loads(files["json"].read_text("utf-8"))


def test_the_commands_refuse_in_one_line(path: Path, command: Command, tmp_path: Path) -> None:
    assert command("calls") == (0, "", "no call is kept yet\n")
    code, printed, line = command("report", "last")
    assert (code, printed) == (2, "")
    assert line.startswith("voiceassist: error[call-unknown]: ")
    assert not path.exists()
    seen(path, *told(BARE))
    for words, wanted in {("nobody",): "'nobody'", ("c", "--html", str(tmp_path)): "error[usage]"}.items():
        code, printed, line = command("report", *words)
        assert (code, printed, line.count("\n"), wanted in line) == (2, "", 1, True)


@pytest.mark.parametrize(("name", "value", "said"), [("PATH", "", "store.path is empty"), ("DAYS", "0", "store.days")])
def test_settings_of_the_store(
    name: str, value: str, said: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"VOICEASSIST_STORE__{name}", value)
    code, _, line = command("calls")
    assert (code, said in line) == (2, True)


def test_a_terminal_obeys_nothing_that_was_said(path: Path, command: Command) -> None:
    text = "no \x1b]0;owned\x07 we can't\x1b[2J \u202ereversed [bold red]loud[/]"
    seen(path, started(), said(text, 0.5), moment(MomentState.OPEN, 2.0, text), ended())
    _, shown, _ = command("report", "c")
    assert "[bold red]loud[/]" in shown
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
