"""What holds many passes at once: a location that closes, an order that is disputed."""

from sqlalchemy import Boolean, CheckConstraint, Column, Date, Index
from sqlalchemy import text as sql

from models.rules.values import ClosureReach, DisputeState
from models.tables.base import belongs_to, ident, instant, one_of, tenant_table, text

closures = tenant_table(
    "closures",
    ident("location_id"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date),
    Column("requested_last_day", Date),
    text("reason"),
    text("reach"),
    Column("keep_visits", Boolean, nullable=False),
    ident("operation_id"),
    instant("placed_at"),
    ident("ended_operation_id", optional=True),
    instant("removed_at", optional=True),
    # How far its passes follow it: those up to this id do, and all of them once that is over. An end begins anew.
    ident("spread_to", optional=True),
    instant("spread_at", optional=True),
    belongs_to("locations", "location_id"),
    one_of("reach", ClosureReach),
    CheckConstraint("first_day <= last_day", name="days_in_order"),
)

Index("ix_closures_location", closures.c.business_id, closures.c.location_id)
Index("ix_closures_unspread", closures.c.placed_at, postgresql_where=sql("spread_at IS NULL"))

disputes = tenant_table(
    "disputes",
    ident("order_id"),
    text("state"),
    ident("operation_id"),
    instant("reported_at"),
    ident("settled_operation_id", optional=True),
    instant("settled_at", optional=True),
    belongs_to("orders", "order_id"),
    one_of("state", DisputeState),
    CheckConstraint("(state = 'OPEN') = (settled_at IS NULL)", name="settled_has_instant"),
)

Index("ix_disputes_order", disputes.c.business_id, disputes.c.order_id)
Index(
    "uq_disputes_one_open",
    disputes.c.business_id,
    disputes.c.order_id,
    unique=True,
    postgresql_where=sql("state = 'OPEN'"),
)
