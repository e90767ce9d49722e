"""Selling, renewing and converting through GraphQL."""

from datetime import timedelta
from typing import Any

import pytest

from models.operations.base import Actor
from models.rules.terms import Conversion, Renewal, Terms
from models.rules.values import (
    Activation,
    AfterExpiration,
    PassKind,
    PaymentMethod,
    RenewalTrigger,
    Role,
    UnusedAtConversion,
)
from schema.ids import encode
from tests.schema.asking import Asker, global_id
from tests.studio import MONTH, TEN_CLASSES, Studio

APPROVE = {"method": "TEST_CARD", "testCard": "APPROVE"}
DECLINE = {"method": "TEST_CARD", "testCard": "DECLINE"}
BOUGHT = "pass { id status lastDay balance { available } } order { state amountMinor payments { state } } chargedMinor"
CONVERTED = f"""{BOUGHT} convertedPass {{ id status successor {{ id }} }} unused unusedBecame paidCount
    visits {{ id pass {{ id }} }} unpaid {{ visit {{ id }} refusals {{ reasons {{ code }} }} }}"""
MONTHLY = Terms(
    PassKind.SESSION, 5_000, 4, MONTH, after_expiration=AfterExpiration.RENEW, renewal=Renewal(RenewalTrigger.ON_EXPIRY)
)


@pytest.fixture
def asker(studio: Studio) -> Asker:
    """Asks as the studio's owner."""
    return Asker(studio)


async def _sale(studio: Studio, terms: Terms = TEN_CLASSES, **more: Any) -> dict[str, Any]:
    option_id = await studio.option(terms)
    sale = {"clientId": encode("Client", studio.client), "purchaseOptionId": encode("PurchaseOption", option_id)}
    return sale | {"payment": APPROVE} | more


async def test_sell_pass(asker: Asker, studio: Studio) -> None:
    sale = await _sale(studio)
    done = await asker.does("sellPass", BOUGHT, **sale, other={"payment": {"method": "CASH"}})
    assert (done["pass"]["status"], done["pass"]["balance"]) == ("ACTIVE", {"available": 10})
    assert done["chargedMinor"] == 15_000
    assert done["order"] == {"state": "PAID", "amountMinor": 15_000, "payments": [{"state": "CAPTURED"}]}


async def test_a_dry_run_of_a_sale_shows_the_pass_it_would_make(asker: Asker, studio: Studio) -> None:
    selection = """pass { id balance { available } lots { kind } periods { number priceMinor } holds { kind }
        nextEvents { kind } purchaseOption { terms { quantity } } visits(first: 5) { totalCount } }
        order { pass { id } } chargedMinor"""
    tried = await asker.mutate("sellPass", selection, **await _sale(studio, MONTHLY), dryRun=True)
    assert tried["pass"]["balance"] == {"available": 4}
    assert tried["pass"]["lots"] == [{"kind": "GRANT"}]
    assert tried["pass"]["periods"] == [{"number": 1, "priceMinor": 5_000}]
    assert tried["pass"]["holds"] == []
    assert tried["pass"]["purchaseOption"] == {"terms": {"quantity": 4}}
    assert "RENEWS" in [event["kind"] for event in tried["pass"]["nextEvents"]]
    assert tried["pass"]["visits"] == {"totalCount": 0}, "pages read the store, where the pass is not"
    assert tried["order"]["pass"]["id"] == tried["pass"]["id"]
    assert tried["chargedMinor"] == 5_000


async def test_a_sale_that_charges_nothing_needs_no_payment(asker: Asker, studio: Studio) -> None:
    done = await asker.mutate("sellPass", BOUGHT, **await _sale(studio, Terms(PassKind.SESSION, 0, 3), payment=None))
    assert (done["userErrors"], done["chargedMinor"], done["order"]["payments"]) == ([], 0, [])


