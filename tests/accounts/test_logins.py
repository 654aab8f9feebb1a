"""Logins by name and password, and the pause after five that failed."""

from __future__ import annotations

from pathlib import Path

import pytest
from accounts.people import HOME, PASSWORD, Clock, People, at_once, refused
from sqlalchemy import func, select

from voiceassist.accounts.audit import Did
from voiceassist.accounts.door import Door, Opened
from voiceassist.accounts.oidc import Identity
from voiceassist.accounts.passwords import Passwords
from voiceassist.accounts.visitor import CONSOLE
from voiceassist.store.database import Store
from voiceassist.store.people import FailureRow


def fail(people: People, times: int, name: str = "ann", address: str = HOME) -> None:
    for _ in range(times):
        with refused("wrong-login"):
            people.door.login(name, "wrong horse battery", address)


def test_a_name_and_its_password_open_a_session(people: People, clock: Clock) -> None:
    opened = people.door.login(" Ann ", PASSWORD, HOME)
    assert (opened.visitor.user, opened.visitor.teams) == ("ann", {"sales"})
    assert people.door.check(opened.token) == opened.visitor
    [entry] = people.audit.entries(who="ann")
    assert (entry.did, entry.about, entry.at) == (Did.LOGGED_IN, "with a password", clock.now)


def test_what_was_wrong_is_not_told(people: People) -> None:
    people.office.add_user(CONSOLE, "new", teams=["sales"])
    people.office.disable(CONSOLE, "abe")
    said: set[str] = set()
    wrong = [
        ("ann", "wrong horse battery"),
        ("nobody", PASSWORD),
        ("abe", PASSWORD),
        ("new", ""),
        ("b@d name", PASSWORD),
    ]
    for number, (name, password) in enumerate(wrong):
        with refused("wrong-login") as error:
            people.door.login(name, password, f"192.0.2.{number}")
        said.add(str(error.value))
    assert len(said) == 1


def test_after_five_failures_a_name_waits_from_everywhere(people: People, clock: Clock) -> None:
    for number in range(5):
        fail(people, 1, address=f"192.0.2.{number}")
    clock.on(seconds=10)
    for address in (HOME, "192.0.2.99"):
        with refused("wait") as error:
            people.door.login("ann", PASSWORD, address)
        assert error.value.seconds == 20
    assert people.door.login("abe", PASSWORD, "192.0.2.99").visitor.user == "abe"
    clock.on(seconds=20)
    assert people.door.login("ann", PASSWORD, HOME).visitor.user == "ann"


def test_after_five_failures_an_address_waits_for_every_name(people: People, clock: Clock) -> None:
    for name in ("ann", "abe", "bea", "nobody", "no name"):
        fail(people, 1, name)
    with refused("wait"):
        people.door.login("sue", PASSWORD, HOME)
    assert people.door.login("sue", PASSWORD, "192.0.2.99").visitor.user == "sue"
    clock.on(seconds=30)
    assert people.door.login("sue", PASSWORD, HOME).visitor.user == "sue"


def test_names_that_nobody_has_wait_just_as_well(people: People) -> None:
    for number in range(5):
        fail(people, 1, "nobody", f"192.0.2.{number}")
    with refused("wait"):
        people.door.login("nobody", PASSWORD, "192.0.2.99")


def test_success_begins_a_new_row_of_failures(people: People) -> None:
    for _ in range(3):
        for number in range(4):
            fail(people, 1, address=f"192.0.2.{number}")
        people.door.login("ann", PASSWORD, HOME)


def test_success_of_one_does_not_clear_the_address(people: People) -> None:
    """Else who has an account could try others' for ever."""
    fail(people, 4, "bea")
    people.door.login("ann", PASSWORD, HOME)
    fail(people, 1, "abe")
    with refused("wait"):
        people.door.login("ann", PASSWORD, HOME)


def test_a_failure_of_long_ago_is_in_no_row(people: People, clock: Clock) -> None:
    fail(people, 4)
    clock.on(minutes=10)
    fail(people, 4)
    assert people.door.login("ann", PASSWORD, HOME).visitor.user == "ann"


def test_after_the_pause_five_more_may_fail(people: People, clock: Clock) -> None:
    for _ in range(3):
        fail(people, 5)
        with refused("wait"):
            people.door.login("ann", PASSWORD, HOME)
        clock.on(seconds=30)


def test_trying_while_it_waits_does_not_prolong_it(people: People, clock: Clock) -> None:
    fail(people, 5)
    for _ in range(2):
        clock.on(seconds=14)
        with refused("wait"):
            people.door.login("ann", "wrong horse battery", HOME)
    clock.on(seconds=2)
    assert people.door.login("ann", PASSWORD, HOME).visitor.user == "ann"


def test_a_clock_that_is_set_back_shuts_nobody_out(people: People, clock: Clock) -> None:
    fail(people, 5)
    clock.on(hours=-2)
    assert people.door.login("ann", PASSWORD, HOME).visitor.user == "ann"


