"""Adjusting, extending, deactivating and reactivating a pass."""

from dataclasses import replace
from datetime import date

import pytest

from models.operations.base import Actor
from models.operations.change_pass import (
    AdjustPass,
    DeactivatePass,
    ExtendPass,
    ReactivatePass,
    adjust_pass,
    deactivate_pass,
    extend_pass,
    reactivate_pass,
)
from models.operations.convert_pass import ConvertPass, convert_pass
from models.rules.codes import Code
from models.rules.terms import Terms, Validity
from models.rules.values import (
    AfterExpiration,
    ConversionTiming,
    PassKind,
    PassStatus,
    Role,
    ValidityRule,
    VisitState,
)
from tests.operations.acts import DAY, HOUR, at, books, charges, days, hold, jump, lots, renew, seen, status, unpaid
from tests.studio import MONTH, TEN_CLASSES, Studio

MONTHLY = replace(TEN_CLASSES, validity=MONTH)


async def test_added_units_are_a_lot_of_their_own_that_ends_with_the_period(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)

    changed = await studio.do(adjust_pass, AdjustPass(pass_id, 3, "Apology"))

    assert changed.figures == {"quantity": 3}
    assert await lots(studio, pass_id) == [("GRANT", 1, 10), ("ADJUSTMENT", 1, 3)]
    await studio.advance(at("2026-02-28", 0))
    assert await books(studio, pass_id) == (0, 0, 0, 0, 13)
    rows = await studio.fetch("SELECT data FROM events WHERE type = 'pass.adjusted'")
    assert rows[0]["data"] == {"quantity": 3, "reason": "Apology"}


async def test_added_units_can_be_used_today_though_the_next_period_is_bought(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, quantity=1))
    await renew(studio, pass_id)
    await studio.book([studio.began + HOUR])

    await studio.do(adjust_pass, AdjustPass(pass_id, 1, "Apology"))

    assert (await studio.book([studio.began + 2 * HOUR])).figures["paid"] == 1
    assert await lots(studio, pass_id) == [("GRANT", 1, 0), ("GRANT", 2, 1), ("ADJUSTMENT", 1, 0)]


