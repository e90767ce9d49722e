"""Offers, households and the types of clients through GraphQL."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from models.operations.base import Actor
from models.operations.catalogue import ArchivePurchaseOption, CreateClient, archive_purchase_option, create_client
from models.rules.policies import Offer
from models.rules.values import Role, SaleChannel
from schema.ids import encode
from tests.schema.asking import Asker, global_id
from tests.studio import TEN_CLASSES, Studio

OFFERS = """query ($id: ID!, $by: SaleChannel, $code: String) {
  offers(clientId: $id, channel: $by, directLinkCode: $code) {
    buyable reasons { code message remedy } purchaseOption { name }
} }"""


@pytest.fixture
def asker(studio: Studio) -> Asker:
    """Asks as the studio's owner."""
    return Asker(studio)


@pytest.fixture
def client(studio: Studio) -> Asker:
    """Asks as the studio's client."""
    return Asker(studio, Actor(Role.CLIENT, client_id=studio.client))


def of_client(studio: Studio, client_id: UUID | None = None) -> str:
    """The global id of a client."""
    return encode("Client", client_id or studio.client)


async def option(studio: Studio, name: str = "Intro", **offer: Any) -> str:
    """Make an option; return its id."""
    return encode("PurchaseOption", await studio.option(replace(TEN_CLASSES, offer=Offer(**offer)), name))


def sale(studio: Studio, option_id: str, **more: Any) -> dict[str, Any]:
    """The input of a sale."""
    payment = {"method": "TEST_CARD", "testCard": "APPROVE"}
    return {"clientId": of_client(studio), "purchaseOptionId": option_id, "payment": payment, **more}


async def answers(asker: Asker, **variables: Any) -> dict[str, list[str]]:
    """Ask what the client may buy; return the codes of the reasons by the option's name."""
    data = await asker.ask(OFFERS, {"id": of_client(asker.studio), **variables})
    for each in data["offers"]:
        assert each["buyable"] == (not each["reasons"])
        assert all(reason["message"].endswith(".") and reason["remedy"] for reason in each["reasons"])
    return {each["purchaseOption"]["name"]: [reason["code"] for reason in each["reasons"]] for each in data["offers"]}


async def test_a_client_sees_what_they_may_buy_and_why_not_the_rest(asker: Asker, client: Asker) -> None:
    studio = asker.studio
    await option(studio, "Plain")
    await option(studio, "Intro", introductory=True)
    await option(studio, "Desk", channels=frozenset({SaleChannel.STAFF}))
    await option(studio, "Student", client_types=frozenset({"Student"}))
    await option(studio, "Part", only_in_package=True)
    gone = await studio.option(TEN_CLASSES, "Gone")
    await studio.do(archive_purchase_option, ArchivePurchaseOption(gone))
    never = {"Plain": [], "Intro": [], "Desk": [], "Student": ["CLIENT_TYPE_NOT_OFFERED"], "Part": ["ONLY_IN_PACKAGE"]}
    assert await answers(asker) == never
    assert await answers(client) == never | {"Desk": ["CHANNEL_NOT_OFFERED"]}

    plain = (await client.ask("{ purchaseOptions { nodes { id } } }"))["purchaseOptions"]["nodes"][0]["id"]
    assert (await client.mutate("sellPass", **sale(studio, plain)))["userErrors"] == []
    assert await answers(asker) == never | {"Intro": ["NOT_A_NEW_CLIENT"]}


async def test_what_offers_says_is_what_a_sale_does(asker: Asker) -> None:
    studio = asker.studio
    await studio.sell()
    strict = await option(studio, "Strict", introductory=True, channels=frozenset({SaleChannel.ONLINE}))
    told = (await answers(asker))["Strict"]
    payload = await asker.mutate("sellPass", **sale(studio, strict))
    assert [error["code"] for error in payload["userErrors"]] == told == ["NOT_A_NEW_CLIENT", "CHANNEL_NOT_OFFERED"]
    assert [error["path"] for error in payload["userErrors"]] == [["clientId"], ["channel"]]


async def test_a_direct_link(asker: Asker, client: Asker) -> None:
    studio = asker.studio
    secret = await option(studio, "Secret", channels=frozenset({SaleChannel.DIRECT_LINK}))
    read = "query ($id: ID!) { node(id: $id) { ... on PurchaseOption { directLinkCode } } }"
    assert (await client.ask(read, {"id": secret}))["node"] == {"directLinkCode": None}
    partner = Asker(studio, Actor(Role.PARTNER))
    assert (await partner.ask(read, {"id": secret}))["node"] == {"directLinkCode": None}
    code = (await asker.ask(read, {"id": secret}))["node"]["directLinkCode"]

    assert (await answers(client, by="DIRECT_LINK"))["Secret"] == ["LINK_CODE_WRONG"]
    assert (await answers(client, by="DIRECT_LINK", code=code))["Secret"] == []
    by_link = sale(studio, secret, channel="DIRECT_LINK")
    await client.refuses("LINK_CODE_WRONG", ["directLinkCode"], "sellPass", **by_link)
    await client.refuses("LINK_CODE_WRONG", ["directLinkCode"], "sellPass", **by_link, directLinkCode="x" * 2_000)
    await client.refuses("INVALID_INPUT", ["directLinkCode"], "sellPass", **by_link, directLinkCode="nul\0")
    await client.refuses("FORBIDDEN", ["channel"], "sellPass", **sale(studio, secret, channel="STAFF"))
    done = await client.mutate("sellPass", "pass { channel }", **by_link, directLinkCode=code)
    assert (done["userErrors"], done["pass"]) == ([], {"channel": "DIRECT_LINK"})


