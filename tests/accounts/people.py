"""The people of a small floor, a clock that the test sets, and what tests of accounts often ask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from voiceassist.accounts.audit import Audit
from voiceassist.accounts.door import Door
from voiceassist.accounts.office import Office
from voiceassist.accounts.passwords import Passwords
from voiceassist.accounts.visitor import CONSOLE, Visitor
from voiceassist.errors import AccountError
from voiceassist.store.database import Store

PASSWORD = "correct horse battery"
HOME = "192.0.2.7"
Made = TypeVar("Made")


class Clock:
    """A clock that stands still between two tellings."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def on(self, **by: float) -> None:
        self.now += timedelta(**by)


class People:
    """Ada is an admin, Sue supervises sales and support, Ann and Abe are agents in sales, Bea is one in support."""

    def __init__(self, store: Store, passwords: Passwords, clock: Clock) -> None:
        self.door = Door(store, passwords, clock)
        self.office = Office(store, passwords, clock)
        self.audit = Audit(store, clock)
        self.office.add_user(CONSOLE, "ada", role="admin", password=PASSWORD)
        self.office.add_user(CONSOLE, "sue", role="supervisor", teams=["sales", "support"], password=PASSWORD)
        for agent, team in (("ann", "sales"), ("abe", "sales"), ("bea", "support")):
            self.office.add_user(CONSOLE, agent, name=f"{agent.title()} Agent", teams=[team], password=PASSWORD)
        self.office.add_user(CONSOLE, "lee", role="supervisor", teams=["billing"], password=PASSWORD)

    def enter(self, name: str) -> str:
        """A session of somebody, by a link."""
        return self.door.open_session(self.office.link(CONSOLE, name).token).token

    def visitor(self, name: str) -> Visitor:
        found = self.door.check(self.enter(name))
        assert found is not None
        return found


@contextmanager
def refused(code: str) -> Generator[pytest.ExceptionInfo[AccountError]]:
    """What happens within is refused with this code, in one line."""
    with pytest.raises(AccountError) as error:
        yield error
    assert (error.value.code, "\n" in str(error.value)) == (code, False)


def at_once(count: int, act: Callable[[], Made]) -> list[Made | str]:
    """What `act` gives to each of so many threads that begin together, or the code of what refused it."""
    gate = threading.Barrier(count)

    def one(_number: int) -> Made | str:
        gate.wait()
        try:
            return act()
        except AccountError as error:
            return error.code

    with ThreadPoolExecutor(count) as pool:
        return [*pool.map(one, range(count))]


def meanwhile(store: Store, held: Callable[[Session], object], other: Callable[[], object], waits: str) -> object:
    """What `other` gives, or the code of what refused it, while the transaction that did `held` is still open.

    That one ends as soon as the other is about to wait for it: on PostgreSQL with a statement that holds `waits`, on
    SQLite at its beginning; or when the other is through without.
    """
    there = threading.Event()

    def asked(*told: object) -> None:
        statement = str(told[2])
        if threading.current_thread() is not threading.main_thread() and (
            "BEGIN IMMEDIATE" in statement or all(part in statement for part in waits.split("…"))
        ):
            there.set()

    def outcome() -> object:
        try:
            return other()
        except AccountError as error:
            return error.code

    event.listen(store._engine, "before_cursor_execute", asked)
    try:
        with ThreadPoolExecutor(1) as pool:
            with store.writing() as db:
                held(db)
                future = pool.submit(outcome)
                future.add_done_callback(lambda _: there.set())
                there.wait()
            return future.result()
    finally:
        event.remove(store._engine, "before_cursor_execute", asked)
