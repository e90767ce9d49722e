"""Locations and services: where and what is attended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.paging import Listing
from models.rules.values import ServiceCategory


@dataclass(frozen=True, slots=True)
class LocationRow:
    """A place. `zone` None: the business's own."""

    id: UUID
    name: str
    zone: str | None
    created_at: datetime
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """Something that is attended."""

    id: UUID
    name: str
    category: ServiceCategory
    created_at: datetime
    archived_at: datetime | None


_LOCATIONS = "SELECT l.id, l.name, l.zone, l.created_at, l.archived_at FROM {0} l"
_SERVICES = "SELECT s.id, s.name, s.category, s.created_at, s.archived_at FROM {0} s"
_ALL_LOCATIONS, _ALL_SERVICES = _LOCATIONS.format("locations"), _SERVICES.format("services")
# What a list shows; by its id one that was archived is still found, since history names it.
_LIVE_LOCATIONS = "(SELECT * FROM locations WHERE archived_at IS NULL)"
_LIVE_SERVICES = "(SELECT * FROM services WHERE archived_at IS NULL)"


def location_row(row: Any) -> LocationRow:
    """Make the value from a row."""
    return LocationRow(row["id"], row["name"], row["zone"], row["created_at"], row["archived_at"])


def service_row(row: Any) -> ServiceRow:
    """Make the value from a row."""
    category = ServiceCategory(row["category"])
    return ServiceRow(row["id"], row["name"], category, row["created_at"], row["archived_at"])


LOCATIONS = Listing(
    name="locations",
    select=_LOCATIONS.format(_LIVE_LOCATIONS),
    source=f"{_LIVE_LOCATIONS} l",
    keys=(("l.name", "text"), ("l.id", "uuid")),
    make=location_row,
    values=lambda location: (location.name, location.id),
)
"""Locations by name."""

SERVICES = Listing(
    name="services",
    select=_SERVICES.format(_LIVE_SERVICES),
    source=f"{_LIVE_SERVICES} s",
    keys=(("s.name", "text"), ("s.id", "uuid")),
    make=service_row,
    values=lambda service: (service.name, service.id),
)
"""Services by name."""


async def locations_by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[LocationRow]:
    """Return the locations that exist, in no order. One statement."""
    return [location_row(row) for row in await reader.fetch(f"{_ALL_LOCATIONS} WHERE l.id = ANY($1)", ids)]


async def services_by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[ServiceRow]:
    """Return the services that exist, in no order. One statement."""
    return [service_row(row) for row in await reader.fetch(f"{_ALL_SERVICES} WHERE s.id = ANY($1)", ids)]
