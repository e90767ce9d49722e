"""Fees, waivers, policies, receipts and claims through GraphQL."""

from datetime import timedelta

import pytest

from models.operations.base import Actor
from models.rules.values import Role
from schema.ids import encode
from tests.schema.asking import Asker
from tests.studio import Studio, lapsed_pass, missed_visit

CARD = {"method": "TEST_CARD", "testCard": "APPROVE"}
FEE = "fees { id amountMinor currency state visit { state } client { name } order { state } }"


@pytest.fixture
def asker(studio: Studio) -> Asker:
    """Asks as the studio's owner."""
    return Asker(studio)


async def test_fees_are_listed_and_paid_by_their_client(studio: Studio) -> None:
    visit, fee = await missed_visit(studio)
    client = Asker(studio, Actor(Role.CLIENT, client_id=studio.client))
    data = await client.ask(
        """query($client: ID!, $visit: ID!) {
             client(id: $client) { feesOwed { id amountMinor } }
             fees(state: OWED) { totalCount nodes { id reason at settledAt order { id } } }
             visit(id: $visit) { history { state effect feeMinor forgiven waived reason role } } }""",
        {"client": encode("Client", studio.client), "visit": encode("Visit", visit)},
    )
    assert data["client"]["feesOwed"] == [{"id": encode("Fee", fee), "amountMinor": 900}]
    assert data["fees"]["totalCount"] == 1
    assert data["visit"]["history"] == [
        {
            "state": "NO_SHOW",
            "effect": "FORFEIT",
            "feeMinor": 900,
            "forgiven": False,
            "waived": False,
            "reason": None,
            "role": "OWNER",
        }
    ]
    paid = await client.mutate("payFees", FEE, feeIds=[encode("Fee", fee)], payment=CARD)
    assert paid["userErrors"] == []
    assert [(each["state"], each["amountMinor"]) for each in paid["fees"]] == [("PAID", 900)]
    assert paid["fees"][0]["order"] == {"state": "PAID"}


async def test_paying_and_waiving_fees_answer_as_every_mutation(asker: Asker, studio: Studio) -> None:
    _, fee = await missed_visit(studio)
    given = {"feeIds": [encode("Fee", fee)], "payment": CARD}
    await asker.does(
        "payFees", "fees { id state } order { amountMinor }", **given, other={"payment": {"method": "CASH"}}
    )
    given = {"feeId": encode("Fee", fee), "reason": "Ill"}
    done = await asker.does("waiveFee", "fees { state reason }", **given, other={"reason": "Storm"})
    assert done["fees"] == [{"state": "CREDITED", "reason": "Ill"}]


async def test_an_outcome_is_waived_with_its_history(asker: Asker, studio: Studio) -> None:
    visit, _ = await missed_visit(studio)
    given = {"visitId": encode("Visit", visit), "reason": "Ill"}
    shown = "visit { state history { state waived reason } } returned feeMinor forgiven makeUpLot { kind }"
    done = await asker.does("waiveOutcome", shown, **given, other={"reason": "Storm"})
    assert (done["returned"], done["feeMinor"], done["makeUpLot"]) == (True, 0, None)
    assert done["visit"]["history"][-1] == {"state": "NO_SHOW", "waived": True, "reason": "Ill"}


async def test_an_ending_says_what_it_costs(asker: Asker, studio: Studio) -> None:
    visit = (await studio.book([studio.began + timedelta(hours=1)])).visits[0]
    done = await asker.mutate("cancelVisit", "visit { state } feeMinor forgiven", visitId=encode("Visit", visit))
    assert (done["visit"]["state"], done["feeMinor"], done["forgiven"]) == ("LATE_CANCELLED", 0, False)


async def test_policies_are_set_and_shown(asker: Asker) -> None:
    shown = "business { policies { resolveAfterHours resolveAs } }"
    done = await asker.does("setPolicies", shown, resolveAfterHours=48, resolveAs="NO_SHOW", other={"resolveAs": None})
    assert done["business"]["policies"] == {"resolveAfterHours": 48, "resolveAs": "NO_SHOW"}
    done = await asker.mutate("setPolicies", shown, neverResolve=True)
    assert done["business"]["policies"] == {"resolveAfterHours": None, "resolveAs": "NO_SHOW"}


async def test_what_lapsed_is_shown_and_claimed(asker: Asker, studio: Studio) -> None:
    pass_id = encode("Pass", await lapsed_pass(studio))
    lapses = "lapses { lotKind unit quantity valueMinor at claimableUntil broughtBack }"
    data = await asker.ask(f"query($id: ID!) {{ pass(id: $id) {{ {lapses} }} }}", {"id": pass_id})
    (lapse,) = data["pass"]["lapses"]
    assert (lapse["quantity"], lapse["valueMinor"], lapse["broughtBack"]) == (10, 15_000, False)
    shown = f"units makeUpLot {{ kind lastDay }} pass {{ {lapses} balance {{ available }} }}"
    other = {"passId": encode("Pass", await studio.sell())}
    done = await asker.does("claimLapsed", shown, passId=pass_id, other=other)
    assert (done["units"], done["makeUpLot"]["kind"]) == (10, "MAKE_UP")
    assert done["pass"]["lapses"][0]["broughtBack"] is True
    assert done["pass"]["balance"] == {"available": 10}
