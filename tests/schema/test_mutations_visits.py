"""Booking, paying, cancelling and recording through GraphQL."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from models.operations.base import Actor
from models.operations.book_visits import PayBy
from models.operations.holds import PlaceHold, place_hold
from models.rules.terms import Terms, Validity
from models.rules.values import PassKind, PeriodUnit, Role, ValidityRule
from schema.ids import encode
from tests.schema.asking import Asker, global_id
from tests.studio import MONTH, Studio

PAID = """
    visits { id startsAt state pass { id } claim { chosenBy } } passes { id balance { available booked } }
    paidCount unpaid { visit { id } refusals { pass { id } reasons { code message remedy } } }
"""
ENDED = (
    "visit { state pass { id } } pass { id balance { available booked used forfeited } } returned makeUpLot { kind }"
)


@pytest.fixture
def asker(studio: Studio) -> Asker:
    """Asks as the studio's owner."""
    return Asker(studio)


def _visit(studio: Studio, starts_at: datetime, **changes: Any) -> dict[str, Any]:
    given = {
        "serviceId": encode("Service", studio.service),
        "locationId": encode("Location", studio.location),
        "startsAt": starts_at.isoformat(),
        "endsAt": (starts_at + timedelta(hours=1)).isoformat(),
    }
    return given | changes


def _booking(studio: Studio, *visits: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"clientId": encode("Client", studio.client), "visits": list(visits), **changes}


async def _booked(studio: Studio, **how: Any) -> str:
    changed = await studio.book([studio.began + timedelta(days=2)], **how)
    return encode("Visit", changed.visits[0])


async def test_book_visits_pays_as_many_as_it_can_in_start_order(asker: Asker, studio: Studio) -> None:
    pass_id = encode("Pass", await studio.sell(Terms(PassKind.SESSION, 1_000, 2)))
    starts = [studio.began + timedelta(days=day) for day in (3, 1, 2)]
    booking = _booking(studio, *(_visit(studio, at) for at in starts), payBy="PASS", passId=pass_id)

    done = await asker.does("bookVisits", PAID, **booking, other={"payBy": "AUTO", "passId": None})

    assert [visit["startsAt"] for visit in done["visits"]] == [at.isoformat() for at in sorted(starts)]
    assert [visit["pass"] for visit in done["visits"]] == [{"id": pass_id}, {"id": pass_id}, None]
    assert done["passes"] == [{"id": pass_id, "balance": {"available": 0, "booked": 2}}]
    assert done["paidCount"] == 2
    assert len(done["unpaid"]) == 1
    unpaid = done["unpaid"][0]
    assert unpaid["visit"]["id"] == done["visits"][2]["id"]
    assert unpaid["refusals"][0]["pass"]["id"] == pass_id
    assert unpaid["refusals"][0]["reasons"] == [
        {
            "code": "NO_SESSIONS_LEFT",
            "message": "The pass has 0 left and the visit needs 1.",
            "remedy": "Cancel a booking, add visits, renew the pass, or pay with another pass.",
        }
    ]


async def test_a_dry_run_of_booking_shows_the_claims_it_would_make(asker: Asker, studio: Studio) -> None:
    await studio.sell()
    booking = _booking(studio, _visit(studio, studio.began + timedelta(days=1)))
    tried = await asker.mutate("bookVisits", PAID, **booking, dryRun=True)
    assert tried["visits"][0]["claim"] == {"chosenBy": "DEFAULT"}
    assert tried["passes"][0]["balance"] == {"available": 9, "booked": 1}


async def test_a_visit_nothing_pays_for_is_booked_with_every_reason(asker: Asker, studio: Studio) -> None:
    """In a hold, outside the validity, before its start, on an exhausted pass, and with no pass at all."""
    hold_on = (studio.began + timedelta(days=2)).date()
    held = await studio.sell(Terms(PassKind.SESSION, 0, 5, MONTH))
    await studio.do(place_hold, PlaceHold(held, hold_on, hold_on))
    await studio.sell(Terms(PassKind.SESSION, 0, 5, Validity(ValidityRule.PERIOD, 1, PeriodUnit.DAY)))
    exhausted = await studio.sell(Terms(PassKind.SESSION, 0, 1))
    await studio.book([studio.began + timedelta(hours=1)], pass_id=exhausted)

    done = await asker.mutate("bookVisits", PAID, **_booking(studio, _visit(studio, studio.began + timedelta(days=2))))

    codes = {reason["code"] for refusal in done["unpaid"][0]["refusals"] for reason in refusal["reasons"]}
    assert {"ON_HOLD", "ENDS_BEFORE_VISIT", "NO_SESSIONS_LEFT"} <= codes
    assert (done["paidCount"], done["passes"]) == (0, [])
    another = await asker.mutate("createClient", "client { id }", name="Bea")
    booking = _booking(studio, _visit(studio, studio.began + timedelta(days=2)), clientId=another["client"]["id"])
    done = await asker.mutate("bookVisits", PAID, **booking)
    assert [each["refusals"] for each in done["unpaid"]] == [[]]


