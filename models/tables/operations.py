"""Operations: one committed change each. Audit trail, idempotency store and order of events in one table."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, LargeBinary, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from models.rules.values import Role
from models.tables.base import belongs_to, ident, instant, one_of, tenant_table, text

operations = tenant_table(
    "operations",
    text("verb"),
    text("role"),
    ident("api_key_id", optional=True),
    ident("client_id", optional=True),
    text("idempotency_key"),
    Column("input_hash", LargeBinary, nullable=False),
    Column("input", JSONB, nullable=False),
    text("state"),
    Column("result", JSONB, nullable=False),
    instant("at"),
    instant("recorded_at"),
    UniqueConstraint("business_id", "idempotency_key"),
    one_of("role", Role),
    CheckConstraint("state IN ('PENDING', 'DONE', 'FAILED')", name="state_word"),
    CheckConstraint("char_length(idempotency_key) BETWEEN 1 AND 200", name="idempotency_key_length"),
)

Index("ix_operations_newest", operations.c.business_id, operations.c.id)

# Which operation undid which: each is undone once at most, and neither is changed by it. What undoes an undoing does
# `again` what had been undone, and stands as that did.
undoings = tenant_table(
    "undoings",
    ident("operation_id"),
    ident("undone_by"),
    text("reason"),
    instant("at"),
    Column("again", Boolean, nullable=False, server_default=sql("false")),
    belongs_to("operations", "operation_id"),
    belongs_to("operations", "undone_by"),
    UniqueConstraint("business_id", "undone_by"),
    CheckConstraint("operation_id <> undone_by", name="not_of_itself"),
    key=("operation_id",),
)
