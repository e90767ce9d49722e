"""Paying back and extending many passes, through GraphQL."""

from dataclasses import replace

import pytest

from models.rules.values import AfterExpiration, TestCard
from schema.ids import encode
from tests.operations.acts import DAY
from tests.schema.asking import Asker
from tests.schema.test_mutations_changes import MONTH_OF_FOUR
from tests.studio import MONTH, TEN_CLASSES, Studio, sold_from_afar

REFUND = "pass { status } units amountMinor limitMinor refunds { id state amountMinor destination }"


@pytest.fixture
def asker(studio: Studio) -> Asker:
    """Asks as the studio's owner."""
    return Asker(studio)


async def test_a_refund_is_previewed_and_made(asker: Asker, studio: Studio) -> None:
    pass_id = encode("Pass", await studio.sell())
    booked = await studio.book([studio.began + DAY])
    fields = f"{REFUND} visits {{ id }}"
    tried = await asker.mutate("refundPass", fields, passId=pass_id, reason="moved", dryRun=True)
    assert (tried["amountMinor"], tried["limitMinor"], tried["units"]) == (15_000, 15_000, 10)
    assert tried["refunds"][0]["state"] == "INTENDED"
    assert tried["pass"]["status"] == "REFUNDED"

    given = {"passId": pass_id, "reason": "moved", "idempotencyKey": "once"}
    done = await asker.mutate("refundPass", fields, **given)
    assert done == await asker.mutate("refundPass", fields, **given)
    assert done["refunds"][0]["state"] == "DONE"
    assert done["visits"] == [{"id": encode("Visit", booked.visits[0])}]
    document = "query($id: ID!) { pass(id: $id) { refunds { state order { amountMinor } } } }"
    shown = await asker.ask(document, {"id": pass_id})
    assert shown["pass"]["refunds"] == [{"state": "DONE", "order": {"amountMinor": 15_000}}]


async def test_too_much_is_refused_with_the_most_that_can_go_back(asker: Asker, studio: Studio) -> None:
    pass_id = encode("Pass", await studio.sell())
    refused = await asker.mutate("refundPass", REFUND, passId=pass_id, reason="x", amountMinor=15_001)
    assert [(each["code"], each["path"]) for each in refused["userErrors"]] == [("OVER_REFUND", ["amountMinor"])]
    assert "15000" in refused["userErrors"][0]["message"]


async def test_what_was_bought_from_afar_is_withdrawn_from(asker: Asker, studio: Studio) -> None:
    pass_id = encode("Pass", await sold_from_afar(studio))
    document = "query($id: ID!) { pass(id: $id) { withdrawableUntil remindedFor } }"
    until = (studio.began + 14 * DAY).date().isoformat()
    assert (await asker.ask(document, {"id": pass_id}))["pass"] == {"withdrawableUntil": until, "remindedFor": None}
    done = await asker.mutate("withdrawPass", REFUND, passId=pass_id)
    assert (done["amountMinor"], done["pass"]["status"], done["refunds"][0]["state"]) == (15_000, "REFUNDED", "DONE")
    assert (await asker.ask(document, {"id": pass_id}))["pass"]["withdrawableUntil"] is None
    desk = await asker.mutate("withdrawPass", REFUND, passId=encode("Pass", await studio.sell()))
    assert [(each["code"], each["path"]) for each in desk["userErrors"]] == [("NOT_WITHDRAWABLE", ["passId"])]


async def test_the_day_of_a_charge_that_was_announced_is_shown(asker: Asker, studio: Studio) -> None:
    terms = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW)
    pass_id = encode("Pass", await studio.sell(terms))
    await studio.advance(studio.began + 26 * DAY)
    shown = await asker.ask("query($id: ID!) { pass(id: $id) { remindedFor } }", {"id": pass_id})
    assert shown["pass"]["remindedFor"] == "2026-02-28"


async def test_a_refused_refund_becomes_credit(asker: Asker, studio: Studio) -> None:
    pass_id = await studio.sell(card=TestCard.REFUND_DECLINE)
    made = await asker.mutate("refundPass", REFUND, passId=encode("Pass", pass_id), reason="moved")
    refund_id = made["refunds"][0]["id"]
    done = await asker.mutate("creditRefund", "refund { state } pass { id }", refundId=refund_id)
    assert done["refund"]["state"] == "CREDITED"
    found = await asker.ask("query($id: ID!) { node(id: $id) { ... on Refund { state detail } } }", {"id": refund_id})
    assert found["node"] == {"state": "CREDITED", "detail": "the card was closed"}


async def test_many_passes_are_previewed_and_extended(asker: Asker, studio: Studio) -> None:
    pass_id = await studio.sell(MONTH_OF_FOUR)
    fields = "extended { pass { id lastDay } formerLastDay } skipped { pass { id } reason { message } }"
    given = {"filter": {"clientIds": [encode("Client", studio.client)]}, "days": 2, "reason": "storm"}
    tried = await asker.mutate("extendPasses", fields, **given, dryRun=True)
    done = await asker.mutate("extendPasses", fields, **given)
    assert done["extended"] == tried["extended"]
    assert done["extended"][0]["pass"]["id"] == encode("Pass", pass_id)
    assert done["skipped"] == []
