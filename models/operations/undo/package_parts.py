"""Undo what was done to all parts of a package at once: their renewal, and their refund. Each part as it would be."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from models.operations.base import Changed, Tx, unique
from models.operations.settle_refund import give_credit
from models.operations.undo.dependents import STANDING
from models.operations.undo.done import Done
from models.operations.undo.passes import not_written_down
from models.operations.undo.refunds import take_back_money, undo_refund
from models.operations.undo.renewals import undo_renewal
from models.queries.locks import lock_passes_only
from models.queries.packages import items_of
from models.rules.values import PackageItemKind
from models.tables.packages import package_items, package_sales

_VISITS = "SELECT DISTINCT visit_id FROM events WHERE operation_id = $1 AND pass_id = $2 AND visit_id IS NOT NULL"
# When else something of it was paid back: goods that came back before or since.
_REFUNDED_AT = f"""
SELECT max(e.at) FROM events e
WHERE e.type = 'package.refunded' AND e.data->>'packageSale' = $1 AND e.operation_id <> $2
  AND {STANDING.format("e.operation_id")}
"""


async def undo_package_renewal(tx: Tx, done: Done) -> Changed:
    """Take back the period of every part, and what was paid for them. Errors: those of undoing a renewal."""
    return await _each(tx, done, undo_renewal, done.changed.figures.get("kept"))


async def undo_package_refund(tx: Tx, done: Done) -> Changed:
    """Give every part back that was refunded, with the goods and the credit, and take the credit that was paid for it.

    Errors: DEPENDED_ON, and those of undoing a refund: NOT_UNDOABLE for money that has left.
    """
    sale = done.changed.rows["packageSale"]
    await lock_passes_only(tx.raw, done.passes)
    kinds = {item.id: item.kind for item in (await items_of(tx.raw, [sale]))[sale]}
    order_id, client_id = await tx.row("SELECT order_id, client_id FROM package_sales WHERE id = $1", sale)
    for each in done.changed.figures["items"]:
        item_id = UUID(each["itemId"])
        await tx.update(package_items, item_id, refunded_minor=0, refunded_at=None)
        if kinds[item_id] is PackageItemKind.CREDIT:
            await give_credit(tx, client_id, each["takenMinor"], order_id=order_id, pass_id=None)
    await take_back_money(tx, done)
    await tx.update(package_sales, sale, refunded_at=await tx.raw.fetchval(_REFUNDED_AT, str(sale), done.id))
    changed = await _each(tx, done, undo_refund, done.changed.figures.get("kept"))
    figures = {"amountMinor": done.changed.figures["amountMinor"]}
    await tx.event("package.refundTakenBack", packageSale=sale, **figures, reason=done.reason)
    return changed


async def _each(tx: Tx, done: Done, undo: Any, kept: Mapping[str, dict[str, Any]] | None) -> Changed:
    """Undo what was done to each part as if it had been done to that one alone. `kept` is what each answered."""
    if kept is None:
        raise not_written_down()
    await lock_passes_only(tx.raw, done.passes)
    changed = Changed(orders=list(done.changed.orders), rows=dict(done.changed.rows))
    for pass_id in sorted(UUID(each) for each in kept):
        visits = tuple(row["visit_id"] for row in await tx.raw.fetch(_VISITS, done.id, pass_id))
        answer = replace(done.changed, passes=[pass_id], visits=list(visits), figures=kept[str(pass_id)])
        alone: dict[str, Any] = {"passes": (pass_id,), "visits": visits, "changed": answer}
        back = await undo(tx, replace(done, command={"pass_id": str(pass_id), "units": None}, **alone))
        changed.passes += back.passes
        changed.visits = unique([*changed.visits, *back.visits])
    return changed
