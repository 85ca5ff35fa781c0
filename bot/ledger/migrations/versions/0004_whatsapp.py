"""Names of people, receipts, approved templates, answers held back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# A table that is made anew loses it unless told: so it was in 0002 (messages) and 0003 (turns).
NEVER_TWICE = {"sqlite_autoincrement": True}


def upgrade() -> None:
    op.create_table(
        "identities",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("chat", sa.String(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "account", "name"),
    )
    with op.batch_alter_table("identities", schema=None) as batch_op:
        batch_op.create_index("identities_chat", ["channel", "account", "chat"], unique=False)

    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("address", sa.String(), server_default="", nullable=False))
        batch_op.add_column(
            sa.Column("held", sa.Boolean(), server_default=sa.false(), nullable=False)
        )

    with op.batch_alter_table("messages", recreate="always", table_kwargs=NEVER_TWICE) as batch_op:
        batch_op.add_column(
            sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
        batch_op.add_column(sa.Column("template", sa.JSON(none_as_null=True), nullable=True))
        batch_op.create_index(
            "messages_adrift",
            ["seq"],
            unique=False,
            sqlite_where=sa.text("state = 'unknown' AND failure = 'looking'"),
            postgresql_where=sa.text("state = 'unknown' AND failure = 'looking'"),
        )

    with op.batch_alter_table("turns", recreate="always", table_kwargs=NEVER_TWICE):
        pass
