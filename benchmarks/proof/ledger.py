"""What agents sent against what the store holds: read from its tables by SQL of our own, past the program's store."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection

from benchmarks.proof.script import Message

_LAST = ("repaired", "recovered", "expired", "withdrawn")


@dataclass(slots=True)
class Sent:
    """One call as its agent published it, and up to where that was acknowledged."""

    owner: str
    messages: list[Message] = field(default_factory=list[Message])
    acked: int = 0
    kept: int = 0
    """Up to where the agent's own disk has it: that must come, too, however often the machine dies."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found. `lost`: acknowledged and not there; `wrong`: rows that are not those of what was sent."""

    calls: int
    events: int
    acked: int
    lost: tuple[str, ...]
    wrong: tuple[str, ...]


def audit(where: Path | str, sent: Mapping[str, Sent]) -> Audit:
    """Compare every call, row by row. Each event leaves a row or changes one, so that none hides."""
    url = where.replace("postgresql://", "postgresql+pg8000://", 1) if isinstance(where, str) else f"sqlite:///{where}"
    engine = create_engine(url)
    lost: list[str] = []
    wrong: list[str] = []
    try:
        with engine.connect() as db:
            found = {row["id"]: dict(row) for row in _rows(db, "select * from calls")}
            below = {table: _by_call(db, table) for table in ("utterances", "moments", "nudges", "marks", "sounds")}
            below["alerts"] = _by_call(db, "alerts")
    finally:
        engine.dispose()
    for call, said in sent.items():
        row = found.get(call)
        seq = 0 if row is None else row["seq"]
        due = max(said.acked, said.kept)
        if seq < due:
            lost += [f"{call}: {number}" for number in range(seq + 1, due + 1)]
        if row is not None:
            wrong += _differences(call, row, {name: rows.get(call, []) for name, rows in below.items()}, said, seq)
    wrong += [f"{call}: nobody sent it" for call in found.keys() - sent.keys()]
    acked = sum(said.acked for said in sent.values())
    return Audit(len(sent), sum(len(said.messages) for said in sent.values()), acked, tuple(lost), tuple(wrong))


def _differences(
    call: str, row: Mapping[str, Any], rows: Mapping[str, list[dict[str, Any]]], said: Sent, seq: int
) -> list[str]:
    """What of a call's rows is not as its messages up to `seq` leave it."""
    want = [message for message in said.messages if message["seq"] <= seq]
    kinds = {kind: [m for m in want if m["type"] == kind] for kind in {m["type"] for m in want}}
    checks: list[tuple[str, object, object]] = [
        ("owner", row["owner"], said.owner),
        ("dropped", row["dropped"], 0),
        ("ended", row["ended_at"] is not None, "call_ended" in kinds),
        *(
            (table, Counter(r["seq"] for r in rows[table]), Counter(m["seq"] for m in kinds.get(kind, [])))
            for table, kind in (("utterances", "transcript"), ("marks", "mark"), ("sounds", "audio"))
        ),
        (
            "words",
            [r["text"] for r in sorted(rows["utterances"], key=lambda r: r["seq"])],
            [m["text"] for m in kinds.get("transcript", [])],
        ),
        (
            "moments",
            sorted((r["id"], r["state"], r["quote"]) for r in rows["moments"]),
            sorted({m["id"]: (m["id"], m["state"], m["quote"]) for m in kinds.get("moment", [])}.values()),
        ),
        ("nudges", sorted(_nudge(r) for r in rows["nudges"]), sorted(_nudges(want))),
        (
            "alerts",
            sorted((r["id"], r["quote"]) for r in rows["alerts"]),
            sorted((m["id"], m["quote"]) for m in kinds.get("alert", [])),
        ),
    ]
    return [f"{call}: {name} {got!r:.300} for {wanted!r:.300}" for name, got, wanted in checks if got != wanted]


def _nudge(row: Mapping[str, Any]) -> tuple[object, ...]:
    """A nudge's row; each renewal stands in it, so that one that came twice shows."""
    renewals: Sequence[Mapping[str, Any]] = _json(row["renewals"])
    helpful = None if row["helpful"] is None else bool(row["helpful"])
    return row["id"], row["text"], tuple(r["at"] for r in renewals), row["why"] or "", str(helpful)


def _nudges(messages: Sequence[Message]) -> list[tuple[object, ...]]:
    """The nudges as the messages leave them."""
    made: dict[str, list[Any]] = {}
    for m in messages:
        match m["type"]:
            case "nudge" if m["id"] in made:
                made[m["id"]][2].append(m["at"])
                made[m["id"]][3] = ""
            case "nudge":
                made[m["id"]] = [m["id"], m["text"], [], "", "None"]
            case "nudge_cleared" if m["id"] in made:
                made[m["id"]][3] = m["why"]
            case "thumb" if m["id"] in made:
                made[m["id"]][4] = str(m["helpful"])
            case _:
                pass
    return [(id_, text_, tuple(times), why, thumb) for id_, text_, times, why, thumb in made.values()]


def _by_call(db: Connection, table: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(db, f"select * from {table}"):  # noqa: S608 - a name of ours
        found.setdefault(row["call"], []).append(dict(row))
    return found


def _rows(db: Connection, statement: str) -> list[Mapping[str, Any]]:
    return [dict(row) for row in db.execute(text(statement)).mappings()]


def _json(value: object) -> Any:
    return json.loads(value) if isinstance(value, str) else value
