"""Visits and what pays for them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.migrations.security import protect

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "visits",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=True),
        sa.Column("external_ref", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('BOOKED', 'ATTENDED', 'CANCELLED', 'LATE_CANCELLED', 'NO_SHOW')",
            name=op.f("ck_visits_state_word"),
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_visits_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["business_id", "client_id"],
            ["clients.business_id", "clients.id"],
            name=op.f("fk_visits_business_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "location_id"],
            ["locations.business_id", "locations.id"],
            name=op.f("fk_visits_business_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "pass_id"], ["passes.business_id", "passes.id"], name=op.f("fk_visits_business_id_pass_id")
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "service_id"],
            ["services.business_id", "services.id"],
            name=op.f("fk_visits_business_id_service_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_visits_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_visits")),
    )
    op.create_index("ix_visits_client", "visits", ["business_id", "client_id", "starts_at", "id"], unique=False)
    op.create_index("ix_visits_pass", "visits", ["business_id", "pass_id", "starts_at", "id"], unique=False)
    op.create_index("ix_visits_start", "visits", ["business_id", "starts_at", "id"], unique=False)
    op.create_index(
        "uq_visits_external_ref",
        "visits",
        ["business_id", "external_ref"],
        unique=True,
        postgresql_where=sa.text("external_ref IS NOT NULL"),
    )
    op.create_index(
        "uq_visits_same_visit",
        "visits",
        ["business_id", "client_id", "service_id", "location_id", "starts_at"],
        unique=True,
        postgresql_where=sa.text("state IN ('BOOKED', 'ATTENDED', 'NO_SHOW')"),
    )
    op.create_table(
        "claimed_days",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "account IN ('ISSUED', 'AVAILABLE', 'BOOKED', 'USED', 'FORFEITED', 'EXPIRED', 'CONVERTED', 'TRANSFERRED', 'REFUNDED', 'ADJUSTED')",
            name=op.f("ck_claimed_days_account_word"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "lot_id"], ["lots.business_id", "lots.id"], name=op.f("fk_claimed_days_business_id_lot_id")
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_claimed_days_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_claimed_days")),
    )
    op.create_index(
        "uq_claimed_days_once",
        "claimed_days",
        ["business_id", "pass_id", "location_id", "day"],
        unique=True,
        postgresql_where=sa.text("account <> 'AVAILABLE'"),
    )
    op.create_table(
        "claims",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("claimed_day_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("reason", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_operation_id", sa.Uuid(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "account IN ('ISSUED', 'AVAILABLE', 'BOOKED', 'USED', 'FORFEITED', 'EXPIRED', 'CONVERTED', 'TRANSFERRED', 'REFUNDED', 'ADJUSTED')",
            name=op.f("ck_claims_account_word"),
        ),
        sa.CheckConstraint(
            "(released_at IS NULL) = (released_operation_id IS NULL)", name=op.f("ck_claims_release_whole")
        ),
        sa.CheckConstraint("quantity = 0 OR lot_id IS NOT NULL", name=op.f("ck_claims_quantity_has_lot")),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_claims_quantity_not_negative")),
        sa.ForeignKeyConstraint(
            ["business_id", "claimed_day_id"],
            ["claimed_days.business_id", "claimed_days.id"],
            name=op.f("fk_claims_business_id_claimed_day_id"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "lot_id"], ["lots.business_id", "lots.id"], name=op.f("fk_claims_business_id_lot_id")
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "pass_id"], ["passes.business_id", "passes.id"], name=op.f("fk_claims_business_id_pass_id")
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "visit_id"],
            ["visits.business_id", "visits.id"],
            name=op.f("fk_claims_business_id_visit_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_claims_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_claims")),
    )
    op.create_index(
        "ix_claims_pass",
        "claims",
        ["business_id", "pass_id"],
        unique=False,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_index(
        "uq_claims_one_standing",
        "claims",
        ["business_id", "visit_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    protect("visits")
    protect("claimed_days")
    protect("claims")


def downgrade() -> None:
    raise NotImplementedError("the first release has nothing to go back to")
