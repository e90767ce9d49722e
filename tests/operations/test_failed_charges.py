"""A renewal that is not paid: retries, grace, suspension, release, and every way back."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from models.errors import Refused
from models.operations.change_pass import ExtendPass, SetAutoRenew, extend_pass, set_auto_renew
from models.operations.renew_pass import RenewPass, renew_pass
from models.rules.codes import Code
from models.rules.status import RetryPolicy, standing_at
from models.rules.terms import Renewal, Terms
from models.rules.values import (
    AfterExpiration,
    CoveredBy,
    PassKind,
    PassStatus,
    PaymentMethod,
    RenewalTrigger,
    Standing,
    TestCard,
)
from tests.operations.acts import DAY, HOUR, at, books, charges, days, now, record, renew, seen, status, unpaid
from tests.studio import MONTH, TEN_CLASSES, Studio

MONTHLY = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW)
END = at("2026-02-28", 0)
SOLD, PAID, FAILED = ("SALE", 15_000, True), ("RENEWAL", 15_000, True), ("RENEWAL", 15_000, False)


async def put_card(studio: Studio, pass_id: UUID, card: TestCard, *, enabled: bool = True) -> None:
    """Change how the renewals of a pass are paid."""
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, enabled, PaymentMethod.TEST_CARD, card))


async def sell_with(studio: Studio, card: TestCard, terms: Terms = MONTHLY) -> UUID:
    """Sell a pass by a good card and leave another one for its renewals."""
    pass_id = await studio.sell(terms)
    await put_card(studio, pass_id, card)
    return pass_id


async def standing(studio: Studio, pass_id: UUID) -> Standing:
    """Return where the pass stands now."""
    return standing_at((await studio.facts(pass_id)).overdue, RetryPolicy(), await now(studio))


async def test_a_failed_charge_goes_down_the_ladder_on_the_retry_schedule(studio: Studio) -> None:
    pass_id = await sell_with(studio, TestCard.DECLINE)
    seen_at = []
    for hours in (-1, 0, 23, 24, 71, 95, 96, 215, 216, 335, 336):
        await studio.advance(END + timedelta(hours=hours))
        seen_at.append((hours, await standing(studio, pass_id), len(await charges(studio)) - 1))

    assert seen_at == [
        (-1, Standing.CURRENT, 0),
        (0, Standing.GRACE, 1),
        (23, Standing.GRACE, 1),
        (24, Standing.GRACE, 2),
        (71, Standing.GRACE, 2),
        (95, Standing.SUSPENDED, 2),
        (96, Standing.SUSPENDED, 3),
        (215, Standing.SUSPENDED, 3),
        (216, Standing.SUSPENDED, 4),
        (335, Standing.SUSPENDED, 4),
        (336, Standing.RELEASED, 4),
    ]
    assert await charges(studio) == [SOLD, *[FAILED] * 4]
    assert await status(studio, pass_id) is PassStatus.EXPIRED
    assert len(await studio.fetch("SELECT number FROM periods")) == 1
    rows = await studio.fetch("SELECT closed_reason, next_due_at FROM passes")
    assert [tuple(row) for row in rows] == [("RELEASED", None)]


async def test_a_hard_decline_is_not_tried_again(studio: Studio) -> None:
    pass_id = await sell_with(studio, TestCard.DECLINE_HARD)

    await studio.advance(END + 30 * DAY)

    assert await charges(studio) == [SOLD, FAILED]
    assert await standing(studio, pass_id) is Standing.RELEASED


async def test_nothing_new_is_paid_while_a_charge_is_overdue(studio: Studio) -> None:
    pass_id = await sell_with(studio, TestCard.DECLINE, replace(MONTHLY, covered_by=CoveredBy.BOOKING))
    (kept,) = (await studio.book([END + 3 * DAY])).visits

    await studio.advance(END + HOUR)
    new = await studio.book([END + 4 * DAY])

    assert "PAYMENT_OVERDUE" in unpaid(new)[str(new.visits[0])]
    assert (await seen(studio, kept)).pass_id == pass_id


async def test_release_frees_visits_to_come_and_keeps_those_that_have_been(studio: Studio) -> None:
    pass_id = await sell_with(studio, TestCard.DECLINE, replace(MONTHLY, covered_by=CoveredBy.BOOKING))
    attended, ahead = (await studio.book([END + DAY, END + 20 * DAY])).visits
    await studio.advance(END + 2 * DAY)
    await record(studio, attended)

    await studio.advance(END + 14 * DAY)

    assert [(await seen(studio, each)).pass_id for each in (attended, ahead)] == [pass_id, None]
    assert await books(studio, pass_id) == (0, 0, 1, 0, 9)


@pytest.mark.parametrize("card", [TestCard.DECLINE, TestCard.DECLINE_HARD])
@pytest.mark.parametrize("days_later", [1, 10])
async def test_a_good_card_is_charged_at_once_and_the_next_period_starts_where_the_last_ended(
    studio: Studio, card: TestCard, days_later: int
) -> None:
    pass_id = await sell_with(studio, card)
    await studio.advance(END + days_later * DAY + HOUR)

    await put_card(studio, pass_id, TestCard.APPROVE)
    await studio.advance(END + days_later * DAY + 2 * HOUR)

    assert (await charges(studio))[-1] == PAID
    assert [each[2] for each in await charges(studio)].count(True) == 2
    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27"), ("2026-02-28", "2026-03-30")]
    assert await status(studio, pass_id) is PassStatus.ACTIVE
    assert await standing(studio, pass_id) is Standing.CURRENT


async def test_renewing_by_hand_pays_what_is_overdue(studio: Studio) -> None:
    pass_id = await sell_with(studio, TestCard.DECLINE)
    await studio.advance(END + 10 * DAY)

    await renew(studio, pass_id)
    await studio.advance(END + 20 * DAY)

    assert [each[2] for each in await charges(studio)].count(True) == 2
    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27"), ("2026-02-28", "2026-03-30")]
    assert await standing(studio, pass_id) is Standing.CURRENT


async def test_a_declined_renewal_by_hand_neither_starts_nor_moves_the_ladder(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    bad = RenewPass(pass_id, PaymentMethod.TEST_CARD, TestCard.DECLINE)
    with pytest.raises(Refused) as refused:
        await studio.do(renew_pass, bad)

    assert refused.value.code is Code.PAYMENT_DECLINED
    assert await standing(studio, pass_id) is Standing.CURRENT
    await studio.advance(END)
    assert await charges(studio) == [SOLD, FAILED, PAID]


async def test_a_released_pass_renewed_by_hand_starts_again_today(studio: Studio) -> None:
    pass_id = await sell_with(studio, TestCard.DECLINE)
    await studio.advance(at("2026-04-20"))

    await renew(studio, pass_id)

    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27"), ("2026-04-20", "2026-05-19")]
    assert await status(studio, pass_id) is PassStatus.ACTIVE
    assert await standing(studio, pass_id) is Standing.CURRENT
    assert await books(studio, pass_id) == (10, 0, 0, 0, 10)


async def test_a_released_pass_is_not_brought_back_by_a_new_card(studio: Studio) -> None:
    pass_id = await sell_with(studio, TestCard.DECLINE)
    await studio.advance(at("2026-04-20"))

    good = SetAutoRenew(pass_id, True, PaymentMethod.TEST_CARD, TestCard.APPROVE)
    assert await studio.refused(set_auto_renew, good) is Code.PASS_ENDED


async def test_switching_renewal_off_forgets_the_failed_charge(studio: Studio) -> None:
    pass_id = await sell_with(studio, TestCard.DECLINE)
    await studio.advance(END + HOUR)

    await studio.do(set_auto_renew, SetAutoRenew(pass_id, enabled=False))
    await studio.advance(END + 30 * DAY)

    assert await charges(studio) == [SOLD, FAILED]
    assert await standing(studio, pass_id) is Standing.CURRENT
    assert await status(studio, pass_id) is PassStatus.EXPIRED
    assert (await studio.facts(pass_id)).closed_reason == "EXPIRED"


async def test_an_extension_gives_an_overdue_pass_its_days_and_puts_the_charge_off(studio: Studio) -> None:
    pass_id = await sell_with(studio, TestCard.DECLINE)
    await studio.advance(END + HOUR)

    await studio.do(extend_pass, ExtendPass(pass_id, 5, "Card trouble"))

    assert await standing(studio, pass_id) is Standing.CURRENT
    assert (await studio.book([END + 2 * DAY])).figures["paid"] == 1
    await put_card(studio, pass_id, TestCard.APPROVE)
    await studio.advance(END + 5 * DAY - HOUR)
    assert await charges(studio) == [SOLD, FAILED]
    await studio.advance(END + 5 * DAY)
    assert await charges(studio) == [SOLD, FAILED, PAID]


async def test_cash_cannot_renew_by_itself_and_waits_for_somebody_at_the_desk(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY, method=PaymentMethod.CASH, card=None)
    await studio.advance(END + HOUR)
    assert await standing(studio, pass_id) is Standing.GRACE

    await studio.do(renew_pass, RenewPass(pass_id, PaymentMethod.CASH))

    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27"), ("2026-02-28", "2026-03-30")]


async def test_a_free_renewal_asks_no_gateway(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, price_minor=0))

    await studio.advance(END + HOUR)

    assert await charges(studio) == []
    assert len(await days(studio, pass_id)) == 2


async def test_a_charge_that_never_answered_is_asked_again_and_taken_once(studio: Studio) -> None:
    pass_id = await sell_with(studio, TestCard.TIMEOUT)

    await studio.advance(END + HOUR)

    assert await charges(studio) == [SOLD, PAID]
    assert len(await days(studio, pass_id)) == 2
    assert await books(studio, pass_id) == (10, 0, 0, 0, 10)


async def test_a_failed_charge_on_depletion_suspends_a_pass_that_has_days_left(studio: Studio) -> None:
    terms = replace(MONTHLY, quantity=1, renewal=Renewal(RenewalTrigger.FIRST_OF_BOTH))
    pass_id = await sell_with(studio, TestCard.DECLINE, terms)
    (visit,) = (await studio.book([studio.began + HOUR])).visits
    await studio.advance(studio.began + 2 * HOUR)
    await record(studio, visit)
    await studio.advance(studio.began + 2 * HOUR)
    assert await standing(studio, pass_id) is Standing.GRACE

    await studio.advance(studio.began + 4 * DAY)
    assert await status(studio, pass_id) is PassStatus.SUSPENDED
    await renew(studio, pass_id)

    assert await status(studio, pass_id) is PassStatus.ACTIVE
    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-04"), ("2026-02-04", "2026-03-03")]


async def test_an_unlimited_pass_renews_and_fails_like_any_other(studio: Studio) -> None:
    terms = Terms(PassKind.UNLIMITED, 15_000, validity=MONTH, after_expiration=AfterExpiration.RENEW)
    good, bad = await studio.sell(terms), await sell_with(studio, TestCard.DECLINE_HARD, terms)

    await studio.advance(END + 20 * DAY)

    assert await status(studio, good) is PassStatus.ACTIVE
    assert await status(studio, bad) is PassStatus.EXPIRED
    assert sorted(await charges(studio)) == sorted([SOLD, SOLD, PAID, FAILED])
