"""Fees that clients owe for visits cancelled late or missed."""

from sqlalchemy import CheckConstraint, Column, Index, Integer
from sqlalchemy import text as sql

from models.rules.values import FeeState
from models.tables.base import amount, belongs_to, ident, instant, one_of, tenant_table, text

fees = tenant_table(
    "fees",
    ident("visit_id"),
    ident("client_id"),
    # The pass whose terms ask for it, and the period in which the visit lay.
    ident("pass_id"),
    Column("period_number", Integer, nullable=False),
    amount("amount_minor"),
    text("state"),
    # The order that pays it, or is being charged for it.
    ident("order_id", optional=True),
    text("reason", optional=True),
    ident("operation_id"),
    instant("at"),
    instant("settled_at", optional=True),
    belongs_to("visits", "visit_id"),
    belongs_to("clients", "client_id"),
    belongs_to("passes", "pass_id"),
    belongs_to("operations", "operation_id"),
    one_of("state", FeeState),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    CheckConstraint("(state = 'OWED') = (settled_at IS NULL)", name="settled_has_instant"),
    CheckConstraint("state NOT IN ('PAID', 'CREDITED') OR order_id IS NOT NULL", name="paid_has_order"),
)

Index("ix_fees_client", fees.c.business_id, fees.c.client_id, fees.c.id)
Index("ix_fees_order", fees.c.business_id, fees.c.order_id, postgresql_where=sql("order_id IS NOT NULL"))
Index(
    "uq_fees_one_standing",
    fees.c.business_id,
    fees.c.visit_id,
    unique=True,
    postgresql_where=sql("state IN ('OWED', 'PAID')"),
)
