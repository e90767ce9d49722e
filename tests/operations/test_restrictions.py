"""Attendance restrictions and access hours where visits are booked, ended, paid later and taken back."""

from dataclasses import replace
from datetime import date, time
from uuid import UUID

from models.operations.book_visits import PayBy
from models.operations.catalogue import CreateService, create_service
from models.operations.end_visit import AttendanceOutcome, RecordAttendance, record_attendance
from models.rules.codes import Code
from models.rules.policies import OpenHours, Restriction, Rollover
from models.rules.restrictions import RestrictionState, states
from models.rules.terms import Access, Outcomes, Terms
from models.rules.values import (
    HoldKind,
    OutcomeEffect,
    PassKind,
    RestrictionCycle,
    RestrictionPer,
    ServiceCategory,
    VisitState,
)
from tests.operations.acts import at, cancel, hold, pay, record, seen, unpaid
from tests.studio import MONTH, Studio

UNLIMITED = Terms(PassKind.UNLIMITED, 9_000)
TWICE_A_WEEK = replace(UNLIMITED, restrictions=(Restriction(2, RestrictionPer.WEEK),))
REACHED = [Code.RESTRICTION_REACHED.name]
MONDAY, TUESDAY, WEDNESDAY, SUNDAY = "2026-02-02", "2026-02-03", "2026-02-04", "2026-02-08"
NEXT_MONDAY = "2026-02-09"


async def state(studio: Studio, pass_id: UUID, day: str) -> tuple[int, int, int, int]:
    """Carried, used, booked and remaining of the first restriction on a day."""
    found: RestrictionState = states(await studio.facts(pass_id), date.fromisoformat(day))[0]
    return found.carried, found.used, found.booked, found.remaining


async def test_visits_booked_together_are_paid_up_to_the_restriction_of_each_week(studio: Studio) -> None:
    pass_id = await studio.sell(TWICE_A_WEEK)

    changed = await studio.book([at(day) for day in (MONDAY, TUESDAY, WEDNESDAY, SUNDAY, NEXT_MONDAY)])

    assert changed.figures["paid"] == 3
    assert list(unpaid(changed).values()) == [REACHED, REACHED]
    assert [(await seen(studio, visit)).pass_id for visit in changed.visits] == [pass_id, pass_id, None, None, pass_id]
    assert await state(studio, pass_id, SUNDAY) == (0, 0, 2, 0)


async def test_attended_missed_and_late_visits_count_and_returned_ones_do_not(studio: Studio) -> None:
    pass_id = await studio.sell(TWICE_A_WEEK)
    booked = await studio.book([at(MONDAY), at(TUESDAY)])
    await studio.advance(at(MONDAY, 12))
    await record(studio, booked.visits[0])
    await cancel(studio, booked.visits[1])
    assert (await seen(studio, booked.visits[1])).state is VisitState.CANCELLED
    assert await state(studio, pass_id, MONDAY) == (0, 1, 0, 1)

    again = await studio.book([at(WEDNESDAY)])
    await studio.advance(at(WEDNESDAY, 9))
    await cancel(studio, again.visits[0])
    assert (await seen(studio, again.visits[0])).state is VisitState.LATE_CANCELLED
    assert await state(studio, pass_id, MONDAY) == (0, 2, 0, 0)
    assert list(unpaid(await studio.book([at(SUNDAY)])).values()) == [REACHED]


async def test_taking_back_a_late_cancellation_does_not_count_the_visit_twice(studio: Studio) -> None:
    pass_id = await studio.sell(TWICE_A_WEEK)
    booked = await studio.book([at(TUESDAY), at(WEDNESDAY)])
    await studio.advance(at(TUESDAY, 0))
    await cancel(studio, booked.visits[0])
    assert (await seen(studio, booked.visits[0])).state is VisitState.LATE_CANCELLED

    await record(studio, booked.visits[0], "BOOKED")

    assert (await seen(studio, booked.visits[0])).pass_id == pass_id
    assert await state(studio, pass_id, TUESDAY) == (0, 0, 2, 0)


async def test_taking_back_a_cancellation_asks_whether_there_is_still_room(studio: Studio) -> None:
    pass_id = await studio.sell(TWICE_A_WEEK)
    booked = await studio.book([at(TUESDAY), at(WEDNESDAY)])
    await cancel(studio, booked.visits[0])
    other = await studio.book([at(SUNDAY)])
    back = RecordAttendance(booked.visits[0], AttendanceOutcome.BOOKED)

    assert await studio.refused(record_attendance, back) is Code.PASS_CANNOT_PAY

    await cancel(studio, other.visits[0])
    await studio.do(record_attendance, back)
    assert (await seen(studio, booked.visits[0])).pass_id == pass_id


async def test_a_returned_no_show_who_came_is_unpaid_where_the_week_is_full_by_then(studio: Studio) -> None:
    lenient = replace(TWICE_A_WEEK, outcomes=Outcomes(no_show=OutcomeEffect.RETURN))
    pass_id = await studio.sell(lenient)
    booked = await studio.book([at(MONDAY), at(TUESDAY)])
    await studio.advance(at(MONDAY, 12))
    await record(studio, booked.visits[0], "NO_SHOW")
    await studio.book([at(SUNDAY)])

    await record(studio, booked.visits[0], "ATTENDED")

    found = await seen(studio, booked.visits[0])
    assert (found.state, found.pass_id) == (VisitState.ATTENDED, None)
    assert await state(studio, pass_id, MONDAY) == (0, 0, 2, 0)


