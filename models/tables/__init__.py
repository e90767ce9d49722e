"""What is stored. Importing this package registers every table on `metadata`."""

from models.tables import (
    catalogue,
    closures,
    events,
    fees,
    imports,
    ledger,
    operations,
    option_migrations,
    orders,
    packages,
    passes,
    people,
    refunds,
    shares,
    sandboxes,
    tenants,
    visits,
)
from models.tables.base import metadata

__all__ = [
    "catalogue",
    "closures",
    "events",
    "fees",
    "imports",
    "ledger",
    "metadata",
    "operations",
    "option_migrations",
    "orders",
    "packages",
    "passes",
    "people",
    "refunds",
    "shares",
    "sandboxes",
    "tenants",
    "visits",
]
