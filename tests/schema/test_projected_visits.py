"""What stands to be paid by a renewal, and what the buyer agreed to, as readers see it."""

from dataclasses import replace
from datetime import timedelta

from models.operations.consent import Consent
from models.operations.sell_pass import SellPass, sell_pass
from models.rules.values import AfterExpiration, PaymentMethod, TestCard
from tests.schema.conftest import OWNER, Ask, gid
from tests.studio import MONTH, TEN_CLASSES, Studio

_VISIT = """query ($id: ID!) { visit(id: $id) { paid payment projection {
  pass { id } periodNumber paysOn paysAt explanation } } }"""
_ELIGIBLE = """query ($id: ID!) { eligiblePasses(visitId: $id) { pays paysOn reasons { code message } } }"""
_CONSENTS = "query ($id: ID!) { pass(id: $id) { consents { text language role priceMinor periodUnit trigger } } }"
RENEWING = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW)


async def test_a_visit_says_which_pass_pays_for_it_and_when(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell(RENEWING)
    (visit,) = (await studio.book([studio.began + timedelta(days=40)])).visits

    found = (await ask(studio, OWNER, _VISIT, id=gid("Visit", visit)))["visit"]

    assert found == {
        "paid": False,
        "payment": "PROJECTED",
        "projection": {
            "pass": {"id": gid("Pass", pass_id)},
            "periodNumber": 2,
            "paysOn": "2026-02-28",
            "paysAt": "2026-02-27T23:00:00+00:00",
            "explanation": "The pass is to renew on 2026-02-28 and pays for the visit then.",
        },
    }
    (told,) = (await ask(studio, OWNER, _ELIGIBLE, id=gid("Visit", visit)))["eligiblePasses"]
    assert (told["pays"], told["paysOn"]) == (False, "2026-02-28")
    assert [reason["code"] for reason in told["reasons"]] == ["ENDS_BEFORE_VISIT", "PAYS_ON_RENEWAL"]


async def test_a_visit_that_nothing_will_pay_for_says_so(studio: Studio, ask: Ask) -> None:
    paid, left = (await studio.book([studio.began + timedelta(days=day) for day in (1, 40)])).visits
    await studio.sell(replace(TEN_CLASSES, validity=MONTH))

    answers = [(await ask(studio, OWNER, _VISIT, id=gid("Visit", each)))["visit"] for each in (paid, left)]

    assert [answer["payment"] for answer in answers] == ["PAID", "UNPAID"]
    assert [answer["projection"] for answer in answers] == [None, None]


async def test_what_the_buyer_agreed_to_is_shown(studio: Studio, ask: Ask) -> None:
    card = (PaymentMethod.TEST_CARD, TestCard.APPROVE)
    command = SellPass(studio.client, await studio.option(RENEWING), *card, consent=Consent("Yes, each month."))
    (pass_id,) = (await studio.do(sell_pass, command)).passes

    assert (await ask(studio, OWNER, _CONSENTS, id=gid("Pass", pass_id)))["pass"]["consents"] == [
        {
            "text": "Yes, each month.",
            "language": "EN",
            "role": "OWNER",
            "priceMinor": 15_000,
            "periodUnit": "MONTH",
            "trigger": "ON_EXPIRY",
        }
    ]
