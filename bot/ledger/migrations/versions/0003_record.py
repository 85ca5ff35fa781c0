"""The record of every turn, what models cost, heartbeats, drafts that were not let out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("minute", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("minute"),
    )
    op.create_table(
        "spending",
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("drafts", sa.JSON(none_as_null=True), nullable=True))

    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("drafts", sa.JSON(none_as_null=True), nullable=True))

    with op.batch_alter_table("turns", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("messages", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.add_column(sa.Column("accepted_at", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("responded_at", sa.Float(), nullable=True))
        batch_op.add_column(
            sa.Column("answered_by", sa.String(), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("model", sa.String(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("fallback", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(
            sa.Column("calls", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("tokens_read", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("tokens_cached", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("tokens_written", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("cost", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.add_column(
            sa.Column("unpriced", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.add_column(sa.Column("error_kind", sa.String(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("refused", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.create_index("turns_opened", ["opened_at"], unique=False)
