"""Pay a client back for a whole package: what is unused of each pass, goods that came back, and credit not spent."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.errors import refuse, unknown
from models.operations.base import STAFF, Changed, Tx, checked_text, unique
from models.operations.offers import lock_client
from models.operations.pass_guards import FOR_GOOD
from models.operations.refund_pass import Refunded, RefundPass, pay_back, refund_pass
from models.operations.renew_package import sold_package
from models.operations.spend_credit import credit_of, spend
from models.queries.locks import lock_passes
from models.queries.packages import PackageSaleItemRow, items_of, pass_ids_of
from models.queries.refunds import item_sources
from models.rules.codes import Code
from models.rules.packages import unspent_value
from models.rules.values import PackageItemKind, RefundDestination
from models.tables.packages import package_items, package_sales

# What this operation gave back of the credit that had paid.
_CAME_BACK = """
SELECT coalesce(sum(least(r.amount_minor, o.credit_minor)), 0)::bigint FROM (
    SELECT business_id, order_id, sum(amount_minor) AS amount_minor FROM refunds
    WHERE operation_id = $1 AND destination = 'CREDIT' GROUP BY 1, 2
) r JOIN orders o ON o.business_id = r.business_id AND o.id = r.order_id
"""


@dataclass(frozen=True, slots=True)
class RefundPackage:
    """Refund a sold package. `goods` are the items that came back; goods that are not named are kept and paid for."""

    package_sale_id: UUID
    reason: str
    goods: tuple[UUID, ...] = ()
    destination: RefundDestination = RefundDestination.ORIGINAL


async def refund_package(tx: Tx, command: RefundPackage) -> Changed:
    """Refund every pass that is still in the package as `refundPass` would, the named goods, and credit not yet spent.

    What the client has left of credit counts as the package's, up to what it gave. Goods can come back later too.

    Errors: NOT_FOUND, PAYMENT_IN_PROGRESS, NOTHING_TO_DO, TEXT_OUT_OF_RANGE.
    """
    tx.require(*STAFF)
    client_id = await sold_package(tx, command.package_sale_id)
    reason = checked_text(command.reason, 1, 500, "reason")
    # The client comes before their passes, as in every verb that locks both.
    await lock_client(tx, client_id)
    sale = command.package_sale_id
    ids = (await pass_ids_of(tx.raw, [sale]))[sale]
    items = _wanted((await items_of(tx.raw, [sale]))[sale], command.goods)
    locked = await lock_passes(tx.raw, ids)
    before = await credit_of(tx, client_id)
    parts: list[dict[str, Any]] = []
    kept: dict[str, dict[str, Any]] = {}
    visits: list[UUID] = []
    made: list[str] = []
    for pass_id in (each for each in ids if locked[each].closed_reason not in FOR_GOOD):
        done = await refund_pass(tx, RefundPass(pass_id, reason, destination=command.destination))
        parts.append({"passId": str(pass_id), "amountMinor": done.figures["amountMinor"]})
        kept[str(pass_id)] = {name: done.figures[name] for name in ("former", "units", "amountMinor")}
        visits += done.visits
        made += done.figures["refunds"]
    # Credit that had paid for a pass has just come back; money that goes back as credit never was the package's credit.
    credit = min(await credit_of(tx, client_id), before + await tx.raw.fetchval(_CAME_BACK, tx.operation_id))
    given: list[dict[str, Any]] = []
    for item in items:
        taken = min(credit, item.value_minor) if item.kind is PackageItemKind.CREDIT else item.value_minor
        if item.kind is PackageItemKind.CREDIT and not taken:
            continue
        credit -= taken if item.kind is PackageItemKind.CREDIT else 0
        value = item.share_minor
        if item.kind is PackageItemKind.CREDIT:
            value = unspent_value(value, item.value_minor, taken)
        what = Refunded(ids[0], client_id, item.id)
        refunds = await give_item_back(tx, what, value, command.destination, reason)
        if item.kind is PackageItemKind.CREDIT:
            await take_credit_back(tx, client_id, sale, taken)
        given.append({"itemId": str(item.id), "amountMinor": refunds[1], "takenMinor": taken})
        made += [str(each) for each in refunds[0]]
    if not parts and not given:
        raise refuse(Code.NOTHING_TO_DO, "packageSaleId", sentence="all of the package was paid back before.")
    await tx.update(package_sales, sale, refunded_at=tx.now)
    amount = sum(each["amountMinor"] for each in (*parts, *given))
    await tx.event("package.refunded", packageSale=sale, amountMinor=amount, reason=reason)
    figures = {"parts": parts, "items": given, "amountMinor": amount, "refunds": made, "kept": kept}
    return Changed(passes=ids, visits=unique(visits), rows={"packageSale": sale}, figures=figures)


def _wanted(items: list[PackageSaleItemRow], goods: tuple[UUID, ...]) -> list[PackageSaleItemRow]:
    """Return the goods that are named and the credit, as far as they were not paid back before."""
    known = {item.id for item in items if item.kind is PackageItemKind.GOODS}
    for at, item_id in enumerate(goods):
        if item_id not in known:
            raise unknown("package item", "goods", str(at))
    named = set(goods)
    return [
        item for item in items if item.refunded_at is None and (item.kind is PackageItemKind.CREDIT or item.id in named)
    ]


async def give_item_back(
    tx: Tx, what: Refunded, value: int, destination: RefundDestination, reason: str
) -> tuple[list[UUID], int]:
    """Pay back one item, never more than the order has left; return the refunds and their sum in minor units."""
    assert what.item_id is not None
    paid = await item_sources(tx.raw, what.item_id)
    amount = min(value, sum(source.money_minor + source.credit_minor for source in paid))
    made = await pay_back(tx, what, paid, amount, destination, reason)
    await tx.update(package_items, what.item_id, refunded_minor=amount, refunded_at=tx.now)
    return made, amount


async def take_credit_back(tx: Tx, client_id: UUID, sale_id: UUID, amount_minor: int) -> None:
    """Take from the locked client credit that came with a package."""
    order_id = await tx.raw.fetchval("SELECT order_id FROM package_sales WHERE id = $1", sale_id)
    await spend(tx, client_id, amount_minor, order_id, None)
