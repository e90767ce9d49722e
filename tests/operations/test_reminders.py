"""A charge is announced before it is made, once for each day on which it falls due, with the price it will have."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from models.operations.base import Actor
from models.operations.catalogue import RevisePurchaseOption, revise_purchase_option
from models.operations.change_pass import ExtendPass, SetAutoRenew, extend_pass, set_auto_renew
from models.operations.consent import Consent
from models.operations.convert_pass import ScheduleConversion, schedule_conversion
from models.operations.forecast import forecast
from models.operations.forecast_command import Forecast
from models.operations.holds import RemoveHold, remove_hold
from models.operations.sell_pass import SellPass, sell_pass
from models.operations.set_policies import SetPolicies, set_policies
from models.queries.invariants import check_business
from models.rules.due import next_events
from models.rules.forecast import ForecastKind
from models.rules.status import RetryPolicy
from models.rules.terms import Renewal, Terms
from models.rules.values import (
    AfterExpiration,
    Jurisdiction,
    PassStatus,
    PaymentMethod,
    RenewalPrice,
    RenewalTrigger,
    Role,
    TestCard,
    UnusedAtConversion,
)
from tests.operations.acts import at, books, hold, jump, renew, status, work
from tests.studio import MONTH, OWNER, TEN_CLASSES, Studio

RENEWING = replace(TEN_CLASSES, validity=MONTH, warn_days=0, after_expiration=AfterExpiration.RENEW)
CURRENT = replace(RENEWING, renewal=Renewal(price=RenewalPrice.CURRENT_VERSION, reminder_days=5))
CARD = (PaymentMethod.TEST_CARD, TestCard.APPROVE)


async def told(studio: Studio) -> list[tuple[Any, int, str]]:
    """Return the instant, amount and day of each announcement."""
    rows = await studio.fetch("SELECT at, data FROM events WHERE type = 'pass.chargeAhead' ORDER BY id")
    return [(row["at"], row["data"]["amountMinor"], row["data"]["day"]) for row in rows]


async def charged(studio: Studio) -> list[int]:
    """Return what renewals and conversions cost, in their order."""
    rows = await studio.fetch("SELECT price_minor FROM orders WHERE purpose <> 'SALE' ORDER BY id")
    return [row["price_minor"] for row in rows]


async def sold(studio: Studio, terms: Terms) -> tuple[UUID, UUID]:
    """Sell what runs up to 27 February, the last day included; return the option and the pass."""
    option = await studio.option(terms)
    return option, (await studio.do(sell_pass, SellPass(studio.client, option, *CARD))).passes[0]


async def revise(studio: Studio, option: UUID, terms: Terms, price_minor: int, version: int = 1) -> None:
    """Sell the option at another price from now on."""
    command = RevisePurchaseOption(option, version, "Dearer", replace(terms, price_minor=price_minor))
    await studio.do(revise_purchase_option, command)


async def sound(studio: Studio) -> None:
    """Assert every invariant."""
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


async def test_a_charge_is_announced_three_days_before_each_renewal(studio: Studio) -> None:
    _, pass_id = await sold(studio, RENEWING)
    await sound(studio)
    await studio.advance(at("2026-02-25", 0))
    assert await told(studio) == [(at("2026-02-25", 0), 15_000, "2026-02-28")]
    assert await charged(studio) == []
    await sound(studio)
    await studio.advance(at("2026-03-28"))
    assert [day for _, _, day in await told(studio)] == ["2026-02-28", "2026-03-31"]
    assert await charged(studio) == [15_000]
    assert len((await studio.facts(pass_id)).periods) == 2
    await sound(studio)


async def test_a_worker_that_comes_twice_announces_once(studio: Studio) -> None:
    _, pass_id = await sold(studio, RENEWING)
    await jump(studio, at("2026-02-26"))
    assert await work(studio, pass_id) is not None
    assert await work(studio, pass_id) is None
    assert len(await told(studio)) == 1


async def test_an_end_that_moves_is_announced_again(studio: Studio) -> None:
    _, pass_id = await sold(studio, RENEWING)
    await studio.advance(at("2026-02-25"))
    await studio.do(extend_pass, ExtendPass(pass_id, 10, "Ill"))
    await sound(studio)
    await studio.advance(at("2026-03-07"))
    await hold(studio, pass_id, "2026-03-08", "2026-03-12")
    await sound(studio)
    await studio.advance(at("2026-03-14"))
    assert [day for _, _, day in await told(studio)] == ["2026-02-28", "2026-03-10", "2026-03-15"]
    await sound(studio)


async def test_whoever_renews_no_more_is_told_of_nothing(studio: Studio) -> None:
    _, pass_id = await sold(studio, RENEWING)
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, enabled=False))
    await sold(studio, replace(RENEWING, price_minor=0))
    silent = replace(RENEWING, renewal=Renewal(reminder_days=0))
    await sold(studio, silent)
    await studio.advance(at("2026-03-01"))
    assert await told(studio) == []
    await sound(studio)


async def test_a_reminder_that_was_missed_goes_out_before_the_charge(studio: Studio) -> None:
    option, pass_id = await sold(studio, CURRENT)
    await revise(studio, option, CURRENT, 18_000)
    await jump(studio, at("2026-03-02"))
    await work(studio, pass_id)
    assert await told(studio) == [(at("2026-03-02"), 15_000, "2026-02-28")]
    assert await charged(studio) == [15_000]
    await sound(studio)


async def test_a_conversion_is_announced_with_what_it_costs_as_things_stand(studio: Studio) -> None:
    _, pass_id = await sold(studio, replace(TEN_CLASSES, validity=MONTH))
    target = await studio.option(replace(TEN_CLASSES, price_minor=20_000))
    plan = ScheduleConversion(pass_id, target, at("2026-02-10").date(), UnusedAtConversion.CREDIT)
    await studio.do(schedule_conversion, plan)
    await studio.advance(at("2026-02-08"))
    assert await told(studio) == [(at("2026-02-07", 0), 5_000, "2026-02-10")]
    await studio.advance(at("2026-02-10", 12))
    assert await charged(studio) == [20_000]
    await sound(studio)


async def test_a_conversion_that_costs_nothing_is_not_announced(studio: Studio) -> None:
    _, pass_id = await sold(studio, replace(TEN_CLASSES, validity=MONTH))
    target = await studio.option(replace(TEN_CLASSES, price_minor=0))
    await studio.do(schedule_conversion, ScheduleConversion(pass_id, target))
    await studio.advance(at("2026-03-01"))
    assert await told(studio) == []
    assert await charged(studio) == [0]
    await sound(studio)


async def test_a_new_price_is_announced_and_then_charged(studio: Studio) -> None:
    option, pass_id = await sold(studio, CURRENT)
    await revise(studio, option, CURRENT, 18_000)
    await studio.advance(at("2026-02-24"))
    assert await told(studio) == [(at("2026-02-23", 0), 18_000, "2026-02-28")]
    await revise(studio, option, CURRENT, 25_000, version=2)
    await studio.advance(at("2026-03-01"))
    assert await charged(studio) == [18_000]
    assert (await studio.facts(pass_id)).renewals_done == 1
    await sound(studio)
    await studio.advance(at("2026-04-01"))
    assert await charged(studio) == [18_000, 25_000]
    await sound(studio)


async def test_an_end_that_moved_after_the_announcement_needs_another_one(studio: Studio) -> None:
    option, pass_id = await sold(studio, CURRENT)
    await revise(studio, option, CURRENT, 18_000)
    await studio.advance(at("2026-02-24"))
    await studio.do(extend_pass, ExtendPass(pass_id, 10, "Ill"))
    await renew(studio, pass_id)
    assert await charged(studio) == [15_000]
    await sound(studio)


async def test_whoever_renews_by_hand_after_the_announcement_pays_the_price_announced(studio: Studio) -> None:
    option, pass_id = await sold(studio, CURRENT)
    await revise(studio, option, CURRENT, 12_000)
    await studio.advance(at("2026-02-24"))
    await renew(studio, pass_id)
    assert await charged(studio) == [12_000]
    await sound(studio)


async def test_a_renewal_on_depletion_costs_what_was_sold(studio: Studio) -> None:
    both = Renewal(RenewalTrigger.FIRST_OF_BOTH, price=RenewalPrice.CURRENT_VERSION, booked_counts_as_depleted=True)
    terms = replace(CURRENT, quantity=1, renewal=both)
    option, pass_id = await sold(studio, terms)
    await revise(studio, option, terms, 18_000)
    await studio.advance(at("2026-02-26"))
    assert [amount for _, amount, _ in await told(studio)] == [18_000]
    await studio.book([at("2026-02-27")], pass_id=pass_id)
    await studio.advance(at("2026-02-26", 12))
    assert await charged(studio) == [15_000]
    await sound(studio)


async def test_the_law_under_which_a_pass_is_sold_may_ask_for_an_earlier_announcement(studio: Studio) -> None:
    await studio.do(set_policies, SetPolicies(jurisdiction=Jurisdiction.FR))
    option = await studio.option(replace(RENEWING, validity=replace(MONTH, count=3)))
    await studio.do(sell_pass, SellPass(studio.client, option, *CARD, consent=Consent("Oui.")))
    await studio.do(set_policies, SetPolicies(jurisdiction=Jurisdiction.NONE))
    await sound(studio)
    await studio.advance(at("2026-04-01"))
    assert await told(studio) == [(at("2026-03-30", 0), 15_000, "2026-04-30")]
    await sound(studio)


async def sold_in(studio: Studio, place: Jurisdiction, terms: Terms) -> UUID:
    """Sell what renews under the law of a place; return the pass."""
    await studio.do(set_policies, SetPolicies(jurisdiction=place))
    option = await studio.option(terms)
    consent = Consent("Yes, I agree.")
    return (await studio.do(sell_pass, SellPass(studio.client, option, *CARD, consent=consent))).passes[0]


async def postponed(studio: Studio) -> list[int]:
    """Return by how many days each charge was put off."""
    rows = await studio.fetch("SELECT data FROM events WHERE type = 'pass.chargePostponed' ORDER BY id")
    return [row["data"]["days"] for row in rows]


YEAR = replace(RENEWING, validity=replace(MONTH, count=12))
THREE_MONTHS = replace(RENEWING, validity=replace(MONTH, count=3))


async def test_a_renewal_that_the_law_wants_announced_waits_for_an_announcement_that_was_missed(
    studio: Studio,
) -> None:
    """It ends on 29 April and was to be announced on 30 March; everything stood still until 10 April."""
    pass_id = await sold_in(studio, Jurisdiction.FR, THREE_MONTHS)
    await jump(studio, at("2026-04-10"))
    coming = next_events(await studio.facts(pass_id), RetryPolicy(), at("2026-04-10"))
    assert [(each.kind, each.at) for each in coming] == [("RENEWS", at("2026-05-11", 0))]

    await work(studio, pass_id)

    assert await told(studio) == [(at("2026-04-10"), 15_000, "2026-05-11")]
    assert (await postponed(studio), await charged(studio)) == ([11], [])
    await studio.advance(at("2026-05-10", 23))
    assert await charged(studio) == []
    assert (await studio.facts(pass_id)).closed_reason is None
    await studio.advance(at("2026-05-11", 1))
    assert await charged(studio) == [15_000]
    assert (await books(studio, pass_id))[0] == 10
    assert len(await told(studio)) == 1
    await sound(studio)


async def test_a_forecast_says_that_a_charge_is_put_off_and_when_it_will_be(studio: Studio) -> None:
    pass_id = await sold_in(studio, Jurisdiction.FR, THREE_MONTHS)
    await jump(studio, at("2026-04-10"))

    asked = Forecast(pass_id, at("2026-05-20"))
    told_ahead = await forecast(studio.runtime, studio.business_id, OWNER, asked)

    kinds = (ForecastKind.CHARGE_POSTPONED, ForecastKind.CHARGED, ForecastKind.RENEWS)
    steps = [(step.kind, step.day.isoformat()) for step in told_ahead.steps if step.kind in kinds]
    assert steps == [
        (ForecastKind.CHARGE_POSTPONED, "2026-04-10"),
        (ForecastKind.CHARGED, "2026-05-11"),
        (ForecastKind.RENEWS, "2026-05-11"),
    ]
    assert (await told(studio), await postponed(studio)) == ([], [])


async def test_a_pass_that_ended_while_its_announcement_was_missed_goes_on_until_it_has_run(studio: Studio) -> None:
    """After an outage over its end nothing is charged and nothing lapses; then it is charged once."""
    pass_id = await sold_in(studio, Jurisdiction.FR, THREE_MONTHS)
    await jump(studio, at("2026-06-15"))

    await work(studio, pass_id)

    assert (await told(studio), await charged(studio)) == ([(at("2026-06-15"), 15_000, "2026-07-16")], [])
    assert await postponed(studio) == [77]
    assert await status(studio, pass_id) is PassStatus.ACTIVE
    assert await books(studio, pass_id) == (10, 0, 0, 0, 0)
    await sound(studio)
    await studio.advance(at("2026-07-17"))
    assert await charged(studio) == [15_000]
    assert await books(studio, pass_id) == (10, 0, 0, 0, 10)
    await sound(studio)


async def test_without_such_a_law_a_missed_announcement_delays_nothing(studio: Studio) -> None:
    pass_id = await sold_in(studio, Jurisdiction.US_CA, THREE_MONTHS)
    await jump(studio, at("2026-04-30", 12))
    await work(studio, pass_id)
    assert (await charged(studio), await postponed(studio)) == ([15_000], [])


async def test_a_period_shorter_than_the_notice_is_announced_at_its_start_and_never_late(studio: Studio) -> None:
    await sold_in(studio, Jurisdiction.FR, RENEWING)
    await studio.advance(at("2026-06-05"))
    assert (len(await charged(studio)), await postponed(studio)) == (4, [])
    assert [day for _, _, day in await told(studio)] == [
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
        "2026-05-31",
        "2026-06-30",
    ]
    await sound(studio)


async def test_an_end_that_moves_away_is_announced_again_and_the_charge_not_put_off(studio: Studio) -> None:
    pass_id = await sold_in(studio, Jurisdiction.FR, THREE_MONTHS)
    await studio.advance(at("2026-04-20"))
    await studio.do(extend_pass, ExtendPass(pass_id, 5, "Ill"))
    await studio.advance(at("2026-05-06"))
    assert [day for _, _, day in await told(studio)] == ["2026-04-30", "2026-05-05"]
    assert (await charged(studio), await postponed(studio)) == ([15_000], [])
    await sound(studio)


@pytest.mark.parametrize("by_client", [False, True])
async def test_an_end_that_the_studio_brings_closer_is_put_off_and_one_that_the_client_does_is_not(
    studio: Studio, *, by_client: bool
) -> None:
    """A freeze moved the charge from 30 April to June, and is taken back on 25 April before anything was announced."""
    pass_id = await sold_in(studio, Jurisdiction.FR, THREE_MONTHS)
    await studio.advance(at("2026-03-29"))
    held = await hold(studio, pass_id, "2026-04-25", "2026-06-03")
    await studio.advance(at("2026-04-25", 8))
    assert await told(studio) == []

    actor = Actor(Role.CLIENT, client_id=studio.client) if by_client else OWNER
    await studio.do(remove_hold, RemoveHold(held.holds[0]), actor=actor)
    await studio.advance(at("2026-04-25", 9))

    day = "2026-04-30" if by_client else "2026-05-26"
    assert [each[2] for each in await told(studio)] == [day]
    assert await postponed(studio) == ([] if by_client else [26])
    await sound(studio)


async def test_whoever_switches_renewal_on_shortly_before_the_end_is_charged_at_the_end(studio: Studio) -> None:
    """Nobody gains days by renewing no more until the last day."""
    pass_id = await sold_in(studio, Jurisdiction.FR, THREE_MONTHS)
    client = Actor(Role.CLIENT, client_id=studio.client)
    await studio.do(set_auto_renew, SetAutoRenew(pass_id, enabled=False), actor=client)
    await studio.advance(at("2026-04-28"))
    assert await told(studio) == []

    await studio.do(set_auto_renew, SetAutoRenew(pass_id, enabled=True), actor=client)

    assert await told(studio) == [(at("2026-04-28"), 15_000, "2026-04-30")]
    await studio.advance(at("2026-05-01"))
    assert (await charged(studio), await postponed(studio)) == ([15_000], [])
    await sound(studio)


async def test_no_announcement_goes_out_earlier_than_the_law_lets_it(studio: Studio) -> None:
    early = replace(YEAR, renewal=Renewal(reminder_days=90))
    await sold_in(studio, Jurisdiction.US_CA, early)
    await sold_in(studio, Jurisdiction.FR, early)
    await sold_in(studio, Jurisdiction.EU, early)
    await studio.advance(at("2027-01-31", 0))
    assert [(each[0], each[2]) for each in await told(studio)] == [
        (at("2026-11-02", 0), "2027-01-31"),
        (at("2026-11-03", 0), "2027-01-31"),
        (at("2026-12-17", 0), "2027-01-31"),
    ]
    await sound(studio)
