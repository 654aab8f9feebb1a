"""Calls that were deleted are remembered by their ids for a while, so that nothing that comes late brings them back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """Make the table; what was deleted before is not known any more."""
    op.create_table(
        "deleted",
        sa.Column("id", sa.String(200), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deleted"),
    )
    op.create_index("ix_deleted_until", "deleted", ["until"])
