"""Which calls were judged and never nudged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Of the calls that are kept already, those are known in which a nudge was withheld for it."""
    op.add_column("calls", sa.Column("silent_arm", sa.Boolean(), nullable=False, server_default=sa.false()))
    calls, moments = (
        sa.table("calls", sa.column("id"), sa.column("silent_arm")),
        sa.table("moments", sa.column("call"), sa.column("withheld")),
    )
    silent = sa.select(moments.c.call).where(moments.c.withheld == "silent_arm")
    op.execute(calls.update().where(calls.c.id.in_(silent)).values(silent_arm=True))
