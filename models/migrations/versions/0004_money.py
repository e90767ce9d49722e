"""Orders, payments, credit and the recorded gateway."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from models.migrations.security import let_sweeper, protect

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "gateway_charges",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("gateway_key", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("captured", sa.Boolean(), nullable=False),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_gateway_charges_business_id"),
        sa.PrimaryKeyConstraint("business_id", "gateway_key", name=op.f("pk_gateway_charges")),
    )
    op.create_table(
        "client_credits",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("pass_id", sa.Uuid(), nullable=True),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_client_credits_amount_not_zero")),
        sa.ForeignKeyConstraint(
            ["business_id", "client_id"],
            ["clients.business_id", "clients.id"],
            name=op.f("fk_client_credits_business_id_client_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_client_credits_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_client_credits")),
    )
    op.create_index("ix_credits_client", "client_credits", ["business_id", "client_id"], unique=False)
    op.create_table(
        "orders",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("pass_id", sa.Uuid(), nullable=False),
        sa.Column("period_number", sa.Integer(), nullable=False),
        sa.Column("subject_pass_id", sa.Uuid(), nullable=True),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("credit_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("operation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('SALE', 'RENEWAL', 'CONVERSION')", name=op.f("ck_orders_purpose_word")),
        sa.CheckConstraint("state IN ('PENDING', 'PAID', 'FAILED')", name=op.f("ck_orders_state_word")),
        sa.CheckConstraint("amount_minor >= 0 AND credit_minor >= 0", name=op.f("ck_orders_amounts_not_negative")),
        sa.CheckConstraint("price_minor = credit_minor + amount_minor", name=op.f("ck_orders_price_is_paid_whole")),
        sa.ForeignKeyConstraint(
            ["business_id", "client_id"],
            ["clients.business_id", "clients.id"],
            name=op.f("fk_orders_business_id_client_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_orders_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_orders")),
    )
    op.create_index("ix_orders_client", "orders", ["business_id", "client_id"], unique=False)
    op.create_index(
        "uq_orders_one_paid_a_period",
        "orders",
        ["business_id", "pass_id", "period_number"],
        unique=True,
        postgresql_where=sa.text("state = 'PAID'"),
    )
    op.create_index(
        "uq_orders_one_pending",
        "orders",
        ["business_id", "subject_pass_id"],
        unique=True,
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.create_table(
        "payments",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("gateway_key", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("test_card", sa.Text(), nullable=True),
        sa.Column("present", sa.Boolean(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("hard", sa.Boolean(), nullable=False),
        sa.Column("intended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "method IN ('CASH', 'CARD_TERMINAL', 'COMPLIMENTARY', 'TEST_CARD')", name=op.f("ck_payments_method_word")
        ),
        sa.CheckConstraint(
            "state IN ('INTENDED', 'CAPTURED', 'DECLINED', 'UNKNOWN')", name=op.f("ck_payments_state_word")
        ),
        sa.CheckConstraint(
            "test_card IN ('APPROVE', 'DECLINE', 'DECLINE_HARD', 'TIMEOUT')", name=op.f("ck_payments_test_card_word")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payments_amount_positive")),
        sa.ForeignKeyConstraint(
            ["business_id", "order_id"],
            ["orders.business_id", "orders.id"],
            name=op.f("fk_payments_business_id_order_id"),
        ),
        sa.ForeignKeyConstraint(["business_id"], ["businesses.id"], name="fk_payments_business_id"),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_payments")),
        sa.UniqueConstraint("business_id", "gateway_key", name=op.f("uq_payments_business_id_gateway_key")),
    )
    op.create_index(
        "ix_payments_open",
        "payments",
        ["intended_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('INTENDED', 'UNKNOWN')"),
    )
    op.create_index(
        "uq_payments_one_capture",
        "payments",
        ["business_id", "order_id"],
        unique=True,
        postgresql_where=sa.text("state = 'CAPTURED'"),
    )
    protect("gateway_charges", append_only=True)
    protect("client_credits", append_only=True)
    protect("orders")
    protect("payments")
    let_sweeper("payments")


def downgrade() -> None:
    raise NotImplementedError("the first release has nothing to go back to")