async def test_pay_visits(asker: Asker, studio: Studio) -> None:
    # Booked to stay unpaid: a sale would pay for one that was booked with AUTO.
    visit_id = await _booked(studio, pay_by=PayBy.NOTHING)
    pass_id = encode("Pass", await studio.sell())
    await asker.refuses("INVALID_INPUT", ["payBy"], "payVisits", visitIds=[visit_id], payBy="NOTHING")
    done = await asker.does("payVisits", PAID, visitIds=[visit_id], other={"visitIds": [global_id("Visit")]})
    assert [(visit["id"], visit["pass"]) for visit in done["visits"]] == [(visit_id, {"id": pass_id})]
    await asker.refuses("ALREADY_PAID", ["visitIds", "0"], "payVisits", visitIds=[visit_id])
    await asker.mutate("cancelVisit", visitId=visit_id)
    await asker.refuses("VISIT_NOT_PAYABLE", ["visitIds", "0"], "payVisits", visitIds=[visit_id])


async def test_cancel_visit_in_time_returns_and_a_second_time_is_refused(asker: Asker, studio: Studio) -> None:
    pass_id = await studio.sell()
    visit_id = await _booked(studio, pass_id=pass_id)
    done = await asker.does("cancelVisit", ENDED, visitId=visit_id, other={"cancelledBy": "STUDIO"})
    assert done["visit"] == {"state": "CANCELLED", "pass": None}
    assert done["pass"]["balance"] == {"available": 10, "booked": 0, "used": 0, "forfeited": 0}
    assert (done["returned"], done["makeUpLot"]) == (True, None)
    await asker.refuses("ALREADY_CANCELLED", ["visitId"], "cancelVisit", visitId=visit_id)
    await asker.refuses("VISIT_ENDED", ["visitId"], "recordAttendance", visitId=visit_id, outcome="ATTENDED")


async def test_a_return_to_a_lot_that_is_over_makes_another(asker: Asker, studio: Studio) -> None:
    pass_id = await studio.sell(Terms(PassKind.SESSION, 0, 5, Validity(ValidityRule.PERIOD, 3, PeriodUnit.DAY)))
    visit_id = await _booked(studio, pass_id=pass_id)
    await studio.advance(studio.began + timedelta(days=10))
    for dry_run in (True, False):
        done = await asker.mutate("cancelVisit", ENDED, visitId=visit_id, cancelledBy="STUDIO", dryRun=dry_run)
        assert done["makeUpLot"] == {"kind": "MAKE_UP"}


async def test_record_attendance_and_take_it_back(asker: Asker, studio: Studio) -> None:
    pass_id = await studio.sell()
    visit_id = await _booked(studio, pass_id=pass_id)
    await asker.refuses("VISIT_NOT_STARTED", ["outcome"], "recordAttendance", visitId=visit_id, outcome="NO_SHOW")
    await studio.advance(studio.began + timedelta(days=2, hours=1))
    done = await asker.does(
        "recordAttendance", ENDED, visitId=visit_id, outcome="ATTENDED", other={"outcome": "NO_SHOW"}
    )
    assert (done["visit"]["state"], done["pass"]["balance"]["used"]) == ("ATTENDED", 1)
    await asker.refuses("OUTCOME_UNCHANGED", ["outcome"], "recordAttendance", visitId=visit_id, outcome="ATTENDED")
    await asker.refuses("VISIT_ENDED", ["visitId"], "cancelVisit", visitId=visit_id)
    back = await asker.mutate("recordAttendance", ENDED, visitId=visit_id, outcome="BOOKED")
    assert (back["visit"]["state"], back["pass"]["balance"]["booked"]) == ("BOOKED", 1)


