"""The ledger of a pass as a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.queries.paging import Listing
from models.rules.values import Account


@dataclass(frozen=True, slots=True)
class TransferRow:
    """One movement of units of a lot between two accounts."""

    id: UUID
    pass_id: UUID
    lot_id: UUID
    operation_id: UUID
    visit_id: UUID | None
    from_account: Account
    to_account: Account
    quantity: int
    effective_at: datetime
    recorded_at: datetime


def _row(row: Any) -> TransferRow:
    return TransferRow(
        row["id"],
        row["pass_id"],
        row["lot_id"],
        row["operation_id"],
        row["visit_id"],
        Account(row["from_account"]),
        Account(row["to_account"]),
        row["quantity"],
        row["effective_at"],
        row["recorded_at"],
    )


TRANSFERS = Listing(
    name="transfers",
    select="""SELECT t.id, t.pass_id, t.lot_id, t.operation_id, t.visit_id, t.from_account, t.to_account, t.quantity,
                     t.effective_at, t.recorded_at FROM transfers t""",
    source="transfers t",
    keys=(("t.effective_at", "timestamptz"), ("t.id", "uuid")),
    make=_row,
    values=lambda transfer: (transfer.effective_at, transfer.id),
    parent="t.pass_id",
)
"""Transfers in the order in which they took effect."""


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[TransferRow]:
    """Return the transfers that exist, in no order. One statement."""
    return [_row(row) for row in await reader.fetch(f"{TRANSFERS.select} WHERE t.id = ANY($1)", ids)]
