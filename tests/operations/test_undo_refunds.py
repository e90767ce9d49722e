"""A refund is undone where its money has not left: credit that is not spent, and what the gateway has not paid."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.errors import Refused
from models.operations.change_pass import DeactivatePass, SetAutoRenew, deactivate_pass, set_auto_renew
from models.operations.convert_pass import ConvertPass, convert_pass
from models.operations.packages import CreatePackage, create_package
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.run import Verb
from models.operations.sell_package import SellPackage, sell_package
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.settle_refund import CreditRefund, credit_refund, settle_refund
from models.operations.undo.undo_operation import UndoOperation, undo_operation
from models.operations.withdraw_pass import WithdrawPass, withdraw_pass
from models.rules.codes import Code
from models.rules.packages import PackageItem, PackageTerms
from models.rules.terms import Terms
from models.rules.values import (
    AfterExpiration,
    ConversionTiming,
    PackageItemKind,
    PassKind,
    PaymentMethod,
    RefundDestination,
    TestCard,
    UnusedAtConversion,
)
from tests.operations.acts import DAY, HOUR, at, record
from tests.operations.effective import effective
from tests.operations.test_dry_run import CARD
from tests.operations.test_undo_dependents import needs, undo
from tests.operations.test_undo_every_verb import last_operation
from tests.studio import MONTH, TEN_CLASSES, Studio, sold_from_afar

MONTHLY = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW, price_minor=10_001)
MINUTE = timedelta(minutes=1)
UNLIMITED = Terms(PassKind.UNLIMITED, 3_333, validity=MONTH)
TO_CREDIT = RefundPass(UUID(int=0), "Moved away", destination=RefundDestination.CREDIT)


async def used(
    studio: Studio,
    terms: Terms = MONTHLY,
    *,
    method: PaymentMethod = PaymentMethod.TEST_CARD,
    card: TestCard | None = TestCard.APPROVE,
    later: int = 0,
) -> UUID:
    """Sell a pass with a visit behind it and one ahead, so many minutes later than those of another."""
    pass_id = await studio.sell(terms, method=method, card=card)
    starts = [studio.began - HOUR + later * MINUTE, studio.began + DAY + later * MINUTE]
    (visit, *_) = (await studio.book(starts, pass_id=pass_id)).visits
    await record(studio, visit)
    return pass_id


@pytest.mark.parametrize("terms", [MONTHLY, TEN_CLASSES, UNLIMITED])
@pytest.mark.parametrize("how", [{}, {"units": 0, "amount_minor": 500}, {"units": 2}])
async def test_credit_is_taken_and_the_units_are_back(studio: Studio, terms: Terms, how: dict[str, Any]) -> None:
    pass_id = await used(studio, terms)
    before = await effective(studio)
    if terms is UNLIMITED and how.get("units"):
        return
    for _ in range(2):
        await studio.do(refund_pass, replace(TO_CREDIT, pass_id=pass_id, **how))
        assert await effective(studio) != before
        await undo(studio, await last_operation(studio))
        assert await effective(studio) == before
    assert {row["state"] for row in await studio.fetch("SELECT state FROM refunds")} == {"TAKEN_BACK"}


async def test_a_pass_that_nothing_was_paid_for(studio: Studio) -> None:
    pass_id = await used(studio, method=PaymentMethod.COMPLIMENTARY, card=None)
    before = await effective(studio)
    await studio.do(refund_pass, RefundPass(pass_id, "Moved away"))
    await undo(studio, await last_operation(studio))
    assert await effective(studio) == before


async def test_one_that_the_gateway_refused_is_owed_no_more(studio: Studio) -> None:
    pass_id = await used(studio, card=TestCard.REFUND_DECLINE)
    before = await effective(studio)
    await studio.do(refund_pass, RefundPass(pass_id, "Moved away"))
    refund = await last_operation(studio)
    row = (await studio.fetch("SELECT id, state FROM refunds"))[0]
    assert row["state"] == "FAILED"
    owed = await effective(studio)
    await studio.do(credit_refund, CreditRefund(row["id"]))
    credit = await last_operation(studio)
    await needs(studio, refund, credit)
    await undo(studio, credit)
    assert await effective(studio) == owed
    await undo(studio, refund)
    assert await effective(studio) == before
    assert await studio.refused(credit_refund, CreditRefund(row["id"])) is Code.NOT_OWED


async def test_one_that_the_gateway_was_not_asked_for_is_never_asked_for(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_id = await used(studio)
    before = await effective(studio)

    async def crash(*_: object) -> bool:
        raise RuntimeError("the process died")

    with monkeypatch.context() as patched:
        patched.setattr("models.operations.run.settle_refund", crash)
        with pytest.raises(RuntimeError):
            await studio.do(refund_pass, RefundPass(pass_id, "Moved away"))
    (row,) = await studio.fetch("SELECT id, state FROM refunds")
    assert row["state"] == "INTENDED"
    await undo(studio, await last_operation(studio))
    assert await effective(studio) == before
    assert await settle_refund(studio.runtime, studio.business_id, row["id"])
    assert await studio.fetch("SELECT * FROM gateway_refunds") == []


async def test_one_that_the_gateway_is_being_asked_for_waits_for_its_answer(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_id = await used(studio)
    asked = type(studio.runtime.gateway).refund
    codes: list[Code] = []

    async def meanwhile(gateway: Any, request: Any) -> Any:
        command = UndoOperation(await last_operation(studio), "A mistake")
        codes.append(await studio.refused(undo_operation, command))
        return await asked(gateway, request)

    monkeypatch.setattr(type(studio.runtime.gateway), "refund", meanwhile)
    await studio.do(refund_pass, RefundPass(pass_id, "Moved away"))
    assert codes == [Code.PAYMENT_IN_PROGRESS]
    assert [row["state"] for row in await studio.fetch("SELECT state FROM refunds")] == ["DONE"]


async def test_money_that_has_left_is_named(studio: Studio) -> None:
    await studio.do(refund_pass, RefundPass(await used(studio), "Moved away"))
    with pytest.raises(Refused, match=r"9000 in minor units of EUR has gone back .* to which nobody has agreed"):
        await undo(studio, await last_operation(studio))
    pass_id = await sold_from_afar(studio)
    await studio.do(withdraw_pass, WithdrawPass(pass_id))
    command = UndoOperation(await last_operation(studio), "A mistake")
    assert await studio.refused(undo_operation, command) is Code.NOT_UNDOABLE


async def test_credit_that_was_spent_says_on_what(studio: Studio) -> None:
    pass_id = await used(studio)
    await studio.do(refund_pass, replace(TO_CREDIT, pass_id=pass_id))
    refund = await last_operation(studio)
    option = await studio.option(replace(TEN_CLASSES, price_minor=100))
    await studio.do(sell_pass, SellPass(studio.client, option, use_credit=True))
    sale = await last_operation(studio)
    await needs(studio, refund, sale)
    await undo(studio, sale)
    await undo(studio, refund)


async def test_a_withdrawal_that_went_to_credit(studio: Studio) -> None:
    pass_id = await sold_from_afar(studio)
    await studio.do(refund_pass, replace(TO_CREDIT, pass_id=pass_id, units=0, amount_minor=15_000))
    before = await effective(studio)
    await studio.do(withdraw_pass, WithdrawPass(pass_id))
    await undo(studio, await last_operation(studio))
    assert await effective(studio) == before


async def test_a_pass_is_as_it_was_before_also_where_that_was_out_of_use_or_overdue(studio: Studio) -> None:
    idle = await used(studio)
    await studio.do(deactivate_pass, DeactivatePass(idle, "Lost"))
    late = await used(studio, later=1)
    await studio.do(set_auto_renew, SetAutoRenew(late, True, PaymentMethod.TEST_CARD, TestCard.DECLINE))
    await studio.advance(at("2026-02-28", 1))
    assert (await studio.facts(late)).overdue is not None
    for pass_id in (idle, late):
        before = await effective(studio)
        await studio.do(refund_pass, replace(TO_CREDIT, pass_id=pass_id))
        await undo(studio, await last_operation(studio))
        assert await effective(studio) == before


async def test_units_whose_days_are_over_do_not_come_back(studio: Studio) -> None:
    terms = replace(MONTHLY, after_expiration=AfterExpiration.EXPIRE)
    whole, part = await used(studio, terms), await used(studio, terms, later=1)
    commands = []
    for pass_id, units in ((whole, None), (part, 2)):
        await studio.do(refund_pass, replace(TO_CREDIT, pass_id=pass_id, units=units))
        commands.append(UndoOperation(await last_operation(studio), "A mistake"))
    await studio.advance(at("2026-03-20"))
    codes = [await studio.refused(undo_operation, command) for command in commands]
    assert codes == [Code.NOT_UNDOABLE, Code.PASS_ENDED]


async def test_units_of_a_period_that_is_over_do_not_come_back_though_the_pass_goes_on(studio: Studio) -> None:
    await studio.do(refund_pass, replace(TO_CREDIT, pass_id=await used(studio), units=2))
    refund = await last_operation(studio)
    await studio.advance(at("2026-03-03"))
    with pytest.raises(Refused, match=r"the days of the units that it took are over"):
        await undo(studio, refund)


async def test_a_pass_that_counts_nothing_and_would_be_over_does_not_come_back(studio: Studio) -> None:
    await studio.do(refund_pass, replace(TO_CREDIT, pass_id=await used(studio, UNLIMITED)))
    refund = await last_operation(studio)
    await studio.advance(at("2026-03-03"))
    with pytest.raises(Refused, match=r"the pass would be over by now"):
        await undo(studio, refund)


@pytest.mark.parametrize("gift", ["refund", "conversion", "package"])
async def test_credit_that_was_spent_before_it_was_given_names_what_spent_it(studio: Studio, gift: str) -> None:
    """What an earlier refund gave is spent, and taken back out of what a later gift gave: that gift then waits."""
    price = 1_000
    cheap = replace(TEN_CLASSES, price_minor=price)
    option, dear = await studio.option(cheap), await studio.sell(replace(TEN_CLASSES, price_minor=2 * price))
    await studio.do(refund_pass, replace(TO_CREDIT, pass_id=await studio.sell(cheap)))
    first = await last_operation(studio)
    card = (PaymentMethod.TEST_CARD, TestCard.DECLINE)
    declined = SellPass(studio.client, await studio.option(), *card, use_credit=True)
    with pytest.raises(Refused):
        await studio.do(sell_pass, declined)
    await studio.do(sell_pass, SellPass(studio.client, option, use_credit=True))
    spending = await last_operation(studio)
    if gift == "refund":
        await studio.do(refund_pass, replace(TO_CREDIT, pass_id=await studio.sell(cheap)))
    elif gift == "conversion":
        now, becomes = ConversionTiming.NOW_PAID, UnusedAtConversion.CREDIT
        await studio.do(convert_pass, ConvertPass(dear, option, now, becomes, *CARD))
    else:
        credit = PackageItem(PackageItemKind.CREDIT, value_minor=price)
        terms = PackageTerms(5 * price, (PackageItem(PackageItemKind.PASS, option_id=option), credit))
        package = (await studio.do(create_package, CreatePackage("Ten and credit", terms))).rows["package"]
        await studio.do(sell_package, SellPackage(studio.client, package, *CARD))
    later = await last_operation(studio)
    await undo(studio, first)
    await needs(studio, later, spending)
    await undo(studio, spending)
    await undo(studio, later)
    left = await studio.fetch("SELECT coalesce(sum(amount_minor), 0) AS minor FROM client_credits")
    assert [row["minor"] for row in left] == [0]


async def test_of_ten_who_undo_and_spend_at_once_credit_goes_one_way(studio: Studio) -> None:
    await studio.do(refund_pass, replace(TO_CREDIT, pass_id=await used(studio)))
    command = UndoOperation(await last_operation(studio), "A mistake")
    option = await studio.option(replace(TEN_CLASSES, price_minor=8_000))

    async def once(undoes: bool) -> str:
        verb: Verb = undo_operation if undoes else sell_pass
        what = command if undoes else SellPass(studio.client, option, use_credit=True)
        try:
            await studio.do(verb, what, key=str(uuid4()))
        except Refused as refused:
            return str(refused.code)
        return "undone" if undoes else "sold"

    told = await asyncio.gather(*(once(n % 2 == 0) for n in range(10)))
    assert told.count("undone") + told.count("sold") == 1, told
