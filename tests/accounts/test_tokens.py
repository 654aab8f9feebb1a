"""Tokens: how long each is good for, that one is used once, and what of it is kept."""

from __future__ import annotations

import pytest
from accounts.people import PASSWORD, Clock, People, at_once, refused
from sqlalchemy import func, select

from voiceassist.accounts.door import Opened
from voiceassist.accounts.tokens import digest
from voiceassist.accounts.visitor import CONSOLE
from voiceassist.store.database import Store
from voiceassist.store.people import TokenRow


def test_a_link_opens_a_session_once(people: People) -> None:
    link = people.office.link(CONSOLE, "ann").token
    opened = people.door.open_session(link)
    assert (opened.visitor.user, opened.visitor.name, opened.visitor.role) == ("ann", "Ann Agent", "agent")
    assert people.door.check(opened.token) == opened.visitor
    with refused("token-used"):
        people.door.open_session(link)


def test_only_one_of_many_opens_a_link(people: People) -> None:
    link = people.office.link(CONSOLE, "ann").token
    results = at_once(8, lambda: people.door.open_session(link))
    assert sum(isinstance(result, Opened) for result in results) == 1
    assert results.count("token-used") == 7


def test_only_one_of_many_accepts_an_invite(people: People) -> None:
    invite = people.office.invite(people.visitor("ada"), "agent", "sales").token
    names = iter([f"new{number}" for number in range(8)])
    results = at_once(8, lambda: people.door.accept(invite, next(names), "Somebody New", PASSWORD))
    [opened] = [result for result in results if isinstance(result, Opened)]
    assert results.count("token-used") == 7
    made = {user.id for user in people.office.users(CONSOLE) if user.id.startswith("new")}
    assert made == {opened.visitor.user}


@pytest.mark.parametrize(("kind", "hours"), [("once", 1), ("invite", 72)])
def test_what_is_used_once_expires(people: People, clock: Clock, kind: str, hours: int) -> None:
    ada = people.visitor("ada")
    issued = people.office.link(ada, "ann") if kind == "once" else people.office.invite(ada, "agent", "sales")
    use = people.door.open_session if kind == "once" else people.door.invitation
    clock.on(hours=hours, seconds=-1)
    if kind == "invite":
        assert people.door.invitation(issued.token).team == "sales"
    clock.on(seconds=1)
    with refused("token-unknown"):
        use(issued.token)


def test_a_page_stays_in_while_it_renews_until_the_day_is_over(people: People, clock: Clock) -> None:
    begun = clock.now
    token = people.enter("sue")
    for _ in range(23):
        clock.on(minutes=29)
        left = people.door.renew(token).expires_at - clock.now
        assert 0 < left.total_seconds() <= 1_800
    assert (clock.now - begun).total_seconds() > 11 * 3_600
    clock.on(minutes=29)
    people.door.renew(token)
    clock.on(hours=12, minutes=-24 * 29, seconds=-1)
    assert people.door.check(token) is not None
    clock.on(seconds=1)
    assert people.door.check(token) is None
    with refused("token-unknown"):
        people.door.renew(token)


def test_a_page_that_does_not_renew_is_out_after_half_an_hour(people: People, clock: Clock) -> None:
    token = people.enter("sue")
    clock.on(minutes=30, seconds=-1)
    assert people.door.check(token) is not None
    clock.on(seconds=1)
    assert people.door.check(token) is None


def test_a_machine_opens_short_sessions_until_it_is_revoked(people: People, clock: Clock) -> None:
    ann = people.visitor("ann")
    machine = people.office.add_machine(ann, "Desk 7")
    first = people.door.open_session(machine.token)
    assert people.door.renew(first.token).expires_at == first.visitor.expires_at  # it opens another instead
    clock.on(minutes=15)
    assert people.door.check(first.token) is None
    clock.on(days=400)
    second = people.door.open_session(machine.token)
    [listed] = people.office.machines(ann)
    assert (listed.id, listed.note, listed.used_at) == (machine.key.id, "Desk 7", clock.now)
    other = people.door.open_session(people.office.add_machine(ann, "Desk 8").token)
    people.office.revoke(ann, machine.key.id)
    assert people.door.check(second.token) is None
    assert people.door.check(other.token) is not None
    with refused("token-unknown"):
        people.door.open_session(machine.token)


def test_a_token_is_good_for_its_own_purpose_only(people: People) -> None:
    ada = people.visitor("ada")
    link, invite = people.office.link(ada, "ann").token, people.office.invite(ada, "agent", "sales").token
    machine, session = people.office.add_machine(people.visitor("ann"), "Desk").token, people.enter("ann")
    with refused("invite"):
        people.door.open_session(invite)
    for token in (session, "", "x" * 10_000, "\ud800\0", digest(link)):
        with refused("token-unknown"):
            people.door.open_session(token)
    for token in (link, machine, session, "nobody's"):
        with refused("token-unknown"):
            people.door.invitation(token)
        with refused("token-unknown"):
            people.door.accept(token, "new", "New", PASSWORD)
    for token in (link, invite, machine, "", "x" * 10_000, "\ud800\0", digest(session)):
        assert people.door.check(token) is None
    for token in (machine, invite):
        with refused("token-unknown"):
            people.door.renew(token)


def test_a_session_that_is_closed_is_over(people: People) -> None:
    token, other = people.enter("ann"), people.enter("ann")
    people.door.close(token)
    people.door.close(token)
    people.door.close("nobody's")
    assert people.door.check(token) is None
    assert people.door.check(other) is not None


def test_tokens_are_long_and_never_the_same(people: People) -> None:
    tokens = {people.office.link(CONSOLE, "ann").token for _ in range(20)}
    assert len(tokens) == 20
    assert {len(token) for token in tokens} == {43}  # 256 bits in base64


def test_what_has_expired_is_removed_in_passing(people: People, clock: Clock, store: Store) -> None:
    for _ in range(5):
        people.enter("ann")
    people.office.add_machine(people.visitor("ann"), "Desk")
    clock.on(hours=2)
    people.enter("sue")
    with store.reading() as db:
        counts = db.execute(select(TokenRow.kind, func.count()).group_by(TokenRow.kind)).all()
    assert {row[0]: row[1] for row in counts} == {"machine": 1, "once": 1, "session": 1}


def test_many_may_come_in_and_go_at_once(people: People, clock: Clock) -> None:
    """Whoever comes in sweeps what is over: they must not wait for each other in a circle."""
    for _ in range(10):
        people.enter("ann")
    machine = people.office.add_machine(people.visitor("ann"), "Desk").token
    clock.on(hours=2)
    results = at_once(12, lambda: people.door.open_session(machine).visitor.user)
    assert results == ["ann"] * 12


def test_what_a_machine_opens_opens_nothing_that_outlives_it(people: People) -> None:
    ann = people.visitor("ann")
    machine = people.office.add_machine(ann, "Desk 7")
    by_key = people.door.open_session(machine.token).visitor
    assert (ann.machine, by_key.machine) == (False, True)
    for act in (
        lambda: people.office.add_machine(by_key, "Desk 8"),
        lambda: people.office.link(by_key, "ann"),
        lambda: people.door.change_password(by_key, PASSWORD, "tall blue hat on a goat", "192.0.2.7"),
    ):
        with refused("not-yours"):
            act()