async def test_the_same_visit_twice(asker: Asker, studio: Studio) -> None:
    visit = _visit(studio, studio.began + timedelta(days=1))
    await asker.refuses("ALREADY_BOOKED", ["visits", "1"], "bookVisits", **_booking(studio, visit, visit))
    await asker.mutate("bookVisits", **_booking(studio, visit | {"externalRef": "T-1"}))
    await asker.refuses("ALREADY_BOOKED", ["visits", "0"], "bookVisits", **_booking(studio, visit))
    later = _visit(studio, studio.began + timedelta(days=2), externalRef="T-1")
    await asker.refuses("EXTERNAL_REF_TAKEN", ["visits", "0", "externalRef"], "bookVisits", **_booking(studio, later))


async def test_times_that_cannot_be(asker: Asker, studio: Studio) -> None:
    at = studio.began + timedelta(days=1)

    async def refused(code: str, field: str, **changes: Any) -> None:
        given = _booking(studio, _visit(studio, at), _visit(studio, at + timedelta(days=1), **changes))
        await asker.refuses(code, ["visits", "1", field], "bookVisits", **given)

    await refused("DATES_REVERSED", "endsAt", endsAt=at.isoformat())
    await refused("DATE_OUT_OF_RANGE", "endsAt", endsAt=(at + timedelta(days=30)).isoformat())
    await refused("DATE_OUT_OF_RANGE", "startsAt", startsAt="1999-01-01T00:00:00Z", endsAt="1999-01-01T01:00:00Z")
    await refused("DATE_OUT_OF_RANGE", "startsAt", startsAt="9999-12-31T22:00:00Z", endsAt="9999-12-31T23:59:59Z")
    await refused("TEXT_OUT_OF_RANGE", "externalRef", externalRef=" ")
    fault = await asker.document_fault(
        "bookVisits", **_booking(studio, _visit(studio, at, startsAt="2026-02-01T10:00"))
    )
    assert "offset" in fault


async def test_how_many_and_what_pays(asker: Asker, studio: Studio) -> None:
    visit = _visit(studio, studio.began + timedelta(days=1))
    await asker.refuses("NOTHING_TO_DO", ["visits"], "bookVisits", **_booking(studio))
    await asker.refuses("TOO_MANY", ["visits"], "bookVisits", **_booking(studio, *[visit] * 101))
    await asker.refuses("NOTHING_TO_DO", ["visitIds"], "payVisits", visitIds=[])
    await asker.refuses("TOO_MANY", ["visitIds"], "payVisits", visitIds=[global_id("Visit")] * 101)
    await asker.refuses("INVALID_INPUT", ["payBy"], "bookVisits", **_booking(studio, visit, payBy="PASS"))
    given = _booking(studio, visit, passId=global_id("Pass"))
    await asker.refuses("INVALID_INPUT", ["payBy"], "bookVisits", **given)


async def test_visits_of_several_clients_are_not_paid_together(asker: Asker, studio: Studio) -> None:
    mine = await _booked(studio)
    bea = await asker.mutate("createClient", "client { id }", name="Bea")
    booking = _booking(studio, _visit(studio, studio.began + timedelta(days=1)), clientId=bea["client"]["id"])
    hers = (await asker.mutate("bookVisits", "visits { id }", **booking))["visits"][0]["id"]
    await asker.refuses("INVALID_INPUT", ["visitIds"], "payVisits", visitIds=[mine, hers])


async def test_a_client_books_for_themselves_alone_and_not_in_the_past(asker: Asker, studio: Studio) -> None:
    bea = await asker.mutate("createClient", "client { id }", name="Bea")
    client = Asker(studio, Actor(Role.CLIENT, client_id=studio.client))
    visit = _visit(studio, studio.began + timedelta(days=1))
    assert (await client.mutate("bookVisits", PAID, **_booking(studio, visit)))["userErrors"] == []
    given = _booking(studio, visit, clientId=bea["client"]["id"])
    await client.refuses("NOT_FOUND", ["clientId"], "bookVisits", **given)
    past = _visit(studio, studio.began - timedelta(days=1))
    await client.refuses("VISIT_IN_PAST", ["visits", "0", "startsAt"], "bookVisits", **_booking(studio, past))
    await client.refuses("FORBIDDEN", [], "createLocation", name=str(uuid4()))


async def test_days_are_days_of_the_location(asker: Asker, studio: Studio) -> None:
    """A visit at 23:30 UTC in January is on the next day in Paris."""
    late = datetime.fromisoformat("2026-02-01T23:30:00+00:00")
    done = await asker.mutate("bookVisits", "visits { day }", **_booking(studio, _visit(studio, late)))
    assert done["visits"] == [{"day": date(2026, 2, 2).isoformat()}]
