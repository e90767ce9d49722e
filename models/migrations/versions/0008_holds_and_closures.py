"""Holds and closures."""

import sqlalchemy as sa
from alembic import op

from models.migrations.security import let_sweeper, protect

revision = "0008"
down_revision = "0006"


def upgrade() -> None:
    _closures()
    _disputes()
    _holds()
    op.drop_index("uq_orders_one_paid_a_period", "orders")
    op.create_index(
        "uq_orders_one_paid_a_period",
        "orders",
        ["business_id", "pass_id", "period_number"],
        unique=True,
        postgresql_where=sa.text("state = 'PAID' AND purpose IN ('SALE', 'RENEWAL', 'CONVERSION')"),
    )
    for column, default in (("block_on_dispute", "true"), ("freeze_on_failed_charge", "false")):
        op.add_column("businesses", sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.text(default)))


def _closures() -> None:
    op.create_table(
        "closures",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("requested_last_day", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("keep_visits", sa.Boolean(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_operation_id", sa.Uuid(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spread_to", sa.Uuid(), nullable=True),
        sa.Column("spread_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("reach IN ('ONLY_HERE', 'ALL_VALID_HERE')", name=op.f("ck_closures_reach_word")),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_closures_days_in_order")),
        sa.ForeignKeyConstraint(
            ["business_id", "location_id"],
            ["locations.business_id", "locations.id"],
            name=op.f("fk_closures_business_id_location_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_closures_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_closures")),
    )
    op.create_index("ix_closures_location", "closures", ["business_id", "location_id"])
    op.create_index("ix_closures_unspread", "closures", ["placed_at"], postgresql_where=sa.text("spread_at IS NULL"))
    protect("closures")
    let_sweeper("closures")


def _disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_operation_id", sa.Uuid(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('OPEN', 'WON', 'LOST')", name=op.f("ck_disputes_state_word")),
        sa.CheckConstraint("(state = 'OPEN') = (settled_at IS NULL)", name=op.f("ck_disputes_settled_has_instant")),
        sa.ForeignKeyConstraint(
            ["business_id", "order_id"],
            ["orders.business_id", "orders.id"],
            name=op.f("fk_disputes_business_id_order_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_disputes_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_disputes")),
    )
    op.create_index("ix_disputes_order", "disputes", ["business_id", "order_id"])
    op.create_index(
        "uq_disputes_one_open",
        "disputes",
        ["business_id", "order_id"],
        unique=True,
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    protect("disputes")


def _holds() -> None:
    op.add_column("holds", sa.Column("cause", sa.Text(), nullable=True))
    op.add_column("holds", sa.Column("overrides", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    for column, table in (("closure_id", "closures"), ("dispute_id", "disputes"), ("order_id", "orders")):
        op.add_column("holds", sa.Column(column, sa.Uuid(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_holds_business_id_{column}"),
            "holds",
            table,
            ["business_id", column],
            ["business_id", "id"],
        )
    op.create_unique_constraint(
        op.f("uq_holds_business_id_closure_id_pass_id"), "holds", ["business_id", "closure_id", "pass_id"]
    )
    op.create_unique_constraint(
        op.f("uq_holds_business_id_dispute_id_pass_id"), "holds", ["business_id", "dispute_id", "pass_id"]
    )
    op.create_unique_constraint(op.f("uq_holds_business_id_order_id"), "holds", ["business_id", "order_id"])
    op.create_check_constraint(op.f("ck_holds_cause_word"), "holds", "cause IN ('CLOSURE', 'DISPUTE', 'FAILED_CHARGE')")
    for cause in ("closure", "dispute"):
        op.create_check_constraint(
            op.f(f"ck_holds_{cause}_is_cause"),
            "holds",
            f"({cause}_id IS NOT NULL) = (cause IS NOT DISTINCT FROM '{cause.upper()}')",
        )


def downgrade() -> None:
    raise NotImplementedError("a release goes forward only")
