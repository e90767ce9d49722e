"""Sell a package: one charge for all that it holds, all or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from models.errors import Problem, Refused, refuse, unknown
from models.operations.base import STAFF, Changed, ToPay, Tx
from models.operations.consent import Consent, checked_consent, write_consent
from models.operations.cover_waiting import covered, lock_with_waiting
from models.operations.offers import check_package_offers, checked_channel
from models.operations.packages import Assembled, assemble
from models.operations.refresh import refresh
from models.operations.sell_pass import (
    check_not_over,
    checked_payment,
    checked_start,
    home_of_buyer,
    home_zone,
    payment_details,
    write_pass,
)
from models.operations.settle_refund import give_credit
from models.operations.spend_credit import SPENT, credit_of, spend
from models.operations.spread_closure import join_closures
from models.queries.catalogue import option_terms
from models.queries.packages import with_nested
from models.rules.activation import start_at_sale
from models.rules.calendar import local_day
from models.rules.codes import Code
from models.rules.offers import Sale
from models.rules.terms import terms_with
from models.rules.values import Activation, OrderPurpose, PackageItemKind, PaymentMethod, Role, SaleChannel, TestCard
from models.tables.base import new_id
from models.tables.packages import package_items, package_sales


@dataclass(frozen=True, slots=True)
class SellPackage:
    """Sell the current version of a package. `starts_on` is for the parts activated ON_DATE.

    `channel` None: STAFF, or ONLINE where the client buys. `link_code` is what a DIRECT_LINK carries. With `use_credit`
    the client's credit pays first, and the rest is charged.
    """

    client_id: UUID
    package_id: UUID
    payment_method: PaymentMethod | None = None
    test_card: TestCard | None = None
    starts_on: date | None = None
    location_id: UUID | None = None
    channel: SaleChannel | None = None
    link_code: str | None = None
    use_credit: bool = False
    consent: Consent | None = None


async def sell_package(tx: Tx, command: SellPackage) -> ToPay:
    """Check the sale of every part and say what is to be charged for all of them.

    Errors: NOT_FOUND, PACKAGE_ARCHIVED, OPTION_ARCHIVED, PAYMENT_REQUIRED, PAYMENT_DECLINED, FORBIDDEN,
    DATE_OUT_OF_RANGE, TERMS_CONTRADICT, CONSENT_REQUIRED where any part renews and the law asks for it, and those of
    `check_package_offers`.
    """
    tx.require(*STAFF, Role.CLIENT)
    home = await home_of_buyer(tx, command.client_id)
    rows = await with_nested(tx.raw, [command.package_id])
    package = rows.get(command.package_id)
    if package is None:
        raise unknown("package", "packageId")
    if package.archived_at is not None:
        raise refuse(Code.PACKAGE_ARCHIVED, "packageId")
    terms = package.current_version.terms
    assembled = await assemble(tx, terms, rows, "packageId")
    credit = min(terms.price_minor, await credit_of(tx, command.client_id)) if command.use_credit else 0
    payment = checked_payment(tx, command.payment_method, command.test_card, terms.price_minor - credit)
    starts = _starts(tx, assembled, command.starts_on)
    zone = await home_zone(tx, command.location_id or home)
    channel = checked_channel(tx.actor.role, command.channel)
    await check_package_offers(tx, package, rows, assembled, command.client_id, Sale(channel, command.link_code))
    consent = checked_consent(tx, [part.terms for part in assembled.parts], command.consent)
    order_id, sale_id = new_id(), new_id()
    parts: list[dict[str, Any]] = [
        {
            "pass_id": str(new_id()),
            "option_id": str(part.option_id),
            "option_version": assembled.options[part.option_id].version,
            "override": dict(part.override),
            "share_minor": part.share_minor,
            "starts_on": first and first.isoformat(),
        }
        for part, first in zip(assembled.parts, starts, strict=True)
    ]
    details: dict[str, Any] = {
        "consent": consent,
        "package_id": str(package.id),
        "package_version": package.current_version.version,
        "package_sale_id": str(sale_id),
        "sold_on": local_day(tx.now, zone).isoformat(),
        "zone": zone,
        "channel": channel,
        "parts": parts,
        "items": [
            {
                "kind": extra.kind,
                "name": extra.name,
                "quantity": extra.quantity,
                "value_minor": extra.value_minor,
                "share_minor": extra.share_minor,
            }
            for extra in assembled.extras
        ],
        SPENT: credit,
    }
    first_pass = UUID(parts[0]["pass_id"])
    await spend(tx, command.client_id, credit, order_id, first_pass)
    return ToPay(
        purpose=OrderPurpose.PACKAGE,
        client_id=command.client_id,
        pass_id=first_pass,
        period_number=1,
        subject_pass_id=None,
        price_minor=terms.price_minor,
        credit_minor=credit,
        payment=payment,
        details=details | payment_details(payment),
        gateway_key=f"package:{order_id}:1",
        id=order_id,
    )


async def fulfil_package(tx: Tx, bought: ToPay) -> Changed:
    """Write the sale, its passes and its other items."""
    details = bought.details
    sale_id = UUID(details["package_sale_id"])
    await tx.insert(
        package_sales,
        {
            "id": sale_id,
            "client_id": bought.client_id,
            "package_id": UUID(details["package_id"]),
            "package_version": details["package_version"],
            "price_minor": bought.price_minor,
            "order_id": bought.id,
            "channel": details["channel"],
            "sold_at": tx.now,
            "refunded_at": None,
        },
    )
    made = [await _write_part(tx, bought, sale_id, part) for part in details["parts"]]
    await refresh(tx, made)
    for pass_id in made:
        await join_closures(tx, pass_id)
    await _write_items(tx, bought, sale_id)
    await tx.event("package.sold", packageSale=sale_id, priceMinor=bought.price_minor, passes=made)
    waiting = await lock_with_waiting(tx, made)
    return await covered(tx, Changed(passes=made, rows={"packageSale": sale_id}), waiting)


async def _write_part(tx: Tx, bought: ToPay, sale_id: UUID, part: Mapping[str, Any]) -> UUID:
    option = await option_terms(tx.raw, UUID(part["option_id"]), part["option_version"])
    assert option is not None, "a version that was sold is never deleted"
    option = replace(option, terms=terms_with(option.terms, part["override"]))
    pass_id, share = UUID(part["pass_id"]), part["share_minor"]
    starts_on = date.fromisoformat(part["starts_on"]) if part["starts_on"] else None
    # The day on which it was bought counts, though its payment may have been settled after midnight.
    sold_on = date.fromisoformat(bought.details["sold_on"])
    await write_pass(
        tx,
        replace(bought, pass_id=pass_id, price_minor=share, credit_minor=0),
        option,
        first=start_at_sale(option.terms, sold_on, starts_on),
        sold_on=sold_on,
        zone=bought.details["zone"],
        part={"package_sale_id": sale_id, "terms_override": part["override"]},
    )
    await write_consent(tx, bought, pass_id, option.terms)
    await tx.event("pass.sold", pass_id=pass_id, priceMinor=share, packageSale=sale_id)
    return pass_id


async def _write_items(tx: Tx, bought: ToPay, sale_id: UUID) -> None:
    for position, item in enumerate(bought.details["items"]):
        row = {"id": new_id(), "package_sale_id": sale_id, "position": position, **item}
        await tx.insert(package_items, row | {"refunded_minor": 0, "refunded_at": None})
        if item["kind"] == PackageItemKind.CREDIT:
            await give_credit(tx, bought.client_id, item["value_minor"], order_id=bought.id, pass_id=None)


def _starts(tx: Tx, assembled: Assembled, starts_on: date | None) -> list[date | None]:
    """Return the chosen first day of each part that has one."""
    chooses = [part.terms.activation is Activation.ON_DATE for part in assembled.parts]
    if starts_on is not None and not any(chooses):
        raise refuse(Code.TERMS_CONTRADICT, "startsOn", sentence="No part of the package starts on a chosen date.")
    starts = []
    for part, chosen in zip(assembled.parts, chooses, strict=True):
        first = checked_start(tx, part.terms, starts_on if chosen else None)
        try:
            check_not_over(tx, part.terms, first)
        except Refused as refused:
            raise Refused(*(Problem(each.reason, ("packageId",)) for each in refused.problems)) from refused
        starts.append(first)
    return starts
