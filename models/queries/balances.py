"""Balances of passes: now, and as of any past instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.rules.values import LotUnit


@dataclass(slots=True)
class Balance:
    """What became of everything granted. `granted` is the sum of all the others.

    A lot whose end has passed has nothing available, and the rest of it counts as expired, whether or not a worker
    has written that down.
    """

    unit: LotUnit
    granted: int
    available: int
    booked: int
    used: int
    forfeited: int
    expired: int
    converted: int
    transferred: int
    refunded: int
    adjusted: int

    @staticmethod
    def nothing(unit: LotUnit) -> "Balance":
        """Return the balance of a pass nothing has been granted to yet."""
        return Balance(unit, *(0 for _ in range(len(ACCOUNTS) + 3)))


ACCOUNTS = ("booked", "used", "forfeited", "converted", "transferred", "refunded", "adjusted")

_AS_OF = """
WITH moved AS (
    SELECT k.pass_id, k.instant, l.unit, l.expires_at <= k.instant AS over, t.from_account, t.to_account, t.quantity
    FROM unnest($1::uuid[], $2::timestamptz[]) AS k(pass_id, instant)
    JOIN lots l ON l.pass_id = k.pass_id
    JOIN transfers t ON t.business_id = l.business_id AND t.lot_id = l.id AND t.effective_at <= k.instant
),
entries AS (
    SELECT pass_id, instant, unit, over, to_account AS account, quantity FROM moved
    UNION ALL
    SELECT pass_id, instant, unit, over, from_account, -quantity FROM moved
)
SELECT pass_id, instant, unit,
       CASE WHEN over AND account = 'AVAILABLE' THEN 'EXPIRED' ELSE account END AS account,
       sum(quantity)::bigint AS quantity
FROM entries GROUP BY 1, 2, 3, 4
"""


async def as_of(
    reader: asyncpg.Connection, keys: Sequence[tuple[UUID, datetime]]
) -> dict[tuple[UUID, datetime], Balance]:
    """Return each pass's balance as of an instant, from its transfers. One statement for all of them.

    A pass that had no lots by then is left out.
    """
    sums: dict[tuple[UUID, datetime], dict[str, Any]] = {}
    for row in await reader.fetch(_AS_OF, [key[0] for key in keys], [key[1] for key in keys]):
        found = sums.setdefault((row["pass_id"], row["instant"]), {"unit": LotUnit(row["unit"])})
        found[row["account"].lower()] = row["quantity"]
    return {
        key: Balance(
            unit=found["unit"],
            granted=-found["issued"],
            available=found.get("available", 0),
            expired=found.get("expired", 0),
            **{account: found.get(account, 0) for account in ACCOUNTS},
        )
        for key, found in sums.items()
    }
