"""Money: orders, payments, client credit, and the recorded gateway's own book."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from models.rules.values import OrderPurpose, OrderState, PaymentMethod, PaymentState, TestCard
from models.tables.base import amount, belongs_to, ident, instant, one_of, tenant_table, text

orders = tenant_table(
    "orders",
    ident("client_id"),
    text("purpose"),
    # The pass and period that are bought; the pass need not exist yet.
    ident("pass_id"),
    Column("period_number", Integer, nullable=False),
    # The pass whose successor is bought; a second order on it waits until this one is settled.
    ident("subject_pass_id", optional=True),
    amount("price_minor"),
    amount("credit_minor"),
    amount("amount_minor"),
    text("currency"),
    text("state"),
    Column("details", JSONB, nullable=False),
    ident("operation_id"),
    instant("created_at"),
    instant("settled_at", optional=True),
    belongs_to("clients", "client_id"),
    one_of("purpose", OrderPurpose),
    one_of("state", OrderState),
    CheckConstraint("amount_minor >= 0 AND credit_minor >= 0", name="amounts_not_negative"),
    CheckConstraint("price_minor = credit_minor + amount_minor", name="price_is_paid_whole"),
)

Index("ix_orders_client", orders.c.business_id, orders.c.client_id)
Index(
    "uq_orders_one_pending",
    orders.c.business_id,
    orders.c.subject_pass_id,
    unique=True,
    postgresql_where=sql("state = 'PENDING'"),
)
Index(
    "uq_orders_one_paid_a_period",
    orders.c.business_id,
    orders.c.pass_id,
    orders.c.period_number,
    unique=True,
    # Fees and packages name a pass and a period as well, and buy none of their own.
    postgresql_where=sql("state = 'PAID' AND purpose IN ('SALE', 'RENEWAL', 'CONVERSION')"),
)

payments = tenant_table(
    "payments",
    ident("order_id"),
    text("gateway_key"),
    text("method"),
    text("test_card", optional=True),
    Column("present", Boolean, nullable=False),
    amount("amount_minor"),
    text("currency"),
    text("state"),
    text("detail", optional=True),
    Column("hard", Boolean, nullable=False),
    instant("intended_at"),
    instant("settled_at", optional=True),
    belongs_to("orders", "order_id"),
    UniqueConstraint("business_id", "gateway_key"),
    one_of("method", PaymentMethod),
    one_of("test_card", TestCard),
    one_of("state", PaymentState),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
)

Index(
    "ix_payments_open",
    payments.c.intended_at,
    postgresql_where=sql("state IN ('INTENDED', 'UNKNOWN')"),
)
Index(
    "uq_payments_one_capture",
    payments.c.business_id,
    payments.c.order_id,
    unique=True,
    postgresql_where=sql("state = 'CAPTURED'"),
)

client_credits = tenant_table(
    "client_credits",
    ident("client_id"),
    amount("amount_minor"),
    ident("order_id", optional=True),
    ident("pass_id", optional=True),
    ident("operation_id"),
    instant("at"),
    belongs_to("clients", "client_id"),
    CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
)

Index("ix_credits_client", client_credits.c.business_id, client_credits.c.client_id)

gateway_charges = tenant_table(
    "gateway_charges",
    text("gateway_key"),
    text("method"),
    amount("amount_minor"),
    text("currency"),
    Column("captured", Boolean, nullable=False),
    Column("hard", Boolean, nullable=False),
    text("detail", optional=True),
    instant("at"),
    key=("gateway_key",),
)
