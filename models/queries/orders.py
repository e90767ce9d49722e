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


# An order may name a pass that never came to be; the pass it was about is then its subject.
_OF_PASSES = """
SELECT p.id AS of_pass, o.id, o.client_id, o.purpose, o.pass_id, o.period_number, o.price_minor, o.credit_minor,
       o.amount_minor, o.currency, o.state, o.created_at, o.settled_at, y.id AS payment_id, y.method,
       y.amount_minor AS charged_minor, y.currency AS charged_in, y.state AS payment_state, y.detail, y.hard,
       y.intended_at, y.settled_at AS answered_at
FROM passes p
JOIN orders o ON o.business_id = p.business_id AND o.client_id = p.client_id
  AND (o.pass_id = p.id OR o.subject_pass_id = p.id)
LEFT JOIN payments y ON y.business_id = o.business_id AND y.order_id = o.id
WHERE p.id = ANY($1) ORDER BY o.created_at DESC, o.id DESC, y.intended_at, y.id
"""


async def by_ids(reader: asyncpg.Connection, ids: Sequence[UUID]) -> list[OrderRow]:
    """Return the orders that exist with their payments, in no order. Two statements."""
    rows = await reader.fetch(_ORDERS, ids)
    payments: dict[UUID, list[PaymentRow]] = {}
    for row in await reader.fetch(_PAYMENTS, ids):
        payments.setdefault(row["order_id"], []).append(_payment(row))
    return [_order(row, tuple(payments.get(row["id"], ()))) for row in rows]


async def of_passes(reader: asyncpg.Connection, pass_ids: Sequence[UUID]) -> dict[UUID, list[OrderRow]]:
    """Return the orders about each pass with their payments, the newest first. One statement."""
    rows = await reader.fetch(_OF_PASSES, pass_ids)
    payments: dict[tuple[UUID, UUID], list[PaymentRow]] = {}
    for row in rows:
        tried = payments.setdefault((row["of_pass"], row["id"]), [])
        if row["payment_id"] is not None:
            tried.append(_payment(_as_payment(row)))
    first_rows = {(row["of_pass"], row["id"]): row for row in reversed(rows)}
    found: dict[UUID, list[OrderRow]] = {pass_id: [] for pass_id in pass_ids}
    for key, tried in payments.items():
        found[key[0]].append(_order(first_rows[key], tuple(tried)))
    return found


def _as_payment(row: Any) -> dict[str, Any]:
    return dict(row) | {
        "id": row["payment_id"],
        "amount_minor": row["charged_minor"],
        "currency": row["charged_in"],
        "state": row["payment_state"],
        "settled_at": row["answered_at"],
    }


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
