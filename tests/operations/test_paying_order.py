"""AUTO: the order in which a client's passes pay, and the account of it kept on the claim."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from models.operations.catalogue import CreateService, create_service
from models.operations.change_pass import AdjustPass, adjust_pass
from models.rules.terms import Access, Renewal, Terms, Validity
from models.rules.values import (
    AfterExpiration,
    AllocationPreset,
    LotKind,
    PassKind,
    PeriodUnit,
    ServiceCategory,
    UnusedAtRenewal,
    ValidityRule,
)
from models.tables.tenants import businesses
from tests.operations.acts import DAY, HOUR, at, lots, seen
from tests.studio import MONTH, TEN_CLASSES, Studio

UNLIMITED = Terms(PassKind.UNLIMITED, 9_000, validity=MONTH)
WEEK = Validity(ValidityRule.PERIOD, 1, PeriodUnit.WEEK)


async def payer(studio: Studio, day: str = "2026-02-03", hour: int = 10) -> UUID | None:
    """Book a visit; return the pass that pays for it."""
    booked = await studio.book([at(day, hour)])
    return (await seen(studio, booked.visits[0])).pass_id


async def prefer_priority(studio: Studio) -> None:
    """Let the business order its passes by priority first."""
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        await connection.execute(businesses.update().values(allocation_preset=AllocationPreset.PRIORITY_FIRST))


async def test_a_pass_that_counts_nothing_pays_before_one_that_counts(studio: Studio) -> None:
    await studio.sell(replace(TEN_CLASSES, validity=WEEK))
    unlimited = await studio.sell(UNLIMITED)

    assert await payer(studio) == unlimited


async def test_of_two_that_count_the_one_that_ends_first_pays(studio: Studio) -> None:
    await studio.sell()
    month = await studio.sell(replace(TEN_CLASSES, validity=MONTH))
    week = await studio.sell(replace(TEN_CLASSES, validity=WEEK, quantity=1))

    assert [await payer(studio, hour=hour) for hour in (10, 11)] == [week, month]
    assert await payer(studio, "2026-05-01") not in (week, month)


async def test_of_two_that_end_together_the_one_that_opens_less_pays(studio: Studio) -> None:
    await studio.sell(replace(TEN_CLASSES, validity=MONTH))
    category = await studio.sell(
        replace(TEN_CLASSES, validity=MONTH, quantity=1, access=Access(categories=frozenset({ServiceCategory.CLASS})))
    )
    other = (await studio.do(create_service, CreateService("Boxing", ServiceCategory.CLASS))).rows["service"]
    listed = [frozenset({studio.service, other}), frozenset({studio.service})]
    two, one = [
        await studio.sell(replace(TEN_CLASSES, validity=MONTH, quantity=1, access=Access(service_ids=ids)))
        for ids in listed
    ]

    assert [await payer(studio, hour=hour) for hour in (10, 11, 12)] == [one, two, category]


async def test_of_two_alike_the_higher_priority_pays_and_then_the_older(studio: Studio) -> None:
    older = await studio.sell(replace(TEN_CLASSES, validity=MONTH, quantity=1))
    await studio.advance(studio.began + HOUR)
    younger = await studio.sell(replace(TEN_CLASSES, validity=MONTH, quantity=1))
    preferred = await studio.sell(replace(TEN_CLASSES, validity=MONTH, quantity=1, priority=5))

    assert [await payer(studio, hour=hour) for hour in (10, 11, 12)] == [preferred, older, younger]


async def test_priority_comes_first_where_the_business_says_so(studio: Studio) -> None:
    unlimited = await studio.sell(UNLIMITED)
    preferred = await studio.sell(replace(TEN_CLASSES, quantity=1, priority=1))
    assert await payer(studio, hour=9) == unlimited

    await prefer_priority(studio)

    assert [await payer(studio, hour=hour) for hour in (10, 11)] == [preferred, unlimited]


async def test_rolled_over_units_are_spent_before_those_of_the_new_period(studio: Studio) -> None:
    rolls = Renewal(unused=UnusedAtRenewal.ROLLOVER)
    terms = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW, renewal=rolls)
    pass_id = await studio.sell(replace(terms, quantity=2))
    await studio.advance(at("2026-02-28", 1))
    assert sorted(await lots(studio, pass_id)) == [("GRANT", 1, 0), ("GRANT", 2, 2), ("ROLLOVER", 2, 2)]

    for hour in (9, 10, 11):
        assert await payer(studio, "2026-03-01", hour) == pass_id

    assert sorted(await lots(studio, pass_id)) == [("GRANT", 1, 0), ("GRANT", 2, 1), ("ROLLOVER", 2, 0)]


async def test_units_that_were_added_are_spent_like_regular_ones(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, quantity=1, validity=MONTH))
    await studio.do(adjust_pass, AdjustPass(pass_id, 2, "Apology"))

    booked = await studio.book([studio.began + n * DAY for n in (1, 2, 3, 4)])

    assert booked.figures["paid"] == 3
    assert [kind for kind, _, available in await lots(studio, pass_id) if available == 0] == ["GRANT", "ADJUSTMENT"]


async def test_a_claim_keeps_who_chose_which_lot_and_the_passes_passed_over(studio: Studio) -> None:
    gym = (await studio.do(create_service, CreateService("Gym", ServiceCategory.GYM_VISIT))).rows["service"]
    closed = await studio.sell(replace(UNLIMITED, access=Access(service_ids=frozenset({gym}))))
    later = await studio.sell()
    fixed = Validity(ValidityRule.FIXED_DAY, last_day=date(2026, 2, 10))
    chosen = await studio.sell(replace(TEN_CLASSES, validity=fixed))

    await payer(studio)

    (claim,) = await studio.fetch("SELECT pass_id, pinned, reason FROM claims")
    assert (claim["pass_id"], claim["pinned"]) == (chosen, False)
    assert claim["reason"]["chosenBy"] == AllocationPreset.DEFAULT
    assert claim["reason"]["lotKind"] == LotKind.GRANT
    passed_over = {each["passId"]: each["codes"] for each in claim["reason"]["passedOver"]}
    assert passed_over == {str(closed): ["SERVICE_NOT_INCLUDED"], str(later): []}


async def test_every_pass_says_why_it_does_not_pay(studio: Studio) -> None:
    gym = (await studio.do(create_service, CreateService("Gym", ServiceCategory.GYM_VISIT))).rows["service"]
    closed = await studio.sell(replace(UNLIMITED, access=Access(service_ids=frozenset({gym}))))
    week = await studio.sell(replace(TEN_CLASSES, validity=WEEK))
    empty = await studio.sell(replace(TEN_CLASSES, quantity=1))
    await studio.book([at("2026-02-20")], pass_id=empty)

    booked = await studio.book([at("2026-02-21")])

    refusals = {
        each["passId"]: [(reason["code"], reason["values"]) for reason in each["reasons"]]
        for each in booked.figures["unpaid"][0]["refusals"]
    }
    assert refusals == {
        str(closed): [("SERVICE_NOT_INCLUDED", {})],
        str(week): [("ENDS_BEFORE_VISIT", {"day": "2026-02-06"})],
        str(empty): [("NO_SESSIONS_LEFT", {"left": "0", "needed": "1"})],
    }
