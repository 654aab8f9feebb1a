"""Where a store may be, how it is reached, and what is said where it cannot be."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from postgres import PASSWORD, PostgresServer
from store.kept import keep, said, started, statements

from voiceassist.errors import StoreError
from voiceassist.store.database import Store, utc_now
from voiceassist.store.engine import address, postgresql

SECRET = "hunter2"


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://me:{SECRET}@localhost/calls",
        f"postgresql+psycopg2://me:{SECRET}@localhost/calls",
        f"postgresql://me:{SECRET}@localhost",
        f"postgresql://me:{SECRET}@localhost:many/calls",
        f"postgresql://me:{SECRET}@localhost/calls?password={SECRET}",
        f"postgresql://me:{SECRET}@localhost/calls?sslmode=maybe",
        f"postgresql://me:{SECRET}@localhost/calls?sslmode=verify-full&sslrootcert=nowhere.pem",
        f"postgresql://me:{SECRET}@localhost:1/calls",
        f"postgresql://me:{SECRET}@/calls?host=nowhere",
    ],
)
def test_what_cannot_be_reached_is_said_in_one_line_without_the_password(url: str) -> None:
    with pytest.raises(StoreError) as error:
        Store.open(url)
    assert "\n" not in str(error.value)
    assert SECRET not in str(error.value)


def test_a_driver_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pg8000", None)
    with pytest.raises(StoreError, match=r"pip install 'voiceassist\[postgres\]'"):
        Store.open("postgresql://me@localhost/calls")


def test_a_password_that_is_wrong_is_not_told(postgres: PostgresServer) -> None:
    url = postgres.url().replace(PASSWORD.replace(" ", "%20"), SECRET)
    with pytest.raises(StoreError, match="authentication failed") as error:
        Store.open(url)
    assert SECRET not in str(error.value)


def test_a_server_may_be_reached_through_its_socket(postgres: PostgresServer) -> None:
    name = postgres.database()
    with Store.open(f"{postgres.url(name)}?host={postgres.folder}") as store:
        keep(store, started())
    postgres.drop(name)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def encrypted(authority: trustme.CA) -> Iterator[PostgresServer]:
    """A server that is known by its certificate."""
    with PostgresServer(certificate=authority.issue_cert("127.0.0.1")) as server:
        yield server


def test_a_server_is_spoken_to_in_cipher(encrypted: PostgresServer, authority: trustme.CA, tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    authority.cert_pem.write_to_path(str(root))
    url = encrypted.url()
    for mode in ("disable", "prefer", "require", f"verify-full&sslrootcert={root}"):
        with Store.open(f"{url}?sslmode={mode}") as store:
            [(seen,)] = statements(store, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            assert seen is (mode != "disable")
    with pytest.raises(StoreError, match="certificate"):
        Store.open(f"{url}?sslmode=verify-full")


def test_what_is_read_does_not_change_meanwhile(store: Store) -> None:
    keep(store, started())
    with store.reading() as session:
        count = "SELECT count(*) FROM utterances"
        assert session.connection().exec_driver_sql(count).scalar() == 0
        keep(store, said("hello"))
        assert session.connection().exec_driver_sql(count).scalar() == 0
    assert len(store.call("c").utterances) == 1


def test_a_value_that_is_refused_is_not_told(store: Store) -> None:
    keep(store, started("abracadabra"))
    with pytest.raises(StoreError) as error:
        statements(
            store,
            "INSERT INTO calls (id, agent, transcriber, started_at, seconds, lost, dropped) "
            "VALUES ('abracadabra', '', '', '2026-11-01 09:00:00', 60, 0, 0)",
        )
    assert error.value.code == "store-refused"
    assert "abracadabra" not in str(error.value)


def test_a_server_that_does_not_answer_in_time_is_left(postgres: PostgresServer) -> None:
    name = postgres.database()
    Store.open(postgres.url(name)).close()
    with Store(postgresql(address(postgres.url(name)), answer=1.0), utc_now) as store:
        with pytest.raises(StoreError):
            statements(store, "SELECT pg_sleep(600)")
        assert store.calls() == ()
    postgres.drop(name)
