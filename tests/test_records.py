"""The commands for many calls: found, written out for other programs, and deleted for good."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import Command, typing
from needs import ROOT
from postgres import PostgresServer
from pyarrow import parquet
from sqlalchemy import insert
from store.kept import RECOVERED, ended, keep, moment, said, started, told

from voiceassist.core.types import MomentState
from voiceassist.server import messages as wire
from voiceassist.store import lines, tabling
from voiceassist.store.database import Store
from voiceassist.store.location import hub_location, location
from voiceassist.store.recorder import Recorder
from voiceassist.store.search import EVERYBODY, EVERYTHING
from voiceassist.store.tables import CallRow, NudgeRow

NINE = datetime(2025, 11, 22, 9, tzinfo=UTC)
WHATS = ("calls", "noes", "nudges", "scorecards")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.sqlite3"


@pytest.fixture
def command(path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("VOICEASSIST_STORE__PATH", str(path))

    return typing(monkeypatch, capfd)


@pytest.fixture
def three(path: Path) -> Path:
    """A day apart: one that recovered, one that did not, one without a no."""
    with Store.open(path) as store:
        for day, messages in enumerate(
            [
                [*told(RECOVERED, "a"), wire.Feedback(id="c-n1", helpful=True)],
                [started("b"), moment(MomentState.EXPIRED, 3.0, "=no()", call="b", id_="b-m1"), ended(call="b")],
                [started("c"), said("hello", call="c"), ended(call="c", closing=True)],
            ]
        ):
            with Recorder(store, agent=f"agent {day}", now=lambda day=day: NINE + timedelta(days=day)) as recorder:
                for message in messages:
                    recorder.take(message)
    return path


# --- calls ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "calls"),
    [
        ((), "cba"),
        (("--search", "Broken WHEN"), "a"),
        (("--since", "2025-11-23"), "cb"),
        (("--until", "2025-11-23"), "ba"),
        (("--since", "2025-11-22T09:00:00.1+00:00", "--until", "2025-11-24T09:00:00+00:00"), "b"),
        (("--agent", "Agent 2"), "c"),
        (("--team", "north"), ""),
        (("--with", "unrepaired"), "b"),
        (("--with", "nudged"), "a"),
        (("--with", "alert"), ""),
        (("--limit", "2"), "cb"),
    ],
)
@pytest.mark.usefixtures("three")
def test_calls_are_found(command: Command, words: tuple[str, ...], calls: str) -> None:
    code, listed, beside = command("calls", "--json", *words)
    assert (code, "".join(json.loads(line)["id"] for line in listed.splitlines()), beside) == (0, calls, "")


def test_an_id_is_whole_where_no_terminal_bounds_its_line(path: Path, command: Command) -> None:
    call = "20261122-093000-" + "ab12" * 10
    with Store.open(path) as store:
        keep(store, *told(RECOVERED, call), agent="somebody of a long name " * 3)
    assert call in command("calls")[1]


def test_that_nothing_is_found_is_said(three: Path, command: Command) -> None:
    assert command("calls", "--search", "unheard of") == (0, "", "no call that is kept is so\n")
    code, _, line = command("calls", "--since", "yesterday")
    assert (code, line.count("\n"), "--since" in line) == (2, 1, True)
    assert three.exists()


# --- export -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("three")
def test_an_export_for_spreadsheets(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "noes.csv"
    assert command("export", str(file), "--format", "csv", "--what", "noes") == (0, "", f"written: {file}\n")
    assert file.read_bytes().startswith(b"\xef\xbb\xbfcall,team,")
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"))))
    assert [(row["call"], row["state"], row["quote"], row["reason"]) for row in rows] == [
        ("b", "expired", "'=no()", ""),
        ("a", "recovered", "no we can't", "14.0"),
    ]
    assert datetime.fromisoformat(rows[0]["started_at"]) == NINE + timedelta(days=1)


@pytest.mark.usefixtures("three")
def test_an_export_as_lines(command: Command) -> None:
    found = {what: command("export", "-", "--format", "json", "--what", what) for what in WHATS}
    assert {(code, beside) for code, _, beside in found.values()} == {(0, "")}
    rows = {what: [json.loads(line) for line in printed.splitlines()] for what, (_, printed, _) in found.items()}
    assert [(row["call"], row["noes"], row["recovered"], row["expired"], row["nudges"]) for row in rows["calls"]] == [
        ("c", 0, 0, 0, 0),
        ("b", 1, 0, 1, 0),
        ("a", 1, 1, 0, 1),
    ]
    [nudged] = rows["nudges"]
    assert (nudged["call"], nudged["no"], nudged["helpful"], nudged["suggestions"]) == ("a", "c-m1", True, [])
    assert [(card["call"], card["closing"], card["noes"]) for card in rows["scorecards"]] == [
        ("c", True, 0),
        ("b", False, 0),
        ("a", True, 1),
    ]
    assert rows["noes"][0]["quote"] == "=no()"


@pytest.mark.parametrize("what", WHATS)
@pytest.mark.usefixtures("three")
def test_an_export_is_the_same_in_each_format(command: Command, tmp_path: Path, what: str) -> None:
    file = tmp_path / "out.parquet"
    assert command("export", str(file), "--format", "parquet", "--what", what)[0] == 0
    rows = [json.loads(line) for line in command("export", "-", "--format", "json", "--what", what)[1].splitlines()]
    table = parquet.read_table(file).to_pylist()
    assert [{**row, "started_at": row["started_at"].isoformat()} for row in table] == [
        {**row, **({"ended_at": table[place]["ended_at"]} if "ended_at" in row else {})}
        for place, row in enumerate(rows)
    ]
    _, printed, _ = command("export", "-", "--format", "csv", "--what", what)
    assert [row["call"] for row in csv.DictReader(io.StringIO(printed))] == [row["call"] for row in rows]


@pytest.mark.usefixtures("three")
def test_an_export_takes_what_is_meant(command: Command) -> None:
    _, printed, _ = command("export", "-", "--format", "csv", "--with", "unrepaired")
    assert [row["call"] for row in csv.DictReader(io.StringIO(printed))] == ["b"]
    _, printed, _ = command("export", "-", "--format", "csv", "--what", "nudges", "--search", "unheard of")
    assert printed.startswith("call,")
    assert printed.count("\n") == 1


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_a_cell_of_an_export_is_never_a_formula(path: Path, command: Command, sign: str) -> None:
    with Store.open(path) as store:
        keep(store, started(), moment(MomentState.EXPIRED, 1.0, f"{sign}1+1"), ended(), agent=f'{sign}HYPERLINK("x")')
    for what in WHATS:
        _, printed, _ = command("export", "-", "--format", "csv", "--what", what)
        cells = [cell for row in csv.reader(io.StringIO(printed, newline="")) for cell in row]
        assert not [cell for cell in cells if cell.startswith(sign)]


def test_an_export_that_fails_leaves_what_was_there(
    three: Path, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "calls.csv"
    file.write_text("before")
    with closing(Store.open(three)) as store, store.writing() as session:
        session.execute(CallRow.__table__.update().values(scorecard={"damaged": True}))
    code, printed, line = command("export", str(file), "--format", "csv", "--what", "scorecards")
    assert (code, printed, "store-damaged" in line, line.count("\n")) == (2, "", True, 1)
    assert [one.name for one in tmp_path.iterdir() if "calls.csv" in one.name] == ["calls.csv"]
    assert file.read_text() == "before"
    for words in (("-", "--format", "parquet"), (str(tmp_path / "no" / "folder"), "--format", "csv")):
        code, printed, line = command("export", *words)
        assert (code, printed, line.count("\n")) == (2, "", 1)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    code, _, line = command("export", str(tmp_path / "x.parquet"), "--format", "parquet")
    assert (code, "pip install 'voiceassist[parquet]'" in line) == (2, True)


def test_an_export_holds_few_rows_at_a_time(path: Path) -> None:
    with Store.open(path) as store:
        keep(store, started(), ended())
        nudges = [
            {"call": "c", "id": f"c-n{n}", "kind": "acknowledge", "text": "x" * 1000, "suggestions": [], "sent_at": n}
            for n in range(20_000)
        ]
        with store.writing() as session:
            session.execute(insert(NudgeRow), [{**nudge, "renewals": []} for nudge in nudges])
        del nudges
        tracemalloc.start()
        count = sum(1 for _ in tabling.nudges(store, EVERYTHING, EVERYBODY))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == 20_000
    assert peak < 10_000_000  # of 20 MB of texts


def test_the_columns_are_documented() -> None:
    page = (ROOT / "docs" / "reference" / "exports.md").read_text("utf-8")
    tables = {part.partition("`")[0]: part for part in page.split("\n## `")[1:]}
    kinds = {"calls": lines.CallLine, "noes": lines.NoLine, "nudges": lines.NudgeLine, "scorecards": lines.CardLine}
    found = {what: tuple(re.findall(r"^\| `(\w+)` \|", tables[what], re.MULTILINE)) for what in kinds}
    assert found == {what: kind._fields for what, kind in kinds.items()}


# --- purge ------------------------------------------------------------------------------------------------------------


def test_purge_deletes_what_is_too_old(three: Path, command: Command) -> None:
    days = (datetime.now(UTC) - NINE).days
    assert command("purge", "--older-than", str(days - 1), "--yes")[:2] == (0, "2 calls deleted\n")
    with Store.open(three) as store:
        assert [call.id for call in store.calls()] == ["c"]
    assert b"box was broken" not in b"".join(file.read_bytes() for file in three.parent.glob("calls.sqlite3*"))


def test_purge_asks_first(three: Path, command: Command) -> None:
    for answer, said_so in {"n\n": "nothing was deleted", "": "--yes"}.items():
        code, printed, beside = command("purge", "--call", "a", answer=answer)
        assert (code, printed, said_so in beside) == (0 if answer else 2, "", True)
    assert "Delete 1 call" in beside
    assert command("purge", "--call", "a", answer="y\n")[:2] == (0, "1 call deleted\n")
    assert command("purge", "--all", "--yes")[:2] == (0, "2 calls deleted\n")
    assert command("purge", "--all") == (0, "0 calls deleted\n", "")
    assert three.exists()


def test_purge_leaves_what_is_on(three: Path, command: Command) -> None:
    with Store.open(three) as store, Recorder(store, patient=True) as recorder:
        recorder.take(started("on"))
    code, printed, line = command("purge", "--call", "on", "--yes")
    assert (code, printed, "error[call-live]" in line) == (2, "", True)
    code, printed, line = command("purge", "--all", "--yes")
    assert (code, printed, "on now" in line) == (0, "3 calls deleted\n", True)
    with Store.open(three) as store:
        assert [call.id for call in store.calls()] == ["on"]


@pytest.mark.parametrize("words", [(), ("--all", "--call", "a"), ("--older-than", "-1"), ("--call", "nobody")])
def test_purge_refuses_what_is_unclear(three: Path, command: Command, words: tuple[str, ...]) -> None:
    code, printed, line = command("purge", *words)
    assert (code, printed, line.count("\n")) == (2, "", 1)
    with Store.open(three) as store:
        assert len(store.calls()) == 3


# --- a hub's database -------------------------------------------------------------------------------------------------


def test_the_hub_s_calls_are_not_one_s_own(command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VOICEASSIST_STORE__PATH", "auto")
    for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    for where, call in ((location("auto", os.environ), "own"), (hub_location("auto", os.environ), "hub")):
        assert where is not None
        with Store.open(where) as store:
            keep(store, *told(RECOVERED, call))
    for flags, call in (((), "own"), (("--hub",), "hub")):
        assert json.loads(command("calls", "--json", *flags)[1])["id"] == call
        assert json.loads(command("report", "last", "--json", "-", *flags)[1])["call"]["id"] == call
        assert json.loads(command("export", "-", "--format", "json", *flags)[1])["call"] == call
        assert json.loads(command("report", "--json", "-", *flags)[1])["calls"] == 1
    assert command("purge", "--all", "--yes", "--hub")[1] == "1 call deleted\n"
    assert [command("calls", "--json", *flags)[1] == "" for flags in ((), ("--hub",))] == [False, True]
    assert command("report", "--mine", "--hub")[0] == 2


def test_the_commands_work_on_a_database(
    postgres: PostgresServer, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = postgres.database()
    url = postgres.url(name)
    monkeypatch.setenv("VOICEASSIST_STORE__URL", url)
    with Store.open(url) as store:
        keep(store, *told(RECOVERED), agent="ann")
        with Recorder(store, now=lambda: NINE) as recorder:
            recorder.take(started("old"))
    try:
        assert json.loads(command("calls", "--json", "--search", "BOX was", "--agent", "ANN")[1])["id"] == "c"
        assert command("export", str(tmp_path / "noes.parquet"), "--format", "parquet", "--what", "noes")[0] == 0
        assert parquet.read_table(tmp_path / "noes.parquet").column("alternative").to_pylist() == [17.0]
        assert json.loads(command("report", "--json", "-")[1])["recovered"] == 1
        assert json.loads(command("noes", "--json", "--min", "1")[1])["name"] == "can i have a refund"
        code, _, line = command("report", "--mine")
        assert (code, "store.url" in line, url in line) == (2, True, False)
        code, said_so, beside = command("purge", "--older-than", "30", "--yes")
        assert (code, said_so, "vacuum" in beside) == (0, "1 call deleted\n", True)
        assert json.loads(command("calls", "--json")[1])["id"] == "c"
    finally:
        postgres.drop(name)
