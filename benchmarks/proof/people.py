"""The people of a hub that is tried: made right in its store, with a session each, before it starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from voiceassist.accounts import tokens, users
from voiceassist.accounts.tokens import Kind
from voiceassist.store.database import Store, utc_now

_SHIFT = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Person:
    """A user with the token of a session, and, for agents, the key of a machine."""

    user: str
    team: str
    token: str = field(repr=False)
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class People:
    agents: tuple[Person, ...]
    supervisors: tuple[Person, ...]


def add_people(where: Path | str, *, agents: int, supervisors: int, teams: int) -> People:
    """Put them into the store; agents and supervisors are spread over the teams in turn, one team each."""
    now = utc_now()
    with Store.open(where) as store, store.writing() as db:

        def person(user: str, team: str, role: str) -> Person:
            users.add(db, user, now, role=role, teams=[team])  # type: ignore[arg-type]
            key = tokens.issue(db, Kind.MACHINE, user, now, note="proof") if role == "agent" else ""
            return Person(user, team, tokens.issue(db, Kind.SESSION, user, now, life=_SHIFT), key)

        users.add(db, "admin", now, role="admin")
        return People(
            tuple(person(f"agent-{n:03}", f"team-{n % teams}", "agent") for n in range(agents)),
            tuple(person(f"supervisor-{n:02}", f"team-{n % teams}", "supervisor") for n in range(supervisors)),
        )
