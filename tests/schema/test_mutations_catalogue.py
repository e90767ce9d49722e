"""Locations, services, clients and purchase options through GraphQL."""

from typing import Any

import pytest

from schema.ids import encode
from tests.schema.asking import Asker, global_id
from tests.studio import Studio

TERMS: dict[str, Any] = {"kind": "SESSION", "priceMinor": 15_000, "quantity": 10}
OPTION = (
    "purchaseOption { id name archivedAt currentVersion { version name kind priceMinor quantity terms { quantity } } }"
)


@pytest.fixture
def asker(studio: Studio) -> Asker:
    """Asks as the studio's owner."""
    return Asker(studio)


async def test_create_location(asker: Asker) -> None:
    done = await asker.does(
        "createLocation", "location { id name zone }", name=" Pool ", zone="Europe/Lisbon", other={"name": "Sauna"}
    )
    assert {**done["location"], "id": ""} == {"id": "", "name": "Pool", "zone": "Europe/Lisbon"}


async def test_create_service(asker: Asker) -> None:
    done = await asker.does(
        "createService", "service { name category }", name="Boxing", category="CLASS", other={"category": "EVENT"}
    )
    assert done["service"] == {"name": "Boxing", "category": "CLASS"}


async def test_create_client(asker: Asker) -> None:
    home = encode("Location", asker.studio.location)
    done = await asker.does(
        "createClient",
        "client { name email }",
        name="Bea",
        email="bea@example.org",
        homeLocationId=home,
        other={"email": None},
    )
    assert done["client"] == {"name": "Bea", "email": "bea@example.org"}


async def test_create_purchase_option(asker: Asker) -> None:
    terms = TERMS | {
        "validity": {"rule": "PERIOD", "count": 3, "unit": "MONTH"},
        "access": {"serviceIds": [encode("Service", asker.studio.service)], "categories": ["CLASS"]},
        "outcomes": {"lateCancelMinutes": 60},
        "afterExpiration": "RENEW",
        "renewal": {"trigger": "FIRST_OF_BOTH", "unused": "ROLLOVER", "renewalsMax": 5},
    }
    done = await asker.does(
        "createPurchaseOption", OPTION, name="Ten", terms=terms, other={"terms": TERMS | {"quantity": 11}}
    )
    option = done["purchaseOption"]
    assert option["name"] == "Ten"
    assert option["archivedAt"] is None
    assert option["currentVersion"] == {
        "version": 1,
        "name": "Ten",
        "kind": "SESSION",
        "priceMinor": 15_000,
        "quantity": 10,
        "terms": {"quantity": 10},
    }


async def test_an_option_that_converts_names_its_target(asker: Asker) -> None:
    target = encode("PurchaseOption", await asker.studio.option())
    terms = TERMS | {
        "validity": {"rule": "PERIOD", "count": 1, "unit": "WEEK"},
        "afterExpiration": "CONVERT",
        "conversion": {"targetOptionId": target, "unused": "CARRY"},
    }
    payload = await asker.mutate("createPurchaseOption", OPTION, name="Intro", terms=terms)
    assert payload["userErrors"] == []
    await asker.refuses(
        "NOT_FOUND",
        ["terms", "conversion", "targetOptionId"],
        "createPurchaseOption",
        name="Intro",
        terms=terms | {"conversion": {"targetOptionId": global_id("PurchaseOption")}},
    )


async def test_revise_purchase_option_shows_its_terms_in_a_dry_run_and_forgets_them(asker: Asker) -> None:
    option_id = encode("PurchaseOption", await asker.studio.option())
    given: dict[str, Any] = {"purchaseOptionId": option_id, "fromVersion": 1, "name": "Ten"}
    tried = await asker.mutate("revisePurchaseOption", OPTION, **given, terms=TERMS | {"quantity": 99}, dryRun=True)
    assert tried["purchaseOption"]["currentVersion"]["terms"] == {"quantity": 99}
    done = await asker.does(
        "revisePurchaseOption", OPTION, **given, terms=TERMS | {"quantity": 12}, other={"name": "Twelve"}
    )
    assert done["purchaseOption"]["currentVersion"]["version"] == 2
    assert done["purchaseOption"]["currentVersion"]["terms"] == {"quantity": 12}
    await asker.refuses("VERSION_CHANGED", ["fromVersion"], "revisePurchaseOption", **given, terms=TERMS)
    await asker.refuses(
        "NOTHING_TO_DO",
        ["terms"],
        "revisePurchaseOption",
        **given | {"fromVersion": 2},
        terms=TERMS | {"quantity": 12},
    )


async def test_archive_purchase_option(asker: Asker) -> None:
    option_id = encode("PurchaseOption", await asker.studio.option())
    done = await asker.does(
        "archivePurchaseOption",
        OPTION,
        purchaseOptionId=option_id,
        other={"purchaseOptionId": global_id("PurchaseOption")},
    )
    assert done["purchaseOption"]["archivedAt"]
    await asker.refuses("OPTION_ARCHIVED", ["purchaseOptionId"], "archivePurchaseOption", purchaseOptionId=option_id)
    await asker.refuses(
        "OPTION_ARCHIVED",
        ["purchaseOptionId"],
        "sellPass",
        clientId=encode("Client", asker.studio.client),
        purchaseOptionId=option_id,
        payment={"method": "CASH"},
    )


