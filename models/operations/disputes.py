"""A payer disputes a charge: what it bought is blocked until that is decided, where the business wants that."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.errors import refuse, unknown
from models.operations.base import STAFF, Changed, Tx
from models.operations.cover_waiting import Waiting, covered, lock_with_waiting
from models.operations.write_hold import NewHold, lift_now, standing_holds, write_hold
from models.queries.facts import load_passes
from models.queries.locks import lock_passes
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.facts import PassFacts
from models.rules.status import ended
from models.rules.values import DisputeState, HoldCause, HoldKind, OrderPurpose, OrderState, Role
from models.tables.base import new_id
from models.tables.closures import disputes


@dataclass(frozen=True, slots=True)
class ReportDispute:
    """The payer disputes the order's charge."""

    order_id: UUID


@dataclass(frozen=True, slots=True)
class SettleDispute:
    """How the dispute ended; `won` by the studio."""

    order_id: UUID
    won: bool


async def report_dispute(tx: Tx, command: ReportDispute) -> Changed:
    """Write down a dispute, and block the order's passes that still run, where the business has that done.

    Bookings are kept: nothing is taken from the client before it is decided.

    Errors: NOT_FOUND, ORDER_NOT_PAID, DISPUTE_OPEN.
    """
    tx.require(*STAFF, Role.PARTNER)
    _, order, passes = await _locked_order(tx, command.order_id)
    if order["state"] != OrderState.PAID or order["amount_minor"] == 0:
        raise refuse(Code.ORDER_NOT_PAID, "orderId")
    if await _open_dispute(tx, command.order_id) is not None:
        raise refuse(Code.DISPUTE_OPEN, "orderId")
    dispute_id = new_id()
    row = {"id": dispute_id, "order_id": command.order_id, "state": DisputeState.OPEN}
    await tx.insert(disputes, row | {"operation_id": tx.operation_id, "reported_at": tx.now})
    await tx.event("dispute.reported", order=command.order_id, dispute=dispute_id)
    changed = Changed(orders=[command.order_id], rows={"dispute": dispute_id})
    for facts in passes.values():
        if not tx.business.block_on_dispute or facts.closed_reason is not None or ended(facts, tx.now):
            continue
        first_day = local_day(tx.now, facts.zone)
        cause = HoldCause.DISPUTE
        new = NewHold(HoldKind.BLOCK, first_day, None, keep_visits=True, cause=cause, dispute_id=dispute_id)
        changed.passes.append(facts.id)
        changed.holds += (await write_hold(tx, facts, new)).holds
    return changed


async def settle_dispute(tx: Tx, command: SettleDispute) -> Changed:
    """Write down how the dispute ended. Won: its blocks are lifted. Lost: they stay, for the studio to decide.

    Errors: NOT_FOUND, DISPUTE_NOT_OPEN.
    """
    tx.require(*STAFF, Role.PARTNER)
    waiting, _, passes = await _locked_order(tx, command.order_id)
    dispute = await _open_dispute(tx, command.order_id)
    if dispute is None:
        raise refuse(Code.DISPUTE_NOT_OPEN, "orderId")
    state = DisputeState.WON if command.won else DisputeState.LOST
    settled = {"state": state, "settled_at": tx.now, "settled_operation_id": tx.operation_id}
    await tx.update(disputes, dispute["id"], **settled)
    await tx.event("dispute.settled", order=command.order_id, dispute=dispute["id"], state=state)
    held = await standing_holds(tx, "dispute_id = $1", dispute["id"])
    changed = Changed(orders=[command.order_id], rows={"dispute": dispute["id"]})
    for hold in held:
        changed.passes.append(hold["pass_id"])
        changed.holds.append(hold["id"])
        if command.won:
            facts = passes.get(hold["pass_id"]) or (await load_passes(tx.raw, [hold["pass_id"]]))[hold["pass_id"]]
            await lift_now(tx, hold, facts)
    return await covered(tx, changed, waiting)


async def _locked_order(tx: Tx, order_id: UUID) -> tuple[Waiting, Any, dict[UUID, PassFacts]]:
    """Lock the passes an order bought periods of, or a fee was about; return who waits, the order and their facts."""
    order = await tx.raw.fetchrow("SELECT * FROM orders WHERE id = $1", order_id)
    if order is None:
        raise unknown("order", "orderId")
    rows = await tx.raw.fetch("SELECT DISTINCT pass_id FROM periods WHERE order_id = $1", order_id)
    ids = {row["pass_id"] for row in rows}
    if order["purpose"] == OrderPurpose.FEE:
        ids.add(order["pass_id"])
    waiting = await lock_with_waiting(tx, ids)
    passes = await lock_passes(tx.raw, ids)
    await tx.raw.fetchrow("SELECT FROM orders WHERE id = $1 FOR UPDATE", order_id)
    return waiting, await tx.row("SELECT * FROM orders WHERE id = $1", order_id), passes


async def _open_dispute(tx: Tx, order_id: UUID) -> Any:
    return await tx.raw.fetchrow("SELECT * FROM disputes WHERE order_id = $1 AND state = 'OPEN'", order_id)
