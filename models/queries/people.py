"""Clients, and the credit they have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.paging import Filter, Listing, where


@dataclass(slots=True)
class ClientRow:
    """A person who buys and attends."""

    id: UUID
    name: str
    email: str | None
    home_location_id: UUID | None
    created_at: datetime
    household_id: UUID | None
    types: list[str]
    archived_at: datetime | None


@dataclass(slots=True)
class HouseholdRow:
    """Clients who are linked."""

    id: UUID
    name: str
    created_at: datetime
    archived_at: datetime | None


_SELECT = """
SELECT c.id, c.name, c.email, c.home_location_id, c.created_at, c.household_id, c.types, c.archived_at FROM {0} c
"""
_ALL_CLIENTS = _SELECT.format("clients")
# What a list shows; by their id one that was archived is still found, since history names it.
_LIVE_CLIENTS = "(SELECT * FROM clients WHERE archived_at IS NULL)"
_LIVE_HOUSEHOLDS = "(SELECT * FROM households WHERE archived_at IS NULL)"


def client_row(row: Any) -> ClientRow:
    """Make the value from a row."""
    return ClientRow(
        row["id"],
        row["name"],
        row["email"],
        row["home_location_id"],
        row["created_at"],
        row["household_id"],
        row["types"],
        row["archived_at"],
    )


CLIENTS = Listing(
    name="clients",
    select=_SELECT.format(_LIVE_CLIENTS),
    source=f"{_LIVE_CLIENTS} c",
    keys=(("c.name", "text"), ("c.id", "uuid")),
    make=client_row,
    values=lambda client: (client.name, client.id),
)
"""Clients by name."""


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[ClientRow]:
    """Return the clients that exist, in no order. One statement."""
    return [client_row(row) for row in await reader.fetch(f"{_ALL_CLIENTS} WHERE c.id = ANY($1)", ids)]


def household_row(row: Any) -> HouseholdRow:
    """Make the value from a row."""
    return HouseholdRow(row["id"], row["name"], row["created_at"], row["archived_at"])


_HOUSEHOLDS = "SELECT h.id, h.name, h.created_at, h.archived_at FROM {0} h"
_ALL_HOUSEHOLDS = _HOUSEHOLDS.format("households")
HOUSEHOLDS = Listing(
    name="households",
    select=_HOUSEHOLDS.format(_LIVE_HOUSEHOLDS),
    source=f"{_LIVE_HOUSEHOLDS} h",
    keys=(("h.name", "text"), ("h.id", "uuid")),
    make=household_row,
    values=lambda household: (household.name, household.id),
)
"""Households by name."""


def household_of(client_id: UUID | None) -> Filter:
    """Keep the household of one client; None keeps all."""
    return where("h.id = (SELECT household_id FROM clients WHERE id = {0})", client_id)


def households_named(text: str | None) -> Filter:
    """Keep the households whose name has `text` in it, in any case; None keeps all."""
    return where("position(lower({0}::text) IN lower(h.name)) > 0", text or None)


async def households_by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[HouseholdRow]:
    """Return the households that exist, in no order. One statement."""
    return [household_row(row) for row in await reader.fetch(f"{_ALL_HOUSEHOLDS} WHERE h.id = ANY($1)", ids)]


async def members_of(reader: asyncpg.Connection, household_ids: Sequence[UUID]) -> dict[UUID, list[ClientRow]]:
    """Return the members of each household, by name; a household without any is left out. One statement."""
    rows = await reader.fetch(f"{_ALL_CLIENTS} WHERE c.household_id = ANY($1) ORDER BY c.name, c.id", household_ids)
    found: dict[UUID, list[ClientRow]] = {}
    for row in rows:
        found.setdefault(row["household_id"], []).append(client_row(row))
    return found


async def credits_of(reader: asyncpg.Connection, client_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the credit each client has, in minor units; a client without any is left out. One statement."""
    rows = await reader.fetch(
        """SELECT client_id, sum(amount_minor)::bigint AS credit FROM client_credits
           WHERE client_id = ANY($1) GROUP BY client_id""",
        client_ids,
    )
    return {row["client_id"]: row["credit"] for row in rows}


def only(client_id: UUID | None) -> Filter:
    """Keep one client; None keeps all."""
    return where("c.id = {0}", client_id)


def whose_name_has(text: str | None) -> Filter:
    """Keep the clients whose name or email has `text` in it, in any case; None keeps all."""
    plain = text and text.replace("\0", "")
    return where("position(lower({0}::text) IN lower(concat_ws(' ', c.name, c.email))) > 0", plain or None)
