"""Who may read whose calls: every role against every call, and what becomes of it when somebody moves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from accounts.people import People, refused
from hypothesis import given
from hypothesis import strategies as st

from voiceassist.accounts.users import ROLES
from voiceassist.accounts.visitor import CONSOLE, Visitor

END = datetime(2030, 1, 1, tzinfo=UTC)
NAMES, TEAMS = st.sampled_from(["ann", "abe", "sue"]), st.sampled_from(["sales", "support", "billing"])


def visitor(user: str, role: str, *teams: str) -> Visitor:
    return Visitor(user, user, role, frozenset(teams), END)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("who", "owner", "team", "may"),
    [
        (visitor("ann", "agent", "sales"), "ann", "sales", True),
        (visitor("ann", "agent", "sales"), "ann", "support", True),  # from before she changed teams
        (visitor("ann", "agent", "sales"), "abe", "sales", False),
        (visitor("ann", "agent", "sales"), None, "sales", False),
        (visitor("sue", "supervisor", "sales", "support"), "ann", "sales", True),
        (visitor("sue", "supervisor", "sales", "support"), "bea", "support", True),
        (visitor("sue", "supervisor", "sales", "support"), "bob", "billing", False),
        (visitor("sue", "supervisor", "sales", "support"), "ann", None, False),
        (visitor("sue", "supervisor"), "ann", "sales", False),
        (visitor("ada", "admin"), "ann", "sales", True),
        (visitor("ada", "admin"), None, None, True),
    ],
)
def test_who_may_read_a_call(who: Visitor, owner: str | None, team: str | None, *, may: bool) -> None:
    assert who.may_read(owner, team) is may


@given(st.sampled_from(ROLES), NAMES, st.frozensets(TEAMS), st.none() | NAMES, st.none() | TEAMS)
def test_nobody_reads_more_than_the_rule(
    role: str, user: str, teams: frozenset[str], owner: str | None, team: str | None
) -> None:
    who = visitor(user, role, *teams)
    own, of_team = owner == user, team in teams
    assert who.may_read(owner, team) == {"agent": own, "supervisor": of_team, "admin": True, "worker": False}[role]
    assert who.may_supervise(team) == {"agent": False, "supervisor": of_team, "admin": True, "worker": False}[role]


def test_only_admins_pass_where_an_admin_must_be() -> None:
    CONSOLE.must_be_admin()
    for role in ("agent", "supervisor", "worker"):
        with refused("not-yours"):
            visitor("x", role, "sales").must_be_admin()


def test_a_session_tells_teams_and_role_as_they_are_now(people: People) -> None:
    token = people.enter("sue")
    first = people.door.check(token)
    assert first is not None
    assert first.teams == {"sales", "support"}
    people.office.change_user(CONSOLE, "sue", teams=["billing"])
    moved = people.door.check(token)
    assert moved is not None
    assert (moved.teams, moved.may_supervise("sales")) == ({"billing"}, False)
