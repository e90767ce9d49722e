"""Orders and their payments. Money is in minor units."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from models.rules.values import OrderPurpose, OrderState, PaymentMethod, PaymentState


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """One charge, or the intent of one. `hard` says that trying again is pointless."""

    id: UUID
    method: PaymentMethod
    amount_minor: int
    currency: str
    state: PaymentState
    detail: str | None
    hard: bool
    intended_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderRow:
    """What was bought. `pass_id` names a pass that need not exist yet. Payments come in the order they were tried."""

    id: UUID
    client_id: UUID
    purpose: OrderPurpose
    pass_id: UUID
    period_number: int
    price_minor: int
    credit_minor: int
    amount_minor: int
    currency: str
    state: OrderState
    created_at: datetime
    settled_at: datetime | None
    payments: tuple[PaymentRow, ...]


_ORDERS = """
SELECT id, client_id, purpose, pass_id, period_number, price_minor, credit_minor, amount_minor, currency, state,
       created_at, settled_at
FROM orders WHERE id = ANY($1)
"""
_PAYMENTS = """
SELECT order_id, id, method, amount_minor, currency, state, detail, hard, intended_at, settled_at
FROM payments WHERE order_id = ANY($1) ORDER BY intended_at, id
"""


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[OrderRow]:
    """Return the orders that exist with their payments, in no order. Two statements."""
    rows = await reader.fetch(_ORDERS, ids)
    payments: dict[UUID, list[PaymentRow]] = {}
    for row in await reader.fetch(_PAYMENTS, ids):
        payments.setdefault(row["order_id"], []).append(_payment(row))
    return [_order(row, tuple(payments.get(row["id"], ()))) for row in rows]


def _payment(row: Any) -> PaymentRow:
    return PaymentRow(
        row["id"],
        PaymentMethod(row["method"]),
        row["amount_minor"],
        row["currency"],
        PaymentState(row["state"]),
        row["detail"],
        row["hard"],
        row["intended_at"],
        row["settled_at"],
    )


def _order(row: Any, payments: tuple[PaymentRow, ...]) -> OrderRow:
    return OrderRow(
        row["id"],
        row["client_id"],
        OrderPurpose(row["purpose"]),
        row["pass_id"],
        row["period_number"],
        row["price_minor"],
        row["credit_minor"],
        row["amount_minor"],
        row["currency"],
        OrderState(row["state"]),
        row["created_at"],
        row["settled_at"],
        payments,
    )
