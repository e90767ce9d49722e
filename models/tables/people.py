"""Clients: the people who buy and attend."""

from sqlalchemy import CheckConstraint, Index

from models.tables.base import belongs_to, ident, instant, tenant_table, text

clients = tenant_table(
    "clients",
    text("name"),
    text("email", optional=True),
    ident("home_location_id", optional=True),
    instant("created_at"),
    belongs_to("locations", "home_location_id"),
    CheckConstraint("char_length(name) BETWEEN 1 AND 200", name="name_length"),
)

Index("ix_clients_name", clients.c.business_id, clients.c.name, clients.c.id)
