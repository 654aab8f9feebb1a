"""An agent as the floor knows one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """Whose machine publishes: the user, the name to show, and the team. `sample`: nobody real."""

    user: str
    name: str
    team: str
    sample: bool = False
