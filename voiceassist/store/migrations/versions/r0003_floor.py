"""The floor: whose calls they are, alerts, offers, users and what lets them in, and who read what."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"

_SECONDS: sa.Double[float] = sa.Double()


def upgrade() -> None:
    """Make the new tables, and the new columns of the old ones; what is kept already is nobody's."""
    _add_to_old_tables()
    _make_alerts()
    _make_offers()
    _make_people()
    _make_tokens()
    _make_audit()


def _add_to_old_tables() -> None:
    op.add_column("calls", sa.Column("seq", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("calls", _text("owner", 64, nullable=True))
    op.add_column("calls", _text("team", 64, nullable=True))
    op.create_index("ix_calls_owner", "calls", ["owner"])
    op.create_index("ix_calls_team", "calls", ["team"])
    for table in ("utterances", "marks", "sounds"):
        op.add_column(table, sa.Column("seq", sa.Integer()))
        op.create_index(f"uq_{table}_call_seq", table, ["call", "seq"], unique=True)


def _make_alerts() -> None:
    op.create_table(
        "alerts",
        _text("call", 200),
        _text("id", 200),
        sa.Column("at", _SECONDS, nullable=False),
        _instant("raised_at"),
        _text("why", 32),
        _text("moment", 200),
        _text("quote"),
        _text("asked"),
        sa.Column("missing", sa.JSON(), nullable=False),
        _text("state", 16),
        _instant("changed_at", nullable=True),
        _text("by", 64),
        _text("to", 64),
        _instant("until", nullable=True),
        sa.ForeignKeyConstraint(["call"], ["calls.id"], name="fk_alerts_call_calls", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call", "id", name="pk_alerts"),
    )
    op.create_index("ix_alerts_raised_at", "alerts", ["raised_at"])


def _make_offers() -> None:
    op.create_table(
        "offers",
        sa.Column("number", sa.Integer(), nullable=False),
        _text("call", 200),
        _text("moment", 200),
        _text("team", 64, nullable=True),
        _text("asked"),
        _text("text"),
        _text("by", 64),
        _instant("proposed_at"),
        _text("state", 16),
        _text("decided_by", 64),
        _instant("decided_at", nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_offers"),
    )


def _make_people() -> None:
    op.create_table(
        "users",
        _text("id", 64),
        _text("name", 200),
        _text("role", 16),
        _text("password", 200, nullable=True),
        _text("subject", 500, nullable=True),
        _instant("created_at"),
        _instant("disabled_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("subject", name="uq_users_subject"),
    )
    op.create_table("teams", _text("id", 64), sa.PrimaryKeyConstraint("id", name="pk_teams"))
    op.create_table(
        "members",
        _text("user", 64),
        _text("team", 64),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_members_user_users", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["team"], ["teams.id"], name="fk_members_team_teams", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user", "team", name="pk_members"),
    )


def _make_tokens() -> None:
    op.create_table(
        "tokens",
        _text("digest", 64),
        _text("kind", 16),
        _text("user", 64),
        _text("role", 16, nullable=True),
        _text("team", 64, nullable=True),
        _instant("created_at"),
        _instant("expires_at", nullable=True),
        _instant("used_at", nullable=True),
        _text("note", 200),
        sa.ForeignKeyConstraint(["user"], ["users.id"], name="fk_tokens_user_users", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["team"], ["teams.id"], name="fk_tokens_team_teams", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name="pk_tokens"),
    )
    op.create_index("ix_tokens_expires_at", "tokens", ["expires_at"])
    op.create_table(
        "failures",
        _text("who", 200),
        sa.Column("count", sa.Integer(), nullable=False),
        _instant("last_at"),
        sa.PrimaryKeyConstraint("who", name="pk_failures"),
    )


def _make_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), nullable=False),
        _instant("at"),
        _text("who", 64),
        _text("did", 32),
        _text("call", 200, nullable=True),
        _text("about"),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    for column in ("at", "call", "who"):
        op.create_index(f"ix_audit_{column}", "audit", [column])


def _text(name: str, length: int | None = None, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text() if length is None else sa.String(length), nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