async def test_whose_offers_may_be_asked_for(asker: Asker, client: Asker) -> None:
    bea = (await asker.studio.do(create_client, CreateClient("Bea"))).rows["client"]
    for who, given, code in (
        (client, of_client(asker.studio, bea), "NOT_FOUND"),
        (asker, global_id("Client"), "NOT_FOUND"),
        (asker, global_id("Pass"), "INVALID_ID"),
        (asker, "x", "INVALID_ID"),
    ):
        result = await who.execute(OFFERS, {"id": given})
        assert result.data is None
        assert result.errors[0].extensions["code"] == code
        assert result.errors[0].extensions["path"] == ["clientId"]
    result = await client.execute(OFFERS, {"id": of_client(asker.studio), "by": "STAFF"})
    assert result.errors[0].extensions["code"] == "FORBIDDEN"


async def test_households(asker: Asker, client: Asker) -> None:
    studio = asker.studio
    bea = (await studio.do(create_client, CreateClient("Bea"))).rows["client"]
    made = await asker.does(
        "createHousehold", "household { id name members { id } }", name=" The Bees ", other={"name": "Cys"}
    )
    household = made["household"]["id"]
    assert made["household"] == {"id": household, "name": "The Bees", "members": []}
    shown = "household { name members { name } } client { name household { name } }"
    for who in (studio.client, bea):
        joined = await asker.does(
            "joinHousehold",
            shown,
            householdId=household,
            clientId=of_client(studio, who),
            other={"clientId": global_id("Client")},
        )
        assert joined["client"]["household"] == {"name": "The Bees"}
    assert [each["name"] for each in joined["household"]["members"]] == sorted(
        each["name"] for each in joined["household"]["members"]
    )
    await asker.refuses(
        "IN_A_HOUSEHOLD", ["clientId"], "joinHousehold", householdId=household, clientId=of_client(studio)
    )

    one = "query ($id: ID!) { household(id: $id) { members { id } } node(id: $id) { id } }"
    assert len((await asker.ask(one, {"id": household}))["household"]["members"]) == 2
    mine = await client.ask(one, {"id": household})
    assert mine == {"household": {"members": [{"id": of_client(studio)}]}, "node": {"id": household}}
    assert (await client.ask("{ households { totalCount } }"))["households"]["totalCount"] == 1
    found = "query ($s: String) { households(search: $s) { nodes { name } } }"
    assert [len((await asker.ask(found, {"s": s}))["households"]["nodes"]) for s in ("bee", "cy")] == [1, 0]

    left = await asker.does(
        "leaveHousehold", shown, clientId=of_client(studio), other={"clientId": global_id("Client")}
    )
    assert left["client"]["household"] is None
    assert [each["name"] for each in left["household"]["members"]] == ["Bea"]
    await asker.refuses("IN_NO_HOUSEHOLD", ["clientId"], "leaveHousehold", clientId=of_client(studio))
    assert await client.ask(one, {"id": household}) == {"household": None, "node": None}
    assert (await client.ask("{ households { totalCount } }"))["households"]["totalCount"] == 0


async def test_client_types(asker: Asker, client: Asker) -> None:
    who = of_client(asker.studio)
    done = await asker.does(
        "setClientTypes", "client { types }", clientId=who, types=["Student", " local"], other={"types": []}
    )
    assert done["client"] == {"types": ["Student", "local"]}
    assert (await client.ask("query ($id: ID!) { client(id: $id) { types } }", {"id": who}))["client"] == done["client"]
    for types, code, path in (
        ([""], "TEXT_OUT_OF_RANGE", ["types", "0"]),
        (["ok", "two\nlines"], "TEXT_OUT_OF_RANGE", ["types", "1"]),
        (["x"] * 51, "TOO_MANY", ["types"]),
        (["x"] * 201, "TOO_MANY", ["types"]),
        (["nul\0"], "INVALID_INPUT", ["types", "0"]),
        (["Student", "local"], "NOTHING_TO_DO", ["types"]),
    ):
        await asker.refuses(code, path, "setClientTypes", clientId=who, types=types)
    await client.refuses("FORBIDDEN", [], "setClientTypes", clientId=who, types=["Student"])
    await client.refuses("FORBIDDEN", [], "createHousehold", name="Mine")
