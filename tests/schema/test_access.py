"""Who sees what. What is another's is answered exactly as what does not exist."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from models.operations.base import Actor
from models.operations.catalogue import (
    ArchivePurchaseOption,
    CreateClient,
    archive_purchase_option,
    create_client,
)
from models.operations.holds import PlaceHold, place_hold
from models.rules.values import Role
from tests.schema.conftest import OWNER, PARTNER, Ask, Refusal, client_of, execute, gid
from tests.studio import Studio

_NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
_TYPES = (
    "Business",
    "Location",
    "Service",
    "PurchaseOption",
    "Client",
    "Pass",
    "Lot",
    "Hold",
    "Transfer",
    "Visit",
    "Order",
    "Operation",
)
_SHOP = {"Business", "Location", "Service", "PurchaseOption"}
_BY_ID = {
    "client": "query ($id: ID!) { client(id: $id) { id } }",
    "pass": "query ($id: ID!) { pass(id: $id) { id } }",
    "visit": "query ($id: ID!) { visit(id: $id) { id } }",
    "passes": "query ($id: ID!) { passes(clientId: $id) { totalCount nodes { id } } }",
    "visitsOfClient": "query ($id: ID!) { visits(clientId: $id) { totalCount nodes { id } } }",
    "visitsOfPass": "query ($id: ID!) { visits(passId: $id) { totalCount nodes { id } } }",
    "operationsOfPass": "query ($id: ID!) { operations(passId: $id) { totalCount nodes { id } } }",
    "eligible": "query ($id: ID!) { eligiblePasses(visitId: $id) { pays } }",
}
_WANTS = {"client": "Client", "passes": "Client", "visitsOfClient": "Client", "visit": "Visit", "eligible": "Visit"}


async def _one_of_each(studio: Studio) -> dict[str, UUID]:
    """Sell, book and hold, for a client other than the studio's first; return an id of every type."""
    client = (await studio.do(create_client, CreateClient("Bea"))).rows["client"]
    pass_id = await studio.sell(client=client)
    visit = (await studio.book([studio.began + timedelta(days=1)], pass_id=pass_id, client=client)).visits[0]
    first = (studio.began + timedelta(days=3)).date()
    hold = (await studio.do(place_hold, PlaceHold(pass_id, first, first))).holds[0]
    rows = await studio.fetch(
        """SELECT p.option_id, (SELECT id FROM lots LIMIT 1) AS lot, (SELECT id FROM transfers LIMIT 1) AS transfer,
                  (SELECT id FROM orders LIMIT 1) AS bought, (SELECT id FROM operations LIMIT 1) AS operation
           FROM passes p"""
    )
    return {
        "Business": studio.business_id,
        "Location": studio.location,
        "Service": studio.service,
        "PurchaseOption": rows[0]["option_id"],
        "Client": client,
        "Pass": pass_id,
        "Lot": rows[0]["lot"],
        "Hold": hold,
        "Transfer": rows[0]["transfer"],
        "Visit": visit,
        "Order": rows[0]["bought"],
        "Operation": rows[0]["operation"],
    }


async def test_node_finds_every_type(studio: Studio, ask: Ask) -> None:
    for type_name, row_id in (await _one_of_each(studio)).items():
        found = await ask(studio, OWNER, _NODE, id=gid(type_name, row_id))
        assert found["node"] == {"__typename": type_name, "id": gid(type_name, row_id)}


async def test_what_belongs_to_another_business_does_not_exist(
    studio: Studio, another_studio: Callable[[], Awaitable[Studio]], ask: Ask
) -> None:
    there = await _one_of_each(await another_studio())

    for type_name in _TYPES:
        foreign = await execute(studio, OWNER, _NODE, id=gid(type_name, there[type_name]))
        random = await execute(studio, OWNER, _NODE, id=gid(type_name, uuid4()))
        assert foreign.data == random.data == {"node": None}
        assert foreign.errors is random.errors is None


@pytest.mark.parametrize("question", _BY_ID)
async def test_a_foreign_id_is_answered_like_a_random_one(
    studio: Studio, another_studio: Callable[[], Awaitable[Studio]], question: str
) -> None:
    type_name = _WANTS.get(question, "Pass")
    there, here = await _one_of_each(await another_studio()), await _one_of_each(studio)
    answers = []

    for actor in (OWNER, PARTNER, client_of(studio)):
        foreign = [there[type_name]] if actor.role is not Role.CLIENT else [there[type_name], here[type_name]]
        for row_id in (*foreign, uuid4()):
            result = await execute(studio, actor, _BY_ID[question], id=gid(type_name, row_id))
            answers.append(_comparable(result))
        assert len({str(answer) for answer in answers}) == 1, answers
        answers.clear()


def _comparable(result: Any) -> Any:
    return result.data, [(error.message, error.extensions, error.path) for error in result.errors or []]