@pytest.mark.parametrize("zone", ["Mars/Phobos", "", "europe/paris", "../etc/passwd", "+01:00"])
async def test_unknown_zones(asker: Asker, zone: str) -> None:
    await asker.refuses("UNKNOWN_ZONE", ["zone"], "createLocation", name="Base", zone=zone)


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "two\nlines", "bell\a"])
async def test_names_that_are_none(asker: Asker, name: str) -> None:
    await asker.refuses("TEXT_OUT_OF_RANGE", ["name"], "createLocation", name=name)
    await asker.refuses("TEXT_OUT_OF_RANGE", ["name"], "createService", name=name, category="CLASS")
    await asker.refuses("TEXT_OUT_OF_RANGE", ["name"], "createClient", name=name)
    await asker.refuses("TEXT_OUT_OF_RANGE", ["name"], "createPurchaseOption", name=name, terms=TERMS)


@pytest.mark.parametrize("text", ["nul\0", "half \ud83d pair"])
async def test_text_the_store_cannot_keep(asker: Asker, text: str) -> None:
    await asker.refuses("INVALID_INPUT", ["name"], "createLocation", name=text)
    await asker.refuses("INVALID_INPUT", ["idempotencyKey"], "createLocation", name="Pool", idempotencyKey=text)


async def test_text_longer_than_any_field(asker: Asker) -> None:
    await asker.refuses("TEXT_OUT_OF_RANGE", ["email"], "createClient", name="Bea", email="x" * 500_000)


@pytest.mark.parametrize("key", ["", "x" * 201, "two\nlines"])
async def test_idempotency_keys_that_are_none(asker: Asker, key: str) -> None:
    await asker.refuses(
        "IDEMPOTENCY_KEY_INVALID", ["idempotencyKey"], "createLocation", name="Pool", idempotencyKey=key
    )


async def test_names_that_are_taken(asker: Asker) -> None:
    await asker.refuses("NAME_TAKEN", ["name"], "createLocation", name="Main hall")
    await asker.refuses("NAME_TAKEN", ["name"], "createService", name="Yoga", category="CLASS")


@pytest.mark.parametrize(
    ("email", "code"), [("nobody", "INVALID_INPUT"), ("a b@c", "INVALID_INPUT"), ("@", "TEXT_OUT_OF_RANGE")]
)
async def test_addresses_that_are_none(asker: Asker, email: str, code: str) -> None:
    await asker.refuses(code, ["email"], "createClient", name="Bea", email=email)


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"quantity": 0}, "QUANTITY_OUT_OF_RANGE", ["quantity"]),
        ({"quantity": -1}, "QUANTITY_OUT_OF_RANGE", ["quantity"]),
        ({"quantity": 2**31 - 1}, "QUANTITY_OUT_OF_RANGE", ["quantity"]),
        ({"priceMinor": -1}, "QUANTITY_OUT_OF_RANGE", ["priceMinor"]),
        ({"priceMinor": 2**31 - 1}, "QUANTITY_OUT_OF_RANGE", ["priceMinor"]),
        ({"priority": -(2**31)}, "QUANTITY_OUT_OF_RANGE", ["priority"]),
        ({"backWindowDays": -1}, "QUANTITY_OUT_OF_RANGE", ["backWindowDays"]),
        ({"outcomes": {"lateCancelMinutes": -1}}, "QUANTITY_OUT_OF_RANGE", ["outcomes", "lateCancelMinutes"]),
        ({"renewal": {"renewalsMax": 0}}, "QUANTITY_OUT_OF_RANGE", ["renewal", "renewalsMax"]),
        (
            {"validity": {"rule": "PERIOD", "count": 0, "unit": "MONTH"}},
            "QUANTITY_OUT_OF_RANGE",
            ["validity", "count"],
        ),
        ({"quantity": None}, "TERMS_CONTRADICT", ["quantity"]),
        ({"kind": "UNLIMITED"}, "TERMS_CONTRADICT", ["quantity"]),
        ({"kind": "DURATION", "quantity": None}, "TERMS_CONTRADICT", ["validity"]),
        ({"validity": {"rule": "PERIOD"}}, "TERMS_CONTRADICT", ["validity"]),
        ({"validity": {"rule": "FIXED_DAY", "lastDay": "2020-01-01"}}, "DATES_REVERSED", ["validity", "lastDay"]),
        ({"startWithinDays": 3}, "TERMS_CONTRADICT", ["startWithinDays"]),
        ({"afterExpiration": "CONVERT"}, "TERMS_CONTRADICT", ["conversion"]),
        ({"afterExpiration": "RENEW"}, "TERMS_CONTRADICT", ["renewal", "trigger"]),
        ({"access": {"serviceIds": []}}, "TERMS_CONTRADICT", ["access", "serviceIds"]),
        ({"access": {"serviceIds": ["x"]}}, "INVALID_ID", ["access", "serviceIds", "0"]),
        ({"access": {"locationIds": [global_id("Service")]}}, "INVALID_ID", ["access", "locationIds", "0"]),
        ({"access": {"serviceIds": [global_id("Service")]}}, "NOT_FOUND", ["access", "serviceIds"]),
        ({"access": {"serviceIds": ["x"] * 300}}, "TOO_MANY", ["access", "serviceIds"]),
    ],
)
async def test_terms_that_cannot_be_sold(asker: Asker, changes: dict[str, Any], code: str, path: list[str]) -> None:
    await asker.refuses(code, ["terms", *path], "createPurchaseOption", name="Odd", terms=TERMS | changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"quantity": 2**31}, "32-bit"),
        ({"quantity": 1.5}, "non-integer"),
        ({"kind": "FLYING"}, "does not exist in 'PassKind'"),
        ({"validity": {"rule": "FIXED_DAY", "lastDay": "2026-02-30"}}, "no such Date"),
        ({"colour": "red"}, "unknown field"),
    ],
)
async def test_what_is_not_of_its_type_is_a_fault_of_the_document(
    asker: Asker, changes: dict[str, Any], sentence: str
) -> None:
    assert sentence in await asker.document_fault("createPurchaseOption", name="Odd", terms=TERMS | changes)
