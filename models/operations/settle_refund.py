"""Refunds leave the house: the units and the intent are committed, the gateway asked, its answer written down.

A refund is intended in the transaction that takes the units. Whoever finds it open asks the gateway again with the same
key, which pays back at most once. One that the gateway refuses is still owed; staff may turn it into credit.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from models.errors import refuse, unknown
from models.faults import fault_point
from models.gateways.payment import GatewayTimeout, RefundRequest, RefundResult
from models.operations.base import STAFF, WORKER, Changed, Tx
from models.operations.open_tx import open_tx
from models.operations.retried import retried
from models.rules.codes import Code
from models.rules.values import RefundState, TestCard
from models.runtime import Runtime
from models.tables.base import new_id
from models.tables.orders import client_credits
from models.tables.refunds import refunds

_log = structlog.get_logger(__name__)
OPEN = (RefundState.INTENDED, RefundState.UNKNOWN)
_ASKED = "UPDATE refunds SET state = 'UNKNOWN' WHERE id = $1 AND state = 'INTENDED'"
_ASK = """
SELECT r.*, y.gateway_key AS charge_key, y.test_card FROM refunds r
JOIN payments y ON y.business_id = r.business_id AND y.id = r.payment_id WHERE r.id = $1
"""


@dataclass(frozen=True, slots=True)
class CreditRefund:
    """Give a refund that the gateway refused to the client as credit."""

    refund_id: UUID


async def settle_refund(runtime: Runtime, business_id: UUID, refund_id: UUID) -> bool:
    """Ask the gateway to pay back and write down what it answers. Safe to repeat, and to run twice at once.

    False means that the answer is still unknown, and that somebody has to ask again.
    """
    async with runtime.database.transaction(business_id) as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        # From here on the money may leave: what has not come this far can still be taken back.
        await raw.execute(_ASKED, refund_id)
        row = await raw.fetchrow(_ASK, refund_id)
    if row is None or row["state"] not in OPEN:
        return True
    fault_point("before_refund")
    try:
        result: RefundResult | None = await runtime.gateway.refund(_request(business_id, row))
    except GatewayTimeout:
        result = None
    fault_point("after_refund")
    await retried(lambda: _settle(runtime, business_id, refund_id, result), Code.OPERATION_IN_PROGRESS)
    return result is not None


def _request(business_id: UUID, row: Any) -> RefundRequest:
    card = TestCard(row["test_card"]) if row["test_card"] else None
    return RefundRequest(business_id, row["gateway_key"], row["charge_key"], row["amount_minor"], row["currency"], card)


async def _settle(runtime: Runtime, business_id: UUID, refund_id: UUID, result: RefundResult | None) -> None:
    async with runtime.database.transaction(business_id) as connection:
        tx = await open_tx(runtime, connection, WORKER)
        row = await tx.row("SELECT * FROM refunds WHERE id = $1 FOR UPDATE", refund_id)
        if row["state"] not in OPEN:
            return
        tx.operation_id = row["operation_id"]
        if result is None:
            await tx.update(refunds, refund_id, state=RefundState.UNKNOWN)
            _log.warning("refund.unknown", refund=str(refund_id), key=row["gateway_key"])
            return
        state = RefundState.DONE if result.refunded else RefundState.FAILED
        await tx.update(refunds, refund_id, state=state, detail=result.detail, settled_at=tx.real_now)
        event = "refund.paid" if result.refunded else "refund.failed"
        await tx.event(event, pass_id=row["pass_id"], refund=refund_id, amountMinor=row["amount_minor"])


async def credit_refund(tx: Tx, command: CreditRefund) -> Changed:
    """Turn a refund that the gateway refused into credit of the client. Errors: NOT_FOUND, NOT_OWED."""
    tx.require(*STAFF)
    row = await tx.raw.fetchrow("SELECT * FROM refunds WHERE id = $1 FOR UPDATE", command.refund_id)
    if row is None:
        raise unknown("refund", "refundId")
    if row["state"] != RefundState.FAILED:
        raise refuse(Code.NOT_OWED, "refundId", state=row["state"])
    await give_credit(tx, row["client_id"], row["amount_minor"], order_id=row["order_id"], pass_id=row["pass_id"])
    await tx.update(refunds, row["id"], state=RefundState.CREDITED, settled_at=tx.real_now)
    await tx.event("refund.credited", pass_id=row["pass_id"], refund=row["id"], amountMinor=row["amount_minor"])
    return Changed(passes=[row["pass_id"]], rows={"refund": row["id"]})


async def give_credit(
    tx: Tx, client_id: UUID, amount_minor: int, *, order_id: UUID | None, pass_id: UUID | None
) -> None:
    """Add to the client's credit."""
    row = {"id": new_id(), "client_id": client_id, "amount_minor": amount_minor, "order_id": order_id}
    await tx.insert(client_credits, row | {"pass_id": pass_id, "operation_id": tx.operation_id, "at": tx.now})
