"""What is done with the calls of a hub from the command line stands in its audit log before it is done."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from commands import Command, typing
from playbook_files import GOOD
from postgres import PostgresServer
from sqlalchemy import text
from store.kept import RECOVERED, told

from voiceassist.accounts.audit import Audit, Entry
from voiceassist.accounts.office import Office
from voiceassist.accounts.passwords import Passwords
from voiceassist.accounts.visitor import CONSOLE
from voiceassist.store.database import Store
from voiceassist.store.recorder import Recorder

NINE = datetime(2025, 11, 22, 9, tzinfo=UTC)
FULL = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room is left'); END"

READING: list[tuple[tuple[str, ...], str, str | None, str]] = [
    (("calls", "--search", "box", "--agent", "ann"), "listed calls", None, "searched; agent ann"),
    (("calls", "--with", "nudged", "--json"), "listed calls", None, "with nudged"),
    (("report", "a", "--json", "-"), "read call", "a", ""),
    (("report", "a"), "read call", "a", ""),
    (("report", "--team", "North"), "reported", None, "a period; team North"),
    (("noes", "--min", "1", "--json"), "reported", None, "noes"),
    (("export", "-", "--format", "json", "--what", "noes"), "exported", None, "noes as json"),
    (("export", "-", "--format", "csv", "--since", "2025-11-01T00:00Z"), "exported", None, "calls as csv; since "),
]
"""What is typed, and what then stands in the log."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two calls of one's own, a day apart."""
    file = tmp_path / "calls.sqlite3"
    with Store.open(file) as store:
        _fill(store)
    return file


@pytest.fixture
def hub(path: Path) -> Path:
    """The same in the file of a hub: there are users."""
    with Store.open(path) as store:
        Office(store, Passwords()).add_user(CONSOLE, "root", name="Root", role="admin", teams=())
    return path


def _fill(store: Store) -> None:
    for day, call in enumerate("ab"):
        with Recorder(store, agent="ann", now=lambda day=day: NINE + timedelta(days=day)) as recorder:
            for message in told(RECOVERED, call):
                recorder.take(message)
    with store.writing() as session:  # "last" is told by when it began
        session.execute(text("UPDATE calls SET started_at = seen_at"))


