"""The simulator of a new version, the move and the way back, through GraphQL."""

from dataclasses import replace

import pytest

from models.operations.sell_pass import SellPass, sell_pass
from models.rules.values import AfterExpiration, PaymentMethod, TestCard
from schema.ids import encode
from tests.operations.acts import DAY
from tests.schema.asking import Asker
from tests.schema.test_mutations_changes import MONTH_OF_FOUR
from tests.studio import Studio

RENEWING = replace(MONTH_OF_FOUR, after_expiration=AfterExpiration.RENEW)
FIELDS = """purchaseOption { currentVersion { version } } termChanges { fromVersion path before after }
    migrated { pass { id } renewalPriceBefore renewalPriceAfter keptVisits { visit { id } reason { code } } }
    skipped { pass { id } reason { code message } }"""


@pytest.fixture
def asker(studio: Studio) -> Asker:
    """Asks as the studio's owner."""
    return Asker(studio)


async def test_a_version_is_tried_then_written_and_taken_back(asker: Asker, studio: Studio) -> None:
    option = await studio.option(RENEWING)
    sold = await studio.do(sell_pass, SellPass(studio.client, option, PaymentMethod.TEST_CARD, TestCard.APPROVE))
    booked = await studio.book([studio.began + DAY])
    terms = {
        "kind": "SESSION",
        "priceMinor": 6_000,
        "quantity": 4,
        "validity": {"rule": "PERIOD", "count": 1, "unit": "MONTH"},
        "afterExpiration": "RENEW",
        "access": {"categories": ["EVENT"]},
    }
    given = {"purchaseOptionId": encode("PurchaseOption", option), "reason": "prices", "terms": terms}
    tried = await asker.mutate("migratePasses", FIELDS, **given, dryRun=True)
    assert {each["path"] for each in tried["termChanges"]} == {"priceMinor", "access.categories"}
    moved = tried["migrated"][0]
    assert (moved["renewalPriceBefore"], moved["renewalPriceAfter"]) == (5_000, 6_000)
    assert moved["keptVisits"] == [
        {"visit": {"id": encode("Visit", booked.visits[0])}, "reason": {"code": "SERVICE_NOT_INCLUDED"}}
    ]

    done = await asker.mutate("migratePasses", f"operationId {FIELDS}", **given)

    assert done["purchaseOption"]["currentVersion"]["version"] == 2
    assert done["migrated"] == tried["migrated"]
    back = await asker.mutate(
        "revertMigration", "passes { id } skipped { pass { id } }", migrationId=done["operationId"], reason="sorry"
    )
    assert back["passes"] == [{"id": encode("Pass", sold.passes[0])}]
