"""What `packageOffers` answers: which packages a client may buy now, and what a sale of the others would say."""

from dataclasses import replace
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from models.operations.base import Actor
from models.operations.catalogue import ArchivePurchaseOption, archive_purchase_option
from models.operations.packages import (
    ArchivePackage,
    CreatePackage,
    RevisePackage,
    archive_package,
    create_package,
    revise_package,
)
from models.rules.packages import PackageItem, PackageTerms
from models.rules.policies import Offer
from models.rules.values import PackageItemKind, Role, SaleChannel
from schema.ids import encode
from tests.schema.asking import Asker
from tests.studio import TEN_CLASSES, Studio

ASKED = """query ($id: ID!, $by: SaleChannel, $code: String) {
  packageOffers(clientId: $id, channel: $by, directLinkCode: $code) {
    buyable reasons { code message remedy } package { id name directLinkCode currentVersion { priceMinor } }
} }"""
PAYMENT = {"method": "TEST_CARD", "testCard": "APPROVE"}


@pytest.fixture
def asker(studio: Studio) -> Asker:
    """Asks as the studio's owner."""
    return Asker(studio)


@pytest.fixture
def client(studio: Studio) -> Asker:
    """Asks as the studio's client."""
    return Asker(studio, Actor(Role.CLIENT, client_id=studio.client))


async def package(studio: Studio, name: str, *items: PackageItem, **offer: Any) -> UUID:
    """Create a package of these items."""
    terms = PackageTerms(9_000, items, offer=Offer(**offer))
    return (await studio.do(create_package, CreatePackage(name, terms))).rows["package"]


async def passes(studio: Studio, count: int = 1, **offer: Any) -> PackageItem:
    """Make an option; return a line of a package with so many passes of it."""
    option_id = await studio.option(replace(TEN_CLASSES, offer=Offer(**offer)))
    return PackageItem(PackageItemKind.PASS, count, option_id=option_id)


async def answers(asker: Asker, **variables: Any) -> dict[str, list[str]]:
    """Ask; return the codes of the reasons by the package's name."""
    data = await asker.ask(ASKED, {"id": encode("Client", asker.studio.client), **variables})
    for each in data["packageOffers"]:
        assert each["buyable"] == (not each["reasons"])
        assert all(reason["message"].endswith(".") and reason["remedy"] for reason in each["reasons"])
    return {each["package"]["name"]: [reason["code"] for reason in each["reasons"]] for each in data["packageOffers"]}


async def test_what_it_says_of_each_package_is_what_a_sale_does(asker: Asker) -> None:
    studio = asker.studio
    gone = await passes(studio)
    inner = await package(studio, "Inner", await passes(studio, client_types=frozenset({"Student"})))
    held = PackageItem(PackageItemKind.PACKAGE, package_id=inner)
    made = {
        "Plain": await package(studio, "Plain", await passes(studio, only_in_package=True)),
        "Intro": await package(studio, "Intro", await passes(studio, introductory=True)),
        "Online": await package(studio, "Online", await passes(studio), channels=frozenset({SaleChannel.ONLINE})),
        "Twice": await package(studio, "Twice", await passes(studio, 2, per_client_max=1)),
        "Outer": await package(studio, "Outer", held, await passes(studio)),
        "Broken": await package(studio, "Broken", gone),
        "Inner": inner,
    }
    assert gone.option_id is not None
    await studio.do(archive_purchase_option, ArchivePurchaseOption(gone.option_id))
    await studio.do(archive_package, ArchivePackage(await package(studio, "Old", await passes(studio))))
    await studio.sell()

    told = await answers(asker)

    assert told == {
        "Inner": ["CLIENT_TYPE_NOT_OFFERED"],
        "Plain": [],
        "Intro": ["NOT_A_NEW_CLIENT"],
        "Online": ["CHANNEL_NOT_OFFERED"],
        "Twice": ["OFFER_LIMIT_REACHED"],
        "Outer": ["CLIENT_TYPE_NOT_OFFERED"],
        "Broken": ["OPTION_ARCHIVED"],
    }
    for name, package_id in made.items():
        ids = {"clientId": encode("Client", studio.client), "packageId": encode("Package", package_id)}
        payload = await asker.mutate("sellPackage", payment=PAYMENT, **ids)
        assert [error["code"] for error in payload["userErrors"]] == told[name], name


async def test_a_client_asks_as_they_would_buy_and_sees_no_code_of_a_link(asker: Asker, client: Asker) -> None:
    studio = asker.studio
    await package(studio, "Desk", await passes(studio), channels=frozenset({SaleChannel.STAFF}))
    await package(studio, "Secret", await passes(studio), channels=frozenset({SaleChannel.DIRECT_LINK}))
    data = await asker.ask(ASKED, {"id": encode("Client", studio.client)})
    code = {each["package"]["name"]: each["package"]["directLinkCode"] for each in data["packageOffers"]}["Secret"]

    assert await answers(asker) == {"Desk": [], "Secret": ["CHANNEL_NOT_OFFERED"]}
    assert await answers(client) == {"Desk": ["CHANNEL_NOT_OFFERED"], "Secret": ["CHANNEL_NOT_OFFERED"]}
    assert (await answers(client, by="DIRECT_LINK", code="wrong"))["Secret"] == ["LINK_CODE_WRONG"]
    assert (await answers(client, by="DIRECT_LINK", code=code))["Secret"] == []
    seen = await client.ask(ASKED, {"id": encode("Client", studio.client)})
    assert [each["package"]["directLinkCode"] for each in seen["packageOffers"]] == [None, None]
    result = await client.execute(ASKED, {"id": encode("Client", studio.client), "by": "STAFF"})
    assert result.errors[0].extensions["code"] == "FORBIDDEN"


async def test_one_that_grew_to_billions_inside_is_answered_and_counted_level_by_level(asker: Asker) -> None:
    studio = asker.studio
    one = await passes(studio)
    levels = [await package(studio, f"Level {number}", one) for number in range(8)]
    for package_id, inner in pairwise(levels):
        held = PackageItem(PackageItemKind.PACKAGE, 20, package_id=inner)
        # Revised from the outermost inwards, none is too large when it is written.
        await studio.do(revise_package, RevisePackage(package_id, 1, "Large", PackageTerms(9_000, (held,))))

    data = await asker.ask(ASKED, {"id": encode("Client", studio.client)})

    codes = [[reason["code"] for reason in each["reasons"]] for each in data["packageOffers"]]
    assert codes == [*[["PACKAGE_TOO_LARGE"]] * 6, [], []]
