"""Conversion: now or later, free or paid, and what becomes of unused visits and of booked ones."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from models.errors import Refused
from models.operations.base import Actor, Changed
from models.operations.catalogue import (
    ArchivePurchaseOption,
    CreateService,
    archive_purchase_option,
    create_service,
)
from models.operations.convert_pass import ConvertPass, convert_pass
from models.operations.holds import RemoveHold, remove_hold
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.sell_pass import SellPass, sell_pass
from models.rules.codes import Code
from models.rules.terms import Access, Terms, Validity
from models.rules.values import (
    Activation,
    AfterExpiration,
    ConversionTiming,
    PassKind,
    PassStatus,
    PaymentMethod,
    Role,
    ServiceCategory,
    TestCard,
    UnusedAtConversion,
    ValidityRule,
)
from tests.operations.acts import HOUR, at, books, charges, days, hold, lots, record, renew, seen, status, unpaid
from tests.studio import MONTH, TEN_CLASSES, Studio

INTRO = replace(TEN_CLASSES, price_minor=5_000, quantity=5, validity=MONTH)
UNLIMITED = Terms(PassKind.UNLIMITED, 9_000, validity=MONTH)
FORFEIT, CARRY, CREDIT = UnusedAtConversion.FORFEIT, UnusedAtConversion.CARRY, UnusedAtConversion.CREDIT
FREE, PAID = ConversionTiming.NOW_FREE, ConversionTiming.NOW_PAID


async def convert(
    studio: Studio,
    pass_id: UUID,
    target: UUID,
    timing: ConversionTiming = PAID,
    unused: UnusedAtConversion = FORFEIT,
) -> Changed:
    """Convert a pass now, by a card that pays."""
    command = ConvertPass(pass_id, target, timing, unused, PaymentMethod.TEST_CARD, TestCard.APPROVE)
    return await studio.do(convert_pass, command)


async def test_a_free_conversion_closes_the_old_pass_and_opens_the_new_one(studio: Studio) -> None:
    old = await studio.sell(INTRO)
    await studio.advance(at("2026-02-10"))

    new = (await convert(studio, old, await studio.option(UNLIMITED), FREE)).passes[0]

    assert await status(studio, old) is PassStatus.CONVERTED
    assert await status(studio, new) is PassStatus.ACTIVE
    assert await days(studio, new) == [("2026-02-10", "2026-03-09")]
    assert (await studio.facts(old)).ends_at == at("2026-02-10")
    assert await charges(studio) == [("SALE", 5_000, True)]
    assert await books(studio, old) == (0, 0, 0, 0, 5)
    rows = await studio.fetch("SELECT kind, pass_id, to_pass_id FROM successions")
    assert [tuple(row) for row in rows] == [("CONVERSION", old, new)]


async def test_a_paid_conversion_charges_the_price_of_the_target(studio: Studio) -> None:
    old = await studio.sell(INTRO)

    changed = await convert(studio, old, await studio.option(UNLIMITED))

    assert await charges(studio) == [("SALE", 5_000, True), ("CONVERSION", 9_000, True)]
    assert changed.figures["chargedMinor"] == 9_000
    assert (changed.figures["unused"], changed.figures["unusedBecame"]) == (5, "FORFEIT")


async def test_unused_visits_are_carried_into_a_lot_of_the_new_pass(studio: Studio) -> None:
    old = await studio.sell(INTRO)
    (visit,) = (await studio.book([studio.began + HOUR])).visits
    await studio.advance(studio.began + 2 * HOUR)
    await record(studio, visit)

    new = (await convert(studio, old, await studio.option(), FREE, CARRY)).passes[0]

    assert sorted(await lots(studio, new)) == [("GRANT", 1, 10), ("ROLLOVER", 1, 4)]
    assert (await studio.balances(old))["converted"] == 4
    assert await books(studio, old) == (0, 0, 1, 0, 0)


async def test_unused_visits_are_credited_in_money_which_pays_first(studio: Studio) -> None:
    old = await studio.sell(INTRO)
    attended = (await studio.book([studio.began + HOUR, studio.began + 2 * HOUR])).visits
    await studio.advance(studio.began + 3 * HOUR)
    for visit in attended:
        await record(studio, visit)

    await convert(studio, old, await studio.option(UNLIMITED), PAID, CREDIT)

    # Three of five visits at 50.00 are worth 30.00, so that 60.00 of 90.00 are left to pay.
    assert await charges(studio) == [("SALE", 5_000, True), ("CONVERSION", 6_000, True)]
    assert await studio.fetch("SELECT amount_minor FROM client_credits") == []
    assert (await studio.balances(old))["converted"] == 3


async def test_credit_beyond_the_price_is_the_client_s(studio: Studio) -> None:
    old = await studio.sell(INTRO)

    await convert(studio, old, await studio.option(replace(UNLIMITED, price_minor=2_000)), PAID, CREDIT)

    assert await charges(studio) == [("SALE", 5_000, True)]
    rows = await studio.fetch("SELECT client_id, amount_minor FROM client_credits")
    assert [tuple(row) for row in rows] == [(studio.client, 3_000)]


async def test_a_free_conversion_credits_all_that_is_unused(studio: Studio) -> None:
    old = await studio.sell(INTRO)

    await convert(studio, old, await studio.option(UNLIMITED), FREE, CREDIT)

    assert [row["amount_minor"] for row in await studio.fetch("SELECT amount_minor FROM client_credits")] == [5_000]


@pytest.mark.parametrize("unused", list(UnusedAtConversion))
async def test_booked_visits_are_paid_by_the_new_pass_where_it_may_and_listed_where_not(
    studio: Studio, unused: UnusedAtConversion
) -> None:
    old = await studio.sell(INTRO)
    inside, outside = (await studio.book([at("2026-02-05"), at("2026-02-20")])).visits
    fixed = Validity(ValidityRule.FIXED_DAY, last_day=date(2026, 2, 10))
    target = await studio.option(replace(TEN_CLASSES, validity=fixed))

    changed = await convert(studio, old, target, FREE, unused)

    new = changed.passes[0]
    assert changed.visits == [inside, outside]
    assert unpaid(changed) == {str(outside): ["ENDS_BEFORE_VISIT"]}
    assert [(await seen(studio, each)).pass_id for each in (inside, outside)] == [new, None]
    carried = 5 if unused is CARRY else 0
    assert (await studio.balances(new))["available"] == 9 + carried
    assert (await studio.balances(old))["booked"] == 0
    standing = await studio.fetch("SELECT pass_id FROM claims WHERE released_at IS NULL")
    assert [row["pass_id"] for row in standing] == [new]


async def test_attended_visits_stay_with_the_pass_that_paid(studio: Studio) -> None:
    old = await studio.sell(INTRO)
    (visit,) = (await studio.book([studio.began + HOUR])).visits
    await studio.advance(studio.began + 2 * HOUR)
    await record(studio, visit)

    await convert(studio, old, await studio.option(UNLIMITED), FREE)

    assert (await seen(studio, visit)).pass_id == old


async def test_a_target_that_waits_for_its_first_visit_waits_also_here(studio: Studio) -> None:
    old = await studio.sell(INTRO)
    target = await studio.option(replace(TEN_CLASSES, validity=MONTH, activation=Activation.ON_FIRST_VISIT))

    new = (await convert(studio, old, target, FREE)).passes[0]
    assert await days(studio, new) == [(None, None)]

    await studio.book([at("2026-02-20")])
    assert await days(studio, new) == [("2026-02-20", "2026-03-19")]


async def test_a_converted_pass_takes_part_in_nothing_any_more(studio: Studio) -> None:
    old = await studio.sell(INTRO)
    target, other = await studio.option(UNLIMITED), await studio.option(UNLIMITED)
    new = (await convert(studio, old, target, FREE)).passes[0]

    again = ConvertPass(old, other, FREE)
    assert await studio.refused(convert_pass, again) is Code.PASS_CLOSED
    assert await studio.refused(renew_pass, RenewPass(old, PaymentMethod.CASH)) is Code.PASS_CLOSED
    booked = await studio.book([at("2026-02-05")], pass_id=old)
    assert "PASS_CONVERTED" in unpaid(booked)[str(booked.visits[0])]
    assert (await convert(studio, new, other, FREE)).passes[1] == new


async def test_conversions_that_make_no_sense_are_refused(studio: Studio) -> None:
    option = await studio.option(INTRO)
    sale = SellPass(studio.client, option, PaymentMethod.CASH)
    old = (await studio.do(sell_pass, sale)).passes[0]
    target, archived = await studio.option(UNLIMITED), await studio.option(UNLIMITED)
    await studio.do(archive_purchase_option, ArchivePurchaseOption(archived))
    good = ConvertPass(old, target, FREE)
    cases = [
        (replace(good, option_id=option), Code.CONVERT_TO_ITSELF),
        (replace(good, option_id=archived), Code.OPTION_ARCHIVED),
        (replace(good, option_id=old), Code.NOT_FOUND),
        (replace(good, pass_id=target), Code.NOT_FOUND),
        (replace(good, unused=CARRY), Code.CARRY_IMPOSSIBLE),
        (replace(good, timing=ConversionTiming.ON_EXPIRY), Code.INVALID_INPUT),
        (replace(good, timing=PAID), Code.PAYMENT_REQUIRED),
    ]
    for command, code in cases:
        assert await studio.refused(convert_pass, command) is code
    client = Actor(Role.CLIENT, client_id=studio.client)
    assert await studio.refused(convert_pass, good, actor=client) is Code.FORBIDDEN
    await studio.advance(at("2026-03-01"))
    assert await studio.refused(convert_pass, good) is Code.PASS_ENDED


async def test_a_declined_conversion_leaves_the_old_pass_as_it_was(studio: Studio) -> None:
    old = await studio.sell(INTRO)
    await studio.book([at("2026-02-05")])
    target = await studio.option(UNLIMITED)
    command = ConvertPass(old, target, PAID, FORFEIT, PaymentMethod.TEST_CARD, TestCard.DECLINE)
    with pytest.raises(Refused) as refused:
        await studio.do(convert_pass, command)

    assert refused.value.code is Code.PAYMENT_DECLINED
    assert await status(studio, old) is PassStatus.ACTIVE
    assert await books(studio, old) == (4, 1, 0, 0, 0)
    assert await studio.fetch("SELECT pass_id FROM successions") == []
    assert (await studio.facts(old)).overdue is None
    assert len((await convert(studio, old, target)).passes) == 2


async def test_a_period_bought_ahead_is_credited_with_the_rest(studio: Studio) -> None:
    old = await studio.sell(INTRO)
    await renew(studio, old)

    await convert(studio, old, await studio.option(UNLIMITED), FREE, CREDIT)

    assert [row["amount_minor"] for row in await studio.fetch("SELECT amount_minor FROM client_credits")] == [10_000]


async def test_access_of_the_target_decides_which_booked_visits_move(studio: Studio) -> None:
    old = await studio.sell(INTRO)
    (visit,) = (await studio.book([at("2026-02-05")])).visits
    gym = (await studio.do(create_service, CreateService("Gym", ServiceCategory.GYM_VISIT))).rows["service"]
    target = await studio.option(replace(UNLIMITED, access=Access(service_ids=frozenset({gym}))))

    changed = await convert(studio, old, target, FREE)

    assert unpaid(changed) == {str(visit): ["SERVICE_NOT_INCLUDED"]}


@pytest.mark.parametrize("paid", ["nothing", "returned", "money"])
async def test_a_conversion_credits_no_more_than_is_still_paid(studio: Studio, paid: str) -> None:
    method = PaymentMethod.COMPLIMENTARY if paid == "nothing" else PaymentMethod.CASH
    pass_id = await studio.sell(method=method, card=None)
    if paid == "returned":
        await studio.do(refund_pass, RefundPass(pass_id, "leaking roof", units=0, amount_minor=15_000))
    target = await studio.option(replace(TEN_CLASSES, price_minor=1_000))
    cash = PaymentMethod.CASH
    await studio.do(
        convert_pass, ConvertPass(pass_id, target, ConversionTiming.NOW_PAID, UnusedAtConversion.CREDIT, cash)
    )
    given = (await studio.fetch("SELECT coalesce(sum(amount_minor), 0)::int AS given FROM client_credits"))[0]["given"]
    assert given == (14_000 if paid == "money" else 0)


async def test_a_period_behind_an_open_freeze_is_cut_off_too(studio: Studio) -> None:
    pass_id = await studio.sell(replace(INTRO, after_expiration=AfterExpiration.RENEW))
    await renew(studio, pass_id)
    held = (await hold(studio, pass_id, "2026-02-03", None)).holds[0]
    target = await studio.option()
    await studio.do(convert_pass, ConvertPass(pass_id, target, FREE, FORFEIT))
    await studio.advance(studio.began + 9 * HOUR)
    await studio.do(remove_hold, RemoveHold(held))
    assert await days(studio, pass_id) == [("2026-01-31", "2026-01-31")] * 2