async def test_a_declined_card_sells_nothing(asker: Asker, studio: Studio) -> None:
    sale = await _sale(studio, payment=DECLINE)
    payload = await asker.mutate("sellPass", BOUGHT, **sale, idempotencyKey="sale")
    assert payload["pass"] is payload["order"] is payload["chargedMinor"] is payload["operationId"] is None
    error = payload["userErrors"][0]
    assert (error["code"], error["path"]) == ("PAYMENT_DECLINED", ["payment"])
    assert "insufficient funds" in error["message"]
    assert await asker.mutate("sellPass", BOUGHT, **sale, idempotencyKey="sale") == payload
    assert await studio.fetch("SELECT id FROM passes") == []


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"payment": None}, "PAYMENT_REQUIRED", ["payment"]),
        ({"payment": {"method": "TEST_CARD"}}, "INVALID_INPUT", ["payment", "testCard"]),
        ({"payment": {"method": "CASH", "testCard": "APPROVE"}}, "INVALID_INPUT", ["payment", "testCard"]),
        ({"startsOn": "2026-03-01"}, "TERMS_CONTRADICT", ["startsOn"]),
        ({"locationId": global_id("Location")}, "NOT_FOUND", ["locationId"]),
        ({"locationId": "Location:1"}, "INVALID_ID", ["locationId"]),
    ],
)
async def test_sales_that_are_refused(
    asker: Asker, studio: Studio, changes: dict[str, Any], code: str, path: list[str]
) -> None:
    await asker.refuses(code, path, "sellPass", **await _sale(studio, **changes))


@pytest.mark.parametrize("day", ["1990-01-01", "2999-01-01", "9999-12-31", "0001-01-01"])
async def test_a_start_far_away_is_refused(asker: Asker, studio: Studio, day: str) -> None:
    sale = await _sale(studio, Terms(PassKind.SESSION, 100, 1, MONTH, activation=Activation.ON_DATE), startsOn=day)
    await asker.refuses("DATE_OUT_OF_RANGE", ["startsOn"], "sellPass", **sale)


async def test_a_client_pays_by_card_and_sells_to_nobody_else(asker: Asker, studio: Studio) -> None:
    client = Asker(studio, Actor(Role.CLIENT, client_id=studio.client))
    bea = await asker.mutate("createClient", "client { id }", name="Bea")
    sale = await _sale(studio)
    gift = sale | {"payment": {"method": "COMPLIMENTARY"}}
    await client.refuses("FORBIDDEN", ["payment", "method"], "sellPass", **gift)
    await client.refuses("NOT_FOUND", ["clientId"], "sellPass", **sale | {"clientId": bea["client"]["id"]})
    assert (await client.mutate("sellPass", BOUGHT, **sale))["userErrors"] == []


async def test_renew_pass(asker: Asker, studio: Studio) -> None:
    pass_id = encode("Pass", await studio.sell(MONTHLY))
    selection = f"{BOUGHT} skippedPeriods"
    done = await asker.does("renewPass", selection, passId=pass_id, other={"payment": APPROVE})
    assert done["pass"]["lastDay"] == "2026-03-30"
    assert (done["chargedMinor"], done["skippedPeriods"]) == (5_000, 0)
    await asker.refuses("HAS_SUCCESSOR", ["passId"], "renewPass", passId=pass_id)


async def test_renewals_that_are_refused(asker: Asker, studio: Studio) -> None:
    unlimited = encode("Pass", await studio.sell(Terms(PassKind.UNLIMITED, 9_000)))
    await asker.refuses("NOT_RENEWABLE", ["passId"], "renewPass", passId=unlimited, payment=APPROVE)
    await asker.refuses("NOT_RENEWABLE", ["passId"], "setAutoRenew", passId=unlimited, enabled=True)
    ended = encode("Pass", await studio.sell(MONTHLY, card=None, method=PaymentMethod.CASH))
    await asker.refuses("PAYMENT_REQUIRED", ["payment"], "renewPass", passId=ended)


async def test_set_auto_renew(asker: Asker, studio: Studio) -> None:
    pass_id = encode("Pass", await studio.sell(MONTHLY))
    done = await asker.does(
        "setAutoRenew", "pass { autoRenew nextEvents { kind } }", passId=pass_id, enabled=False, other={"enabled": True}
    )
    assert done["pass"]["autoRenew"] is False
    assert "RENEWS" not in [event["kind"] for event in done["pass"]["nextEvents"]]


