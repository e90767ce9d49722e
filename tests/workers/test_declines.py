"""What becomes of a pass whose renewal is not paid: the ladder, its dates, and the way back."""

from datetime import timedelta

from models.operations.change_pass import SetAutoRenew, set_auto_renew
from models.rules.status import RetryPolicy, standing_at, status_at
from models.rules.values import ClosedReason, PassStatus, PaymentMethod, Standing, TestCard
from tests.chaos.house import RENEWING
from tests.studio import Studio

POLICY = RetryPolicy()
DAY = timedelta(days=1)


async def _tries(studio: Studio) -> int:
    rows = await studio.fetch("SELECT count(*) AS n FROM gateway_charges WHERE gateway_key LIKE 'renew:%'")
    return int(rows[0]["n"])


async def test_an_unpaid_renewal_goes_from_grace_to_suspended_to_released_and_is_tried_four_times(
    studio: Studio,
) -> None:
    pass_id = await studio.sell(RENEWING)
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, True, PaymentMethod.TEST_CARD, TestCard.DECLINE))
    end = (await studio.facts(pass_id)).ends_at
    assert end is not None
    seen = []
    for days, tries in ((0, 1), (1, 2), (2.9, 2), (3, 2), (4, 3), (9, 4), (13.9, 4), (14, 4)):
        at = end + days * DAY
        await studio.advance(at)
        facts = await studio.facts(pass_id)
        seen.append((days, standing_at(facts.overdue, POLICY, at), status_at(facts, POLICY, at), await _tries(studio)))
        assert seen[-1][3] == tries, seen
    assert [each[1] for each in seen] == [Standing.GRACE] * 3 + [Standing.SUSPENDED] * 4 + [Standing.RELEASED]
    facts = await studio.facts(pass_id)
    assert facts.closed_reason is ClosedReason.RELEASED
    assert status_at(facts, POLICY, end + 14 * DAY) is PassStatus.EXPIRED
    assert [period.number for period in facts.periods] == [1]
    assert not await studio.fetch("SELECT 1 FROM gateway_charges WHERE gateway_key LIKE 'renew:%' AND captured")


async def test_a_hard_decline_is_not_tried_again(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, True, PaymentMethod.TEST_CARD, TestCard.DECLINE_HARD))
    end = (await studio.facts(pass_id)).ends_at
    assert end is not None
    await studio.advance(end + 15 * DAY)
    assert await _tries(studio) == 1
    assert (await studio.facts(pass_id)).closed_reason is ClosedReason.RELEASED


async def test_a_retry_with_a_card_that_pays_renews_the_pass_from_where_it_ended(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, True, PaymentMethod.TEST_CARD, TestCard.DECLINE))
    end = (await studio.facts(pass_id)).ends_at
    assert end is not None
    await studio.advance(end + DAY / 2)
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, True, PaymentMethod.TEST_CARD, TestCard.APPROVE))
    await studio.advance(end + DAY)
    facts = await studio.facts(pass_id)
    assert (facts.overdue, len(facts.periods), facts.windows[1].starts_at) == (None, 2, end)
