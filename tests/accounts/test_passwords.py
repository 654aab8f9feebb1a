"""Passwords: which are refused, that only the right one passes, and that an older cost is raised."""

from __future__ import annotations

import pytest
from accounts.people import PASSWORD, Clock, People, refused
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import CHEAPEST
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.accounts.door import Door
from voiceassist.accounts.passwords import LONGEST, SHORTEST, Passwords, check_strength
from voiceassist.store.database import Store
from voiceassist.store.people import UserRow

CHEAP = Passwords(PasswordHasher.from_parameters(CHEAPEST))


@pytest.mark.parametrize(
    "password",
    [
        *("", "short one", "x" * 11, "aaaaaaaaaaaa", "121212121212", "x" * 201),
        *("password1234", "Password2026!", "PASSWORDPASSWORD", "qwertyuiop12", "123456789012", "voiceassist1"),
        *("ann.agentann.agent", "Ann.Agent1234", "letmeinletmein", "Welcome2026!", "1q2w3e4r5t6y"),
        "ｐａｓｓｗｏｒｄ１２３４",  # the same in full width
    ],
)
def test_what_is_guessed_at_once_is_refused(password: str) -> None:
    with refused("weak-password") as error:
        check_strength(password, "ann.agent")
    assert not password or password not in str(error.value)


@pytest.mark.parametrize(
    "password", [PASSWORD, "839201748263", "tall-blue-hat", "das Pferd frisst keinen Gurkensalat", "ανάποδα γράμματα"]
)
def test_what_is_long_and_mixed_is_taken(password: str) -> None:
    check_strength(password, "ann.agent")


@given(st.text(min_size=SHORTEST, max_size=LONGEST), st.text(max_size=LONGEST * 2))
def test_only_the_right_password_passes(password: str, other: str) -> None:
    kept = CHEAP.keep(password)
    assert CHEAP.verify(kept, password)
    if other != password:
        assert not CHEAP.verify(kept, other + "x")
    assert not CHEAP.verify(None, password)


def test_a_password_may_be_typed_in_either_form() -> None:
    kept = CHEAP.keep("cafe\u0301 au lait, bien chaud")
    assert CHEAP.verify(kept, "caf\u00e9 au lait, bien chaud")


def test_what_comes_after_the_longest_counts_too() -> None:
    kept = CHEAP.keep("x" * LONGEST)
    assert not CHEAP.verify(kept, "x" * (LONGEST + 1))


def test_half_a_character_is_no_accident() -> None:
    assert not CHEAP.verify(CHEAP.keep(PASSWORD), "\ud800")
    assert not CHEAP.verify("no hash at all", PASSWORD)


def test_the_real_cost_is_what_the_library_advises() -> None:
    kept = Passwords().hash(PASSWORD, "ann")
    cost = extract_parameters(kept)
    assert kept.startswith("$argon2id$")
    assert cost.memory_cost >= 19 * 1024
    assert cost.time_cost * cost.memory_cost >= 2 * 19 * 1024


def test_nobody_costs_as_much_as_somebody() -> None:
    """Without a user the same work is done: how long it takes tells nothing."""
    asked: list[str | bytes] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
            asked.append(hash)
            return super().verify(hash, password)

    passwords = Passwords(Watched.from_parameters(CHEAPEST))
    assert not passwords.verify(None, PASSWORD)
    assert not passwords.verify(passwords.keep(PASSWORD), "wrong horse battery")
    nobody, somebody = (extract_parameters(str(kept)) for kept in asked)
    assert nobody == somebody


def test_an_older_cost_is_raised_at_the_next_login(people: People, store: Store, clock: Clock) -> None:
    dearer = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)

    def kept() -> str:
        with store.reading() as db:
            return db.get_one(UserRow, "ann").password or ""

    before = kept()
    with refused("wrong-login"):
        Door(store, Passwords(dearer), clock).login("ann", "wrong horse battery", "192.0.2.1")
    assert kept() == before
    Door(store, Passwords(dearer), clock).login("ann", PASSWORD, "192.0.2.1")
    assert extract_parameters(kept()).memory_cost == 16
    assert people.door.login("ann", PASSWORD, "192.0.2.1").visitor.user == "ann"


def test_only_who_is_invited_has_a_password_computed(store: Store, clock: Clock) -> None:
    """Else anybody could keep the hub busy."""

    class Forbidden(PasswordHasher):
        def hash(self, *_args: object, **_named: object) -> str:  # type: ignore[override]
            raise AssertionError

    door = Door(store, Passwords(Forbidden.from_parameters(CHEAPEST)), clock)
    with refused("token-unknown"):
        door.accept("no invite", "new", "New", PASSWORD)
