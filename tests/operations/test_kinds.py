"""The five kinds of pass: what each meters, what it pays for, and when it ends."""

from dataclasses import replace
from datetime import date, timedelta

from models.operations.book_visits import BookVisits, NewVisit, book_visits
from models.operations.catalogue import CreateLocation, CreateService, create_location, create_service
from models.rules.terms import Access, Terms, Validity
from models.rules.values import PassKind, PassStatus, PeriodUnit, ServiceCategory, ValidityRule
from tests.operations.acts import DAY, HOUR, at, books, cancel, days, record, seen, status, unpaid
from tests.studio import MONTH, TEN_CLASSES, Studio

FIVE_DAYS = Terms(PassKind.DAY, 5_000, 2)
TEN_HOURS = Terms(PassKind.TIME, 40_000, 600)


async def test_a_session_pass_without_an_end_is_used_up_by_its_last_visit_alone(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, quantity=2))
    changed = await studio.book([studio.began + HOUR, studio.began + 400 * DAY])
    first, second = changed.visits
    assert await status(studio, pass_id) is PassStatus.ACTIVE

    await studio.advance(studio.began + 401 * DAY)
    await record(studio, first)
    assert await status(studio, pass_id) is PassStatus.ACTIVE
    await record(studio, second)

    assert await status(studio, pass_id) is PassStatus.USED_UP
    assert await books(studio, pass_id) == (0, 0, 2, 0, 0)
    assert await days(studio, pass_id) == [("2026-01-31", None)]


async def test_a_session_pass_ends_on_its_last_day_with_visits_left(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, validity=Validity(ValidityRule.PERIOD, 2, PeriodUnit.DAY)))
    await studio.book([at("2026-02-01", 23)])

    await studio.advance(at("2026-02-02", 0))

    assert await status(studio, pass_id) is PassStatus.EXPIRED
    assert await books(studio, pass_id) == (0, 1, 0, 0, 9)


async def test_an_unlimited_pass_pays_for_any_number_of_visits_of_its_one_service(studio: Studio) -> None:
    other = (await studio.do(create_service, CreateService("Boxing", ServiceCategory.CLASS))).rows["service"]
    access = Access(service_ids=frozenset({studio.service}))
    pass_id = await studio.sell(Terms(PassKind.UNLIMITED, 9_000, validity=MONTH, access=access))

    yoga = await studio.book([studio.began + n * HOUR for n in range(1, 41)])
    boxing = await studio.book([studio.began + HOUR], service=other)

    assert (yoga.figures["paid"], boxing.figures["paid"]) == (40, 0)
    assert unpaid(boxing) == {str(boxing.visits[0]): ["SERVICE_NOT_INCLUDED"]}
    assert await studio.fetch("SELECT id FROM lots WHERE pass_id = $1", pass_id) == []


async def test_an_unlimited_pass_of_any_service_pays_for_all_of_them(studio: Studio) -> None:
    gym = (await studio.do(create_service, CreateService("Gym", ServiceCategory.GYM_VISIT))).rows["service"]
    await studio.sell(Terms(PassKind.UNLIMITED, 9_000))

    visits = [await studio.book([studio.began + HOUR], service=service) for service in (studio.service, gym)]

    assert [changed.figures["paid"] for changed in visits] == [1, 1]


async def test_a_duration_pass_opens_its_services_and_locations_between_fixed_dates(studio: Studio) -> None:
    pool = (await studio.do(create_service, CreateService("Pool", ServiceCategory.GYM_VISIT))).rows["service"]
    sauna = (await studio.do(create_service, CreateService("Sauna", ServiceCategory.GYM_VISIT))).rows["service"]
    annex = (await studio.do(create_location, CreateLocation("Annex"))).rows["location"]
    away = (await studio.do(create_location, CreateLocation("Away"))).rows["location"]
    access = Access(frozenset({studio.service, pool}), location_ids=frozenset({studio.location, annex}))
    last = Validity(ValidityRule.FIXED_DAY, last_day=date(2026, 2, 28))
    pass_id = await studio.sell(Terms(PassKind.DURATION, 8_000, validity=last, access=access))

    inside = await studio.book([at("2026-02-28", 23, 59)], service=pool, location=annex)
    outside = await studio.book([at("2026-03-01", 0)], service=pool, location=annex)
    elsewhere = await studio.book([at("2026-02-10")], service=sauna, location=away)

    assert inside.figures["paid"] == 1
    assert unpaid(outside) == {str(outside.visits[0]): ["ENDS_BEFORE_VISIT"]}
    assert unpaid(elsewhere) == {str(elsewhere.visits[0]): ["SERVICE_NOT_INCLUDED", "LOCATION_NOT_INCLUDED"]}
    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-28")]


async def test_access_by_category_opens_every_service_of_it(studio: Studio) -> None:
    gym = (await studio.do(create_service, CreateService("Gym", ServiceCategory.GYM_VISIT))).rows["service"]
    await studio.sell(replace(TEN_CLASSES, access=Access(categories=frozenset({ServiceCategory.CLASS}))))

    classes = await studio.book([studio.began + HOUR])
    gym_visit = await studio.book([studio.began + HOUR], service=gym)

    assert (classes.figures["paid"], gym_visit.figures["paid"]) == (1, 0)


