"""Undo payments of fees: the money goes back by the way it came, and what visits owed is owed again."""

from uuid import UUID

from models.operations.base import Changed, Tx
from models.operations.claims import lock_visits_with_passes
from models.operations.pay_fees import lock_fees
from models.operations.refund_pass import Refunded, pay_back
from models.operations.spend_credit import credit_of, spend
from models.operations.undo.dependents import STANDING, depended_on, who_spent_credit
from models.operations.undo.done import Done
from models.queries.refunds import Source
from models.rules.values import FeeState, RefundDestination
from models.tables.fees import fees

# Who disputes a charge, or settled that it is lost.
_DISPUTED = """
SELECT coalesce(d.settled_operation_id, d.operation_id) AS id FROM disputes d
WHERE d.order_id = {} AND d.state IN ('OPEN', 'LOST')
"""
# Who gave one of them back as credit since.
_LATER = f"""
SELECT DISTINCT e.operation_id AS id FROM events e
WHERE e.type = 'fee.credited' AND e.data->>'fee' = ANY($1) AND e.operation_id <> $2
  AND e.id > $3 AND {STANDING.format("e.operation_id")}
UNION {_DISPUTED.format("$4")}
"""


async def undo_payment(tx: Tx, done: Done) -> Changed:
    """Let the fees be owed again, and pay back what was paid for them.

    One that was taken back while its charge was in flight became credit at once, which is taken back too. Errors:
    DEPENDED_ON for a fee that was given back as credit since, a dispute, and what has spent such credit.
    """
    ids, order_id = [UUID(each) for each in done.changed.figures["fees"]], done.changed.orders[0]
    await lock_visits_with_passes(tx, done.changed.visits, done.passes)
    rows = await lock_fees(tx, ids)
    later = await tx.raw.fetch(_LATER, [str(each) for each in ids], done.id, done.since, order_id)
    if later:
        raise await depended_on(tx, [row["id"] for row in later])
    credited = [row for row in rows if FeeState(row["state"]) is FeeState.CREDITED]
    for row in rows:
        amount, again = row["amount_minor"], FeeState.WAIVED if row in credited else FeeState.OWED
        await _pay_back(tx, order_id, Refunded(row["pass_id"], row["client_id"]), amount, done.reason)
        settled_at = row["settled_at"] if row in credited else None
        await tx.update(fees, row["id"], state=again, order_id=None, settled_at=settled_at)
        await tx.event(f"fee.{again.lower()}", pass_id=row["pass_id"], visit_id=row["visit_id"], fee=row["id"])
    if credited:
        client_id = credited[0]["client_id"]
        for row in credited:
            await spend(tx, client_id, row["amount_minor"], order_id, row["pass_id"])
        if await credit_of(tx, client_id) < 0:
            raise await depended_on(tx, await who_spent_credit(tx, done, client_id))
    return Changed(visits=list(done.changed.visits), orders=list(done.changed.orders))


async def pay_back_hold_fee(tx: Tx, done: Done, order_id: UUID, what: Refunded, amount: int) -> None:
    """Pay back what was paid for a hold. Errors: DEPENDED_ON for a dispute of that charge."""
    disputed = await tx.raw.fetch(_DISPUTED.format("$1"), order_id)
    if disputed:
        raise await depended_on(tx, [row["id"] for row in disputed])
    await _pay_back(tx, order_id, what, amount, done.reason)


async def _pay_back(tx: Tx, order_id: UUID, what: Refunded, amount: int, reason: str) -> None:
    # What was given away was never paid.
    charged = "SELECT id FROM payments WHERE order_id = $1 AND state = 'CAPTURED' AND method <> 'COMPLIMENTARY'"
    payment = await tx.raw.fetchval(charged, order_id)
    if payment is None:
        return
    await pay_back(tx, what, [Source(order_id, payment, amount, 0)], amount, RefundDestination.ORIGINAL, reason)
