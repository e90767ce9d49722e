"""All parts of a package renewed or refunded at once, and undone at once; and what stands in the way of it."""

from dataclasses import replace
from uuid import UUID

import pytest

from models.operations.change_pass import ExtendPass, extend_pass
from models.operations.refund_package import RefundPackage, refund_package
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.renew_package import RenewPackage, renew_package
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.rules.codes import Code
from models.rules.values import RefundDestination
from tests.operations.acts import DAY, HOUR
from tests.operations.effective import effective
from tests.operations.test_dry_run import CARD
from tests.operations.test_undo_dependents import needs, undo
from tests.operations.test_undo_every_verb import last_operation
from tests.operations.test_undo_packages import credit
from tests.packaged import starter_sold
from tests.studio import TEN_CLASSES, Studio

TO_CREDIT = RefundDestination.CREDIT


async def refunded_at(studio: Studio) -> object:
    """When the package that was sold was paid back."""
    return (await studio.fetch("SELECT refunded_at FROM package_sales"))[0]["refunded_at"]


async def goods(studio: Studio) -> tuple[UUID, ...]:
    """The goods that came with the package that was sold."""
    return tuple(row["id"] for row in await studio.fetch("SELECT id FROM package_items WHERE kind = 'GOODS'"))


@pytest.mark.parametrize("with_credit", [True, False])
@pytest.mark.parametrize("days", [0, 40])
async def test_a_renewal_is_taken_back_from_every_part(studio: Studio, with_credit: bool, days: int) -> None:
    sold = await starter_sold(studio)
    if with_credit:
        await credit(studio, 2_500)
    await studio.book([studio.began + DAY], pass_id=sold.passes[0])
    await studio.advance(studio.began + days * DAY + HOUR)
    before = await effective(studio)
    for _ in range(2):
        await studio.do(renew_package, RenewPackage(sold.rows["packageSale"], *CARD, use_credit=with_credit))
        undone = await undo(studio, await last_operation(studio))
        assert await effective(studio) == before
        assert sorted(undone.passes) == sorted(sold.passes)
    await studio.do(renew_package, RenewPackage(sold.rows["packageSale"], *CARD))
    assert [len((await studio.facts(each)).periods) for each in sold.passes] == [2 if days == 0 else 3] * 2


async def test_a_renewal_waits_for_what_uses_one_of_its_periods(studio: Studio) -> None:
    sold = await starter_sold(studio)
    await studio.do(renew_package, RenewPackage(sold.rows["packageSale"], *CARD))
    renewal = await last_operation(studio)
    await studio.book([studio.began + 40 * DAY], pass_id=sold.passes[0])
    booking = await last_operation(studio)
    await needs(studio, renewal, booking)
    await undo(studio, booking)
    await studio.do(extend_pass, ExtendPass(sold.passes[1], 2, "Storm"))
    extension = await last_operation(studio)
    await needs(studio, renewal, extension)
    await undo(studio, extension)
    await undo(studio, renewal)
    assert [len((await studio.facts(each)).periods) for each in sold.passes] == [1, 1]


@pytest.mark.parametrize("with_goods", [True, False])
async def test_a_refund_that_became_credit_is_taken_back_whole(studio: Studio, with_goods: bool) -> None:
    sold = await starter_sold(studio)
    for hours, pass_id in enumerate(sold.passes):
        await studio.book([studio.began + n * DAY + hours * HOUR for n in (1, 5)], pass_id=pass_id)
    before = await effective(studio)
    for _ in range(2):
        named = await goods(studio) if with_goods else ()
        command = RefundPackage(sold.rows["packageSale"], "Moved away", named, TO_CREDIT)
        await studio.do(refund_package, command)
        refund = await last_operation(studio)
        assert await refunded_at(studio) is not None
        spent = await studio.option(replace(TEN_CLASSES, price_minor=4_000))
        await studio.do(sell_pass, SellPass(studio.client, spent, *CARD, use_credit=True))
        spending = await last_operation(studio)
        await needs(studio, refund, spending)
        await undo(studio, spending)
        await undo(studio, refund)
        after = await effective(studio)
        after["options"] = before["options"]
        assert after == before
        assert await refunded_at(studio) is None


async def test_goods_that_came_back_later_are_a_refund_of_their_own(studio: Studio) -> None:
    sale = (await starter_sold(studio)).rows["packageSale"]
    start = await effective(studio)
    await studio.do(refund_package, RefundPackage(sale, "Moved away", destination=TO_CREDIT))
    first, at_first = await last_operation(studio), await refunded_at(studio)
    await studio.advance(studio.began + HOUR)
    between = await effective(studio)
    await studio.do(refund_package, RefundPackage(sale, "Mat too", await goods(studio), TO_CREDIT))
    second, at_second = await last_operation(studio), await refunded_at(studio)
    await undo(studio, second)
    assert (await effective(studio), await refunded_at(studio)) == (between, at_first)
    await studio.do(refund_package, RefundPackage(sale, "Mat too", await goods(studio), TO_CREDIT))
    await undo(studio, first)
    assert await refunded_at(studio) == at_second
    again = await effective(studio)
    assert again["passes"] == start["passes"]
    assert len(again["bought"]) == len(start["bought"]) - 1


async def test_a_refund_whose_money_has_left_stays(studio: Studio) -> None:
    sale = (await starter_sold(studio)).rows["packageSale"]
    await studio.do(refund_package, RefundPackage(sale, "Moved away"))
    undoing = UndoOperation(await last_operation(studio), "A mistake")
    assert await studio.refused(undo_operation, undoing) is Code.NOT_UNDOABLE


async def test_a_sale_whose_refund_or_renewal_was_undone_can_be_undone(studio: Studio) -> None:
    sold = await starter_sold(studio)
    sale = await last_operation(studio)
    await studio.do(refund_package, RefundPackage(sold.rows["packageSale"], "Moved away", destination=TO_CREDIT))
    refund = await last_operation(studio)
    await needs(studio, sale, refund)
    await undo(studio, refund)
    await studio.do(renew_package, RenewPackage(sold.rows["packageSale"], *CARD))
    renewal = await last_operation(studio)
    await needs(studio, sale, renewal)
    await undo(studio, renewal)
    await undo(studio, sale)
    after = await effective(studio)
    assert (after["passes"], after["bought"], after["credit"]) == ({}, [], [])
    assert await studio.refused(refund_pass, RefundPass(sold.passes[0], "Again")) is Code.PASS_CLOSED
