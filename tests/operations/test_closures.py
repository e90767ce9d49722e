"""A closed location: every pass it concerns freezes once, however it came to be concerned, and visits are returned."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import Refused
from models.operations.base import Actor, Changed
from models.operations.book_visits import PayBy
from models.operations.catalogue import CreateClient, CreateLocation, create_client, create_location
from models.operations.change_pass import DeactivatePass, ReactivatePass, deactivate_pass, reactivate_pass
from models.operations.closures import (
    EndClosure,
    PlaceClosure,
    RemoveClosure,
    end_closure,
    place_closure,
    remove_closure,
)
from models.operations.holds import EndHold, PlaceHold, end_hold, place_hold
from models.queries.invariants import check_business
from models.rules.codes import Code
from models.rules.policies import HoldPolicy
from models.rules.terms import Access, Terms
from models.rules.values import ClosureReach, HoldKind, PassKind, Role, VisitState
from models.runtime import Runtime
from tests.conftest import NOON
from tests.operations.acts import at, books, days, hold, renew, seen
from tests.studio import MONTH, TEN_CLASSES, Studio, open_studio
from workers.closures import spread_next

MONTHLY = replace(TEN_CLASSES, validity=MONTH)
ALL = ClosureReach.ALL_VALID_HERE


def day(text: str) -> date:
    """A date from its ISO form."""
    return date.fromisoformat(text)


async def close(studio: Studio, first: str, last: str | None, location: UUID | None = None, **changes: Any) -> Changed:
    """Close a location, the main one unless told, and let every batch reach its passes."""
    command = PlaceClosure(location or studio.location, day(first), day(last) if last else None, "Repairs", **changes)
    changed = await studio.do(place_closure, command)
    await spread(studio, changed.rows["closure"])
    return changed


async def spread(studio: Studio, closure_id: UUID) -> None:
    """Do every batch that is left."""
    while await spread_next(studio.runtime, studio.business_id, closure_id):
        pass


async def test_every_pass_of_the_only_location_freezes_and_its_visits_are_returned(studio: Studio) -> None:
    first, second = await studio.sell(MONTHLY), await studio.sell(MONTHLY)
    visits = (await studio.book([at(f"2026-02-{n:02}") for n in (9, 10, 12, 13)], pass_id=first)).visits

    changed = await close(studio, "2026-02-10", "2026-02-12")

    assert changed.figures == {"frozen": 2, "freed": 0, "cancelled": 2, "waiting": 0}
    assert changed.passes == [first, second]
    assert await days(studio, first) == await days(studio, second) == [("2026-01-31", "2026-03-02")]
    states = [(await seen(studio, each)).state for each in visits]
    assert states == [VisitState.BOOKED, VisitState.CANCELLED, VisitState.CANCELLED, VisitState.BOOKED]
    assert await books(studio, first) == (8, 2, 0, 0, 0)


async def test_passes_valid_elsewhere_go_on_and_their_visits_here_are_returned(studio: Studio) -> None:
    annex = (await studio.do(create_location, CreateLocation("Annex"))).rows["location"]
    here = Access(location_ids=frozenset({studio.location}))
    only, both = await studio.sell(replace(MONTHLY, access=here)), await studio.sell(MONTHLY)
    there = await studio.sell(replace(MONTHLY, access=Access(location_ids=frozenset({annex}))))
    mine = (await studio.book([at("2026-02-10")], pass_id=both)).visits[0]
    elsewhere = (await studio.book([at("2026-02-11")], pass_id=both, location=annex)).visits[0]
    unpaid = (await studio.book([at("2026-02-12")], pay_by=PayBy.NOTHING)).visits[0]

    changed = await close(studio, "2026-02-10", "2026-02-12")

    assert (changed.figures["frozen"], changed.figures["cancelled"]) == (1, 2)
    assert await days(studio, only) == [("2026-01-31", "2026-03-02")]
    assert await days(studio, both) == await days(studio, there) == [("2026-01-31", "2026-02-27")]
    states = [(await seen(studio, each)).state for each in (mine, elsewhere, unpaid)]
    assert states == [VisitState.CANCELLED, VisitState.BOOKED, VisitState.CANCELLED]


async def test_a_closure_may_freeze_all_that_is_valid_there_and_leaves_visits_elsewhere(studio: Studio) -> None:
    annex = (await studio.do(create_location, CreateLocation("Annex"))).rows["location"]
    both = await studio.sell(MONTHLY)
    there = await studio.sell(replace(MONTHLY, access=Access(location_ids=frozenset({annex}))))
    elsewhere = (await studio.book([at("2026-02-11")], pass_id=both, location=annex)).visits[0]

    await close(studio, "2026-02-10", "2026-02-12", reach=ALL)

    assert await days(studio, both) == [("2026-01-31", "2026-03-02")]
    assert await days(studio, there) == [("2026-01-31", "2026-02-27")]
    assert (await seen(studio, elsewhere)).pass_id == both


async def test_visits_may_be_kept(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    visit = (await studio.book([at("2026-02-11")])).visits[0]

    changed = await close(studio, "2026-02-10", "2026-02-12", keep_visits=True)

    assert (changed.visits, changed.figures["cancelled"]) == ([visit], 0)
    assert (await seen(studio, visit)).pass_id == pass_id


async def test_a_pass_sold_renewed_or_reactivated_during_a_closure_gets_what_is_left_of_it(studio: Studio) -> None:
    sleeping, lapsed = await studio.sell(MONTHLY), await studio.sell(MONTHLY, starts_on=None)
    await studio.do(deactivate_pass, DeactivatePass(sleeping, "Away"))
    await close(studio, "2026-03-01", "2026-03-10")
    assert await days(studio, lapsed) == [("2026-01-31", "2026-02-27")]
    await studio.advance(at("2026-03-02"))

    sold = await studio.sell(MONTHLY)
    await renew(studio, lapsed)
    long = await studio.sell(replace(MONTHLY, validity=replace(MONTH, count=3)))
    await studio.do(deactivate_pass, DeactivatePass(long, "Away"))
    await studio.do(reactivate_pass, ReactivatePass(long))

    # From 2 March: a month is 31 days, of which none is used before 11 March.
    assert await days(studio, sold) == [("2026-03-02", "2026-04-10")]
    assert (await days(studio, lapsed))[1] == ("2026-03-02", "2026-04-10")
    assert await days(studio, long) == [("2026-03-02", "2026-06-10")]
    rows = await studio.fetch("SELECT pass_id, count(*) AS holds FROM holds GROUP BY 1")
    assert {row["pass_id"]: row["holds"] for row in rows} == {sold: 1, lapsed: 1, long: 1}


async def test_a_reactivated_pass_freezes_for_the_closure_it_slept_through_the_beginning_of(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    await studio.do(deactivate_pass, DeactivatePass(pass_id, "Away"))
    await close(studio, "2026-02-10", "2026-02-12")
    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27")]

    await studio.do(reactivate_pass, ReactivatePass(pass_id))

    assert await days(studio, pass_id) == [("2026-01-31", "2026-03-02")]


async def test_ending_a_closure_early_takes_its_days_off_and_keeps_the_freezes_of_the_clients(studio: Studio) -> None:
    plain, own = await studio.sell(MONTHLY), await studio.sell(MONTHLY)
    closure = (await close(studio, "2026-02-10", "2026-02-19")).rows["closure"]
    await hold(studio, own, "2026-02-12", "2026-02-15")
    assert await days(studio, plain) == await days(studio, own) == [("2026-01-31", "2026-03-09")]
    await studio.advance(at("2026-02-13"))

    changed = await studio.do(end_closure, EndClosure(closure))

    assert changed.figures["freed"] == 2
    assert await days(studio, plain) == [("2026-01-31", "2026-03-02")]
    assert await days(studio, own) == [("2026-01-31", "2026-03-05")]
    row = (await studio.fetch("SELECT last_day, requested_last_day FROM closures"))[0]
    assert (row["last_day"], row["requested_last_day"]) == (day("2026-02-12"), day("2026-02-19"))
    assert await studio.refused(end_closure, EndClosure(closure)) is Code.CLOSURE_OVER


async def test_an_open_closure_pauses_passes_until_it_ends(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    closure = (await close(studio, "2026-02-10", None)).rows["closure"]
    assert (await studio.facts(pass_id)).windows[0].paused
    await studio.advance(at("2026-06-10"))

    await studio.do(end_closure, EndClosure(closure))

    assert await days(studio, pass_id) == [("2026-01-31", "2026-06-27")]


async def test_removing_a_closure_takes_all_its_days_back_once(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    closure = (await close(studio, "2026-02-10", "2026-02-19")).rows["closure"]
    inside, outside = (await studio.book([at("2026-02-25"), at("2026-03-05")])).visits

    changed = await studio.do(remove_closure, RemoveClosure(closure))

    assert (changed.figures["freed"], changed.visits) == (1, [outside])
    assert await days(studio, pass_id) == [("2026-01-31", "2026-02-27")]
    assert [(await seen(studio, each)).pass_id for each in (inside, outside)] == [pass_id, None]
    assert await studio.refused(remove_closure, RemoveClosure(closure)) is Code.CLOSURE_OVER


async def test_a_hold_of_a_closure_that_staff_ended_for_one_pass_is_not_written_again(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    changed = await close(studio, "2026-02-10", "2026-02-19")
    await studio.do(end_hold, EndHold(changed.holds[0], day("2026-02-12")))
    await studio.do(end_closure, EndClosure(changed.rows["closure"], day("2026-02-15")))
    await renew(studio, pass_id)

    assert (await days(studio, pass_id))[0] == ("2026-01-31", "2026-03-02")
    assert len(await studio.fetch("SELECT id FROM holds")) == 1


async def test_a_closure_counts_against_no_client(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, hold_policy=HoldPolicy(count_max=1, days_a_year_max=5)))
    await close(studio, "2026-02-10", "2026-02-19")
    await studio.do(place_hold, PlaceHold(pass_id, day("2026-02-18"), day("2026-02-24")))
    assert await days(studio, pass_id) == [("2026-01-31", "2026-03-14")]


async def test_passes_that_are_over_and_periods_that_are_over_stay_as_they_were(studio: Studio) -> None:
    over, renewed = await studio.sell(MONTHLY), await studio.sell(MONTHLY)
    await studio.advance(at("2026-03-02"))
    await renew(studio, renewed)

    changed = await close(studio, "2026-02-20", "2026-03-04")

    assert changed.passes == [renewed]
    assert await days(studio, over) == [("2026-01-31", "2026-02-27")]
    assert await days(studio, renewed) == [("2026-01-31", "2026-02-27"), ("2026-03-02", "2026-04-04")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"last_day": day("2026-02-09")}, Code.DATES_REVERSED),
        ({"reason": " "}, Code.TEXT_OUT_OF_RANGE),
        ({"first_day": day("1999-01-01")}, Code.DATE_OUT_OF_RANGE),
    ],
)
async def test_a_closure_that_makes_no_sense_is_refused(studio: Studio, changes: dict[str, Any], code: Code) -> None:
    command = PlaceClosure(studio.location, day("2026-02-10"), day("2026-02-12"), "Repairs")
    assert await studio.refused(place_closure, replace(command, **changes)) is code


async def test_only_the_studio_closes_its_locations(studio: Studio) -> None:
    command = PlaceClosure(studio.location, day("2026-02-10"), day("2026-02-12"), "Repairs")
    for actor in (Actor(Role.CLIENT, client_id=studio.client), Actor(Role.PARTNER)):
        assert await studio.refused(place_closure, command, actor=actor) is Code.FORBIDDEN


async def test_many_passes_freeze_in_batches_each_once_while_sales_and_freezes_go_on(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.operations.spread_closure.BATCH_MAX", 3)
    clients = [(await studio.do(create_client, CreateClient(f"C{n}"))).rows["client"] for n in range(4)]
    passes = [await studio.sell(MONTHLY, client=clients[n % 4]) for n in range(10)]
    command = PlaceClosure(studio.location, day("2026-02-10"), day("2026-02-12"), "Repairs")
    changed = await studio.do(place_closure, command)
    assert (changed.figures["frozen"], changed.figures["waiting"]) == (3, 7)
    closure = changed.rows["closure"]

    async def own(pass_id: UUID) -> None:
        await hold(studio, pass_id, "2026-02-11", "2026-02-14")

    working = [spread(studio, closure) for _ in range(3)]
    sold = await asyncio.gather(*working, *(own(each) for each in passes[5:8]), *(studio.sell(MONTHLY) for _ in "abc"))

    rows = await studio.fetch("SELECT pass_id FROM holds WHERE closure_id = $1", closure)
    assert {row["pass_id"] for row in rows} == {*passes, *sold[6:]}
    assert len(rows) == len(passes) + 3
    for pass_id in passes:
        last = "2026-03-04" if pass_id in passes[5:8] else "2026-03-02"
        assert await days(studio, pass_id) == [("2026-01-31", last)]


async def test_a_closure_and_the_sales_beside_it_leave_no_pass_unfrozen(studio: Studio) -> None:
    command = PlaceClosure(studio.location, day("2026-02-10"), day("2026-02-12"), "Repairs")
    option = [studio.sell(MONTHLY) for _ in range(15)]
    done = await asyncio.gather(*option[:8], studio.do(place_closure, command), *option[8:])
    passes = [each for each in done if isinstance(each, UUID)]
    await spread(studio, next(each for each in done if isinstance(each, Changed)).rows["closure"])

    rows = await studio.fetch("SELECT pass_id FROM holds")
    assert sorted(row["pass_id"] for row in rows) == sorted(passes)


Span = tuple[int, int]
spans = st.tuples(st.integers(0, 25), st.integers(1, 8))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(closures=st.lists(spans, min_size=1, max_size=3), own=st.lists(spans, max_size=3), order=st.randoms())
async def test_through_the_store_too_no_day_is_given_back_twice(
    runtime: Runtime, closures: list[Span], own: list[Span], order: Any
) -> None:
    studio = await open_studio(runtime, NOON)
    pass_id = await studio.sell(Terms(PassKind.SESSION, 100, 5, MONTH))
    begins = NOON.date()
    acts = [("close", span) for span in closures] + [("hold", span) for span in own]
    order.shuffle(acts)
    frozen: set[date] = set()
    for what, (first, length) in acts:
        span = [begins + timedelta(days=first + n) for n in range(length)]
        if what == "close":
            await close(studio, span[0].isoformat(), span[-1].isoformat())
        else:
            try:
                await studio.do(place_hold, PlaceHold(pass_id, span[0], span[-1], HoldKind.FREEZE))
            except Refused as refused:
                if refused.code is not Code.HOLD_OUTSIDE_PASS:
                    raise
                continue
        frozen.update(span)

    day_, left = begins - timedelta(days=1), 28
    while left:
        day_ += timedelta(days=1)
        left -= day_ not in frozen
    assert await days(studio, pass_id) == [(begins.isoformat(), day_.isoformat())]
    async with runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []
