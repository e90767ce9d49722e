"""Undo a conversion: the new pass is paid back and closed, and the old one is open again with what it had."""

from typing import Any
from uuid import UUID

from models.operations.base import Changed, Tx
from models.operations.pass_guards import require_settled
from models.operations.refresh import refresh
from models.operations.refund_pass import Refunded, pay_back, require_undisputed
from models.operations.renew_pass import NOTHING_OVERDUE
from models.operations.undo.claims_back import give_what_it_took, take_what_it_gave
from models.operations.undo.dependents import require_none_later
from models.operations.undo.done import Done
from models.operations.undo.passes import not_written_down
from models.operations.undo.renewals import free_number
from models.operations.undo.sales import require_unused
from models.operations.undo.taken_back import (
    CHANGED_SINCE,
    empty_made,
    lift_all,
    move_back,
    reopen,
    require_no_charge,
    require_not_lapsed,
    take_credit,
)
from models.queries.locks import lock_passes
from models.queries.refunds import sources
from models.rules.values import Account, ClosedReason, RefundDestination, UnusedAtConversion
from models.tables.passes import passes

_LEFT_OVER = "SELECT coalesce(sum(amount_minor), 0)::bigint FROM client_credits WHERE operation_id = $1"


async def undo_conversion(tx: Tx, done: Done) -> Changed:
    """Pay the new pass back and close it, open the old one again, and let it pay for what it had paid for.

    What unused visits were worth is taken back with them. Errors: DEPENDED_ON for what uses the new pass or has spent
    that credit, NOT_UNDOABLE where the old pass is over by now, DISPUTE_OPEN, PAYMENT_IN_PROGRESS.
    """
    new_id, old_id = done.changed.passes[:2]
    former = done.former()
    if former is None:
        raise not_written_down()
    locked = await lock_passes(tx.raw, done.passes)
    require_settled(locked[new_id])
    await require_undisputed(tx, new_id)
    await require_not_lapsed(tx, done, new_id)
    await take_what_it_gave(tx, done, done.visits)
    await require_unused(tx, done, [new_id])
    await require_none_later(tx, done, CHANGED_SINCE, passes=[new_id])
    made = await _money_back(tx, done, new_id, locked[new_id].client_id)
    await empty_made(tx, done, new_id, carried=Account.CONVERTED)
    await lift_all(tx, done, new_id)
    await tx.update(passes, new_id, closed_reason=ClosedReason.REFUNDED, closed_at=tx.now, **NOTHING_OVERDUE)
    await _unfollowed(tx, new_id, old_id)
    await tx.raw.execute(
        "UPDATE periods SET cut_at = NULL WHERE pass_id = $1 AND number = ANY($2)", old_id, former["cut"]
    )
    await reopen(tx, done, old_id, former)
    await move_back(tx, done, old_id)
    await tx.event("pass.conversionTakenBack", pass_id=old_id, to=new_id, reason=done.reason)
    await refresh(tx, [new_id, old_id])
    await give_what_it_took(tx, done, done.visits)
    await require_no_charge(tx, [old_id])
    figures = {"refunds": [str(each) for each in made]}
    return Changed([old_id, new_id], list(done.changed.visits), orders=list(done.changed.orders), figures=figures)


async def _money_back(tx: Tx, done: Done, new_id: UUID, client_id: UUID) -> list[UUID]:
    """Pay back what the conversion took, and take what it gave for unused visits: that comes back as visits."""
    (order_id,) = done.changed.orders
    paid = [source for source in await sources(tx.raw, new_id) if source.order_id == order_id]
    amount = sum(source.money_minor + source.credit_minor for source in paid)
    what = Refunded(new_id, client_id)
    left_over = await tx.raw.fetchval(_LEFT_OVER, done.id)
    made = await pay_back(tx, what, paid, amount, RefundDestination.ORIGINAL, done.reason)
    order: Any = await tx.row("SELECT credit_minor, details FROM orders WHERE id = $1", order_id)
    worth = order["credit_minor"] + left_over
    if order["details"]["unused"] == UnusedAtConversion.CREDIT and worth:
        await take_credit(tx, done, client_id, worth, order_id, new_id)
    return made


async def _unfollowed(tx: Tx, new_id: UUID, old_id: UUID) -> None:
    """Let something else follow the period of the old pass: what is undone keeps its row, under another number."""
    number = await tx.raw.fetchval("SELECT predecessor_period FROM passes WHERE id = $1", new_id)
    kept = await free_number(tx, old_id)
    await tx.raw.execute(
        "UPDATE successions SET period_number = $3 WHERE pass_id = $1 AND period_number = $2", old_id, number, kept
    )
    await tx.update(passes, new_id, predecessor_period=kept)