async def test_the_first_visit_of_a_day_claims_it_and_later_ones_are_free(studio: Studio) -> None:
    pass_id = await studio.sell(FIVE_DAYS)

    await studio.book([at("2026-02-02", hour) for hour in (9, 12, 18)])
    assert await books(studio, pass_id) == (1, 1, 0, 0, 0)
    more = await studio.book([at("2026-02-03"), at("2026-02-04")])

    assert await books(studio, pass_id) == (0, 2, 0, 0, 0)
    assert unpaid(more) == {str(more.visits[1]): ["NO_SESSIONS_LEFT"]}


async def test_cancelling_the_last_live_visit_of_a_day_returns_the_day(studio: Studio) -> None:
    pass_id = await studio.sell(FIVE_DAYS)
    morning, evening = (await studio.book([at("2026-02-02", 9), at("2026-02-02", 18)])).visits

    await cancel(studio, morning)
    assert await books(studio, pass_id) == (1, 1, 0, 0, 0)
    await cancel(studio, evening)
    assert await books(studio, pass_id) == (2, 0, 0, 0, 0)

    again = await studio.book([at("2026-02-02", 20)])
    assert again.figures["paid"] == 1
    assert await books(studio, pass_id) == (1, 1, 0, 0, 0)


async def test_two_locations_on_one_day_are_two_days(studio: Studio) -> None:
    pass_id = await studio.sell(FIVE_DAYS)
    annex = (await studio.do(create_location, CreateLocation("Annex"))).rows["location"]

    await studio.book([at("2026-02-02", 9)])
    await studio.book([at("2026-02-02", 12)], location=annex)

    assert await books(studio, pass_id) == (0, 2, 0, 0, 0)


async def test_one_attended_visit_uses_the_day_whatever_became_of_the_others(studio: Studio) -> None:
    pass_id = await studio.sell(FIVE_DAYS)
    first, second, third = (await studio.book([at("2026-02-02", hour) for hour in (9, 12, 18)])).visits
    await studio.advance(at("2026-02-02", 20))

    await record(studio, first, "NO_SHOW")
    assert await books(studio, pass_id) == (1, 1, 0, 0, 0)
    await record(studio, second, "NO_SHOW")
    await record(studio, third, "NO_SHOW")
    assert await books(studio, pass_id) == (1, 0, 0, 1, 0)
    await record(studio, third, "ATTENDED")

    assert await books(studio, pass_id) == (1, 0, 1, 0, 0)


async def test_a_day_on_which_the_client_did_not_come_still_pays_for_a_later_visit_that_day(studio: Studio) -> None:
    pass_id = await studio.sell(FIVE_DAYS)
    (missed,) = (await studio.book([at("2026-02-02", 9)])).visits
    await studio.advance(at("2026-02-02", 12))
    await record(studio, missed, "NO_SHOW")
    assert await books(studio, pass_id) == (1, 0, 0, 1, 0)

    (evening,) = (await studio.book([at("2026-02-02", 18)])).visits
    assert await books(studio, pass_id) == (1, 1, 0, 0, 0)
    await record(studio, evening)

    assert await books(studio, pass_id) == (1, 0, 1, 0, 0)


async def test_a_day_pass_with_an_end_loses_the_days_left_on_that_date(studio: Studio) -> None:
    week = Validity(ValidityRule.PERIOD, 1, PeriodUnit.WEEK)
    pass_id = await studio.sell(replace(FIVE_DAYS, quantity=5, validity=week))
    await studio.book([at("2026-02-06", 22), at("2026-02-06", 7)])

    await studio.advance(at("2026-02-07", 0))

    assert await books(studio, pass_id) == (0, 1, 0, 0, 4)
    assert await status(studio, pass_id) is PassStatus.EXPIRED


async def test_a_time_pass_spends_minutes_and_counts_a_begun_minute_whole(studio: Studio) -> None:
    pass_id = await studio.sell(TEN_HOURS)

    await studio.book([at("2026-02-02", 9)], minutes=61)
    assert await books(studio, pass_id) == (539, 61, 0, 0, 0)
    begins = at("2026-02-03", 9)
    begun = NewVisit(studio.service, studio.location, begins, begins + timedelta(minutes=30, microseconds=1))
    await studio.do(book_visits, BookVisits(studio.client, (begun,)))

    assert await books(studio, pass_id) == (508, 92, 0, 0, 0)


async def test_a_visit_longer_than_the_minutes_left_stays_unpaid_and_a_shorter_one_after_it_is_paid(
    studio: Studio,
) -> None:
    pass_id = await studio.sell(replace(TEN_HOURS, quantity=90))
    (long,) = (await studio.book([at("2026-02-02", 9)], minutes=91)).visits
    (fits,) = (await studio.book([at("2026-02-02", 12)], minutes=90)).visits

    assert (await seen(studio, long)).pass_id is None
    assert (await seen(studio, fits)).pass_id == pass_id
    await cancel(studio, fits)
    assert await books(studio, pass_id) == (90, 0, 0, 0, 0)
