"""Taking a closure back cancels nothing: neither what was booked meanwhile nor what nobody pays for."""

from datetime import date

from models.operations.book_visits import PayBy
from models.operations.closures import PlaceClosure, RemoveClosure, place_closure, remove_closure
from models.queries.invariants import check_business
from models.rules.values import VisitState
from tests.operations.acts import at, seen
from tests.studio import Studio


async def test_an_unpaid_visit_that_was_booked_since_stays_booked_when_the_closure_is_removed(studio: Studio) -> None:
    closed = PlaceClosure(studio.location, date(2026, 2, 10), date(2026, 2, 19), "Repairs")
    closure = (await studio.do(place_closure, closed)).rows["closure"]
    (visit,) = (await studio.book([at("2026-02-12")], pay_by=PayBy.NOTHING)).visits

    changed = await studio.do(remove_closure, RemoveClosure(closure))

    assert (changed.visits, changed.figures["cancelled"]) == ([], 0)
    assert (await seen(studio, visit)).state is VisitState.BOOKED
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []
