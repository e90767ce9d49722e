"""Holds: days given back once, visits inside, and the end computed when an open hold is lifted."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from models.operations.base import Actor
from models.operations.end_visit import CancelledBy
from models.operations.holds import EndHold, PlaceHold, RemoveHold, end_hold, place_hold, remove_hold
from models.rules.codes import Code
from models.rules.terms import Terms, Validity
from models.rules.values import Activation, HoldKind, PassKind, PassStatus, PeriodUnit, Role, ValidityRule, VisitState
from tests.operations.acts import at, books, cancel, days, hold, jump, record, renew, seen, status, unpaid
from tests.studio import MONTH, TEN_CLASSES, Studio

MONTHLY = replace(TEN_CLASSES, validity=MONTH)
BLOCK = HoldKind.BLOCK


def day(text: str) -> date:
    """A date from its ISO form."""
    return date.fromisoformat(text)


async def test_a_freeze_gives_back_its_days_both_ends_included(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)

    await hold(studio, pass_id, "2026-02-10", "2026-02-12")

    assert await days(studio, pass_id) == [("2026-01-31", "2026-03-02")]
    booked = await studio.book([at(f"2026-02-{n:02}") for n in (9, 10, 12, 13)])
    assert unpaid(booked) == {str(booked.visits[1]): ["ON_HOLD"], str(booked.visits[2]): ["ON_HOLD"]}


async def test_a_block_gives_nothing_back(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)

    await hold(studio, pass_id, "2026-02-10", "2026-02-12", BLOCK)

    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27")]
    booked = await studio.book([at("2026-02-11")])
    assert list(unpaid(booked).values()) == [["ON_HOLD"]]


@pytest.mark.parametrize(
    ("first", "second", "last"),
    [
        (("2026-02-10", "2026-02-14"), ("2026-02-12", "2026-02-16"), "2026-03-06"),
        (("2026-02-10", "2026-02-14"), ("2026-02-10", "2026-02-14"), "2026-03-04"),
        (("2026-02-10", "2026-02-14"), ("2026-02-11", "2026-02-12"), "2026-03-04"),
        (("2026-02-10", "2026-02-14"), ("2026-02-15", "2026-02-16"), "2026-03-06"),
        (("2026-02-10", "2026-02-14"), ("2026-02-20", "2026-02-20"), "2026-03-05"),
        # A hold on the days that another one gave.
        (("2026-02-26", "2026-02-28"), ("2026-03-02", "2026-03-03"), "2026-03-04"),
    ],
)
async def test_no_day_is_given_back_twice(
    studio: Studio, first: tuple[str, str], second: tuple[str, str], last: str
) -> None:
    pass_id = await studio.sell(MONTHLY)
    await hold(studio, pass_id, *first)
    await hold(studio, pass_id, *second)

    assert await days(studio, pass_id) == [("2026-01-31", last)]


async def test_a_freeze_over_a_block_counts_and_the_block_does_not(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await hold(studio, pass_id, "2026-02-10", "2026-02-20", BLOCK)
    await hold(studio, pass_id, "2026-02-12", "2026-02-13")

    assert await days(studio, pass_id) == [("2026-01-31", "2026-03-01")]


async def test_visits_inside_are_cancelled_returned_and_listed(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    starts = [at("2026-02-09", 23), at("2026-02-10", 0), at("2026-02-12", 23), at("2026-02-13", 0)]
    visits = (await studio.book(starts)).visits

    changed = await hold(studio, pass_id, "2026-02-10", "2026-02-12")

    assert changed.visits == visits[1:3]
    states = [(await seen(studio, each)).state for each in visits]
    assert states == [VisitState.BOOKED, VisitState.CANCELLED, VisitState.CANCELLED, VisitState.BOOKED]
    assert (await seen(studio, visits[1])).note == "Cancelled by a hold"
    assert await books(studio, pass_id) == (8, 2, 0, 0, 0)


async def test_visits_inside_may_be_kept_and_are_listed_all_the_same(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    (visit,) = (await studio.book([at("2026-02-11")])).visits

    changed = await hold(studio, pass_id, "2026-02-10", "2026-02-12", keep=True)

    assert (changed.visits, changed.figures["kept"]) == ([visit], True)
    assert (await seen(studio, visit)).pass_id == pass_id
    await studio.advance(at("2026-02-11", 12))
    await record(studio, visit)
    assert await books(studio, pass_id) == (9, 0, 1, 0, 0)


async def test_an_open_hold_pauses_the_pass_and_the_end_is_computed_when_it_is_lifted(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    hold_id = (await hold(studio, pass_id, "2026-02-10", None)).holds[0]
    facts = await studio.facts(pass_id)
    assert (facts.ends_at, facts.windows[0].paused) == (None, True)
    assert (await studio.fetch("SELECT paused, next_due_at FROM passes"))[0]["next_due_at"] is None

    await studio.advance(at("2026-06-10"))
    assert await status(studio, pass_id) is PassStatus.ON_HOLD
    await studio.do(end_hold, EndHold(hold_id))

    # 120 days were held, 10 February to 9 June; 18 days of the month are left.
    assert await status(studio, pass_id) is PassStatus.ACTIVE
    assert await days(studio, pass_id) == [("2026-01-31", "2026-06-27")]
    assert await books(studio, pass_id) == (10, 0, 0, 0, 0)


async def test_ending_a_hold_early_takes_back_the_days_it_no_longer_holds(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    hold_id = (await hold(studio, pass_id, "2026-02-10", "2026-02-19")).holds[0]
    inside, outside = (await studio.book([at("2026-03-02"), at("2026-03-08")])).visits
    await studio.advance(at("2026-02-13"))

    changed = await studio.do(end_hold, EndHold(hold_id))

    assert await days(studio, pass_id) == [("2026-01-31", "2026-03-02")]
    assert changed.visits == [outside]
    assert [(await seen(studio, each)).pass_id for each in (inside, outside)] == [pass_id, None]
    assert (await seen(studio, outside)).state is VisitState.BOOKED
    assert await books(studio, pass_id) == (9, 1, 0, 0, 0)
    row = (await studio.fetch("SELECT last_day, requested_last_day, removed_at FROM holds"))[0]
    assert (row["last_day"], row["requested_last_day"], row["removed_at"]) == (
        day("2026-02-12"),
        day("2026-02-19"),
        None,
    )
    again = await studio.book([at("2026-02-13", 18)])
    assert again.figures["paid"] == 1


async def test_removing_a_hold_keeps_its_record_and_takes_back_all_its_days(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    hold_id = (await hold(studio, pass_id, "2026-02-10", "2026-02-12")).holds[0]
    await studio.advance(at("2026-02-20"))

    await studio.do(remove_hold, RemoveHold(hold_id))

    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27")]
    row = (await studio.fetch("SELECT first_day, last_day, removed_at FROM holds"))[0]
    assert (row["first_day"], row["last_day"]) == (day("2026-02-10"), day("2026-02-12"))
    assert row["removed_at"] == at("2026-02-20")
    for verb, command in ((remove_hold, RemoveHold(hold_id)), (end_hold, EndHold(hold_id))):
        assert await studio.refused(verb, command) is Code.HOLD_ENDED


async def test_a_visit_paid_under_a_back_window_stays_paid_when_a_hold_is_lifted(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, back_window_days=7))
    (old,) = (await studio.book([at("2026-01-28")])).visits
    hold_id = (await hold(studio, pass_id, "2026-02-10", "2026-02-12")).holds[0]

    changed = await studio.do(remove_hold, RemoveHold(hold_id))

    assert changed.visits == []
    assert (await seen(studio, old)).pass_id == pass_id
    assert await books(studio, pass_id) == (9, 1, 0, 0, 0)


async def test_a_pass_without_an_end_is_held_and_has_nothing_to_extend(studio: Studio) -> None:
    pass_id = await studio.sell()
    hold_id = (await hold(studio, pass_id, "2026-01-31", None)).holds[0]

    assert await days(studio, pass_id) == [("2026-01-31", None)]
    assert await status(studio, pass_id) is PassStatus.ON_HOLD
    await studio.advance(at("2026-02-02"))
    await studio.do(end_hold, EndHold(hold_id))
    assert await status(studio, pass_id) is PassStatus.ACTIVE
    assert await days(studio, pass_id) == [("2026-01-31", None)]


async def test_a_pass_that_has_not_started_is_held_and_moves_by_the_days_inside_it(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, activation=Activation.FIRST_OF_MONTH))
    await hold(studio, pass_id, "2026-01-31", "2026-02-02")
    waits = await studio.sell(replace(MONTHLY, activation=Activation.ON_FIRST_VISIT))
    await hold(studio, waits, "2026-02-10", "2026-02-12")
    await studio.book([at("2026-02-11"), at("2026-02-09")], pass_id=waits)

    assert await days(studio, pass_id) == [("2026-02-01", "2026-03-02")]
    assert await days(studio, waits) == [("2026-02-09", "2026-03-11")]


async def test_a_freeze_moves_a_period_bought_ahead_and_visits_then_before_it_become_unpaid(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await renew(studio, pass_id)
    first, second = (await studio.book([at("2026-02-28"), at("2026-03-10")])).visits

    changed = await hold(studio, pass_id, "2026-02-10", "2026-02-12")

    assert await days(studio, pass_id) == [("2026-01-31", "2026-03-02"), ("2026-03-03", "2026-04-02")]
    assert (changed.visits, changed.figures["unpaid"]) == ([first], [str(first)])
    assert [(await seen(studio, each)).pass_id for each in (first, second)] == [None, pass_id]
    assert await books(studio, pass_id) == (19, 1, 0, 0, 0)


async def test_a_block_that_began_in_a_period_that_is_over_can_still_be_lifted(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await renew(studio, pass_id)
    hold_id = (await hold(studio, pass_id, "2026-02-20", None, BLOCK)).holds[0]
    await studio.advance(at("2026-03-05"))
    assert await status(studio, pass_id) is PassStatus.ON_HOLD

    await studio.do(end_hold, EndHold(hold_id))

    assert await status(studio, pass_id) is PassStatus.ACTIVE
    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27"), ("2026-02-28", "2026-03-30")]


async def test_a_freeze_whose_period_is_over_is_history(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await renew(studio, pass_id)
    hold_id = (await hold(studio, pass_id, "2026-02-10", "2026-02-12")).holds[0]
    await studio.advance(at("2026-03-05"))

    assert await studio.refused(remove_hold, RemoveHold(hold_id)) is Code.HOLD_PERIOD_OVER


async def test_an_end_pushed_by_a_hold_is_the_end_for_readers_and_workers(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, validity=Validity(ValidityRule.PERIOD, 2, PeriodUnit.DAY)))
    await hold(studio, pass_id, "2026-02-01", "2026-02-03")

    await jump(studio, at("2026-02-03"))
    assert await status(studio, pass_id) is PassStatus.ON_HOLD
    await studio.advance(at("2026-02-04", 23, 59))
    assert await status(studio, pass_id) is PassStatus.ACTIVE
    await studio.advance(at("2026-02-05", 0))
    assert await status(studio, pass_id) is PassStatus.EXPIRED


async def test_bad_holds_are_refused(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    strict = await studio.sell(replace(MONTHLY, holds_allowed=False))
    await studio.advance(at("2026-02-05"))

    async def refused(first: str, last: str | None, which: object = pass_id, role: Role = Role.OWNER) -> Code:
        actor = Actor(role, client_id=studio.client if role is Role.CLIENT else None)
        command = PlaceHold(which, day(first), day(last) if last else None)  # type: ignore[arg-type]
        return await studio.refused(place_hold, command, actor=actor)

    assert await refused("2026-02-12", "2026-02-10") is Code.DATES_REVERSED
    assert await refused("2026-01-30", "2026-02-10") is Code.HOLD_IN_PAST
    assert await refused("2026-02-04", "2026-02-10", role=Role.CLIENT) is Code.HOLD_IN_PAST
    assert await refused("2026-02-28", "2026-03-03") is Code.HOLD_OUTSIDE_PASS
    assert await refused("2090-01-01", None) is Code.DATE_OUT_OF_RANGE
    assert await refused("2026-02-10", "2090-01-01") is Code.DATE_OUT_OF_RANGE
    assert await refused("2026-02-10", "2026-02-12", strict) is Code.HOLDS_NOT_ALLOWED
    assert await refused("2026-02-10", "2026-02-12", studio.client) is Code.NOT_FOUND
    block = PlaceHold(pass_id, day("2026-02-10"), None, HoldKind.BLOCK)
    client = Actor(Role.CLIENT, client_id=studio.client)
    assert await studio.refused(place_hold, block, actor=client) is Code.FORBIDDEN
    closure = replace(block, kind=HoldKind.CLOSURE)
    assert await studio.refused(place_hold, closure) is Code.INVALID_INPUT
    await studio.advance(at("2026-03-01"))
    assert await refused("2026-03-02", "2026-03-03") is Code.PASS_ENDED


async def test_a_hold_is_ended_only_earlier_and_not_before_it_began(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    hold_id = (await hold(studio, pass_id, "2026-02-10", "2026-02-12")).holds[0]

    assert await studio.refused(end_hold, EndHold(hold_id, day("2026-02-12"))) is Code.NOTHING_TO_DO
    assert await studio.refused(end_hold, EndHold(hold_id, day("2026-02-09"))) is Code.DATES_REVERSED
    assert await studio.refused(end_hold, EndHold(pass_id)) is Code.NOT_FOUND
    await studio.advance(at("2026-02-13"))
    assert await studio.refused(end_hold, EndHold(hold_id)) is Code.HOLD_ENDED
    client = Actor(Role.CLIENT, client_id=studio.client)
    assert await studio.refused(remove_hold, RemoveHold(hold_id), actor=client) is Code.FORBIDDEN


async def test_a_hold_is_no_way_around_the_window_for_late_cancellations(studio: Studio) -> None:
    by_client, by_studio = [await studio.sell(MONTHLY) for _ in range(2)]
    soon = studio.began + timedelta(hours=2)
    late = (await studio.book([soon], pass_id=by_client)).visits[0]
    in_time = (await studio.book([soon + timedelta(days=3)], pass_id=by_client)).visits[0]
    returned = (await studio.book([soon + timedelta(hours=1)], pass_id=by_studio)).visits[0]
    today = studio.began.date()
    client = Actor(Role.CLIENT, client_id=studio.client)

    await studio.do(place_hold, PlaceHold(by_client, today, today + timedelta(days=5)), actor=client)
    await studio.do(place_hold, PlaceHold(by_studio, today, today))

    states = [(await seen(studio, visit)).state for visit in (late, in_time, returned)]
    assert states == [VisitState.LATE_CANCELLED, VisitState.CANCELLED, VisitState.CANCELLED]
    assert (await studio.balances(by_client))["forfeited"] == 1
    assert (await studio.balances(by_studio))["forfeited"] == 0


async def test_a_client_may_take_back_a_hold_on_its_first_day_and_not_later(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    client = Actor(Role.CLIENT, client_id=studio.client)
    first, second = [(await hold(studio, pass_id, day, "2026-02-12")).holds[0] for day in ("2026-02-09", "2026-02-10")]

    await studio.advance(at("2026-02-10"))

    assert await studio.refused(remove_hold, RemoveHold(first), actor=client) is Code.FORBIDDEN
    await studio.do(remove_hold, RemoveHold(second), actor=client)


async def test_a_client_lifts_no_block_that_the_studio_placed(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    client = Actor(Role.CLIENT, client_id=studio.client)
    block = (await hold(studio, pass_id, "2026-02-10", None, BLOCK)).holds[0]

    assert await studio.refused(remove_hold, RemoveHold(block), actor=client) is Code.FORBIDDEN
    assert await studio.refused(end_hold, EndHold(block, day("2026-02-10")), actor=client) is Code.FORBIDDEN
    await studio.do(remove_hold, RemoveHold(block))


async def test_the_days_of_a_day_pass_inside_a_hold_are_returned_once(studio: Studio) -> None:
    pass_id = await studio.sell(Terms(PassKind.DAY, 5_000, 5, MONTH))
    await studio.book([at("2026-02-10", 9), at("2026-02-10", 18), at("2026-02-11")])
    late = (await studio.book([at("2026-01-31", 20)])).visits[0]
    await cancel(studio, late, CancelledBy.CLIENT)
    assert await books(studio, pass_id) == (2, 2, 0, 1, 0)

    changed = await hold(studio, pass_id, "2026-02-10", "2026-02-12")

    assert len(changed.visits) == 3
    assert await books(studio, pass_id) == (4, 0, 0, 1, 0)
