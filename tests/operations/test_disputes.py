"""What the system holds by itself: passes of a disputed charge, and of one that failed for good."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from models.operations.base import Actor
from models.operations.change_pass import SetAutoRenew, set_auto_renew
from models.operations.disputes import ReportDispute, SettleDispute, report_dispute, settle_dispute
from models.operations.set_policies import SetPolicies, set_policies
from models.rules.codes import Code
from models.rules.terms import Renewal
from models.rules.values import (
    AfterExpiration,
    HoldKind,
    PassStatus,
    PaymentMethod,
    RenewalTrigger,
    Role,
    TestCard,
    VisitState,
)
from tests.operations.acts import DAY, at, days, hold, record, renew, seen, status, unpaid
from tests.studio import MONTH, TEN_CLASSES, Studio

MONTHLY = replace(TEN_CLASSES, validity=MONTH)
RENEWING = replace(
    MONTHLY,
    quantity=1,
    after_expiration=AfterExpiration.RENEW,
    renewal=Renewal(trigger=RenewalTrigger.FIRST_OF_BOTH),
)
PARTNER = Actor(Role.PARTNER)


async def order_of(studio: Studio, pass_id: UUID) -> UUID:
    """The order that sold a pass."""
    rows = await studio.fetch("SELECT order_id FROM periods WHERE pass_id = $1 AND number = 1", pass_id)
    order: UUID = rows[0]["order_id"]
    return order


async def test_a_dispute_blocks_what_the_order_bought_and_keeps_its_bookings(studio: Studio) -> None:
    pass_id, other = await studio.sell(MONTHLY), await studio.sell(MONTHLY)
    visit = (await studio.book([at("2026-02-05")], pass_id=pass_id)).visits[0]

    changed = await studio.do(report_dispute, ReportDispute(await order_of(studio, pass_id)), actor=PARTNER)

    assert changed.passes == [pass_id]
    assert [await status(studio, each) for each in (pass_id, other)] == [PassStatus.ON_HOLD, PassStatus.ACTIVE]
    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27")]
    assert ((await seen(studio, visit)).state, (await seen(studio, visit)).pass_id) == (VisitState.BOOKED, pass_id)
    booked = await studio.book([at("2026-02-06")], pass_id=pass_id)
    assert list(unpaid(booked).values()) == [["ON_HOLD"]]


@pytest.mark.parametrize("later", [0, 3])
async def test_a_dispute_that_is_won_lifts_its_block_and_no_other(studio: Studio, later: int) -> None:
    pass_id = await studio.sell(MONTHLY)
    order = await order_of(studio, pass_id)
    await studio.do(report_dispute, ReportDispute(order))
    await hold(studio, pass_id, "2026-02-20", "2026-02-21", HoldKind.BLOCK)
    await studio.advance(studio.began + later * DAY + timedelta(hours=1))

    await studio.do(settle_dispute, SettleDispute(order, won=True), actor=PARTNER)

    assert await status(studio, pass_id) is PassStatus.ACTIVE
    booked = await studio.book([at("2026-02-15"), at("2026-02-20")], pass_id=pass_id)
    assert unpaid(booked) == {str(booked.visits[1]): ["ON_HOLD"]}


async def test_a_dispute_that_is_lost_leaves_the_pass_blocked_and_is_on_record(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    order = await order_of(studio, pass_id)
    await studio.do(report_dispute, ReportDispute(order))

    changed = await studio.do(settle_dispute, SettleDispute(order, won=False))

    assert changed.passes == [pass_id]
    assert await status(studio, pass_id) is PassStatus.ON_HOLD
    rows = await studio.fetch("SELECT state FROM disputes")
    assert [row["state"] for row in rows] == ["LOST"]


async def test_a_dispute_is_open_once_at_a_time_and_may_come_again(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    order = await order_of(studio, pass_id)
    assert await studio.refused(settle_dispute, SettleDispute(order, won=True)) is Code.DISPUTE_NOT_OPEN
    for _ in range(2):
        await studio.do(report_dispute, ReportDispute(order))
        assert await studio.refused(report_dispute, ReportDispute(order)) is Code.DISPUTE_OPEN
        await studio.do(settle_dispute, SettleDispute(order, won=True))
    assert await status(studio, pass_id) is PassStatus.ACTIVE


async def test_a_gift_cannot_be_disputed_and_a_client_reports_nothing(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, price_minor=0), method=PaymentMethod.COMPLIMENTARY, card=None)
    command = ReportDispute(await order_of(studio, pass_id))
    assert await studio.refused(report_dispute, command) is Code.ORDER_NOT_PAID
    client = Actor(Role.CLIENT, client_id=studio.client)
    assert await studio.refused(report_dispute, command, actor=client) is Code.FORBIDDEN


async def test_a_business_may_have_disputes_written_down_alone(studio: Studio) -> None:
    await studio.do(set_policies, SetPolicies(block_on_dispute=False))
    pass_id = await studio.sell(MONTHLY)
    changed = await studio.do(report_dispute, ReportDispute(await order_of(studio, pass_id)))
    assert (changed.passes, changed.holds) == ([], [])
    assert await status(studio, pass_id) is PassStatus.ACTIVE


async def used_up(studio: Studio, card: TestCard) -> UUID:
    """A pass that was used up on 2 February, and whose renewal the card refuses."""
    pass_id = await studio.sell(RENEWING)
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, True, PaymentMethod.TEST_CARD, card))
    visit = (await studio.book([at("2026-02-02")], pass_id=pass_id)).visits[0]
    await studio.advance(at("2026-02-02", 12))
    await record(studio, visit)
    await studio.advance(at("2026-02-03"))
    return pass_id


async def frozen(studio: Studio) -> list[tuple[str, bool]]:
    """The cause of each hold, and whether it stands open."""
    rows = await studio.fetch("SELECT cause, removed_at IS NULL AND last_day IS NULL AS open FROM holds ORDER BY id")
    return [(row["cause"], row["open"]) for row in rows]


async def test_a_charge_that_failed_for_good_freezes_the_pass_until_it_is_paid(studio: Studio) -> None:
    await studio.do(set_policies, SetPolicies(freeze_on_failed_charge=True))
    pass_id = await used_up(studio, TestCard.DECLINE_HARD)
    assert await frozen(studio) == [("FAILED_CHARGE", True)]
    await studio.advance(at("2026-02-04"))

    await renew(studio, pass_id)

    assert await frozen(studio) == [("FAILED_CHARGE", False)]
    assert await status(studio, pass_id) is PassStatus.ACTIVE


async def test_a_charge_that_will_be_tried_again_freezes_nothing_yet(studio: Studio) -> None:
    await studio.do(set_policies, SetPolicies(freeze_on_failed_charge=True))
    await used_up(studio, TestCard.DECLINE)
    assert await frozen(studio) == []
    await studio.advance(at("2026-02-13"))
    assert await frozen(studio) == [("FAILED_CHARGE", True)]


async def test_switching_renewal_off_lifts_the_freeze_of_its_charge(studio: Studio) -> None:
    await studio.do(set_policies, SetPolicies(freeze_on_failed_charge=True))
    pass_id = await used_up(studio, TestCard.DECLINE_HARD)
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, enabled=False))
    assert await frozen(studio) == [("FAILED_CHARGE", False)]


async def test_nothing_freezes_by_itself_unless_the_business_wants_it(studio: Studio) -> None:
    await used_up(studio, TestCard.DECLINE_HARD)
    assert await frozen(studio) == []
