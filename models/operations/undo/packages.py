"""Undo what was done with packages: sold, written, revised and archived."""

from typing import Any
from uuid import UUID

from models.errors import refuse
from models.operations.base import Changed, Tx
from models.operations.packages import ArchivePackage, RevisePackage, archive_package, revise_package
from models.operations.refund_package import give_item_back, take_credit_back
from models.operations.refund_pass import Refunded, RefundPass, refund_pass
from models.operations.spend_credit import credit_of
from models.operations.undo.claims_back import give_what_it_took, take_what_it_gave
from models.operations.undo.dependents import STANDING, depended_on, who_spent_credit
from models.operations.undo.done import Done
from models.operations.undo.sales import lift_what_it_joined, require_unused
from models.queries.locks import lock_client_passes, lock_passes
from models.queries.packages import items_of
from models.queries.refunds import sources
from models.rules.codes import Code
from models.rules.packages import package_from_json
from models.rules.values import PackageItemKind, RefundDestination
from models.tables.packages import package_sales, packages

# Who paid a part of it back, or goods and credit of it alone.
_PAID_BACK = f"""
SELECT DISTINCT e.operation_id AS id FROM events e
WHERE e.type = 'package.refunded' AND e.data->>'packageSale' = $1 AND {STANDING.format("e.operation_id")}
"""
_REVISED = f"""
SELECT DISTINCT e.operation_id AS id FROM events e
WHERE e.type = 'package.revised' AND e.data->>'package' = $1 AND e.id > $2 AND e.operation_id <> ALL($3)
  AND {STANDING.format("e.operation_id")}
"""
_SOLD = f"""
SELECT o.operation_id AS id FROM package_sales s JOIN orders o ON o.business_id = s.business_id AND o.id = s.order_id
WHERE s.package_id = $1 AND {STANDING.format("o.operation_id")}
"""
# The packages on sale that hold a thing, and the latest standing operation that wrote each.
_HELD = f"""
SELECT v.name, (
    SELECT e.operation_id FROM events e
    WHERE e.type IN ('package.created', 'package.revised') AND e.data->>'package' = k.id::text
      AND {STANDING.format("e.operation_id")} ORDER BY e.id DESC LIMIT 1
) AS id
FROM packages k
JOIN package_versions v ON v.business_id = k.business_id AND v.package_id = k.id AND v.version = k.current_version
WHERE k.archived_at IS NULL AND v.terms->'items' @> jsonb_build_array(jsonb_build_object($1::text, $2::text))
ORDER BY v.name, k.id
"""


async def undo_package_sale(tx: Tx, done: Done) -> Changed:
    """Pay the whole price back by the way it was paid, close the parts, and take back the credit that came with them.

    Goods count as returned. Errors: DEPENDED_ON for what uses a part or has spent the credit, DISPUTE_OPEN,
    PAYMENT_IN_PROGRESS, PASS_CLOSED.
    """
    sale, client_id = done.changed.rows["packageSale"], UUID(done.command["client_id"])
    sold = sorted(done.changed.passes)
    await lock_client_passes(tx.raw, client_id)
    await lock_passes(tx.raw, done.passes)
    moved = await take_what_it_gave(tx, done, done.visits)
    await give_what_it_took(tx, done, done.visits)
    paid_back = await tx.raw.fetch(_PAID_BACK, str(sale))
    if paid_back:
        raise await depended_on(tx, [row["id"] for row in paid_back])
    await require_unused(tx, done, sold)
    await lift_what_it_joined(tx, done)
    amount = 0
    for pass_id in sold:
        paid = sum(source.money_minor + source.credit_minor for source in await sources(tx.raw, pass_id))
        await refund_pass(tx, RefundPass(pass_id, done.reason, amount_minor=paid))
        amount += paid
    items = (await items_of(tx.raw, [sale]))[sale]
    for item in items:
        what = Refunded(done.changed.passes[0], client_id, item.id)
        amount += (await give_item_back(tx, what, item.share_minor, RefundDestination.ORIGINAL, done.reason))[1]
    # Credit that had paid for the package is back by now, and may be what came with it.
    credit = sum(item.value_minor for item in items if item.kind is PackageItemKind.CREDIT)
    await take_credit_back(tx, client_id, sale, credit)
    # A client who was given credit by it was locked before any pass.
    if credit and await credit_of(tx, client_id) < 0:
        raise await depended_on(tx, await who_spent_credit(tx, done, client_id))
    await tx.update(package_sales, sale, refunded_at=tx.now)
    await tx.event("package.refunded", packageSale=sale, amountMinor=amount, reason=done.reason)
    rows, orders = {"packageSale": sale}, list(done.changed.orders)
    return Changed(list(done.changed.passes), moved, orders=orders, rows=rows, figures={"amountMinor": amount})


async def undo_package(tx: Tx, done: Done) -> Changed:
    """Archive a package that was created and that nobody has bought, revised or put into another one.

    Errors: DEPENDED_ON, with the names of the packages that hold it.
    """
    package_id = done.changed.rows["package"]
    await _locked(tx, package_id)
    later = {row["id"] for row in await tx.raw.fetch(_SOLD, package_id)}
    later |= {row["id"] for row in await tx.raw.fetch(_REVISED, str(package_id), done.since, _own(tx, done))}
    await require_not_held(tx, "packageId", package_id, later)
    await archive_package(tx, ArchivePackage(package_id))
    return Changed(rows={"package": package_id})


async def require_not_held(tx: Tx, name: str, thing: UUID, later: set[UUID]) -> None:
    """Refuse where a package on sale holds the option or package, or where operations in `later` depend on it.

    `name` is what an item of a package calls it. Errors: DEPENDED_ON, with the names of the packages.
    """
    holding = {row["id"]: row["name"] for row in await tx.raw.fetch(_HELD, name, str(thing)) if row["id"]}
    if later or holding:
        raise await depended_on(tx, later | holding.keys(), named=holding)


async def undo_package_revision(tx: Tx, done: Done) -> Changed:
    """Make a further version that reads as the one before. Sold packages keep theirs.

    Errors: DEPENDED_ON for a later revision, OPTION_ARCHIVED or PACKAGE_ARCHIVED where what it held is no longer sold.
    """
    package_id, version = done.changed.rows["package"], done.command["from_version"]
    row = await _locked(tx, package_id)
    later = await tx.raw.fetch(_REVISED, str(package_id), done.since, _own(tx, done))
    if later:
        raise await depended_on(tx, [each["id"] for each in later])
    before = await tx.row(
        "SELECT name, terms FROM package_versions WHERE package_id = $1 AND version = $2", package_id, version
    )
    terms = package_from_json(before["terms"])
    await revise_package(tx, RevisePackage(package_id, row["current_version"], before["name"], terms))
    return Changed(rows={"package": package_id})


async def undo_package_archiving(tx: Tx, done: Done) -> Changed:
    """Sell the package again. Errors: NOTHING_TO_DO."""
    package_id = done.changed.rows["package"]
    if (await _locked(tx, package_id))["archived_at"] is None:
        raise refuse(Code.NOTHING_TO_DO, "operationId", sentence="the package is sold again already.")
    await tx.update(packages, package_id, archived_at=None)
    await tx.event("package.restored", package=package_id)
    return Changed(rows={"package": package_id})


async def _locked(tx: Tx, package_id: UUID) -> Any:
    return await tx.row("SELECT * FROM packages WHERE id = $1 FOR UPDATE", package_id)


def _own(tx: Tx, done: Done) -> list[UUID]:
    return [done.id, tx.operation_id]
