"""Renewal on depletion: when a pass counts as used up, and what never charges a client by surprise."""

from dataclasses import replace
from uuid import UUID

import pytest

from models.operations.book_visits import PayBy
from models.operations.catalogue import CreateClient, create_client
from models.operations.change_pass import AdjustPass, SetAutoRenew, adjust_pass, set_auto_renew
from models.operations.end_visit import CancelledBy
from models.operations.refund_pass import RefundPass, refund_pass
from models.operations.transfer_pass import TransferPass, transfer_pass
from models.rules.terms import Renewal, Terms
from models.rules.values import AfterExpiration, PassKind, PassStatus, PaymentMethod, RenewalTrigger, TestCard
from tests.operations.acts import DAY, HOUR, at, books, cancel, charges, days, hold, lots, pay, record, seen, status
from tests.studio import MONTH, TEN_CLASSES, Studio

ON_DEPLETION = Renewal(RenewalTrigger.ON_DEPLETION)
FIRST_OF_BOTH = Renewal(RenewalTrigger.FIRST_OF_BOTH)
TWO = replace(TEN_CLASSES, quantity=2, after_expiration=AfterExpiration.RENEW, renewal=ON_DEPLETION)
MONTHLY_TWO = replace(TWO, validity=MONTH, renewal=FIRST_OF_BOTH)
SOLD, CHARGED = ("SALE", 15_000, True), ("RENEWAL", 15_000, True)


async def attend(studio: Studio, *visits: UUID) -> None:
    """Record that each of the visits was attended."""
    for visit in visits:
        await record(studio, visit)


async def test_the_last_attended_visit_renews_at_once_and_booked_ones_do_not(studio: Studio) -> None:
    pass_id = await studio.sell(TWO)
    first, second = (await studio.book([studio.began + HOUR, studio.began + DAY])).visits
    await studio.advance(studio.began + 3 * HOUR)
    await attend(studio, first)
    await studio.advance(studio.began + 2 * DAY)
    assert await charges(studio) == [SOLD]

    await attend(studio, second)
    await studio.advance(studio.began + 2 * DAY)

    assert await charges(studio) == [SOLD, CHARGED]
    assert await lots(studio, pass_id) == [("GRANT", 1, 0), ("GRANT", 2, 2)]
    period = (await studio.facts(pass_id)).windows[1]
    assert period.starts_at == studio.began + 2 * DAY
    assert await status(studio, pass_id) is PassStatus.ACTIVE


@pytest.mark.parametrize("ending", ["NO_SHOW", "LATE"])
async def test_a_forfeited_visit_is_consumed_too(studio: Studio, ending: str) -> None:
    await studio.sell(replace(TWO, quantity=1))
    (visit,) = (await studio.book([studio.began + HOUR])).visits
    if ending == "LATE":
        await cancel(studio, visit)
    else:
        await studio.advance(studio.began + 2 * HOUR)
        await record(studio, visit, "NO_SHOW")

    await studio.advance(studio.began + 2 * HOUR)

    assert await charges(studio) == [SOLD, CHARGED]


async def test_booked_visits_count_where_the_option_says_so(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TWO, renewal=replace(ON_DEPLETION, booked_counts_as_depleted=True)))
    visits = (await studio.book([studio.began + DAY, studio.began + 2 * DAY])).visits
    await studio.advance(studio.began + HOUR)
    assert await charges(studio) == [SOLD, CHARGED]
    assert await lots(studio, pass_id) == [("GRANT", 1, 0), ("GRANT", 2, 2)]

    changed = await cancel(studio, visits[0])
    # The unit returns to the lot that paid, with the expiry it had: none.
    assert changed.figures["makeUpLot"] is None
    assert await lots(studio, pass_id) == [("GRANT", 1, 1), ("GRANT", 2, 2)]
    assert (await seen(studio, visits[1])).pass_id == pass_id


