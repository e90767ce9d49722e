"""Packages undone: sold, held, written, revised and archived, and what stands in the way of it."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from models.errors import Refused
from models.operations.catalogue import CreatePurchaseOption, create_purchase_option
from models.operations.end_visit import AttendanceOutcome, RecordAttendance, record_attendance
from models.operations.hold_package import HoldPackage, hold_package
from models.operations.holds import RemoveHold, remove_hold
from models.operations.packages import (
    ArchivePackage,
    CreatePackage,
    RevisePackage,
    archive_package,
    create_package,
    revise_package,
)
from models.operations.refund_package import RefundPackage, refund_package
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.sell_package import SellPackage, sell_package
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.codes import Code
from models.rules.packages import PackageItem, PackageTerms
from models.rules.policies import RefundPolicy
from models.rules.terms import Conversion
from models.rules.values import AfterExpiration, PackageItemKind, RefundBasis, RefundDestination, UnusedAtConversion
from tests.operations.acts import DAY, HOUR, renew
from tests.operations.effective import effective
from tests.operations.test_dry_run import CARD
from tests.operations.test_undo_dependents import needs, undo
from tests.operations.test_undo_every_verb import last_operation
from tests.packaged import CREDIT, MAT, POOL, YOGA, starter_sold, starter_terms
from tests.studio import MONTH, TEN_CLASSES, Studio


async def credit(studio: Studio, amount_minor: int) -> None:
    """Give the studio's client credit: the refund of a pass."""
    pass_id = await studio.sell(replace(TEN_CLASSES, price_minor=amount_minor))
    await studio.do(refund_pass, RefundPass(pass_id, "Moved", destination=RefundDestination.CREDIT))


async def a_package(studio: Studio, *lines: PackageItem, price_minor: int = 10_000) -> UUID:
    """Create a package of these items and one pass."""
    held = PackageItem(PackageItemKind.PASS, option_id=await studio.option(YOGA))
    terms = PackageTerms(price_minor, (held, *lines))
    return (await studio.do(create_package, CreatePackage("Starter", terms))).rows["package"]


async def given_back(studio: Studio, sale: UUID) -> list[tuple[str, int]]:
    """What was paid back of a sold package, by destination."""
    rows = await studio.fetch(
        """SELECT destination, sum(amount_minor)::bigint AS amount FROM refunds
           WHERE order_id = (SELECT order_id FROM package_sales WHERE id = $1) GROUP BY 1 ORDER BY 1""",
        sale,
    )
    return [(row["destination"], row["amount"]) for row in rows]


@pytest.mark.parametrize("paid_with_credit", [0, 3_000, 12_000])
async def test_a_sale_goes_back_by_the_way_it_was_paid(studio: Studio, paid_with_credit: int) -> None:
    if paid_with_credit:
        await credit(studio, paid_with_credit)
    package = (await studio.do(create_package, CreatePackage("Starter", await starter_terms(studio)))).rows["package"]
    (visit,) = (await studio.book([studio.began + DAY])).visits
    before = await effective(studio)
    command = SellPackage(studio.client, package, *CARD, use_credit=paid_with_credit > 0)
    for _ in range(2):
        sale = (await studio.do(sell_package, command)).rows["packageSale"]
        paid = await studio.fetch("SELECT pass_id FROM visits WHERE id = $1", visit)
        assert paid[0]["pass_id"] is not None
        await undo(studio, await last_operation(studio))
        assert await effective(studio) == before
        by_credit = min(paid_with_credit, 10_000)
        assert dict(await given_back(studio, sale)) == {
            each: amount for each, amount in (("CREDIT", by_credit), ("ORIGINAL", 10_000 - by_credit)) if amount
        }


async def test_a_sale_is_paid_back_whole_whatever_its_parts_would_pay_back(studio: Studio) -> None:
    by_visit = replace(TEN_CLASSES, validity=MONTH)
    dropped = replace(by_visit, refund=RefundPolicy(RefundBasis.DROP_IN_PRICE, 9_000))
    items = [PackageItem(PackageItemKind.PASS, option_id=await studio.option(each)) for each in (dropped, POOL)]
    package = (await studio.do(create_package, CreatePackage("Both", PackageTerms(9_000, tuple(items))))).rows[
        "package"
    ]
    sale = (await studio.do(sell_package, SellPackage(studio.client, package, *CARD))).rows["packageSale"]
    sold = await last_operation(studio)
    await studio.advance(studio.began + 9 * DAY)
    await undo(studio, sold)
    assert await given_back(studio, sale) == [("ORIGINAL", 9_000)]


