"""Which operation undid which."""

import sqlalchemy as sa
from alembic import op

from models.migrations.security import protect

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "undoings",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("undone_by", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("operation_id <> undone_by", name=op.f("ck_undoings_not_of_itself")),
        sa.ForeignKeyConstraint(
            ["business_id", "operation_id"],
            ["operations.business_id", "operations.id"],
            name=op.f("fk_undoings_business_id_operation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "undone_by"],
            ["operations.business_id", "operations.id"],
            name=op.f("fk_undoings_business_id_undone_by"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_undoings_business_id"),
        sa.PrimaryKeyConstraint("business_id", "operation_id", name=op.f("pk_undoings")),
        sa.UniqueConstraint("business_id", "undone_by", name=op.f("uq_undoings_business_id_undone_by")),
    )
    protect("undoings", append_only=True)


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")
