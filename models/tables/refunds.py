"""Money paid back, and the recorded gateway's own book of it."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, UniqueConstraint
from sqlalchemy import text as sql

from models.rules.values import RefundDestination, RefundState
from models.tables.base import amount, belongs_to, ident, instant, one_of, tenant_table, text

refunds = tenant_table(
    "refunds",
    ident("pass_id"),
    ident("client_id"),
    # Goods or credit of the package that the pass is a part of, where it is these that are paid back.
    ident("package_item_id", optional=True),
    ident("order_id", optional=True),
    # The captured payment that is paid back; credit has none.
    ident("payment_id", optional=True),
    text("destination"),
    amount("amount_minor"),
    text("currency"),
    text("gateway_key", optional=True),
    text("state"),
    text("detail", optional=True),
    text("reason"),
    ident("operation_id"),
    instant("at"),
    instant("intended_at"),
    instant("settled_at", optional=True),
    belongs_to("passes", "pass_id"),
    belongs_to("clients", "client_id"),
    belongs_to("package_items", "package_item_id"),
    belongs_to("orders", "order_id"),
    belongs_to("payments", "payment_id"),
    UniqueConstraint("business_id", "gateway_key"),
    one_of("destination", RefundDestination),
    one_of("state", RefundState),
    CheckConstraint("amount_minor > 0", name="amount_positive"),
    CheckConstraint("(destination = 'ORIGINAL') = (payment_id IS NOT NULL)", name="original_has_payment"),
    CheckConstraint("(gateway_key IS NULL) = (payment_id IS NULL)", name="gateway_key_with_payment"),
)

Index("ix_refunds_pass", refunds.c.business_id, refunds.c.pass_id)
Index("ix_refunds_order", refunds.c.business_id, refunds.c.order_id)
Index("ix_refunds_open", refunds.c.intended_at, postgresql_where=sql("state IN ('INTENDED', 'UNKNOWN')"))

gateway_refunds = tenant_table(
    "gateway_refunds",
    text("gateway_key"),
    text("charge_key"),
    amount("amount_minor"),
    text("currency"),
    Column("refunded", Boolean, nullable=False),
    text("detail", optional=True),
    instant("at"),
    key=("gateway_key",),
)
