"""Two that do at the same time what only one may: the second waits for the first, and then sees what it did."""

from __future__ import annotations

from accounts.people import HOME, PASSWORD, Clock, People, meanwhile, refused
from sqlalchemy import select
from sqlalchemy.orm import Session

from voiceassist.accounts import logins, tokens, users
from voiceassist.accounts.door import Opened
from voiceassist.accounts.oidc import Identity
from voiceassist.accounts.visitor import CONSOLE
from voiceassist.store.database import Store
from voiceassist.store.people import TokenRow


def test_a_link_is_opened_while_it_is_opened(people: People, store: Store, clock: Clock) -> None:
    link = people.office.link(CONSOLE, "ann").token

    def held(db: Session) -> None:
        tokens.find(db, link, clock.now).used_at = clock.now

    assert meanwhile(store, held, lambda: people.door.open_session(link), "tokens…FOR UPDATE") == "token-used"


def test_an_invite_is_accepted_while_it_is_accepted(people: People, store: Store, clock: Clock) -> None:
    invite = people.office.invite(CONSOLE, "agent", "sales").token

    def held(db: Session) -> None:
        tokens.find(db, invite, clock.now).used_at = clock.now

    def other() -> Opened:
        return people.door.accept(invite, "new", "New", PASSWORD)

    assert meanwhile(store, held, other, "tokens…FOR UPDATE") == "token-used"
    with refused("unknown-user"):
        people.office.disable(CONSOLE, "new")


def test_an_invited_name_is_linked_while_it_is_linked(people: People, store: Store, clock: Clock) -> None:
    invite = people.office.invite(CONSOLE, login="ann").token

    def held(db: Session) -> None:
        tokens.find(db, invite, clock.now).used_at = clock.now

    def other() -> Opened:
        return people.door.enter(Identity("issuer 2", ("ann",), "Other Ann"))

    assert meanwhile(store, held, other, "tokens…FOR UPDATE") == "not-invited"


def test_somebody_logs_in_while_being_shut_out(people: People, store: Store, clock: Clock) -> None:
    def other() -> Opened:
        return people.door.login("ann", PASSWORD, HOME)

    was = meanwhile(store, lambda db: users.disable(db, "ann", clock.now), other, "users…FOR SHARE")
    assert was in {"user-disabled", "wrong-login"}  # on SQLite it waits before the password is looked at
    with store.reading() as db:
        assert db.scalars(select(TokenRow).where(TokenRow.user == "ann")).all() == []


def test_a_machine_comes_in_while_its_user_is_shut_out(people: People, store: Store, clock: Clock) -> None:
    machine = people.office.add_machine(people.visitor("ann"), "Desk").token

    def other() -> Opened:
        return people.door.open_session(machine)

    was = meanwhile(store, lambda db: users.disable(db, "ann", clock.now), other, "users…FOR SHARE")
    assert was == "token-unknown"


def test_a_machine_comes_in_while_it_is_revoked(people: People, store: Store) -> None:
    machine = people.office.add_machine(people.visitor("ann"), "Desk")

    def other() -> Opened:
        return people.door.open_session(machine.token)

    assert meanwhile(store, lambda db: tokens.revoke(db, machine.key.id), other, "tokens…FOR UPDATE") == "token-unknown"
    with store.reading() as db:
        assert db.scalars(select(TokenRow).where(TokenRow.note == machine.key.id)).all() == []


def test_the_last_admin_but_one_leaves_while_the_other_does(people: People, store: Store, clock: Clock) -> None:
    people.office.change_user(CONSOLE, "sue", role="admin")

    def other() -> users.User:
        return people.office.disable(CONSOLE, "sue")

    assert meanwhile(store, lambda db: users.disable(db, "ada", clock.now), other, "role…FOR UPDATE") == "last-admin"


def test_a_failure_is_counted_while_one_is_counted(people: People, store: Store, clock: Clock) -> None:
    with refused("wrong-login"):
        people.door.login("ann", "wrong horse battery", HOME)

    def held(db: Session) -> None:
        logins._held(db, logins._of_name("ann"), clock.now).count = logins.FAILURES

    def other() -> Opened:
        return people.door.login("ann", PASSWORD, "192.0.2.99")

    assert meanwhile(store, held, other, "INSERT INTO failures") == "wait"


def test_the_first_failure_is_counted_while_it_is_counted(people: People, store: Store, clock: Clock) -> None:
    def held(db: Session) -> None:
        logins._held(db, logins._of_name("nobody"), clock.now).count = logins.FAILURES

    def other() -> Opened:
        return people.door.login("nobody", PASSWORD, "192.0.2.99")

    assert meanwhile(store, held, other, "INSERT INTO failures") == "wait"


def test_a_login_name_is_taken_while_it_is_taken(people: People, store: Store, clock: Clock) -> None:
    def other() -> users.User:
        return people.office.add_user(CONSOLE, "new", teams=["sales"])

    was = meanwhile(store, lambda db: users.add(db, "new", clock.now, teams=["sales"]), other, "INSERT INTO users")
    assert was == "user-exists"
