"""Renewal at the end of a pass: what is charged, what is granted, what becomes of the rest, and how often."""

from dataclasses import replace
from datetime import UTC, datetime

from models.operations.catalogue import RevisePurchaseOption, revise_purchase_option
from models.operations.change_pass import SetAutoRenew, set_auto_renew
from models.operations.holds import EndHold, end_hold
from models.operations.renew_pass import RenewPass, renew_pass
from models.operations.sell_pass import SellPass, sell_pass
from models.rules.codes import Code
from models.rules.terms import Renewal, Terms, Validity
from models.rules.values import (
    Activation,
    AfterExpiration,
    HoldKind,
    PassKind,
    PassStatus,
    PaymentMethod,
    PeriodUnit,
    TestCard,
    UnusedAtRenewal,
    ValidityRule,
)
from tests.operations.acts import DAY, at, books, charges, days, hold, jump, lots, renew, status, unpaid, work
from tests.studio import MONTH, TEN_CLASSES, Studio

MONTHLY = replace(TEN_CLASSES, validity=MONTH)
RENEWING = replace(MONTHLY, after_expiration=AfterExpiration.RENEW)
CHARGED, SOLD = ("RENEWAL", 15_000, True), ("SALE", 15_000, True)


async def test_each_period_is_counted_from_the_anchor_and_never_from_the_last_end(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)

    await studio.advance(at("2026-06-01"))

    assert await days(studio, pass_id) == [
        ("2026-01-31", "2026-02-27"),
        ("2026-02-28", "2026-03-30"),
        ("2026-03-31", "2026-04-29"),
        ("2026-04-30", "2026-05-30"),
        ("2026-05-31", "2026-06-29"),
    ]
    assert await charges(studio) == [SOLD, *[CHARGED] * 4]
    rows = await studio.fetch("SELECT effective_at FROM transfers WHERE from_account = 'ISSUED' ORDER BY id")
    assert rows[1]["effective_at"] == datetime(2026, 2, 27, 23, tzinfo=UTC)