async def test_convert_pass_moves_visits_and_lists_those_it_may_not_pay(asker: Asker, studio: Studio) -> None:
    pass_id = await studio.sell(Terms(PassKind.SESSION, 10_000, 10))
    near, far = (studio.began + timedelta(days=days) for days in (3, 60))
    booked = await studio.book([near, far], pass_id=pass_id)
    target = encode("PurchaseOption", await studio.option(Terms(PassKind.UNLIMITED, 9_000, validity=MONTH)))
    given = {"passId": encode("Pass", pass_id), "purchaseOptionId": target, "payment": APPROVE, "unused": "CREDIT"}

    done = await asker.does("convertPass", CONVERTED, **given, other={"unused": "FORFEIT"})

    assert done["convertedPass"]["id"] == given["passId"]
    assert done["convertedPass"]["status"] == "CONVERTED"
    assert done["convertedPass"]["successor"]["id"] == done["pass"]["id"]
    assert (done["unused"], done["unusedBecame"]) == (10, "CREDIT")
    assert done["chargedMinor"] == 0, "ten unused visits are worth more than the target costs"
    credit = await studio.fetch("SELECT sum(amount_minor) AS left FROM client_credits")
    assert credit[0]["left"] == 1_000
    ids = [encode("Visit", visit) for visit in booked.visits]
    assert [visit["id"] for visit in done["visits"]] == ids
    assert [visit["pass"] for visit in done["visits"]] == [{"id": done["pass"]["id"]}, None]
    assert done["paidCount"] == 1
    assert [each["visit"]["id"] for each in done["unpaid"]] == [ids[1]]
    assert done["unpaid"][0]["refusals"][0]["reasons"] == [{"code": "ENDS_BEFORE_VISIT"}]
    await asker.refuses("PASS_CLOSED", ["passId"], "renewPass", passId=given["passId"], payment=APPROVE)
    await asker.refuses("PASS_CLOSED", ["passId"], "convertPass", **given)


async def test_conversions_that_are_refused(asker: Asker, studio: Studio) -> None:
    own = await studio.option(TEN_CLASSES)
    sold = await asker.mutate(
        "sellPass",
        "pass { id }",
        clientId=encode("Client", studio.client),
        purchaseOptionId=encode("PurchaseOption", own),
        payment=APPROVE,
    )
    unlimited = encode("PurchaseOption", await studio.option(Terms(PassKind.UNLIMITED, 9_000)))
    itself = {"passId": sold["pass"]["id"], "purchaseOptionId": encode("PurchaseOption", own)}
    given = {"passId": sold["pass"]["id"], "purchaseOptionId": unlimited}
    for name in ("convertPass", "scheduleConversion"):
        await asker.refuses("CONVERT_TO_ITSELF", ["purchaseOptionId"], name, **itself)
        await asker.refuses("CARRY_IMPOSSIBLE", ["unused"], name, **given, unused="CARRY")
    await asker.refuses("INVALID_INPUT", ["timing"], "convertPass", **given, timing="ON_EXPIRY")
    await asker.refuses("PAYMENT_REQUIRED", ["payment"], "convertPass", **given)
    await asker.refuses("INVALID_INPUT", ["on"], "scheduleConversion", **given)
    await asker.refuses("DATE_OUT_OF_RANGE", ["on"], "scheduleConversion", **given, on="2026-01-31")
    await asker.refuses("DATE_OUT_OF_RANGE", ["on"], "scheduleConversion", **given, on="0001-01-01")
    await asker.refuses("CONVERSION_NOT_PLANNED", ["passId"], "cancelConversion", passId=given["passId"])


async def test_schedule_and_cancel_a_conversion(asker: Asker, studio: Studio) -> None:
    pass_id = encode("Pass", await studio.sell(MONTHLY))
    target = encode("PurchaseOption", await studio.option(Terms(PassKind.UNLIMITED, 9_000, validity=MONTH)))
    selection = "pass { afterExpiration plannedConversion { on unused target { id } } }"
    planned = await asker.does(
        "scheduleConversion",
        selection,
        passId=pass_id,
        purchaseOptionId=target,
        on="2026-02-10",
        unused="CREDIT",
        other={"on": "2026-02-11"},
    )
    assert planned["pass"] == {
        "afterExpiration": "CONVERT",
        "plannedConversion": {"on": "2026-02-10", "unused": "CREDIT", "target": {"id": target}},
    }
    cancelled = await asker.does("cancelConversion", selection, passId=pass_id, other={"passId": global_id("Pass")})
    assert cancelled["pass"] == {"afterExpiration": "RENEW", "plannedConversion": None}


async def test_a_pass_sold_to_convert_says_so(asker: Asker, studio: Studio) -> None:
    target = await studio.option(Terms(PassKind.UNLIMITED, 9_000, validity=MONTH))
    intro = Terms(
        PassKind.SESSION,
        1_000,
        3,
        MONTH,
        after_expiration=AfterExpiration.CONVERT,
        conversion=Conversion(target, UnusedAtConversion.FORFEIT),
    )
    sold = await asker.mutate("sellPass", "pass { plannedConversion { target { id } } }", **await _sale(studio, intro))
    assert sold["pass"]["plannedConversion"] == {"target": {"id": encode("PurchaseOption", target)}}