@pytest.fixture
def command(path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv("VOICEASSIST_STORE__PATH", str(path))

    return typing(monkeypatch, capfd)


def log(where: Path | str) -> list[Entry]:
    """What stands in it, the oldest first, but for the users who were added."""
    with Store.open(where) as store:
        return [entry for entry in reversed(Audit(store).entries()) if entry.did != "user added"]


def calls(where: Path | str) -> set[str]:
    with Store.open(where) as store:
        return {call.id for call in store.calls()}


@pytest.mark.parametrize("flags", [(), ("--hub",)])
def test_who_reads_a_hub_s_calls_is_written_down(hub: Path, command: Command, flags: tuple[str, ...]) -> None:
    """The hub's file may be named by the flag, or by the setting, as for commands that have no flag."""
    for words, did, call, about in READING:
        code, shown, _ = command(*words, *flags)
        assert (code, shown != "") == (0, True), words
        entry = log(hub)[-1]
        assert (entry.who, entry.did, entry.call) == ("command line", did, call), words
        assert entry.about.startswith(about), words
        assert "box" not in entry.about
    assert len(log(hub)) == len(READING)


def test_the_newest_call_is_written_down_by_its_own_name(hub: Path, command: Command) -> None:
    command("report", "last")
    assert [(entry.did, entry.call) for entry in log(hub)] == [("read call", "b")]


@pytest.mark.parametrize("flags", [(), ("--hub",)])
def test_who_deletes_a_hub_s_calls_is_written_down(hub: Path, command: Command, flags: tuple[str, ...]) -> None:
    assert command("purge", "--call", "a", *flags, answer="n\n")[0] == 0
    assert command("purge", "--call", "unheard-of", "--yes", *flags)[0] == 2
    assert log(hub) == []
    assert command("purge", "--call", "a", "--yes", *flags)[1] == "1 call deleted\n"
    assert command("purge", "--older-than", "30", "--yes", *flags)[1] == "1 call deleted\n"
    assert command("purge", "--all", "--yes", *flags)[1] == "0 calls deleted\n"
    one, many = log(hub)
    assert (one.who, one.did, one.call, one.about) == ("command line", "deleted", "a", "")
    assert (many.who, many.did, many.call) == ("command line", "purged", None)
    assert many.about.startswith("1 call from before ")


def test_who_decides_on_offers_is_written_down(hub: Path, command: Command, tmp_path: Path) -> None:
    shop = tmp_path / "shop.yaml"
    shop.write_text(GOOD, "utf-8")
    for call in "ab":
        assert command("playbook", "propose", call, "1", "send you another one")[0] == 0
    assert command("playbook", "proposed")[0] == 0
    assert command("playbook", "approve", "1", "--file", str(shop), "--situation", "late-fee")[0] == 0
    assert command("playbook", "approve", "2", "--reject")[0] == 0
    assert command("playbook", "approve", "2", "--reject")[0] == 2
    assert [(entry.did, entry.call, entry.about) for entry in log(hub)] == [
        ("read call", "a", ""),
        ("read call", "b", ""),
        ("listed offers", None, ""),
        ("offer decided", "a", "1 approved"),
        ("offer decided", "b", "2 rejected"),
    ]


@pytest.mark.parametrize("words", [*(words for words, *_ in READING), ("playbook", "proposed")])
def test_what_cannot_be_written_down_is_not_shown(hub: Path, command: Command, words: tuple[str, ...]) -> None:
    command("playbook", "propose", "a", "1", "send you another one")
    with Store.open(hub) as store, store.writing() as session:
        session.execute(text(FULL))
    code, shown, line = command(*words)
    assert (code, shown, line.count("\n"), "no room is left" in line) == (2, "", 1, True)


def test_what_cannot_be_written_down_is_not_done(hub: Path, command: Command, tmp_path: Path) -> None:
    command("playbook", "propose", "a", "1", "send you another one")
    with Store.open(hub) as store, store.writing() as session:
        session.execute(text(FULL))
    for words in (
        ("purge", "--call", "a", "--yes"),
        ("purge", "--all", "--yes"),
        ("playbook", "approve", "1", "--reject"),
        ("playbook", "propose", "b", "1", "send you another one"),
    ):
        assert command(*words)[:2] == (2, ""), words
    assert calls(hub) == {"a", "b"}
    before = tmp_path / "calls.csv"
    assert command("export", str(before), "--format", "csv")[0] == 2
    assert not before.exists()
    with Store.open(hub) as store, store.writing() as session:
        session.execute(text("DROP TRIGGER full"))
    assert [json.loads(line)["number"] for line in command("playbook", "proposed", "--json")[1].splitlines()] == [1]


def test_what_one_does_with_one_s_own_calls_is_nobody_s_business(path: Path, command: Command) -> None:
    for words, *_ in READING:
        assert command(*words)[0] == 0, words
    for words in (
        ("playbook", "propose", "a", "1", "send you another one"),
        ("playbook", "proposed"),
        ("playbook", "approve", "1", "--reject"),
        ("purge", "--call", "a", "--yes"),
        ("purge", "--all", "--yes"),
    ):
        assert command(*words)[0] == 0, words
    assert log(path) == []


def test_a_database_is_a_hub_s(postgres: PostgresServer, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also before anybody was let in."""
    name = postgres.database()
    url = postgres.url(name)
    monkeypatch.setenv("VOICEASSIST_STORE__URL", url)
    try:
        with Store.open(url) as store:
            _fill(store)
        assert command("calls")[0] == 0
        assert command("purge", "--all", "--yes")[0] == 0
        assert [(entry.did, entry.about) for entry in log(url)] == [("listed calls", ""), ("purged", "all 2 calls")]
    finally:
        postgres.drop(name)