async def test_unused_visits_are_forfeited_by_default(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    await studio.book([at("2026-02-27", 23)])

    await studio.advance(at("2026-02-28", 0))

    assert await lots(studio, pass_id) == [("GRANT", 1, 0), ("GRANT", 2, 10)]
    assert await books(studio, pass_id) == (10, 1, 0, 0, 9)


async def test_unused_visits_roll_over_where_the_option_says_so(studio: Studio) -> None:
    rolls = replace(RENEWING, renewal=Renewal(unused=UnusedAtRenewal.ROLLOVER))
    pass_id = await studio.sell(rolls)
    await studio.book([at("2026-02-05"), at("2026-02-06")])

    await studio.advance(at("2026-03-31", 0))

    assert sorted(await lots(studio, pass_id)) == [
        ("GRANT", 1, 0),
        ("GRANT", 2, 0),
        ("GRANT", 3, 10),
        ("ROLLOVER", 2, 0),
        ("ROLLOVER", 3, 8),
        ("ROLLOVER", 3, 10),
    ]
    found = await studio.balances(pass_id)
    assert (found["available"], found["booked"], found["expired"]) == (28, 2, 0)


async def test_a_pass_renews_at_most_as_often_as_its_terms_allow(studio: Studio) -> None:
    pass_id = await studio.sell(replace(RENEWING, renewal=Renewal(renewals_max=2)))

    await studio.advance(at("2026-08-01"))

    assert len(await days(studio, pass_id)) == 3
    assert await status(studio, pass_id) is PassStatus.EXPIRED
    assert await charges(studio) == [SOLD, CHARGED, CHARGED]
    assert await studio.refused(renew_pass, RenewPass(pass_id, PaymentMethod.CASH)) is Code.NOT_RENEWABLE


async def test_the_price_is_that_of_the_version_sold(studio: Studio) -> None:
    option = await studio.option(RENEWING)
    command = SellPass(studio.client, option, PaymentMethod.TEST_CARD, TestCard.APPROVE)
    pass_id = (await studio.do(sell_pass, command)).passes[0]
    dearer = replace(RENEWING, price_minor=20_000, quantity=5)
    await studio.do(revise_purchase_option, RevisePurchaseOption(option, 1, "Dearer", dearer))

    await studio.advance(at("2026-03-01"))

    assert await charges(studio) == [SOLD, CHARGED]
    assert await lots(studio, pass_id) == [("GRANT", 1, 0), ("GRANT", 2, 10)]


async def test_a_renewal_by_hand_ahead_of_the_end_is_queued_and_not_bought_twice(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    await studio.advance(at("2026-02-10"))

    await renew(studio, pass_id)

    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27"), ("2026-02-28", "2026-03-30")]
    again = RenewPass(pass_id, PaymentMethod.TEST_CARD, TestCard.APPROVE)
    assert await studio.refused(renew_pass, again) is Code.HAS_SUCCESSOR
    booked = await studio.book([at(f"2026-02-{n}") for n in range(11, 22)])
    assert list(unpaid(booked)) == [str(booked.visits[10])]

    await studio.advance(at("2026-03-30"))
    assert await charges(studio) == [SOLD, CHARGED]
    await studio.advance(at("2026-03-31", 0))
    assert await charges(studio) == [SOLD, CHARGED, CHARGED]


async def test_a_lapsed_pass_renewed_by_hand_starts_again_today(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await studio.advance(at("2026-04-15"))
    assert await status(studio, pass_id) is PassStatus.EXPIRED

    await renew(studio, pass_id)

    assert await status(studio, pass_id) is PassStatus.ACTIVE
    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27"), ("2026-04-15", "2026-05-14")]
    assert await books(studio, pass_id) == (10, 0, 0, 0, 10)


async def test_it_makes_no_difference_to_a_lapsed_pass_whether_a_worker_had_closed_it(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await jump(studio, at("2026-04-15"))

    await renew(studio, pass_id)

    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27"), ("2026-04-15", "2026-05-14")]
    assert await books(studio, pass_id) == (10, 0, 0, 0, 10)


async def test_a_never_ending_pass_renewed_by_hand_keeps_what_it_has(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, quantity=3))
    await studio.book([studio.began + DAY])

    await renew(studio, pass_id)

    await studio.advance(studio.began + 400 * DAY)
    assert await lots(studio, pass_id) == [("GRANT", 1, 2), ("GRANT", 2, 3)]
    assert await books(studio, pass_id) == (5, 1, 0, 0, 0)
    assert await status(studio, pass_id) is PassStatus.ACTIVE


async def test_renewal_can_be_switched_off_and_on_again(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, enabled=False))
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, enabled=True))
    await studio.advance(at("2026-03-01"))
    assert await charges(studio) == [SOLD, CHARGED]

    await studio.do(set_auto_renew, SetAutoRenew(pass_id, enabled=False))
    await studio.advance(at("2026-05-01"))

    assert await charges(studio) == [SOLD, CHARGED]
    assert await status(studio, pass_id) is PassStatus.EXPIRED


async def test_renewal_is_not_switched_on_after_the_end_whether_or_not_a_worker_has_run(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, enabled=False))
    await jump(studio, at("2026-03-01"))
    command = SetAutoRenew(pass_id, enabled=True)
    assert await studio.refused(set_auto_renew, command) is Code.PASS_ENDED

    await studio.advance(at("2026-03-01"))
    assert await studio.refused(set_auto_renew, command) is Code.PASS_ENDED
    assert await charges(studio) == [SOLD]


async def test_a_pass_that_does_not_renew_by_its_terms_has_nothing_to_switch(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)

    assert await studio.refused(set_auto_renew, SetAutoRenew(pass_id, enabled=True)) is Code.NOT_RENEWABLE


