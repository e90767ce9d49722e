"""Households, the types of clients, the code of an option's direct link, and how a pass was sold."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.migrations.security import protect

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "households",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("char_length(name) BETWEEN 1 AND 200", name=op.f("ck_households_name_length")),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_households_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_households")),
    )
    op.create_index("ix_households_name", "households", ["business_id", "name", "id"], unique=False)
    protect("households")
    op.add_column("clients", sa.Column("household_id", sa.Uuid(), nullable=True))
    op.add_column(
        "clients",
        sa.Column("types", postgresql.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
    )
    op.create_foreign_key(
        op.f("fk_clients_business_id_household_id"),
        "clients",
        "households",
        ["business_id", "household_id"],
        ["business_id", "id"],
    )
    op.create_index("ix_clients_household", "clients", ["business_id", "household_id"], unique=False)
    # A default that is volatile is worked out for each row, so the options of before have codes of their own too.
    op.add_column(
        "purchase_options",
        sa.Column(
            "direct_link_code",
            sa.Text(),
            nullable=False,
            server_default=sa.text("replace(gen_random_uuid()::text, '-', '')"),
        ),
    )
    op.add_column("passes", sa.Column("channel", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_passes_channel_word"), "passes", "channel IN ('ONLINE', 'STAFF', 'DIRECT_LINK')"
    )


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")
