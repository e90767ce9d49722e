"""What a front end sees of charges that failed: which passes owe one, and why they cannot be used."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models.operations.catalogue import CreateClient, create_client
from models.operations.change_pass import SetAutoRenew, set_auto_renew
from models.rules.values import AfterExpiration, PaymentMethod, TestCard
from tests.schema.conftest import OWNER, Ask, client_of, gid, stand_at
from tests.studio import MONTH, TEN_CLASSES, Studio

_MONTHLY = replace(TEN_CLASSES, validity=MONTH, after_expiration=AfterExpiration.RENEW)
_END = timedelta(days=28)
"""A month from the instant at which a studio begins, and half a day."""


async def _unpaid(studio: Studio, client: UUID | None = None) -> UUID:
    """Sell a pass whose next charge is declined; return it."""
    pass_id = await studio.sell(_MONTHLY, client=client)
    declines = SetAutoRenew(pass_id, enabled=True, payment_method=PaymentMethod.TEST_CARD, test_card=TestCard.DECLINE)
    await studio.do(set_auto_renew, declines)
    return pass_id


async def _standing(studio: Studio, ask: Ask) -> dict[str, list[Any]]:
    """Return the ids of the list narrowed to each standing, having seen that each pass shows that standing."""
    found = {}
    for standing in ("CURRENT", "GRACE", "SUSPENDED", "RELEASED"):
        document = f"{{ passes(standing: {standing}) {{ totalCount nodes {{ id standing }} }} }}"
        page = (await ask(studio, OWNER, document))["passes"]
        assert page["totalCount"] == len(page["nodes"])
        assert {node["standing"] for node in page["nodes"]} <= {standing}
        found[standing] = [node["id"] for node in page["nodes"]]
    return found


@pytest.mark.parametrize(
    ("after", "standing"),
    [
        (timedelta(days=3, microseconds=-1), "GRACE"),
        (timedelta(days=3), "SUSPENDED"),
        (timedelta(days=14, microseconds=-1), "SUSPENDED"),
        (timedelta(days=14), "RELEASED"),
    ],
)
async def test_passes_are_narrowed_by_where_they_stand_now_while_no_worker_runs(
    studio: Studio, ask: Ask, after: timedelta, standing: str
) -> None:
    owing, paid = await _unpaid(studio), await studio.sell()
    await studio.advance(studio.began + _END)
    since = (await studio.facts(owing)).overdue
    assert since is not None

    await stand_at(studio, since.since + after)

    expected = {"CURRENT": [gid("Pass", paid)], "GRACE": [], "SUSPENDED": [], "RELEASED": []}
    assert await _standing(studio, ask) == expected | {standing: [gid("Pass", owing)]}


async def test_passes_that_owe_are_paged_like_any_list_and_a_client_finds_their_own(studio: Studio, ask: Ask) -> None:
    other = (await studio.do(create_client, CreateClient("Bea"))).rows["client"]
    owing = [gid("Pass", await _unpaid(studio, client)) for client in (studio.client, other, studio.client)]
    await studio.sell()
    await studio.advance(studio.began + _END)
    document = """query ($first: Int, $after: String) { passes(standing: GRACE, first: $first, after: $after) {
        totalCount nodes { id } pageInfo { hasNextPage endCursor } } }"""

    start = (await ask(studio, OWNER, document, first=2))["passes"]
    rest = (await ask(studio, OWNER, document, first=2, after=start["pageInfo"]["endCursor"]))["passes"]
    own = (await ask(studio, client_of(studio), document))["passes"]

    assert [node["id"] for page in (start, rest) for node in page["nodes"]] == owing[::-1]
    assert (start["totalCount"], start["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (3, True, False)
    assert [node["id"] for node in own["nodes"]] == [owing[2], owing[0]]
