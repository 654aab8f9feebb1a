"""A store with some people in it: in a SQLite file and in a PostgreSQL database, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copy

import pytest
from accounts.people import Clock, People
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from postgres import PostgresServer

from voiceassist.accounts.passwords import Passwords
from voiceassist.store.database import Store


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on both databases; one that looks into the file at `path` runs on SQLite alone."""
    if "database" in metafunc.fixturenames:
        kinds = ("sqlite",) if "path" in metafunc.fixturenames else ("sqlite", "postgresql")
        metafunc.parametrize("database", kinds)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "hub.sqlite3"


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


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def passwords() -> Passwords:
    """Passwords that cost next to nothing."""
    return Passwords(PasswordHasher.from_parameters(CHEAPEST))


@pytest.fixture
def people(store: Store, passwords: Passwords, clock: Clock) -> People:
    return People(store, passwords, clock)