async def test_unpaid_visits_of_past_weeks_are_paid_up_to_their_own_weeks(studio: Studio) -> None:
    """Long consumed visits are counted too."""
    pass_id = await studio.sell(TWICE_A_WEEK)
    booked = await studio.book([at(MONDAY)])
    await studio.advance(at(MONDAY, 12))
    await record(studio, booked.visits[0])
    old = await studio.book([at(TUESDAY), at(WEDNESDAY)], pay_by=PayBy.NOTHING)
    await studio.advance(at("2026-04-20"))
    for visit in old.visits:
        await record(studio, visit)

    changed = await pay(studio, old.visits, pass_id)

    assert changed.figures["paid"] == 1
    assert unpaid(changed) == {str(old.visits[1]): REACHED}
    assert await state(studio, pass_id, MONDAY) == (0, 2, 0, 0)


async def test_a_restriction_of_a_category_lets_everything_else_be_booked(studio: Studio) -> None:
    gym = (await studio.do(create_service, CreateService("Gym", ServiceCategory.GYM_VISIT))).rows["service"]
    one_class = Restriction(1, RestrictionPer.WEEK, categories=frozenset({ServiceCategory.CLASS}))
    pass_id = await studio.sell(replace(UNLIMITED, restrictions=(one_class, Restriction(3, RestrictionPer.MONTH))))

    classes = await studio.book([at(MONDAY), at(TUESDAY)])
    gyms = await studio.book([at(day) for day in (TUESDAY, WEDNESDAY, SUNDAY)], service=gym)

    assert classes.figures["paid"] == 1
    assert gyms.figures["paid"] == 2
    assert list(unpaid(gyms).values()) == [REACHED]
    assert [found.remaining for found in states(await studio.facts(pass_id), date(2026, 2, 3))] == [0, 0]


async def test_a_second_pass_pays_what_the_first_one_may_not(studio: Studio) -> None:
    first, second = await studio.sell(TWICE_A_WEEK), await studio.sell(TWICE_A_WEEK)

    changed = await studio.book([at(day) for day in (MONDAY, TUESDAY, WEDNESDAY, SUNDAY)])

    assert [(await seen(studio, v)).pass_id for v in changed.visits] == [first, first, second, second]


async def test_what_a_week_leaves_is_used_first_in_the_next_and_lapses_after_it(studio: Studio) -> None:
    rolls = Restriction(2, RestrictionPer.WEEK, rollover=Rollover(1))
    pass_id = await studio.sell(replace(UNLIMITED, restrictions=(rolls,)))
    await studio.book([at(MONDAY), at(TUESDAY)])
    assert await state(studio, pass_id, MONDAY) == (1, 0, 2, 1)

    next_week = [at(f"2026-02-{day}") for day in (10, 11, 12, 13)]
    changed = await studio.book(next_week)

    assert changed.figures["paid"] == 3
    assert await state(studio, pass_id, NEXT_MONDAY) == (1, 0, 3, 0)
    assert await state(studio, pass_id, "2026-02-16") == (0, 0, 0, 2)
    # The week before left a unit that the next one uses: it has none left for itself.
    assert list(unpaid(await studio.book([at(WEDNESDAY)])).values()) == [REACHED]


async def test_a_freeze_lengthens_the_cycle_and_keeps_what_stands(studio: Studio) -> None:
    """The freeze pulls a visit of the second week into the first: it keeps standing, and nothing more is taken."""
    own = Restriction(2, RestrictionPer.WEEK, RestrictionCycle.PASS)
    pass_id = await studio.sell(replace(UNLIMITED, validity=MONTH, restrictions=(own,)))
    changed = await studio.book([at(day) for day in ("2026-01-31", "2026-02-01", "2026-02-07")])
    assert changed.figures["paid"] == 3

    await hold(studio, pass_id, "2026-02-03", "2026-02-05")

    (found,) = states(await studio.facts(pass_id), date(2026, 2, 1))
    assert (found.first_day, found.last_day) == (date(2026, 1, 31), date(2026, 2, 9))
    assert (found.booked, found.remaining) == (3, 0)
    refused = await studio.book([at("2026-02-08")])
    assert list(unpaid(refused).values()) == [REACHED]
    assert (await studio.book([at("2026-02-11")])).figures["paid"] == 1


async def test_a_block_moves_no_cycle(studio: Studio) -> None:
    own = Restriction(2, RestrictionPer.WEEK, RestrictionCycle.PASS)
    pass_id = await studio.sell(replace(UNLIMITED, validity=MONTH, restrictions=(own,)))
    await hold(studio, pass_id, "2026-02-03", "2026-02-05", HoldKind.BLOCK)
    assert states(await studio.facts(pass_id), date(2026, 2, 1))[0].last_day == date(2026, 2, 6)


async def test_the_week_begins_where_the_business_says(studio: Studio) -> None:
    pass_id = await studio.sell(TWICE_A_WEEK)
    async with studio.runtime.database.transaction(studio.business_id) as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.execute("UPDATE businesses SET week_start = 7 WHERE id = $1", studio.business_id)

    changed = await studio.book([at(day) for day in (TUESDAY, WEDNESDAY, SUNDAY)])

    assert changed.figures["paid"] == 3
    assert await state(studio, pass_id, SUNDAY) == (0, 0, 1, 1)


async def test_off_peak_passes_pay_at_their_hours_only(studio: Studio) -> None:
    off_peak = Access(hours=(OpenHours(frozenset({1, 2, 3, 4, 5}), time(9), time(16)),))
    await studio.sell(replace(UNLIMITED, access=off_peak))

    changed = await studio.book([at(MONDAY, 9), at(MONDAY, 16), at(SUNDAY, 10)])

    assert changed.figures["paid"] == 1
    assert list(unpaid(changed).values()) == [[Code.OUTSIDE_HOURS.name]] * 2
