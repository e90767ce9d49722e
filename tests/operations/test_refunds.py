"""Refunds: what they come to, where the money goes, and that never more goes back than was paid."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.errors import Refused
from models.operations.book_visits import PayBy
from models.operations.change_pass import DeactivatePass, deactivate_pass
from models.operations.convert_pass import ConvertPass, convert_pass
from models.operations.disputes import ReportDispute, SettleDispute, report_dispute, settle_dispute
from models.operations.extend_passes import ExtendPasses, PassFilter, extend_passes
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.settle_refund import CreditRefund, credit_refund
from models.rules.codes import Code
from models.rules.policies import RefundPolicy
from models.rules.terms import Renewal, Terms, Validity
from models.rules.values import (
    AfterExpiration,
    ConversionTiming,
    PassKind,
    PassStatus,
    PaymentMethod,
    PeriodUnit,
    RefundBasis,
    RefundDestination,
    TestCard,
    UnusedAtConversion,
    UnusedAtRenewal,
    ValidityRule,
)
from tests.operations.acts import DAY, hold, record, renew, seen, status
from tests.studio import MONTH, TEN_CLASSES, Studio

CARD = (PaymentMethod.TEST_CARD, TestCard.APPROVE)
THIRTY_DAYS = Validity(ValidityRule.PERIOD, 30, PeriodUnit.DAY)
UNLIMITED = Terms(PassKind.UNLIMITED, 9_000, validity=THIRTY_DAYS)
MONTHLY = Terms(PassKind.SESSION, 9_000, 8, MONTH, after_expiration=AfterExpiration.RENEW)


async def _refunds(studio: Studio) -> list[dict[str, Any]]:
    rows = await studio.fetch("SELECT destination, amount_minor, state FROM refunds ORDER BY at, id")
    return [dict(row) for row in rows]


async def _credit(studio: Studio) -> int:
    return int((await studio.fetch("SELECT coalesce(sum(amount_minor), 0) AS sum FROM client_credits"))[0]["sum"])


async def test_a_whole_refund_pays_the_unused_share_and_closes_the_pass(studio: Studio) -> None:
    pass_id = await studio.sell()
    booked = await studio.book([studio.began + n * DAY for n in (1, 2, 3)], pass_id=pass_id)
    await studio.advance(studio.began + 2 * DAY)
    await record(studio, booked.visits[0])
    changed = await studio.do(refund_pass, RefundPass(pass_id, "moved away"))
    assert changed.figures["units"] == 9
    assert changed.figures["amountMinor"] == 13_500
    assert changed.visits == booked.visits[1:], "the visits ahead are listed"
    assert (await seen(studio, booked.visits[1])).pass_id is None
    assert await status(studio, pass_id) is PassStatus.REFUNDED
    assert await _refunds(studio) == [{"destination": "ORIGINAL", "amount_minor": 13_500, "state": "DONE"}]
    unpaid = await studio.book([studio.began + 9 * DAY])
    assert unpaid.figures["paid"] == 0


async def test_some_units_go_back_and_the_pass_stays_open(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, price_minor=10_000, quantity=3))
    first = await studio.do(refund_pass, RefundPass(pass_id, "one less", units=1))
    assert first.figures["amountMinor"] == 3_333
    rest = await studio.do(refund_pass, RefundPass(pass_id, "the rest", units=2))
    assert rest.figures["amountMinor"] == 6_667, "no cent is lost in parts"
    assert await status(studio, pass_id) is PassStatus.USED_UP
    assert await studio.refused(refund_pass, RefundPass(pass_id, "again", units=1)) is Code.NO_SESSIONS_LEFT
    assert await studio.refused(refund_pass, RefundPass(pass_id, "again", units=0)) is Code.NOTHING_TO_DO


async def test_money_without_units_is_bounded_by_what_was_paid(studio: Studio) -> None:
    pass_id = await studio.sell()
    await studio.do(refund_pass, RefundPass(pass_id, "leaking roof", units=0, amount_minor=10_000))
    over = RefundPass(pass_id, "more", units=0, amount_minor=5_001)
    assert await studio.refused(refund_pass, over) is Code.OVER_REFUND
    await studio.do(refund_pass, RefundPass(pass_id, "more", units=0, amount_minor=5_000))
    whole = await studio.do(refund_pass, RefundPass(pass_id, "and out"))
    assert whole.figures["amountMinor"] == 0
    assert sum(each["amount_minor"] for each in await _refunds(studio)) == 15_000


async def test_fifty_refunds_at_once_pay_back_once(studio: Studio) -> None:
    pass_id = await studio.sell()
    tries = [studio.do(refund_pass, RefundPass(pass_id, "race")) for _ in range(20)]
    tries += [studio.do(refund_pass, RefundPass(pass_id, "race", 0, 1_000)) for _ in range(30)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    codes = {each.code for each in done if isinstance(each, Refused)}
    assert codes <= {Code.PASS_CLOSED, Code.OVER_REFUND}
    assert [each for each in done if isinstance(each, BaseException) and not isinstance(each, Refused)] == []
    assert sum(each["amount_minor"] for each in await _refunds(studio)) <= 15_000
    assert await status(studio, pass_id) is PassStatus.REFUNDED


async def test_days_not_yet_begun_of_a_pass_without_units_go_back(studio: Studio) -> None:
    pass_id = await studio.sell(UNLIMITED)
    await studio.advance(studio.began + 9 * DAY)
    changed = await studio.do(refund_pass, RefundPass(pass_id, "injured"))
    assert changed.figures["amountMinor"] == 6_000, "ten days are used, the day of the refund among them"
    assert await studio.refused(refund_pass, RefundPass(pass_id, "again")) is Code.PASS_CLOSED


async def test_frozen_days_are_not_used_days(studio: Studio) -> None:
    pass_id = await studio.sell(UNLIMITED)
    today = studio.began.date()
    await hold(studio, pass_id, (today + DAY).isoformat(), (today + 10 * DAY).isoformat())
    await studio.advance(studio.began + 12 * DAY)
    changed = await studio.do(refund_pass, RefundPass(pass_id, "injured"))
    assert changed.figures["amountMinor"] == 9_000 - 3 * 300


async def test_units_of_a_pass_that_counts_none_cannot_go_back(studio: Studio) -> None:
    pass_id = await studio.sell(UNLIMITED)
    assert await studio.refused(refund_pass, RefundPass(pass_id, "x", units=1)) is Code.NOT_METERED


async def test_used_visits_are_charged_at_the_drop_in_price(studio: Studio) -> None:
    dear = replace(TEN_CLASSES, refund=RefundPolicy(RefundBasis.DROP_IN_PRICE, 2_000))
    pass_id = await studio.sell(dear)
    booked = await studio.book([studio.began + timedelta(hours=n) for n in (1, 3)], pass_id=pass_id)
    await studio.advance(studio.began + DAY)
    for visit in booked.visits:
        await record(studio, visit)
    changed = await studio.do(refund_pass, RefundPass(pass_id, "moved"), dry_run=True)
    assert changed.figures["amountMinor"] == 11_000
    pro_rata = RefundPass(pass_id, "moved", basis=RefundBasis.UNUSED_PRO_RATA)
    assert (await studio.do(refund_pass, pro_rata)).figures["amountMinor"] == 12_000
    plain = await studio.sell()
    asked = RefundPass(plain, "x", basis=RefundBasis.DROP_IN_PRICE)
    assert await studio.refused(refund_pass, asked) is Code.INVALID_INPUT


async def test_a_period_bought_ahead_goes_back_first_and_by_its_own_payment(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await renew(studio, pass_id)
    await studio.do(refund_pass, RefundPass(pass_id, "half", units=0, amount_minor=12_000))
    rows = await studio.fetch(
        """SELECT o.period_number, r.amount_minor FROM refunds r JOIN orders o ON o.id = r.order_id ORDER BY 1"""
    )
    assert [(row["period_number"], row["amount_minor"]) for row in rows] == [(1, 3_000), (2, 9_000)]


async def test_a_refund_may_become_credit(studio: Studio) -> None:
    pass_id = await studio.sell()
    command = RefundPass(pass_id, "voucher", destination=RefundDestination.CREDIT)
    await studio.do(refund_pass, command)
    assert await _credit(studio) == 15_000
    assert await _refunds(studio) == [{"destination": "CREDIT", "amount_minor": 15_000, "state": "DONE"}]


async def test_a_refund_the_gateway_refuses_is_still_owed_and_may_become_credit(studio: Studio) -> None:
    pass_id = await studio.sell(card=TestCard.REFUND_DECLINE)
    changed = await studio.do(refund_pass, RefundPass(pass_id, "moved"))
    refund_id = UUID(changed.figures["refunds"][0])
    assert [each["state"] for each in await _refunds(studio)] == ["FAILED"]
    await studio.do(credit_refund, CreditRefund(refund_id))
    assert await _credit(studio) == 15_000
    assert await studio.refused(credit_refund, CreditRefund(refund_id)) is Code.NOT_OWED
    assert await studio.refused(credit_refund, CreditRefund(uuid4())) is Code.NOT_FOUND


async def test_a_lost_answer_is_asked_for_again_and_pays_back_once(studio: Studio) -> None:
    with pytest.raises(Refused):
        await studio.sell(card=TestCard.TIMEOUT)
    await studio.advance(studio.began + DAY)
    pass_id = (await studio.fetch("SELECT id FROM passes"))[0]["id"]
    await studio.do(refund_pass, RefundPass(pass_id, "moved"))
    assert [each["state"] for each in await _refunds(studio)] == ["UNKNOWN"]
    await studio.advance(studio.began + 2 * DAY)
    assert [each["state"] for each in await _refunds(studio)] == ["DONE"]
    assert len(await studio.fetch("SELECT 1 FROM gateway_refunds")) == 1


async def test_what_was_given_away_pays_nothing_back(studio: Studio) -> None:
    pass_id = await studio.sell(method=PaymentMethod.COMPLIMENTARY, card=None)
    changed = await studio.do(refund_pass, RefundPass(pass_id, "not wanted"))
    assert (changed.figures["units"], changed.figures["amountMinor"]) == (10, 0)


async def test_a_deactivated_pass_can_be_refunded_and_a_refunded_one_not_renewed(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await studio.do(deactivate_pass, DeactivatePass(pass_id, "misuse"))
    assert (await studio.do(refund_pass, RefundPass(pass_id, "out"))).figures["amountMinor"] == 9_000
    assert await studio.refused(renew_pass, RenewPass(pass_id)) is Code.PASS_CLOSED
    await studio.advance(studio.began + 60 * DAY)
    assert len(await studio.fetch("SELECT 1 FROM periods WHERE pass_id = $1", pass_id)) == 1


async def test_rolled_over_units_keep_the_money_they_cost(studio: Studio) -> None:
    rolling = replace(MONTHLY, renewal=Renewal(unused=UnusedAtRenewal.ROLLOVER))
    pass_id = await studio.sell(rolling)
    await studio.advance(studio.began + 35 * DAY)
    rows = await studio.fetch("SELECT kind, issued, value_minor FROM lots WHERE pass_id = $1 ORDER BY id", pass_id)
    assert [(row["kind"], row["value_minor"]) for row in rows][:3] == [
        ("GRANT", 9_000),
        ("GRANT", 9_000),
        ("ROLLOVER", 9_000),
    ]
    assert (await studio.do(refund_pass, RefundPass(pass_id, "x"), dry_run=True)).figures["amountMinor"] == 18_000


@pytest.mark.parametrize("reason", ["", " ", "x" * 501])
async def test_a_refund_says_why(studio: Studio, reason: str) -> None:
    pass_id = await studio.sell()
    assert await studio.refused(refund_pass, RefundPass(pass_id, reason)) is Code.TEXT_OUT_OF_RANGE


async def test_many_passes_are_extended_at_once_and_the_preview_lists_them(studio: Studio) -> None:
    option = await studio.option(MONTHLY)
    command = SellPass(studio.client, option, PaymentMethod.CASH)
    passes = [(await studio.do(sell_pass, command)).passes[0] for _ in range(3)]
    await studio.sell()
    await studio.do(deactivate_pass, DeactivatePass(passes[2], "misuse"))
    wanted = ExtendPasses(PassFilter(option_ids=(option,)), 7, "the boiler broke")
    preview = await studio.do(extend_passes, wanted, dry_run=True)
    assert sorted(preview.passes) == sorted(passes[:2])
    before = (await studio.facts(passes[0])).windows[-1].last_day
    assert set(preview.figures["formerLastDays"].values()) == {before and before.isoformat()}
    await studio.do(extend_passes, wanted)
    after = (await studio.facts(passes[0])).windows[-1].last_day
    assert before
    assert after == before + 7 * DAY
    assert (await studio.facts(passes[2])).windows[-1].last_day == before


async def test_an_extension_of_many_leaves_out_what_it_would_refuse(studio: Studio) -> None:
    ending = await studio.sell(MONTHLY)
    cut = await studio.sell(replace(MONTHLY, quantity=1, validity=MONTH))
    await studio.advance(studio.began + 40 * DAY)
    nothing = ExtendPasses(PassFilter(last_day_to=date(2020, 1, 1)), 7, "x")
    assert await studio.refused(extend_passes, nothing) is Code.NOTHING_TO_DO
    done = await studio.do(extend_passes, ExtendPasses(PassFilter(), 3, "storm"))
    assert {ending, cut} == {*done.passes, *(UUID(each) for each in done.figures["skipped"])}


async def test_the_filter_of_an_extension_is_checked(studio: Studio) -> None:
    await studio.sell(MONTHLY)
    today = studio.began.date()
    backwards = PassFilter(last_day_from=today, last_day_to=today - DAY)
    assert await studio.refused(extend_passes, ExtendPasses(backwards, 7, "x")) is Code.DATES_REVERSED
    for unknown in (PassFilter((uuid4(),)), PassFilter(location_id=uuid4()), PassFilter(client_ids=(uuid4(),))):
        assert await studio.refused(extend_passes, ExtendPasses(unknown, 7, "x")) is Code.NOT_FOUND
    assert await studio.refused(extend_passes, ExtendPasses(PassFilter(), 0, "x")) is Code.QUANTITY_OUT_OF_RANGE
    here = await studio.do(extend_passes, ExtendPasses(PassFilter(location_id=studio.location), 7, "x"))
    assert len(here.passes) == 1


async def test_visits_booked_for_nothing_stay_as_they_are(studio: Studio) -> None:
    pass_id = await studio.sell()
    loose = await studio.book([studio.began + DAY], pay_by=PayBy.NOTHING)
    await studio.do(refund_pass, RefundPass(pass_id, "x"))
    assert (await seen(studio, loose.visits[0])).pass_id is None


async def test_units_refunded_before_are_not_paid_for_again_at_the_drop_in_price(studio: Studio) -> None:
    policy = RefundPolicy(RefundBasis.DROP_IN_PRICE, 2_000)
    pass_id = await studio.sell(replace(TEN_CLASSES, refund=policy))
    booked = await studio.book([studio.began + n * timedelta(hours=2) for n in (1, 2)], pass_id=pass_id)
    await studio.advance(studio.began + DAY)
    for visit in booked.visits:
        await record(studio, visit)
    part = await studio.do(refund_pass, RefundPass(pass_id, "half of it", units=5))
    assert part.figures["amountMinor"] == 7_500
    rest = await studio.do(refund_pass, RefundPass(pass_id, "the rest"))
    assert rest.figures["amountMinor"] == 3_500, "two visits at the drop-in price stay with the studio"


async def test_days_that_an_open_freeze_hides_are_unused(studio: Studio) -> None:
    pass_id = await studio.sell(UNLIMITED)
    await studio.advance(studio.began + 4 * DAY)
    await hold(studio, pass_id, "2026-02-10", None)
    await studio.advance(studio.began + 40 * DAY)
    changed = await studio.do(refund_pass, RefundPass(pass_id, "injured for good"))
    assert changed.figures["amountMinor"] == 6_000, "ten of thirty days came before the freeze"


async def test_what_a_conversion_carried_on_is_paid_back_by_what_paid_for_it(studio: Studio) -> None:
    first = await studio.sell()
    await studio.do(refund_pass, RefundPass(first, "one less", units=1))
    target = await studio.option(replace(TEN_CLASSES, price_minor=1_000))
    into = ConvertPass(first, target, ConversionTiming.NOW_PAID, UnusedAtConversion.CARRY, *CARD)
    second = (await studio.do(convert_pass, into)).passes[0]
    over = RefundPass(second, "x", units=0, amount_minor=14_501)
    assert await studio.refused(refund_pass, over) is Code.OVER_REFUND
    changed = await studio.do(refund_pass, RefundPass(second, "moved away"))
    assert (changed.figures["units"], changed.figures["amountMinor"]) == (19, 14_500)
    assert sum(each["amount_minor"] for each in await _refunds(studio)) == 16_000


async def test_disputed_money_does_not_go_back_twice(studio: Studio) -> None:
    pass_id = await studio.sell()
    order = (await studio.fetch("SELECT id FROM orders"))[0]["id"]
    await studio.do(report_dispute, ReportDispute(order))
    assert await studio.refused(refund_pass, RefundPass(pass_id, "x")) is Code.DISPUTE_OPEN
    await studio.do(settle_dispute, SettleDispute(order, won=False))
    assert await studio.refused(refund_pass, RefundPass(pass_id, "x", 0, 1)) is Code.OVER_REFUND
    assert (await studio.do(refund_pass, RefundPass(pass_id, "x"))).figures["amountMinor"] == 0
