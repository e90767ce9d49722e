"""When a pass starts: the six rules, and a first visit that is not settled before something is consumed."""

from dataclasses import replace
from datetime import date

import pytest

from models.errors import Refused
from models.operations.book_visits import PayBy
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.sell_pass import SellPass, sell_pass
from models.rules.codes import Code
from models.rules.terms import Terms, Validity
from models.rules.values import Activation, PassKind, PassStatus, PaymentMethod, PeriodUnit, TestCard, ValidityRule
from tests.operations.acts import at, books, cancel, days, pay, record, renew, seen, status, unpaid
from tests.studio import MONTH, TEN_CLASSES, Studio

TEN_DAYS = Validity(ValidityRule.PERIOD, 10, PeriodUnit.DAY)
MONTHLY = replace(TEN_CLASSES, validity=MONTH)
FIRST_VISIT = replace(MONTHLY, activation=Activation.ON_FIRST_VISIT)


@pytest.mark.parametrize(
    ("activation", "first", "last"),
    [
        (Activation.ON_SALE, "2026-01-31", "2026-02-27"),
        (Activation.ON_DATE, "2026-01-31", "2026-02-27"),
        (Activation.FIRST_OF_MONTH, "2026-02-01", "2026-02-28"),
        (Activation.MIDDLE_OF_MONTH, "2026-02-15", "2026-03-14"),
        (Activation.LAST_OF_MONTH, "2026-01-31", "2026-02-27"),
        (Activation.ON_FIRST_VISIT, None, None),
    ],
)
async def test_each_rule_gives_its_first_and_last_day(
    studio: Studio, activation: Activation, first: str | None, last: str | None
) -> None:
    pass_id = await studio.sell(replace(MONTHLY, activation=activation))

    assert await days(studio, pass_id) == [(first, last)]


async def test_the_day_that_is_already_the_first_or_the_middle_of_a_month_is_the_start(studio: Studio) -> None:
    await studio.advance(at("2026-02-01"))
    first = await studio.sell(replace(MONTHLY, activation=Activation.FIRST_OF_MONTH))
    last = await studio.sell(replace(MONTHLY, activation=Activation.LAST_OF_MONTH))
    await studio.advance(at("2026-02-15"))
    middle = await studio.sell(replace(MONTHLY, activation=Activation.MIDDLE_OF_MONTH))

    assert await days(studio, first) == [("2026-02-01", "2026-02-28")]
    assert await days(studio, last) == [("2026-02-28", "2026-03-27")]
    assert await days(studio, middle) == [("2026-02-15", "2026-03-14")]


async def test_a_chosen_start_is_kept_and_the_pass_pays_for_nothing_before_it(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, activation=Activation.ON_DATE), starts_on=date(2026, 3, 10))

    assert await days(studio, pass_id) == [("2026-03-10", "2026-04-09")]
    assert await status(studio, pass_id) is PassStatus.NOT_STARTED
    booked = await studio.book([at("2026-03-09", 23, 59), at("2026-03-10", 0)])
    assert unpaid(booked) == {str(booked.visits[0]): ["NOT_STARTED"]}


async def test_a_start_is_chosen_only_where_the_option_lets_one_choose(studio: Studio) -> None:
    option = await studio.option(MONTHLY)
    command = SellPass(studio.client, option, PaymentMethod.TEST_CARD, TestCard.APPROVE, starts_on=date(2026, 3, 1))
    assert await studio.refused(sell_pass, command) is Code.TERMS_CONTRADICT

    option = await studio.option(replace(MONTHLY, activation=Activation.ON_DATE))
    far = replace(command, option_id=option, starts_on=date(2090, 1, 1))
    assert await studio.refused(sell_pass, far) is Code.DATE_OUT_OF_RANGE
    assert await studio.fetch("SELECT id FROM passes") == []


async def test_a_pass_whose_fixed_last_day_comes_before_its_start_is_not_sold(studio: Studio) -> None:
    fixed = Validity(ValidityRule.FIXED_DAY, last_day=date(2026, 2, 10))
    option = await studio.option(replace(TEN_CLASSES, validity=fixed, activation=Activation.MIDDLE_OF_MONTH))

    command = SellPass(studio.client, option, PaymentMethod.CASH)
    assert await studio.refused(sell_pass, command) is Code.TERMS_CONTRADICT


async def test_visits_booked_out_of_order_move_a_provisional_start_to_the_earliest(studio: Studio) -> None:
    pass_id = await studio.sell(FIRST_VISIT)
    await studio.book([at("2026-03-20")])
    assert await days(studio, pass_id) == [("2026-03-20", "2026-04-19")]

    (early,) = (await studio.book([at("2026-03-05")])).visits
    assert await days(studio, pass_id) == [("2026-03-05", "2026-04-04")]
    await cancel(studio, early)

    assert await days(studio, pass_id) == [("2026-03-20", "2026-04-19")]


async def test_cancelling_every_visit_leaves_a_pass_that_has_not_started(studio: Studio) -> None:
    pass_id = await studio.sell(FIRST_VISIT)
    (visit,) = (await studio.book([at("2026-03-20")])).visits
    await cancel(studio, visit)

    assert await days(studio, pass_id) == [(None, None)]
    assert await status(studio, pass_id) is PassStatus.NOT_STARTED
    assert await studio.fetch("SELECT id FROM passes WHERE next_due_at IS NOT NULL") == []


async def test_an_earlier_visit_that_would_end_the_pass_before_another_one_is_not_paid(studio: Studio) -> None:
    pass_id = await studio.sell(replace(FIRST_VISIT, validity=TEN_DAYS))
    await studio.book([at("2026-03-20")])

    edge = await studio.book([at("2026-03-11")])
    over = await studio.book([at("2026-03-10")])

    assert edge.figures["paid"] == 1
    assert unpaid(over) == {str(over.visits[0]): ["WOULD_END_BEFORE_OTHER_VISITS"]}
    assert await days(studio, pass_id) == [("2026-03-11", "2026-03-20")]


