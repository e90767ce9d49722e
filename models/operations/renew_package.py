"""Renew every pass of a package at once: one order for the next period of each, at the shares they were sold with."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from models.errors import Problem, Refused, refuse, unknown
from models.operations.base import STAFF, Changed, Payment, ToPay, Tx, plain
from models.operations.cover_waiting import covered, lock_with_waiting
from models.operations.pass_guards import FOR_GOOD, require_not_gone, require_settled
from models.operations.refresh import refresh
from models.operations.renew_pass import STARTED, grant_next, require_renewable, restarts, stored_payment
from models.operations.sell_pass import checked_payment
from models.operations.spend_credit import SPENT, credit_of, spend
from models.operations.spread_closure import before_joining
from models.queries.locks import lock_passes
from models.queries.packages import pass_ids_of
from models.rules.codes import Code
from models.rules.facts import PassFacts
from models.rules.values import OrderPurpose, PaymentMethod, Role, TestCard
from models.tables.base import new_id

RENEWED = "renewed_sale_id"
"""Where the details of an order say which sold package it renews."""


@dataclass(frozen=True, slots=True)
class RenewPackage:
    """Renew every pass that is still in a sold package. With `use_credit` the client's credit pays first."""

    package_sale_id: UUID
    payment_method: PaymentMethod | None = None
    test_card: TestCard | None = None
    use_credit: bool = False


async def sold_package(tx: Tx, sale_id: UUID) -> UUID:
    """Return the client of a sold package; a client finds only their own. Errors: NOT_FOUND."""
    client_id: UUID | None = await tx.raw.fetchval("SELECT client_id FROM package_sales WHERE id = $1", sale_id)
    if client_id is None:
        raise unknown("package sale", "packageSaleId")
    tx.require_client(client_id, "package sale", "packageSaleId")
    return client_id


async def renew_package(tx: Tx, command: RenewPackage) -> ToPay:
    """Check the renewal of each part and say what is to be charged: the sum of the parts' shares.

    Parts that were refunded, converted or given away are no longer in it. Goods and credit were bought once.

    Errors: NOT_FOUND, NOTHING_TO_DO, PAYMENT_REQUIRED, PAYMENT_DECLINED, FORBIDDEN, and with the index of the part
    PASS_CLOSED, PAYMENT_IN_PROGRESS, NOT_RENEWABLE, HAS_SUCCESSOR.
    """
    tx.require(*STAFF, Role.CLIENT)
    await before_joining(tx)
    client_id = await sold_package(tx, command.package_sale_id)
    credit = await credit_of(tx, client_id) if command.use_credit else 0
    ids = (await pass_ids_of(tx.raw, [command.package_sale_id]))[command.package_sale_id]
    await lock_with_waiting(tx, ids)
    locked = await lock_passes(tx.raw, ids)
    parts = [locked[each] for each in ids if locked[each].closed_reason not in FOR_GOOD]
    if not parts:
        raise refuse(Code.NOTHING_TO_DO, "packageSaleId", sentence="no pass is left in the package.")
    _check(tx, ids, parts)
    price = sum(part.terms.price_minor for part in parts)
    credit = min(credit, price)
    stored = await tx.row("SELECT payment_method, test_card FROM passes WHERE id = $1", parts[0].id)
    if command.payment_method is None and stored["payment_method"] == PaymentMethod.TEST_CARD:
        payment: Payment | None = stored_payment(stored)
    else:
        payment = checked_payment(tx, command.payment_method, command.test_card, price - credit)
    order_id = new_id()
    await spend(tx, client_id, credit, order_id, parts[0].id)
    return ToPay(
        purpose=OrderPurpose.PACKAGE,
        client_id=client_id,
        pass_id=parts[0].id,
        period_number=parts[0].periods[-1].number + 1,
        subject_pass_id=parts[0].id,
        price_minor=price,
        credit_minor=credit,
        payment=payment,
        details={
            RENEWED: str(command.package_sale_id),
            "parts": [
                {
                    "pass_id": str(part.id),
                    "period_number": part.periods[-1].number + 1,
                    "share_minor": part.terms.price_minor,
                    "on_depletion": restarts(tx, part),
                    STARTED: plain(part.windows[0].first_day),
                }
                for part in parts
            ],
            SPENT: credit,
        },
        gateway_key=f"package:{order_id}:1",
        id=order_id,
    )


def _check(tx: Tx, ids: list[UUID], parts: list[PassFacts]) -> None:
    found = []
    for part in parts:
        try:
            require_not_gone(part)
            require_settled(part)
            require_renewable(tx, part)
        except Refused as refused:
            found += [Problem(each.reason, ("parts", str(ids.index(part.id)))) for each in refused.problems]
    if found:
        raise Refused(*found)


async def fulfil_package_renewal(tx: Tx, bought: ToPay) -> Changed:
    """Grant each part the period that was paid for, at its share."""
    parts = bought.details["parts"]
    made = [UUID(part["pass_id"]) for part in parts]
    waiting = await lock_with_waiting(tx, made)
    await lock_passes(tx.raw, made)
    kept: dict[str, Any] = {}
    for pass_id, part in zip(made, parts, strict=True):
        one = replace(
            bought,
            pass_id=pass_id,
            subject_pass_id=pass_id,
            period_number=part["period_number"],
            price_minor=part["share_minor"],
            credit_minor=0,
            details={"automatic": False, "on_depletion": part["on_depletion"], STARTED: part.get(STARTED)},
        )
        kept[str(pass_id)] = (await grant_next(tx, one)).figures
    sale_id = UUID(bought.details[RENEWED])
    await tx.event("package.renewed", packageSale=sale_id, priceMinor=bought.price_minor, passes=made)
    return await covered(tx, Changed(passes=made, rows={"packageSale": sale_id}, figures={"kept": kept}), waiting)


async def package_declined(tx: Tx, bought: ToPay, *, hard: bool, detail: str) -> None:
    """Note a declined charge for a package; passes that were to renew stay as they were, and are due again."""
    if RENEWED not in bought.details:
        return
    parts = [UUID(part["pass_id"]) for part in bought.details["parts"]]
    await lock_passes(tx.raw, parts)
    await tx.event("payment.declined", pass_id=bought.pass_id, detail=detail, hard=hard)
    await refresh(tx, parts)
