"""Sold passes that were moved to another version of their option, and how to move them back."""

from sqlalchemy import CheckConstraint, Column, Index, Integer
from sqlalchemy.dialects.postgresql import JSONB

from models.tables.base import belongs_to, ident, instant, tenant_table

option_migrations = tenant_table(
    "option_migrations",
    ident("pass_id"),
    Column("from_version", Integer, nullable=False),
    Column("to_version", Integer, nullable=False),
    # What of the pass itself the move changed, as it was.
    Column("former", JSONB, nullable=False),
    ident("operation_id"),
    instant("at"),
    ident("reverted_operation_id", optional=True),
    belongs_to("passes", "pass_id"),
    CheckConstraint("from_version <> to_version", name="versions_differ"),
)

Index("ix_option_migrations_operation", option_migrations.c.business_id, option_migrations.c.operation_id)
Index("ix_option_migrations_pass", option_migrations.c.business_id, option_migrations.c.pass_id)
