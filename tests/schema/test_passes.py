"""A pass as its readers see it."""

from datetime import timedelta

from models.rules.terms import Terms
from models.rules.values import PassKind
from tests.schema.conftest import OWNER, Ask, gid
from tests.studio import MONTH, Studio

_PASS = """
query ($id: ID!) {
  pass(id: $id) {
    id kind status standing zone soldAt autoRenew renewalsDone afterExpiration paused
    startsAt endsAt firstDay lastDay closedReason closedAt
    client { id name email creditMinor homeLocation { name } }
    purchaseOption { name version kind priceMinor quantity unit createdAt purchaseOption { id archivedAt }
      terms { kind priceMinor quantity validity { rule count unit lastDay } activation startWithinDays
        access { services { name } categories locations { name } }
        outcomes { earlyCancel lateCancel noShow lateCancelMinutes } coveredBy backWindowDays holdsAllowed priority
        afterExpiration renewal { trigger unused renewalsMax bookedCountsAsDepleted oldVisitsMayTrigger }
        conversion { unused target { id } } } }
    balance { unit granted available booked used forfeited expired converted transferred refunded adjusted }
    lots { id kind periodNumber startsAt expiresAt lastDay balance { available booked } }
    periods { number firstDay lastDay startsAt endsAt priceMinor grantedAt
      order { state purpose amountMinor payments { method state amountMinor hard } pass { id } } }
    holds { id kind firstDay lastDay requestedLastDay reason placedAt removedAt }
    ledger(first: 50) { totalCount nodes { id from to quantity effectiveAt recordedAt
      lot { id } visit { id } operation { verb } } }
    visits(first: 50) { totalCount nodes { id state
      claim { quantity account chosenBy pinned pass { id } lot { id } } } }
    nextEvents { kind at day sentence }
    plannedConversion { on unused target { id } }
    predecessor { id } successor { id }
    explanation { code message remedy }
  }
}
"""


async def test_a_pass_shows_everything_about_it(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell(Terms(PassKind.SESSION, 15_000, 10, validity=MONTH))
    booked = await studio.book([studio.began + timedelta(days=1)], pass_id=pass_id)

    shown = (await ask(studio, OWNER, _PASS, id=gid("Pass", pass_id)))["pass"]

    assert shown["id"] == gid("Pass", pass_id)
    assert (shown["kind"], shown["status"], shown["standing"]) == ("SESSION", "ACTIVE", "CURRENT")
    assert (shown["firstDay"], shown["lastDay"]) == ("2026-01-31", "2026-02-27")
    assert (shown["startsAt"], shown["endsAt"]) == ("2026-01-30T23:00:00+00:00", "2026-02-27T23:00:00+00:00")
    assert shown["client"]["name"] == "Ann"
    assert shown["purchaseOption"]["priceMinor"] == 15_000
    assert shown["purchaseOption"]["terms"]["validity"] == {
        "rule": "PERIOD",
        "count": 1,
        "unit": "MONTH",
        "lastDay": None,
    }
    assert shown["balance"] == {
        "unit": "VISIT",
        "granted": 10,
        "available": 9,
        "booked": 1,
        "used": 0,
        "forfeited": 0,
        "expired": 0,
        "converted": 0,
        "transferred": 0,
        "refunded": 0,
        "adjusted": 0,
    }
    (lot,) = shown["lots"]
    assert (lot["kind"], lot["lastDay"], lot["balance"]["available"]) == ("GRANT", "2026-02-27", 9)
    (period,) = shown["periods"]
    assert period["order"]["state"] == "PAID"
    assert period["order"]["payments"][0]["state"] == "CAPTURED"
    assert period["order"]["pass"]["id"] == shown["id"]
    moves = [(each["from"], each["to"], each["quantity"]) for each in shown["ledger"]["nodes"]]
    assert moves == [("ISSUED", "AVAILABLE", 10), ("AVAILABLE", "BOOKED", 1)]
    assert shown["ledger"]["nodes"][1]["visit"]["id"] == gid("Visit", booked.visits[0])
    assert [each["operation"]["verb"] for each in shown["ledger"]["nodes"]] == ["sellPass", "bookVisits"]
    assert shown["visits"]["totalCount"] == 1
    claim = shown["visits"]["nodes"][0]["claim"]
    assert (claim["chosenBy"], claim["quantity"], claim["account"], claim["pinned"]) == ("NAMED", 1, "BOOKED", True)
    assert claim["lot"]["id"] == lot["id"]
    assert shown["nextEvents"] == [
        {
            "kind": "EXPIRES",
            "at": "2026-02-27T23:00:00+00:00",
            "day": "2026-02-27",
            "sentence": "Its last day is 2026-02-27.",
        }
    ]
    assert shown["explanation"] is None
    assert shown["successor"] is None
