"""Several processes, corrections, how people write, dead letters, what was missed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    # Plain ADD COLUMN: a table is made anew only where it must be.
    op.add_column("conversations", sa.Column("rhythm", sa.JSON(none_as_null=True)))
    op.add_column(
        "conversations",
        sa.Column("slow_told_at", sa.Float(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "conversations",
        sa.Column("queue_full", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "messages", sa.Column("reruns", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "messages",
        sa.Column("can_wait", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    # Made anew: what may be sent is chosen from the index alone.
    op.drop_index("messages_outbox", "messages")
    op.create_index(
        "messages_outbox",
        "messages",
        ["conversation", "seq", "state", "inside", "can_wait", "at"],
        sqlite_where=sa.text("state IN ('pending', 'sending')"),
        postgresql_where=sa.text("state IN ('pending', 'sending')"),
    )
    op.create_index(
        "messages_dead",
        "messages",
        ["seq"],
        sqlite_where=sa.text("state = 'dead'"),
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "messages_undelivered",
        "messages",
        ["seq"],
        sqlite_where=sa.text("state IN ('failed', 'unknown')"),
        postgresql_where=sa.text("state IN ('failed', 'unknown')"),
    )
    op.add_column(
        "turns",
        sa.Column("reopenable", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
