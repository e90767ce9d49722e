"""Selling a pass and booking on it."""

from datetime import timedelta

from models.operations.book_visits import BookVisits, NewVisit, book_visits
from tests.studio import Studio


async def test_a_pass_of_ten_pays_for_ten_of_twelve_visits_in_start_order(studio: Studio) -> None:
    pass_id = await studio.sell()
    starts = [studio.began + timedelta(days=day) for day in range(1, 13)]

    changed = await studio.book(list(reversed(starts)), pass_id=pass_id)

    assert changed.figures["paid"] == 10
    unpaid = [refusal["visitId"] for refusal in changed.figures["unpaid"]]
    assert unpaid == [str(visit) for visit in changed.visits[10:]]
    reasons = [each["refusals"][0]["reasons"][0]["code"] for each in changed.figures["unpaid"]]
    assert reasons == ["NO_SESSIONS_LEFT", "NO_SESSIONS_LEFT"]
    balances = await studio.balances(pass_id)
    assert (balances["issued"], balances["available"], balances["booked"]) == (10, 0, 10)


async def test_a_dry_run_returns_what_would_change_and_changes_nothing(studio: Studio) -> None:
    pass_id = await studio.sell()
    before = await studio.fingerprint()
    starts_at = studio.began + timedelta(days=1)
    visit = NewVisit(studio.service, studio.location, starts_at, starts_at + timedelta(hours=1))

    changed = await studio.do(book_visits, BookVisits(studio.client, (visit,)), dry_run=True)

    assert changed.passes == [pass_id]
    assert changed.figures["paid"] == 1
    assert await studio.fingerprint() == before
