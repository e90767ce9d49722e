"""Opening a sandbox, playing in it and reading its story, through GraphQL."""

import pytest

from models.operations.base import Actor
from models.rules.values import AfterExpiration, Role
from schema.ids import encode
from tests.schema.asking import Asker
from tests.schema.test_mutations_migrating import RENEWING
from tests.studio import Studio

STORY = "sandbox { id name story { now chargedMinor visits paidVisits lapsedUnits events { at type data } } }"


@pytest.fixture
def asker(studio: Studio) -> Asker:
    """Asks as the studio's owner."""
    return Asker(studio)


async def test_a_sandbox_is_opened_and_two_months_are_played(asker: Asker, studio: Studio) -> None:
    assert RENEWING.after_expiration is AfterExpiration.RENEW
    option = encode("PurchaseOption", await studio.option(RENEWING))
    tried = await asker.mutate("openSandbox", "sandbox { name }", name="Try", purchaseOptionIds=[option], dryRun=True)
    assert tried["sandbox"] == {"name": "Try"}
    assert (await asker.ask("{ sandboxes { id } }"))["sandboxes"] == []
    opened = await asker.mutate("openSandbox", STORY, name="Try", purchaseOptionIds=[option])
    assert opened["sandbox"]["story"]["events"] == []

    given = {"sandboxId": opened["sandbox"]["id"], "until": "2026-04-01T12:00:00Z", "visitsAWeek": 1}
    played = (await asker.mutate("playSandbox", STORY, **given, idempotencyKey="p"))["sandbox"]

    assert played["story"]["now"].startswith("2026-04-01T12:00:00")
    assert [each["type"] for each in played["story"]["events"]].count("pass.renewed") == 2
    assert played["story"]["chargedMinor"] == 15_000
    assert (await asker.mutate("playSandbox", STORY, **given, idempotencyKey="p"))["sandbox"] == played
    assert [each["id"] for each in (await asker.ask("{ sandboxes { id } }"))["sandboxes"]] == [played["id"]]
    client = Asker(studio, Actor(Role.CLIENT, client_id=studio.client))
    assert (await client.ask("{ sandboxes { id } }"))["sandboxes"] == []
    assert (await client.ask("query($id: ID!) { node(id: $id) { id } }", {"id": played["id"]}))["node"] is None