async def test_depletion_restarts_the_clock_where_either_comes_first(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY_TWO)
    visits = (await studio.book([at("2026-02-09"), at("2026-02-10")])).visits
    await studio.advance(at("2026-02-10", 12))
    await attend(studio, *visits)
    await studio.advance(at("2026-02-10", 12))
    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-10"), ("2026-02-10", "2026-03-09")]
    windows = (await studio.facts(pass_id)).windows
    assert windows[0].ends_at == windows[1].starts_at == at("2026-02-10", 12)

    await studio.advance(at("2026-03-09", 23))
    assert await charges(studio) == [SOLD, CHARGED]
    await studio.advance(at("2026-03-10", 0))

    assert await charges(studio) == [SOLD, CHARGED, CHARGED]
    assert (await days(studio, pass_id))[2] == ("2026-03-10", "2026-04-09")


async def test_a_pass_that_renews_only_on_depletion_ends_at_its_end(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY_TWO, renewal=ON_DEPLETION))

    await studio.advance(at("2026-03-01"))

    assert await charges(studio) == [SOLD]
    assert await status(studio, pass_id) is PassStatus.EXPIRED


async def test_paying_old_visits_never_charges(studio: Studio) -> None:
    old = (await studio.book([studio.began + HOUR, studio.began + 2 * HOUR], pay_by=PayBy.NOTHING)).visits
    pass_id = await studio.sell(TWO)
    await studio.advance(studio.began + DAY)
    await attend(studio, *old)

    assert (await pay(studio, old)).figures["paid"] == 2
    await studio.advance(studio.began + 30 * DAY)

    assert await charges(studio) == [SOLD]
    assert await books(studio, pass_id) == (0, 0, 2, 0, 0)
    assert await status(studio, pass_id) is PassStatus.USED_UP


async def test_paying_an_old_visit_whose_outcome_is_recorded_afterwards_does_not_charge_either(studio: Studio) -> None:
    old = (await studio.book([studio.began + HOUR], pay_by=PayBy.NOTHING)).visits
    await studio.sell(replace(TWO, quantity=1))
    await studio.advance(studio.began + DAY)
    await pay(studio, old)

    await attend(studio, *old)
    await studio.advance(studio.began + 2 * DAY)

    assert await charges(studio) == [SOLD]


async def test_paying_old_visits_charges_where_the_option_says_so(studio: Studio) -> None:
    old = (await studio.book([studio.began + HOUR], pay_by=PayBy.NOTHING)).visits
    pass_id = await studio.sell(replace(TWO, quantity=1, renewal=replace(ON_DEPLETION, old_visits_may_trigger=True)))
    await studio.advance(studio.began + DAY)
    await attend(studio, *old)

    await pay(studio, old)
    await studio.advance(studio.began + 2 * DAY)

    assert await charges(studio) == [SOLD, CHARGED]
    assert await lots(studio, pass_id) == [("GRANT", 1, 0), ("GRANT", 2, 1)]


async def test_a_new_visit_after_an_old_one_was_paid_charges_as_ever(studio: Studio) -> None:
    old = (await studio.book([studio.began + HOUR], pay_by=PayBy.NOTHING)).visits
    await studio.sell(TWO)
    await studio.advance(studio.began + DAY)
    await attend(studio, *old)
    await pay(studio, old)
    new = (await studio.book([studio.began + DAY + HOUR])).visits
    await studio.advance(studio.began + 2 * DAY)

    await attend(studio, *new)
    await studio.advance(studio.began + 2 * DAY)

    assert await charges(studio) == [SOLD, CHARGED]


async def test_a_pass_that_old_visits_used_up_still_renews_at_its_end(studio: Studio) -> None:
    old = (await studio.book([studio.began + HOUR, studio.began + 2 * HOUR], pay_by=PayBy.NOTHING)).visits
    pass_id = await studio.sell(MONTHLY_TWO)
    await studio.advance(studio.began + DAY)
    await attend(studio, *old)
    await pay(studio, old)

    await studio.advance(at("2026-02-27", 23))
    assert await charges(studio) == [SOLD]
    await studio.advance(at("2026-02-28", 0))

    assert await charges(studio) == [SOLD, CHARGED]
    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27"), ("2026-02-28", "2026-03-30")]


