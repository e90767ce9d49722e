"""What moved is listed with its reason, in the answer of the verb that let it move."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from models.rules.terms import Validity
from models.rules.values import PeriodUnit, ValidityRule
from schema.ids import encode
from tests.schema.asking import Asker
from tests.studio import TEN_CLASSES, Studio

MOVED = "moved { visit { id pass { id } } fromPass { id } toPass { id } reason }"
LONG = replace(TEN_CLASSES, quantity=1, validity=Validity(ValidityRule.PERIOD, 60, PeriodUnit.DAY))
SHORT = replace(LONG, validity=Validity(ValidityRule.PERIOD, 9, PeriodUnit.DAY))


async def test_a_booking_lists_the_visits_it_moved_and_a_cancellation_too(studio: Studio) -> None:
    asker = Asker(studio)
    long = encode("Pass", await studio.sell(LONG))
    soon = encode("Visit", (await studio.book([studio.began + timedelta(days=5)])).visits[0])
    short = encode("Pass", await studio.sell(SHORT))
    booked = f"visits {{ id }} {MOVED}"

    done = await asker.mutate("bookVisits", booked, **_booking(studio, 30))

    late = done["visits"][0]["id"]
    assert [(each["visit"]["id"], each["fromPass"], each["toPass"]["id"]) for each in done["moved"]] == [
        (soon, {"id": long}, short),
        (late, None, long),
    ]
    assert done["moved"][0]["reason"] == (
        "Nobody had chosen the pass for this visit, and moving it lets 1 more visit be paid."
    )
    waiting = await asker.mutate("bookVisits", booked, **_booking(studio, 31))
    assert waiting["moved"] == []

    cancelled = await asker.mutate("cancelVisit", f"returned {MOVED}", visitId=late)

    assert cancelled["returned"] is True
    paid = [(each["visit"]["id"], each["toPass"]["id"]) for each in cancelled["moved"]]
    assert paid == [(waiting["visits"][0]["id"], long)]


def _booking(studio: Studio, day: int) -> dict[str, Any]:
    starts_at = studio.began + timedelta(days=day)
    visit = {
        "serviceId": encode("Service", studio.service),
        "locationId": encode("Location", studio.location),
        "startsAt": starts_at.isoformat(),
        "endsAt": (starts_at + timedelta(hours=1)).isoformat(),
    }
    return {"clientId": encode("Client", studio.client), "visits": [visit]}
