"""What a front end sees of charges that failed: which passes owe one, and why they cannot be used."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from models.operations.catalogue import CreateClient, create_client
from models.operations.change_pass import SetAutoRenew, set_auto_renew
from models.operations.convert_pass import ConvertPass, convert_pass
from models.rules.values import AfterExpiration, ConversionTiming, PaymentMethod, TestCard, UnusedAtConversion
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


async def test_a_pass_shows_its_orders_the_failed_ones_with_what_the_gateway_said(studio: Studio, ask: Ask) -> None:
    owing, paid = await _unpaid(studio), await studio.sell()
    await studio.advance(studio.began + _END + timedelta(days=1))
    document = """query ($id: ID!) { pass(id: $id) {
        orders { id purpose state createdAt payments { state detail hard } } } }"""

    shown = (await ask(studio, client_of(studio), document, id=gid("Pass", owing)))["pass"]["orders"]
    other = (await ask(studio, OWNER, document, id=gid("Pass", paid)))["pass"]["orders"]

    assert [(order["purpose"], order["state"]) for order in shown] == [
        ("RENEWAL", "FAILED"),
        ("RENEWAL", "FAILED"),
        ("SALE", "PAID"),
    ]
    assert [order["createdAt"] for order in shown] == sorted((each["createdAt"] for each in shown), reverse=True)
    for order in shown[:2]:
        (payment,) = order["payments"]
        assert (payment["state"], payment["hard"]) == ("DECLINED", False)
        assert payment["detail"]
    assert shown[2]["payments"] == [{"state": "CAPTURED", "detail": None, "hard": False}]
    assert len(other) == 1
    assert not {order["id"] for order in other} & {order["id"] for order in shown}


async def test_an_order_that_nothing_was_left_to_charge_for_has_no_payments(studio: Studio, ask: Ask) -> None:
    pass_id = await studio.sell(replace(TEN_CLASSES, price_minor=0))
    document = "query ($id: ID!) { pass(id: $id) { orders { state amountMinor payments { state } } } }"

    shown = (await ask(studio, OWNER, document, id=gid("Pass", pass_id)))["pass"]["orders"]

    assert shown == [{"state": "PAID", "amountMinor": 0, "payments": []}]


async def test_a_conversion_is_among_the_orders_of_both_passes(studio: Studio, ask: Ask) -> None:
    old = await studio.sell(replace(TEN_CLASSES, validity=MONTH))
    target = await studio.option(replace(TEN_CLASSES, price_minor=20_000, validity=MONTH))
    convert = ConvertPass(
        old, target, ConversionTiming.NOW_PAID, UnusedAtConversion.CREDIT, PaymentMethod.TEST_CARD, TestCard.APPROVE
    )
    new = next(each for each in (await studio.do(convert_pass, convert)).passes if each != old)
    document = "query ($id: ID!) { pass(id: $id) { orders { purpose } } }"

    shown = [(await ask(studio, OWNER, document, id=gid("Pass", each)))["pass"]["orders"] for each in (old, new)]

    assert shown == [[{"purpose": "CONVERSION"}, {"purpose": "SALE"}], [{"purpose": "CONVERSION"}]]


async def test_a_pass_that_ended_with_a_charge_overdue_is_explained_by_the_charge(studio: Studio, ask: Ask) -> None:
    owing = await _unpaid(studio)
    await studio.advance(studio.began + _END)
    document = "query ($id: ID!) { pass(id: $id) { status standing explanation { code } } }"

    shown = (await ask(studio, client_of(studio), document, id=gid("Pass", owing)))["pass"]

    assert shown == {"status": "EXPIRED", "standing": "GRACE", "explanation": {"code": "PAYMENT_OVERDUE"}}
