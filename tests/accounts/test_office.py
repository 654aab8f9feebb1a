"""The office: users, teams, invites and machines, and who may change which of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pytest
from accounts.people import PASSWORD, Clock, People, at_once, refused
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.accounts.audit import Did
from voiceassist.accounts.tokens import Kind
from voiceassist.accounts.users import User, full_name, login_name
from voiceassist.accounts.visitor import CONSOLE, Visitor
from voiceassist.errors import AccountError
from voiceassist.store.database import Store
from voiceassist.store.people import TokenRow


def outcome(act: Callable[[], object]) -> str:
    """What it gives, or the code of what refused it."""
    try:
        return str(act())
    except AccountError as error:
        return f"error[{error.code}]"  # no login name


# --- names ------------------------------------------------------------------------------------------------------------


@given(st.from_regex(r"\A[A-Za-z0-9._@-]{1,64}\Z"))
def test_a_login_name_is_kept_in_lower_case(text: str) -> None:
    assert login_name(f" {text}\n") == text.lower()


@given(st.text(max_size=80))
def test_a_login_name_is_what_it_may_be_or_refused(text: str) -> None:
    kept = outcome(lambda: login_name(text))
    if kept == "error[bad-name]":
        assert not re.fullmatch(r"[A-Za-z0-9._@-]{1,64}", text)
    else:
        assert re.fullmatch(r"[a-z0-9._@-]{1,64}", kept)
        assert login_name(kept) == kept


@given(st.text(max_size=220))
def test_a_full_name_is_one_visible_line_or_refused(text: str) -> None:
    kept = outcome(lambda: full_name(text))
    if kept != "error[bad-name]":
        assert 1 <= len(kept) <= 200
        assert kept == unicodedata.normalize("NFC", kept).strip()
        assert len(kept.splitlines()) == 1
        assert kept.encode()


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\0b", "\u202eevil", "x" * 201, "half \ud800", "a\u2028b"])
def test_a_full_name_that_would_break_a_page_is_refused(name: str) -> None:
    with refused("bad-name"):
        full_name(name)


@pytest.mark.parametrize("name", ["Zoë Žižek", "王小明", "محمد علی‌پور", "O'Brien-Núñez, Jr."])
def test_people_are_called_what_they_are_called(name: str) -> None:
    assert full_name(name) == unicodedata.normalize("NFC", name)


# --- users ------------------------------------------------------------------------------------------------------------


def test_a_user_is_listed_as_added(people: People, clock: Clock) -> None:
    added = people.office.add_user(CONSOLE, "Zoe@Example", name="Zoë", role="supervisor", teams=["sales", "Ops 2"])
    expected = User("zoe@example", "Zoë", "supervisor", frozenset({"sales", "Ops 2"}), clock.now, None, False, False)
    assert added == expected
    assert expected in people.office.users(CONSOLE)
    assert [user.id for user in people.office.users(CONSOLE)] == [
        "abe",
        "ada",
        "ann",
        "bea",
        "lee",
        "sue",
        "zoe@example",
    ]
    assert people.office.teams(CONSOLE) == ("Ops 2", "billing", "sales", "support")


def test_a_login_name_belongs_to_one(people: People) -> None:
    with refused("user-exists"):
        people.office.add_user(CONSOLE, "ANN", teams=["sales"])
    results = at_once(6, lambda: people.office.add_user(CONSOLE, "new", teams=["sales"]).id)
    assert sorted(results) == ["new", *["user-exists"] * 5]


def test_a_team_is_the_same_in_any_case(people: People) -> None:
    assert people.office.add_user(CONSOLE, "new", teams=[" Sales "]).teams == {"sales"}


@pytest.mark.parametrize("team", ["", " ", "=1+1", "-x", "x" * 65, "a\nb", "<b>"])
def test_a_team_has_a_name_that_every_page_and_table_can_show(people: People, team: str) -> None:
    with refused("bad-team"):
        people.office.add_user(CONSOLE, "new", teams=[team])
    assert "new" not in {user.id for user in people.office.users(CONSOLE)}


@pytest.mark.parametrize("teams", [[], ["sales", "support"]])
def test_an_agent_belongs_to_exactly_one_team(people: People, teams: list[str]) -> None:
    for act in (
        lambda: people.office.add_user(CONSOLE, "new", teams=teams),
        lambda: people.office.change_user(CONSOLE, "ann", teams=teams),
        lambda: people.office.change_user(CONSOLE, "sue", role="agent"),
    ):
        with refused("teams"):
            act()
    assert {user.id: user.teams for user in people.office.users(CONSOLE)}["ann"] == {"sales"}


def test_what_is_not_given_stays(people: People) -> None:
    ann = people.office.change_user(CONSOLE, "ann", name="Ann Other")
    assert (ann.name, ann.role, ann.teams) == ("Ann Other", "agent", {"sales"})
    ann = people.office.change_user(CONSOLE, "ann", teams=["support"])
    assert (ann.name, ann.role, ann.teams) == ("Ann Other", "agent", {"support"})
    sue = people.office.change_user(CONSOLE, "sue", teams=[])
    assert sue.teams == frozenset()


def test_a_new_role_ends_what_the_old_one_had(people: People) -> None:
    ann = people.visitor("ann")
    session, machine = people.enter("ann"), people.office.add_machine(ann, "Desk").token
    people.office.change_user(CONSOLE, "ann", role="agent")  # it is that already
    assert people.door.check(session) is not None
    people.office.change_user(CONSOLE, "ann", role="supervisor")
    assert people.door.check(session) is None
    with refused("token-unknown"):  # a computer without an end must not become a supervisor
        people.door.open_session(machine)


def test_who_is_shut_out_is_out_at_once(people: People) -> None:
    ann = people.visitor("ann")
    session, machine = people.enter("ann"), people.office.add_machine(ann, "Desk").token
    link = people.office.link(CONSOLE, "ann").token
    assert people.office.disable(CONSOLE, "ann").disabled_at is not None
    assert people.door.check(session) is None
    for token in (machine, link):
        with refused("token-unknown"):
            people.door.open_session(token)
    with refused("wrong-login"):
        people.door.login("ann", PASSWORD, "192.0.2.1")
    with refused("user-disabled"):
        people.office.link(CONSOLE, "ann")
    assert people.office.enable(CONSOLE, "ann").disabled_at is None
    for token in (machine, link):  # what she had stays ended
        with refused("token-unknown"):
            people.door.open_session(token)
    assert people.door.check(session) is None
    assert people.door.login("ann", PASSWORD, "192.0.2.1").visitor.user == "ann"


def test_invites_of_somebody_who_is_shut_out_are_void(people: People) -> None:
    invite = people.office.invite(people.visitor("sue"), "agent", "sales").token
    people.office.disable(CONSOLE, "sue")
    with refused("token-unknown"):
        people.door.accept(invite, "new", "New", PASSWORD)


def test_nobody_comes_in_while_being_shut_out(people: People, store: Store) -> None:
    machine = people.office.add_machine(people.visitor("ann"), "Desk").token
    acts: list[Callable[[], object]] = [lambda: people.door.open_session(machine)] * 5
    acts.insert(2, lambda: people.office.disable(CONSOLE, "ann"))
    todo = iter(acts)

    def act() -> object:
        return next(todo)()

    at_once(len(acts), act)
    with store.reading() as db:
        assert [token.kind for token in db.query(TokenRow).where(TokenRow.user == "ann")] == []


def test_the_last_admin_stays(people: People) -> None:
    for act in (
        lambda: people.office.disable(CONSOLE, "ada"),
        lambda: people.office.change_user(CONSOLE, "ada", role="supervisor"),
    ):
        with refused("last-admin"):
            act()
    people.office.change_user(CONSOLE, "sue", role="admin")
    names = iter(["ada", "sue"])
    results = at_once(2, lambda: people.office.disable(CONSOLE, next(names)).role)
    assert sorted(results) == ["admin", "last-admin"]


def test_a_password_that_is_set_ends_sessions_but_no_machine(people: People) -> None:
    session, machine = people.enter("ann"), people.office.add_machine(people.visitor("ann"), "Desk").token
    with refused("weak-password"):
        people.office.set_password(CONSOLE, "ann", "ann" * 5)
    assert people.door.check(session) is not None
    people.office.set_password(CONSOLE, "Ann", "tall-blue-hat")
    assert people.door.check(session) is None
    assert people.door.open_session(machine).visitor.user == "ann"
    assert people.door.login("ann", "tall-blue-hat", "192.0.2.1").visitor.user == "ann"


def test_who_is_not_there_is_said(people: People) -> None:
    for name in ("nobody", "", "\0", "\ud800", "x" * 1000):
        for act in (people.office.disable, people.office.enable, people.office.change_user, people.office.link):
            with refused("unknown-user"):
                act(CONSOLE, name)


# --- invites ----------------------------------------------------------------------------------------------------------


def test_an_invite_makes_the_user_that_it_is_for(people: People) -> None:
    issued = people.office.invite(people.visitor("sue"), "agent", "sales")
    invitation = people.door.invitation(issued.token)
    assert (invitation.role, invitation.team, invitation.login, invitation.by) == ("agent", "sales", "", "sue")
    opened = people.door.accept(issued.token, "New", "Somebody New", PASSWORD)
    assert (opened.visitor.user, opened.visitor.role, opened.visitor.teams) == ("new", "agent", {"sales"})
    assert people.door.login("new", PASSWORD, "192.0.2.1").visitor.name == "Somebody New"
    with refused("token-used"):
        people.door.accept(issued.token, "other", "Other", PASSWORD)
    assert people.office.invites(CONSOLE) == ()


def test_an_invite_is_still_good_after_a_slip(people: People) -> None:
    invite = people.office.invite(people.visitor("ada"), "supervisor", "sales").token
    for code, login, name, password in (
        ("user-exists", "ann", "New", PASSWORD),
        ("bad-name", "n e w", "New", PASSWORD),
        ("bad-name", "new", "\n", PASSWORD),
        ("weak-password", "new", "New", "new" * 6),
    ):
        with refused(code):
            people.door.accept(invite, login, name, password)
    assert people.door.accept(invite, "new", "New", PASSWORD).visitor.role == "supervisor"


def test_an_invite_for_a_name_is_for_nobody_else(people: People) -> None:
    invite = people.office.invite(people.visitor("ada"), "agent", "sales", "New@Example").token
    assert people.door.invitation(invite).login == "new@example"
    with refused("wrong-name"):
        people.door.accept(invite, "other", "Other", PASSWORD)
    assert people.door.accept(invite, "new@example", "New", PASSWORD).visitor.user == "new@example"


def test_an_invite_for_a_user_that_there_is_takes_no_password(people: People) -> None:
    """It is for OpenID Connect: by a password its holder would take over the account."""
    invite = people.office.invite(people.visitor("ada"), login="ann").token
    with refused("user-exists"):
        people.door.accept(invite, "ann", "Not Ann", "tall-blue-hat")
    assert people.door.login("ann", PASSWORD, "192.0.2.1").visitor.name == "Ann Agent"


def test_nobody_is_invited_as_an_admin(people: People) -> None:
    for by in (CONSOLE, people.visitor("ada"), people.visitor("sue")):
        with refused("bad-role"):
            people.office.invite(by, "admin", "sales")


def test_the_command_line_invites_in_the_name_of_an_admin(people: People) -> None:
    assert people.office.invite(CONSOLE, "agent", "New team").key.user == "ada"
    assert "New team" in people.office.teams(CONSOLE)
    [entry] = people.audit.entries(limit=1)
    assert (entry.who, entry.did, entry.about) == ("command line", Did.INVITED, "somebody as agent in New team")


def test_invites_are_listed_and_withdrawn(people: People, clock: Clock) -> None:
    sue, lee = people.visitor("sue"), people.visitor("lee")
    issued = people.office.invite(sue, "agent", "sales")
    [listed] = people.office.invites(sue)
    assert (listed.id, listed.kind, listed.role, listed.team) == (issued.key.id, Kind.INVITE, "agent", "sales")
    assert people.office.invites(lee) == ()
    with refused("not-yours"):
        people.office.revoke(lee, listed.id)
    people.office.revoke(sue, listed.id)
    assert people.office.invites(CONSOLE) == ()
    with refused("token-unknown"):
        people.door.accept(issued.token, "new", "New", PASSWORD)
    people.office.invite(sue, "agent", "sales")
    clock.on(hours=72)
    assert people.office.invites(CONSOLE) == ()


# --- who may ----------------------------------------------------------------------------------------------------------

ACTS: dict[str, Callable[[People, Visitor], object]] = {
    "add": lambda people, by: people.office.add_user(by, "new", teams=["sales"]),
    "change": lambda people, by: people.office.change_user(by, "ann", name="X"),
    "promote oneself": lambda people, by: people.office.change_user(by, by.user, role="admin"),
    "disable": lambda people, by: people.office.disable(by, "abe"),
    "enable": lambda people, by: people.office.enable(by, "abe"),
    "set a password": lambda people, by: people.office.set_password(by, "ann", "tall-blue-hat"),
    "link": lambda people, by: people.office.link(by, "ada"),
    "link oneself": lambda people, by: people.office.link(by, by.user),
    "invite": lambda people, by: people.office.invite(by, "agent", "sales"),
    "invite to another team": lambda people, by: people.office.invite(by, "agent", "billing"),
    "invite to a new team": lambda people, by: people.office.invite(by, "agent", "begun by this"),
    "invite a supervisor": lambda people, by: people.office.invite(by, "supervisor", "sales"),
    "invite a name": lambda people, by: people.office.invite(by, "agent", "sales", "new"),
    "invite the name of a user": lambda people, by: people.office.invite(by, "agent", "sales", "ada"),
    "see machines": lambda people, by: people.office.machines(by, "ann"),
}
MAY = {
    "ann": {"link oneself", "see machines"},
    "bea": {"link oneself"},
    "sue": {"invite", "invite a name", "see machines"},
    "lee": {"invite to another team"},
    "ada": set(ACTS),
}


@pytest.mark.parametrize("who", MAY)
def test_who_may_do_what_in_the_office(people: People, who: str) -> None:
    by = {act: people.visitor(who) for act in ACTS}
    refusals = {act for act in ACTS if outcome(lambda act=act: ACTS[act](people, by[act])) == "error[not-yours]"}
    assert set(ACTS) - refusals == MAY[who]


def test_who_sees_whom(people: People) -> None:
    seen = {who: [user.id for user in people.office.users(people.visitor(who))] for who in ("ann", "sue", "lee", "ada")}
    assert seen == {
        "ann": ["ann"],
        "sue": ["abe", "ann", "bea", "sue"],
        "lee": ["lee"],
        "ada": ["abe", "ada", "ann", "bea", "lee", "sue"],
    }
    assert people.office.teams(people.visitor("sue")) == ("sales", "support")


def test_only_agents_have_machines(people: People) -> None:
    for who in ("sue", "ada"):
        with refused("bad-role"):
            people.office.add_machine(people.visitor(who), "Desk")
    with refused("bad-name"):
        people.office.add_machine(people.visitor("ann"), "Desk\n7")


def test_a_worker_has_machines_and_nothing_else(people: People) -> None:
    people.office.add_user(CONSOLE, "ears", role="worker")
    ears = people.visitor("ears")
    assert people.door.open_session(people.office.add_machine(ears, "Rack 1").token).visitor.role == "worker"
    assert [user.id for user in people.office.users(ears)] == ["ears"]
    with refused("not-yours"):
        people.office.machines(ears, "ann")
    with refused("teams"):
        people.office.change_user(CONSOLE, "ears", teams=["sales"])
    with refused("bad-role"):
        people.office.invite(people.visitor("ada"), "worker", "sales")


def test_who_may_revoke_a_machine(people: People) -> None:
    ann = people.visitor("ann")
    for who in ("ann", "sue", "ada"):
        key = people.office.add_machine(ann, "Desk").key
        for other in ("abe", "lee"):
            with refused("not-yours"):
                people.office.revoke(people.visitor(other), key.id)
        people.office.revoke(people.visitor(who), key.id)
    assert people.office.machines(ann) == ()
    with refused("token-unknown"):
        people.office.revoke(ann, key.id)
    with refused("token-unknown"):  # a session is closed by its token, not by what it is kept as
        people.office.revoke(CONSOLE, people.office.link(CONSOLE, "ann").key.id)


def test_everything_that_was_changed_stands_in_the_log(people: People) -> None:
    ada, ann = people.visitor("ada"), people.visitor("ann")
    begun = len(people.audit.entries())
    people.office.add_user(ada, "new", teams=["sales"])
    people.office.change_user(ada, "new", name="New", teams=["support"])
    people.office.set_password(ada, "new", PASSWORD)
    people.office.disable(ada, "new")
    people.office.enable(ada, "new")
    people.office.link(ada, "new")
    invite = people.office.invite(ada, "agent", "sales")
    people.office.revoke(ada, invite.key.id)
    people.office.revoke(ann, people.office.add_machine(ann, "Desk").key.id)
    entries = people.audit.entries()
    assert [(entry.who, entry.did, entry.about) for entry in entries[: len(entries) - begun]][::-1] == [
        ("ada", Did.USER_ADDED, "new: agent in sales"),
        ("ada", Did.USER_CHANGED, "new: agent in support"),
        ("ada", Did.PASSWORD_SET, "new"),
        ("ada", Did.USER_DISABLED, "new"),
        ("ada", Did.USER_ENABLED, "new"),
        ("ada", Did.LINK_GIVEN, "for new"),
        ("ada", Did.INVITED, "somebody as agent in sales"),
        ("ada", Did.INVITE_WITHDRAWN, "invite of ada"),
        ("ann", Did.MACHINE_ADDED, "Desk"),
        ("ann", Did.MACHINE_REVOKED, "Desk of ann"),
    ]
