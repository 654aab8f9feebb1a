"""What was put into an outbox is there until the hub has it, whatever becomes of the program or its file."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from needs import ROOT

from voiceassist.uplink import outbox as module
from voiceassist.uplink.file import OutboxFile, Put
from voiceassist.uplink.outbox import Outbox

# Puts messages on and on, and says how many it knows to be kept, until somebody kills it.
WRITER = """
import sys
from pathlib import Path
from voiceassist.uplink.outbox import Outbox

outbox = Outbox.open(Path(sys.argv[1]), "outbox")
first = int(sys.argv[2])
print(outbox.waiting, outbox.trouble, flush=True)
for number in range(first, first + 1_000_000):
    outbox.put("c", number, f"text {number}")
    if number % 7 == 0 and outbox.kept().result():
        print(number, flush=True)
"""


def waiting(outbox: Outbox, position: int = 0, limit: int = 1_000_000) -> list[tuple[str, int, str]]:
    return [(entry.call, entry.seq, entry.text) for entry in outbox.after(position, limit).result()]


def put(outbox: Outbox, call: str, numbers: range) -> list[tuple[str, int, str]]:
    """Put messages; returns how they are read again."""
    rows = [(call, number, f"{call} said {number}") for number in numbers]
    for row in rows:
        outbox.put(*row)
    return rows


def spoil(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def pages(path: Path) -> int:
    return path.stat().st_size // 4096


# --- order and acknowledgements ---------------------------------------------------------------------------------------


def test_messages_come_out_as_they_were_put(outbox: Outbox) -> None:
    rows = put(outbox, "a", range(1, 4)) + put(outbox, "b", range(1, 3)) + put(outbox, "a", range(4, 6))
    entries = outbox.after(0, 100).result()
    assert [(entry.call, entry.seq, entry.text) for entry in entries] == rows
    assert [entry.position for entry in entries] == [1, 2, 3, 4, 5, 6, 7]
    assert waiting(outbox, position=3, limit=2) == rows[3:5]
    assert outbox.waiting == 7


def test_an_acknowledgement_holds_for_all_before_it_of_its_call(outbox: Outbox) -> None:
    rows = put(outbox, "a", range(1, 4)) + put(outbox, "b", range(1, 4))
    outbox.acked("a", 2)
    assert waiting(outbox) == rows[2:]
    outbox.acked("a", 1)
    outbox.acked("never heard of", 9)
    assert waiting(outbox) == rows[2:]
    outbox.acked("b", 9)
    assert waiting(outbox) == rows[2:3]
    assert outbox.waiting == 1


def test_a_message_that_is_given_up_goes_alone(outbox: Outbox) -> None:
    rows = put(outbox, "a", range(1, 4))
    outbox.refuse(outbox.after(0, 10).result()[1])
    assert waiting(outbox) == [rows[0], rows[2]]


def test_of_two_messages_with_one_identity_the_first_is_kept(outbox: Outbox) -> None:
    outbox.put("a", 1, "first")
    outbox.put("a", 1, "second")
    assert waiting(outbox) == [("a", 1, "first")]
    assert outbox.waiting == 1


def test_who_waits_is_woken_once_something_can_be_read(outbox: Outbox) -> None:
    read: list[int] = []
    woken = threading.Event()

    def wake() -> None:
        read.append(outbox._file.waiting)
        woken.set()

    outbox.on_change(wake)
    outbox.put("a", 1, "text")
    assert woken.wait(20)
    assert read[0] == 1


# --- killed, stopped, beside another ----------------------------------------------------------------------------------


def test_a_killed_program_loses_nothing_that_was_kept(folder: Path) -> None:
    kept, environ = 0, {**os.environ, "PYTHONPATH": str(ROOT)}
    for _ in range(6):
        command = [sys.executable, "-c", WRITER, str(folder), str(kept + 1)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == f"{kept} None\n"
            told = [int(writer.stdout.readline()) for _ in range(20)]
            writer.kill()
            told += [int(line) for line in writer.stdout]
        outbox = Outbox.open(folder, "outbox")
        seqs = [seq for _, seq, _ in waiting(outbox)]
        assert outbox.trouble is None
        outbox.close()
        assert seqs == list(range(1, len(seqs) + 1))  # none is missing before one that is there
        assert len(seqs) >= told[-1]
        kept = len(seqs)


def test_everything_is_written_before_it_closes(folder: Path) -> None:
    outbox = Outbox.open(folder, "outbox")
    rows = put(outbox, "a", range(1, 3001))
    outbox.close()
    outbox.close()
    with closing(Outbox.open(folder, "outbox")) as again:
        assert waiting(again) == rows


def test_two_programs_have_a_file_each_and_the_last_one_left_takes_over(folder: Path) -> None:
    one, two = Outbox.open(folder, "outbox"), Outbox.open(folder, "outbox")
    mine, other = put(one, "a", range(1, 2500)), put(two, "b", range(1, 2500))
    assert (waiting(one), waiting(two)) == (mine, other)
    one.close()
    two.close()
    with closing(Outbox.open(folder, "outbox")) as three:
        assert waiting(three) == mine + other
        put(three, "c", range(1, 2))
        with closing(Outbox.open(folder, "outbox")) as four:
            assert waiting(four) == []
            assert four.trouble is None


def test_what_one_user_said_is_not_taken_over_by_another(folder: Path) -> None:
    for name in ("outbox-anna", "outbox-anna.1", "outbox-an"):
        with closing(Outbox.open(folder, name)) as outbox:
            put(outbox, name, range(1, 3))
    with closing(Outbox.open(folder, "outbox-anna")) as outbox:
        assert {call for call, _, _ in waiting(outbox)} == {"outbox-anna"}


@pytest.mark.skipif(os.name == "nt", reason="there the folder's own rights say who may read")
def test_nobody_else_may_read_it(folder: Path, outbox: Outbox) -> None:
    put(outbox, "a", range(1, 10))
    assert len(waiting(outbox)) == 9
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {"outbox.1.sqlite3": 0o600, "outbox.1.sqlite3-wal": 0o600}


# --- what is deleted --------------------------------------------------------------------------------------------------


def test_what_the_hub_has_is_really_gone(folder: Path, outbox: Outbox) -> None:
    put(outbox, "a", range(1, 5_000))
    assert outbox.kept().result()
    assert any(b"a said 77" in path.read_bytes() for path in folder.iterdir())
    outbox.acked("a", 4_999)
    assert outbox.kept().result()
    assert [path.name for path in folder.iterdir() if b"a said" in path.read_bytes()] == []
    assert (folder / "outbox.1.sqlite3-wal").stat().st_size == 0
    assert pages(folder / "outbox.1.sqlite3") < 1_000


def test_a_file_that_has_grown_is_made_small_again(folder: Path, outbox: Outbox) -> None:
    for number in range(1, 100):
        outbox.put("a", number, "x" * 60_000)
    assert outbox.kept().result()
    assert sum(pages(path) for path in folder.iterdir()) > 1_000
    outbox.acked("a", 99)
    assert outbox.kept().result()
    assert sum(pages(path) for path in folder.iterdir()) < 100


def test_what_is_too_old_goes(folder: Path) -> None:
    now = [1_000_000.0]
    with closing(OutboxFile.open(folder / "outbox.1.sqlite3")) as file:
        file.write([Put("a", 1, "old", 0.0), Put("b", 1, "new", now[0] - 3600)])
        outbox = Outbox(file, days=2, clock=lambda: now[0])
        assert [row[0] for row in waiting(outbox)] == ["b"]
        now[0] += 2 * 86_400
        outbox.put("c", 1, "newest")
        assert outbox.kept().result()
        assert [row[0] for row in waiting(outbox)] == ["c"]
        assert outbox.dropped == 2
        outbox.close()


# --- bounds -----------------------------------------------------------------------------------------------------------


def test_where_too_many_wait_the_oldest_calls_go(folder: Path) -> None:
    with closing(Outbox.open(folder, "outbox", most=100)) as outbox:
        put(outbox, "a", range(1, 41))
        middle, newest = put(outbox, "b", range(1, 41)), put(outbox, "c", range(1, 41))
        assert outbox.kept().result()
        assert waiting(outbox) == middle + newest
        assert (outbox.waiting, outbox.dropped) == (80, 40)


def test_where_one_call_is_too_long_its_oldest_messages_go(folder: Path) -> None:
    with closing(Outbox.open(folder, "outbox", most=100)) as outbox:
        rows = put(outbox, "a", range(1, 251))
        assert outbox.kept().result()
        assert waiting(outbox) == rows[150:]
        assert (outbox.waiting, outbox.dropped) == (100, 150)


def test_a_disk_that_stands_still_makes_nobody_wait(folder: Path) -> None:
    outbox = Outbox(OutboxFile.open(folder / "outbox.1.sqlite3"), room=50)
    assert outbox.kept().result()
    gate = threading.Event()
    outbox._thread.submit(gate.wait)
    rows = put(outbox, "a", range(1, 81))
    assert (outbox.waiting, outbox.dropped) == (50, 30)
    gate.set()
    assert waiting(outbox) == rows[:50]
    outbox.close()


# --- damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda path: path.write_bytes(b"no database at all, " * 1000), id="another file"),
        pytest.param(lambda path: path.write_bytes(b"SQLite format 3\0" + bytes(4080)), id="a page of nothing"),
        pytest.param(lambda path: spoil(path, 24, bytes(4000)), id="no beginning"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:5000]), id="cut off"),
    ],
)
def test_a_damaged_file_is_set_aside(folder: Path, harm: Callable[[Path], object]) -> None:
    with closing(Outbox.open(folder, "outbox")) as outbox:
        put(outbox, "a", range(1, 500))
    harm(folder / "outbox.1.sqlite3")
    with closing(Outbox.open(folder, "outbox")) as outbox:
        assert outbox.trouble is not None
        assert outbox.trouble.code == "outbox-damaged"
        assert "outbox.1.damaged" in str(outbox.trouble)
        assert (folder / "outbox.1.damaged").exists()
        put(outbox, "b", range(1, 3))
        assert [row for row in waiting(outbox) if row[0] == "b"] == [("b", 1, "b said 1"), ("b", 2, "b said 2")]
    with closing(Outbox.open(folder, "outbox")) as outbox:
        assert outbox.trouble is None


def test_what_can_be_read_of_a_damaged_file_is_saved(folder: Path) -> None:
    with closing(Outbox.open(folder, "outbox")) as outbox:
        rows = put(outbox, "a", range(1, 5_000))
    path = folder / "outbox.1.sqlite3"
    spoil(path, (pages(path) - 3) * 4096, b"\xff" * 4096)
    with closing(Outbox.open(folder, "outbox")) as outbox:
        saved = waiting(outbox)
        assert 1_000 <= len(saved) < 5_000
        assert saved == rows[: len(saved)]


def test_a_file_that_breaks_at_work_is_replaced(folder: Path) -> None:
    with closing(Outbox.open(folder, "outbox")) as outbox:
        rows = put(outbox, "a", range(1, 5_000))
        read_to = outbox.after(0, 10_000).result()[-1].position
        path = folder / "outbox.1.sqlite3"
        db = outbox._file._db
        for pragma in ("wal_checkpoint(TRUNCATE)", "cache_size=1", "shrink_memory"):  # nothing is read but the file
            db.execute(f"PRAGMA {pragma}").fetchall()
        spoil(path, (pages(path) - 3) * 4096, b"\xff" * 4096 * 3)
        outbox.acked("a", 10)
        outbox.put("b", 1, "later")
        assert outbox.kept().result()
        assert outbox.trouble is not None
        assert outbox.trouble.code == "outbox-damaged"
        # What was saved is read again by who has read all before; what was acknowledged meanwhile is not among it.
        saved = waiting(outbox, read_to)
        assert saved == waiting(outbox)
        assert saved[-1] == ("b", 1, "later")
        assert saved[:-1] == rows[10 : 10 + len(saved) - 1]
        assert len(saved) > 1_000


def test_a_file_of_a_newer_version_is_set_aside(folder: Path) -> None:
    Outbox.open(folder, "outbox").close()
    with closing(sqlite3.connect(folder / "outbox.1.sqlite3")) as db:
        db.execute("PRAGMA user_version=2")
    with closing(Outbox.open(folder, "outbox")) as outbox:
        assert outbox.trouble is not None


def test_old_damaged_files_are_removed(folder: Path) -> None:
    folder.mkdir()
    old, new = folder / "outbox.1.damaged", folder / "outbox.2.damaged"
    old.touch()
    new.touch()
    os.utime(old, (0, 0))
    Outbox.open(folder, "outbox").close()
    assert (old.exists(), new.exists()) == (False, True)


def test_where_no_file_can_be_kept_it_waits_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with closing(Outbox.open(tmp_path / "file" / "hub", "outbox")) as outbox:
        assert outbox.trouble is not None
        assert "in memory" in str(outbox.trouble)
        rows = put(outbox, "a", range(1, 4))
        assert waiting(outbox) == rows
        outbox.acked("a", 3)
        assert waiting(outbox) == []


def test_a_full_disk_is_told_and_tried_again(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_AGAIN", 0.01)
    assert outbox.kept().result()
    outbox._file._db.execute("PRAGMA max_page_count=5").fetchall()
    for number in range(1, 21):
        outbox.put("a", number, "a secret " * 500)
    assert not outbox.kept().result()
    assert outbox.trouble is not None
    assert "secret" not in str(outbox.trouble)
    assert (outbox.waiting, waiting(outbox)) == (20, [])
    woken = threading.Event()
    outbox.on_change(woken.set)
    outbox._thread.submit(lambda: outbox._file._db.execute("PRAGMA max_page_count=1000000").fetchall()).result()
    assert woken.wait(20)  # nobody put anything meanwhile
    assert len(waiting(outbox)) == 20