async def test_the_start_is_settled_once_something_is_consumed(studio: Studio) -> None:
    pass_id = await studio.sell(FIRST_VISIT)
    first, second = (await studio.book([at("2026-02-02"), at("2026-02-05")])).visits
    await studio.advance(at("2026-02-05", 12))
    await record(studio, second)

    await cancel(studio, first)
    assert await days(studio, pass_id) == [("2026-02-02", "2026-03-01")]
    before = await studio.book([at("2026-02-01")])

    assert unpaid(before) == {str(before.visits[0]): ["NOT_STARTED"]}
    assert await days(studio, pass_id) == [("2026-02-02", "2026-03-01")]


async def test_a_late_cancellation_that_forfeits_its_visit_settles_the_start(studio: Studio) -> None:
    pass_id = await studio.sell(FIRST_VISIT)
    (visit,) = (await studio.book([at("2026-02-02")])).visits
    await studio.advance(at("2026-02-02", 9))
    await cancel(studio, visit)

    assert await days(studio, pass_id) == [("2026-02-02", "2026-03-01")]
    assert await books(studio, pass_id) == (9, 0, 0, 1, 0)


async def test_a_first_visit_that_is_paid_after_it_was_attended_starts_the_pass_on_its_day(studio: Studio) -> None:
    # Booked to stay unpaid: the sale would pay for one that was booked with AUTO.
    (visit,) = (await studio.book([at("2026-02-02")], pay_by=PayBy.NOTHING)).visits
    pass_id = await studio.sell(FIRST_VISIT)
    await studio.advance(at("2026-02-03"))
    await record(studio, visit)

    paid = await pay(studio, [visit])

    assert paid.figures["paid"] == 1
    assert await books(studio, pass_id) == (9, 0, 1, 0, 0)
    assert await days(studio, pass_id) == [("2026-02-02", "2026-03-01")]
    assert await status(studio, pass_id) is PassStatus.ACTIVE


async def test_an_attended_visit_before_the_provisional_start_moves_it_back_and_settles_it(studio: Studio) -> None:
    (walk_in,) = (await studio.book([at("2026-02-02")])).visits
    await studio.advance(at("2026-02-03"))
    await record(studio, walk_in)
    pass_id = await studio.sell(replace(FIRST_VISIT, back_window_days=7))
    await studio.book([at("2026-02-20")], pass_id=pass_id)

    assert (await pay(studio, [walk_in])).figures["paid"] == 1
    # It was before the sale: the client does not lose days they paid for.
    assert await days(studio, pass_id) == [("2026-02-03", "2026-03-02")]


async def test_the_backstop_starts_a_pass_that_nobody_uses(studio: Studio) -> None:
    pass_id = await studio.sell(replace(FIRST_VISIT, start_within_days=20))
    assert await days(studio, pass_id) == [("2026-02-20", "2026-03-19")]

    (visit,) = (await studio.book([at("2026-03-02")])).visits
    assert await days(studio, pass_id) == [("2026-02-20", "2026-03-19")]
    await studio.book([at("2026-02-10")])
    assert await days(studio, pass_id) == [("2026-02-10", "2026-03-09")]
    assert (await seen(studio, visit)).pass_id == pass_id

    await studio.advance(at("2026-03-10", 0))
    assert await status(studio, pass_id) is PassStatus.EXPIRED


async def test_the_next_period_follows_the_start_as_it_was_settled_not_as_it_was_first_booked(studio: Studio) -> None:
    pass_id = await studio.sell(FIRST_VISIT)
    await studio.book([at("2026-02-20")])
    (first,) = (await studio.book([at("2026-02-05")])).visits
    await studio.advance(at("2026-02-05", 12))
    await record(studio, first)

    await renew(studio, pass_id)

    assert await days(studio, pass_id) == [("2026-02-05", "2026-03-04"), ("2026-03-05", "2026-04-04")]


async def test_a_pass_whose_visits_are_cancelled_while_its_renewal_has_no_answer_starts_as_it_was_to(
    studio: Studio,
) -> None:
    pass_id = await studio.sell(FIRST_VISIT)
    visits = [(await studio.book([at(day)])).visits[0] for day in ("2026-02-05", "2026-02-09")]
    lost = RenewPass(pass_id, PaymentMethod.TEST_CARD, TestCard.TIMEOUT)
    with pytest.raises(Refused):
        await studio.do(renew_pass, lost)
    for visit in visits:
        await cancel(studio, visit)
    assert await days(studio, pass_id) == [(None, None)]

    await studio.advance(at("2026-02-03"))

    assert await days(studio, pass_id) == [("2026-02-05", "2026-03-04"), ("2026-03-05", "2026-04-04")]
    assert await books(studio, pass_id) == (20, 0, 0, 0, 0)


async def test_an_unlimited_pass_also_waits_for_its_first_visit(studio: Studio) -> None:
    terms = Terms(PassKind.UNLIMITED, 9_000, validity=TEN_DAYS, activation=Activation.ON_FIRST_VISIT)
    pass_id = await studio.sell(terms)
    late, early = [(await studio.book([at(day)])).visits[0] for day in ("2026-02-20", "2026-02-15")]

    assert await days(studio, pass_id) == [("2026-02-15", "2026-02-24")]
    await cancel(studio, early)
    assert await days(studio, pass_id) == [("2026-02-20", "2026-03-01")]
    assert (await seen(studio, late)).pass_id == pass_id
