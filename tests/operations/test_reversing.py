"""Recording what became of a visit, and taking it back: re-checked against the rules, with history kept."""

from dataclasses import replace
from datetime import timedelta

import pytest

from models.operations.base import Actor
from models.operations.book_visits import PayBy
from models.operations.catalogue import CreateLocation, create_location
from models.operations.change_pass import DeactivatePass, deactivate_pass
from models.operations.end_visit import AttendanceOutcome, CancelledBy, RecordAttendance, record_attendance
from models.rules.codes import Code
from models.rules.terms import Outcomes
from models.rules.values import OutcomeEffect, Role, VisitState
from tests.operations.acts import DAY, HOUR, Seen, at, books, cancel, hold, pay, record, seen
from tests.studio import MONTH, TEN_CLASSES, Studio

ONE = replace(TEN_CLASSES, quantity=1)
RETURNS = replace(ONE, outcomes=Outcomes(no_show=OutcomeEffect.RETURN))


def back(visit_id: object) -> RecordAttendance:
    """Take the outcome of a visit back."""
    return RecordAttendance(visit_id, AttendanceOutcome.BOOKED)  # type: ignore[arg-type]


async def test_attendance_uses_the_unit_and_taking_it_back_books_it_again(studio: Studio) -> None:
    pass_id = await studio.sell()
    (visit,) = (await studio.book([studio.began + HOUR])).visits
    await record(studio, visit)
    assert await books(studio, pass_id) == (9, 0, 1, 0, 0)

    await record(studio, visit, "BOOKED")

    assert await books(studio, pass_id) == (9, 1, 0, 0, 0)
    moves = await studio.fetch("SELECT from_account, to_account FROM transfers WHERE visit_id = $1 ORDER BY id", visit)
    assert [(row["from_account"], row["to_account"]) for row in moves] == [
        ("AVAILABLE", "BOOKED"),
        ("BOOKED", "USED"),
        ("USED", "BOOKED"),
    ]


async def test_a_no_show_that_turns_out_to_have_come_uses_what_it_had_forfeited(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, validity=MONTH))
    (visit,) = (await studio.book([at("2026-02-27", 23)])).visits
    await studio.advance(at("2026-03-01"))
    await record(studio, visit, "NO_SHOW")
    assert await books(studio, pass_id) == (0, 0, 0, 1, 9)

    await record(studio, visit)

    assert await books(studio, pass_id) == (0, 0, 1, 0, 9)


async def test_a_no_show_whose_unit_was_returned_takes_it_again_when_it_turns_out_to_have_come(studio: Studio) -> None:
    pass_id = await studio.sell(RETURNS)
    (visit,) = (await studio.book([studio.began + HOUR])).visits
    await studio.advance(studio.began + 2 * HOUR)
    await record(studio, visit, "NO_SHOW")
    assert await books(studio, pass_id) == (1, 0, 0, 0, 0)

    await record(studio, visit)

    assert await seen(studio, visit) == Seen(VisitState.ATTENDED, pass_id)
    assert await books(studio, pass_id) == (0, 0, 1, 0, 0)


async def test_a_client_who_came_is_recorded_even_where_the_returned_unit_is_spent(studio: Studio) -> None:
    pass_id = await studio.sell(RETURNS)
    (visit,) = (await studio.book([studio.began + HOUR])).visits
    await studio.advance(studio.began + 2 * HOUR)
    await record(studio, visit, "NO_SHOW")
    await studio.book([studio.began + DAY])

    await record(studio, visit)

    assert await seen(studio, visit) == Seen(VisitState.ATTENDED, None)
    assert await books(studio, pass_id) == (0, 1, 0, 0, 0)


async def test_a_cancellation_taken_back_is_paid_by_the_same_pass_again(studio: Studio) -> None:
    pass_id = await studio.sell(ONE)
    (visit,) = (await studio.book([studio.began + DAY])).visits
    await cancel(studio, visit)

    changed = await record(studio, visit, "BOOKED")

    assert changed.passes == [pass_id]
    assert (await seen(studio, visit)).pass_id == pass_id
    assert await books(studio, pass_id) == (0, 1, 0, 0, 0)


async def test_a_cancellation_is_not_taken_back_onto_a_pass_whose_unit_is_spent(studio: Studio) -> None:
    await studio.sell(ONE)
    (visit,) = (await studio.book([studio.began + DAY])).visits
    await cancel(studio, visit)
    await studio.book([studio.began + 2 * DAY])

    assert await studio.refused(record_attendance, back(visit)) is Code.PASS_CANNOT_PAY


async def test_a_visit_that_was_booked_again_is_not_taken_back_a_second_time(studio: Studio) -> None:
    await studio.sell()
    (early,) = (await studio.book([studio.began + DAY])).visits
    await cancel(studio, early)
    await studio.book([studio.began + DAY])

    assert await studio.refused(record_attendance, back(early)) is Code.ALREADY_BOOKED


