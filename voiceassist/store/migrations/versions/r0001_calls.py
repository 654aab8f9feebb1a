"""Calls with their words, moments, nudges, marks and sound."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "calls",
        _text("id", 200),
        _text("agent", 200),
        _text("transcriber", 200),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        _seconds("seconds"),
        _seconds("lost"),
        sa.Column("dropped", sa.Integer(), nullable=False),
        sa.Column("scorecard", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
    )
    op.create_index("ix_calls_started_at", "calls", ["started_at"])
    _create(
        "utterances",
        ("number",),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("channel", 16),
        _seconds("start"),
        _seconds("end"),
        _text("text"),
    )
    op.create_index("ix_utterances_call", "utterances", ["call", "start"])
    _create(
        "moments",
        ("call", "id"),
        _text("id", 200),
        _seconds("opened"),
        _seconds("judged", null=True),
        _seconds("settled", null=True),
        _text("state", 16),
        _text("quote"),
        _text("asked"),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        _text("withheld", 16, null=True),
        *(_seconds(part, null=True) for part in ("acknowledgement", "reason", "alternative", "buy_in")),
    )
    _create(
        "nudges",
        ("call", "id"),
        _text("id", 200),
        _text("moment", 200, null=True),
        _text("kind", 32),
        _text("text"),
        _text("quote"),
        sa.Column("suggestions", sa.JSON(), nullable=False),
        _seconds("sent_at"),
        _seconds("painted_at", null=True),
        sa.Column("renewals", sa.JSON(), nullable=False),
        _seconds("cleared_at", null=True),
        _text("why", 16, null=True),
        sa.Column("helpful", sa.Boolean()),
    )
    op.create_index("ix_nudges_kind", "nudges", ["kind"])
    _create(
        "marks",
        ("number",),
        sa.Column("number", sa.Integer(), nullable=False),
        _seconds("at"),
        _text("kind", 32),
        _text("quote"),
        _text("moment", 200, null=True),
        _text("note"),
    )
    op.create_index("ix_marks_call", "marks", ["call"])
    _create(
        "sounds",
        ("number",),
        sa.Column("number", sa.Integer(), nullable=False),
        _seconds("at"),
        _text("channel", 16),
        _text("state", 16),
    )
    op.create_index("ix_sounds_call", "sounds", ["call"])


def _create(name: str, key: tuple[str, ...], *columns: sa.Column[Any]) -> None:
    """A table whose rows belong to a call, and go with it."""
    op.create_table(
        name,
        _text("call", 200),
        *columns,
        sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name=f"fk_{name}_call_calls", ondelete="CASCADE"),
    )


def _text(name: str, length: int | None = None, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text() if length is None else sa.String(length), nullable=null)


def _seconds(name: str, *, null: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=null)
