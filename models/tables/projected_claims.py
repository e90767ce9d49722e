"""What passes are to pay for out of a period that is not granted yet. No unit moves for them."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from models.rules.values import ProjectionState
from models.tables.base import belongs_to, ident, instant, one_of, tenant_table, text

projected_claims = tenant_table(
    "projected_claims",
    ident("visit_id"),
    ident("pass_id"),
    # The number of the period that is to pay, and when it is to be granted.
    Column("period_number", Integer, nullable=False),
    instant("pays_at"),
    Column("pinned", Boolean, nullable=False),
    text("state"),
    ident("operation_id"),
    instant("projected_at"),
    ident("ended_operation_id", optional=True),
    instant("ended_at", optional=True),
    # Why it failed or was released: a code with its values.
    Column("reason", JSONB),
    belongs_to("visits", "visit_id"),
    belongs_to("passes", "pass_id"),
    one_of("state", ProjectionState),
    CheckConstraint("period_number >= 2", name="period_follows"),
    CheckConstraint("(state = 'STANDING') = (ended_at IS NULL)", name="ended_has_instant"),
    CheckConstraint("(ended_at IS NULL) = (ended_operation_id IS NULL)", name="end_whole"),
)

Index(
    "uq_projected_claims_one_standing",
    projected_claims.c.business_id,
    projected_claims.c.visit_id,
    unique=True,
    postgresql_where=sql("state = 'STANDING'"),
)
Index(
    "ix_projected_claims_pass",
    projected_claims.c.business_id,
    projected_claims.c.pass_id,
    projected_claims.c.period_number,
)
Index("ix_projected_claims_visit", projected_claims.c.business_id, projected_claims.c.visit_id)
