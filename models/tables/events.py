"""Events: what happened to which pass, visit or client, in the order of operations. Written with the change itself."""

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB

from models.tables.base import belongs_to, ident, instant, tenant_table, text

events = tenant_table(
    "events",
    ident("operation_id"),
    text("type"),
    ident("pass_id", optional=True),
    ident("visit_id", optional=True),
    instant("at"),
    Column("data", JSONB, nullable=False),
    instant("published_at", optional=True),
    belongs_to("operations", "operation_id"),
)

Index("ix_events_pass", events.c.business_id, events.c.pass_id, events.c.id)
Index("ix_events_operation", events.c.business_id, events.c.operation_id)
