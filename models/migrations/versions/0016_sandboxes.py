"""Sandboxes opened by a business."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.migrations.security import protect

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "sandboxes",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sandbox_business_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_sandboxes_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_sandboxes")),
    )
    protect("sandboxes", append_only=True)


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")
