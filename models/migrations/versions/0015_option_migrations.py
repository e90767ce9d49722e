"""Sold passes that move to another version of their option."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.migrations.security import protect

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "option_migrations",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=False),
        sa.Column("to_version", sa.Integer(), nullable=False),
        sa.Column("former", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reverted_operation_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("from_version <> to_version", name=op.f("ck_option_migrations_versions_differ")),
        sa.ForeignKeyConstraint(
            ["business_id", "pass_id"],
            ["passes.business_id", "passes.id"],
            name="fk_option_migrations_business_id_pass_id",
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_option_migrations_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_option_migrations")),
    )
    op.create_index("ix_option_migrations_operation", "option_migrations", ["business_id", "operation_id"])
    op.create_index("ix_option_migrations_pass", "option_migrations", ["business_id", "pass_id"])
    protect("option_migrations")


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")
