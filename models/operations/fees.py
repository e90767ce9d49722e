"""Fees for visits that ended late or were missed: owed with the outcome, paid, waived and given back apart from it.

An outcome never waits for a fee and never fails because of one: it is only written down as owed.
"""

from typing import Any
from uuid import UUID

from models.operations.base import Tx
from models.rules.values import FeeState
from models.tables.base import new_id
from models.tables.fees import fees
from models.tables.orders import client_credits


async def owe(tx: Tx, visit: Any, pass_id: UUID, period_number: int, amount_minor: int) -> UUID:
    """Write down that the visit's client owes a fee by the terms of this pass."""
    fee_id = new_id()
    row = {
        "id": fee_id,
        "visit_id": visit["id"],
        "client_id": visit["client_id"],
        "pass_id": pass_id,
        "period_number": period_number,
        "amount_minor": amount_minor,
        "state": FeeState.OWED,
        "operation_id": tx.operation_id,
        "at": tx.now,
    }
    await tx.insert(fees, row)
    await tx.event("fee.owed", pass_id=pass_id, visit_id=visit["id"], fee=fee_id, amountMinor=amount_minor)
    return fee_id


async def drop_fee(tx: Tx, visit_id: UUID, reason: str | None) -> bool:
    """Take back the fee that stands for a visit, because its outcome is; say whether there was one."""
    row = await tx.raw.fetchrow(
        "SELECT * FROM fees WHERE visit_id = $1 AND state IN ('OWED', 'PAID') FOR NO KEY UPDATE", visit_id
    )
    if row is not None:
        await drop(tx, row, reason)
    return row is not None


async def drop(tx: Tx, row: Any, reason: str | None) -> None:
    """Waive a fee that is owed; give one that was paid back as credit."""
    paid = FeeState(row["state"]) is FeeState.PAID
    state = FeeState.CREDITED if paid else FeeState.WAIVED
    await tx.update(fees, row["id"], state=state, reason=reason, settled_at=tx.now)
    if paid:
        await credit_fee(tx, row)
    await tx.event(f"fee.{state.lower()}", pass_id=row["pass_id"], visit_id=row["visit_id"], fee=row["id"])


async def credit_fee(tx: Tx, row: Any) -> None:
    credit = {
        "id": new_id(),
        "client_id": row["client_id"],
        "amount_minor": row["amount_minor"],
        "order_id": row["order_id"],
        "pass_id": row["pass_id"],
        "operation_id": tx.operation_id,
        "at": tx.now,
    }
    await tx.insert(client_credits, credit)
