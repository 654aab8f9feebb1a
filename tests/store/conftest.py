"""A store of its own for each test: in a SQLite file and in a PostgreSQL database, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copy

import pytest
from postgres import PostgresServer

from voiceassist.store.database import Store


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on both databases; one that looks into the file at `path` runs on SQLite alone."""
    if "database" in metafunc.fixturenames:
        kinds = ("sqlite",) if "path" in metafunc.fixturenames else ("sqlite", "postgresql")
        metafunc.parametrize("database", kinds)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "calls.sqlite3"


@pytest.fixture
def empty(database: str, request: pytest.FixtureRequest) -> Iterator[Path | str]:
    """Where a store may be opened; nothing is there yet."""
    if database == "sqlite":
        yield request.getfixturevalue("path")
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    name = postgres.database()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def where(database: str, request: pytest.FixtureRequest) -> Iterator[Path | str]:
    """Where a store may be opened, quickly."""
    if database == "sqlite":
        path: Path = request.getfixturevalue("path")
        path.parent.mkdir(mode=0o700)
        yield copy(request.getfixturevalue("migrated_file"), path)
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    name = postgres.database(like=request.getfixturevalue("migrated"))
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def store(where: Path | str) -> Iterator[Store]:
    with Store.open(where) as opened:
        yield opened
