"""Platforms that are called: quarantine, moved chats, edits, why a send failed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# SQLite numbers rows by itself only where the column is called INTEGER; it holds 64 bits there.
BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "moved_chats",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "account", "before"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("conversation", sa.String(), server_default="", nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.create_index("quarantine_at", ["at"], unique=False)

    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("name", sa.String(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("public", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("blocked_at", sa.Float(), nullable=True))

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("marked", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("quote", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("failure", sa.String(), server_default="", nullable=False))
        batch_op.add_column(sa.Column("case_id", BIG_KEY, nullable=True))
        batch_op.add_column(
            sa.Column("inside", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        batch_op.add_column(sa.Column("edits", sa.JSON(none_as_null=True), nullable=True))
        batch_op.create_index("messages_external", ["conversation", "external_id"], unique=False)
        batch_op.create_index(
            "messages_case",
            ["case_id"],
            unique=False,
            sqlite_where=sa.text("case_id IS NOT NULL"),
            postgresql_where=sa.text("case_id IS NOT NULL"),
        )
        batch_op.create_index(
            "messages_inside",
            ["turn_id"],
            unique=False,
            sqlite_where=sa.text("inside = 1"),
            postgresql_where=sa.text("inside"),
        )
        # The outbox is looked at chat by chat.
        batch_op.drop_index("messages_outbox")
        batch_op.create_index(
            "messages_outbox",
            ["conversation", "seq", "state"],
            unique=False,
            sqlite_where=sa.text("state IN ('pending', 'sending')"),
            postgresql_where=sa.text("state IN ('pending', 'sending')"),
        )
