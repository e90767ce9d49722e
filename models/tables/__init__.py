"""What is stored. Importing this package registers every table on `metadata`."""

from models.tables import catalogue, events, ledger, operations, orders, passes, people, tenants, visits
from models.tables.base import metadata

__all__ = [
    "catalogue",
    "events",
    "ledger",
    "metadata",
    "operations",
    "orders",
    "passes",
    "people",
    "tenants",
    "visits",
]
