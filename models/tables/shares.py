"""With whom passes are shared: one standing row for each pass and member, and those that have ended."""

from sqlalchemy import CheckConstraint, Column, Index, Integer
from sqlalchemy import text as sql

from models.rules.values import ShareState
from models.tables.base import belongs_to, ident, instant, one_of, tenant_table, text

shares = tenant_table(
    "shares",
    ident("pass_id"),
    ident("client_id"),
    # The member's own cap of visits a period; null is what the terms of the pass say.
    Column("visits_max", Integer),
    text("state"),
    instant("added_at"),
    instant("active_at", optional=True),
    instant("removed_at", optional=True),
    ident("operation_id"),
    ident("removed_operation_id", optional=True),
    belongs_to("passes", "pass_id"),
    belongs_to("clients", "client_id"),
    one_of("state", ShareState),
    CheckConstraint("visits_max >= 1", name="visits_max_positive"),
    CheckConstraint("state <> 'ACTIVE' OR active_at IS NOT NULL", name="active_has_instant"),
    CheckConstraint("state <> 'PENDING' OR active_at IS NULL", name="pending_was_never_active"),
    CheckConstraint("(state = 'REMOVED') = (removed_at IS NOT NULL)", name="removed_has_instant"),
    CheckConstraint("(removed_at IS NULL) = (removed_operation_id IS NULL)", name="removal_whole"),
)

Index(
    "uq_shares_one_standing",
    shares.c.business_id,
    shares.c.pass_id,
    shares.c.client_id,
    unique=True,
    postgresql_where=sql("state <> 'REMOVED'"),
)
Index("ix_shares_client", shares.c.business_id, shares.c.client_id, shares.c.id)
Index("ix_shares_pass", shares.c.business_id, shares.c.pass_id, shares.c.id)
