"""Figures over many phrases: percentiles in which what never came counts as infinitely late."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from voiceassist.errors import UsageError

SCHEMA = 2

_REPEAT, _SLACK = 1.25, 20.0
"""A figure has got worse if it is so many times as large, and by more milliseconds than noise explains."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Milliseconds over `n` phrases; a percentile is None where it falls on one for which nothing came."""

    n: int
    missed: int
    early: int
    """Those that came before the phrase was over: an error, with a negative time."""
    p50: float | None
    p95: float | None
    p99: float | None
    worst: float | None

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Figure:
        """The figure of times in milliseconds, None for what never came."""
        ordered = sorted(math.inf if value is None else value for value in values)

        def percentile(share: float) -> float | None:
            if not ordered:
                return None
            value = ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]
            return None if math.isinf(value) else round(value, 1)

        return cls(
            n=len(ordered),
            missed=sum(math.isinf(value) for value in ordered),
            early=sum(value < 0 for value in ordered),
            p50=percentile(0.5),
            p95=percentile(0.95),
            p99=percentile(0.99),
            worst=percentile(1.0),
        )

    def document(self) -> dict[str, Any]:
        return asdict(self)


def read_document(path: Path) -> dict[str, Any]:
    """The figures that an earlier run wrote. Raises UsageError where the file is none of these."""
    try:
        document = json.loads(path.read_text("utf-8"))
        schema = document["schema"], document["bench"]
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or "it holds no figures"
        raise UsageError(f"{path} cannot be compared with: {reason}") from None
    if schema != (SCHEMA, "latency"):
        raise UsageError(f"{path} cannot be compared with: it is of another benchmark, or of another version of it")
    return document


def regressions(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> list[str]:
    """What has got worse between two documents, a line each. Raises UsageError where they measured different things."""
    for key in ("weights", "words", "to", "calls", "by_words"):
        if earlier.get(key) != later.get(key):
            raise UsageError(
                f"an earlier run with {key} {earlier.get(key)!r} cannot be compared with one with {later.get(key)!r}"
            )
    before, now = earlier["figures"], later["figures"]
    found: list[str] = []
    for name in sorted(before.keys() & now.keys()):
        was, then = before[name], now[name]
        for key in ("p50", "p95"):
            old, new = was[key], then[key]
            if old is not None and (new is None or (new > _REPEAT * old and new > old + _SLACK)):
                found.append(f"{name} {key}: {old:g} ms before, {'never' if new is None else f'{new:g} ms'} now")
        found += [
            f"{name}: {key} {was[key]} of {was['n']} before, {then[key]} of {then['n']} now"
            for key in ("missed", "early")
            if then[key] * was["n"] > was[key] * then["n"]
        ]
    return found
