"""Days that are held or closed no more pay for visits to come that wait; what a change itself uncovers waits on."""

from dataclasses import replace

import pytest

from models.operations import spread_closure
from models.operations.catalogue import CreateClient, CreateLocation, create_client, create_location
from models.operations.change_pass import (
    AdjustPass,
    adjust_pass,
)
from models.operations.closures import (
    EndClosure,
    PlaceClosure,
    RemoveClosure,
    end_closure,
    place_closure,
    remove_closure,
)
from models.operations.disputes import ReportDispute, SettleDispute, report_dispute, settle_dispute
from models.operations.holds import EndHold, RemoveHold, end_hold, remove_hold
from models.queries.invariants import check_business
from models.rules.terms import Validity
from models.rules.values import (
    PeriodUnit,
    ValidityRule,
)
from tests.operations.acts import DAY, at, books, hold, jump, seen
from tests.operations.test_covering import MONTHLY, ONE, moved, payer, undone, used_up
from tests.studio import MONTH, TEN_CLASSES, Studio


@pytest.fixture(autouse=True)
async def _the_books_are_true(studio: Studio) -> object:
    yield
    async with studio.runtime.database.reading(studio.business_id) as reader:
        assert await check_business(reader) == []


async def test_a_hold_that_ends_or_is_removed_lets_what_waits_on_its_days_be_paid(studio: Studio) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, quantity=2, validity=MONTH, warn_days=0))
    held = await hold(studio, pass_id, "2026-02-03", "2026-02-10")
    soon, later = (await studio.book([at("2026-02-04"), at("2026-02-08")])).visits
    assert [await payer(studio, each) for each in (soon, later)] == [None, None]

    await jump(studio, at("2026-02-03", 9))
    ended = await studio.do(end_hold, EndHold(held.holds[0], (at("2026-02-05")).date()))

    assert moved(ended) == [(str(later), None, str(pass_id))]
    removed = await studio.do(remove_hold, RemoveHold(held.holds[0]))
    assert moved(removed) == [(str(soon), None, str(pass_id))]
    await undone(studio)
    assert [await payer(studio, each) for each in (soon, later)] == [None, pass_id]


async def test_what_a_lifted_hold_itself_uncovers_stays_unpaid(studio: Studio) -> None:
    """The days that the freeze gave are gone; another pass could pay for the visit, but it is listed as unpaid."""
    pass_id = await studio.sell(replace(ONE, validity=MONTH))
    held = await hold(studio, pass_id, "2026-02-03", "2026-02-12")
    (outside,) = (await studio.book([at("2026-03-05")])).visits
    assert await payer(studio, outside) == pass_id
    other = await studio.sell(replace(ONE, quantity=3, validity=Validity(ValidityRule.PERIOD, 60, PeriodUnit.DAY)))
    (waiting,) = (await studio.book([at("2026-06-01")])).visits

    removed = await studio.do(remove_hold, RemoveHold(held.holds[0]))

    assert (removed.visits, moved(removed)) == ([outside], [])
    assert [await payer(studio, each) for each in (outside, waiting)] == [None, None]
    later = await studio.do(adjust_pass, AdjustPass(pass_id, 1, "A gift"))
    assert moved(later) == [(str(outside), None, str(other))]


async def test_a_closure_that_ends_or_is_taken_back_lets_what_waits_be_paid(studio: Studio) -> None:
    pass_id = await studio.sell(replace(MONTHLY, quantity=3))
    first, last = at("2026-02-03").date(), at("2026-02-10").date()
    placed = await studio.do(place_closure, PlaceClosure(studio.location, first, last, "Repairs"))
    (later,) = (await studio.book([at("2026-02-08")])).visits
    assert await payer(studio, later) is None

    ended = await studio.do(end_closure, EndClosure(placed.rows["closure"], at("2026-02-05").date()))

    assert moved(ended) == [(str(later), None, str(pass_id))]
    (soon,) = (await studio.book([at("2026-02-04")])).visits
    assert await payer(studio, soon) is None
    removed = await studio.do(remove_closure, RemoveClosure(placed.rows["closure"]))
    assert moved(removed) == [(str(soon), None, str(pass_id))]


async def test_a_closure_pays_for_what_waits_elsewhere_and_for_nothing_that_is_closed(studio: Studio) -> None:
    """What it cancels comes back; a visit that waited on a closed day is cancelled, one after it is paid."""
    pass_id, booked, after = await used_up(studio, replace(ONE, validity=MONTH), days=9)
    (inside,) = (await studio.book([studio.began + 2 * DAY])).visits
    days = ((studio.began + DAY).date(), (studio.began + 3 * DAY).date())

    placed = await studio.do(place_closure, PlaceClosure(studio.location, *days, "Repairs"))

    assert moved(placed) == [(str(after), None, str(pass_id))]
    assert [(await seen(studio, each)).state for each in (booked, inside)] == ["CANCELLED", "CANCELLED"]
    await undone(studio)
    assert [await payer(studio, each) for each in (booked, inside, after)] == [pass_id, None, None]


async def test_no_batch_of_a_closure_pays_for_a_visit_that_it_closes(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pass is valid elsewhere too and goes on; what comes back to it pays for nothing on the closed days."""
    monkeypatch.setattr(spread_closure, "BATCH_MAX", 1)
    await studio.do(create_location, CreateLocation("Side hall"))
    pass_id, booked, _ = await used_up(studio, days=2)
    other = (await studio.do(create_client, CreateClient("Bea"))).rows["client"]
    await studio.sell(ONE, client=other)
    (bea,) = (await studio.book([studio.began + DAY], client=other)).visits
    days = ((studio.began + DAY).date(), (studio.began + 3 * DAY).date())

    placed = await studio.do(place_closure, PlaceClosure(studio.location, *days, "Repairs"))

    assert (moved(placed), placed.figures["waiting"]) == ([], 1)
    assert [(await seen(studio, each)).state for each in (booked, bea)] == ["CANCELLED", "BOOKED"]
    assert await books(studio, pass_id) == (1, 0, 0, 0, 0)


async def test_a_dispute_that_is_won_lets_what_waits_be_paid(studio: Studio) -> None:
    pass_id = await studio.sell(MONTHLY)
    (order,) = await studio.fetch("SELECT id FROM orders")
    await studio.do(report_dispute, ReportDispute(order["id"]))
    (waiting,) = (await studio.book([studio.began + 2 * DAY])).visits
    assert await payer(studio, waiting) is None

    won = await studio.do(settle_dispute, SettleDispute(order["id"], won=True))

    assert moved(won) == [(str(waiting), None, str(pass_id))]
