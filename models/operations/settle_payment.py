"""Payments: the intent is written and committed, the gateway called, the outcome settled in a second transaction.

A process that dies in between leaves an intent in the store. Whoever finds it asks the gateway again with the same
key, which moves money at most once, and settles what it answers. So every crash resolves itself.
"""

from dataclasses import asdict
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import update

from models.errors import Problem
from models.faults import fault_point
from models.gateways.payment import ChargeRequest, ChargeResult, GatewayTimeout
from models.operations import fulfil_conversion, holds, pay_fees, renew_package, renew_pass, sell_package, sell_pass
from models.operations.base import WORKER, Changed, Payment, ToPay, Tx
from models.operations.open_tx import finish, open_tx
from models.operations.retried import retried
from models.operations.spend_credit import give_back
from models.operations.spread_closure import before_joining
from models.rules.codes import Code, because
from models.rules.values import OrderPurpose, OrderState, PaymentMethod, PaymentState, TestCard
from models.runtime import Runtime
from models.tables.base import new_id
from models.tables.operations import operations
from models.tables.orders import orders, payments

_log = structlog.get_logger(__name__)
_FEES = {"HOLD": holds.fulfil_hold_fee, "VISITS": pay_fees.fulfil_fees}


async def _fulfil_fee(tx: Tx, bought: ToPay) -> Changed:
    """A fee is for a hold or for visits, as its order's details say."""
    return await _FEES[bought.details["fee"]](tx, bought)


async def _fulfil_package(tx: Tx, bought: ToPay) -> Changed:
    """A package is sold, or renewed, as its order's details say."""
    if renew_package.RENEWED in bought.details:
        return await renew_package.fulfil_package_renewal(tx, bought)
    return await sell_package.fulfil_package(tx, bought)


_FULFIL = {
    OrderPurpose.PACKAGE: _fulfil_package,
    OrderPurpose.SALE: sell_pass.fulfil_sale,
    OrderPurpose.RENEWAL: renew_pass.fulfil_renewal,
    OrderPurpose.CONVERSION: fulfil_conversion.fulfil_conversion,
    OrderPurpose.FEE: _fulfil_fee,
}
_DECLINED = {
    OrderPurpose.PACKAGE: renew_package.package_declined,
    OrderPurpose.RENEWAL: renew_pass.renewal_declined,
    OrderPurpose.CONVERSION: fulfil_conversion.conversion_declined,
    OrderPurpose.FEE: holds.hold_fee_declined,
}


async def fulfil(tx: Tx, bought: ToPay) -> Changed:
    """Carry out what was bought, with nothing left to charge (or a dry run's charge assumed)."""
    await _insert_order(tx, bought, OrderState.PAID)
    if bought.payment is not None and bought.amount_minor:
        # What is assumed to be charged counts, in the same play, for what is worked out of what was paid.
        await _insert_payment(tx, bought, PaymentState.CAPTURED)
    return await _fulfil(tx, bought)


async def fall_through(tx: Tx, bought: ToPay, detail: str) -> None:
    """Write down what a declined charge brings with it, without any charge. `detail` says why it was declined."""
    await _insert_order(tx, bought, OrderState.FAILED)
    await give_back(tx, bought)
    declined = _DECLINED.get(bought.purpose)
    if declined is not None:
        await declined(tx, bought, hard=False, detail=detail)


async def intend(tx: Tx, bought: ToPay) -> UUID:
    """Write the order and the intent to charge; return the payment to settle after the commit."""
    await _insert_order(tx, bought, OrderState.PENDING)
    payment_id = await _insert_payment(tx, bought, PaymentState.INTENDED)
    if bought.subject_pass_id is not None:
        # Nothing is due on a pass while its payment is in flight, nor on the parts of a package that renew with it;
        # settling computes it anew.
        parts = (UUID(part["pass_id"]) for part in bought.details.get("parts", ()))
        await tx.raw.execute(
            """UPDATE passes SET next_due_at = NULL, next_due_kind = NULL, claimed_until = NULL
               WHERE business_id = $1 AND id = ANY($2)""",
            tx.business.id,
            [bought.subject_pass_id, *parts],
        )
    return payment_id


async def _insert_payment(tx: Tx, bought: ToPay, state: PaymentState) -> UUID:
    assert bought.payment is not None
    payment_id = new_id()
    row = {
        "id": payment_id,
        "order_id": bought.id,
        "gateway_key": bought.gateway_key or f"sale:{bought.id}:1",
        **asdict(bought.payment),
        "amount_minor": bought.amount_minor,
        "currency": tx.business.currency,
        "state": state,
        "detail": None,
        "hard": False,
        "intended_at": tx.real_now,
        "settled_at": None if state is PaymentState.INTENDED else tx.real_now,
    }
    await tx.insert(payments, row)
    return payment_id