async def test_a_late_cancellation_taken_back_gets_its_forfeited_unit(studio: Studio) -> None:
    pass_id = await studio.sell(ONE)
    (visit,) = (await studio.book([studio.began + HOUR])).visits
    await cancel(studio, visit)
    assert await books(studio, pass_id) == (0, 0, 0, 1, 0)

    await record(studio, visit, "BOOKED")

    assert await books(studio, pass_id) == (0, 1, 0, 0, 0)


async def test_a_late_cancellation_is_not_taken_back_into_a_hold_or_onto_a_pass_out_of_use(studio: Studio) -> None:
    pass_id = await studio.sell()
    today, tomorrow = (await studio.book([studio.began + HOUR, at("2026-02-01", 0)])).visits
    for visit in (today, tomorrow):
        await cancel(studio, visit)
        assert (await seen(studio, visit)).state is VisitState.LATE_CANCELLED
    await hold(studio, pass_id, "2026-02-01", "2026-02-05")

    assert await studio.refused(record_attendance, back(tomorrow)) is Code.PASS_CANNOT_PAY
    await studio.do(deactivate_pass, DeactivatePass(pass_id, "Moved away"))
    assert await studio.refused(record_attendance, back(today)) is Code.PASS_CANNOT_PAY
    assert await books(studio, pass_id) == (8, 0, 0, 2, 0)


async def test_a_cancelled_visit_that_nobody_paid_comes_back_unpaid(studio: Studio) -> None:
    # Booked to stay unpaid: the sale below would pay for one that was booked with AUTO.
    (visit,) = (await studio.book([studio.began + DAY], pay_by=PayBy.NOTHING)).visits
    await cancel(studio, visit)
    await record(studio, visit, "BOOKED")

    assert await seen(studio, visit) == Seen(VisitState.BOOKED, None)
    pass_id = await studio.sell()
    assert (await pay(studio, [visit])).passes == [pass_id]


async def test_a_visit_that_was_unpaid_when_it_was_cancelled_comes_back_unpaid(studio: Studio) -> None:
    pass_id = await studio.sell(ONE)
    (visit,) = (await studio.book([studio.began + DAY])).visits
    await studio.do(deactivate_pass, DeactivatePass(pass_id, "Moved away"))
    await cancel(studio, visit)

    await record(studio, visit, "BOOKED")

    assert await seen(studio, visit) == Seen(VisitState.BOOKED, None)
    assert await books(studio, pass_id) == (1, 0, 0, 0, 0)


async def test_outcomes_that_make_no_sense_are_refused(studio: Studio) -> None:
    await studio.sell()
    soon, tomorrow, gone = (await studio.book([studio.began + HOUR, studio.began + DAY, studio.began + 2 * DAY])).visits
    await cancel(studio, gone, CancelledBy.STUDIO)
    cases = [
        (soon, AttendanceOutcome.BOOKED, Code.OUTCOME_UNCHANGED),
        (soon, AttendanceOutcome.NO_SHOW, Code.VISIT_NOT_STARTED),
        (tomorrow, AttendanceOutcome.ATTENDED, Code.VISIT_NOT_STARTED),
        (gone, AttendanceOutcome.ATTENDED, Code.VISIT_ENDED),
        (gone, AttendanceOutcome.NO_SHOW, Code.VISIT_ENDED),
    ]
    for visit, outcome, code in cases:
        assert await studio.refused(record_attendance, RecordAttendance(visit, outcome)) is code
    client = Actor(Role.CLIENT, client_id=studio.client)
    attended = RecordAttendance(soon, AttendanceOutcome.ATTENDED)
    assert await studio.refused(record_attendance, attended, actor=client) is Code.FORBIDDEN
    await studio.do(record_attendance, attended)
    assert await studio.refused(record_attendance, attended) is Code.OUTCOME_UNCHANGED


@pytest.mark.parametrize(("zone", "hour"), [("Pacific/Auckland", 7), ("America/Los_Angeles", 19)])
async def test_a_client_checks_in_on_the_day_of_the_visit_at_its_location(studio: Studio, zone: str, hour: int) -> None:
    place = (await studio.do(create_location, CreateLocation("Far", zone))).rows["location"]
    await studio.sell()
    starts_at = at("2026-02-02", hour, zone=zone)
    (visit,) = (await studio.book([starts_at], location=place)).visits

    await studio.advance(at("2026-02-01", 23, 59, zone=zone))
    early = RecordAttendance(visit, AttendanceOutcome.ATTENDED)
    assert await studio.refused(record_attendance, early) is Code.VISIT_NOT_STARTED
    await studio.advance(starts_at - timedelta(minutes=10))
    await record(studio, visit)

    assert (await seen(studio, visit)).state is VisitState.ATTENDED