async def test_a_sale_waits_for_what_uses_a_part_or_spent_its_credit(studio: Studio) -> None:
    before = await effective(studio)
    sold = await starter_sold(studio)
    sale = await last_operation(studio)
    await studio.book([studio.began + DAY], pass_id=sold.passes[0])
    booking = await last_operation(studio)
    await needs(studio, sale, booking)
    await undo(studio, booking)
    gift = await studio.option(replace(TEN_CLASSES, price_minor=400))
    await studio.do(sell_pass, SellPass(studio.client, gift, use_credit=True))
    spending = await last_operation(studio)
    await needs(studio, sale, spending)
    await undo(studio, spending)
    await undo(studio, sale)
    after = await effective(studio)
    for told in (before, after):
        del told["options"], told["packages"]
    assert after == before


async def test_a_sale_waits_for_a_visit_that_was_and_for_a_period_bought_since(studio: Studio) -> None:
    sold = await starter_sold(studio)
    sale = await last_operation(studio)
    (visit,) = (await studio.book([studio.began - HOUR], pass_id=sold.passes[1])).visits
    booking = await last_operation(studio)
    await studio.do(record_attendance, RecordAttendance(visit, AttendanceOutcome.ATTENDED))
    await renew(studio, sold.passes[0])
    await needs(studio, sale, booking, await last_operation(studio))


async def test_a_sale_waits_for_the_refund_of_its_goods(studio: Studio) -> None:
    sold = await starter_sold(studio)
    sale = await last_operation(studio)
    items = await studio.fetch("SELECT id FROM package_items WHERE kind = 'GOODS'")
    await studio.do(refund_package, RefundPackage(sold.rows["packageSale"], "Torn", (items[0]["id"],)))
    await needs(studio, sale, await last_operation(studio))


async def test_a_hold_of_all_parts_is_taken_off_all_of_them(studio: Studio) -> None:
    sold = await starter_sold(studio)
    for hours, pass_id in enumerate(sold.passes):
        await studio.book([studio.began + n * DAY + hours * HOUR for n in (1, 9)], pass_id=pass_id)
    before = await effective(studio)
    first = studio.began.date()
    held = await studio.do(hold_package, HoldPackage(sold.rows["packageSale"], first, first + 5 * DAY))
    holding = await last_operation(studio)
    await studio.do(remove_hold, RemoveHold(held.holds[1]))
    removed = await last_operation(studio)
    await needs(studio, holding, removed)
    await undo(studio, removed)
    undone = await undo(studio, holding)
    assert await effective(studio) == before
    assert sorted(undone.passes) == sorted(sold.passes)


async def test_a_package_waits_for_its_sale_its_revision_and_what_holds_it(studio: Studio) -> None:
    before = await effective(studio)
    inner = await a_package(studio)
    creation = await last_operation(studio)
    await studio.do(sell_package, SellPackage(studio.client, inner, *CARD))
    sale = await last_operation(studio)
    await needs(studio, creation, sale)
    await undo(studio, sale)
    outer = await a_package(studio, PackageItem(PackageItemKind.PACKAGE, package_id=inner))
    holding = await last_operation(studio)
    await needs(studio, creation, holding)
    with pytest.raises(Refused, match=r"createPackage \(Starter\)"):
        await undo(studio, creation)
    await studio.do(archive_package, ArchivePackage(outer))
    archiving = await last_operation(studio)
    await undo(studio, archiving)
    await needs(studio, creation, holding)
    await undo(studio, holding)
    terms = (await studio.fetch("SELECT terms FROM package_versions WHERE package_id = $1", inner))[0]["terms"]
    held = PackageItem(PackageItemKind.PASS, option_id=UUID(terms["items"][0]["optionId"]))
    await studio.do(revise_package, RevisePackage(inner, 1, "Starter", PackageTerms(9_000, (held, MAT))))
    revision = await last_operation(studio)
    await needs(studio, creation, revision)
    await undo(studio, revision)
    await undo(studio, creation)
    assert (await effective(studio))["packages"] == before["packages"]


