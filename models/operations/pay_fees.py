"""Pay fees for visits, or let the client off them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.errors import refuse, unknown
from models.operations.base import STAFF, Changed, Payment, ToPay, Tx, checked_text, unique
from models.operations.fees import credit_fee, drop
from models.operations.sell_pass import checked_payment
from models.rules.codes import Code
from models.rules.values import FeeState, OrderPurpose, PaymentMethod, Role, TestCard
from models.tables.base import new_id
from models.tables.fees import fees

FEES_MAX = 100
_LOCK = "SELECT FROM fees WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE"
_READ = """
SELECT f.*, EXISTS (
    SELECT FROM orders o WHERE o.business_id = f.business_id AND o.id = f.order_id AND o.state = 'PENDING'
) AS in_flight
FROM fees f WHERE f.id = ANY($1) ORDER BY f.id
"""


@dataclass(frozen=True, slots=True)
class PayFees:
    """Pay fees of one client with one charge."""

    fee_ids: tuple[UUID, ...]
    payment_method: PaymentMethod
    test_card: TestCard | None = None


@dataclass(frozen=True, slots=True)
class WaiveFee:
    """Let a client off a fee; one that was paid becomes credit."""

    fee_id: UUID
    reason: str


async def pay_fees(tx: Tx, command: PayFees) -> ToPay:
    """Check the fees and say what is to be charged for them together.

    Errors: NOT_FOUND, TOO_MANY, FEE_SETTLED, PAYMENT_IN_PROGRESS, INVALID_INPUT (fees of several clients, or a method
    that pays nothing), FORBIDDEN, TEST_CARD_REFUSED, PAYMENT_DECLINED.
    """
    tx.require(*STAFF, Role.CLIENT)
    ids = unique(command.fee_ids)
    if not ids:
        raise refuse(Code.NOTHING_TO_DO, "feeIds", sentence="no fee is named.")
    if len(ids) > FEES_MAX:
        raise refuse(Code.TOO_MANY, "feeIds", limit=FEES_MAX)
    rows = await lock_fees(tx, ids)
    if len(rows) < len(ids):
        raise unknown("fee", "feeIds")
    for row in rows:
        tx.require_client(row["client_id"], "fee", "feeIds")
    for row in rows:
        _require_owed(row, "feeIds")
    if len({row["client_id"] for row in rows}) > 1:
        raise refuse(Code.INVALID_INPUT, "feeIds", sentence="One charge pays the fees of one client.")
    if command.payment_method is PaymentMethod.COMPLIMENTARY:
        raise refuse(Code.INVALID_INPUT, "payment", "method", sentence="A fee nobody pays is waived: use waiveFee.")
    amount = sum(row["amount_minor"] for row in rows)
    payment = checked_payment(tx, command.payment_method, command.test_card, amount)
    bought = _to_pay(rows, amount, payment)
    for row in rows:
        await tx.update(fees, row["id"], order_id=bought.id)
    return bought


async def lock_fees(tx: Tx, fee_ids: Sequence[UUID]) -> list[Any]:
    """Lock the fees and return them as they are under the lock.

    Whether a charge is in flight is asked afterwards: a statement that waited sees other tables as they were before.
    """
    await tx.raw.execute(_LOCK, fee_ids)
    return list(await tx.raw.fetch(_READ, fee_ids))


def _require_owed(row: Any, path: str) -> None:
    if FeeState(row["state"]) is not FeeState.OWED:
        raise refuse(Code.FEE_SETTLED, path, state=row["state"])
    if row["in_flight"]:
        raise refuse(Code.PAYMENT_IN_PROGRESS, path)


def _to_pay(rows: list[Any], amount_minor: int, payment: Payment | None) -> ToPay:
    """An order names a pass and a period: those of its first fee."""
    first, order_id = rows[0], new_id()
    return ToPay(
        purpose=OrderPurpose.FEE,
        client_id=first["client_id"],
        pass_id=first["pass_id"],
        period_number=first["period_number"],
        subject_pass_id=None,
        price_minor=amount_minor,
        credit_minor=0,
        payment=payment,
        details={"fee": "VISITS", "fees": [str(row["id"]) for row in rows]},
        gateway_key=f"fee:{order_id}:1",
        id=order_id,
    )


async def fulfil_fees(tx: Tx, bought: ToPay) -> Changed:
    """Write the fees down as paid. One that was taken back while its charge was in flight becomes credit at once."""
    rows = await lock_fees(tx, [UUID(each) for each in bought.details["fees"]])
    for row in rows:
        owed = FeeState(row["state"]) is FeeState.OWED
        state = FeeState.PAID if owed else FeeState.CREDITED
        await tx.update(fees, row["id"], state=state, order_id=bought.id, settled_at=tx.now)
        if not owed:
            await credit_fee(tx, dict(row) | {"order_id": bought.id})
        await tx.event(f"fee.{state.lower()}", pass_id=row["pass_id"], visit_id=row["visit_id"], fee=row["id"])
    return Changed(visits=[row["visit_id"] for row in rows], figures={"fees": [str(row["id"]) for row in rows]})


async def waive_fee(tx: Tx, command: WaiveFee) -> Changed:
    """Let the client off a fee, whether it is owed or was paid; the unit it came with stays where it is.

    Errors: NOT_FOUND, FEE_SETTLED, PAYMENT_IN_PROGRESS, TEXT_OUT_OF_RANGE, FORBIDDEN.
    """
    tx.require(*STAFF)
    reason = checked_text(command.reason, 1, 500, "reason")
    rows = await lock_fees(tx, [command.fee_id])
    if not rows:
        raise unknown("fee", "feeId")
    row = rows[0]
    if FeeState(row["state"]) is not FeeState.PAID:
        _require_owed(row, "feeId")
    await drop(tx, row, reason)
    return Changed(visits=[row["visit_id"]], figures={"fees": [str(row["id"])]})
