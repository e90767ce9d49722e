"""Clients: the people who buy and attend, and the households they belong to."""

from sqlalchemy import CheckConstraint, Column, Index, Text
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY

from models.tables.base import belongs_to, ident, instant, tenant_table, text

households = tenant_table(
    "households",
    text("name"),
    instant("created_at"),
    # Set where its creation was undone: it has no members then, and nothing names it.
    instant("archived_at", optional=True),
    CheckConstraint("char_length(name) BETWEEN 1 AND 200", name="name_length"),
)

Index("ix_households_name", households.c.business_id, households.c.name, households.c.id)

clients = tenant_table(
    "clients",
    text("name"),
    text("email", optional=True),
    ident("home_location_id", optional=True),
    instant("created_at"),
    # A client belongs to one household at most. Its types are tags of the business's own.
    ident("household_id", optional=True),
    Column("types", ARRAY(Text), nullable=False, server_default=sql("'{}'")),
    instant("archived_at", optional=True),
    belongs_to("locations", "home_location_id"),
    belongs_to("households", "household_id"),
    CheckConstraint("char_length(name) BETWEEN 1 AND 200", name="name_length"),
)

Index("ix_clients_name", clients.c.business_id, clients.c.name, clients.c.id)
Index("ix_clients_household", clients.c.business_id, clients.c.household_id)