async def test_units_are_taken_from_what_is_available_and_ends_first(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await renew(studio, pass_id)
    await studio.book([studio.began + HOUR])

    await studio.do(adjust_pass, AdjustPass(pass_id, -11, "Booked by mistake"))

    assert await lots(studio, pass_id) == [("GRANT", 1, 0), ("GRANT", 2, 8)]
    assert (await studio.balances(pass_id))["adjusted"] == 11
    over = AdjustPass(pass_id, -9, "Too many")
    assert await studio.refused(adjust_pass, over) is Code.NO_SESSIONS_LEFT


async def test_an_adjustment_names_a_quantity_and_a_reason(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    unlimited = await studio.sell(Terms(PassKind.UNLIMITED, 1, validity=MONTH))
    good = AdjustPass(pass_id, 1, "Apology")
    cases = [
        (replace(good, quantity=0), Code.NOTHING_TO_DO),
        (replace(good, quantity=100_001), Code.QUANTITY_OUT_OF_RANGE),
        (replace(good, quantity=-100_001), Code.QUANTITY_OUT_OF_RANGE),
        (replace(good, reason="  "), Code.TEXT_OUT_OF_RANGE),
        (replace(good, reason="x" * 501), Code.TEXT_OUT_OF_RANGE),
        (replace(good, pass_id=unlimited), Code.NOT_METERED),
        (replace(good, pass_id=studio.client), Code.NOT_FOUND),
    ]
    for command, code in cases:
        assert await studio.refused(adjust_pass, command) is code
    client = Actor(Role.CLIENT, client_id=studio.client)
    assert await studio.refused(adjust_pass, good, actor=client) is Code.FORBIDDEN
    await studio.advance(at("2026-03-01"))
    assert await studio.refused(adjust_pass, good) is Code.PASS_ENDED


async def test_an_extension_moves_the_end_and_the_renewal_after_it(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, after_expiration=AfterExpiration.RENEW))

    await studio.do(extend_pass, ExtendPass(pass_id, 5, "Broken boiler"))

    assert await days(studio, pass_id) == [("2026-01-31", "2026-03-04")]
    await studio.advance(at("2026-03-05", 0))
    assert await days(studio, pass_id) == [("2026-01-31", "2026-03-04"), ("2026-03-05", "2026-04-04")]


@pytest.mark.parametrize("closed", [True, False])
async def test_an_expired_pass_is_revived_with_the_units_that_lapsed(studio: Studio, closed: bool) -> None:
    pass_id = await studio.sell(MONTHLY)
    await studio.book([at("2026-02-27", 23)])
    await (studio.advance if closed else lambda to: jump(studio, to))(at("2026-03-03"))
    assert await status(studio, pass_id) is PassStatus.EXPIRED
    assert await books(studio, pass_id) == ((0, 1, 0, 0, 9) if closed else (9, 1, 0, 0, 0))

    too_few = ExtendPass(pass_id, 3, "Ill")
    assert await studio.refused(extend_pass, too_few) is Code.PASS_ENDED
    await studio.do(extend_pass, ExtendPass(pass_id, 4, "Ill"))

    assert await status(studio, pass_id) is PassStatus.ACTIVE
    assert await days(studio, pass_id) == [("2026-01-31", "2026-03-03")]
    assert await books(studio, pass_id) == (9, 1, 0, 0, 0)
    await studio.advance(at("2026-03-04", 0))
    assert await books(studio, pass_id) == (0, 1, 0, 0, 9)


async def test_a_fixed_last_day_can_be_extended_for_one_pass(studio: Studio) -> None:
    fixed = replace(TEN_CLASSES, validity=Validity(ValidityRule.FIXED_DAY, last_day=date(2026, 2, 10)))
    one, other = await studio.sell(fixed), await studio.sell(fixed)

    await studio.do(extend_pass, ExtendPass(one, 2, "Ill"))

    assert await days(studio, one) == [("2026-01-31", "2026-02-12")]
    assert await days(studio, other) == [("2026-01-31", "2026-02-10")]


async def test_an_extension_gives_whole_days_to_a_pass_that_has_an_end(studio: Studio) -> None:
    endless, pass_id = await studio.sell(), await studio.sell(MONTHLY)
    good = ExtendPass(pass_id, 1, "Ill")
    cases = [
        (replace(good, pass_id=endless), Code.NO_END_TO_EXTEND),
        (replace(good, days=0), Code.QUANTITY_OUT_OF_RANGE),
        (replace(good, days=-1), Code.QUANTITY_OUT_OF_RANGE),
        (replace(good, days=3_661), Code.QUANTITY_OUT_OF_RANGE),
        (replace(good, reason=""), Code.TEXT_OUT_OF_RANGE),
    ]
    for command, code in cases:
        assert await studio.refused(extend_pass, command) is code
    target = await studio.option()
    await studio.do(convert_pass, ConvertPass(pass_id, target, ConversionTiming.NOW_FREE))
    assert await studio.refused(extend_pass, good) is Code.PASS_CLOSED


async def test_an_extension_of_a_held_pass_adds_to_the_days_the_hold_gave(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await hold(studio, pass_id, "2026-02-10", "2026-02-12")
    await studio.do(extend_pass, ExtendPass(pass_id, 2, "Ill"))
    await hold(studio, pass_id, "2026-03-03", "2026-03-03")

    assert await days(studio, pass_id) == [("2026-01-31", "2026-03-05")]


async def test_a_deactivated_pass_pays_for_nothing_and_lists_what_it_no_longer_pays_for(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, after_expiration=AfterExpiration.RENEW))
    past, ahead = (await studio.book([studio.began - HOUR, studio.began + DAY])).visits

    changed = await studio.do(deactivate_pass, DeactivatePass(pass_id, "Moved away"))

    assert changed.visits == [ahead]
    assert [(await seen(studio, each)).pass_id for each in (past, ahead)] == [pass_id, None]
    assert (await seen(studio, ahead)).state is VisitState.BOOKED
    assert await status(studio, pass_id) is PassStatus.DEACTIVATED
    refused = await studio.book([studio.began + 2 * DAY], pass_id=pass_id)
    assert unpaid(refused) == {str(refused.visits[0]): ["PASS_DEACTIVATED"]}
    again = DeactivatePass(pass_id, "Moved away")
    assert await studio.refused(deactivate_pass, again) is Code.ALREADY_DEACTIVATED
    await studio.advance(at("2026-04-01"))
    assert await charges(studio) == [("SALE", 15_000, True)]
    assert await books(studio, pass_id) == (9, 1, 0, 0, 0)


async def test_a_reactivated_pass_goes_on_where_its_dates_are_by_now(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    assert await studio.refused(reactivate_pass, ReactivatePass(pass_id)) is Code.NOT_DEACTIVATED
    await studio.do(deactivate_pass, DeactivatePass(pass_id, "By mistake"))
    await studio.advance(at("2026-02-20"))

    await studio.do(reactivate_pass, ReactivatePass(pass_id))

    assert await status(studio, pass_id) is PassStatus.ACTIVE
    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27")]
    assert (await studio.book([at("2026-02-21")])).figures["paid"] == 1
    await studio.advance(at("2026-02-28", 0))
    assert await status(studio, pass_id) is PassStatus.EXPIRED


async def test_a_pass_whose_end_has_passed_is_not_deactivated_whether_or_not_a_worker_has_run(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    command = DeactivatePass(pass_id, "Too late")
    await jump(studio, at("2026-03-01"))
    assert await studio.refused(deactivate_pass, command) is Code.PASS_CLOSED

    await studio.advance(at("2026-03-01"))
    assert await studio.refused(deactivate_pass, command) is Code.PASS_CLOSED
