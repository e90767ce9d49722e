"""What moved is listed with its reason, in the answer of the verb that let it move."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from models.operations.base import Actor
from models.operations.sharing import SharePass, share_pass
from models.rules.policies import Sharing
from models.rules.terms import Validity
from models.rules.values import PeriodUnit, Role, ValidityRule
from schema.ids import encode
from tests.schema.asking import Asker
from tests.studio import TEN_CLASSES, Studio, household_with

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


async def test_units_added_an_extension_and_its_undoing_list_what_they_moved(studio: Studio) -> None:
    asker = Asker(studio)
    pass_id = encode("Pass", await studio.sell(LONG))
    await asker.mutate("bookVisits", "visits { id }", **_booking(studio, 5))
    waiting = (await asker.mutate("bookVisits", "visits { id }", **_booking(studio, 6)))["visits"][0]["id"]

    added = await asker.mutate("adjustPass", f"operationId {MOVED}", passId=pass_id, quantity=1, reason="A gift")

    assert [(each["visit"]["id"], each["fromPass"], each["toPass"]["id"]) for each in added["moved"]] == [
        (waiting, None, pass_id)
    ]
    assert added["moved"][0]["reason"] == (
        "A pass has come to have room for this visit, which was to be paid by whichever pass may."
    )
    undone = await asker.mutate("undoOperation", MOVED, operationId=added["operationId"], reason="A slip")
    assert undone["moved"] == []
    later = (await asker.mutate("bookVisits", "visits { id }", **_booking(studio, 70)))["visits"][0]["id"]
    await asker.mutate("adjustPass", "operationId", passId=pass_id, quantity=2, reason="Again")
    extended = await asker.mutate("extendPasses", MOVED, filter={"purchaseOptionIds": None}, days=20, reason="A storm")
    assert [each["visit"]["id"] for each in extended["moved"]] == [later]


async def test_a_member_does_not_see_what_their_cancellation_pays_for_another(studio: Studio) -> None:
    (ben,) = await household_with(studio, "Ben")
    pass_id = await studio.sell(replace(LONG, sharing=Sharing(allowed=True)))
    await studio.do(share_pass, SharePass(pass_id, ben))
    bens = (await studio.book([studio.began + timedelta(days=5)], client=ben)).visits[0]
    waiting = (await studio.book([studio.began + timedelta(days=6)])).visits[0]
    asker = Asker(studio, Actor(Role.CLIENT, client_id=ben))

    cancelled = await asker.mutate("cancelVisit", f"returned {MOVED}", visitId=encode("Visit", bens))

    assert (cancelled["returned"], cancelled["moved"]) == (True, [])
    (row,) = await studio.fetch("SELECT pass_id FROM visits WHERE id = $1", waiting)
    assert row["pass_id"] == pass_id


def _booking(studio: Studio, day: int) -> dict[str, Any]:
    starts_at = studio.began + timedelta(days=day)
    visit = {
        "serviceId": encode("Service", studio.service),
        "locationId": encode("Location", studio.location),
        "startsAt": starts_at.isoformat(),
        "endsAt": (starts_at + timedelta(hours=1)).isoformat(),
    }
    return {"clientId": encode("Client", studio.client), "visits": [visit]}