async def test_revisions_of_a_package_are_taken_back_the_last_one_first(studio: Studio) -> None:
    package = await a_package(studio, MAT)
    before = await effective(studio)
    terms = (await studio.fetch("SELECT terms FROM package_versions"))[0]["terms"]
    held = PackageItem(PackageItemKind.PASS, option_id=UUID(terms["items"][0]["optionId"]))
    made = []
    for version, price in enumerate((9_000, 8_000), start=1):
        new = PackageTerms(price, (held, CREDIT))
        await studio.do(revise_package, RevisePackage(package, version, f"Starter {version}", new))
        made.append(await last_operation(studio))
    await needs(studio, made[0], made[1])
    for operation in reversed(made):
        await undo(studio, operation)
    assert await effective(studio) == before
    versions = await studio.fetch("SELECT version FROM package_versions ORDER BY version")
    assert [row["version"] for row in versions] == [1, 2, 3, 4, 5]


async def test_an_option_waits_for_a_package_that_holds_it_and_names_it(studio: Studio) -> None:
    option = (await studio.do(create_purchase_option, CreatePurchaseOption("Ten", YOGA))).rows["purchaseOption"]
    creation = await last_operation(studio)
    held = PackageItem(PackageItemKind.PASS, option_id=option)
    await studio.do(create_package, CreatePackage("Summer deal", PackageTerms(9_000, (held,))))
    holding = await last_operation(studio)
    await needs(studio, creation, holding)
    with pytest.raises(Refused, match=r"createPackage \(Summer deal\)"):
        await undo(studio, creation)
    await undo(studio, holding)
    await undo(studio, creation)
    assert (await effective(studio))["options"] == []


async def test_an_option_waits_for_what_turns_into_it_and_not_for_a_sale_that_was_undone(studio: Studio) -> None:
    option = await studio.option(TEN_CLASSES)
    creation = await last_operation(studio)
    await studio.do(sell_pass, SellPass(studio.client, option, *CARD))
    await undo(studio, await last_operation(studio))
    turning = Conversion(option, UnusedAtConversion.FORFEIT)
    terms = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.CONVERT, conversion=turning)
    intro = await studio.option(terms)
    writing = await last_operation(studio)
    await studio.do(sell_pass, SellPass(studio.client, intro, *CARD))
    sale = await last_operation(studio)
    await needs(studio, creation, writing, sale)
    for operation in (sale, writing, creation):
        await undo(studio, operation)
    assert (await effective(studio))["options"] == []


async def test_of_ten_who_undo_a_sale_at_once_one_does(studio: Studio) -> None:
    sold = await starter_sold(studio)
    sale = await last_operation(studio)

    async def once() -> Code | None:
        try:
            await studio.do(undo_operation, UndoOperation(sale, "A mistake"), key=str(uuid4()))
        except Refused as refused:
            return refused.code
        return None

    codes = await asyncio.gather(*(once() for _ in range(10)))
    assert sorted(str(code) for code in codes) == ["Code.ALREADY_UNDONE"] * 9 + ["None"]
    assert await given_back(studio, sold.rows["packageSale"]) == [("ORIGINAL", 10_000)]


@pytest.mark.parametrize("_", range(6))
async def test_no_package_comes_to_hold_an_option_that_is_taken_back(studio: Studio, _: int) -> None:
    option = await studio.option(YOGA)
    creation = await last_operation(studio)
    terms = PackageTerms(9_000, (PackageItem(PackageItemKind.PASS, option_id=option),))

    found = await asyncio.gather(
        studio.do(create_package, CreatePackage("Deal", terms)),
        studio.do(undo_operation, UndoOperation(creation, "A mistake")),
        return_exceptions=True,
    )
    (refused,) = [each for each in found if isinstance(each, Refused)]
    assert refused.code is (Code.DEPENDED_ON if refused is found[1] else Code.OPTION_ARCHIVED)