async def test_a_day_pass_and_a_time_pass_are_depleted_in_their_own_unit(studio: Studio) -> None:
    for kind, quantity in ((PassKind.DAY, 1), (PassKind.TIME, 60)):
        terms = Terms(kind, 5_000, quantity, after_expiration=AfterExpiration.RENEW, renewal=ON_DEPLETION)
        pass_id = await studio.sell(terms)
        starts_at = at("2026-01-31", 14 if kind is PassKind.DAY else 16)
        (visit,) = (await studio.book([starts_at], pass_id=pass_id)).visits
        await studio.advance(starts_at + HOUR)
        await attend(studio, visit)
        await studio.advance(starts_at + HOUR)
        assert await lots(studio, pass_id) == [("GRANT", 1, 0), ("GRANT", 2, quantity)]


async def test_depletion_in_a_freeze_renews_when_the_freeze_is_over(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TWO, quantity=1))
    (visit,) = (await studio.book([studio.began + HOUR])).visits
    await hold(studio, pass_id, "2026-01-31", "2026-02-02", keep=True)
    await studio.advance(studio.began + 2 * HOUR)
    await attend(studio, visit)

    await studio.advance(at("2026-02-02", 23))
    assert await charges(studio) == [SOLD]
    await studio.advance(at("2026-02-03", 0))

    assert await charges(studio) == [SOLD, CHARGED]


async def test_a_failed_charge_on_depletion_is_forgotten_once_a_unit_came_back(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TWO, quantity=1), card=TestCard.APPROVE)
    (visit,) = (await studio.book([studio.began + HOUR])).visits
    bad = SetAutoRenew(pass_id, True, PaymentMethod.TEST_CARD, TestCard.DECLINE)
    await studio.do(set_auto_renew, bad)
    await studio.advance(studio.began + 2 * HOUR)
    await attend(studio, visit)
    await studio.advance(studio.began + 3 * HOUR)
    assert await charges(studio) == [SOLD, ("RENEWAL", 15_000, False)]
    await record(studio, visit, "BOOKED")
    await cancel(studio, visit, CancelledBy.STUDIO)

    await studio.advance(studio.began + 20 * DAY)

    assert await charges(studio) == [SOLD, ("RENEWAL", 15_000, False)]
    assert await status(studio, pass_id) is PassStatus.ACTIVE
    assert (await studio.book([studio.began + 21 * DAY])).figures["paid"] == 1


@pytest.mark.parametrize("way", ["given", "taken", "refunded"])
async def test_what_is_given_away_or_taken_charges_nobody_and_a_visit_afterwards_does(studio: Studio, way: str) -> None:
    pass_id = await studio.sell(TWO)
    (visit,) = (await studio.book([studio.began - 2 * HOUR], pass_id=pass_id)).visits
    await record(studio, visit)
    zoe = (await studio.do(create_client, CreateClient("Zoe"))).rows["client"]
    match way:
        case "given":
            await studio.do(transfer_pass, TransferPass(pass_id, zoe, "Gift", 1))
        case "taken":
            await studio.do(adjust_pass, AdjustPass(pass_id, -1, "A slip"))
        case _:
            await studio.do(refund_pass, RefundPass(pass_id, "Ill", 1))
    await studio.advance(studio.began + DAY)
    assert await charges(studio) == [SOLD]

    await studio.do(adjust_pass, AdjustPass(pass_id, 1, "Gift"))
    await attend(studio, *(await studio.book([studio.began], pass_id=pass_id)).visits)
    await studio.advance(studio.began + 2 * DAY)

    assert await charges(studio) == [SOLD, CHARGED]


async def test_a_visit_that_was_kept_and_used_up_the_rest_renews(studio: Studio) -> None:
    """Giving away all but what is booked is no end of the pass: whoever keeps a visit and attends it goes on."""
    pass_id = await studio.sell(TWO)
    (visit,) = (await studio.book([studio.began + HOUR], pass_id=pass_id)).visits
    zoe = (await studio.do(create_client, CreateClient("Zoe"))).rows["client"]
    await studio.do(transfer_pass, TransferPass(pass_id, zoe, "Gift", 1))
    await studio.advance(studio.began + DAY)
    await attend(studio, visit)
    await studio.advance(studio.began + DAY)
    assert await charges(studio) == [SOLD, CHARGED]
