"""A store is copied while it is in use, and a copy is put back; whatever goes wrong, nothing is lost."""

from __future__ import annotations

import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest
from store.kept import RECOVERED, ended, keep, said, started, told

from voiceassist.errors import StoreError
from voiceassist.store.backup import back_up, restore
from voiceassist.store.database import Store


def calls(path: Path) -> list[str]:
    with Store.open(path) as store:
        return sorted(call.id for call in store.calls())


@pytest.fixture(name="file")
def store_file(tmp_path: Path) -> Path:
    path = tmp_path / "kept" / "calls.sqlite3"
    with Store.open(path) as store:
        keep(store, *told(RECOVERED))
    return path


def test_a_copy_has_what_was_committed_while_others_write(file: Path, tmp_path: Path):
    with Store.open(file) as store:
        keep(store, started("d"), said("hello", call="d"))
        back_up(file, tmp_path / "copy")
        keep(store, ended(call="d"), started("e"))
    assert calls(tmp_path / "copy") == ["c", "d"]
    assert calls(file) == ["c", "d", "e"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other rights")
def test_only_its_owner_may_read_a_copy(file: Path, tmp_path: Path):
    back_up(file, tmp_path / "copy")
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy"]


def test_a_file_that_is_there_is_not_written_over(file: Path, tmp_path: Path):
    (tmp_path / "copy").write_text("mine")
    with pytest.raises(StoreError) as error:
        back_up(file, tmp_path / "copy")
    assert error.value.code == "backup-there"
    assert (tmp_path / "copy").read_text() == "mine"


def test_without_a_store_there_is_nothing_to_copy(tmp_path: Path):
    with pytest.raises(StoreError) as error:
        back_up(tmp_path / "none", tmp_path / "copy")
    assert error.value.code == "store-missing"
    assert not (tmp_path / "copy").exists()


def test_a_copy_is_put_back_and_the_store_before_is_kept(file: Path, tmp_path: Path):
    back_up(file, tmp_path / "copy")
    with Store.open(file) as store:
        keep(store, started("d"), ended(call="d"))
    before = restore(tmp_path / "copy", file)
    assert calls(file) == ["c"]
    assert before is not None
    assert calls(before) == ["c", "d"]
    assert sorted(path.name for path in file.parent.iterdir() if "restoring" in path.name) == []


def test_a_copy_is_put_where_there_is_no_store(file: Path, tmp_path: Path):
    back_up(file, tmp_path / "copy")
    assert restore(tmp_path / "copy", tmp_path / "new" / "hub.sqlite3") is None
    assert calls(tmp_path / "new" / "hub.sqlite3") == ["c"]


def test_a_store_in_use_is_not_replaced(file: Path, tmp_path: Path):
    back_up(file, tmp_path / "copy")
    with Store.open(file) as store, store.reading() as session:
        session.connection().exec_driver_sql("SELECT * FROM calls").fetchall()
        with pytest.raises(StoreError) as error:
            restore(tmp_path / "copy", file)
    assert error.value.code == "store-in-use"
    assert calls(file) == ["c"]


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\0" * 4000])
def test_what_is_no_copy_is_refused(file: Path, tmp_path: Path, content: bytes):
    (tmp_path / "copy").write_bytes(content)
    with pytest.raises(StoreError):
        restore(tmp_path / "copy", file)
    assert calls(file) == ["c"]


def test_another_program_s_database_is_refused(file: Path, tmp_path: Path):
    with closing(sqlite3.connect(tmp_path / "copy")) as other:
        other.execute("CREATE TABLE songs (name TEXT)")
    with pytest.raises(StoreError):
        restore(tmp_path / "copy", file)
    assert calls(file) == ["c"]


def test_a_newer_version_s_copy_is_refused(file: Path, tmp_path: Path):
    back_up(file, tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy")) as copy:
        copy.execute("UPDATE alembic_version SET version_num = '9999'")
        copy.commit()
    with pytest.raises(StoreError) as error:
        restore(tmp_path / "copy", file)
    assert error.value.code == "store-newer"
    assert calls(file) == ["c"]


def test_a_missing_copy_is_said(file: Path, tmp_path: Path):
    with pytest.raises(StoreError) as error:
        restore(tmp_path / "none", file)
    assert error.value.code == "backup-missing"