def test_many_guesses_at_once_are_no_more_than_five(people: People) -> None:
    numbers = iter(range(40))
    results = at_once(20, lambda: people.door.login("ann", "wrong horse battery", f"192.0.2.{next(numbers)}"))
    assert (results.count("wrong-login"), results.count("wait")) == (5, 15)


def test_a_shift_that_logs_in_at_once_from_one_address_is_let_in(people: People) -> None:
    names = iter([name for name in ("ann", "abe", "bea", "sue", "lee", "ada") for _ in range(2)])
    results = at_once(12, lambda: people.door.login(next(names), PASSWORD, HOME))
    assert all(isinstance(result, Opened) for result in results)


def test_one_who_logs_in_on_many_pages_at_once_is_let_in_on_each(people: People) -> None:
    """What one success clears, the next counts anew, at any moment of the other."""

    def often() -> set[str]:
        return {people.door.login("ann", PASSWORD, HOME).visitor.user for _ in range(10)}

    assert at_once(4, often) == [{"ann"}] * 4


def test_the_pause_holds_in_every_process_of_the_hub(
    people: People, where: Path | str, passwords: Passwords, clock: Clock
) -> None:
    fail(people, 3)
    with Store.open(where) as other:
        door = Door(other, passwords, clock)
        for number in range(2):
            with refused("wrong-login"):
                door.login("ann", "wrong horse battery", f"192.0.2.{number}")
        with refused("wait"):
            door.login("ann", PASSWORD, "192.0.2.99")
    with refused("wait"):
        people.door.login("ann", PASSWORD, "192.0.2.98")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2:3::4", "2001:db8:1:2:aaaa::1", True),  # of one network: its owner chooses the rest
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("fe80::1%eth0", "fe80::1%eth1", True),
        ("", "testclient", True),
    ],
)
def test_whose_an_address_is(people: People, one: str, other: str, *, same: bool) -> None:
    for name in ("a1", "a2", "a3", "a4", "a5"):
        fail(people, 1, name, one)
    if same:
        with refused("wait"):
            people.door.login("ann", PASSWORD, other)
    else:
        people.door.login("ann", PASSWORD, other)


def test_failures_that_are_forgotten_leave_no_rows(people: People, clock: Clock, store: Store) -> None:
    for number in range(20):
        fail(people, 1, f"nobody{number}", f"192.0.2.{number}")
    clock.on(minutes=11)
    people.door.login("ann", PASSWORD, HOME)
    with store.reading() as db:
        assert db.scalar(select(func.count()).select_from(FailureRow)) == 0


def test_a_failed_login_is_in_the_log_by_name_only_where_there_is_one(people: People) -> None:
    fail(people, 1, "ann")
    fail(people, 1, "my-secret-typed-into-the-wrong-field")
    failed = [entry for entry in people.audit.entries() if entry.did == Did.LOGIN_FAILED]
    assert [(entry.who, entry.about) for entry in failed] == [("", f"from {HOME}"), ("ann", f"from {HOME}")]


def test_a_user_chooses_another_password(people: People) -> None:
    ann, elsewhere = people.visitor("ann"), people.enter("ann")
    machine = people.office.add_machine(ann, "Desk").token
    with refused("wrong-login"):
        people.door.change_password(ann, "wrong horse battery", "tall-blue-hat", HOME)
    with refused("weak-password"):
        people.door.change_password(ann, PASSWORD, "password1234", HOME)
    opened = people.door.change_password(ann, PASSWORD, "tall-blue-hat", HOME)
    assert people.door.check(opened.token) == opened.visitor
    assert people.door.check(elsewhere) is None
    assert people.door.open_session(machine).visitor.user == "ann"
    assert people.door.login("ann", "tall-blue-hat", HOME).visitor.user == "ann"
    with refused("wrong-login"):
        people.door.login("ann", PASSWORD, HOME)


def test_who_came_in_by_a_link_chooses_the_first_password(people: People) -> None:
    people.office.add_user(CONSOLE, "new", teams=["sales"])
    new = people.visitor("new")
    with refused("weak-password"):
        people.door.change_password(new, "", "newnewnewnew", HOME)
    people.door.change_password(new, "", PASSWORD, HOME)
    assert people.door.login("new", PASSWORD, HOME).visitor.user == "new"
    with refused("wrong-login"):
        people.door.change_password(new, "", "tall-blue-hat", HOME)


def test_who_comes_in_by_openid_gets_no_password_by_a_stolen_session(people: People) -> None:
    people.office.invite(people.visitor("ada"), "agent", "sales", "new")
    visitor = people.door.enter(Identity("issuer 1", ("new",), "New")).visitor
    with refused("wrong-login"):
        people.door.change_password(visitor, "", "tall-blue-hat", HOME)
