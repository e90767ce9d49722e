"""Packages through the API: what is asked, what is answered, and who sees it."""

from typing import Any

import pytest

from models.operations.base import Actor
from models.operations.catalogue import CreateClient, create_client
from models.rules.values import Role
from tests.packaged import POOL, YOGA, starter_sold
from tests.schema.asking import Asker, global_id
from tests.schema.conftest import gid
from tests.studio import Studio

PACKAGE = """package { id name archivedAt currentVersion { version priceMinor items { kind quantity name valueMinor
shareMinor purchaseOption { name } package { id } } override { activation validity { count unit } restrictions
{ visitsMax } } offer { perClientMax } package { id } } }"""
SALE = """packageSale { id priceMinor channel refundedAt client { name } packageVersion { name version }
order { purpose state } passes { status terms { priceMinor } packageSale { id } }
items { id kind name shareMinor refundedMinor packageSale { id } } }"""


async def starter(studio: Studio, **more: Any) -> dict[str, Any]:
    """Return the input of a package of ten classes, the pool, a mat and credit."""
    yoga, pool = [gid("PurchaseOption", await studio.option(terms)) for terms in (YOGA, POOL)]
    items = [
        {"kind": "PASS", "purchaseOptionId": yoga},
        {"kind": "PASS", "purchaseOptionId": pool},
        {"kind": "GOODS", "name": "Mat", "valueMinor": 3_000},
        {"kind": "CREDIT", "valueMinor": 1_000},
    ]
    return {"name": "Starter", "terms": {"priceMinor": 10_000, "items": items, **more}}


async def test_a_package_is_created_revised_and_archived(studio: Studio) -> None:
    asker = Asker(studio)
    given = await starter(studio, override={"restrictions": [{"visitsMax": 1, "per": "DAY"}]})
    made = (await asker.does("createPackage", PACKAGE, **given, other={"name": "Other"}))["package"]
    version = made["currentVersion"]
    assert [item["kind"] for item in version["items"]] == ["PASS", "PASS", "GOODS", "CREDIT"]
    assert version["override"] == {"activation": None, "validity": None, "restrictions": [{"visitsMax": 1}]}
    assert version["package"] == {"id": made["id"]}
    revision = {"packageId": made["id"], "fromVersion": 1, **given, "name": "Better"}
    better = await asker.does("revisePackage", PACKAGE, **revision, other={"name": "Other"})
    assert (better["package"]["name"], better["package"]["currentVersion"]["version"]) == ("Better", 2)
    itself = {"priceMinor": 5, "items": [{"kind": "PACKAGE", "packageId": made["id"]}]}
    circle = {**revision, "fromVersion": 2, "terms": itself}
    await asker.refuses("PACKAGE_CIRCLE", ["terms", "items"], "revisePackage", **circle)
    listed = "{ packages { totalCount nodes { name } } }"
    assert (await asker.ask(listed))["packages"] == {"totalCount": 1, "nodes": [{"name": "Better"}]}
    other = {"packageId": global_id("Package")}
    archived = await asker.does("archivePackage", PACKAGE, packageId=made["id"], other=other)
    assert archived["package"]["archivedAt"]
    assert (await asker.ask(listed))["packages"]["totalCount"] == 0


async def test_a_package_is_sold_held_renewed_and_refunded(studio: Studio) -> None:
    asker = Asker(studio)
    made = await asker.mutate("createPackage", "package { id }", **await starter(studio))
    sale = {"clientId": gid("Client", studio.client), "packageId": made["package"]["id"]}
    sale |= {"payment": {"method": "TEST_CARD", "testCard": "APPROVE"}}
    selection = f"chargedMinor order {{ purpose amountMinor }} passes {{ id }} moved {{ visit {{ id }} }} {SALE}"
    sold = await asker.does("sellPackage", selection, **sale, other={"payment": {"method": "CASH"}})
    assert (sold["chargedMinor"], sold["order"]) == (10_000, {"purpose": "PACKAGE", "amountMinor": 10_000})
    shown = sold["packageSale"]
    assert [each["terms"]["priceMinor"] for each in shown["passes"]] == [6_000, 2_000]
    assert [each["shareMinor"] for each in shown["items"]] == [1_500, 500]
    assert {each["packageSale"]["id"] for each in (*shown["passes"], *shown["items"])} == {shown["id"]}
    about = {"packageSaleId": shown["id"]}
    first = studio.began.date().isoformat()
    held = await asker.does(
        "holdPackage", "parts { pass { id } hold { firstDay } reason { code } } visits { id }", **about,
        firstDay=first, lastDay=first, other={"lastDay": None},
    )  # fmt: skip
    assert [each["hold"] for each in held["parts"]] == [{"firstDay": first}] * 2
    renewed = await asker.does(
        "renewPackage", "chargedMinor passes { renewalsDone }", **about, useCredit=True, other={"useCredit": False}
    )
    assert (renewed["chargedMinor"], renewed["passes"]) == (7_000, [{"renewalsDone": 1}] * 2)
    refund = """amountMinor parts { pass { status packageSale { id } } amountMinor }
    items { item { name refundedMinor } amountMinor takenMinor }
    refunds { amountMinor packageItem { name } } visits { id }"""
    mat = shown["items"][0]["id"]
    back = await asker.does("refundPackage", refund, **about, reason="Moved", goods=[mat], other={"goods": []})
    assert [each["pass"]["status"] for each in back["parts"]] == ["REFUNDED"] * 2
    goods, credit = back["items"]
    assert goods == {"item": {"name": "Mat", "refundedMinor": 1_500}, "amountMinor": 1_500, "takenMinor": 3_000}
    assert credit == {"item": {"name": None, "refundedMinor": 500}, "amountMinor": 500, "takenMinor": 1_000}
    assert back["amountMinor"] == sum(each["amountMinor"] for each in back["refunds"])
    await asker.refuses("NOTHING_TO_DO", ["packageSaleId"], "refundPackage", **about, reason="Again")


async def test_credit_pays_a_pass_first(studio: Studio) -> None:
    asker, _ = Asker(studio), await starter_sold(studio)
    sale = {"clientId": gid("Client", studio.client), "purchaseOptionId": gid("PurchaseOption", await studio.option())}
    given = {**sale, "payment": {"method": "CASH"}, "useCredit": True}
    done = await asker.does("sellPass", "chargedMinor order { creditMinor }", **given, other={"useCredit": False})
    assert (done["chargedMinor"], done["order"]["creditMinor"]) == (14_000, 1_000)


@pytest.mark.parametrize("type_name", ["Package", "PackageSale", "PackageSaleItem"])
async def test_a_client_sees_their_own_packages_only(studio: Studio, type_name: str) -> None:
    sold = await starter_sold(studio)
    item = (await studio.fetch("SELECT id FROM package_items ORDER BY position"))[0]["id"]
    ids = {"Package": sold.rows["package"], "PackageSale": sold.rows["packageSale"], "PackageSaleItem": item}
    bea = (await studio.do(create_client, CreateClient("Bea"))).rows["client"]
    document = f'{{ node(id: "{gid(type_name, ids[type_name])}") {{ id __typename }} }}'
    mine = await Asker(studio, Actor(Role.CLIENT, client_id=studio.client)).ask(document)
    theirs = await Asker(studio, Actor(Role.CLIENT, client_id=bea)).ask(document)
    assert mine["node"]["__typename"] == type_name
    assert (theirs["node"] is not None) == (type_name == "Package")