async def settle_payment(runtime: Runtime, business_id: UUID, payment_id: UUID) -> bool:
    """Ask the gateway for the payment's outcome and settle it. Safe to repeat, and to run twice at once.

    False means that the outcome is still unknown, and that somebody has to ask again.
    """
    async with runtime.database.transaction(business_id) as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        row = await raw.fetchrow("SELECT * FROM payments WHERE id = $1", payment_id)
    if row is None or row["state"] not in (PaymentState.INTENDED, PaymentState.UNKNOWN):
        return True
    fault_point("before_charge")
    try:
        result: ChargeResult | None = await runtime.gateway.charge(_request(business_id, row))
    except GatewayTimeout:
        result = None
    fault_point("after_charge")
    # The charge has happened: a deadlock here must not send the whole operation round again.
    await retried(lambda: _settle(runtime, business_id, payment_id, result), Code.OPERATION_IN_PROGRESS)
    fault_point("after_settle")
    return result is not None


def _request(business_id: UUID, row: Any) -> ChargeRequest:
    return ChargeRequest(
        business_id=business_id,
        key=row["gateway_key"],
        method=PaymentMethod(row["method"]),
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        present=row["present"],
        test_card=TestCard(row["test_card"]) if row["test_card"] else None,
    )


async def _settle(runtime: Runtime, business_id: UUID, payment_id: UUID, result: ChargeResult | None) -> None:
    async with runtime.database.transaction(business_id) as connection:
        tx = await open_tx(runtime, connection, WORKER)
        payment = await tx.row("SELECT * FROM payments WHERE id = $1 FOR UPDATE", payment_id)
        if payment["state"] not in (PaymentState.INTENDED, PaymentState.UNKNOWN):
            return
        order = await tx.row("SELECT * FROM orders WHERE id = $1 FOR UPDATE", payment["order_id"])
        tx.operation_id = order["operation_id"]
        if result is None:
            await tx.update(payments, payment_id, state=PaymentState.UNKNOWN)
            await _result(tx, "PENDING", {"unknown": True})
            _log.warning("payment.unknown", payment=str(payment_id), key=payment["gateway_key"])
            return
        bought = _bought(order, payment)
        state = PaymentState.CAPTURED if result.captured else PaymentState.DECLINED
        await tx.update(
            payments, payment_id, state=state, detail=result.detail, hard=result.hard, settled_at=tx.real_now
        )
        order_state = OrderState.PAID if result.captured else OrderState.FAILED
        await tx.update(orders, bought.id, state=order_state, settled_at=tx.now)
        if result.captured:
            await finish(tx, await _fulfil(tx, bought))
        else:
            await _decline(tx, bought, result)
        fault_point("before_settle_commit")
    if tx.rings and not tx.business.test_clock_at:
        await runtime.ring(business_id)


async def _decline(tx: Tx, bought: ToPay, result: ChargeResult) -> None:
    await give_back(tx, bought)
    declined = _DECLINED.get(bought.purpose)
    if declined is not None:
        await declined(tx, bought, hard=result.hard, detail=result.detail or "no reason given")
    problem = Problem(because(Code.PAYMENT_DECLINED, detail=result.detail or "no reason given"), ("payment",))
    await _result(tx, "FAILED", {"problems": [problem.to_json()]})


async def _fulfil(tx: Tx, bought: ToPay) -> Changed:
    if bought.purpose is not OrderPurpose.FEE:
        # A pass that is bought or comes back may join a closure; what a fee is for never does.
        await before_joining(tx)
    changed = await _FULFIL[bought.purpose](tx, bought)
    changed.orders.append(bought.id)
    changed.figures.setdefault("chargedMinor", bought.amount_minor)
    return changed


async def _insert_order(tx: Tx, bought: ToPay, state: OrderState) -> None:
    row = {
        "id": bought.id,
        "client_id": bought.client_id,
        "purpose": bought.purpose,
        "pass_id": bought.pass_id,
        "period_number": bought.period_number,
        "subject_pass_id": bought.subject_pass_id,
        "price_minor": bought.price_minor,
        "credit_minor": bought.credit_minor,
        "amount_minor": bought.amount_minor,
        "currency": tx.business.currency,
        "state": state,
        "details": bought.details,
        "operation_id": tx.operation_id,
        "created_at": tx.now,
        "settled_at": tx.now if state is OrderState.PAID else None,
    }
    await tx.insert(orders, row)


async def _result(tx: Tx, state: str, result: dict[str, Any]) -> None:
    await tx.connection.execute(
        update(operations)
        .where(operations.c.business_id == tx.business.id, operations.c.id == tx.operation_id)
        .values(state=state, result=result)
    )


def _bought(order: Any, payment: Any) -> ToPay:
    return ToPay(
        purpose=OrderPurpose(order["purpose"]),
        client_id=order["client_id"],
        pass_id=order["pass_id"],
        period_number=order["period_number"],
        subject_pass_id=order["subject_pass_id"],
        price_minor=order["price_minor"],
        credit_minor=order["credit_minor"],
        payment=Payment(
            PaymentMethod(payment["method"]),
            TestCard(payment["test_card"]) if payment["test_card"] else None,
            payment["present"],
        ),
        details=order["details"],
        gateway_key=payment["gateway_key"],
        id=order["id"],
    )
