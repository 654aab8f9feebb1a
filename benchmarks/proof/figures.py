"""What a scenario found: spreads of times, claims that hold or not, and the table that people read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds over `n` times; all are None where nothing was timed."""

    n: int
    p50: float | None
    p95: float | None
    p99: float | None
    most: float | None

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Spread:
        """The spread of times in seconds."""
        ordered = sorted(seconds)

        def at(share: float) -> float | None:
            return round(1000 * ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1) if ordered else None

        return cls(len(ordered), at(0.5), at(0.95), at(0.99), at(1.0))

    def __str__(self) -> str:
        return f"p50 {self.p50}, p95 {self.p95}, p99 {self.p99}, most {self.most} ms (n = {self.n})"


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that must hold: what was found of it, against its floor in words.

    `timed`: it is about how long something takes, which on a busy machine is longer.
    """

    name: str
    found: str
    floor: str
    holds: bool
    timed: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What one scenario showed: its claims, and figures that explain them; `faults` are what went wrong on the way."""

    scenario: str
    claims: tuple[Claim, ...]
    figures: Mapping[str, Any] = field(default_factory=dict[str, Any])
    faults: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether all that it claims holds, and nothing went wrong."""
        return not self.faults and all(claim.holds for claim in self.claims)

    def document(self, command: str) -> dict[str, Any]:
        """As JSON has it, with the command that made it."""
        figures = {name: _plain(value) for name, value in self.figures.items()}
        claims = [asdict(claim) for claim in self.claims]
        return {
            "scenario": self.scenario,
            "command": command,
            "holds": self.holds,
            "claims": claims,
            "figures": figures,
            "faults": list(self.faults),
        }


def at_most(name: str, value: float | None, limit: float, unit: str) -> Claim:
    """The claim that a figure was taken and is not above its limit."""
    found = "nothing" if value is None else f"{value:.4g} {unit}"
    return Claim(name, found, f"<= {limit:g} {unit}", value is not None and value <= limit, unit in {"s", "ms"})


def none(name: str, found: Sequence[object], of: int) -> Claim:
    """The claim that none of so many was found wrong; of nothing, nothing is shown."""
    return Claim(name, f"{len(found)} of {of}", "0", not found and of > 0)


def table(shown: Shown, command: str) -> str:
    """The scenario as people read it."""
    rows = [f"{shown.scenario}: {'holds' if shown.holds else 'DOES NOT HOLD'}    {command}"]
    rows += [f"  {'ok ' if c.holds else 'NO '} {c.name}: {c.found} ({c.floor})" for c in shown.claims]
    rows += [f"      {name}: {value}" for name, value in shown.figures.items()]
    rows += [f"  !   {fault}" for fault in shown.faults]
    return "\n".join(rows)


def _plain(value: object) -> object:
    return asdict(value) if isinstance(value, Spread) else value
