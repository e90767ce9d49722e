"""Projected claims: what passes are to pay for out of a period that is not granted yet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from models.migrations.security import protect

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "projected_claims",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("period_number", sa.Integer(), nullable=False),
        sa.Column("pays_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("projected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_operation_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", JSONB(), nullable=True),
        sa.CheckConstraint(
            "state IN ('STANDING', 'PAID', 'FAILED', 'RELEASED')", name=op.f("ck_projected_claims_state_word")
        ),
        sa.CheckConstraint("period_number >= 2", name=op.f("ck_projected_claims_period_follows")),
        sa.CheckConstraint(
            "(state = 'STANDING') = (ended_at IS NULL)", name=op.f("ck_projected_claims_ended_has_instant")
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_operation_id IS NULL)", name=op.f("ck_projected_claims_end_whole")
        ),
        _belongs_to("visits", "visit_id"),
        _belongs_to("passes", "pass_id"),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_projected_claims_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_projected_claims")),
    )
    op.create_index(
        "uq_projected_claims_one_standing",
        "projected_claims",
        ["business_id", "visit_id"],
        unique=True,
        postgresql_where=sa.text("state = 'STANDING'"),
    )
    op.create_index("ix_projected_claims_pass", "projected_claims", ["business_id", "pass_id", "period_number"])
    op.create_index("ix_projected_claims_visit", "projected_claims", ["business_id", "visit_id"])
    protect("projected_claims")
    op.add_column(
        "businesses", sa.Column("project_renewals", sa.Boolean(), server_default=sa.text("true"), nullable=False)
    )
    op.add_column("visits", sa.Column("projected_pass_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_visits_business_id_projected_pass_id"),
        "visits",
        "passes",
        ["business_id", "projected_pass_id"],
        ["business_id", "id"],
    )
    op.create_check_constraint(
        op.f("ck_visits_paid_or_projected"), "visits", "pass_id IS NULL OR projected_pass_id IS NULL"
    )


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")


def _belongs_to(other: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["business_id", column],
        [f"{other}.business_id", f"{other}.id"],
        name=op.f(f"fk_projected_claims_business_id_{column}"),
    )
