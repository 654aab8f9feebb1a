"""Older stores are brought to this version with all that is in them; newer ones are refused and left as they are."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from textwrap import dedent

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from postgres import PostgresServer
from sqlalchemy import create_engine, text
from store.kept import RECOVERED, keep, sql, statements, told

from voiceassist.errors import StoreError
from voiceassist.store import database
from voiceassist.store.database import Store
from voiceassist.store.engine import address, postgresql, sqlite
from voiceassist.store.migrate import HEAD, STEPS, migrate
from voiceassist.store.people import UserRow

NEXT = """
    import sqlalchemy as sa
    from alembic import op

    revision = "0005"
    down_revision = "0004"

    def upgrade():
        anew = "always" if op.get_bind().dialect.name == "sqlite" else "never"
        with op.batch_alter_table("calls", recreate=anew) as calls:
            calls.add_column(sa.Column("room", sa.String(200), nullable=False, server_default="none"))
"""


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """The steps as a version to come has them: one more."""
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    for file in (*STEPS.glob("*.py"), *STEPS.glob("versions/*.py")):
        (folder / file.relative_to(STEPS)).write_text(file.read_text())
    (folder / "versions" / "r0005_room.py").write_text(dedent(NEXT))
    return folder


def open_newer(where: Path | str, steps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open and close the store as the version to come does."""
    with monkeypatch.context() as later:
        later.setattr(database, "migrate", lambda connection: migrate(connection, steps=steps, head="0005"))
        Store.open(where).close()


def step(path: Path) -> object:
    return sql(path, "SELECT version_num FROM alembic_version")[0][0]


def test_the_steps_make_the_tables_that_the_program_uses(empty: Path | str) -> None:
    with Store.open(empty) as store:
        with store.reading() as session:
            context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
            assert compare_metadata(context, UserRow.metadata) == []
        keep(store, *told(RECOVERED))


def test_the_last_step_is_the_one_that_is_known_last() -> None:
    assert ScriptDirectory(str(STEPS)).get_heads() == [HEAD]


@pytest.mark.parametrize(
    "statements",
    [
        (),
        ("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",),
        ("CREATE TABLE notes (text TEXT)", "INSERT INTO notes VALUES ('mine')"),
    ],
    ids=["empty", "no step taken", "with a table of its own"],
)
def test_a_file_from_before_the_first_step(path: Path, statements: tuple[str, ...]) -> None:
    path.parent.mkdir()
    path.touch()
    if statements:
        sql(path, *statements)
    with Store.open(path) as store:
        keep(store, *told(RECOVERED))
        assert len(store.calls()) == 1
    assert step(path) == HEAD
    if len(statements) > 1:
        assert sql(path, "SELECT text FROM notes") == [("mine",)]


def test_an_older_store_keeps_all_its_calls(where: Path | str, steps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(where) as store:
        keep(store, *told(RECOVERED))
        before = store.call("c")
    open_newer(where, steps, monkeypatch)
    engine = sqlite(where) if isinstance(where, Path) else postgresql(address(where))
    with engine.connect() as connection:
        [(taken,)] = connection.execute(text("SELECT version_num FROM alembic_version"))
        assert taken == "0005"
        assert connection.execute(text("SELECT id, room FROM calls")).all() == [("c", "none")]
        for table, rows in {
            "utterances": before.utterances,
            "moments": before.moments,
            "nudges": before.nudges,
            "sounds": before.sounds,
        }.items():
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == len(rows), table
        if isinstance(where, Path):
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    engine.dispose()


def test_calls_of_the_silent_arm_are_known_by_what_was_withheld(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(database, "migrate", lambda connection: migrate(connection, head="0001"))
        Store.open(path).close()
    for call, withheld in {"judged": "silent_arm", "capped": "cap"}.items():
        sql(
            path,
            "INSERT INTO calls (id, agent, transcriber, started_at, seconds, lost, dropped) "
            f"VALUES ('{call}', '', '', '2026-11-01 09:00:00', 60, 0, 0)",
            "INSERT INTO moments (call, id, opened, state, quote, asked, unsure, withheld) "
            f"VALUES ('{call}', 'm1', 1, 'expired', 'No.', '', 0, '{withheld}')",
        )
    with Store.open(path) as store:
        assert {call.id: call.silent_arm for call in store.calls()} == {"judged": True, "capped": False}


def test_a_newer_store_is_refused_and_left_as_it_is(
    where: Path | str, steps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Store.open(where) as store:
        keep(store, *told(RECOVERED))
        before = statements(store, "SELECT * FROM calls")
        open_newer(where, steps, monkeypatch)
        with pytest.raises(StoreError) as error:
            Store.open(where)
        assert error.value.code == "store-newer"
        assert "0005" in str(error.value)
        assert "\n" not in str(error.value)
        assert [row[:-1] for row in statements(store, "SELECT * FROM calls")] == before


def test_a_step_that_fails_leaves_no_trace(where: Path | str, steps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(where) as store:
        keep(store, *told(RECOVERED))
        before = statements(store, "SELECT * FROM calls")
    broken = steps / "versions" / "r0005_room.py"
    broken.write_text(broken.read_text() + '    op.execute("INSERT INTO nowhere VALUES (1)")\n')
    with pytest.raises(StoreError, match="nowhere"):
        open_newer(where, steps, monkeypatch)
    with Store.open(where) as store:
        assert statements(store, "SELECT version_num FROM alembic_version") == [(HEAD,)]
        assert statements(store, "SELECT * FROM calls") == before


def test_programs_may_open_a_new_store_at_once(empty: Path | str) -> None:
    program = "import sys; from voiceassist.store.database import Store\n"
    program += "print(Store.open(sys.argv[1]).calls())"
    command = [sys.executable, "-c", program, str(empty)]
    all_ = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [run.communicate(timeout=60)[0] for run in all_] == ["()\n"] * 3


def test_a_program_waits_until_another_has_taken_the_steps(postgres: PostgresServer) -> None:
    name = postgres.database()
    server = create_engine(address(postgres.url(name)))
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    program = "import sys; from voiceassist.store.database import Store; Store.open(sys.argv[1])"
    with server.connect() as other, other.begin():
        migrate(other)
        second = subprocess.Popen([sys.executable, "-c", program, postgres.url(name)])
        tick = threading.Event()
        while other.scalar(waiting) == 0 and second.poll() is None:
            tick.wait(0.01)
        assert second.poll() is None
    assert second.wait(timeout=60) == 0
    server.dispose()
    postgres.drop(name)
