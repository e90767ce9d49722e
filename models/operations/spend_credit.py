"""A client's credit pays first, where they say so: it is set aside with the order, and comes back if that fails."""

from uuid import UUID

from models.operations.base import ToPay, Tx
from models.operations.offers import lock_client
from models.operations.settle_refund import give_credit

SPENT = "spent_credit_minor"
"""Where an order's details say what of its credit was taken off the client's account."""


async def credit_of(tx: Tx, client_id: UUID) -> int:
    """Lock a client who exists and return their credit in minor units: nobody else spends it before we commit."""
    await lock_client(tx, client_id)
    found = await tx.raw.fetchval(
        "SELECT coalesce(sum(amount_minor), 0)::bigint FROM client_credits WHERE client_id = $1", client_id
    )
    return int(found)


async def spend(tx: Tx, client_id: UUID, amount_minor: int, order_id: UUID, pass_id: UUID | None) -> None:
    """Take credit that the caller has seen under the lock for an order; nothing where the amount is zero."""
    if amount_minor:
        await give_credit(tx, client_id, -amount_minor, order_id=order_id, pass_id=pass_id)


async def give_back(tx: Tx, bought: ToPay) -> None:
    """Give back what was taken for an order whose charge was declined."""
    spent = bought.details.get(SPENT, 0)
    if spent:
        await give_credit(tx, bought.client_id, spent, order_id=bought.id, pass_id=None)