async def test_a_renewal_due_in_a_freeze_moves_with_the_end(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    await hold(studio, pass_id, "2026-02-20", "2026-03-11")

    await studio.advance(at("2026-03-19", 23))
    assert await charges(studio) == [SOLD]
    await studio.advance(at("2026-03-20", 0))

    assert await charges(studio) == [SOLD, CHARGED]
    assert await days(studio, pass_id) == [("2026-01-31", "2026-03-19"), ("2026-03-20", "2026-04-19")]


async def test_an_open_freeze_stops_renewal_and_it_still_happens_after_it(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    await hold(studio, pass_id, "2026-02-20", None)
    await studio.advance(at("2026-08-01"))
    assert await charges(studio) == [SOLD]
    why = RenewPass(pass_id, PaymentMethod.CASH)
    assert await studio.refused(renew_pass, why) is Code.NOT_RENEWABLE

    hold_id = (await studio.fetch("SELECT id FROM holds"))[0]["id"]
    await studio.do(end_hold, EndHold(hold_id))
    await studio.advance(at("2026-08-09", 0))

    assert await charges(studio) == [SOLD, CHARGED]
    assert (await days(studio, pass_id))[0] == ("2026-01-31", "2026-08-08")


async def test_a_block_does_not_move_a_renewal(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    await hold(studio, pass_id, "2026-02-20", "2026-03-11", HoldKind.BLOCK)

    await studio.advance(at("2026-02-28", 0))

    assert await charges(studio) == [SOLD, CHARGED]


async def test_after_a_long_outage_one_period_is_charged_and_the_rest_is_flagged(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    await jump(studio, at("2026-06-10"))

    changed = await work(studio, pass_id)

    assert changed is not None
    assert changed.figures["skippedPeriods"] == 3
    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27"), ("2026-05-31", "2026-06-29")]
    assert await work(studio, pass_id) is None
    await studio.advance(at("2026-06-29"))
    assert await charges(studio) == [SOLD, CHARGED]
    assert await studio.fetch("SELECT number FROM periods ORDER BY number") == [(1,), (2,)]


async def test_each_period_has_one_successor_however_often_a_worker_looks(studio: Studio) -> None:
    pass_id = await studio.sell(RENEWING)
    await studio.advance(at("2026-03-01"))

    assert await work(studio, pass_id) is None
    assert await work(studio, pass_id) is None

    rows = await studio.fetch("SELECT period_number, kind, to_period_number FROM successions")
    assert [tuple(row) for row in rows] == [(1, "RENEWAL", 2)]


async def test_what_cannot_renew_says_why(studio: Studio) -> None:
    fixed = Validity(ValidityRule.FIXED_DAY, last_day=at("2026-03-01").date())
    endless = Terms(PassKind.UNLIMITED, 9_000)
    waiting = replace(MONTHLY, activation=Activation.ON_FIRST_VISIT)
    for terms in (replace(TEN_CLASSES, validity=fixed), endless, waiting):
        pass_id = await studio.sell(terms)
        command = RenewPass(pass_id, PaymentMethod.CASH)
        assert await studio.refused(renew_pass, command) is Code.NOT_RENEWABLE
    paid = await studio.sell(MONTHLY, method=PaymentMethod.CASH, card=None)
    assert await studio.refused(renew_pass, RenewPass(paid)) is Code.PAYMENT_REQUIRED
    assert await studio.refused(renew_pass, RenewPass(studio.client)) is Code.NOT_FOUND


async def test_a_weekly_pass_renews_by_weeks_over_the_night_the_clock_changes(studio: Studio) -> None:
    weekly = replace(RENEWING, validity=Validity(ValidityRule.PERIOD, 1, PeriodUnit.WEEK))
    pass_id = await studio.sell(weekly)

    await studio.advance(at("2026-04-05"))

    ends = [window.ends_at for window in (await studio.facts(pass_id)).windows]
    assert ends[-2:] == [at("2026-04-04", 0), at("2026-04-11", 0)]
    assert ends[0] == datetime(2026, 2, 6, 23, tzinfo=UTC)
    assert ends[-2] == datetime(2026, 4, 3, 22, tzinfo=UTC)