@pytest.mark.parametrize("question", _BY_ID)
@pytest.mark.parametrize("bad", ["", "x", "é", "UGFzczp4", "\0", gid("Nothing", UUID(int=1)), "a" * 500])
async def test_a_malformed_id_has_one_answer(studio: Studio, refusal: Refusal, question: str, bad: str) -> None:
    extensions = await refusal(studio, OWNER, _BY_ID[question], id=bad)

    assert extensions["code"] == "INVALID_ID"


async def test_an_id_of_another_type_is_no_id(studio: Studio, refusal: Refusal) -> None:
    extensions = await refusal(studio, OWNER, _BY_ID["pass"], id=gid("Client", studio.client))

    assert (extensions["code"], extensions["path"]) == ("INVALID_ID", ["id"])
    assert (await refusal(studio, OWNER, _NODE, id="x"))["code"] == "INVALID_ID"


async def test_a_client_sees_the_shop_and_their_own_and_nothing_else(studio: Studio, ask: Ask) -> None:
    others, me = await _one_of_each(studio), client_of(studio)
    mine = await studio.sell()
    visit = (await studio.book([studio.began + timedelta(days=2)], pass_id=mine)).visits[0]

    for type_name, row_id in others.items():
        found = (await ask(studio, me, _NODE, id=gid(type_name, row_id)))["node"]
        assert (found is not None) is (type_name in _SHOP), type_name
    lists = await ask(
        studio,
        me,
        """{ clients { totalCount nodes { name } } passes { totalCount nodes { id client { name } } }
             visits { totalCount nodes { id pass { id } } } business { name now policies { graceDays } }
             services { totalCount } locations { totalCount } }""",
    )

    assert lists["clients"] == {"totalCount": 1, "nodes": [{"name": "Ann"}]}
    assert lists["passes"] == {"totalCount": 1, "nodes": [{"id": gid("Pass", mine), "client": {"name": "Ann"}}]}
    assert lists["visits"]["nodes"] == [{"id": gid("Visit", visit), "pass": {"id": gid("Pass", mine)}}]
    assert lists["visits"]["totalCount"] == lists["services"]["totalCount"] == lists["locations"]["totalCount"] == 1


async def test_operations_are_for_those_who_run_the_business(studio: Studio, ask: Ask, refusal: Refusal) -> None:
    pass_id = await studio.sell()
    document = """query ($id: ID) { operations(passId: $id, first: 50) {
        totalCount nodes { verb role state at idempotencyKey input result } } }"""

    whole = (await ask(studio, Actor(Role.STAFF), document, id=gid("Pass", pass_id)))["operations"]
    partners = (await ask(studio, PARTNER, document, id=gid("Pass", pass_id)))["operations"]
    everything = (await ask(studio, OWNER, document))["operations"]
    refused = await refusal(studio, client_of(studio), document)
    ledger = """query ($id: ID!) { pass(id: $id) { ledger { nodes { quantity operation { verb } } } } }"""
    clients = (await ask(studio, client_of(studio), ledger, id=gid("Pass", pass_id)))["pass"]["ledger"]["nodes"]

    (sold,) = whole["nodes"]
    assert (sold["verb"], sold["role"], sold["state"]) == ("sellPass", "OWNER", "DONE")
    assert sold["input"]["command"]["client_id"] == str(studio.client)
    assert sold["idempotencyKey"]
    (seen,) = partners["nodes"]
    assert (seen["verb"], seen["input"], seen["result"], seen["idempotencyKey"]) == ("sellPass", None, None, None)
    assert everything["totalCount"] > 1
    assert refused["code"] == "FORBIDDEN"
    assert clients == [{"quantity": 10, "operation": None}]


async def test_a_client_is_not_shown_what_is_no_longer_sold(studio: Studio, ask: Ask) -> None:
    sold, archived = await studio.option(name="Sold"), await studio.option(name="Archived")
    await studio.do(archive_purchase_option, ArchivePurchaseOption(archived))
    document = "query ($all: Boolean!) { purchaseOptions(archived: $all) { totalCount nodes { id name archivedAt } } }"

    staff = (await ask(studio, OWNER, document, all=True))["purchaseOptions"]
    shop = (await ask(studio, OWNER, document, all=False))["purchaseOptions"]
    client = (await ask(studio, client_of(studio), document, all=True))["purchaseOptions"]

    by_id = [
        (await ask(studio, who, _NODE, id=gid("PurchaseOption", archived)))["node"]
        for who in (OWNER, client_of(studio))
    ]

    assert [each["name"] for each in staff["nodes"]] == ["Sold", "Archived"]
    assert (by_id[0] is None, by_id[1]) == (False, None)
    assert (
        shop
        == client
        == {"totalCount": 1, "nodes": [{"id": gid("PurchaseOption", sold), "name": "Sold", "archivedAt": None}]}
    )
