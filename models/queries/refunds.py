"""What was paid for a pass and can still be paid back, and the refunds that were made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.rules.values import RefundDestination, RefundState


@dataclass(frozen=True, slots=True)
class Source:
    """What one order of a pass can still give back: by its captured payment, and as credit."""

    order_id: UUID
    payment_id: UUID | None
    money_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class RefundRow:
    """One refund. `amount_minor` is in minor units of `currency`."""

    id: UUID
    pass_id: UUID
    package_item_id: UUID | None
    order_id: UUID | None
    destination: RefundDestination
    amount_minor: int
    currency: str
    state: RefundState
    detail: str | None
    reason: str
    at: datetime


# An order may have paid for several passes at once: neither the order nor the pass gives back more than it took. What a
# lost dispute took back is with the payer already.
_SOURCES = """
WITH n AS ({bought}), own AS ({given})
SELECT o.id AS order_id, y.id AS payment_id, n.price_minor,
       CASE WHEN EXISTS (SELECT FROM disputes d WHERE d.order_id = o.id AND d.state = 'LOST') THEN 0
            ELSE coalesce(y.amount_minor, 0) - coalesce(r.money, 0) END AS money_left,
       o.credit_minor - coalesce(r.credit, 0) AS credit_left,
       n.price_minor - coalesce(own.given, 0) AS pass_left
FROM n
JOIN orders o ON o.id = n.order_id AND o.state = 'PAID'
LEFT JOIN payments y ON y.order_id = o.id AND y.state = 'CAPTURED' AND y.method <> 'COMPLIMENTARY'
LEFT JOIN (SELECT order_id, sum(amount_minor) FILTER (WHERE payment_id IS NOT NULL)::bigint AS money,
                  sum(amount_minor) FILTER (WHERE payment_id IS NULL)::bigint AS credit
           FROM refunds WHERE state <> 'TAKEN_BACK' GROUP BY 1) r ON r.order_id = o.id
LEFT JOIN own ON own.order_id = o.id
ORDER BY n.number DESC
"""
# What a conversion carried into the pass was paid for by the orders of the pass it was before.
_CHAIN = """
WITH RECURSIVE chain AS (
    SELECT $1::uuid AS id, 0 AS back
    UNION ALL
    SELECT o.subject_pass_id, c.back + 1 FROM chain c
    JOIN periods f ON f.pass_id = c.id AND f.number = 1
    JOIN orders o ON o.id = f.order_id AND o.purpose = 'CONVERSION' AND o.details->>'unused' = 'CARRY'
)"""
# A pass that was imported, or that somebody else gave, has no order here.
_PAID_ELSEWHERE = f"""{_CHAIN}
SELECT EXISTS (SELECT FROM periods WHERE pass_id IN (SELECT id FROM chain) AND order_id IS NULL)"""
_OF_PASS = _SOURCES.format(
    bought=f"""{_CHAIN}
               SELECT p.order_id, sum(p.price_minor)::bigint AS price_minor, max(p.number - 1000000 * c.back) AS number
               FROM chain c JOIN periods p ON p.pass_id = c.id AND p.number > 0 AND p.order_id IS NOT NULL
               GROUP BY 1""",
    given=f"""{_CHAIN}
              SELECT order_id, sum(amount_minor)::bigint AS given
              FROM refunds
              WHERE pass_id IN (SELECT id FROM chain) AND package_item_id IS NULL AND state <> 'TAKEN_BACK'
              GROUP BY 1""",
)
_OF_ITEM = _SOURCES.format(
    bought="""SELECT s.order_id, i.share_minor AS price_minor, 1 AS number
              FROM package_items i JOIN package_sales s ON s.id = i.package_sale_id WHERE i.id = $1""",
    given="""SELECT order_id, sum(amount_minor)::bigint AS given
             FROM refunds WHERE package_item_id = $1 AND state <> 'TAKEN_BACK' GROUP BY 1""",
)
_REFUNDS = """
SELECT id, pass_id, package_item_id, order_id, destination, amount_minor, currency, state, detail, reason, at
FROM refunds WHERE {0} = ANY($1) ORDER BY at DESC, id DESC
"""


async def sources(reader: asyncpg.Connection, pass_id: UUID) -> list[Source]:
    """Return what each order of the pass can still give back, the newest first. One statement."""
    return _left(await reader.fetch(_OF_PASS, pass_id))


async def still_paid(reader: asyncpg.Connection, pass_id: UUID) -> int | None:
    """Return what was paid for a pass and not given back; None where some of it was paid elsewhere. Two statements."""
    if await reader.fetchval(_PAID_ELSEWHERE, pass_id):
        return None
    return sum(source.money_minor + source.credit_minor for source in await sources(reader, pass_id))


async def item_sources(reader: asyncpg.Connection, item_id: UUID) -> list[Source]:
    """Return what the order of goods or credit of a package can still give back for them. One statement."""
    return _left(await reader.fetch(_OF_ITEM, item_id))


def _left(rows: Sequence[Any]) -> list[Source]:
    found = []
    for row in rows:
        # Credit that a refund gave in place of money counts against the money.
        both = max(0, min(row["money_left"] + row["credit_left"], row["pass_left"]))
        money = max(0, min(row["money_left"] + min(0, row["credit_left"]), both))
        found.append(Source(row["order_id"], row["payment_id"], money, both - money))
    return found


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[RefundRow]:
    """Return the refunds that exist, in no order that matters. One statement."""
    return [_row(row) for row in await reader.fetch(_REFUNDS.format("id"), list(ids))]


async def of_passes(reader: asyncpg.Connection, pass_ids: Sequence[UUID]) -> dict[UUID, list[RefundRow]]:
    """Return the refunds of each pass, the newest first. One statement."""
    found: dict[UUID, list[RefundRow]] = {pass_id: [] for pass_id in pass_ids}
    for row in await reader.fetch(_REFUNDS.format("pass_id"), list(pass_ids)):
        found[row["pass_id"]].append(_row(row))
    return found


def _row(row: Any) -> RefundRow:
    return RefundRow(
        row["id"],
        row["pass_id"],
        row["package_item_id"],
        row["order_id"],
        RefundDestination(row["destination"]),
        row["amount_minor"],
        row["currency"],
        RefundState(row["state"]),
        row["detail"],
        row["reason"],
        row["at"],
    )
