"""Locations, services, purchase options and their versions."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Integer, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB

from models.rules.values import PassKind, ServiceCategory
from models.tables.base import amount, ident, instant, one_of, tenant_table, text

locations = tenant_table(
    "locations",
    text("name"),
    text("zone", optional=True),
    instant("created_at"),
    # Set where its creation was undone: nothing names it then, and its name is free again.
    instant("archived_at", optional=True),
    CheckConstraint("char_length(name) BETWEEN 1 AND 200", name="name_length"),
)

services = tenant_table(
    "services",
    text("name"),
    text("category"),
    instant("created_at"),
    instant("archived_at", optional=True),
    CheckConstraint("char_length(name) BETWEEN 1 AND 200", name="name_length"),
    one_of("category", ServiceCategory),
)

purchase_options = tenant_table(
    "purchase_options",
    Column("current_version", Integer, nullable=False),
    instant("created_at"),
    instant("archived_at", optional=True),
    # What a direct link to the option carries: the store makes it once, and nobody can guess it.
    Column("direct_link_code", Text, nullable=False, server_default=sql("replace(gen_random_uuid()::text, '-', '')")),
    CheckConstraint("current_version >= 1", name="version_positive"),
)

purchase_option_versions = tenant_table(
    "purchase_option_versions",
    ident("option_id"),
    Column("version", Integer, nullable=False),
    text("name"),
    text("kind"),
    amount("price_minor"),
    amount("quantity", optional=True),
    Column("terms", JSONB, nullable=False),
    instant("created_at"),
    ForeignKeyConstraint(["business_id", "option_id"], ["purchase_options.business_id", "purchase_options.id"]),
    one_of("kind", PassKind),
    CheckConstraint("price_minor >= 0", name="price_not_negative"),
    CheckConstraint("(kind IN ('SESSION','DAY','TIME')) = (quantity IS NOT NULL)", name="metered_has_quantity"),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    CheckConstraint("char_length(name) BETWEEN 1 AND 200", name="name_length"),
    key=("option_id", "version"),
)

for places in (locations, services):
    Index(
        f"uq_{places.name}_name",
        places.c.business_id,
        places.c.name,
        unique=True,
        postgresql_where=places.c.archived_at.is_(None),
    )
Index("ix_purchase_options_live", purchase_options.c.business_id, purchase_options.c.archived_at)
